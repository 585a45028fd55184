"""The pieces a notebook shows and a report is made of: sentence, tiles, card, prose, footer.

Each piece is plain data with two faces: `application/vnd.telltale+json`, which the report renderer reads, and tidy
HTML for JupyterLab. Text may mark a number with `**…**` (ink, bold) and what needs a look with `!!…!!` (alarm);
everything else is shown as it stands, HTML included. A figure brings its key, its numbers and the sentence to show
when it is empty in `layout.meta` (see `telltale.charts.base`); a card takes them over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from telltale.page import html as markup
from telltale.page.claims import Claim
from telltale.page.embedded import figure_data
from telltale.page.lines import Lines
from telltale.page.lists import Attention, Sources
from telltale.page.said import claims_of, listed_claims, placed
from telltale.page.table import Table

__all__ = [
    "LAB_ONLY",
    "MIME",
    "PLOTLY",
    "Card",
    "Footer",
    "Piece",
    "Prose",
    "Sentence",
    "Table",
    "Tile",
    "Tiles",
    "plotly_json",
]

MIME = "application/vnd.telltale+json"
"""What the report renderer looks for among a cell's outputs."""

PLOTLY = "application/vnd.plotly.v1+json"
"""How JupyterLab knows a plotly figure; the renderer draws it too."""

LAB_ONLY = "telltale_lab_only"
"""Metadata of an output that repeats, for JupyterLab, what a piece already says; the renderer skips it."""


