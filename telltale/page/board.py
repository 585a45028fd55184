"""What a dashboard page is made of: sentence, controls, tiles, rows of cards, and how fresh it is.

A page is a function `(Ask) -> Board` that calls `tt` and words the answer; it knows neither browser nor notebook.
Each card is made by a function of its own, so that one that fails does not take the page with it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from telltale.page.claims import Claim
from telltale.page.pieces import Card, Sentence, Tiles
from telltale.page.said import claims_of
from telltale.workbench.project import Project


class Control(NamedTuple):
    """One choice of the reader: a row of buttons, or a drop-down list."""

    name: str
    """Of the choice in the address bar."""
    label: str
    options: Mapping[str, str]
    """Value and words of each option; the first is the default."""
    kind: Literal["toggle", "list"] = "list"

    @property
    def default(self) -> str:
        """The option of a reader who has not chosen."""
        return next(iter(self.options))


class Ask(NamedTuple):
    """What a page is asked: of which project, and what the reader chose."""

    project: Project
    choice: Mapping[str, str] = {}

    def chosen(self, control: Control) -> str:
        """The reader's option; anything that is none, such as an address typed into the bar, is the default."""
        value = self.choice.get(control.name, "")
        return value if value in control.options else control.default


class Cell(NamedTuple):
    """A card's place in its row."""

    name: str
    """Stays the same while the page lives: the chart is then redrawn, not made anew."""
    span: int
    """Columns of twelve."""
    title: str
    """What the card is about, should it fail."""
    make: Callable[[], Card]


class Finder(NamedTuple):
    """A form at a page's end, to look rows up that are not for the page itself; its fields are in no address."""

    title: str
    """What there is to be looked up."""
    nodes: Mapping[str, str] = {}
    """The access points by id, with their names."""


class Freshness(NamedTuple):
    """When the newest record came, and what that means."""

    newest_us: int | None = None
    late_s: float = 300.0
    """Older than this, the streamer droops."""
    silent_s: float = 3600.0
    """Older than this, it hangs."""
    partly: bool = False
    """Some devices are silent: it droops as well."""
    timezone: str = "UTC"


@dataclass(frozen=True)
class Board:
    """A page as of one moment.

    Args:
        sentence: what it says, under its head.
        tiles: four or five figures.
        rows: cards, in rows that share their height.
        foot: what the page rests on, in a sentence or two.
        freshness: of the newest record.
        controls: at most four, with the reader's choice.
        choice: the option chosen of each.
        finder: where rows are looked up; None where there is nothing to be.
    """

    sentence: Sentence
    tiles: Tiles | None = None
    rows: Sequence[Sequence[Cell]] = ()
    foot: str = ""
    freshness: Freshness = field(default_factory=Freshness)
    controls: Sequence[Control] = ()
    choice: Mapping[str, str] = field(default_factory=dict)
    finder: Finder | None = None

    @property
    def claims(self) -> tuple[Claim, ...]:
        """What the page claims, in reading order; makes its cards."""
        pieces = [self.sentence, *([self.tiles] if self.tiles else [])]
        cards = [cell.make() for row in self.rows for cell in row]
        return tuple(claim for piece in (*pieces, *cards) for claim in piece.claims) + claims_of(self.foot)


Page = Callable[[Ask], Board]
"""What draws a page."""
