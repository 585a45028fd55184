"""What needs no chart, or is too young for one: lists, one row a thing.

Newest values, what needs somebody (each with its line to paste), what will be here and from when on, what arrived; and
calm devices, many in a row.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any, Literal

from telltale.page.lists import TRIANGLE
from telltale.page.marked import bare, marked
from telltale.page.said import placed


@dataclass(frozen=True)
class Value:
    """A device's newest value: of each thing it measures one."""

    name: str
    id: str
    values: Sequence[tuple[str, str]]
    """Value and unit of each."""
    age: str
    so_far: str
    says: str
    line: str = ""
    """To paste, for a device without a name."""
    level: str = ""

    @property
    def texts(self) -> dict[str, str]:
        """What may hold a claim."""
        numbers = {f"value.{at}": value for at, (value, _) in enumerate(self.values)}
        return {"age": self.age, "so_far": self.so_far, "says": self.says, **numbers}

    @property
    def data(self) -> dict[str, Any]:
        """The row as JSON-able data."""
        return vars(self) | {"values": [list(pair) for pair in self.values]} | placed(self.texts)


@dataclass(frozen=True)
class Need:
    """Something that needs somebody: what, why, and the line that puts it right."""

    what: str
    text: str
    line: str = ""
    """To paste; several where it is of several lines."""
    file: str = ""
    """Where the line goes."""
    level: Literal["alarm", "warning", "todo", "done"] = "todo"
    page: str = ""
    """The page, with its choice, that shows it."""
    phrase: str = ""
    """How a sentence says it, where that is not `what`."""
    answered_at: str = ""
    """The address below the dashboards' own that takes an answer to it."""
    answers: Mapping[str, str] = field(default_factory=dict)
    """What may be answered there: what is sent, and the words of its button."""

    @property
    def texts(self) -> dict[str, str]:
        """What may hold a claim."""
        return {"what": self.what, "text": self.text}

    @property
    def data(self) -> dict[str, Any]:
        """The entry as JSON-able data."""
        return vars(self) | placed(self.texts)


@dataclass(frozen=True)
class Ahead:
    """A chart that will be here, and from when on."""

    name: str
    when: str
    share: float = 0.0
    """How far it is, 0 to 1."""
    page: str = ""
    cell: str = ""
    """The name of its card on its page."""

    @property
    def is_there(self) -> bool:
        """Whether the chart has something to say."""
        return self.share >= 1

    @property
    def texts(self) -> dict[str, str]:
        """What may hold a claim."""
        return {"name": self.name, "when": self.when}

    @property
    def data(self) -> dict[str, Any]:
        """The row as JSON-able data."""
        return vars(self) | placed(self.texts)


@dataclass(frozen=True)
class Arrived:
    """A record as it arrived, and what it became."""

    when: str
    source: str
    body: str
    """Its bytes, shortened; their number where they may tell of people."""
    became: str
    is_code: bool = False
    level: str = ""

    @property
    def texts(self) -> dict[str, str]:
        """What may hold a claim."""
        return {"when": self.when, "became": self.became}

    @property
    def data(self) -> dict[str, Any]:
        """The row as JSON-able data."""
        return vars(self) | placed(self.texts)


@dataclass(frozen=True)
class Brief:
    """A device that needs nobody, in a word: many of them stand in one row."""

    name: str
    value: str
    unit: str = ""
    note: str = ""
    page: str = ""
    """The page, with its choice, that shows it."""

    @property
    def texts(self) -> dict[str, str]:
        """What may hold a claim."""
        return {"value": self.value, "note": self.note}

    @property
    def data(self) -> dict[str, Any]:
        """The entry as JSON-able data."""
        return vars(self) | placed(self.texts)


COPY = '<button type="button" class="copy" aria-label="Copy the line">Copy</button>'
"""Shown on pages, whose script does it; not in files."""
Row = Value | Need | Ahead | Arrived | Brief
KINDS: Mapping[type, str] = {Value: "newest", Need: "needs", Ahead: "ahead", Arrived: "arrived", Brief: "brief"}


@dataclass(frozen=True)
class Lines:
    """Rows of one of these kinds."""

    rows: Sequence[Row]

    @property
    def texts(self) -> dict[str, str]:
        """Those of each row."""
        return {f"{at}.{name}": text for at, row in enumerate(self.rows) for name, text in row.texts.items()}

    def data(self) -> dict[str, Any]:
        """The list as JSON-able data."""
        return {"lines": [row.data for row in self.rows], "of": KINDS[type(self.rows[0])] if self.rows else ""}


