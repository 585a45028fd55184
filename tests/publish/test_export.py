"""What may leave as a file, in every format, and what is the owner's alone: searched byte by byte."""

import csv
import io
import json
import re
import stat
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from telltale import cli
from telltale.contract import ConfigError
from telltale.operate.doctor import examine
from telltale.publish import export, exported, sheets
from telltale.sources import SOURCES
from telltale.tables import TABLES
from telltale.workbench.project import Project
from telltale.workbench.tidy import as_arrow
from tests.lake_fixture import ZONE, Lake, write_settings
from tests.sensors.sensed import OPTIONS, hand_in, list_devices, truth_of

DAY_S = 86_400
END_S = 1_795_600_800
"""Tuesday, 24 November 2026, 11:00 in Berlin."""
ANNA = "Anna Marked-Person"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A day of all sources, none of it invented for the settings: real rules hold."""
    from telltale.contract import Scenario
    from telltale.lake.settle import settle_all
    from telltale.settings import load
    from telltale.sources.button.simulate.truth import buttons_csv
    from telltale.sources.cloudtrax import SOURCE

    root = write_settings(tmp_path_factory.mktemp("export"), more=OPTIONS)
    made = Project(settings=load(root), now=lambda: END_S * 1_000_000)
    scenario = Scenario(5, END_S - DAY_S, END_S, ZONE)
    nodes = SOURCE.truth(scenario, made.settings.source(SOURCE.name))["nodes"]
    lines = [f"{node['node_id']},{node['name']},,{node['zone']},node,,," for node in nodes]
    list_devices(root, truth_of(made, "sigfox", scenario), *lines)
    (root / "buttons.csv").write_text(buttons_csv())
    for name in ("cloudtrax", "sigfox", "button", "pc_idle"):
        hand_in(made, name, scenario)
    settle_all(made.lake, now_us=made.now_us())
    yield made
    made.close()


def files(project: Project, what: str, **asked: object) -> dict[str, bytes]:
    """An export in every format."""
    found = export.asked(what, project=project, **asked)  # type: ignore[arg-type]
    made = {}
    for form in sheets.FORMATS:
        file = io.BytesIO()
        sheets.write(found.table, file, form, zone=found.zone, about=found.about)
        made[form] = file.getvalue()
    return made


def unpacked(form: str, data: bytes) -> bytes:
    """Every byte of a file, unpacked."""
    if form == "xlsx":
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            return b"\n".join(book.read(name) for name in book.namelist())
    if form == "parquet":
        table = pq.read_table(io.BytesIO(data))
        return json.dumps([table.to_pylist(), str(table.schema)], default=str).encode()
    return data


def marks(project: Project) -> dict[str, set[str]]:
    """What must be in no file: pseudonyms, addresses, PCs, and ids of raw records about people."""
    from telltale.workbench import load

    sightings = load("sighting", engine="arrow", project=project)
    pseudonyms = {f"{value & (2**64 - 1):016x}" for value in sightings["device"].unique().to_pylist()}
    numbers = {str(value) for value in sightings["device"].unique().to_pylist()}
    activity = load("activity", engine="arrow", project=project)
    raw_ids = {*sightings["raw_id"].to_pylist(), *activity["raw_id"].to_pylist()}
    heartbeats = load("node_heartbeat", engine="arrow", project=project)
    pcs = set(activity["device_id"].unique().to_pylist())
    assert len(pseudonyms) > 50
    assert pcs
    return {
        "pseudonyms": pseudonyms | numbers,
        "PCs": pcs,
        "raw ids": {str(one) for one in {*raw_ids, *heartbeats["raw_id"].to_pylist()}},
    }


def raw_ids_in(form: str, data: bytes) -> set[str]:
    """The values of a column with raw ids."""
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(data.decode(), newline="")))
        return {row["raw_id"] for row in rows if row.get("raw_id")}
    if form == "parquet":
        table = pq.read_table(io.BytesIO(data))
        return {str(one) for one in table["raw_id"].to_pylist() if one} if "raw_id" in table.column_names else set()
    return set()


def test_no_export_holds_a_pseudonym_an_address_a_pc_or_a_raw_id_of_people(project: Project) -> None:
    searched = marks(project)
    personal = export.OF_PEOPLE
    for what in export.known():
        for form, data in files(project, what).items():
            text = unpacked(form, data).decode(errors="replace")
            words = set(re.findall(r"[\w:.-]+", text))
            for name in ("pseudonyms", "PCs"):
                assert not words & searched[name], (what, form, name, sorted(words & searched[name])[:3])
            assert not raw_ids_in(form, data) & searched["raw ids"], (what, form)
    assert {"cloudtrax", "meraki", "pc_idle"} <= personal


COUNTS = ("devices", "seen", "visitors", "passers_by", "people")


def test_no_cell_counts_fewer_than_k(project: Project) -> None:
    k = project.settings.site.k
    checked = 0
    for what in export.known():
        if not what.startswith(("presence.", "activity.")):
            continue
        rows = export.asked(what, project=project).table.to_pylist()
        for row in rows:
            found = {name: row[name] for name in COUNTS if row.get(name) is not None}
            assert all(value == 0 or value >= k for value in found.values()), (what, row)
            checked += len(found)
    assert checked > 100


@pytest.mark.parametrize("what", sorted({*TABLES} - {*export.OPEN_TABLES}))
def test_a_table_about_people_needs_the_owner(project: Project, what: str) -> None:
    with pytest.raises(ConfigError, match=rf'^"{what}" holds rows about people.*; with --owner'):
        export.asked(what, project=project)
    assert export.asked(what, is_owner=True, project=project).is_personal


def test_an_answer_about_people_needs_the_owner(project: Project) -> None:
    for what in sorted({*export.known(is_owner=True)} - {*export.known()}):
        if "." in what:
            with pytest.raises(ConfigError, match="holds rows about people"):
                export.asked(what, project=project)
    with pytest.raises(ConfigError, match="holds rows about people"):
        export.asked("health.devices", values={"source": "pc_idle"}, project=project)
    assert export.asked("presence.figures", is_owner=True, project=project).is_personal, "cells under k are in it"
    assert not export.asked("kanban.pulls", is_owner=True, project=project).is_personal


WRONG = [
    ("readings", {}, 'no table or answer "readings"; tables: .*did you mean "reading"'),
    ("sensor.excursions", {}, 'no subject "sensor"; known: .*did you mean "sensors"'),
    ("sensors.excursion", {}, 'no answer "sensors.excursion"; sensors has .*did you mean "excursions"'),
    ("kanban.pull", {}, 'no answer "kanban.pull"'),
    ("activity.correct", {}, 'no answer "activity.correct"'),
    ("reading", {"by": "day"}, "a table takes no arguments: by"),
    ("presence.figures", {"published": "false"}, 'presence.figures takes no "published"'),
    ("presence.figures", {"visit_dmb": "-70"}, 'takes no "visit_dmb"; .*did you mean "visit_dbm"'),
    ("sensors.excursions", {"lasting": "perhaps"}, 'lasting = "perhaps": expected true or false'),
    ("presence.figures", {"visit_dbm": "loud"}, 'visit_dbm = "loud": expected a number'),
    ("presence.figures", {"project": "/"}, 'takes no "project"'),
]


@pytest.mark.parametrize(("what", "values", "words"), WRONG)
def test_what_is_asked_wrongly_says_what_there_is(
    project: Project, what: str, values: Mapping[str, str], words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        export.asked(what, values=values, project=project)


def test_an_export_is_the_answer_of_its_call(lake: Lake) -> None:
    import telltale as tt

    figures = {"by": "hour", "gap": "20min"}
    found = export.asked("presence.figures", since="2026-11-19", values=figures, project=lake.project)
    with as_arrow():
        called = tt.presence.figures("2026-11-19", by="hour", gap="20min", published=True, project=lake.project)
    assert found.table.num_rows > 20
    assert found.table.to_pylist() == called.to_pylist()  # type: ignore[operator]
    assert found.about["Asked"] == "since = 2026-11-19, by = hour, gap = 20min"
    assert found.zone == ZONE


def test_a_file_of_people_is_the_owners_alone_named_and_forgotten_when_gone(project: Project, tmp_path: Path) -> None:
    now_us, path = project.now_us(), tmp_path / "sightings.parquet"
    found = export.asked("sighting", since="1h", is_owner=True, project=project)
    noted = export.write(found, path, "parquet", project=project, now_us=now_us)
    assert noted is not None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (noted.path, noted.rows) == (str(path), found.table.num_rows)
    assert noted.expires_at - now_us == 30 * DAY_S * 1_000_000
    assert exported.past(project.store, now_us=noted.expires_at - 1) == []
    assert exported.past(project.store, now_us=noted.expires_at) == [noted]
    said = exported.reminder([noted])
    assert said == f"1 exported file holds rows about people past their time: {path}; delete them"
    later = Project(settings=project.settings, now=lambda: noted.expires_at)
    assert [one.found for one in examine(later) if one.check == "exported"] == [said.rpartition("; ")[0]]
    path.unlink()
    assert exported.past(project.store, now_us=noted.expires_at) == []
    path.write_text("another one")
    assert exported.past(project.store, now_us=noted.expires_at) == [], "what was deleted is not named again"
    later.close()


def test_a_file_that_cannot_be_written_leaves_the_one_before(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "pulls.csv"
    path.write_text("before")
    found = export.asked("kanban.pulls", project=project)
    with pytest.raises(ConfigError):
        export.write(found, path, "ods", project=project, now_us=project.now_us())
    assert path.read_text() == "before"
    assert [one.name for one in tmp_path.iterdir()] == ["pulls.csv"]
    assert export.write(found, path, "csv", project=project, now_us=project.now_us()) is None
    assert path.read_text().startswith("item,device_id,name,pulled_at [Europe/Berlin],quantity")


def run(project: Project, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = cli.run(["--project", str(project.settings.root), "export", *arguments])
    said = capsys.readouterr()
    return code, said.out + said.err


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELLTALE_HOME", "")  # --project sets it, and here it is set back


def test_the_command_prints_csv_and_writes_files(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = run(project, capsys, "reading", "--since", "2026-11-24")
    assert code == 0, text
    assert text.startswith("raw_id,source,received_at [Europe/Berlin],device_id")
    assert text.count("\n") > 50
    book = tmp_path / "stats.xlsx"
    stretch = ("--since", "2026-11-23", "--until", "2026-11-24")
    code, text = run(project, capsys, "sensors.stats", *stretch, "-p", "by=day", "--xlsx", "-o", str(book))
    assert (code, text.endswith(f"of sensors.stats in {book}.\n")) == (0, True), text
    assert zipfile.is_zipfile(book)
    people = tmp_path / "visits.csv"
    code, text = run(project, capsys, "visit", "--owner", "--keep", "2h", "-o", str(people))
    assert code == 0, text
    assert "for you alone; delete it by 20" in text
    code, text = run(project, capsys, "TABLE", "--list")
    assert text.splitlines()[0] == "node_heartbeat"
    assert "presence.figures" in text
    assert "sighting" not in text.split()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("reading", "--xlsx"), "--xlsx needs a file"),
        (("visit", "--owner"), "rows about people go into a file"),
        (("reading", "--keep", "1d"), "--keep is for rows about people"),
        (("reading", "-o", "/nowhere/x.csv"), "there is no folder /nowhere"),
        (("reading", "-p", "x"), "expected NAME=VALUE"),
    ],
)
def test_the_command_says_what_it_needs(
    project: Project, arguments: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = run(project, capsys, *arguments)
    assert code != 0
    assert words in text


def test_every_personal_source_is_known_to_be_one() -> None:
    kept = {source.name: {*source.tables} - {"reject"} for source in SOURCES}
    personal = {name for name, tables in kept.items() if any(TABLES[table].personal for table in tables)}
    assert personal <= export.OF_PEOPLE
