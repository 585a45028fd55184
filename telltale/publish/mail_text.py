"""What a report says in a mail: its sentence and its tiles, as plain text and as HTML that needs no picture.

The words are those of the executed notebook, number by number; nothing is computed here.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from telltale import wording
from telltale.look.tokens import LIGHT
from telltale.page import html as markup
from telltale.page import pieces
from telltale.publish import recipients
from telltale.publish.mail import one_line
from telltale.publish.mail_page import css, inline, page
from telltale.publish.messages import Message
from telltale.report import Report
from telltale.settings import Settings
from telltale.workbench.project import Project

LARGEST_FILE = 15 << 20
"""Bytes: what is larger is linked, since many servers take 20 to 25 MB and base64 adds a third."""
_LOOK = "needs a look"
_SIGN = {"warning": "&#9651;", "alarm": "&#9650;"}


class Words(NamedTuple):
    """What a notebook says in words; texts keep their marks (`**…**`, `!!…!!`)."""

    title: str = ""
    over: str = ""
    """Period and site."""
    sentence: str = ""
    tiles: Sequence[Mapping[str, Any]] = ()
    """Each with label, value, unit, note, state."""
    data_until: str = ""


class Where(NamedTuple):
    """Where the whole report is."""

    files: Sequence[str]
    """Attached, relative to the reports folder."""
    link: str
    """Its address on the dashboards; empty where they have none others can reach."""
    text: str
    """That, in a sentence."""


def report_message(
    project: Project,
    report: Report,
    *,
    key: str,
    recipient: str,
    parameters: Mapping[str, Any],
    attach: bool = True,
    changed: Sequence[str] = (),
) -> Message:
    """The message that brings a report.

    Args:
        project: whose.
        report: as it was made.
        key: what it tells of, for the outbox.
        recipient: a mail address, or a name of secrets.toml.
        parameters: what the report was given.
        attach: with its file; else, and where the file is too large, only with a link.
        changed: sentences on what late data changed; empty of a report that is new.

    Raises:
        ConfigError: the recipient may not have it (`recipients.checked`).
    """
    name = report.notebook.parent.name
    recipients.checked(project, recipient, parameters=parameters, claims=report.claims, what=f"report {name}")
    words = words_of(json.loads(report.notebook.read_text(encoding="utf-8")))
    where = place_of(project.settings, report.html, attach=attach)
    return Message(
        key,
        recipient,
        subject(words, changed=bool(changed)),
        plain(words, where, changed),
        html(words, where, changed),
        where.files,
    )


def words_of(notebook: Mapping[str, Any]) -> Words:
    """Title, sentence, tiles and freshness of an executed notebook; of several the first."""
    words, facts = Words(), dict[str, str]()
    for kind, data in _pieces(notebook):
        if kind == "title" and not words.title:
            words = words._replace(title=data)
        elif kind == "sentence" and not words.sentence:
            words = words._replace(sentence=data["text"], over=data["over"])
        elif kind == "tiles" and not words.tiles:
            words = words._replace(tiles=data["tiles"])
        elif kind == "footer":
            facts |= data["facts"]
    return words._replace(data_until=facts.get("Data until", ""))


def place_of(settings: Settings, file: Path, *, attach: bool) -> Where:
    """Where whoever gets the message finds a report.

    Args:
        settings: of the project.
        file: the report.
        attach: with the message, unless it is too large.
    """
    relative = file.relative_to(settings.report_folder).as_posix()
    home = settings.dashboard.public_home
    link = f"{home}/reports/{quote(relative)}" if home else ""
    size = file.stat().st_size
    if attach and size <= LARGEST_FILE:
        return Where((relative,), link, "The whole report is attached; it opens in a browser, without a network.")
    if link:
        return Where((), link, "The whole report is on the dashboards.")
    why = "" if not attach else f", since it is too large for a mail ({size / 1e6:.0f}{wording.NBSP}MB)"
    return Where((), "", f"The whole report is kept where telltale runs{why}: {relative}")


def subject(words: Words, *, changed: bool = False) -> str:
    """One line: title, period and site; never a figure, since it is shown on locked screens and in logs."""
    parts = [words.title or "Report", *(part.strip() for part in _bare(words.over).split(" · "))]
    return one_line(("Changed: " if changed else "") + " · ".join(part for part in parts if part))


def plain(words: Words, where: Where, changed: Sequence[str] = ()) -> str:
    """The mail as plain text."""
    head = [words.title, _bare(words.over)]
    blocks = [
        "\n".join(part for part in head if part),
        "\n".join(["Late data changed it:", *(f"- {_bare(line)}" for line in changed)]) if changed else "",
        _bare(words.sentence),
        "\n".join(_tile_line(tile) for tile in words.tiles),
        where.text + (f"\n{where.link}" if where.link else ""),
        f"Data until {_bare(words.data_until)}" if words.data_until else "",
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def html(words: Words, where: Where, changed: Sequence[str] = ()) -> str:
    """The mail as HTML."""
    link = (
        f'<p {css("ink2")}><a href="{escape(where.link)}" {css("accent")}>Open the report</a></p>' if where.link else ""
    )
    body = (
        f"<p {css('ink3', 13)}>{inline(words.over)}</p>" if words.over else "",
        _changed(changed),
        f"<h1 {css('ink2', 21, 28)}>{inline(words.sentence)}</h1>" if words.sentence else "",
        _tiles(words.tiles),
        f"<p {css('ink2')}>{escape(where.text)}</p>{link}",
        f"<p {css('ink3', 12)}>Data until {inline(words.data_until)}</p>" if words.data_until else "",
    )
    return page(words.title, "".join(body))


def _pieces(notebook: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown" and (heading := re.match(r"#\s+(.+)", "".join(cell["source"]))):
            yield "title", heading[1].strip()
        for output in cell.get("outputs", ()):
            data = output.get("data", {}).get(pieces.MIME)
            if data:
                yield data["kind"], data


def _tile_line(tile: Mapping[str, Any]) -> str:
    value = " ".join(part for part in (_bare(tile["value"]), tile["unit"]) if part)
    sign = f" ({_LOOK})" if tile["state"] else ""
    note = f", {_bare(tile['note'])}" if tile["note"] else ""
    return f"{_bare(tile['label'])}: {value}{sign}{note}"


def _tiles(tiles: Sequence[Mapping[str, Any]]) -> str:
    rows = "".join(map(_tile, tiles))
    return f'<table role="presentation" width="100%" cellspacing="0" cellpadding="0">{rows}</table>' if tiles else ""


def _tile(tile: Mapping[str, Any]) -> str:
    """A row: what is counted and its comparison on the left, the number on the right."""
    rule = f'class="rule" style="border-top:1px solid {LIGHT.line};padding:10px 0;vertical-align:top'
    unit = f" <span {css('ink3', 13)}>{escape(tile['unit'])}</span>" if tile["unit"] else ""
    sign = f"<br><span {css('look', 12)}>&#9650; {_LOOK}</span>" if tile["state"] else ""
    note = f"<br><span {css('ink3', 12)}>{inline(tile['note'])}</span>" if tile["note"] else ""
    role = "look" if tile["state"] == "alarm" else "ink"
    value = f"<b {css(role, 21, bold=True)}>{inline(tile['value'])}</b>{unit}"
    return (
        f'<tr><td {rule};padding-right:12px"><span {css("ink2", 13)}>{inline(tile["label"])}</span>{sign}{note}</td>'
        f'<td align="right" {rule};text-align:right">{value}</td></tr>'
    )


def _changed(changed: Sequence[str]) -> str:
    if not changed:
        return ""
    lines = "".join(f"<li>{inline(line)}</li>" for line in changed)
    return f"<p {css('ink')}><b>Late data changed it</b></p><ul {css('ink2')}>{lines}</ul>"


def _bare(text: str) -> str:
    return markup.bare(text)
