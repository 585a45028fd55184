"""What was kept of a device is found before and nowhere afterwards, and all of the others is there still."""

import gzip
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from telltale import cli
from telltale.contract import ConfigError
from telltale.forget import forget, subject_of
from telltale.forget.about import about
from telltale.forget.run import Forgotten
from telltale.lake.catalog import bump, unlist
from telltale.lake.redecode import redecode
from telltale.landing.schema import (
    FORGETTING,
    REPORT_RUN,
    SETTINGS_VERSION,
)
from telltale.operate import retention
from telltale.operate.backup import Backup
from telltale.operate.forgettings import forgettings
from telltale.workbench import Project, load
from tests.forget.elsewhere import keep_elsewhere
from tests.forget.kept import (
    MODEM,
    NODE,
    OTHER_PHONE,
    PC,
    PERSON,
    PHONE,
    SENSOR,
    forms_of,
    forms_of_pseudonym,
    project_in,
    searched,
)
from tests.lake_fixture import fill

PLACES = ("landing/telltale.db", "lake/", "logs/", "landing/spool/", "captures/")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    made = project_in(tmp_path / "project")
    made.note_settings()
    keep_elsewhere(made)
    yield made
    made.close()


def _forget(project: Project, text: str, **options: object) -> Forgotten:
    return forget(project, subject_of(project, text), now_us=project.now_us(), **options)  # type: ignore[arg-type]


def _others(project: Project, forgotten: set[str]) -> dict[str, int]:
    """How many rows of each device there are in the tables that name devices, without those of some."""
    counts: dict[str, int] = {}
    for name in ("reading", "frame", "activity", "uplink", "sighting"):
        rows = load(name, engine="arrow", project=project)
        column = "device" if name == "sighting" else "device_id"
        for device in rows[column].to_pylist():
            counts[f"{name} {device}"] = counts.get(f"{name} {device}", 0) + 1
    return {key: count for key, count in counts.items() if key.partition(" ")[2] not in forgotten}


def test_of_an_address_nothing_is_left_and_nothing_of_others_is_lost(project: Project) -> None:
    redecode(project.lake, now_us=project.now_us())
    aliases = {each for site in project.keys.sites() for each in project.pseudonymizer.candidates(PHONE, site)}
    assert len(aliases) >= 3  # two sites, two days
    wanted = forms_of(PHONE) + [form for each in aliases for form in forms_of_pseudonym(each)]
    before = searched(project.settings.root, wanted)
    for place in (*PLACES, "sightings.csv", "lake/raw", "lake/sighting", "lake/visit", "lake/frame"):
        assert any(place in path for path in before), place
    others = _others(project, {PHONE, *map(str, aliases)})
    heartbeats = load("node_heartbeat", engine="arrow", project=project).num_rows
    trial = _forget(project, PHONE, is_trial=True)
    assert searched(project.settings.root, wanted) == before

    done = _forget(project, PHONE)

    assert searched(project.settings.root, wanted) == {}
    assert _others(project, set()) == others
    assert load("node_heartbeat", engine="arrow", project=project).num_rows == heartbeats
    packed = gzip.decompress((project.settings.data / "captures" / "b.pcap.gz").read_bytes())
    assert packed == b"others" + b"*" * 6 + b"and more"
    assert not list(project.settings.data.glob("damaged/*/lake/raw/*"))
    counted = {line.place: line for line in done.lines}
    for line in trial.lines:
        assert line.place in counted, line
    assert counted["raw button"].removed == 4
    assert counted["raw cloudtrax"].overwritten == 12 + 12 + 4
    assert counted["refused"].overwritten == 2
    assert PHONE not in repr(done)


def test_what_a_clock_ahead_took_off_the_list_goes_too(project: Project) -> None:
    """Another host replaced them, half a minute from now by its clock: they wait for their grace to end."""
    wanted, files = forms_of(PHONE), project.lake.snapshot().of("raw")
    with project.store.writer() as connection:
        bump(connection)
        unlist(connection, files, at=project.now_us() + 24_000_000)
    assert any(file.path in path for path in searched(project.settings.root, wanted) for file in files)
    _forget(project, PHONE)
    assert searched(project.settings.root, wanted) == {}
    assert not any(project.lake.root.exists(file.path) for file in files)


def test_what_is_left_of_a_body_has_its_length_and_says_so(project: Project) -> None:
    _forget(project, PHONE)
    with project.store.reader() as connection:
        hot = connection.execute(sa.text("select count(*) from raw")).scalar()
    assert hot == 0
    file = next(file for file in project.lake.snapshot().of("raw") if file.source == "cloudtrax")
    records = project.lake.root.read(file.path)
    for meta, body in zip(records["meta"].to_pylist(), records["body"].to_pylist(), strict=True):
        told = json.loads(body)
        assert json.loads(meta)["redacted"] == ["device"]
        assert "*" * 17 in {row["mac"] for row in told["probe_requests"]}
    done = redecode(project.lake, now_us=project.now_us())
    assert done.rows["reject"] > 0  # it is said that a row is none


