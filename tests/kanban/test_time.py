"""Time that counts, and what takes time: stretches, calendars, heartbeats, buckets, lead times, stays."""

import datetime as dt
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telltale.analysis.periods import PERIOD, weeks
from telltale.arrow import schema
from telltale.engine import DuckEngine
from telltale.kanban.analysis import RULES, observed, stays
from telltale.kanban.analysis.buckets import Clock, bucketed
from telltale.kanban.analysis.calendar import Shift, day_s, working
from telltale.kanban.analysis.lead_times import LeadTimes, Limit, lead_times, pairs, summary, survival_median
from telltale.kanban.analysis.stretches import Stretches, both, of
from telltale.settings.working_hours import WorkingHours, working_hours
from telltale.tables import COLLECTOR_HEARTBEAT, FRAME
from tests.lake_fixture import ZONE, at

ENGINE = DuckEngine()
S = 1_000_000
HOUR = 3_600 * S
WEEKDAYS = (0, 1, 2, 3, 4)
TWO_SHIFTS = (Shift(WEEKDAYS, 6 * 60, 22 * 60),)


def pairs_of(stretches: Stretches) -> list[tuple[int, int]]:
    return list(zip(stretches.starts.tolist(), stretches.ends.tolist(), strict=True))


DRAWN = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 8)).map(lambda one: (one[0], one[0] + one[1])), max_size=8
)


@settings(max_examples=100)
@given(DRAWN, DRAWN, st.integers(0, 40))
def test_stretches_hold_what_their_parts_hold(
    one: list[tuple[int, int]], other: list[tuple[int, int]], to: int
) -> None:
    """Second by second: the union, what lies in both, and how much of it before a moment."""
    seconds = {second for start, end in one for second in range(start, end)}
    shared = {second for start, end in other for second in range(start, end)} & seconds
    assert of(one).total_us == len(seconds)
    assert pairs_of(both(of(one), of(other))) == pairs_of(of((second, second + 1) for second in shared))
    assert int(of(one).elapsed_us(to)) == sum(second < to for second in seconds)
    assert of(one).within(5, to).total_us == sum(5 <= second < to for second in seconds)


def test_stretches_that_touch_are_one_and_its_end_is_held() -> None:
    found = of([(10, 20), (0, 10), (30, 40), (33, 35), (50, 50)])
    assert pairs_of(found) == [(0, 20), (30, 40)]
    assert found.hold([0, 10, 20, 21, 29, 30, 40, 41]).tolist() == [True, True, True, False, False, True, True, False]
    assert not of([]).hold([5]).any()
    assert of([]).elapsed_us([5]).tolist() == [0]


# The calendar.


@pytest.mark.parametrize(
    ("shifts", "holidays", "since", "until", "hours"),
    [
        ((), (), "2026-11-16 00:00", "2026-11-23 00:00", 168),
        ((), (), "2026-10-25 00:00", "2026-10-26 00:00", 25),  # the clocks go back
        ((), (), "2026-03-29 00:00", "2026-03-30 00:00", 23),
        (TWO_SHIFTS, (), "2026-11-16 00:00", "2026-11-23 00:00", 80),  # 5 × 16
        (TWO_SHIFTS, ("2026-11-18",), "2026-11-16 00:00", "2026-11-23 00:00", 64),
        ((), ("2026-11-18",), "2026-11-16 00:00", "2026-11-23 00:00", 144),
        (TWO_SHIFTS, (), "2026-11-16 12:00", "2026-11-17 07:00", 11),  # 12-22 and 6-7
        ((Shift((5,), 22 * 60, 30 * 60),), (), "2026-10-24 00:00", "2026-10-27 00:00", 9),  # the night they go back
        ((Shift((6,), 22 * 60, 30 * 60),), (), "2026-11-16 00:00", "2026-11-17 00:00", 6),  # began on Sunday
        ((Shift((0,), 6 * 60, 14 * 60), Shift((0,), 12 * 60, 16 * 60)), (), "2026-11-16 00:00", "2026-11-17 00:00", 10),
    ],
)
def test_working_time_by_the_local_clock(
    shifts: tuple[Shift, ...], holidays: tuple[str, ...], since: str, until: str, hours: float
) -> None:
    free = {dt.date.fromisoformat(day) for day in holidays}
    found = working(shifts, holidays=free, timezone=ZONE, since_us=at(since), until_us=at(until))
    assert found.total_us == hours * HOUR


