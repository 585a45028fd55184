"""A clock that is set while records arrive: what waits, what confirms it, and that nothing is lost by it.

Two clocks are turned by hand: the wall clock of a machine, and the time it has been running.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import telltale as tt
from telltale.cli import telltale
from telltale.contract import Raw, TelltaleError
from telltale.health.concerns import concerns
from telltale.health.page import page
from telltale.lake.gc import gc
from telltale.lake.lock import HOST
from telltale.lake.merge import merge
from telltale.lake.settle import settle_all
from telltale.landing import HostClock, Uptime, refused_rows
from telltale.operate import retention, trust, upkeep
from telltale.operate.doctor import examine
from telltale.page.board import Ask
from telltale.workbench.times import closes_at, local_time
from tests.lake_fixture import SITE, ZONE, at, hear, report, write_settings

HOUR = 3_600_000_000
DAY = 24 * HOUR
MINUTE = HOUR // 60
FRIDAY = at("2027-02-19 12:00")
VISITOR = "3c:06:30:aa:bb:01"


class Machine:
    """A project on a machine whose clocks are turned by hand."""

    def __init__(self, root: Path, *, host: str = HOST) -> None:
        self.host = host
        self.truth_us = self.wall_us = FRIDAY
        self.up_us, self.boot = 5 * DAY, 0
        self.project = tt.Project(root, now=lambda: self.wall_us, running=lambda: Uptime(self.up_us, str(self.boot)))

    def runs(self, us: int, *, steps_us: int = 0) -> None:
        """Some time passes; the clock may be set meanwhile."""
        self.truth_us += us
        self.wall_us += us + steps_us
        self.up_us += us

    def restarts(self, off_us: int, *, steps_us: int = 0) -> None:
        """It was off, and has been running for a minute."""
        self.runs(off_us + MINUTE, steps_us=steps_us)
        self.up_us, self.boot = MINUTE, self.boot + 1

    def looks(self) -> HostClock:
        return trust.look(self.project, now_us=self.wall_us, host=self.host).now

    def retains(self) -> retention.Retained:
        return retention.purge_when_trusted(self.project, now_us=self.wall_us, host=self.host)

    def hears(self, *, own_us: int | None = None, site: str = SITE) -> None:
        """A report of a visitor comes; its sender's clock is right unless told."""
        own_s = (self.truth_us if own_us is None else own_us) // 10**6 - 5
        landing = self.project.landing()
        body = report("AC:86:74:11:22:33", [(VISITOR, -50, own_s, own_s)], site=site)
        landing.append(Raw(0, "cloudtrax", self.wall_us, "127.0.0.1", "{}", body))
        landing.close()


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """Friday noon: a visitor was there since eleven, and all has been looked at."""
    made = Machine(write_settings(tmp_path / "project", keep=False))
    hear(made.project, (VISITOR, "2027-02-19 11:00", "2027-02-19 12:00"))
    made.retains()
    yield made
    made.project.close()


def of_clock(project: tt.Project) -> list[tuple[str, str]]:
    """What doctor says of the clock."""
    return [(each.state, each.found) for each in examine(project) if each.check == "clock"]


def held(project: tt.Project) -> tuple[object, ...]:
    """All that retention may remove or mark."""
    files = project.lake.snapshot().files
    rows = {name: sum(file.rows for file in files if file.table_name == name) for name in ("raw", "sighting", "visit")}
    keys = sorted(path.name for path in project.keys.folder.rglob("*.key"))
    marks = {site: project.keys.destroyed_before(site) for site in project.keys.sites()}
    return rows, keys, marks, project.lake.closed_days().keys(), project.lake.kept_from()


@pytest.mark.parametrize("far_us", [DAY, 10 * DAY, 30 * DAY, -30 * DAY])
def test_while_a_step_is_not_confirmed_nothing_is_removed_closed_or_destroyed(machine: Machine, far_us: int) -> None:
    before = held(machine.project)
    machine.runs(MINUTE, steps_us=far_us)
    for hours in (1, 10, 12):
        assert machine.retains().purged is None
        machine.runs(hours * HOUR)
    assert machine.retains().clock.stepped_us == far_us
    assert held(machine.project) == before
    machine.runs(2 * HOUR)
    done = machine.retains()
    assert done.purged is not None
    assert done.clock.confirmed_by == "running"
    assert (done.purged.closed > 0) == (far_us > 0)


