"""A page's HTML as its words stand, without the places at which a number can be asked where it comes from."""

import re

CLAIM = re.compile(r'<span class="claim"[^>]*>(.*?)</span>')


def unmarked(html: str) -> str:
    """The same HTML without the marks of claims."""
    return CLAIM.sub(r"\1", html)
