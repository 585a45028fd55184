"""A report comes out of the store again as it was; whatever is another since is named."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from telltale import report
from telltale.contract import ConfigError, Scenario
from telltale.lake import RAW_TABLE, File
from telltale.lake.files import encode
from telltale.lake.gc import gc
from telltale.lake.merge import merge
from telltale.lake.purge import drop
from telltale.lake.settle import settle_all
from telltale.landing.schema import FILES, RAW
from telltale.report import execute, reasons, recipe
from telltale.report.verify import Verdict, verify
from telltale.sources import SOURCES
from telltale.workbench.project import Project
from tests.lake_fixture import FIRST, ZONE, write_settings
from tests.report import in_process
from tests.sensors.sensed import OPTIONS, hand_in, list_devices, truth_of
from tests.served import telltale

CELLS = """
import telltale as tt
tt.hold()
answers = tt.sensors.answers(period)
---
tt.sensors.cards.outside(answers)
---
tt.sensors.cards.figures(answers)
"""
PERIOD = "2026-11-20"
END_S = int(FIRST.timestamp()) + 3 * 86_400
"""The end of the third day: the present of the first report."""
HOUR_US = 3_600 * 10**6
KERNEL = execute._cells


def write_notebook(root: Path, more: str = "") -> None:
    """A report of few cards."""
    texts = ['period: str = "7d"', *(CELLS + more).strip().split("\n---\n")]
    cells: list[dict[str, Any]] = [
        {"cell_type": "code", "id": f"c{at}", "metadata": {"tags": ["parameters"] * (at == 0)}, "source": text,
         "outputs": [], "execution_count": None}
        for at, text in enumerate(texts)
    ]  # fmt: skip
    (root / "notebooks").mkdir(exist_ok=True)
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (root / "notebooks" / "fridges.ipynb").write_text(json.dumps(notebook))


@dataclass
class World:
    """A project whose report of a day was made; its clock then goes on."""

    root: Path
    now_us: int = END_S * 10**6 + HOUR_US

    def __post_init__(self) -> None:
        self.project = Project(self.root, now=lambda: self.now_us)

    @property
    def page(self) -> Path:
        """Its page."""
        return self.root / f"data/reports/fridges/{PERIOD}.html"

    def verify(self) -> Verdict:
        self.project.close()
        self.project = Project(self.root, now=lambda: self.now_us)
        return verify(self.page, self.project)

    def files(self, table: str) -> list[File]:
        found = self.project.lake.snapshot().of(table)
        return [file for file in found if file.source == "sigfox" and str(file.day) == PERIOD]

    def path(self, table: str) -> Path:
        return Path(self.project.lake.path(self.files(table)[0]))

    def rewrite(self, table: str, change: Callable[[pa.Table], pa.Table]) -> None:
        """Other rows in a file, and a catalog that agrees with them."""
        import hashlib

        file = self.files(table)[0]
        content = encode(change(self.project.lake.root.read(file.path)), raw=table == RAW_TABLE)
        self.path(table).write_bytes(content)
        self.catalog(file.path, sha256=hashlib.sha256(content).hexdigest())

    def catalog(self, path: str, **values: Any) -> None:
        with self.project.store.writer() as connection:
            connection.execute(FILES.update().where(FILES.c.path == path).values(**values))

    def in_page(self, before: str, after: str) -> None:
        self.page.write_text(self.page.read_text().replace(before, after, 1))

    def text(self, name: str, change: Callable[[str], str]) -> None:
        path = self.root / name
        path.write_text(change(path.read_text() if path.exists() else ""))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Three days of sensors, and the report of the second one."""
    root = write_settings(tmp_path_factory.mktemp("proof"), more=OPTIONS)
    write_notebook(root)
    world = World(root, now_us=END_S * 10**6)
    plan = Scenario(3, int(FIRST.timestamp()), END_S, ZONE)
    list_devices(root, truth_of(world.project, "sigfox", plan))
    hand_in(world.project, "sigfox", plan)
    settle_all(world.project.lake, now_us=world.now_us)
    with pytest.MonkeyPatch.context() as patch:
        in_process.instead_of_kernels(patch)
        report.run("fridges", PERIOD, {}, world.project, with_pdf=False)
        world.project.close()
        yield root


@pytest.fixture
def world(made: Path, tmp_path: Path) -> Iterator[World]:
    """A copy of it, to be changed."""
    root = tmp_path / "copy"
    shutil.copytree(made, root)
    found = World(root)
    yield found
    found.project.close()


def test_a_report_comes_out_of_the_store_as_it_was(world: World) -> None:
    verdict = world.verify()
    assert verdict.sentence == "Equal: every figure came out of the store as it was."
    assert (verdict.state, verdict.moved, verdict.reasons) == ("equal", (), ())


