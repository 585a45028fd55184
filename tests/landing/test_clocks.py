"""Whether a clock is believed: a step while running, over a restart, what ends the doubt, and the law behind it."""

import os
import time
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telltale.landing import Store, Uptime, host_clocks, uptime
from telltale.landing.clocks import DAY_US, TOLERANCE_US, WRITTEN_US, HostClock, confirmed, first, look, looked

SECOND, MINUTE, HOUR = 1_000_000, 60_000_000, 3_600_000_000
START = WRITTEN_US + 300 * DAY_US


class Machine(NamedTuple):
    """A machine, the truth, and what is known of its clock."""

    known: HostClock
    truth_us: int = START
    wall_us: int = START
    up_us: int = HOUR
    boot: int = 0

    @classmethod
    def new(cls) -> "Machine":
        """One whose clock is right and was looked at once."""
        return cls(first("desk", START, Uptime(HOUR, "0")))

    def runs(self, us: int, *, steps_us: int = 0) -> "Machine":
        """The same some time later; its clock may have been set meanwhile."""
        later = self._replace(truth_us=self.truth_us + us, wall_us=self.wall_us + us + steps_us, up_us=self.up_us + us)
        return later.looked_at()

    def restarts(self, off_us: int, *, steps_us: int = 0) -> "Machine":
        """The same after it was off; its clock may be wrong since."""
        later = self._replace(
            truth_us=self.truth_us + off_us + MINUTE, wall_us=self.wall_us + off_us + MINUTE + steps_us, up_us=MINUTE,
            boot=self.boot + 1,
        )  # fmt: skip
        return later.looked_at()

    def looked_at(self) -> "Machine":
        return self._replace(known=looked(self.known, self.wall_us, Uptime(self.up_us, str(self.boot))))


def test_a_clock_that_goes_on_is_believed() -> None:
    machine = Machine.new()
    for _ in range(60):
        machine = machine.runs(HOUR, steps_us=SECOND)  # a time service that sets it a little
    assert not machine.known.is_stepped
    assert machine.truth_us - machine.known.trusted_us <= TOLERANCE_US
    assert machine.known.confirmed_by == ""


@pytest.mark.parametrize("far_us", [TOLERANCE_US + MINUTE, 10 * DAY_US, 30 * DAY_US, -10 * MINUTE, -30 * DAY_US])
def test_a_step_while_running_is_not_believed_for_a_day_of_running(far_us: int) -> None:
    machine = Machine.new().runs(MINUTE)
    trusted_us = machine.known.trusted_us
    machine = machine.runs(MINUTE, steps_us=far_us)
    assert machine.known.stepped_us == far_us
    for _ in range(23):
        machine = machine.runs(HOUR)
        assert (machine.known.stepped_us, machine.known.trusted_us) == (far_us, trusted_us)
    machine = machine.runs(HOUR)
    assert (machine.known.stepped_us, machine.known.confirmed_by) == (0, "running")
    assert machine.known.trusted_us == machine.wall_us


def test_another_step_begins_the_day_anew() -> None:
    machine = Machine.new().runs(MINUTE, steps_us=30 * DAY_US).runs(20 * HOUR).runs(MINUTE, steps_us=HOUR)
    assert machine.runs(20 * HOUR).known.is_stepped
    assert not machine.runs(20 * HOUR).runs(4 * HOUR).known.is_stepped


def test_a_clock_that_comes_back_is_believed_at_once() -> None:
    """A board without a battery: it starts in the past, and the time service puts it right."""
    machine = Machine.new().runs(MINUTE).restarts(MINUTE, steps_us=-30 * DAY_US)
    assert machine.known.stepped_us < -29 * DAY_US
    machine = machine.runs(MINUTE, steps_us=30 * DAY_US)
    assert (machine.known.stepped_us, machine.known.confirmed_by) == (0, "line")
    assert machine.truth_us - machine.known.trusted_us <= 2 * MINUTE


def test_small_steps_add_up() -> None:
    machine = Machine.new()
    for _ in range(3):
        machine = machine.runs(MINUTE, steps_us=2 * MINUTE)
    assert machine.known.is_stepped


@pytest.mark.parametrize(("off_us", "is_stepped"), [(MINUTE, False), (14 * HOUR, False), (62 * HOUR, True)])
def test_a_machine_that_was_off_over_night_is_believed_and_over_a_weekend_not(off_us: int, is_stepped: bool) -> None:
    machine = Machine.new().runs(MINUTE)
    trusted_us = machine.known.trusted_us
    machine = machine.restarts(off_us)
    assert machine.known.is_stepped is is_stepped
    assert machine.known.trusted_us == (trusted_us if is_stepped else trusted_us + MINUTE)
    if not is_stepped:
        assert machine.known.lag_us == off_us


def test_a_machine_that_is_off_each_night_is_believed_all_the_time() -> None:
    machine = Machine.new()
    for _ in range(20):
        machine = machine.restarts(14 * HOUR)
        for _ in range(10):
            machine = machine.runs(HOUR)
            assert not machine.known.is_stepped
            assert machine.known.lag_us <= 3 * 14 * HOUR