def test_a_machine_off_for_30_days_waits_for_a_record_of_another_clock(machine: Machine) -> None:
    before = held(machine.project)
    machine.restarts(30 * DAY)
    assert machine.retains().purged is None
    assert held(machine.project) == before
    machine.runs(MINUTE)
    machine.hears()
    done = machine.retains()
    assert done.clock.confirmed_by == "record"
    assert done.purged is not None
    assert done.purged.records == 7
    assert done.purged.keys == 1


def test_retention_goes_on_though_no_record_arrives(machine: Machine) -> None:
    """The collector is dead, for a week: what was kept goes all the same, in time."""
    removed = dict.fromkeys(("records", "sightings", "keys", "closed"), 0)
    for day in range(7):
        machine.runs(DAY + MINUTE)
        purged = machine.retains().purged
        assert purged is not None, day
        for name in removed:
            removed[name] += getattr(purged, name)
        assert removed["records"] == 7
    assert removed == {"records": 7, "sightings": 7, "keys": 1, "closed": 1}


def test_after_a_step_and_back_every_sighting_is_kept(machine: Machine) -> None:
    """One step of ten days for an hour made each sighting of eight days a reject `key_destroyed`."""
    machine.runs(MINUTE, steps_us=10 * DAY)
    machine.hears()
    machine.retains()
    machine.runs(MINUTE, steps_us=-10 * DAY)
    assert machine.looks().confirmed_by == "line"
    assert machine.retains().purged is not None
    for _ in range(5):
        machine.hears()
        assert settle_all(machine.project.lake, now_us=machine.wall_us).rejects == 0
        machine.runs(2 * DAY)
    rejects = machine.project.lake.snapshot().of("reject")
    assert sum(file.rows for file in rejects) == 0


def test_a_record_stamped_ahead_does_not_silence_settling(machine: Machine) -> None:
    """Nothing was settled by age for ten days."""
    machine.runs(MINUTE, steps_us=10 * DAY)
    machine.hears()
    machine.runs(MINUTE, steps_us=-10 * DAY)
    machine.hears()
    assert upkeep.settle(machine.project, machine.wall_us) == "settled 2 records, 0 rejects"
    machine.hears()
    assert upkeep.settle(machine.project, machine.wall_us) == ""
    machine.runs(10 * MINUTE)
    assert upkeep.settle(machine.project, machine.wall_us) == "settled 1 records, 0 rejects"


@pytest.mark.parametrize(
    ("name", "own_ahead_us", "agrees"),
    [
        ("the time we say", 30 * DAY, True),
        ("the time it is", 0, False),
        ("ten minutes before", 30 * DAY - 10 * MINUTE, False),
    ],
)
def test_only_a_record_that_bears_the_time_we_say_confirms_it(
    machine: Machine, name: str, own_ahead_us: int, agrees: bool
) -> None:
    machine.runs(MINUTE, steps_us=30 * DAY)
    machine.looks()
    machine.hears(own_us=machine.truth_us + own_ahead_us)
    assert machine.looks().is_stepped is not agrees, name


def test_a_record_from_before_the_step_confirms_nothing(machine: Machine) -> None:
    machine.hears(own_us=machine.truth_us)
    machine.runs(10 * MINUTE, steps_us=-20 * MINUTE)
    assert machine.looks().is_stepped