def test_no_digest_that_is_kept_somewhere_is_compared(world: World) -> None:
    """The page alone is read: all that lies beside it may be gone."""
    page = world.page.read_bytes()
    shutil.rmtree(world.page.parent)
    world.page.parent.mkdir()
    world.page.write_bytes(page)
    assert world.verify().is_equal


def test_two_runs_of_one_moment_differ_in_when_they_were_made_alone(world: World) -> None:
    before = recipe.of_file(world.page).data
    moment = recipe.of_file(world.page).moment
    first = world.page.read_text()
    report.run("fridges", PERIOD, {}, world.project, with_pdf=False, moment=moment)
    after = recipe.of_file(world.page).data
    assert {name for name in before if before[name] != after[name]} == {"made"}
    assert recipe.page_digest(first) == recipe.page_digest(world.page.read_text())


def test_settling_merging_and_gc_change_nothing(world: World) -> None:
    hand_in(world.project, "sigfox", Scenario(4, END_S, END_S + 3_000, ZONE))
    settle_all(world.project.lake, now_us=world.now_us)
    merge(world.project.lake, now_us=world.now_us + 48 * HOUR_US)
    world.now_us += 72 * HOUR_US
    gc(world.project.lake, now_us=world.now_us)
    verdict = world.verify()
    assert verdict.is_equal, verdict


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _column(name: str, change: Callable[[Any], Any]) -> Callable[[pa.Table], pa.Table]:
    def changed(rows: pa.Table) -> pa.Table:
        field = rows.schema.field(name)
        values = rows[name].to_pylist()
        return rows.set_column(rows.schema.get_field_index(name), field, pa.array(map(change, values), field.type))

    return changed


def _warmer(rows: pa.Table) -> pa.Table:
    at = rows.schema.get_field_index("value")
    return rows.set_column(at, rows.schema.field(at), pc.add(rows["value"], 1.0))


def _devices(change: Callable[[list[list[str]]], None]) -> Callable[[World], None]:
    def changed(world: World) -> None:
        lines = [line.split(",") for line in (world.root / "devices.csv").read_text().splitlines()]
        change(lines)
        world.text("devices.csv", lambda _: "\n".join(map(",".join, lines)) + "\n")

    return changed


def _of_humidity(lines: list[list[str]]) -> None:
    for at, line in enumerate(lines):
        line.append("20" if at else "high:humidity")


def _twice(rows: pa.Table) -> pa.Table:
    return pa.concat_tables([rows, rows.slice(0, 1)])


def _cell(column: str, value: str) -> Callable[[World], None]:
    def changed(lines: list[list[str]]) -> None:
        lines[1][lines[0].index(column)] = value

    return _devices(changed)


def _setting(section: str, line: str) -> Callable[[World], None]:
    def changed(text: str) -> str:
        head = f"[{section}]\n"
        return text.replace(head, f"{head}{line}\n", 1) if head in text else f"{text}\n{head}{line}\n"

    return lambda world: world.text("telltale.toml", changed)


def _in_catalog(table: str, **values: Any) -> Callable[[World], None]:
    return lambda world: world.catalog(world.files(table)[0].path, **values)


def _unlisted(world: World) -> None:
    with world.project.store.writer() as connection:
        connection.execute(FILES.delete().where(FILES.c.path == world.files(RAW_TABLE)[0].path))


def _late(world: World) -> None:
    """A reading of the period that came when the report was made."""
    raw = max(world.project.lake.snapshot().of(RAW_TABLE), key=lambda file: file.last_raw_id)
    rows = world.project.lake.root.read(world.files(RAW_TABLE)[0].path).to_pylist()
    first = next(row for row in rows if b"&data=" in row["body"] and b"seqNumber=" in row["body"])
    body = re.sub(rb"seqNumber=\d+", b"seqNumber=4000", first["body"])
    body = re.sub(rb"time=(\d+)", lambda match: b"time=%d" % (int(match[1]) + 77), body)
    row = {**first, "received_at": world.now_us, "body": body, "id": raw.last_raw_id + 1000}
    with world.project.store.writer() as connection:
        connection.execute(RAW.insert().values(**row))


