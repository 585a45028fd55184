"""A small project, ways to damage its files, and digests of all it answers."""

import hashlib
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pyarrow as pa

import telltale as tt
from telltale.contract import Raw, Scenario
from telltale.lake.gc import gc
from telltale.lake.merge import merge
from telltale.lake.settle import settle_all
from telltale.operate.check import repair
from telltale.operate.finding import Finding
from telltale.operate.retention.closing import close_days
from telltale.simulate.play import backfill
from telltale.sources.efento import SOURCE as EFENTO
from telltale.tables import TABLES
from telltale.workbench import Project
from telltale.workbench.reading import relation
from tests.lake_fixture import ZONE, at, hear, write_settings

NOW = at("2026-11-23 12:00")
STORED = [name for name in TABLES if name != "sensor_day"]


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 0x40
    path.write_bytes(content)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def zero_the_end(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:-64] + bytes(64))


def prepare(folder: Path) -> Path:
    """Three stations on two days that are closed, four hours of two sensors, a body that is no report; all settled."""
    root = write_settings(folder / "project")
    project = Project(root, now=lambda: NOW)
    for day in ("2026-11-19", "2026-11-20"):
        stays = [(f"3C:06:30:00:00:0{n}", f"{day} 0{8 + n}:00", f"{day} 1{n}:30") for n in (0, 1)]
        hear(project, *stays)
        settle_all(project.lake, now_us=NOW)
    landing = project.landing()
    start_s = at("2026-11-20 08:00") // 10**6
    scenario = Scenario(3, start_s, start_s + 4 * 3600, ZONE)
    list(backfill(EFENTO, scenario, project.settings.source("efento"), landing))
    landing.append(Raw(0, "cloudtrax", at("2026-11-20 09:00"), "127.0.0.1", "{}", b"no report"))
    landing.close()
    settle_all(project.lake, now_us=NOW)
    merge(project.lake, now_us=NOW)
    close_days(project, now_us=NOW)
    gc(project.lake, now_us=NOW + 2 * 3600 * 10**6)
    project.store.scrub()
    project.close()
    return root


def digests(project: Project) -> dict[str, str]:
    """One for the rows of each table, one for the raw records, one for answers about them."""
    view = project.view()
    made = {name: digest(relation(view, name).arrow()) for name in STORED}
    raw = [project.lake.root.read(file.path) for file in view.snapshot.of("raw")]
    made["raw"] = digest(pa.concat_tables(raw).sort_by("id"))
    made["figures"] = digest(pa.Table.from_pandas(tt.presence.figures("2026-11-19", "2026-11-21", project=project)))
    made["stats"] = digest(pa.Table.from_pandas(tt.sensors.stats("2026-11-19", "2026-11-21", project=project)))
    return made


def digest(rows: pa.Table) -> str:
    return hashlib.sha256("\n".join(sorted(map(repr, rows.to_pylist()))).encode()).hexdigest()


def of(project: Project, table_name: str, number: int = 0) -> Path:
    """The path of a listed file."""
    return Path(project.lake.path(project.lake.snapshot().of(table_name)[number]))


def store_file(project: Project) -> Path:
    return project.settings.data / "landing" / "telltale.db"


def closed(project: Project, harm: Callable[[Path], None]) -> None:
    """Harm the store's file, which nobody has open."""
    project.close()
    harm(store_file(project))


def overwrite(path: Path, begin: int, end: int) -> None:
    content = bytearray(path.read_bytes())
    content[begin:end] = b"\xff" * (end - begin)
    path.write_bytes(content)


def repaired(project: Project) -> list[Finding]:
    return list(repair(project, now_us=NOW))


def swap(project: Project) -> None:
    one, other = of(project, "sighting"), of(project, "reading")
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content)


def sql(project: Project, text: str) -> None:
    project.store.close()
    with closing(sqlite3.connect(store_file(project))) as connection:
        connection.execute(text)
        connection.commit()


def cut_all(project: Project, *names: str) -> None:
    for name in names:
        for file in project.lake.snapshot().of(name):
            cut(Path(project.lake.path(file)))


def every_decoded_file(project: Project) -> None:
    for file in project.lake.snapshot().files:
        if file.table_name != "raw":
            Path(project.lake.path(file)).unlink()


WAYS: dict[str, Callable[[Project], object]] = {
    "sightings cut": lambda project: cut(of(project, "sighting")),
    "sightings flipped": lambda project: flip(of(project, "sighting")),
    "sightings missing": lambda project: of(project, "sighting").unlink(),
    "sightings empty": lambda project: of(project, "sighting").write_bytes(b""),
    "sightings without an end": lambda project: zero_the_end(of(project, "sighting")),
    "sightings of both days cut": lambda project: cut_all(project, "sighting"),
    "heartbeats cut": lambda project: cut(of(project, "node_heartbeat")),
    "readings cut": lambda project: cut(of(project, "reading")),
    "readings missing": lambda project: of(project, "reading").unlink(),
    "readings longer": lambda project: of(project, "reading").write_bytes(
        of(project, "reading").read_bytes() + b"more"
    ),
    "device status flipped": lambda project: flip(of(project, "device_status")),
    "rejects cut": lambda project: cut(of(project, "reject")),
    "visits cut": lambda project: cut(of(project, "visit")),
    "figures of a day missing": lambda project: of(project, "presence_day").unlink(),
    "figures of hours flipped": lambda project: flip(of(project, "presence_hour")),
    "sightings and what was computed of them cut": lambda project: cut_all(
        project, "sighting", "visit", "presence_day", "presence_hour"
    ),
    "a table's folder gone": lambda project: shutil.rmtree(of(project, "sighting").parent.parent),
    "two files exchanged": swap,
    "all but the raw records gone": every_decoded_file,
    "a raw file listed by nobody": lambda project: sql(project, "delete from files where table_name = 'raw'"),
    "sightings listed by nobody": lambda project: sql(project, "delete from files where table_name = 'sighting'"),
    "nothing listed": lambda project: sql(project, "delete from files"),
    "store gone": lambda project: closed(project, Path.unlink),
    "store empty": lambda project: closed(project, empty),
    "store without its head": lambda project: closed(project, lambda path: overwrite(path, 0, 4096)),
    "store without its middle": lambda project: closed(project, lambda path: overwrite(path, 8192, 40960)),
    "store cut": lambda project: closed(project, cut),
}
"""Harm that the raw bytes allow to undo."""