def test_a_working_day_is_the_mean_of_the_days_with_work() -> None:
    assert day_s(()) == 86_400
    assert day_s(TWO_SHIFTS) == 16 * 3600
    assert day_s((*TWO_SHIFTS, Shift((5,), 6 * 60, 12 * 60))) == (5 * 16 + 6) * 3600 / 6
    assert day_s((Shift((6,), 22 * 60, 30 * 60),)) == 8 * 3600  # its end lies in the next week


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mon-Fri 06:00-22:00", WorkingHours(WEEKDAYS, 360, 1320)),
        ("mon,Wed, 8", None),
        ("Sat-Mon 22:00-06:00", WorkingHours((0, 5, 6), 1320, 1800)),
        ("Sun 00:00-24:00", WorkingHours((6,), 0, 1440)),
        ("Mon,Wed 07:30 - 16:15", WorkingHours((0, 2), 450, 975)),
        ("Mon 06:00-06:00", None),
        ("Mon 06:60-07:00", None),
        ("Mon 06:00-24:01", None),
        ("Monday 06:00-07:00", None),
        ("06:00-07:00", None),
        ("", None),
    ],
)
def test_working_hours_are_read_or_refused(text: str, expected: WorkingHours | None) -> None:
    if expected is None:
        with pytest.raises(ValueError, match=r'working hours such as "Mon-Fri 06:00-22:00"'):
            working_hours([text])
    else:
        assert working_hours([text]) == (expected,)


# Heartbeats.


def beat(at_s: float, covered_s: float, collector: str = "arp@a", interface: str = "eth0") -> dict[str, Any]:
    row = {"raw_id": 1, "source": "button", "received_at": round(at_s * S), "observed_at": round(at_s * S)}
    row |= {"collector": collector, "interface": interface, "covered_s": covered_s, "last_frame_at": None}
    return row | {"frames": 1, "unlisted": 2, "drops": 3}


def test_heartbeats_join_into_stretches_and_leave_holes() -> None:
    beats = [beat(60, 60), beat(120.4, 60), beat(240, 60), beat(300, 60), beat(100, 100, interface="eth1")]
    relation = ENGINE.from_arrow(pa.Table.from_pylist(beats[::-1], schema(COLLECTOR_HEARTBEAT)))
    found = [
        (
            row["interface"],
            row["start"].timestamp(),
            row["end"].timestamp(),
            row["frames"],
            row["unlisted"],
            row["drops"],
        )
        for row in observed(ENGINE, relation).arrow().to_pylist()
    ]
    assert found == [  # 60.4 after 60 is a late timer, 180 after 120.4 a hole
        ("eth0", 0, 120.4, 2, 4, 6),
        ("eth0", 180, 300, 2, 4, 6),
        ("eth1", 0, 100, 1, 2, 3),
    ]


def test_a_heartbeat_inside_another_neither_ends_nor_lengthens_its_stretch() -> None:
    """As after a replay of days: 0 to 1000 holds 100 to 160 and its frame; 1 s later is near, 1.5 s not."""
    beats = [beat(1000, 1000), beat(160, 60), beat(1061, 60), beat(1122.5, 60), beat(500, 0, collector="arp@b")]
    relation = ENGINE.from_arrow(pa.Table.from_pylist(beats, schema(COLLECTOR_HEARTBEAT)))
    found = observed(ENGINE, relation).arrow().to_pylist()
    assert [(row["collector"], row["start"].timestamp(), row["end"].timestamp(), row["frames"]) for row in found] == [
        ("arp@a", 0, 1061, 2),
        ("arp@a", 1062.5, 1122.5, 1),
        ("arp@b", 500, 500, 1),
    ]
    assert observed(ENGINE, ENGINE.from_arrow(schema(COLLECTOR_HEARTBEAT).empty_table())).arrow().num_rows == 0