MUTATIONS: dict[str, tuple[Callable[[World], Any], str, str]] = {
    "a byte of a raw file": (lambda w: _flip(w.path(RAW_TABLE)), "file", "raw/source=sigfox"),
    "a raw file": (lambda w: w.path(RAW_TABLE).unlink(), "file", "raw/source=sigfox"),
    "a raw file's listing": (_unlisted, "raw", f"sigfox received on {PERIOD}: .* then, none now"),
    "a body": (lambda w: w.rewrite(RAW_TABLE, _column("body", lambda b: b + b" ")), "raw", "other bytes"),
    "a sender": (lambda w: w.rewrite(RAW_TABLE, _column("sender", lambda _: "192.0.2.9")), "raw", "other bytes"),
    "the headers": (lambda w: w.rewrite(RAW_TABLE, _column("meta", lambda _: "{}")), "raw", "other bytes"),
    "a moment of receipt": (
        lambda w: w.rewrite(RAW_TABLE, _column("received_at", lambda at: at.replace(microsecond=7))),
        "raw", "other bytes"),
    "a record": (lambda w: w.rewrite(RAW_TABLE, lambda rows: rows.slice(1)), "raw", r"[\d,]+ then, [\d,]+ now"),
    "a record twice": (lambda w: w.rewrite(RAW_TABLE, _twice), "raw", r"[\d,]+ then, [\d,]+ now"),
    "a byte of decoded rows": (lambda w: _flip(w.path("reading")), "file", "reading/day="),
    "decoded rows": (lambda w: w.path("reading").unlink(), "file", "reading/day="),
    "a decoded value": (lambda w: w.rewrite("reading", _warmer), "rows", "files of reading"),
    "a decoder": (_in_catalog("reading", decoder_version=99), "decoder", "rows of reading: .* then, .*sigfox 99.* now"),
    "an upper limit": (_cell("high", "3"), "setting", r"devices.csv sigfox:\w+ high is another"),
    "a lower limit": (_cell("low", "1.5"), "setting", r"devices.csv sigfox:\w+ low is another"),
    "a name": (_cell("name", "Fridge of old"), "setting", r"devices.csv sigfox:\w+ name is another"),
    "a place": (_cell("place", "Attic"), "setting", r"devices.csv sigfox:\w+ place is another"),
    "an interval": (_cell("expected_interval_s", "60"), "setting", "expected_interval_s is another"),
    "a listed device": (_devices(lambda lines: lines.remove(lines[1])), "setting", "a listed device .* is gone"),
    "one more device": (_devices(lambda lines: lines.append(["sigfox:abcd", "New", *[""] * 6])), "setting",
                        "devices.csv sigfox:abcd name is new"),
    "a limit of another quantity": (_devices(_of_humidity), "setting", "limits is new"),
    "what is tolerated": (_setting("sensors", "tolerated_min = 1"), "setting", r"\[sensors\] tolerated_min is another"),
    "a retention": (_setting("site", "visit_retention_d = 31"), "setting", r"\[site\] visit_retention_d is another"),
    "k": (_setting("site", "k = 9"), "setting", r"\[site\] k is another"),
    "a threshold of presence": (_setting("presence", "gap_min = 20"), "setting", r"\[presence\] gap_min is another"),
    "a risk of kanban": (_setting("kanban", "service_level = 0.9"), "setting", r"service_level is another"),
    "a source's option": (lambda w: w.text("telltale.toml", lambda t: t.replace('unit = "%"', 'unit = "percent"')),
                          "setting", r"\[sources\] sigfox.quantities.humidity.unit is another"),
    "a list": (lambda w: w.project.lists.add("staff", "02:00:00:00:00:01"), "setting", "list staff is new"),
    "a button": (lambda w: w.text("buttons.csv", lambda _: "device_id,name\n02:7e:11:a0:00:01,Gloves\n"), "setting",
                 "buttons.csv 02:7e:11:a0:00:01 name is new"),
    "the notebook": (lambda w: write_notebook(w.root, "\n---\n1"), "notebook", "notebook fridges is another"),
    "late data": (_late, "late", "late data: .* of reading from sigfox, received from"),
    "a byte of the page": (lambda w: w.in_page("<main", "<main "), "page", "its bytes were changed"),
    "a digest in the recipe": (lambda w: w.in_page(recipe.of_file(w.page).figures[0].digest, "0" * 64), "page",
                               "disagrees with itself"),
}  # fmt: skip
"""What is changed, the kind of reason, what is said."""


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_what_is_another_is_named(world: World, mutation: str) -> None:
    change, kind, said = MUTATIONS[mutation]
    change(world)
    verdict = world.verify()
    assert any(reason.kind == kind and re.search(said, reason.text) for reason in verdict.reasons), verdict
    proven = kind in ("setting", "decoder", "notebook") and not verdict.moved
    assert verdict.is_equal == proven, verdict


def test_the_version_of_a_decoder_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    newer = [replace(source, decoder_version=source.decoder_version + 1) for source in SOURCES]
    monkeypatch.setattr(reasons, "SOURCES", newer)
    verdict = world.verify()
    assert "decoder of sigfox: version 4 then, 5 now" in [reason.text for reason in verdict.reasons]