class Piece:
    """Something that shows itself; subclasses say their `kind`, their `texts` and their `data`."""

    kind: ClassVar[str]

    @property
    def texts(self) -> Mapping[str, str]:
        """Every text that may hold a claim, by its place in the piece."""
        return {}

    @property
    def claims(self) -> tuple[Claim, ...]:
        """What its words claim, in order."""
        return claims_of(*self.texts.values())

    def data(self) -> dict[str, Any]:
        """The piece as JSON-able data."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **_kept: object) -> dict[str, Any]:
        data = self.data()
        return {MIME: data, "text/html": markup.lab(data), "text/plain": markup.plain(data)}


@dataclass(frozen=True)
class Sentence(Piece):
    """What the page says in one sentence, its numbers marked, under a line that says of what and when.

    Args:
        text: at most two lines on a wide page; `**346 visits**` marks, `!!gaskets!!` raises.
        over: the line above, such as `**Week 46 · Monday 9 to Sunday 15 November 2026** · Harbour site`.
    """

    kind: ClassVar[str] = "sentence"
    text: str
    over: str = ""

    @property
    def texts(self) -> Mapping[str, str]:
        """Head and sentence."""
        return {"text": self.text, "over": self.over}

    def data(self) -> dict[str, Any]:
        """The piece as JSON-able data."""
        return {"kind": self.kind, "text": self.text, "over": self.over} | placed(self.texts)


@dataclass(frozen=True)
class Tile:
    """One number with its unit, what it is compared with, and its recent course.

    Args:
        label: what is counted.
        value: the number as people read it (see `telltale.wording`).
        note: one line of comparison that names its basis, such as `**+6** on the week before`.
        spark: earlier values up to this one; None leaves a gap.
        bars: draw the course as bars (counts) instead of a line.
        state: `warning` adds an outlined triangle, `alarm` a filled one and the alarm colours.
    """

    label: str
    value: str
    unit: str = ""
    note: str = ""
    spark: Sequence[float | None] = ()
    bars: bool = False
    state: Literal["", "warning", "alarm"] = ""

    @property
    def texts(self) -> Mapping[str, str]:
        """What it counts, its number, and what that is compared with."""
        return {"label": self.label, "value": self.value, "note": self.note}

    def data(self) -> dict[str, Any]:
        """The tile as JSON-able data."""
        return {**vars(self), "spark": list(self.spark)} | placed(self.texts)


@dataclass(frozen=True)
class Tiles(Piece):
    """Four or five tiles in a row; two a row on a phone."""

    kind: ClassVar[str] = "tiles"
    tiles: Sequence[Tile]

    @property
    def texts(self) -> Mapping[str, str]:
        """Of each tile what it counts, its number, and what that is compared with."""
        return {f"{at}.{name}": text for at, tile in enumerate(self.tiles) for name, text in tile.texts.items()}

    def data(self) -> dict[str, Any]:
        """The piece as JSON-able data."""
        return {"kind": self.kind, "tiles": [tile.data() for tile in self.tiles]}


@dataclass(frozen=True)
class Card(Piece):
    """A finding, its evidence, and the doubts beside it.

    Args:
        title: the finding in a sentence without a full stop.
        evidence: a plotly figure (`telltale.charts.base`), a `Table`, or one of the lists of `telltale.page.lists`.
        subtitle: quantity, unit or interval, period, mode, what bands are.
        notes: gaps, lower bounds, address kinds, exclusions, resolution.
        empty: shown in place of a table without rows: why, and the next step.
    """

    kind: ClassVar[str] = "card"
    title: str
    evidence: Any
    subtitle: str = ""
    notes: Sequence[str] = ()
    empty: str = "No rows in this period."

    @property
    def texts(self) -> Mapping[str, str]:
        """Title, sub-title, notes, and the cells of its table or list."""
        shown = self.evidence.texts if isinstance(self.evidence, Table | Attention | Sources | Lines) else {}
        return {**self._own, **shown}

    @property
    def claims(self) -> tuple[Claim, ...]:
        """What its words claim, and after them the numbers of its chart."""
        listed = () if isinstance(self.evidence, Table | Attention | Sources | Lines) else listed_claims(self._numbers)
        return (*claims_of(*self.texts.values()), *listed)

    @property
    def _own(self) -> dict[str, str]:
        notes = {f"notes.{at}": note for at, note in enumerate(filter(None, self.notes))}
        return {"title": self.title, "subtitle": self.subtitle, "empty": self.empty, **notes}

    @property
    def _numbers(self) -> Mapping[str, Any]:
        """The table behind "Show the numbers" of a chart."""
        numbers: Mapping[str, Any] = (self.evidence.layout.meta or {}).get("numbers") or {}
        return numbers

    def data(self) -> dict[str, Any]:
        """The piece as JSON-able data; the figure stays in its plotly output."""
        card: dict[str, Any] = {
            "kind": self.kind,
            "title": self.title,
            "subtitle": self.subtitle,
            "notes": [note for note in self.notes if note],
            **placed(self._own),
        }
        if isinstance(self.evidence, Attention | Sources | Lines):
            return card | (self.evidence.data() if self.evidence.rows else {"calm": self.empty})
        if isinstance(self.evidence, Table):
            return card | ({"table": self.evidence.data()} if self.evidence.rows else {"empty": self.empty})
        meta: Mapping[str, Any] = self.evidence.layout.meta or {}
        if "empty" in meta:
            return card | {"empty": meta["empty"]}
        return card | {name: meta[name] for name in ("key", "numbers") if name in meta} | {"figure": True}

    def _ipython_display_(self) -> None:
        """Show title, chart and notes one below the other: a notebook shows one kind of thing per output."""
        from IPython.display import publish_display_data

        data = self.data()
        if "figure" not in data:
            publish_display_data(self._repr_mimebundle_())  # type: ignore[no-untyped-call]
            return
        above, below = markup.lab_around_figure(data)
        for bundle, metadata in (
            ({"text/html": above, "text/plain": self.title}, {LAB_ONLY: True}),
            ({MIME: data, PLOTLY: plotly_json(self.evidence), "text/plain": markup.plain(data)}, {}),
            ({"text/html": below, "text/plain": ""}, {LAB_ONLY: True}),
        ):
            publish_display_data(bundle, metadata)  # type: ignore[no-untyped-call]


def plotly_json(figure: Any) -> dict[str, Any]:
    """A figure as JSON-able data, as JupyterLab's plotly view takes it."""
    return {**figure_data(figure), "config": {"displayModeBar": False}}


@dataclass(frozen=True)
class Prose(Piece):
    """A paragraph in the page, such as the definitions at its end; `**…**` marks."""

    kind: ClassVar[str] = "prose"
    title: str
    text: str

    def data(self) -> dict[str, Any]:
        """The piece as JSON-able data."""
        return {"kind": self.kind, "title": self.title, "text": self.text}


@dataclass(frozen=True)
class Footer(Piece):
    """What the page rests on: `Data until`, `Records`, `Decoders` …; the renderer adds parameters and revision."""

    kind: ClassVar[str] = "footer"
    facts: Mapping[str, str] = field(default_factory=dict)

    def data(self) -> dict[str, Any]:
        """The piece as JSON-able data."""
        return {"kind": self.kind, "facts": dict(self.facts)}
