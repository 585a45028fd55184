"""Published reports that name it: their files go; the ledger has them made again, or says that they were withdrawn.

A report is made again where rows of its period are left, and it is not about this device or person alone. Figures of k
and more devices name nobody and stay.
"""

import json
import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from telltale.forget.files import names_it
from telltale.forget.task import Task
from telltale.landing.schema import MESSAGE, REPORT_RUN
from telltale.publish import inputs, ledger
from telltale.publish.ledger import Run
from telltale.publish.looking import tables_of
from telltale.publish.readers import Readers, readers
from telltale.report import index
from telltale.workbench.times import Span

WITHDRAWN = "withdrawn: what it told of was forgotten"
AGAIN = "made again without what was forgotten"
_ENDING = re.compile(
    r"(\.before|\.failed|\.shared|\.recipe|\.evidence)*\.(html|ipynb|json|pdf|zip)(\.[^.]*)?$", re.IGNORECASE
)
"""Of a file of a report; behind it may stand what a draft or an editor adds."""
_TEXTS = ("claims", "changed", "sentence", "reason", "failure", "files")


def forget_in_reports(task: Task) -> None:
    """Remove their files, wherever in the folder of reports, and settle what becomes of each in the ledger."""
    folder = task.project.settings.report_folder
    own = _own_files(task, folder)
    task.withdrawn |= {path.relative_to(folder).as_posix() for path in own}
    _sent(task)
    runs = [run for run in ledger.runs(task.project.store) if _is_of(task, run)]
    if not task.is_trial:
        for path in own:
            path.unlink(missing_ok=True)
        for run in runs:
            _settle(task, run)
        if own:
            index.write(folder)
    _unread_prints(task, folder, set(own))
    task.tell("reports", "files", len(own))
    task.tell("reports", "periods in the ledger", overwritten=len(runs))


def _own_files(task: Task, folder: Path) -> list[Path]:
    """Every file of each report of which one names it: a print, which cannot be read, goes with its page."""
    there = [path for path in sorted(folder.rglob("*")) if path.is_file() and path != folder / "index.html"]
    named = {_base(path) for path in there if names_it(task, path)}
    return [path for path in there if _base(path) in named]


def _unread_prints(task: Task, folder: Path, own: Collection[Path]) -> None:
    """Name the prints beside which no page is left: whom they tell of cannot be read."""
    pages = {_base(path) for path in folder.rglob("*.html")}
    prints = [path for path in sorted(folder.rglob("*.pdf")) if path not in own and _base(path) not in pages]
    if prints:
        names = ", ".join(path.relative_to(folder).as_posix() for path in prints)
        task.notes.append(f"reports: {names} cannot be searched and no page is beside it: see to it by hand")


def _base(path: Path) -> tuple[Path, str]:
    """A report's folder and name: `2026-W47` of 2026-W47.html, .pdf, .before.html and .evidence.zip.

    A parameter in a name may have dots of its own: 2026-W47-device-pc-ws.anna.html.
    """
    name = path.name.lstrip(".")
    found = _ENDING.search(name)
    return path.parent, name[: found.start()] if found else name


def _is_of(task: Task, run: Run) -> bool:
    files = ledger.files_of(run)
    return any(name in task.withdrawn for name in files) or task.texts.found_in_text(_said(task, run))


def _said(task: Task, run: Run) -> str:
    with task.project.store.reader() as connection:
        row = connection.execute(sa.select(*(REPORT_RUN.c[name] for name in _TEXTS)).where(REPORT_RUN.c.id == run.id))
        return "\n".join(row.one())


def _settle(task: Task, run: Run) -> None:
    """Note what becomes of a period; nothing that it said stays."""
    blank: dict[str, Any] = {"claims": "{}", "changed": "[]", "sentence": "", "files": "[]", "failure": "{}"}
    of = next((each for each in readers(task.project.settings) if (each.report, each.key) == run.key[:2]), None)
    nobody = {"holder": ledger.NOBODY, "lease_until": 0}  # who is at it now made it of what is gone: it is thrown away
    if run.state == "running" or (of is not None and _may_be_made_again(task, of, run)):
        anew = dict.fromkeys(("seen", "rows", "answers"), "") | {"state": "waiting", "next_try": 0, "attempts": 0}
        values = {**blank, **nobody, **anew}
        values["reason"] = AGAIN
    else:
        values = {**blank, "reason": WITHDRAWN, "answers": ""}
        if of is not None:  # as it is now it stays, until other rows come
            view, tables, span = task.project.view(), tables_of(task.project, of), Span(run.begins_at, run.ends_at)
            values |= {"seen": inputs.seen(view, tables, span), "rows": inputs.rows(view, tables, span).digest}
    with task.project.store.writer() as connection:
        connection.execute(REPORT_RUN.update().where(REPORT_RUN.c.id == run.id).values(**values))
    what = f"{run.report} {run.period}"
    again = values["reason"] == AGAIN
    task.notes.append(
        f'report {what}: "telltale schedule" makes it again, "telltale up" does so by itself'
        if again
        else f"report {what} is withdrawn"
    )


def _may_be_made_again(task: Task, of: Readers, run: Run) -> bool:
    if any(task.texts.found_in_text(text) for text in _texts(of.parameters.values())):
        return False
    view, tables, span = task.project.view(), tables_of(task.project, of), Span(run.begins_at, run.ends_at)
    return not inputs.removed(view, tables, span, site=of.site) and bool(inputs.rows(view, tables, span).n)


def _texts(values: Collection[Any]) -> list[str]:
    return [text for each in values for text in ([each] if isinstance(each, str) else map(str, _items(each)))]


def _items(value: Any) -> Sequence[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if isinstance(value, list | tuple) else [value]


def _sent(task: Task) -> None:
    """Messages that carried one of these files, or told of its period, and have left."""
    with task.project.store.reader() as connection:
        rows = connection.execute(sa.select(MESSAGE).where(MESSAGE.c.state == "sent")).all()
    periods = {f" {run.report} " + run.period for run in ledger.runs(task.project.store) if _is_of(task, run)}
    for row in rows:
        carried = task.withdrawn & set(json.loads(row.files))
        is_of = any(f"{each} " in f" {row.key} " for each in periods)
        if carried or is_of:
            task.sent.append({"to": row.recipient, "what": f"report: {row.subject}", "sent_at": row.sent_at})