def html(of: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """The list as HTML, from its data.

    Args:
        of: which of the lists.
        rows: of `Lines.data`.
    """
    body = "".join(_ROWS[of](row) for row in rows)
    if of in {"needs", "brief"}:
        tag = "ol" if of == "needs" else "ul"
        return f'<{tag} class="{of}">{body}</{tag}>'
    head = "".join(f"<th>{name}</th>" for name in _HEADS.get(of, ()))
    head = f"<thead><tr>{head}</tr></thead>" if head else ""
    return f'<div class="scroll"><table class="lines {of}">{head}<tbody>{body}</tbody></table></div>'


def _value(data: Mapping[str, Any]) -> str:
    numbers = "".join(
        f"<div><b>{marked(data, f'value.{at}', value)}</b> <span class=unit>{escape(unit)}</span></div>"
        for at, (value, unit) in enumerate(data["values"])
    )
    sign = TRIANGLE.format(label=data["level"]) if data["level"] else ""
    name = escape(data["name"]) if data["name"] else "<i>no name yet</i>"
    says = f'<span class="{escape(data["level"])}">{sign}{marked(data, "says")}</span>' if data["says"] else ""
    line = _code(data["line"], "devices.csv") if data["line"] else ""
    return (
        f'<tr><td class="what">{name}<span class="evidence">{escape(data["id"])}</span></td>'
        f'<td class="value">{numbers}</td><td class="age">{marked(data, "age")}</td>'
        f'<td class="so-far">{marked(data, "so_far")}</td><td class="says">{says}{line}</td></tr>'
    )


def _need(data: Mapping[str, Any]) -> str:
    link = f' <a href="{escape(data["page"])}">show</a>' if data["page"] else ""
    paste = _code(data["line"], data["file"]) if data["line"] else ""
    if data["level"] == "done":
        return f'<li class="done"><span>{marked(data, "what")}</span></li>'
    return (
        f'<li class="{escape(data["level"])}"><div><b>{marked(data, "what")}</b>'
        f"<p>{marked(data, 'text')}{link}</p>{paste}{_answers(data)}</div></li>"
    )


def _answers(data: Mapping[str, Any]) -> str:
    """Buttons; without a script they lead to a page that asks the same."""
    if not data["answers"]:
        return ""
    buttons = "".join(
        f'<button name="answer" value="{escape(sent)}">{escape(words)}</button>'
        for sent, words in data["answers"].items()
    )
    about = escape(bare(str(data["what"])))
    return f'<form class="answers" action="{escape(data["answered_at"])}" aria-label="{about}">{buttons}</form>'


def _ahead(data: Mapping[str, Any]) -> str:
    percent = round(100 * min(1.0, max(0.0, data["share"])))
    when = (
        f'<a href="{escape(data["page"])}">{marked(data, "when")}</a>' if data["share"] >= 1 else marked(data, "when")
    )
    bar = (
        f'<svg class="progress" viewBox="0 0 100 6" width="100" height="6" preserveAspectRatio="none" role="img" '
        f'aria-label="{percent} % of the way"><rect class="whole" width="100" height="6" rx="3"/>'
        f'<rect class="part" width="{max(percent, 3)}" height="6" rx="3"/></svg>'
    )
    return f'<tr><td class="what">{marked(data, "name")}</td><td class="way">{bar}</td><td>{when}</td></tr>'


def _arrived(data: Mapping[str, Any]) -> str:
    body = f"<code>{escape(data['body'])}</code>" if data["is_code"] else escape(data["body"])
    return (
        f'<tr><td class="when-at">{marked(data, "when")}</td><td>{escape(data["source"])}</td>'
        f'<td class="body">{body}</td><td class="{escape(data["level"])}">{marked(data, "became")}</td></tr>'
    )


def _brief(data: Mapping[str, Any]) -> str:
    note = f'<span class="evidence">{marked(data, "note")}</span>' if data["note"] else ""
    name = f'<a href="{escape(data["page"])}">{escape(data["name"])}</a>' if data["page"] else escape(data["name"])
    unit = f' <span class="unit">{escape(data["unit"])}</span>' if data["unit"] else ""
    return f'<li><span class="of">{name}</span> <b>{marked(data, "value")}</b>{unit}{note}</li>'


def _code(line: str, file: str) -> str:
    """A line to paste, and where it goes."""
    where = f"<span class=where>in {escape(file)}</span>" if file else ""
    return f'<p class="paste"><code>{escape(line)}</code> {COPY}{where}</p>'


_ROWS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "newest": _value, "needs": _need, "ahead": _ahead, "arrived": _arrived, "brief": _brief
}  # fmt: skip
_HEADS = {"newest": ("Device", "Newest", "Age", "So far", "Says"), "arrived": ("When", "Source", "Bytes", "Became")}
