"""What is damaged or missing of what a project keeps."""

import json
from collections.abc import Callable, Iterator, Sequence

from telltale.contract import TelltaleError
from telltale.lake import File, Lake, lost, unfinished
from telltale.lake.away import PUT_BACK, away
from telltale.lake.damage import REMEDY, Damaged
from telltale.lake.examine import damaged, damaged_superseded
from telltale.lake.files import NotReadable
from telltale.lake.orphans import unknown_records
from telltale.lake.relist import clashing, never_listed
from telltale.lake.returned import returned
from telltale.lake.strays import strays
from telltale.lake.superseded import superseded
from telltale.lake.unaccounted import unaccounted
from telltale.landing import Store, spool_files
from telltale.operate import presence_keys
from telltale.operate.check import aside
from telltale.operate.finding import Finding
from telltale.operate.store_state import wrong_with_store
from telltale.privacy.files import KEY_BYTES
from telltale.publish import ledger
from telltale.wording import count
from telltale.workbench.project import Project
from telltale.workbench.times import local_time

Progress = Callable[[str, int, int], None]
"""Told what is looked at, and how much of how much is done."""
MOST_NAMED = 20
ENDS_OF_DOCTOR = 500
"""Doctor looks at the ends of so many files, the newest; of all at name and size."""


def examine(project: Project, *, quick: bool, progress: Progress = lambda *_: None) -> Iterator[Finding]:
    """Every finding, in order; one of each kind says that all is well.

    Args:
        project: whose.
        quick: sizes, existence and ends of files; else the checksum of all bytes, and whether every raw record
            has rows.
        progress: told how far it is.
    """
    store = [*_store(project)]
    yield from store or [Finding("store", "ok", project.store.shown)]
    yield from _keys(project)
    yield from _spools(project)
    if any(finding.state == "wrong" for finding in store):
        return
    files = [*_files(project, quick=quick, progress=progress)]
    yield from files
    if not quick and all(finding.state == "ok" for finding in files):
        yield from _rows(project, progress)
    yield from _ledger(project)
    yield from _earlier(project)


def files_from_outside(project: Project) -> Iterator[Finding]:
    """Damaged files as far as names, sizes and some ends tell."""
    lake = project.lake
    if said := away(lake):
        yield Finding("files", "wrong", said, PUT_BACK)
        return
    yield from _named(damaged(lake, lake.snapshot().files, reads_all=False, ends=ENDS_OF_DOCTOR))
    yield from _unlisted(lake, reads_all=False)


def _unlisted(lake: Lake, *, reads_all: bool) -> Iterator[Finding]:
    """Files that lie in the lake and ought to be listed."""
    for path in returned(lake, reads_all=reads_all):
        yield Finding("files", "wrong", f"{path} was lost, and is there again; it is not listed", REMEDY)
    if not reads_all:
        return
    never = never_listed(lake)
    for path in strays(lake, never):
        yield Finding("files", "wrong", f"{path} is listed nowhere, and holds other bytes than were written", REMEDY)
    unknown = {found.path: found.ids for found in unknown_records(lake, never)}
    taken = clashing(lake, unknown)
    why, put_back = " by numbers that others have by now", "put back the store that listed them"
    for paths, more, fix in ((sorted({*unknown} - {*taken}), "", f"{put_back}, or {REMEDY}"), (taken, why, put_back)):
        if paths:
            said = (
                f"{count(len(paths), 'file')} with raw records that the store does not know{more}, such as {paths[0]}"
            )
            yield Finding("files", "wrong", said, fix)


def _store(project: Project) -> Iterator[Finding]:
    try:
        for found, fix in wrong_with_store(project):
            yield Finding("store", "wrong", found, fix)
        if unfinished.is_unfinished(project.store):
            said = f"{project.store.shown} was damaged, and not all files of the lake that it listed are listed again"
            yield Finding("store", "wrong", said, REMEDY)
    except TelltaleError as error:
        found, _, fix = str(error).rpartition("; ")
        yield Finding("store", "wrong", found or fix, fix)


def _files(project: Project, *, quick: bool, progress: Progress) -> Iterator[Finding]:
    lake = project.lake
    files = lake.snapshot().files
    if said := away(lake):
        yield Finding("files", "wrong", said, PUT_BACK)
        return
    try:
        yield from _compared(project, files, quick=quick, progress=progress)
    except NotReadable as error:
        found, _, fix = str(error).partition("; ")
        yield Finding("files", "wrong", found, fix)


