"""`index.html` of the reports folder: every report, newest first, in the same look."""

import base64
import json
from html import escape
from pathlib import Path
from string import Template
from typing import NamedTuple

from telltale import look, wording
from telltale.page import html as markup
from telltale.report.page import style


class Entry(NamedTuple):
    """What the index says of a report; lies beside it as JSON."""

    title: str
    period: str
    sentence: str
    data_until: str
    made_at: str
    pdf: bool
    asked: str = ""
    """Parameters beside period and site."""


def entries(reports: Path) -> list[tuple[Path, Entry]]:
    """The reports below a folder, newest first, each with the path of its HTML file relative to the folder."""
    found = []
    for told in reports.glob("*/*.json"):
        html = told.with_suffix(".html")
        if html.exists():
            found.append((html.relative_to(reports), Entry(**json.loads(told.read_text(encoding="utf-8")))))
    return sorted(found, key=lambda one: (one[1].made_at, str(one[0])), reverse=True)


def write(reports: Path) -> Path:
    """Write the index anew and return its path; it appears whole."""
    found = entries(reports)
    page = Template(look.text("index.html")).substitute(
        style=style(),
        favicon=_favicon(),
        mark=look.text("mark.svg"),
        count=escape(wording.count(len(found), "report")),
        rows="\n".join(_row(path, entry) for path, entry in found),
    )
    target = reports / "index.html"
    draft = target.with_suffix(".running.html")
    draft.write_text(page, encoding="utf-8")
    draft.replace(target)
    return target


def _row(path: Path, entry: Entry) -> str:
    link = escape(path.as_posix())
    printed = f' · <a href="{escape(path.with_suffix(".pdf").as_posix())}">PDF</a>' if entry.pdf else ""
    asked = f" · {escape(entry.asked)}" if entry.asked else ""
    day, _, clock = entry.made_at.partition("T")
    return (
        f'<li><p class="over"><b>{escape(entry.title)}</b> · {markup.inline(markup.bare(entry.period))}{asked}</p>'
        f'<p class="said"><a href="{link}">{markup.inline(entry.sentence or entry.title)}</a></p>'
        f'<p class="made">Data until {escape(entry.data_until or wording.UNKNOWN)} · '
        f"made {escape(day)} {escape(clock[:5])}{printed}</p></li>"
    )


def _favicon() -> str:
    return base64.b64encode(look.text("favicon.svg").encode()).decode()
