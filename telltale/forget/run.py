"""The steps of a forgetting, in an order that may be stopped anywhere and run again.

    orphans   files nobody ever listed: while all records are known, gc takes them for what a crash left
    lists     lines of devices.csv and buttons.csv: what comes from now on is not kept
    spools    what waits for the store
    records   raw records, hot and in files
    rows      decoded and derived tables, kept days, files that a decode replaced
    reports   published pages and what the ledger says of them; then exports and evidence
    store     refused requests, memories, outbox, alerts, messages, settings as they were
    logs      and other plain files of the data folder
    backups   those within reach
    scrub     files nobody lists, the pages and the log of the store

Each step looks for itself for what is left, so doing one twice does no harm.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from telltale.contract import TelltaleError
from telltale.forget import journal
from telltale.forget.backups import Remove, forget_in_backups
from telltale.forget.files import by_hand, forget_exports, forget_in_spools
from telltale.forget.lists import forget_on_lists
from telltale.forget.plain import forget_in_logs
from telltale.forget.records import forget_in_records
from telltale.forget.reports import forget_in_reports
from telltale.forget.rows import forget_rows
from telltale.forget.stored import forget_in_store
from telltale.forget.subject import Subject
from telltale.forget.task import Line, Task
from telltale.lake import Lake
from telltale.lake.gc import gc_at_once
from telltale.lake.orphans import unknown_records
from telltale.lake.relist import never_listed
from telltale.lake.returned import returned
from telltale.lake.strays import strays
from telltale.operate.backup import Backup
from telltale.tables import VISIT
from telltale.wording import count
from telltale.workbench.project import Project
from telltale.workbench.times import local_time

Step = Callable[[str], None]
"""Told the name of each step once it is done; a test stops there."""


class Forgotten(NamedTuple):
    """What was, or would be, removed where."""

    lines: tuple[Line, ...]
    sent: tuple[dict[str, object], ...]
    """What left the house before and told of it: to whom, what, when (µs UTC)."""
    keyless: tuple[str, ...]
    """What is kept of periods whose key is gone: nothing leads from there to this device."""
    notes: tuple[str, ...]
    """What is still to be known or done."""
    is_trial: bool


def forget(
    project: Project,
    subject: Subject,
    *,
    now_us: int,
    is_trial: bool = False,
    opt_out: bool = False,
    backups: Sequence[Backup] = (),
    remove_backup: Remove | None = None,
    step: Step = lambda _name: None,
) -> Forgotten:
    """Remove all that is kept of a subject; run again after it was stopped, it finishes.

    Args:
        project: whose records.
        subject: who is forgotten.
        now_us: the present.
        is_trial: count only.
        opt_out: put its addresses on the opt-out list.
        backups: those that may hold it.
        remove_backup: how one of them is removed.
        step: told of each step.

    Raises:
        TelltaleError: the store or a file is away or busy; what was done by then stays done.
    """
    task = Task(project, subject, now_us=now_us, is_trial=is_trial)
    in_backups = partial(forget_in_backups, task, backups, remove_backup)
    if is_trial:
        for run in _steps(task, in_backups, opt_out=opt_out).values():
            run()
        return _result(task)
    begun = journal.begin(project.store, subject, now_us=now_us, opt_out=opt_out)
    task.subject = begun.subject  # its lines may be out of devices.csv by now
    for name, run in _steps(task, in_backups, opt_out=begun.opt_out).items():
        run()
        begun = journal.note(project.store, begun, name)
        step(name)
    counts = [line._asdict() for line in task.totals()]
    journal.end(project.store, begun, counts, now_us=now_us)
    if not project.store.scrub():
        task.notes.append(
            "a reader held the store's log, where some of it can still be read: telltale purge empties it"
        )
    project.note_settings()
    return _result(task)


def finish_others(
    project: Project,
    subject: Subject,
    *,
    now_us: int,
    backups: Sequence[Backup] = (),
    remove_backup: Remove | None = None,
) -> list[Forgotten]:
    """Finish what was begun about others and stopped, as it was begun."""
    others = [
        each for each in journal.unfinished(project.store) if not set(each.subject.devices) & set(subject.devices)
    ]
    return [
        forget(
            project,
            each.subject,
            now_us=now_us,
            opt_out=each.opt_out,
            backups=backups,
            remove_backup=remove_backup,
        )
        for each in others
    ]


def _steps(task: Task, in_backups: Callable[[], None], *, opt_out: bool) -> dict[str, Callable[[], None]]:
    return {
        "orphans": partial(_scrub, task),
        "lists": partial(forget_on_lists, task, opt_out=opt_out),
        "spools": partial(forget_in_spools, task),
        "records": partial(forget_in_records, task),
        "rows": partial(forget_rows, task),
        "reports": partial(forget_in_reports, task),
        "exports": partial(forget_exports, task),
        "store": partial(forget_in_store, task),
        "logs": partial(forget_in_logs, task),
        "backups": in_backups,
        "scrub": partial(_scrub, task),
    }


def _scrub(task: Task) -> None:
    if task.is_trial:
        return
    collected = gc_at_once(task.project.lake, now_us=task.now_us)
    if collected.lease:
        raise TelltaleError(f"forget: {collected.lease} keeps files from being removed; run it again when it is over")


def _result(task: Task) -> Forgotten:
    task.notes += [f"{name} names it: see to it by hand" for name in by_hand(task)]
    task.notes += _unlisted(task.project.lake)
    return Forgotten(
        tuple(line for line in task.totals() if line),
        tuple(task.sent),
        keyless(task),
        tuple(task.notes),
        task.is_trial,
    )


def _unlisted(lake: Lake) -> list[str]:
    """What no step reaches: files of a store that was lost, or that were missing for a while."""
    never = never_listed(lake)
    paths = [*(found.path for found in unknown_records(lake, never)), *strays(lake, never), *returned(lake)]
    said = "of the lake not on its list, such as {}: nothing in there was searched"
    fix = 'run "telltale check --repair", then this again'
    return [f"{count(len(paths), 'file')} {said.format(paths[0])}; {fix}"] if paths else []


def keyless(task: Task) -> tuple[str, ...]:
    """Of each site: the days whose visits are kept and whose keys are destroyed."""
    if not task.subject.stations:
        return ()
    said = []
    view = task.project.view()
    for site in sorted({file.site for file in view.snapshot.of(VISIT.name)}):
        mark, zone = task.project.keys.destroyed_before(site), task.project.zone(site)
        days = [file.day for file in view.snapshot.of(VISIT.name) if file.site == site and file.min_time < mark]
        if days:
            name = task.project.site(site).name
            said.append(
                f"{name}: visits of {min(days)} to {max(days)} are kept under keys destroyed up to "
                f"{local_time(mark, zone):%Y-%m-%d %H:%M}; nothing leads from them to the address"
            )
    return tuple(said)