# Buckets.


def test_weeks_are_those_of_the_local_calendar() -> None:
    """25 October 2026 is the Sunday of week 43, and 25 hours long."""
    found = weeks(ZONE, at("2026-10-22 12:00"), at("2026-10-26 01:00")).to_pylist()
    assert [(row["label"], row["start_us"], row["end_us"]) for row in found] == [
        ("2026-W43", at("2026-10-19 00:00"), at("2026-10-26 00:00")),
        ("2026-W44", at("2026-10-26 00:00"), at("2026-11-02 00:00")),
    ]
    assert found[0]["end_us"] - found[0]["start_us"] == 169 * HOUR
    assert weeks(ZONE, 5, 5).num_rows == 0


def test_buckets_count_what_was_observed_and_say_what_is_cut() -> None:
    """Three buckets of 100 s; observed 0 to 100 and 150 to 230, the stretch ends at 250."""
    rows = pa.table([["a", "b", "c"], [0, 100, 200], [100, 200, 300]], schema=PERIOD)
    everything, listened = of([(0, 300)]), of([(0, 100), (150, 230)])
    clock = Clock(everything, listened, both(everything, listened), 86_400)
    pulls = np.array([10, 20, 120, 160, 210, 229, 240])
    found = bucketed(rows, pulls, np.full(7, 2.0), clock=clock, since_us=0, until_us=250)
    assert found.counts.tolist() == [2, 1, 2]  # those at 120 and 240 nobody was there to hear
    assert found.quantities.tolist() == [4, 2, 4]
    assert found.observed_us.tolist() == [100, 50, 30]
    assert found.is_cut.tolist() == [False, True, True]
    assert (found.so_far.tolist(), found.reach_us.tolist()) == ([False, False, True], [100, 200, 250])


def test_a_bucket_without_working_time_is_neither_cut_nor_whole() -> None:
    rows = pa.table([["sun", "mon"], [0, 100], [100, 200]], schema=PERIOD)
    listened, work = of([(0, 200)]), of([(100, 200)])
    found = bucketed(
        rows,
        np.array([50]),
        np.ones(1),
        clock=Clock(work, listened, both(work, listened), 1.0),
        since_us=0,
        until_us=200,
    )
    assert found.counts.tolist() == [1, 0]  # pulled outside working hours, consumed all the same
    assert (found.is_cut.tolist(), found.is_whole.tolist()) == ([False, False], [False, True])


# Lead times.

Event = tuple[int, Literal["pull", "ack"]]


def signals_of(events: list[Event]) -> pa.Table:
    return pa.table(
        {
            "item": pa.array(["bolts"] * len(events), pa.string()),
            "signal": pa.array([signal for _, signal in events], pa.string()),
            "signalled_at": pa.array([moment * S for moment, _ in events], pa.timestamp("us", tz="UTC")),
        }
    )


