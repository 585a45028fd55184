"""Whose a record is: what is forgotten goes in every spelling, and what only looks like it stays."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from telltale.contract import ConfigError
from telltale.forget import forget, subject_of
from telltale.forget.run import Forgotten
from telltale.lake.redecode import redecode
from telltale.workbench import Project, load
from tests.forget.kept import searched
from tests.worlds.building import built
from tests.worlds.sent import MINUTE, Message, Minute, Sent, at, every
from tests.worlds.world import World

NOW = at("2026-11-20 14:00")
PCS = ("desk", "desk-2", "desk.3", "desk_4", "b\u00fcro-1", "handed")
PERSON = "J\u00f6rg O'M\u00fcller"


def _sent() -> Iterator[Sent]:
    for moment in every(30 * MINUTE, "2026-11-20 12:00", NOW):
        for pc in PCS:
            yield Minute(moment, pc, tuple((moment - n * MINUTE, 5.0) for n in (3, 2, 1)), 60)
        yield Message(moment, "20", {"temperature": 20.5}, seq=int(moment.timestamp()) // 1800)
        yield Message(moment, "2d24e6", {"temperature": 20.5, "humidity": 20}, seq=int(moment.timestamp()) // 1800)


WORLD = World(
    "names that are like each other",
    NOW,
    sent=tuple(_sent()),
    devices=(
        "device_id,name,person\n"
        "pc:desk,Desk,Max\npc:desk-2,Second,Anna Abel\npc:desk.3,Third,Anna\n"
        f"pc:b\u00fcro-1,Office,{PERSON}\n"
        "pc:handed,Handed,Bert Bell\nsigfox:2d24e6,Door,\n"
    ),
    settles=at("2026-11-20 13:00"),
)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with closing(built(WORLD, tmp_path / "project")) as made:
        made.note_settings()
        yield made


def _forget(project: Project, text: str, **options: object) -> Forgotten:
    return forget(project, subject_of(project, text), now_us=project.now_us(), **options)  # type: ignore[arg-type]


def _rows(project: Project) -> Counter[str]:
    redecode(project.lake, now_us=project.now_us())
    return Counter(
        device
        for name in ("activity", "reading")
        for device in load(name, engine="arrow", project=project)["device_id"].to_pylist()
    )


def _without(rows: Counter[str], device: str) -> Counter[str]:
    return Counter({each: count for each, count in rows.items() if each != device})


@pytest.mark.parametrize("named", ["pc:desk", "Max", "max", "pc:DESK"])
def test_a_device_whose_id_another_goes_on_from(project: Project, named: str) -> None:
    before = _rows(project)
    assert {"pc:desk-2", "pc:desk.3", "pc:desk_4"} <= before.keys()
    _forget(project, named)
    assert _rows(project) == _without(before, "pc:desk")
    listed = (project.settings.root / "devices.csv").read_text()
    assert "pc:desk," not in listed
    assert "pc:desk-2,Second,Anna Abel" in listed


@pytest.mark.parametrize("named", [PERSON, "Jo\u0308rg  O'MU\u0308LLER", "pc:b\u00fcro-1"])
def test_letters_beyond_ascii_however_a_collector_escapes_them(project: Project, named: str) -> None:
    wanted = ["b\u00fcro-1".encode(), json.dumps("b\u00fcro-1").strip('"').encode()]
    before, root = _rows(project), project.settings.root
    assert any("lake/raw" in path for path in searched(root, wanted[1:]))
    _forget(project, named)
    assert searched(root, wanted) == {}
    assert _rows(project) == _without(before, "pc:b\u00fcro-1")


def test_a_short_number_is_no_reading(project: Project) -> None:
    before = _rows(project)
    _forget(project, "sigfox:20")
    assert _rows(project) == _without(before, "sigfox:20")


@pytest.mark.parametrize(
    "named", ["temperature", "humidity", "pc:", "efento:", "0", "*", '"', ":", "station", "nobody"]
)
def test_a_word_that_is_no_device_is_refused(project: Project, named: str) -> None:
    with pytest.raises(ConfigError, match="no list names it and no record is of it"):
        subject_of(project, named)


@pytest.mark.parametrize(
    "written",
    ["3e 06 30 aa bb 01", "3e_06_30_aa_bb_01", "3e0630:aabb01", "3e:6:30:aa:bb:1", "3E-06-30-AA-BB-01", "3e0630aabb01"],
)
def test_an_address_however_it_is_typed(project: Project, written: str) -> None:
    assert subject_of(project, written).stations == (0x3E0630AABB01,)


def test_a_device_that_is_another_persons_now_stays_and_is_named(project: Project) -> None:
    path = project.settings.root / "devices.csv"
    path.write_text(path.read_text().replace("Bert Bell", "Carla Cole"))
    project.note_settings()
    before = _rows(project)
    done = _forget(project, "Bert Bell")
    assert _rows(project) == before
    assert "Carla Cole" in path.read_text()
    assert any(note.startswith("pc:handed was this person's") for note in done.notes)


def test_a_modem_of_theirs_brings_no_pc_back_that_is_anothers(project: Project) -> None:
    path = project.settings.root / "devices.csv"
    text = path.read_text().replace("device_id,name,person\n", "device_id,name,person,same_as\n")
    path.write_text(text + "sigfox:20,,Bert Bell,pc:handed\n")
    project.note_settings()
    path.write_text(path.read_text().replace("Handed,Bert Bell", "Handed,Carla Cole"))
    project.note_settings()
    before = _rows(project)
    _forget(project, "Bert Bell")
    assert _rows(project) == _without(before, "sigfox:20")


def test_a_name_that_stands_in_anothers_is_not_theirs(project: Project) -> None:
    log = project.settings.data / "logs" / "up.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("Anna came, Anna Abel left, ANNA too, and an anna bird\n")
    _forget(project, "Anna")
    assert log.read_text() == "**** came, Anna Abel left, **** too, and an anna bird\n"