def test_a_person_with_pc_and_modem(project: Project) -> None:
    wanted = [each.encode() for each in ("pcdeskq7", "quentinquist", "quist's", "7d24e6", PERSON)]
    before = searched(project.settings.root, wanted)
    for place in ("devices.csv", "landing/telltale.db", "logs/webhooks.log", "reports/work_hours", "lake/raw"):
        assert any(place in path for path in before), place
    others = _others(project, {PC, MODEM})
    done = _forget(project, PERSON.lower())
    assert searched(project.settings.root, wanted) == {}
    assert _others(project, set()) == others
    folder = project.settings.report_folder
    assert not list((folder / "work_hours").glob("2026-W47*"))
    assert (folder / "sensors" / "2026-W47.html").exists()
    assert [one["to"] for one in done.sent] == ["q@example.org"] * 2
    assert any("withdrawn" in note for note in done.notes)
    with project.store.reader() as connection:
        run = connection.execute(sa.select(REPORT_RUN)).one()
        version = connection.execute(
            sa.select(SETTINGS_VERSION.c.content).where(SETTINGS_VERSION.c.name == "devices.csv")
        ).first()
    assert (run.claims, run.files, run.sentence) == ("{}", "[]", "")
    assert version is not None
    assert b"Anna Abel" in version.content


def test_a_sensor(project: Project) -> None:
    wanted = forms_of(SENSOR)
    before = searched(project.settings.root, wanted)
    for place in ("devices.csv", "landing/telltale.db", "logs/webhooks.log.1", "lake/raw", "lake/reading"):
        assert any(place in path for path in before), place
    others = _others(project, {f"efento:{SENSOR}"})
    notebook = project.settings.root / "notebooks" / "fridges.ipynb"
    notebook.parent.mkdir()
    notebook.write_text(f'{{"cells": ["efento:{SENSOR}"]}}')
    done = _forget(project, f"efento:{SENSOR}")
    assert "notebooks/fridges.ipynb names it: see to it by hand" in done.notes
    notebook.unlink()
    assert searched(project.settings.root, wanted) == {}
    assert _others(project, set()) == others
    assert [(one["to"], one["what"]) for one in done.sent] == [("cumulocity", "1 events passed on")]
    counted = {line.place: line for line in done.lines}
    assert counted["raw efento"].removed == 4
    assert (counted["alerts"].removed, counted["memories"].removed) == (1, 2)


class Stopped(Exception):
    """The process ended here."""


@pytest.mark.parametrize("where", ["records", "store", "scrub", "forget:3 listed", "forget:3 committed"])
def test_stopped_anywhere_the_next_one_finishes(project: Project, where: str) -> None:
    def stop(name: str) -> None:
        if name == where:
            raise Stopped

    subject, wanted = subject_of(project, PERSON), [b"quentinquist", b"pcdeskq7", b"7d24e6"]
    project.lake.step = stop
    with pytest.raises(Stopped):
        forget(project, subject, now_us=project.now_us(), step=stop)
    project.lake.step = lambda _name: None
    (found,) = forgettings(project)
    assert (found.state, PERSON in found.found) == ("wrong", False)
    again = subject_of(project, PC)
    forget(project, again, now_us=project.now_us())
    assert searched(project.settings.root, wanted) == {}
    with project.store.reader() as connection:
        row = connection.execute(sa.select(FORGETTING)).one()
    assert row.ended_at is not None
    assert list(forgettings(project)) == []
    assert row.subject == ""


def test_all_that_is_kept_in_one_file_without_what_is_others(project: Project, tmp_path: Path) -> None:
    told = about(project, subject_of(project, PHONE), tmp_path / "about.json", now_us=project.now_us())
    assert told.path.stat().st_mode & 0o777 == 0o600
    content = told.path.read_bytes()
    kept = json.loads(content)
    assert (told.records, told.shared) == (4, 12 + 12 + 4 + 4 + 1)  # the last one waits in a spool
    assert [each["waits_in"] for each in kept["records_that_name_others_too"] if "waits_in" in each] == ["http-1.db"]
    assert len(kept["refused"]) == 2  # one is cut within the address
    assert told.rows["frame"] == 4
    assert told.rows["sighting"] == len(kept["rows"]["sighting"]) == 20
    assert kept["listed"] == ["buttons.csv line 2"]
    assert [Path(name).name for name in kept["files"]] == ["a.pcap", "b.pcap.gz", "webhooks.log", "sightings.csv"]
    for form in forms_of(OTHER_PHONE):
        assert form not in content.replace(b":", b"")
    with pytest.raises(ConfigError, match="is there already"):
        about(project, subject_of(project, PHONE), told.path, now_us=project.now_us())
    _forget(project, PHONE)
    assert not told.path.exists()  # it is an export as others are


