"""The recipe of a report: all it takes to make it again, and what came out, as a JSON element in the page.

    telltale_recipe  1
    notebook         name, SHA-256 of its cells; parameters: those it was given
    period           text, name, first and last day, zone, since_us and until_us (until the moment, while it runs)
    moment           now_us: the present it was asked at; through_id: the last raw record there was; as_known: of these
                     only those received by then, and the settings of then
    made             when it ran, telltale's version and revision, decoder versions by source; engine, where another
                     than DuckDB answered
    settings         settings, listed devices, lists: digests of values by digests of names, under the project's key
    inputs           received: of the raw records source, UTC day of receipt, number, first and last id, SHA-256 (of a
                     source with people the last alone); tables: decoders that made their rows, SHA-256 of their files
    figures          place, kind, title, SHA-256, and of each number its words claim: id, value
    answers          SHA-256 of all figures but the footer
    page             SHA-256 of the page without this element and without when it was made

When it was made is in none of the digests: two runs of one moment differ in `made` alone.
"""

import datetime as dt
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import telltale
from telltale.contract import ConfigError
from telltale.page.embedded import element_pattern, json_element
from telltale.report.digest import Figure, digest, figures, of_figures
from telltale.report.inputs import Inputs, settings_digests
from telltale.sources import SOURCES
from telltale.workbench.as_of import Moment
from telltale.workbench.periods import Period
from telltale.workbench.project import DUCKDB, Project
from telltale.workbench.times import Span, midnight

VERSION = 1
ID = "recipe"
_ELEMENT = element_pattern(ID)
_MADE = re.compile(r"<div><dt>Made</dt> <dd>.*?</dd></div>", re.DOTALL)
"""The one line of a page that says when it ran."""


class Recipe(NamedTuple):
    """A recipe as read from a page."""

    data: Mapping[str, Any]

    @property
    def notebook(self) -> str:
        """Name of the notebook."""
        return str(self.data["notebook"]["name"])

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What the notebook was given, without the period."""
        found: Mapping[str, Any] = self.data["notebook"]["parameters"]
        return found

    @property
    def moment(self) -> Moment:
        """What it was of."""
        said = self.data["moment"]
        return Moment(said["now_us"], said["through_id"], said.get("as_known", False))

    @property
    def engine(self) -> str:
        """Which engine answered, of `telltale.workbench.project.ENGINES`."""
        return str(self.data["made"].get("engine", DUCKDB))

    @property
    def span(self) -> Span:
        """The period; it ends with the moment at the latest."""
        return Span(self.data["period"]["since_us"], self.data["period"]["until_us"])

    @property
    def figures(self) -> list[Figure]:
        """What it said."""
        return [
            Figure(place, kind, title, made, tuple((id_, "", value, "") for id_, value in claims))
            for place, kind, title, made, claims in self.data["figures"]
        ]


def span_of(when: Period, moment: Moment) -> Span:
    """The absolute stretch of a period, up to the moment it was asked at."""
    since_us = midnight(when.first, when.timezone)
    until_us = midnight(when.last + dt.timedelta(days=1), when.timezone)
    return Span(since_us, max(since_us, min(until_us, moment.now_us)))


def recipe(
    project: Project,
    source: Path,
    executed: Mapping[str, Any],
    *,
    period_text: str,
    given: Mapping[str, Any],
    when: Period,
    moment: Moment,
    made: Mapping[str, Any],
) -> dict[str, Any]:
    """The recipe of an executed notebook.

    Args:
        project: it was run in.
        source: the notebook's own file.
        executed: the notebook, executed.
        period_text: the period as it was asked for.
        given: the other parameters.
        when: the period.
        moment: the present and the last record that it was of.
        made: when and by what; in no digest.
    """
    span = span_of(when, moment)
    found = figures(executed)
    return {
        "telltale_recipe": VERSION,
        "notebook": {"name": source.stem, "sha256": notebook_digest(source), "parameters": dict(given)},
        "period": {
            "text": period_text,
            "name": when.name,
            "first": when.first.isoformat(),
            "last": when.last.isoformat(),
            "zone": when.timezone,
            "since_us": span.since_us,
            "until_us": span.until_us,
        },
        "moment": moment._asdict(),
        "made": {
            **made,
            "telltale": telltale.__version__,
            "decoders": {each.name: each.decoder_version for each in SOURCES},
            **({} if project.runs_on == DUCKDB else {"engine": project.runs_on}),
        },
        "settings": settings_digests(project),
        "inputs": Inputs(project, span, moment, trusting=True).data(),
        "figures": as_data(found),
        "answers": of_figures(found),
    }


def as_data(found: Sequence[Figure]) -> list[list[Any]]:
    """Figures as a recipe holds them."""
    return [
        [figure.place, figure.kind, figure.title, figure.digest, [[id_, value] for id_, _, value, _ in figure.claims]]
        for figure in found
    ]


def notebook_digest(path: Path) -> str:
    """SHA-256 of what a notebook's cells say; what an editor notes beside them is no part of it."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return digest([[cell["cell_type"], "".join(cell["source"]), cell["metadata"].get("tags", [])] for cell in cells])


def with_element(html: str, made: dict[str, Any]) -> str:
    """A page with its recipe in it, which is told the page's own digest."""
    made["page"] = page_digest(html)
    return html.replace("</body>", f"{json_element(made, id=ID)}\n</body>", 1)


def page_digest(html: str) -> str:
    """SHA-256 of a page without its recipe and without when it was made."""
    return hashlib.sha256(_MADE.sub("", _ELEMENT.sub("", html, count=1), count=1).encode()).hexdigest()


def read(html: str, where: str) -> Recipe:
    """The recipe in a page.

    Raises:
        ConfigError: there is none, or it is of a newer telltale.
    """
    match = _ELEMENT.search(html)
    if match is None:
        raise ConfigError(f"{where}: no recipe in it; expected a report that this telltale or a newer one has made")
    data = json.loads(match[1])
    if data.get("telltale_recipe") != VERSION:
        raise ConfigError(
            f"{where}: recipe of version {data.get('telltale_recipe')!r}, expected {VERSION}; use a newer telltale"
        )
    return Recipe(data)


def of_file(path: Path) -> Recipe:
    """The recipe in a file.

    Raises:
        ConfigError: the file is not there, is no page, or has none.
    """
    try:
        return read(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}; expected the HTML file of a report") from error


def kept(path: Path) -> Recipe | None:
    """The recipe in a file, or None where it has none."""
    try:
        return of_file(path)
    except (ConfigError, ValueError):
        return None