def test_a_record_of_a_source_without_a_secret_confirms_nothing(machine: Machine) -> None:
    """Nor does one of a sensor that asks us what time it is."""
    machine.runs(MINUTE, steps_us=30 * DAY)
    machine.looks()
    landing = machine.project.landing()
    told = {"device": "2D24E6", "time": machine.wall_us // 10**6 - 2, "data": "00", "seqNumber": 7}
    meta = json.dumps({"transport": "http", "method": "POST", "path": "/sigfox/uplink"})
    landing.append(Raw(0, "sigfox", machine.wall_us, "192.0.2.1", meta, json.dumps(told).encode()))
    landing.close()
    assert machine.looks().is_stepped
    secrets = machine.project.settings.root / "secrets.toml"
    secrets.write_text(f'{secrets.read_text()}[sigfox]\nbackend = "a secret of sixteen"\n')
    proven = tt.Project(machine.project.settings.root)
    assert trust.agrees(proven, machine.looks()), "the same record, once its sender must prove itself"
    proven.close()


def test_the_owner_s_word_confirms_it(machine: Machine) -> None:
    machine.runs(MINUTE, steps_us=30 * DAY)
    assert machine.looks().is_stepped
    trust.believe(machine.project, now_us=machine.wall_us)
    done = machine.retains()
    assert (done.clock.stepped_us, done.clock.confirmed_by) == (0, "owner")
    assert done.purged is not None
    machine.wall_us = 0
    with pytest.raises(TelltaleError, match="before this program existed"):
        trust.believe(machine.project, now_us=machine.wall_us)


def test_of_two_hosts_of_a_store_each_is_held_by_its_own_clock(machine: Machine) -> None:
    other = Machine(machine.project.settings.root, host="other")
    assert other.retains().purged is not None
    for each in (machine, other):
        each.runs(HOUR)
    other.wall_us += 30 * DAY
    assert other.retains().purged is None
    assert machine.retains().purged is not None
    assert other.retains().purged is None
    trust.believe(machine.project, now_us=machine.wall_us)
    assert other.looks().is_stepped, "the owner of one said nothing of another whose clock says something else"
    machine.wall_us += 30 * DAY
    trust.believe(machine.project, now_us=machine.wall_us)
    assert not other.looks().is_stepped
    other.project.close()


def test_a_step_that_was_confirmed_and_was_wrong_is_put_right(machine: Machine) -> None:
    """The owner believed a clock that was ten days ahead: what that removed is gone, but its marks are taken back."""
    machine.runs(MINUTE, steps_us=10 * DAY)
    machine.looks()
    trust.believe(machine.project, now_us=machine.wall_us)
    machine.hears()
    assert machine.retains().purged is not None
    assert machine.project.keys.destroyed_before(SITE) > machine.truth_us + 7 * DAY
    machine.runs(HOUR, steps_us=-10 * DAY)
    assert machine.retains().purged is None
    machine.hears()
    done = machine.retains()
    assert done.clock.confirmed_by == "record"
    assert done.taken_back > 0
    assert machine.project.keys.destroyed_before(SITE) < machine.truth_us
    assert max(machine.project.lake.kept_from().values()) <= machine.wall_us
    assert all(day < local_time(machine.wall_us, ZONE).date() for _, day in machine.project.lake.closed_days())
    machine.runs(MINUTE)
    machine.hears()
    assert settle_all(machine.project.lake, now_us=machine.wall_us).rejects == 0


def test_a_step_is_said_by_the_log_the_doctor_and_the_page(machine: Machine) -> None:
    assert upkeep.clock(machine.project, machine.wall_us) == ""
    machine.runs(MINUTE, steps_us=10 * DAY)
    line = upkeep.clock(machine.project, machine.wall_us)
    assert line.startswith("clock: the clock of ")
    assert "10 d ahead of what was expected, and was last believed at 2027-02-19 12:00" in line
    assert "telltale doctor --clock-is-right" in line
    assert upkeep.clock(machine.project, machine.wall_us) == "", "once"
    assert upkeep.retain(machine.project, machine.wall_us).startswith("retention waits: the clock of ")
    assert [state for state, _ in of_clock(machine.project)] == ["wrong"]
    now = local_time(machine.wall_us, ZONE)
    (notice,) = [each for each in concerns(machine.project, now=now) if "of this machine" in each.concern.what]
    assert notice.concern.level == "alarm"
    (row,) = tt.health.host_clock(project=machine.project).to_dict("records")
    assert (row["is_stepped"], row["stepped_s"]) == (True, 10 * 86_400)
    machine.runs(HOUR, steps_us=-10 * DAY)
    assert "believed again, it is back where it was expected" in upkeep.clock(machine.project, machine.wall_us)
    assert not [each for each in concerns(machine.project, now=now) if "of this machine" in each.concern.what]


def test_after_a_step_back_the_doctor_says_what_records_bear(machine: Machine) -> None:
    machine.runs(MINUTE, steps_us=10 * DAY)
    machine.hears()
    machine.looks()
    machine.runs(MINUTE, steps_us=-10 * DAY)
    machine.looks()
    found = "records bear moments up to 2027-03-01 12:01, of when the clock was wrong"
    assert of_clock(machine.project) == [("note", found)]


def test_commands_wait_and_confirm(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELLTALE_HOME", str(machine.project.settings.root))
    usual = tt.Project.__init__.__kwdefaults__ or {}
    by_hand = usual | {"now": machine.project.clock, "running": machine.project.running}
    monkeypatch.setattr(tt.Project.__init__, "__kwdefaults__", by_hand)
    machine.runs(MINUTE, steps_us=30 * DAY)
    waiting = CliRunner().invoke(telltale, ["purge"])
    assert waiting.exit_code == 1
    assert "no key destroyed until it is confirmed" in str(waiting.exception)
    assert CliRunner().invoke(telltale, ["doctor"]).exit_code == 1
    confirmed = CliRunner().invoke(telltale, ["doctor", "--clock-is-right", "--json"])
    assert [each["state"] for each in json.loads(confirmed.stdout) if each["check"] == "clock"] != ["wrong"]
    done = CliRunner().invoke(telltale, ["purge"], catch_exceptions=False)
    assert "removed 7 raw records" in done.stdout


@pytest.mark.parametrize("settled", [False, True])
def test_a_record_stamped_ahead_does_not_hide_that_a_source_has_stopped(machine: Machine, settled: bool) -> None:
    """It was as fresh as can be for ten days."""
    for _ in range(60):
        machine.runs(MINUTE)
        machine.hears()
    machine.looks()
    machine.runs(MINUTE, steps_us=10 * DAY)
    machine.hears()
    if settled:
        settle_all(machine.project.lake, now_us=machine.wall_us)
    machine.runs(MINUTE, steps_us=-10 * DAY)
    for hours in (3, 40):
        machine.runs(hours * HOUR)
        (row,) = tt.health.last_day(project=machine.project).to_dict("records")
        assert row["is_silent"]
        assert row["age_s"] == pytest.approx((machine.truth_us - FRIDAY - HOUR) / 1e6)


def test_bodies_stamped_ahead_are_not_kept_for_as_long_as_the_clock_was_off(machine: Machine) -> None:
    """They were kept for ten years and a day: nothing is older than its retention, by the truth."""
    machine.runs(MINUTE, steps_us=3650 * DAY)
    machine.looks()
    machine.hears()
    machine.hears(site="99999")
    machine.retains()
    machine.runs(MINUTE, steps_us=-3650 * DAY)
    machine.hears()
    back_us = machine.truth_us
    assert machine.retains().purged is not None
    stamped = [file for file in machine.project.lake.snapshot().of("raw") if file.min_time > machine.wall_us]
    assert sum(file.rows for file in stamped) == 2
    machine.runs(23 * HOUR)
    machine.retains()
    assert [file for file in machine.project.lake.snapshot().of("raw") if file.min_time > machine.wall_us] == stamped
    machine.runs(2 * HOUR)
    purged = machine.retains().purged
    assert purged is not None
    assert machine.truth_us - back_us < 26 * HOUR
    assert [file for file in machine.project.lake.snapshot().of("raw") if file.min_time > machine.wall_us] == []


def test_a_refused_request_stamped_ahead_goes_though_no_body_is(machine: Machine) -> None:
    machine.runs(MINUTE, steps_us=3650 * DAY)
    machine.looks()
    landing = machine.project.landing()
    landing.refuse(
        source="cloudtrax", received_at=machine.wall_us, sender="192.0.2.7", status=403, reason="wrong", detail="",
        body=b"a body", meta="{}",
    )  # fmt: skip
    landing.close()
    machine.runs(MINUTE, steps_us=-3650 * DAY)
    machine.hears()
    assert machine.retains().purged is not None
    assert len(refused_rows(machine.project.store, 9)) == 1
    machine.runs(25 * HOUR)
    machine.retains()
    assert refused_rows(machine.project.store, 9) == []


def test_that_retention_is_later_after_a_night_off_is_said_and_a_record_ends_it(machine: Machine) -> None:
    machine.restarts(14 * HOUR)
    assert machine.retains().purged is not None
    assert machine.looks().lag_us == 14 * HOUR
    assert of_clock(machine.project) == [("note", "the machine was off, so what is due is removed up to 14 h later")]
    machine.runs(MINUTE)
    machine.hears()
    assert machine.looks().lag_us == 0
    assert "the machine was off" not in str(of_clock(machine.project))


def test_files_taken_off_the_list_by_a_clock_that_was_ahead_are_removed_in_time(machine: Machine) -> None:
    """Bodies in them stayed on disk for as long as the clock was ahead."""
    lake = machine.project.lake
    machine.hears()
    settle_all(lake, now_us=machine.wall_us)
    machine.runs(MINUTE, steps_us=30 * DAY)
    assert merge(lake, now_us=machine.wall_us).before > 0
    machine.runs(MINUTE, steps_us=-30 * DAY)
    listed = len(lake.snapshot().files)
    assert gc(lake, now_us=machine.wall_us).files == 0
    assert len(list(lake.root.walk())) > listed
    assert gc(lake, now_us=machine.wall_us + HOUR).files > 0
    assert len(list(lake.root.walk())) == listed


EVENTS = st.lists(
    st.tuples(
        st.booleans(),
        st.integers(0, 5 * HOUR) | st.integers(0, 60 * DAY),
        st.sampled_from([0, 0, DAY, 10 * DAY, 30 * DAY, -DAY, -30 * DAY]) | st.integers(-40 * DAY, 40 * DAY),
    ),
    min_size=1,
    max_size=4,
)


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(EVENTS)
def test_whatever_the_clock_does_nothing_is_destroyed_before_its_time(events: list[tuple[bool, int, int]]) -> None:
    """By the truth: no body under 24 hours, no key a record may need, no day that has not passed its closing time."""
    with TemporaryDirectory() as folder:
        machine = Machine(write_settings(Path(folder) / "project", keep=False))
        came: dict[int, int] = {}
        for restarts, us, steps_us in [(False, 0, 0), *events]:
            if restarts:
                machine.restarts(us, steps_us=steps_us)
            else:
                machine.runs(us % (5 * HOUR), steps_us=steps_us)
            if machine.wall_us == machine.truth_us:
                came[machine.wall_us] = machine.truth_us
            machine.hears()
            machine.retains()
            kept = {file.max_time for file in machine.project.lake.snapshot().of("raw")}
            assert {at for at, truth_us in came.items() if machine.truth_us - truth_us < DAY} <= kept
            assert machine.project.keys.destroyed_before(SITE) <= machine.truth_us - 2 * DAY
            closed = [day for _, day in machine.project.lake.closed_days()]
            assert all(closes_at(day, ZONE) <= machine.truth_us for day in closed)
        machine.project.close()


def test_the_page_of_health_begins_with_it(machine: Machine) -> None:
    machine.runs(MINUTE, steps_us=10 * DAY)
    machine.hears()
    machine.looks()
    told = page(Ask(machine.project)).sentence.text.replace("\xa0", " ")
    assert told.startswith("The clock of this machine is !!10 d ahead of!! what was expected, and until that is")
    trust.believe(machine.project, now_us=machine.wall_us)
    assert "The clock of this machine" not in page(Ask(machine.project)).sentence.text
