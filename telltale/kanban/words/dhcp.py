"""What is said of listed buttons that were heard by DHCP alone while that does not count as a press."""

from collections.abc import Sequence

from telltale import wording
from telltale.page.attention import Notice
from telltale.page.lists import Concern


def note(names: Sequence[str]) -> str:
    """The sentence for notes and footers, with its full stop; empty where all that was heard counts."""
    said = wording.dhcp_alone(names)
    return f"{said}." if said else ""


def notices(names: Sequence[str], *, period: str, page: str = "kanban") -> list[Notice]:
    """A line for what needs a look; none where all that was heard counts.

    Args:
        names: of the buttons.
        period: in which they were heard, such as `in 16 weeks`.
        page: where it is shown.
    """
    if not names:
        return []
    what = f"{wording.sentence_case(wording.joined(names))}: presses not counted"
    concern = Concern("warning", what, "DHCP alone was heard", period, wording.COUNT_DHCP, page)
    return [Notice(concern, f"the presses of !!{wording.joined(names)}!! are not counted", None)]
