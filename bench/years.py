"""A project of years, cheaply: a week of all sources is simulated once, and listed again for every week before it.

    python -m bench.years FOLDER --weeks 52         # 1 is the week alone; 156 are three years

Run again with more weeks, the folder grows by those that are missing. Rows of a week before bear moments and ids of
their own, so that questions find in them what they would find in years of records; pseudonyms come again each week.
What upkeep keeps of days that have ended is kept of these, too, which takes most of the time.
Raw files of those weeks are links to the week's: the catalog gives them moments and ids of their own, their bytes do
not have them. So a copy is for questions, not for redecode, merge or `tt.raw`. The site's clock is UTC, where every
week is as long.

The project's present is the moment it was simulated at: `opened` stands there, however late it is by now.
"""

import argparse
import hashlib
import os
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from telltale.arrow import DAY_US, utc_day
from telltale.lake import File, facts
from telltale.lake.catalog import RAW_TABLE, bump, listed
from telltale.lake.files import Root, encode
from telltale.lake.merge import merge
from telltale.landing.schema import CLOSED_DAY, FILES
from telltale.operate.retention.closing import close_days
from telltale.operate.upkeep import DAYS as KEPT
from telltale.settings import SETTINGS_FILE
from telltale.simulate.demo import TIMEZONE, fill, place, scenario, truths
from telltale.workbench.days import keep
from telltale.workbench.project import Project, clock

PRESENT = "present"
"""File with the moment the week was simulated at, microseconds UTC."""
FIRST_ID = 100_000_000
"""Ids of the week follow it, those of the weeks before lie below it."""
DAYS = 9
"""Simulated before today: seven of them are closed, and those make up the week that is copied."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Make or extend the project of a folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--weeks", type=int, default=52, help="with the simulated one")
    parser.add_argument("--from", dest="week", type=Path, help="a folder with the week, to begin with a copy of it")
    given = parser.parse_args(arguments)
    if given.week is not None:
        shutil.copytree(given.week, given.folder)
    years(given.folder, given.weeks, tell=lambda text: print(text, file=sys.stderr))


def years(folder: Path, weeks: int, *, tell: Callable[[str], None] = lambda _text: None) -> None:
    """Let the folder's project have so many weeks, the simulated one among them."""
    if not (folder / PRESENT).exists():
        tell("simulating the week")
        _simulate(folder, clock())
    project = opened(folder)
    try:
        files = _of_week(project)
        apart = max(file.last_raw_id for file in files) - FIRST_ID
        for week in range(1, weeks):
            if _copied(project, files, week, apart):
                tell(f"week {week + 1} of {weeks}")
        tell(f"computed what is kept of {_kept(project):,} days")
    finally:
        project.close()


def opened(folder: Path, threads: int | None = None) -> Project:
    """The project, at the moment its week was simulated."""
    now_us = int((folder / PRESENT).read_text())
    return Project(folder, now=lambda: now_us, threads=threads)


def _simulate(folder: Path, now_us: int) -> None:
    settings = place(folder, port=0) / SETTINGS_FILE
    settings.write_text(settings.read_text().replace(f'"{TIMEZONE}"', '"UTC"'))
    project = Project(folder, now=lambda: now_us)
    with project.store.writer() as connection:
        connection.exec_driver_sql("insert into sqlite_sequence (name, seq) values ('raw', ?)", (FIRST_ID,))
    plan = scenario("UTC", days=DAYS, seed=7, now_us=now_us)
    fill(project, None, plan, truths(project, plan), tell=lambda _step, _records: None)
    close_days(project, now_us=now_us)
    merge(project.lake, now_us=now_us)
    project.close()
    (folder / PRESENT).write_text(str(now_us))


