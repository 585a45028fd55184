"""What a report was asked beside its period, for its file name and the index: no report overwrites another.

A station's address is in neither: the name devices.csv has for it stands there, or that there was one.
"""

import re
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from telltale.address import BAD, station

OWN = ("period", "site")
"""Parameters that have their own place in a file name."""
LONGEST_VALUE, LONGEST = 24, 80
"""Characters of one value and of all; what is longer ends with a digest."""
HIDDEN = "address"
_PLAIN = re.compile(r"\w[\w.]*(?:[ :/_-]\w[\w.]*)*")
_TOKEN = re.compile(r"[^\s,;=]+")


def asked(
    values: Mapping[str, Any], defaults: Mapping[str, Any], names: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The parameters that make a report another one than the notebook's usual, by name.

    Args:
        values: what was given.
        defaults: what the notebook says itself; a value that is the same tells nothing.
        names: what devices are called, by address.
    """
    called = names or {}
    told = {name: value for name, value in values.items() if name not in OWN and value != defaults.get(name)}
    return {name: _without_addresses(str(value), called) for name, value in sorted(told.items())}


def file_part(told: Mapping[str, str]) -> str:
    """The parameters as part of a file name: `device-cold-room-interval-1h`; empty without any."""
    whole = "-".join(f"{name.replace('_', '-')}-{_slug(value)}" for name, value in told.items())
    return _cut(whole, LONGEST, "\n".join(f"{name}={value}" for name, value in told.items()))


def words(told: Mapping[str, str]) -> str:
    """The parameters as people read them: `device = Cold room, interval = 1h`."""
    return ", ".join(f"{name} = {value or 'none'}" for name, value in told.items())


def _without_addresses(value: str, names: Mapping[str, str]) -> str:
    return _TOKEN.sub(lambda one: one[0] if station(one[0]) == BAD else names.get(one[0].lower(), HIDDEN), value)


def _slug(value: str) -> str:
    """Letters, digits and hyphens; a digest keeps values apart that differ only in what cannot stand in a name."""
    if not value:
        return "none"
    slug = re.sub(r"(?:[^\w.]|_)+", "-", value.lower()).strip("-.")
    return _cut(slug, LONGEST_VALUE, value) if _PLAIN.fullmatch(value) else f"{slug[:LONGEST_VALUE]}-{_digest(value)}"


def _cut(text: str, longest: int, whole: str) -> str:
    return text if len(text) <= longest else f"{text[: longest - 7].rstrip('-.')}-{_digest(whole)}"


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=3).hexdigest()