def paired(events: list[Event], match: Any = "oldest") -> list[tuple[int | None, int | None]]:
    made = pairs(signals_of(events), match=match).to_pylist()
    return [tuple(None if row[n] is None else row[n] // S for n in ("pulled_us", "acknowledged_us")) for row in made]  # type: ignore[misc] # two of them


@pytest.mark.parametrize(
    ("events", "match", "expected"),
    [
        ([(1, "pull"), (2, "pull"), (5, "ack")], "oldest", [(1, 5), (2, None)]),
        ([(1, "pull"), (2, "pull"), (5, "ack")], "all", [(1, 5), (2, 5)]),
        ([(5, "ack"), (2, "pull"), (1, "pull"), (9, "ack")], "oldest", [(1, 5), (2, 9)]),
        ([(1, "ack"), (2, "pull")], "oldest", [(None, 1), (2, None)]),  # an orphan closes nothing later
        ([(3, "ack"), (3, "pull")], "oldest", [(3, 3)]),  # of equal moments the pull is first
        ([(1, "pull"), (2, "ack"), (3, "ack")], "all", [(1, 2), (None, 3)]),
        ([], "oldest", []),
    ],
)
def test_acknowledgements_close_open_pulls(events: list[Event], match: Any, expected: list[Any]) -> None:
    assert paired(events, match) == expected


@settings(max_examples=100)
@given(
    st.lists(st.tuples(st.integers(0, 20), st.sampled_from(["pull", "ack"])), max_size=30),
    st.sampled_from(["oldest", "all"]),
)
def test_no_pull_is_lost_and_no_lead_time_is_negative(events: list[Event], match: Any) -> None:
    found = paired(events, match)
    assert sorted(pulled for pulled, _ in found if pulled is not None) == sorted(m for m, s in events if s == "pull")
    assert all(closed >= pulled for pulled, closed in found if pulled is not None and closed is not None)
    acks = [m for m, s in events if s == "ack"]
    assert set(acks) == {closed for _, closed in found if closed is not None}


@pytest.mark.parametrize(
    ("events", "limit", "expected"),
    [
        ("p0 p5 a6", Limit(pulls=1), [(0, None, True), (5, 6, False)]),  # a second card: the first came back unsaid
        ("p0 p5 a6", Limit(pulls=2), [(0, 6, False), (5, None, False)]),
        ("p0 p9 a11", Limit(open_us=10 * S), [(0, None, True), (9, 11, False)]),  # it is the younger that came
        ("p0 p9 a10", Limit(open_us=10 * S), [(0, 10, False), (9, None, False)]),  # just as long is not longer
        ("p0 a99", Limit(open_us=10 * S), [(0, 99, False)]),  # none younger: it was late
        ("p0 p1 a99", Limit(open_us=10 * S), [(0, 99, False), (1, None, False)]),
        ("p0 p99", Limit(open_us=10 * S), [(0, None, False), (99, None, False)]),  # nothing came: both are waited for
        ("p0 p9 a11 a12", Limit(open_us=10 * S), [(0, None, True), (9, 11, False), (None, 12, False)]),
    ],
)
def test_a_pull_whose_acknowledgement_is_lost_is_given_up(events: str, limit: Limit, expected: list[Any]) -> None:
    told: list[Event] = [(int(event[1:]), "pull" if event[0] == "p" else "ack") for event in events.split()]
    made = pairs(signals_of(told), limits={"bolts": limit}).to_pylist()
    names = ("pulled_us", "acknowledged_us")
    moments = [[None if row[name] is None else row[name] // S for name in names] for row in made]
    assert [(*pair, row["is_lost"]) for pair, row in zip(moments, made, strict=True)] == expected


@settings(max_examples=100)
@given(
    st.lists(st.tuples(st.integers(0, 40), st.sampled_from(["pull", "ack"])), max_size=30),
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 10)), max_size=4),
    st.integers(0, 15),
)
def test_pulls_are_given_up_by_the_time_that_counts(
    events: list[Event], shifts: list[tuple[int, int]], open_s: int
) -> None:
    """As if each moment stood on a clock that runs in working time only; the calendar's is never the shorter."""
    worked = of([(start * S, (start + lasts) * S) for start, lasts in shifts])
    found = pairs(signals_of(events), limits={"bolts": Limit(open_us=open_s * S)}, counted=worked).to_pylist()
    acks = sorted(moment * S for moment, signal in events if signal == "ack")
    for row in found:
        if row["is_lost"]:
            later = [at for at in acks if int(worked.between_us(row["pulled_us"], at)) > open_s * S]
            assert later, row
        elif row["acknowledged_us"] is not None and row["pulled_us"] is not None:
            lasted = int(worked.between_us(row["pulled_us"], row["acknowledged_us"]))
            younger = [
                moment * S
                for moment, signal in events
                if signal == "pull"
                and row["pulled_us"] < moment * S <= row["acknowledged_us"]
                and int(worked.between_us(moment * S, row["acknowledged_us"])) <= open_s * S
            ]
            assert lasted <= open_s * S or not younger, row


@given(st.integers(1, 40), st.integers(0, 5))
def test_lost_acknowledgements_do_not_lengthen_lead_times_for_ever(every: int, start: int) -> None:
    """A pull a day, delivered the day after; each so many-th acknowledgement is lost. At most three are open."""
    events: list[Event] = [(2 * day, "pull") for day in range(200)]
    events += [(2 * day + 3, "ack") for day in range(200) if (day + start) % (every + 1)]
    made = lead_times(
        pairs(signals_of(events), limits={"bolts": Limit(pulls=3)}), counted=of([(0, 400 * S)]), until_us=400 * S
    )
    found = [row["lead_time_s"] for row in made.to_pylist() if row["lead_time_s"] is not None]
    assert max(found, default=0) <= 3 + 2 * 2
    lost = sum(row["is_lost"] for row in made.to_pylist())
    assert len(found) + lost + sum(row["is_open"] for row in made.to_pylist()) == 200


def test_lead_times_count_working_time() -> None:
    """Pulled on Friday at 20:00, delivered on Monday at 08:00: 2 h and 2 h of two shifts."""
    friday, monday, now = at("2026-11-20 20:00"), at("2026-11-23 08:00"), at("2026-11-23 10:00")
    work = working(TWO_SHIFTS, timezone=ZONE, since_us=friday - 24 * HOUR, until_us=now + 24 * HOUR)
    moments = {"pulled_us": [friday, friday, None], "acknowledged_us": [monday, None, monday]}
    rows = pa.table({"item": ["a"] * 3, **moments, "is_lost": [False] * 3})
    found = lead_times(rows, counted=work, until_us=now).to_pylist()
    told = [(row["lead_time_s"], row["is_open"], row["is_orphan"], row["age_s"]) for row in found]
    assert told == [(4 * 3600, False, False, None), (None, True, False, 6 * 3600), (None, False, True, None)]


@pytest.mark.parametrize(
    ("ended", "censored", "median"),
    [
        ([1, 2, 3, 4], [], 2),  # 3/4, then 1/2
        ([2, 4], [1, 3], 4),  # 1 and 3 drop out: 2/3 at 2, 0 at 4
        ([1, 2, 3], [10, 10, 10, 10], None),  # 6/7, 5/7, 4/7: never half
        ([5], [5], 5),  # of equal ones the ended is first: 1/2
        ([], [1], None),
        ([], [], None),
    ],
)
def test_the_median_takes_open_pulls_as_lasting_at_least_their_age(
    ended: list[float], censored: list[float], median: float | None
) -> None:
    assert survival_median(ended, censored) == median


def test_summary_and_little_agree_where_nothing_is_missing() -> None:
    """Two pulls an hour apart, each open for 30 min: 0.5 open on average / 1 an hour = 30 min."""
    assert summary([1800, 1800], []) == LeadTimes(2, 0, 0, 1800, 0, 1800, 1800)
    assert summary([1800], [9000], orphans=2) == LeadTimes(1, 1, 2, 1800, None, 1800, 5400)
    assert summary([], []) == LeadTimes(0, 0, 0, None, None, None, None)


# Stays.

PHONE = "02:7e:11:a0:00:20"


def test_a_phone_joins_after_silence_and_leaves_later_than_it_was_heard() -> None:
    """Away after 30 min: heard at 0, 20 and 49 min 59 s, then at 90 min; told at 100 min."""
    moments_s = [0, 1200, 2999, 5400]
    frames = [
        dict.fromkeys(FRAME.names)
        | {"raw_id": 1, "source": "button", "received_at": at_s * S, "device_id": PHONE, "observed_at": at_s * S}
        | {"kind": "reply", "interface": "eth0", "flags": ""}
        for at_s in moments_s
    ]
    relation = ENGINE.from_arrow(pa.Table.from_pylist(frames, schema(FRAME)))
    rules = pa.table([[PHONE], [1800 * S], [True], ["reply,request"]], schema=RULES)
    found = stays(ENGINE, relation, rules, until_us=6000 * S).arrow().to_pylist()
    told = [
        (row["joined_at"].timestamp(), row["left_at"] and row["left_at"].timestamp(), row["frames"]) for row in found
    ]
    assert told == [(0, 2999 + 1800, 3), (5400, None, 1)]
    assert [row["is_open"] for row in found] == [False, True]