def _of_week(project: Project) -> list[File]:
    """The files of the seven days that are closed."""
    today = utc_day(project.now_us() // DAY_US)
    days = [today - timedelta(days=number) for number in range(DAYS, DAYS - 7, -1)]
    with project.store.reader() as connection:
        return listed(connection, FILES.c.day.in_(days))


def _copied(project: Project, files: Sequence[File], weeks: int, apart: int) -> bool:
    """List the week so many weeks earlier; False where that is listed already."""
    earlier = timedelta(weeks=weeks)
    days = {file.day - earlier for file in files}
    with project.store.reader() as connection:
        there = _rows(listed(connection, FILES.c.day.in_(days)), timedelta())
    # Buttons are simulated for some weeks before: those stay as they are. A few rows are of messages that were on their
    # way at the first midnight: without the day's others, it would look like a day of lost messages.
    rows = _rows(files, earlier)
    missing = {key for key, count in rows.items() if 2 * there[key] < count}
    new = [file for file in files if (file.table_name, file.source, file.day - earlier) in missing]
    if not any(file.table_name == "sighting" for file in new):
        return False
    made = [_copy(project.lake.root, file, weeks, apart * weeks) for file in new]
    with project.store.writer() as connection:
        bump(connection)
        connection.execute(FILES.insert(), [file._asdict() for file in made])
        if closed := list(_closed(connection, days, earlier)):
            connection.execute(CLOSED_DAY.insert(), closed)
    return True


def _kept(project: Project) -> int:
    """What upkeep has done of the days by then; how many rows of them were made."""
    facts.note(project.lake, now_us=project.now_us())
    view = project.view()
    with project.at_one_moment(view):
        done = [keep(each.of_site(view), table, most=sys.maxsize) for each in KEPT for table in each.TABLES_OF_DAYS]
    return sum(each.made for each in done)


def _rows(files: Sequence[File], earlier: timedelta) -> Counter[tuple[str, str, date]]:
    """Rows by table, source and day, of days so much earlier."""
    counts = Counter[tuple[str, str, date]]()
    for file in files:
        counts[file.table_name, file.source, file.day - earlier] += file.rows
    return counts


def _closed(connection: sa.Connection, days: set[date], earlier: timedelta) -> Iterator[Mapping[str, object]]:
    earlier_us = earlier // timedelta(microseconds=1)
    for row in connection.execute(sa.select(CLOSED_DAY).where(CLOSED_DAY.c.day.in_(day + earlier for day in days))):
        values = dict(row._mapping)
        yield values | {"day": row.day - earlier, "closed_at": row.closed_at - earlier_us}


def _copy(root: Root, file: File, weeks: int, ids: int) -> File:
    """The file as it would have been written so many weeks earlier, with smaller ids."""
    assert root.folder is not None
    earlier, us = timedelta(weeks=weeks), weeks * 7 * DAY_US
    made = file._replace(
        day=file.day - earlier,
        first_raw_id=file.first_raw_id - (ids if file.first_raw_id else 0),
        last_raw_id=file.last_raw_id - (ids if file.last_raw_id else 0),
        min_time=file.min_time - us,
        max_time=file.max_time - us,
        created_at=file.created_at - us,
    )
    if file.table_name == RAW_TABLE:
        made = made._replace(path=f"{RAW_TABLE}/source={file.source}/day={made.day}/{Path(file.path).name}")
        _folder(root.folder / made.path)
        os.link(root.folder / file.path, root.folder / made.path)
        return made
    content = encode(_earlier(root.read(file.path), us, ids), raw=False)
    sha256 = hashlib.sha256(content).hexdigest()
    made = made._replace(
        path=f"{file.table_name}/day={made.day}/{sha256[:32]}.parquet", sha256=sha256, bytes=content.size
    )
    _folder(root.folder / made.path)
    (root.folder / made.path).write_bytes(content)
    return made


def _folder(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)


def _earlier(rows: pa.Table, us: int, ids: int) -> pa.Table:
    """The rows with all their moments, and their raw ids, so much smaller."""
    for at, field in enumerate(rows.schema):
        if pa.types.is_timestamp(field.type):
            moved = pc.subtract(rows[field.name].cast(pa.int64()), us).cast(field.type)
        elif pa.types.is_date(field.type):
            moved = pc.subtract(rows[field.name].cast(pa.int32()), us // DAY_US).cast(pa.int32()).cast(field.type)
        elif field.name == "raw_id":
            moved = pc.subtract(rows[field.name], ids)
        else:
            continue
        rows = rows.set_column(at, field, moved)
    return rows


if __name__ == "__main__":
    main()