def test_who_is_meant(project: Project) -> None:
    meant = {
        text: subject_of(project, text) for text in (PHONE.upper(), PERSON, "7D24E6", "Cellar fridge", "pc:desk-8")
    }
    assert [each.kind for each in meant.values()] == ["address", "person", "device", "device", "device"]
    assert set(meant[PERSON].devices) == {PC, MODEM} == set(meant["7D24E6"].devices)
    assert meant["Cellar fridge"].devices == (f"efento:{SENSOR}",)
    assert meant[PHONE.upper()].names == ("Q phone",)
    assert PHONE not in meant[PHONE.upper()].shown
    with pytest.raises(ConfigError, match="nothing was named"):
        subject_of(project, " ")
    with pytest.raises(ConfigError, match="that of an access point"):
        subject_of(project, NODE.replace(":", "-"))


def test_backups_are_removed_or_named_with_their_last_day(project: Project) -> None:
    made = project.now_us() - 10**11
    near, far = (Backup(place, "one", made, 1, 1, made + 10**12, None) for place in ("/backups/near", "s3://far/away"))
    hand = Backup("/media/stick", "one", made, 1, 1, None, None)
    gone: list[Backup] = []

    def remove(backup: Backup, is_trial: bool) -> bool:
        if backup == near and not is_trial:
            gone.append(backup)
        return backup == near

    trial = _forget(project, f"efento:{SENSOR}", backups=[near, far, hand], remove_backup=remove, is_trial=True)
    assert {line.place: line.removed for line in trial.lines}["backups"] == 1, "those out of reach are not promised"
    assert len([note for note in trial.notes if "out of reach" in note]) == 2
    assert gone == []
    done = _forget(project, f"efento:{SENSOR}", backups=[near, far, hand], remove_backup=remove)
    assert gone == [near]
    said = [note for note in done.notes if "backup" in note]
    assert "/backups/near" in said[0]
    assert said[0].endswith("make another")
    assert "s3://far/away" in said[1]
    assert said[1].endswith("it expires on Tuesday 1\N{NO-BREAK SPACE}December 2026")
    assert said[2].endswith("remove it by hand")
    assert {line.place: line.removed for line in done.lines}["backups"] == 1


def test_the_command_shows_first_and_never_repeats_an_address(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = project.settings.root
    project.close()
    monkeypatch.setenv("TELLTALE_HOME", str(root))
    assert cli.run(["forget", PHONE]) == 0
    shown = capsys.readouterr().out
    assert "Nothing was removed; --yes removes it." in shown
    assert "raw cloudtrax" in shown
    assert cli.run(["forget", PHONE, "--yes", "--opt-out", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["is_trial"] is False
    assert {place["place"] for place in told["places"]} >= {"raw cloudtrax", "raw meraki", "raw button", "buttons.csv"}
    assert PHONE not in shown + json.dumps(told)
    assert project.lists.holds("opt_out", PHONE)
    assert cli.run(["forget", PHONE]) == 0
    assert "Nothing of the address is kept." in capsys.readouterr().out
    assert searched(root, forms_of(PHONE)) == {}


@pytest.mark.slow
@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
@pytest.mark.usefixtures("project_store")
def test_on_a_server_too(tmp_path: Path) -> None:
    made = project_in(tmp_path / "project")
    with closing(made):
        made.note_settings()
        keep_elsewhere(made)
        others = _others(made, {PC, MODEM})
        done = _forget(made, PERSON)
        assert _others(made, set()) == others
        assert {line.place for line in done.lines} >= {"raw pc_idle", "raw sigfox", "messages", "settings as they were"}
        with pytest.raises(ConfigError, match="no list names it and no record is of it"):
            _forget(made, PERSON, is_trial=True)


@pytest.mark.long
def test_on_a_simulated_week(tmp_path: Path) -> None:
    lake = fill(tmp_path / "project", hours=7 * 24)
    project = lake.project
    with closing(project):
        retention.close_days(project, now_us=project.now_us())
        phone = next(stay["address"] for stay in lake.truth["stays"] if stay["role"] == "staff")  # there each day
        aliases = {each for site in project.keys.sites() for each in project.pseudonymizer.candidates(phone, site)}
        wanted = forms_of(phone) + [form for each in aliases for form in forms_of_pseudonym(each)]
        sightings = load("sighting", engine="arrow", project=project)
        theirs = sum(each not in aliases for each in sightings["device"].to_pylist())
        assert any("lake/raw" in path for path in searched(project.settings.root, wanted))
        _forget(project, phone)
        assert searched(project.settings.root, wanted) == {}
        assert load("sighting", engine="arrow", project=project).num_rows == theirs
