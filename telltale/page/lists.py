"""Two tables that are more than text: what needs a look, and what each source delivers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

from telltale.page import sparkline as spark
from telltale.page.marked import marked
from telltale.page.said import placed

TRIANGLE = (
    '<svg class="triangle" viewBox="0 0 12 11" width="12" height="11" role="img" aria-label="{label}">'
    '<path d="M6 1 11.2 10H.8Z"/></svg> '
)
_FLAGS = {
    "fly": "M5.2 4.6C9 2.6 11.2 7.4 15 6.2S20.4 4.4 22.4 5.4M5.2 12.2C9 10.2 11 14.6 14.4 13.4S18.6 11.8 20.4 12.6",
    "droop": "M5.2 4.2C9.6 3.4 12.4 6 13.2 10.2S15 16 17 17.4M5.2 11C7.8 11.4 8.6 14 9.4 16.6",
    "rest": "M5.2 4.2C9.6 3.4 12.4 6 13.2 10.2S15 16 17 17.4M5.2 11C7.8 11.4 8.6 14 9.4 16.6",
    "hang": "M5.2 3.6C8 5 8.4 9 8 12.4S8.4 18 9.6 20.4",
}
"""The streamer by how fresh a source is; board.js draws the same."""
_FRESH = {"fly": "on time", "droop": "late or partly silent", "rest": "at rest", "hang": "silent"}


@dataclass(frozen=True)
class Concern:
    """One thing that needs a look."""

    level: Literal["alarm", "warning"]
    what: str
    evidence: str
    when: str
    likely: str
    page: str
    """The name of the page that shows it."""
    choice: str = ""
    """What the page is to show, as its address has it: `device=sigfox-2d24e6`."""

    @property
    def link(self) -> str:
        """The page with its choice."""
        return f"{self.page}?{self.choice}" if self.choice else self.page

    @property
    def texts(self) -> dict[str, str]:
        """What may hold a claim."""
        return {"what": self.what, "evidence": self.evidence, "when": self.when}


@dataclass(frozen=True)
class Attention:
    """What needs a look, alarms first; `titles` gives the words for a link to a page."""

    rows: Sequence[Concern]
    titles: Mapping[str, str]

    @property
    def texts(self) -> dict[str, str]:
        """Those of each line."""
        return {f"{at}.{name}": text for at, row in enumerate(self.rows) for name, text in row.texts.items()}

    def data(self) -> dict[str, Any]:
        """The list as JSON-able data."""
        return {
            "attention": [
                vars(row) | {"title": self.titles.get(row.page, ""), "link": row.link} | placed(row.texts)
                for row in self.rows
            ]
        }


@dataclass(frozen=True)
class Delivering:
    """What one source delivered in 24 hours."""

    fresh: Literal["fly", "droop", "rest", "hang"]
    name: str
    newest: str
    devices: str
    hours: Sequence[float]
    gaps: str
    rejects: str
    page: str = ""

    @property
    def texts(self) -> dict[str, str]:
        """What may hold a claim."""
        return {"newest": self.newest, "devices": self.devices, "gaps": self.gaps, "rejects": self.rejects}


@dataclass(frozen=True)
class Sources:
    """The sources, one a row."""

    rows: Sequence[Delivering]

    @property
    def texts(self) -> dict[str, str]:
        """Those of each source."""
        return {f"{at}.{name}": text for at, row in enumerate(self.rows) for name, text in row.texts.items()}

    def data(self) -> dict[str, Any]:
        """The table as JSON-able data."""
        return {"sources": [vars(row) | {"hours": list(row.hours)} | placed(row.texts) for row in self.rows]}


def attention(rows: Sequence[Mapping[str, Any]]) -> str:
    """The list as HTML."""
    head = '<th>What</th><th class="when">When</th><th class="likely">Likely</th><th class="num">Page</th>'
    return _table("attention", head, "".join(map(_concern, rows)))


def sources(rows: Sequence[Mapping[str, Any]]) -> str:
    """The table as HTML."""
    head = (
        '<th>Source</th><th class="num">Newest</th><th class="num">Devices</th><th class="bars">24 h</th>'
        '<th class="num">Gaps</th><th class="num">Rejects</th>'
    )
    return f'<div class="scroll">{_table("sources", head, "".join(map(_delivering, rows)))}</div>'


def _table(kind: str, head: str, body: str) -> str:
    return f'<table class="{kind}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _concern(row: Mapping[str, Any]) -> str:
    link = f'<a href="{escape(row["link"])}">{escape(row["title"])}</a>' if row["title"] else ""
    return (
        f'<tr class="{escape(row["level"])}"><td class="what"><div>{TRIANGLE.format(label=row["level"])}'
        f'<span><b>{marked(row, "what")}</b><span class="evidence">{marked(row, "evidence")}</span></span></div></td>'
        f'<td class="when">{marked(row, "when")}</td><td class="likely">{escape(row["likely"])}</td>'
        f'<td class="num">{link}</td></tr>'
    )


def _delivering(row: Mapping[str, Any]) -> str:
    fresh = row["fresh"]
    sign = (
        f'<svg class="streamer {fresh}" viewBox="0 0 24 24" width="18" height="18" fill="none" stroke-width="2.4" '
        f'stroke-linecap="round" stroke-linejoin="round" role="img" aria-label="{_FRESH[fresh]}">'
        f'<path class="mast" d="M5 2.6V21.4"/><path class="flag" d="{_FLAGS[fresh]}"/></svg>'
    )
    cells = "".join(f'<td class="num">{marked(row, name)}</td>' for name in ("newest", "devices"))
    ends = "".join(f'<td class="num">{marked(row, name)}</td>' for name in ("gaps", "rejects"))
    bars = spark.svg(row["hours"], bars=True)
    name = f'<td class="what"><div>{sign}<span>{escape(row["name"])}</span></div></td>'
    return f'<tr>{name}{cells}<td class="bars">{bars}</td>{ends}</tr>'