def test_rows_that_retention_removed_are_said_to_be_removed(world: World) -> None:
    """A gap where rows were is no finding about the report."""
    drop(world.project.lake, world.files("reading"), now_us=world.now_us, freeze=True)
    verdict = world.verify()
    assert verdict.sentence == "It cannot be made again: rows of reading removed on 2026-11-22."
    assert verdict.state == "removed"


def test_raw_records_that_retention_removed_are_no_difference(world: World) -> None:
    drop(world.project.lake, world.files(RAW_TABLE), now_us=world.now_us, freeze=True)
    assert world.verify().is_equal


def test_a_page_without_a_recipe_cannot_be_verified(world: World) -> None:
    world.page.write_text("<html></html>")
    with pytest.raises(ConfigError, match="no recipe in it; expected a report"):
        world.verify()


def test_a_notebook_that_is_gone_is_said(world: World) -> None:
    (world.root / "notebooks/fridges.ipynb").unlink()
    with pytest.raises(ConfigError, match='no report "fridges"'):
        world.verify()


def test_no_id_and_no_number_of_records_of_people_is_in_a_recipe(world: World) -> None:
    hand_in(world.project, "cloudtrax", Scenario(5, END_S - 2 * 86_400, END_S - 2 * 86_400 + 900, ZONE))
    report.run("fridges", PERIOD, {}, world.project, with_pdf=False)
    days = {day[0]: day for day in recipe.of_file(world.page).data["inputs"]["received"]}
    assert days["cloudtrax"][2:5] == [None, None, None]
    assert None not in days["sigfox"]


OUT_OF_REACH = "answered it and is out of reach, so DuckDB made it again: "


@pytest.mark.parametrize(
    ("engine", "where", "said"),
    [
        ("spark", "", "telltale.toml [engine] spark is not set"),
        ("spark", "sc://127.0.0.1:1/;token=hush", '[engine] spark = "sc://127.0.0.1:1": nothing answers there;'),
        ("abacus", "", 'this telltale knows no engine "abacus"'),
    ],
    ids=["not set", "not there", "not known"],
)
def test_an_engine_that_is_out_of_reach_is_said(world: World, engine: str, where: str, said: str) -> None:
    """The recipe names what answered; where Spark is, or is no more, is no other setting."""
    world.in_page('"decoders":{', f'"engine":"{engine}","decoders":{{')
    world.text("telltale.toml", lambda text: f'{text}\n[engine]\nspark = "{where}"\n')
    verdict = world.verify()
    assert (verdict.state, verdict.moved) == ("equal", ())
    assert verdict.sentence.endswith("as it was; one difference moves none of its figures.")
    assert [each.kind for each in verdict.reasons] == ["engine"]
    assert f"{engine.capitalize()} {OUT_OF_REACH}{said}" in verdict.reasons[0].text


VERIFIED = [pytest.param(5, id="5"), pytest.param(100, id="100", marks=pytest.mark.long)]


@pytest.mark.parametrize("count", VERIFIED)
def test_reports_are_equal_with_all_digests_deleted(world: World, count: int) -> None:
    """Of each day and stretch of the three, of moments in between, each from the store alone."""
    days = [f"2026-11-{day}" for day in (19, 20, 21)]
    periods = [*days, f"{days[0]}/{days[1]}", f"{days[1]}/{days[2]}"]
    for number in range(count):
        world.now_us += HOUR_US
        if number % 5 == 4:
            hand_in(
                world.project, "sigfox", Scenario(number, END_S + number * 3_600, END_S + number * 3_600 + 1_800, ZONE)
            )
        done = report.run("fridges", periods[number % 5], {}, world.project, with_pdf=False)
        page = done.html.read_bytes()
        shutil.rmtree(done.html.parent)
        done.html.parent.mkdir()
        done.html.write_bytes(page)
        verdict = verify(done.html, world.project)
        assert verdict.is_equal, (number, verdict)
        shutil.rmtree(done.html.parent)


@pytest.mark.slow
def test_a_report_of_a_kernel_is_verified_by_the_command(tmp_path: Path, made: Path) -> None:
    """What is made in a kernel of a moment of the past comes out equal, and exit codes say what was found."""
    root = tmp_path / "copy"
    shutil.copytree(made, root)
    with pytest.MonkeyPatch.context() as patch:
        patch.undo()
        patch.setattr(execute, "_cells", KERNEL)
        world = World(root)
        report.run("fridges", PERIOD, {}, world.project, with_pdf=False)
        world.project.close()
    proven = telltale(root, "report", "--verify", str(world.page), "--json")
    assert (proven.returncode, json.loads(proven.stdout)["state"]) == (0, "equal")
    _cell("high", "3")(world)
    moved = telltale(root, "report", "--verify", str(world.page))
    assert moved.returncode == 1
    assert re.search(r"setting  devices.csv sigfox:\w+ high is another", moved.stdout)
