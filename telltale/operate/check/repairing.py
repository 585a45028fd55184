"""Make damaged files again from the raw records, and say what cannot be.

Raw files first, since all else is made of them: what of one is whole is kept, the rest is lost. Then decoded files,
derived days, and the rows of records that have none. Each file is set aside before anything takes its place, and the
catalog changes in one transaction, so that a repair can be stopped anywhere and run again.
"""

from collections.abc import Callable, Iterator

from telltale.contract import ConfigError, StoreError
from telltale.lake import RAW_TABLE, File, damage, lost
from telltale.lake.away import PUT_BACK, away
from telltale.lake.catalog import bump, unlist
from telltale.lake.damage import Damaged
from telltale.lake.examine import damaged, damaged_superseded
from telltale.lake.gc import remove
from telltale.lake.orphans import source_of
from telltale.lake.redecode import redecode
from telltale.lake.relist import never_listed, relist
from telltale.lake.remake import remake
from telltale.lake.salvage import salvage
from telltale.lake.strays import kept_of, strays
from telltale.lake.superseded import remove_superseded, superseded
from telltale.lake.unaccounted import unaccounted
from telltale.operate.check.aside import Aside
from telltale.operate.check.spools_again import spools_again
from telltale.operate.check.store_again import ONLY_THERE, store_again
from telltale.operate.finding import Finding
from telltale.operate.retention.closing import close_again
from telltale.operate.retention.limits import ONE_DAY
from telltale.tables import SIGHTING, TABLES
from telltale.wording import count
from telltale.workbench.project import Project
from telltale.workbench.times import midnight

Progress = Callable[[str, int, int], None]
AGAIN = "see to what is said above, and run it again"
BRING_BACK = '"telltale doctor" says which key is wrong; bring it back as it was, and run it again'
GONE = "nothing can be done; the damaged file is kept in {}"
MISSING = "nothing can be done; should it come back to its place, run it again, and it is listed again"


class Away(StoreError):
    """The lake is away, and would be taken for lost."""


def repair(
    project: Project, *, now_us: int, is_lost: bool = False, progress: Progress = lambda *_: None
) -> Iterator[Finding]:
    """Mend what can be, and yield what was done: `ok` is whole again, `wrong` is lost.

    Args:
        project: whose.
        now_us: the present.
        is_lost: whether files that are missing all at once are gone for good, and not a lake that is away.
        progress: told how far it is.

    Raises:
        Away: the lake is not where it was; its files stay listed.
        TelltaleError: something keeps it from working: another job, the store open elsewhere; run it again.
    """
    aside = Aside(project.settings, now_us=now_us)
    yield from store_again(project, aside)
    if not is_lost and (said := away(project.lake)):
        raise Away(f"{said}; nothing was changed: {PUT_BACK}")
    yield from spools_again(project, aside)
    yield from _strays(project, aside, now_us)
    yield from _listed_again(project, now_us, progress)
    lake = project.lake
    found = list(damaged(lake, lake.snapshot().files, reads_all=True, progress=_of(progress, "files")))
    yield from _raw(project, [each for each in found if each.file.table_name == RAW_TABLE], aside, now_us)
    decoded = [each for each in found if each.file.table_name in TABLES and not TABLES[each.file.table_name].derived]
    yield from _decoded(project, decoded, aside, now_us)
    yield from _derived(project, [each for each in found if each not in decoded], aside, now_us)
    yield from _superseded(project, aside, now_us)
    yield from _rows(project, now_us, progress)


def _of(progress: Progress, what: str) -> Callable[[int, int], None]:
    return lambda done, total: progress(what, done, total)


def _listed_again(project: Project, now_us: int, progress: Progress) -> Iterator[Finding]:
    done = relist(project.lake, now_us=now_us, progress=_of(progress, "listing"))
    if done.files:
        rows = ", ".join(f"{rows:,} {name}" for name, rows in sorted(done.rows.items())) or "no rows"
        said = f"{count(done.files, 'file')} listed again: {count(done.records, 'raw record')}, {rows}"
        yield Finding("store", "ok", f"{said}; {count(done.returned, 'file')} had been lost" if done.returned else said)
        if done.files > done.returned:
            yield Finding("store", "note", ONLY_THERE, "a backup of the store may have it")
    for path in done.clashing:
        said = f"{path} holds records whose numbers others have by now, given again by an older store"
        yield Finding("files", "wrong", said, "put back the store that listed it; until then nothing removes it")
    if done.renumbered:
        yield Finding("store", "note", f"{count(done.renumbered, 'newer record')} got new numbers", "none is needed")
    for path in done.unreadable:
        yield Finding("files", "wrong", f"{path} was listed nowhere and is damaged", "nothing says what was in it")


def _strays(project: Project, aside: Aside, now_us: int) -> Iterator[Finding]:
    """Damaged raw files that nobody lists: what is whole of them is listed with the files that are."""
    lake = project.lake
    for path in list(strays(lake, never_listed(lake))):
        aside.copy(lake, path, table_name=RAW_TABLE, source=source_of(path), rows=0)
        done = kept_of(lake, path, now_us=now_us)
        remove(lake, [path], unlisted_before=now_us)
        found = "no raw record of it can be proven whole"
        if done.kept:
            found = f"{done.kept:,} of {count(done.kept + done.lost, 'raw record')} are whole"
        said = f"{path} was listed nowhere and is damaged: {found}; some may be in other files, too"
        yield Finding("files", "wrong", said, GONE.format(aside.folder))


