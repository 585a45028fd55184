"""Making one report of one period: the notebook is run, and published unless it says what is published already."""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from telltale import report
from telltale.contract import TelltaleError
from telltale.page import pieces
from telltale.publish.readers import Readers
from telltale.report import recipe
from telltale.report.digest import answers_digest, claims_in
from telltale.workbench.as_of import Moment
from telltale.workbench.project import Project

Claims = dict[str, list[Any]]
"""Of each number of a report by its id: whose, what, value, unit."""
Step = Callable[[str], None]
"""Told the name of each step before the next begins; a test stops there."""
Approve = Callable[[str], None]
"""Shown the digest of the answers before they are published; what it raises keeps all as it was."""
SHARED = ".shared.ipynb"
_PUBLISHING = threading.Lock()
"""One page is drawn and printed at a time, which keeps one browser in memory."""


class Unchanged(TelltaleError):
    """What was made says what is published already."""


class NotMade(TelltaleError):
    """A report could not be made.

    Args:
        reason: one sentence for the owner.
        told: the same for its readers: without what an error said, which may quote a record.
        files: what goes with it, relative to the folder of reports.
        claims: the numbers in it.
    """

    def __init__(
        self, reason: str, *, told: str, files: Sequence[str] = (), claims: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        super().__init__(reason)
        self.told, self.files, self.claims = told, tuple(files), tuple(claims)


class Made(NamedTuple):
    """A report that was published."""

    report: report.Report
    answers: str
    """Digest of what its cards say."""

    def files(self, folder: Path) -> list[str]:
        """Page, print and notebook, relative to the folder of reports."""
        paths = (self.report.html, self.report.pdf, self.report.notebook)
        return [path.relative_to(folder).as_posix() for path in paths if path is not None]


class Make(Protocol):
    """Makes the report of a period and publishes it whole, or raises."""

    def __call__(
        self, project: Project, readers: Readers, period: str, *, before: str, approve: Approve, step: Step
    ) -> Made:
        """See `made`."""


def made(project: Project, readers: Readers, period: str, *, before: str, approve: Approve, step: Step) -> Made:
    """Run the notebook of a report for a period and publish what it says.

    Args:
        project: whose records.
        readers: whose report.
        period: such as 2026-W47.
        before: the page published before, relative to the folder of reports, or nothing. It is made of the same moment
            again with all records there are: what differs then is due to those that came late.
        approve: raises where it is not to be published.
        step: told what is being done.

    Raises:
        NotMade: the notebook failed, or cannot be run as telltale.toml says.
    """
    answers = ""
    with ExitStack() as one_publishes:

        def approved(notebook: Mapping[str, Any], _page: Path) -> None:
            nonlocal answers
            answers = answers_digest(notebook)
            approve(answers)
            one_publishes.enter_context(_PUBLISHING)

        try:
            done = report.run(
                readers.notebook, period, readers.parameters, project,
                progress=step, with_pdf=readers.pdf, approve=approved, moment=_moment(project, before),
            )  # fmt: skip
        except report.ReportError as error:
            raise _failed(project, error) from error
    return Made(done, answers)


def claims(told: Sequence[Mapping[str, Any]]) -> Claims:
    """The numbers of a report; one that stands in several places is there once for each value."""
    found: Claims = {}
    for claim in told:
        value = [claim["subject"]["name"] or claim["subject"]["id"], claim["measure"], claim["value"], claim["unit"]]
        number = 0
        while (key := f"{claim['id']}.{number}") in found and found[key] != value:
            number += 1
        found[key] = value
    return found


def shareable(notebook: Mapping[str, Any]) -> dict[str, Any]:
    """A notebook that failed, as its readers may see it: the cells it got through, and of the error its kind alone.

    What it printed and the tables it showed beside telltale's own pieces may hold records, and stay with the owner.
    """
    cells = []
    for cell in notebook["cells"]:
        kept = dict(cell)
        if cell["cell_type"] == "code":
            kept["outputs"] = [shown for output in cell["outputs"] for shown in _shared(output)]
        cells.append(kept)
    return {**notebook, "cells": cells}


def _shared(output: Mapping[str, Any]) -> list[dict[str, Any]]:
    if output["output_type"] == "error":
        return [{"output_type": "error", "ename": output["ename"], "evalue": "", "traceback": [output["ename"]]}]
    is_piece = pieces.MIME in output.get("data", {}) or output.get("metadata", {}).get(pieces.LAB_ONLY)
    return [dict(output)] if is_piece else []


def _moment(project: Project, before: str) -> Moment | None:
    """The present of the report that is published, with all records there are; None where there is none."""
    kept = recipe.kept(project.settings.report_folder / before) if before else None
    return None if kept is None else Moment(kept.moment.now_us)


def _failed(project: Project, error: report.ReportError) -> NotMade:
    told = f"its notebook failed at cell {error.cell}: {error.kind}"
    if error.notebook is None:
        return NotMade(str(error), told=told)
    kept = shareable(json.loads(error.notebook.read_text(encoding="utf-8")))
    shared = error.notebook.with_name(error.notebook.name.replace(".ipynb", SHARED))
    shared.write_text(json.dumps(kept, ensure_ascii=False, indent=1), encoding="utf-8")
    outputs = [output for cell in kept["cells"] for output in cell.get("outputs", ())]
    told_claims = [claim for output in outputs for claim in claims_in(output.get("data", {}).get(pieces.MIME))]
    name = shared.relative_to(project.settings.report_folder).as_posix()
    return NotMade(str(error), told=told, files=(name,), claims=told_claims)
