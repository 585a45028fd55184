"""The look: colour roles, style sheets, page template, mark. One look for reports, dashboards and notebooks."""

from functools import cache
from importlib.resources import files


@cache
def text(name: str) -> str:
    """The text of a file of this folder, such as `style.css`."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