def _compared(project: Project, files: Sequence[File], *, quick: bool, progress: Progress) -> Iterator[Finding]:
    lake = project.lake
    found = damaged(lake, files, reads_all=not quick, progress=lambda done, of: progress("files", done, of))
    is_whole = True
    for finding in _named(found):
        is_whole = False
        yield finding
    for file, what in damaged_superseded(lake.root, superseded(lake.store), reads_all=not quick):
        is_whole = False
        yield Finding("files", "wrong", f"{file.path}, kept of what was decoded before, {what}", REMEDY)
    for finding in _unlisted(lake, reads_all=True):
        is_whole = False
        yield finding
    if is_whole:
        looked = "name, size and end" if quick else "SHA-256"
        size = sum(file.bytes for file in files)
        yield Finding("files", "ok", f"{count(len(files), 'file')}, {size:,} bytes, by {looked}")


def _named(found: Iterator[Damaged]) -> Iterator[Finding]:
    more = 0
    for number, each in enumerate(found):
        if number < MOST_NAMED:
            said = f"{each.file.path} {each.what}: {count(each.file.rows, 'row')} of {each.file.table_name}"
            yield Finding("files", "wrong", said, REMEDY)
        else:
            more += 1
    if more:
        yield Finding("files", "wrong", f"{count(more, 'more file')} damaged", REMEDY)


def _rows(project: Project, progress: Progress) -> Iterator[Finding]:
    is_whole = True
    for each in unaccounted(project.lake, progress=lambda done, of: progress("rows", done, of)):
        is_whole = False
        said = f"{each.source} {each.day}: {count(each.rows, 'row')} of {count(each.records, 'raw record')} missing"
        yield Finding("rows", "wrong", said, REMEDY)
    if is_whole:
        yield Finding("rows", "ok", "every raw record that is kept has a row in some table, or needs none")


def _keys(project: Project) -> Iterator[Finding]:
    """A key that is not whole stops the presence of its site: nothing is decoded under another one."""
    folder = project.settings.keys
    files = sorted(folder.rglob("[!.]*.key")) if folder.is_dir() else []
    noted = [*presence_keys.wrong(project)]
    yield from noted
    files = [path for path in files if not any(str(path) in each.found for each in noted)]
    bad = [path for path in files if path.stat().st_size != KEY_BYTES]
    for path in bad:
        fix = "bring back the file as it was, from a backup of keys; until then its site's sightings cannot be decoded"
        yield Finding("keys", "wrong", f"{path}: {path.stat().st_size} bytes, expected {KEY_BYTES}", fix)
    if not bad and not noted:
        yield Finding("keys", "ok", count(len(files), "key"))


def _spools(project: Project) -> Iterator[Finding]:
    files = spool_files(project.settings.spools)
    bad = 0
    for path in files:
        try:
            store = Store(f"sqlite:///{path}")
            try:
                said = store.damage()
            finally:
                store.close()
        except TelltaleError as error:
            said = str(error)
        if said:
            bad += 1
            fix = 'stop its collector, and run "telltale check --repair": what can be read of it is kept and stored'
            yield Finding("spools", "wrong", f"{path} is damaged: {said}", fix)
    if files and not bad:
        yield Finding("spools", "ok", count(len(files), "spool"))


def _ledger(project: Project) -> Iterator[Finding]:
    """Reports that were made and whose files are gone."""
    folder, gone = project.settings.report_folder, []
    runs = [run for run in ledger.runs(project.store) if run.state == "done"]
    for run in runs:
        missing = [name for name in json.loads(run.files) if not (folder / name).is_file()]
        if missing:
            gone.append(f"{run.report} {run.period} ({missing[0]})")
    if gone:
        fix = 'make them again with "telltale report", or leave it if they were deleted on purpose'
        named = ", ".join(gone[:3]) + (f" and {len(gone) - 3:,} more" if len(gone) > 3 else "")
        yield Finding("reports", "note", f"files of {count(len(gone), 'report')} are gone: {named}", fix)
    elif runs:
        yield Finding("reports", "ok", f"{count(len(runs), 'report')} with their files")


def _earlier(project: Project) -> Iterator[Finding]:
    """What earlier repairs could not bring back, and what they set aside."""
    zone = project.zone()
    for each in lost.losses(project.store):
        first, last = (f"{local_time(at, zone):%Y-%m-%d %H:%M:%S}" for at in (each.first_at, each.last_at))
        of = each.source or each.site
        said = (
            f"{count(each.rows, 'row')} of {each.table_name} of {of} are lost: raw ids {each.first_raw_id:,} to "
            f"{each.last_raw_id:,}, {first} to {last}"
        )
        yield Finding("lost", "note", said, f"found on {local_time(each.at, zone):%Y-%m-%d}; nothing can be done")
    for folder, files, size in aside.folders(project.settings):
        said = f"{folder} keeps {count(files, 'damaged file')}, {size:,} bytes"
        yield Finding("aside", "note", said, "delete it once nobody wants to look into it")
