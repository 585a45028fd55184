"""What an examination of a project found."""

from typing import Literal, NamedTuple

State = Literal["ok", "note", "wrong"]


class Finding(NamedTuple):
    """One thing looked at: `note` costs a feature, `wrong` keeps telltale from working."""

    check: str
    state: State
    found: str
    fix: str = ""
