"""Health: signs of life, what is late and silent without flicker, and one line for one cause."""

from typing import Any

import pytest

from telltale.analysis import periods
from telltale.engine import DuckEngine, Relation
from telltale.health import analysis as health
from tests.presence.rows import DAY, MIN, H, heartbeat, pick, us, when
from tests.sensors.rows import FRIDGE, every, heartbeats_of, info, reading, readings_of, uplink, uplinks_of

ENGINE = DuckEngine()
TOLD = info(ENGINE, fridge=(600, None, None))
LEARNED = info(ENGINE)


def heard_by_messages(readings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """An uplink for each moment of a reading, so that it counts at its own time."""
    moments = {(row["device_id"], row["observed_at"]): row for row in readings}
    return [
        uplink(0, None, device_id, observed_at=at, received_at=row["received_at"])
        for (device_id, at), row in moments.items()
    ]


def signals(
    readings: list[dict[str, Any]],
    uplinks: list[dict[str, Any]] | None = None,
    nodes: list[dict[str, Any]] | None = None,
) -> Relation:
    return health.signals(
        ENGINE,
        uplinks_of(ENGINE, (uplinks or []) + heard_by_messages(readings)),
        readings_of(ENGINE, readings),
        heartbeats_of(ENGINE, nodes or []),
    )


def devices(heard: Relation, now_s: float, told: Relation = TOLD, since_s: float = 0, **rules: Any) -> Relation:
    return health.devices(
        ENGINE, heard, told, since_us=us(since_s), now_us=us(now_s), rules=health.Rules(**rules)
    )  # fmt: skip


def states(read: list[int | None], now_s: float) -> list[Any]:
    return [state for (state,) in pick(devices(signals(every(600, read)), now_s), "state")]


def test_a_message_and_its_readings_are_one_sign_of_life() -> None:
    heard = signals(
        [reading(0, 4), reading(0, 40, quantity="humidity"), reading(600, 4)],
        [uplink(0, 7), uplink(600, 8), uplink(1200, 9)],
        [heartbeat(5, "ac:86:74:11:22:33", clock_offset_s=4.0)],
    )
    made = devices(heard, 1200)
    assert pick(made, "source", "site", "device_id", "reports", "clock_offset_s") == [
        ("cloudtrax", "71234", "ac:86:74:11:22:33", 1, 4.0),
        ("sigfox", "", FRIDGE, 3, 2.0),
    ]


@pytest.mark.parametrize(
    ("messages", "reports"),
    [
        ([(0, 7), (600, 8)], 2),
        ([(0, 7), (0, 8), (600, 9)], 3),  # a status frame and a message of one second
        ([(0, 7), (0, 7), (600, 8)], 2),  # the same one from a second station
        ([(0, 7), (0, None), (600, 8)], 2),  # a callback that does not tell the number of what came
        ([(0, None), (600, None)], 2),
    ],
)
def test_messages_of_one_second_are_told_apart_by_their_numbers(
    messages: list[tuple[float, int | None]], reports: int
) -> None:
    heard = signals([], [uplink(at_s, seq) for at_s, seq in messages])
    assert pick(devices(heard, 600), "reports") == [(reports,)]


@pytest.mark.parametrize(
    ("read", "now_s", "state"),
    [
        ([4, 4, 4], 1200 + 1799, "on_time"),
        ([4, 4, 4], 1200 + 1801, "late"),  # three intervals
        ([4, 4, 4], 1200 + 3601, "silent"),  # twice that
        ([4, 4, 4, None, None, None, 4], 3700, "late"),  # the first message after a silence proves little
        ([4, 4, 4, None, None, None, 4, 4], 4300, "on_time"),
        ([4, 4, 4, None, 4], 2500, "on_time"),  # one lost message is none
    ],
)
def test_late_and_silent_need_more_than_one_lost_message(read: list[int | None], now_s: float, state: str) -> None:
    assert states(read, now_s) == [state]


def test_who_is_often_hard_to_hear_gets_more_patience() -> None:
    """Every fourth step is of four intervals: patience is 1.5 times that, not three intervals."""
    read = [4, 4, 4, 4, None, None, None] * 12 + [4]
    heard, last = signals(every(600, read)), 600 * (len(read) - 1)
    assert pick(devices(heard, last + 3500), "interval_s", "patience_s", "state") == [(600, 3600, "on_time")]


def test_the_interval_is_learned_where_none_is_given() -> None:
    heard = signals(every(610, [4, 4, None, *[4] * 9]))
    assert pick(devices(heard, 7000, LEARNED), "interval_s", "is_given") == [(610, False)]


@pytest.mark.parametrize("count", [1, 2, 5, 10])
def test_nothing_is_learned_from_fewer_than_ten_steps(count: int) -> None:
    """Two messages 35 ms apart were "usually each 1 s"."""
    heard = signals(every(600, [4] * count))
    for now_s in (6000, 3 * DAY):
        found = devices(heard, now_s, LEARNED)
        assert pick(found, "interval_s", "due_s", "patience_s", "gaps", "state") == [
            (None, None, None, None, "unknown")
        ]
    known = signals(every(600, [4] * 11))
    assert pick(devices(known, 6000, LEARNED), "interval_s", "state") == [(600, "on_time")]


def test_what_comes_within_ten_seconds_is_one_sign_of_life() -> None:
    """Three messages within 1 s each 10 min: two steps of three are half a second, and say nothing."""
    heard = signals([reading(n * 600 + more, 4) for n in range(12) for more in (0, 0.5, 1)])
    assert pick(devices(heard, 6700, LEARNED), "reports", "interval_s", "due_s", "state") == [(36, 599, 599, "on_time")]
    burst = signals([reading(n * 0.035, 4) for n in range(30)])
    assert pick(devices(burst, 600, LEARNED), "interval_s", "state") == [(None, "unknown")]


def test_gaps_and_late_ones_are_counted_in_the_stretch_only() -> None:
    rows = [reading(at, 4) for at in (0, 600, 3 * H, 3 * H + 600)]
    rows.append(reading(3 * H + 1200, 4, received_at=us(6 * H)))
    found = devices(signals(rows), 3 * H + 1200, since_s=2 * H)
    assert pick(found, "reports", "gaps", "gap_s", "late") == [(3, 1, float(H), 1)]
    silences = health.silences(ENGINE, signals(rows), TOLD, since_us=us(0))
    assert pick(silences, "after_at", "before_at", "silence_s") == [(when(600), when(3 * H), 3 * H - 600.0)]


def test_a_state_says_nothing_of_the_clock() -> None:
    """A door closed since 900 s is told at 1000 s; the thermometer beside it was read at 996 s."""
    rows = [
        reading(100, 0, "efento:1", source="efento", quantity="ok_alarm", text="ok", received_at=us(1000)),
        reading(996, 4, "efento:2", source="efento", received_at=us(1000)),
    ]
    tables = uplinks_of(ENGINE, []), readings_of(ENGINE, rows), heartbeats_of(ENGINE, [])
    heard = health.signals(ENGINE, *tables).arrow().to_pylist()
    assert {row["device_id"]: row["clock_offset_s"] for row in heard} == {"efento:1": None, "efento:2": 4.0}


def test_a_device_that_sends_its_readings_in_batches_is_heard_when_they_come() -> None:
    """It measures each 10 min and sends each 2 h: an hour after a batch it is not late, and nothing is missing."""
    rows = [
        reading(batch * 2 * H - back * 600, 4, "efento:1", source="efento", received_at=us(batch * 2 * H + 5))
        for batch in range(1, 8)
        for back in range(12)
    ]
    tables = uplinks_of(ENGINE, []), readings_of(ENGINE, rows), heartbeats_of(ENGINE, [])
    told = info(ENGINE, **{"efento:1": (600, None, None)})
    heard = health.signals(ENGINE, *tables)
    for now_s, state in ((15 * H, "on_time"), (20.5 * H, "late")):
        found = devices(heard, now_s, told)
        assert pick(found, "reports", "interval_s", "clock_offset_s", "state") == [(7, 2 * H, 5, state)]
    sampled = health.samples(ENGINE, *tables)
    whole = periods.bins(14 * H, us(0), us(14 * H))
    found = health.missing(ENGINE, sampled, devices(sampled, 14 * H, told), whole, now_us=us(14 * H))
    assert pick(found, "due", "received") == [(pytest.approx(84, abs=1), 83)]


def test_a_source_is_silent_when_none_of_its_devices_is_heard() -> None:
    heard = signals([*every(600, [4] * 6), *every(600, [4] * 3, device_id="sigfox:b7e02")])
    judged = devices(heard, 3000, TOLD)
    made = health.sources(ENGINE, heard, judged, since_us=us(0), now_us=us(3000))
    assert pick(made, "source", "interval_s", "state", "silent_s", "gaps") == [("sigfox", 600, "on_time", 0, 0)]


def together(devices_each: int, rounds: int, step_s: float, now_s: float, told: Relation = LEARNED) -> Relation:
    """Some devices that all send within a second of each other; how their source reports as a whole."""
    rows = [
        reading(n * step_s + number * 0.04, 4, f"sigfox:{number:x}")
        for number in range(devices_each)
        for n in range(rounds)
    ]
    heard = signals(rows)
    return health.sources(ENGINE, heard, devices(heard, now_s, told), since_us=us(0), now_us=us(now_s))


@pytest.mark.parametrize(
    ("after_s", "state", "gaps"),
    [
        (25 * MIN, "on_time", 0),  # it was announced silent: half of the pauses are 40 ms
        (89 * MIN, "on_time", 0),
        (91 * MIN, "late", 1),  # three intervals of its devices
        (179 * MIN, "late", 1),
        (181 * MIN, "silent", 1),  # twice that
    ],
)
def test_a_source_whose_devices_send_together_is_as_silent_as_they_are(after_s: float, state: str, gaps: int) -> None:
    made = together(8, 24, 1800, 23 * 1800 + after_s)
    assert pick(made, "interval_s", "patience_s", "state", "gaps") == [(1800, 5400, state, gaps)]


def test_a_source_is_silent_when_every_device_of_which_an_interval_is_known_is() -> None:
    rows = [*every(600, [4] * 12), *every(86_400, [4] * 3, device_id="sigfox:b7e02")]
    heard = signals(rows)
    for now_s, state in ((6600 + 3700, "silent"), (2 * DAY + 60, "unknown"), (2 * DAY + 2 * H, "silent")):
        until = health.devices(ENGINE, heard, LEARNED, since_us=us(0), now_us=us(now_s), until_us=us(now_s))
        made = health.sources(ENGINE, heard, until, since_us=us(0), now_us=us(now_s))
        # A day's device vouches for the source while it was heard more lately than the other one has patience.
        assert pick(made, "state") == [(state,)], now_s


def test_of_a_source_nothing_is_said_before_an_interval_is_known() -> None:
    made = together(3, 4, 1800, 10 * DAY)
    assert pick(made, "state", "interval_s", "gaps", "gap_s") == [("unknown", None, None, None)]


def several(silent: int, of: int) -> Relation:
    """`of` devices heard each 10 min for 10 h, of which some fall silent after 5 h."""
    rows = [
        row
        for number in range(of)
        for row in every(600, [4] * (30 if number < silent else 60), device_id=f"sigfox:{number:x}")
    ]
    return devices(signals(rows), 10 * H, LEARNED)


@pytest.mark.parametrize(
    ("silent", "of", "lines"),
    [
        (0, 6, []),
        (1, 6, [("device", "sigfox:0", 1, 6)]),
        (2, 6, [("device", f"sigfox:{n}", 1, 6) for n in range(2)]),
        (3, 6, [("devices", "", 3, 6)]),
        (6, 6, [("source", "", 6, 6)]),
        (2, 2, [("source", "", 2, 2)]),
        (1, 1, [("device", "sigfox:0", 1, 1)]),
        (30, 30, [("source", "", 30, 30)]),
    ],
)
def test_no_alarm_storms(silent: int, of: int, lines: list[tuple[Any, ...]]) -> None:
    made = health.attention(ENGINE, several(silent, of))
    assert pick(made, "kind", "device_id", "devices", "of_devices") == lines


def test_a_silent_source_counts_from_its_newest_sign_of_life() -> None:
    rows = [*every(600, [4] * 16), *every(600, [4] * 13, device_id="sigfox:b7e02")]
    made = health.attention(ENGINE, devices(signals(rows), 10 * H, LEARNED))
    assert pick(made, "since", "silent_s") == [(when(9000), 10 * H - 9000.0)]


def test_missing_is_the_share_of_what_was_due() -> None:
    """From 12:00 to midnight 72 are due and 36 come; of the next day 30 min are due, 3, and none came."""
    rows = [reading(DAY / 2 + n * 1200, 4) for n in range(36)]
    heard = signals(rows)
    now_s = DAY + 30 * MIN
    days = periods.days("UTC", us(-DAY), us(2 * DAY))
    found = health.missing(ENGINE, heard, devices(heard, now_s), days, now_us=us(now_s))
    assert pick(found, "due", "received", "missing_share") == [
        (0, 0, None), (72, 36, 0.5), (3, 0, 1),
    ]  # fmt: skip


def test_who_reports_less_when_it_has_little_to_say_is_not_missed() -> None:
    """Steps of 30 and of 60 s: one message a minute is due, and more than that come."""
    times, at = [], 0
    for n in range(80):
        times.append(at)
        at += 60 if n % 4 == 0 else 30
    heard = signals([], nodes=[heartbeat(at_s) for at_s in times])
    found = devices(heard, times[-1], LEARNED)
    assert pick(found, "interval_s", "due_s") == [(30, 60)]
    hours = periods.bins(times[-1], us(0), us(times[-1]))
    assert pick(health.missing(ENGINE, heard, found, hours, now_us=us(times[-1])), "missing_share") == [(0,)]


def test_more_than_was_due_is_none_missing() -> None:
    heard = signals(every(590, [4] * 10))
    hours = periods.hours("UTC", us(0), us(H))
    found = health.missing(ENGINE, heard, devices(heard, H), hours, now_us=us(H))
    assert pick(found, "missing_share") == [(0,)]


@pytest.mark.parametrize("wrong", [{"late_factor": 0}, {"quantile": 1.0}, {"steady": -1}])
def test_a_rule_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="health rule"):
        health.Rules(**wrong)


def test_nothing_heard_is_nothing_to_say() -> None:
    none = devices(signals([]), 0)
    assert none.arrow().num_rows == 0
    assert health.attention(ENGINE, none).arrow().num_rows == 0
