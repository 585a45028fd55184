"""`index.html` of the reports folder: every report, newest first, in the same look."""

import base64
import filecmp
import json
import re
import uuid
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import NamedTuple

from telltale import look, wording
from telltale.page import html as markup
from telltale.report.page import style
from telltale.report.publishing import BEFORE, PAGE, alone

_PUBLISHED = re.compile(r"[\w-][\w.-]*/(?!.*\.(?:running|failed)\.)[^/\\\x00-\x1f]+\.(?:html|pdf)")
LATEST = "latest"
"""How the other name of the newest page begins."""
_NONE = '<li><p class="said">No report yet: telltale report makes one.</p></li>'


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
    told_of: list[str] | None = None
    """The PCs and persons it is about (`telltale.report.whose`); None where that was not noted."""


def entry(reports: Path, path: str) -> Entry | None:
    """What the index says of one published file, HTML or PDF; None where it is none, such as a notebook or a draft.

    Args:
        reports: the folder of reports.
        path: of the file relative to it: the report's folder and the file's name.
    """
    if not _PUBLISHED.fullmatch(path):
        return None
    file = reports / path
    told = _told(file)
    if not (told.is_file() and file.is_file()) or reports.resolve() not in file.resolve().parents:
        return None
    found = _entry(told)
    return found if found is not None and (file.suffix == PAGE or found.pdf) else None


def _told(file: Path) -> Path:
    """What lies beside a published file; the newest page's other name and a version before are their report's."""
    if file.suffix == PAGE and file.name.startswith(LATEST):
        file = next((page for page in file.parent.glob("*.html") if page != file and _is_same(page, file)), file)
    return file.with_name(file.name.replace(f"{BEFORE}{PAGE}", PAGE)).with_suffix(".json")


def _is_same(page: Path, other: Path) -> bool:
    """Whether two names are of one page: of one file, or, where a file system has no links, of equal bytes."""
    if not (page.with_suffix(".json").is_file() and other.is_file()):
        return False
    return page.samefile(other) or (page.stat().st_size == other.stat().st_size and filecmp.cmp(page, other, False))


def entries(reports: Path) -> list[tuple[Path, Entry]]:
    """The reports below a folder, newest first, each with the path of its HTML file relative to the folder."""
    found = []
    for told in reports.glob("*/*.json"):
        html = told.with_suffix(".html")
        if html.exists() and (known := _entry(told)) is not None:
            found.append((html.relative_to(reports), known))
    return sorted(found, key=lambda one: (one[1].made_at, str(one[0])), reverse=True)


def write(reports: Path) -> Path:
    """Write the index anew and return its path; it appears whole."""
    target = reports / "index.html"
    draft = target.with_name(f".index-{uuid.uuid4().hex[:8]}.html")
    with alone(reports):  # who listed the reports before another one appeared must not write after it
        draft.write_text(html(entries(reports), reports), encoding="utf-8")
        draft.replace(target)
    return target


def html(found: Sequence[tuple[Path, Entry]], reports: Path, *, back: str = "") -> str:
    """The index of some reports as a page.

    Args:
        found: of `entries`.
        reports: the folder they lie in, with the newest page by its other name and versions before.
        back: the address of the dashboards, where they serve it.
    """
    return Template(look.text("index.html")).substitute(
        style=style(),
        favicon=_favicon(),
        mark=look.text("mark.svg"),
        back=f'<a class="back" href="{escape(back)}">Dashboards</a>' if back else "",
        count=escape(wording.count(len(found), "report")),
        rows="\n".join(
            _row(path, entry, others) for (path, entry), others in zip(found, _others(found, reports), strict=True)
        )
        or _NONE,
    )


def _entry(told: Path) -> Entry | None:
    """What was noted beside a report; None where that cannot be read, so that one bad file hides no other."""
    try:
        noted = json.loads(told.read_text(encoding="utf-8"))
        return Entry(**{name: value for name, value in noted.items() if name in Entry._fields})
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def _others(found: Sequence[tuple[Path, Entry]], reports: Path) -> Iterator[list[tuple[str, str]]]:
    """Of each report the other pages that belong to it: their addresses, and what they are."""
    newest: dict[Path, Path] = {}
    for folder in {path.parent for path, _ in found}:
        for link in sorted((reports / folder).glob(f"{LATEST}*{PAGE}")):
            newest[_told(link)] = link.relative_to(reports)
    for path, _ in found:
        others = []
        if (always := newest.get((reports / path).with_suffix(".json"))) is not None:
            others.append((always.as_posix(), "this address is always the newest"))
        before = path.with_name(f"{path.stem}{BEFORE}{PAGE}")
        if (reports / before).is_file():
            others.append((before.as_posix(), "the version before"))
        yield others


def _row(path: Path, entry: Entry, others: Sequence[tuple[str, str]]) -> str:
    link = escape(path.as_posix())
    printed = f' · <a href="{escape(path.with_suffix(".pdf").as_posix())}">PDF</a>' if entry.pdf else ""
    printed += "".join(f' · <a href="{escape(address)}">{what}</a>' for address, what in others)
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