def _raw(project: Project, found: list[Damaged], aside: Aside, now_us: int) -> Iterator[Finding]:
    for each in found:
        file = each.file
        _copy(project, aside, file)
        done = salvage(project.lake, file, now_us=now_us)
        _remove(project, each, now_us)
        if not done.lost:
            yield Finding("files", "ok", f"{file.path} {each.what}: all {count(done.kept, 'record')} are whole")
        for part in done.lost:
            said = (
                f"{file.path} {each.what}: {count(part.rows, 'raw record')} of {file.source} lost, ids "
                f"{part.first_raw_id:,} to {part.last_raw_id:,}, {count(done.kept, 'other')} kept"
            )
            yield Finding("files", "wrong", said, _fix(each, aside))


def _decoded(project: Project, found: list[Damaged], aside: Aside, now_us: int) -> Iterator[Finding]:
    what = {each.file.path: each for each in found}
    files = [each.file for each in found]
    for done in remake(project.lake, files, now_us=now_us, before=lambda file: _copy(project, aside, file)):
        file = done.file
        if done.waits:
            said = f"{file.path} {what[file.path].what}: it waits for the key of {count(done.waits, 'raw record')}"
            yield Finding("files", "wrong", said, BRING_BACK)
            continue
        _remove(project, what[file.path], now_us)
        said = f"{file.path} {what[file.path].what}: {done.rows:,} of {count(file.rows, 'row')} made again"
        if done.why_lost:
            yield Finding("files", "wrong", f"{said}; {done.why_lost}", _fix(what[file.path], aside))
        else:
            yield Finding("files", "ok", said)


def _derived(project: Project, found: list[Damaged], aside: Aside, now_us: int) -> Iterator[Finding]:
    """The figures of closed days, from their sightings as long as all of those are there."""
    derived = [each for each in found if each.file.table_name in TABLES and TABLES[each.file.table_name].derived]
    for each in derived:
        file = each.file
        if waiting := _damaged_sightings(project, file):
            yield Finding("files", "wrong", f"{file.path} {each.what}: it waits for {waiting}", AGAIN)
            continue
        _copy(project, aside, file)
        if _has_sightings(project, file):
            close_again(project, file.site, file.day, now_us=now_us)
            yield Finding("files", "ok", f"{file.path} {each.what}: {count(file.rows, 'row')} computed again")
        else:
            with project.lake.store.writer() as connection:
                bump(connection)
                unlist(connection, [file], at=now_us)
                lost.note(connection, [lost.of_file(file, file.rows, now_us=now_us)])
            why = "the sightings they were computed of are gone"
            said = f"{file.path} {each.what}: {count(file.rows, 'row')} lost; {why}"
            yield Finding("files", "wrong", said, _fix(each, aside))
        _remove(project, each, now_us)


def _damaged_sightings(project: Project, file: File) -> str:
    """The file of sightings around a local day that could not be made again yet; empty where all are whole."""
    around = project.lake.snapshot().of(SIGHTING.name, file.day - 2 * ONE_DAY, file.day + 3 * ONE_DAY)
    return next((each.file.path for each in damaged(project.lake, around, reads_all=True)), "")


def _has_sightings(project: Project, file: File) -> bool:
    """Whether no sighting of a local day, or of the one before that a stay may come from, was removed or lost."""
    is_closed = (file.site, file.day) in project.lake.closed_days()
    zone = project.site(file.site).timezone
    since, until = midnight(file.day - ONE_DAY, zone), midnight(file.day + ONE_DAY, zone)
    if any(each.first_at < until and since <= each.last_at for each in lost.losses(project.lake.store, SIGHTING.name)):
        return False
    return is_closed and project.lake.kept_from().get((SIGHTING.name, file.site), 0) <= since


def _superseded(project: Project, aside: Aside, now_us: int) -> Iterator[Finding]:
    lake = project.lake
    for file, what in list(damaged_superseded(lake.root, superseded(lake.store), reads_all=True)):
        aside.copy(lake, file.path, table_name=file.table_name, source=file.source, rows=0)
        remove_superseded(lake, lambda each, path=file.path: each.path == path, now_us=now_us)  # type: ignore[misc] # bound at once
        said = f"{file.path}, kept of what was decoded before, {what}: it is lost"
        fix = "nothing can be done" if what == damage.MISSING else GONE.format(aside.folder)
        yield Finding("files", "wrong", said, fix)


def _rows(project: Project, now_us: int, progress: Progress) -> Iterator[Finding]:
    lake = project.lake
    for each in list(unaccounted(lake, progress=_of(progress, "rows"))):
        said = f"{each.source} {each.day}: {count(each.rows, 'row')} of {count(each.records, 'raw record')}"
        try:
            done = redecode(lake, since_day=each.day, until_day=each.day, source=each.source, now_us=now_us)
        except ConfigError as error:  # other records of the day wait for their key
            yield Finding("rows", "wrong", f"{said} not made again: {error}", BRING_BACK)
            continue
        if done.days:
            yield Finding("rows", "ok", f"{said} made again")
        else:
            yield Finding("rows", "wrong", f"{said} not made again: a file of that day is damaged", AGAIN)


def _copy(project: Project, aside: Aside, file: File) -> None:
    aside.copy(project.lake, file.path, table_name=file.table_name, source=file.source, rows=file.rows)


def _fix(damaged: Damaged, aside: Aside) -> str:
    return MISSING if damaged.is_missing else GONE.format(aside.folder)


def _remove(project: Project, damaged: Damaged, now_us: int) -> None:
    """Remove the damaged file, whose copy lies aside; one that was made again bears the same name and stays.

    A missing one is no longer listed, and that is all: it may come back.
    """
    if not damaged.is_missing:
        remove(project.lake, [damaged.file.path], unlisted_before=now_us)