def test_over_short_nights_the_day_of_running_adds_up() -> None:
    machine = Machine.new().restarts(62 * HOUR).runs(10 * HOUR).restarts(14 * HOUR).runs(10 * HOUR)
    assert machine.known.is_stepped
    machine = machine.restarts(14 * HOUR).runs(4 * HOUR)
    assert (machine.known.stepped_us, machine.known.confirmed_by) == (0, "running")


def test_a_snapshot_of_the_machine_that_is_restored_runs_no_time() -> None:
    machine = Machine.new().runs(10 * HOUR)
    trusted_us = machine.known.trusted_us
    restored = machine._replace(up_us=machine.up_us - 9 * HOUR, wall_us=machine.wall_us + MINUTE).looked_at()
    assert (restored.known.is_stepped, restored.known.trusted_us) == (False, trusted_us)


def test_a_clock_of_before_this_program_is_never_believed() -> None:
    known = first("board", 0, Uptime(0, "0"))
    for hours in range(1, 60):
        known = looked(known, hours * HOUR, Uptime(hours * HOUR, "0"))
        assert known.is_stepped
    known = looked(known, START, Uptime(60 * HOUR, "0"))
    assert (known.stepped_us, known.trusted_us) == (0, START)


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["runs", "restarts"]),
        st.integers(0, 2 * HOUR) | st.integers(0, 60 * DAY_US),
        st.just(0) | st.integers(-40 * DAY_US, 40 * DAY_US) | st.integers(-HOUR, HOUR),
    ),
    max_size=12,
)


@given(EVENTS)
def test_whatever_the_clock_does_nothing_is_due_before_its_time(events: list[tuple[str, int, int]]) -> None:
    """Until a step is confirmed, what is believed is never later than the truth."""
    machine = Machine.new()
    for kind, us, steps_us in events:
        if kind == "runs":
            machine = machine.runs(us % (2 * HOUR), steps_us=steps_us)
        else:
            machine = machine.restarts(us, steps_us=steps_us)
        assert machine.known.confirmed_by in {"", "line"}
        assert machine.known.trusted_us <= machine.truth_us


@given(EVENTS)
def test_whatever_the_clock_did_a_day_of_peace_ends_the_doubt(events: list[tuple[str, int, int]]) -> None:
    machine = Machine.new()
    for kind, us, steps_us in events:
        machine = getattr(machine, kind)(us, steps_us=steps_us)
    wall_us = machine.wall_us
    for _ in range(25):
        machine = machine.runs(HOUR)
    assert machine.known.is_stepped == (wall_us + DAY_US < WRITTEN_US)
    assert machine.known.is_stepped or machine.known.lag_us <= TOLERANCE_US


def test_what_is_noted_survives_and_a_quiet_look_writes_nothing(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    for second in range(300):
        up = Uptime(second * SECOND, "0")
        seen = look(store, "desk", START + second * SECOND, iter([up, up]).__next__)
        assert not seen.now.is_stepped
        (noted,) = host_clocks(store)
        assert noted.wall_us == START + second // 60 * MINUTE
    store.close()


def test_a_host_made_anew_is_held_against_the_last_moment_of_another(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    look(store, "container-1", START, lambda: Uptime(9 * DAY_US, "0"))
    assert not look(store, "container-2", START + HOUR, lambda: Uptime(9 * DAY_US + HOUR, "0")).now.is_stepped
    far = look(store, "container-3", START + 30 * DAY_US, lambda: Uptime(9 * DAY_US + 2 * HOUR, "0")).now
    assert (far.stepped_us, far.trusted_us) == (30 * DAY_US, START)
    for number in range(40):
        look(store, f"later-{number}", START + HOUR + number * MINUTE, lambda: Uptime(MINUTE, "0"))
    assert len(host_clocks(store)) == 8
    store.close()


def test_the_running_time_of_this_machine_goes_on_and_counts_sleep_where_it_can() -> None:
    first_look, then = uptime(), time.monotonic_ns()
    while time.monotonic_ns() - then < 1_000_000:
        continue
    later = uptime()
    assert later.us - first_look.us >= 1000
    assert later.boot == first_look.boot
    if Path("/proc/uptime").exists() and "FAKETIME" not in os.environ:  # `make test-long` sets what clocks say
        running_s = float(Path("/proc/uptime").read_text().split()[0])
        assert abs(running_s - later.us / SECOND) < 60, "CLOCK_BOOTTIME: with the time the machine slept"


def test_the_owner_s_word_begins_a_new_line() -> None:
    machine = Machine.new().runs(MINUTE, steps_us=30 * DAY_US)
    right = confirmed(machine.known, "owner")
    assert (right.stepped_us, right.trusted_us, right.confirmed_by) == (0, machine.wall_us, "owner")
    assert not machine._replace(known=right).runs(HOUR).known.is_stepped
