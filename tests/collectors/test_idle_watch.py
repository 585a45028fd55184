"""Looks into samples and minutes: sleep, clocks that are set, holes; and minutes into frames that survive a loss."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.idle.minutes import OLDEST_MIN, Frames, MinuteFrame, Watched
from collectors.idle.watch import Records, Sample, Seen, Suspended, Watch
from telltale.sources.sigfox.minutes import MINUTE_US, minutes

WALL = 1_795_165_200.0
"""2026-11-20 09:00:00 UTC, on a minute."""
START_MIN = int(WALL // 60)


def seen(at_s: float) -> Seen:
    return Seen(ms(at_s, 1), goes_on=True)


def ms(at_s: float, idle_s: float) -> Sample:
    return Sample(round((WALL + at_s) * 1000), round(idle_s * 1000))


@pytest.mark.parametrize(
    ("looks", "expected"),
    [
        (  # as it should be
            [(0, 0, 1.5), (10, 10, 11.5)],
            [Seen(ms(0, 1.5), goes_on=False), Seen(ms(10, 11.5), goes_on=True)],
        ),
        (  # asleep for 30 min: nothing is known at the wake-up; the first look after it goes on from nothing
            [(0, 0, 5), (1810, 10, 0), (1820, 20, 10)],
            [Seen(ms(0, 5), goes_on=False), Seen(None, goes_on=False), Seen(ms(1820, 10), goes_on=False)],
        ),
        (  # an idle counter that slept too: 25 s of it, and 1800 s asleep, since the input at -5
            [(0, 0, 5), (1810, 10, 15), (1820, 20, 25)],
            [Seen(ms(0, 5), goes_on=False), Seen(None, goes_on=False), Seen(ms(1820, 1825), goes_on=False)],
        ),
        (  # one that went on counting while asleep is left alone
            [(0, 0, 5), (1810, 10, 1815), (1820, 20, 1825)],
            [Seen(ms(0, 5), goes_on=False), Seen(None, goes_on=False), Seen(ms(1820, 1825), goes_on=False)],
        ),
        (  # two sleeps of 600 s without an input between: -5 s lies 5 + 10 + 600 + 20 + 600 + 10 before 1240
            [(0, 0, 5), (610, 10, 15), (620, 20, 25), (1230, 30, 35), (1240, 40, 45)],
            [
                Seen(ms(0, 5), goes_on=False),
                Seen(None, goes_on=False),
                Seen(ms(620, 625), goes_on=False),
                Seen(None, goes_on=False),
                Seen(ms(1240, 1245), goes_on=False),
            ],
        ),
        (  # the clock set back by an hour: one look is lost, the idle time is right
            [(0, 0, 5), (-3590, 10, 15), (-3580, 20, 25)],
            [Seen(ms(0, 5), goes_on=False), Seen(None, goes_on=False), Seen(ms(-3580, 25), goes_on=False)],
        ),
        (  # the agent itself was stopped for a minute while somebody typed: no sleep, but a hole
            [(0, 0, 5), (60, 60, 20), (70, 70, 30)],
            [Seen(ms(0, 5), goes_on=False), Seen(ms(60, 20), goes_on=False), Seen(ms(70, 30), goes_on=True)],
        ),
        (  # nobody tells the idle time for one look
            [(0, 0, 5), (10, 10, None), (20, 20, 25)],
            [Seen(ms(0, 5), goes_on=False), Seen(None, goes_on=False), Seen(ms(20, 25), goes_on=False)],
        ),
    ],
    ids=["plain", "sleep", "slept-counter", "true-counter", "two-sleeps", "set-back", "stopped", "unknown"],
)
def test_looks_become_samples(looks: list[tuple[float, float, float | None]], expected: list[Seen]) -> None:
    watch = Watch(10)
    assert [watch.look(WALL + wall, 77.0 + steady, idle) for wall, steady, idle in looks] == expected


def test_samples_become_a_record_a_minute() -> None:
    records = Records("pc:desk-3", 20)
    given_back = [records.add(WALL + at, seen(at), "x11") for at in (0, 20, 40)]
    assert given_back == [None, None, None]
    over = records.add(WALL + 60, seen(60), "x11")
    assert over is not None
    assert json.loads(over) == {
        "device_id": "pc:desk-3",
        "every_s": 20,
        "backend": "x11",
        "samples": [list(ms(at, 1)) for at in (0, 20, 40)],
    }
    assert json.loads(records.rest() or b"")["samples"] == [list(ms(60, 1))], "the minute that was begun"
    assert records.rest() is None


def test_a_record_ends_with_a_sleep_or_another_backend() -> None:
    records = Records("pc:desk-3", 20)
    records.add(WALL, seen(0), "x11")
    slept = records.add(WALL + 3600, Seen(None, goes_on=False), "x11")
    assert slept is not None, "stored at the wake-up, not when the next minute is over"
    records.add(WALL + 3620, seen(3620), "x11")
    other = records.add(WALL + 3640, seen(3640), "logind")
    assert json.loads(other or b"")["backend"] == "x11"
    assert json.loads(records.rest() or b"")["backend"] == "logind"


@pytest.mark.parametrize(
    ("looks", "suspended"),
    [  # wall, steady, asleep so far; the sleep certain since the look before
        ([(0, 0, 0), (10, 10, 0)], [None, None]),
        ([(0, 0, 0), (1810, 10, 1800)], [None, (10, 1800)]),  # ten seconds awake, before it or after it
        ([(0, 0, 50), (1810, 10, 1850), (1820, 20, 1850)], [None, (10, 1800), None]),
        ([(0, 0, 0), (1810, 10, 0)], [None, None]),  # the clock was set: no sleep
        ([(0, 0, 0), (-3590, 10, 0)], [None, None]),
        ([(0, 0, 0), (5410, 10, 1800)], [None, (3610, 5400)]),  # slept for half an hour, and the clock set by one
        ([(0, 0, 0), (13, 10, 3), (26, 20, 6)], [None, None, None]),  # too short to be certain of
        ([(0, 0, None), (1810, 10, None)], [None, None]),  # a system that does not count its sleep
        ([(0, 0, None), (1810, 10, 1800)], [None, None]),
    ],
)
def test_a_sleep_is_told_from_a_clock_that_was_set(
    looks: list[tuple[float, float, float | None]], suspended: list[tuple[float, float] | None]
) -> None:
    watch = Watch(10)
    found = [watch.look(WALL + wall, 77.0 + steady, 1.0, asleep).suspended for wall, steady, asleep in looks]
    assert found == [
        None if span is None else Suspended(*(round((WALL + at) * 1000) for at in span)) for span in suspended
    ]


def test_a_locked_screen_and_a_sleep_are_in_the_record() -> None:
    records = Records("pc:desk-3", 20)
    at_ms = round(WALL * 1000)
    records.add(WALL, seen(0), "x11")
    records.add(WALL + 20, seen(20), "x11", is_locked=True)
    records.add(
        WALL + 40, Seen(None, goes_on=False), "x11", is_locked=True
    )  # the idle time is unknown, the lock is not
    over = json.loads(
        records.add(WALL + 600, Seen(None, False, Suspended(at_ms + 60_000, at_ms + 590_000)), "x11") or b""
    )
    assert over["samples"] == [list(ms(0, 1)), [*ms(20, 1), True], [at_ms + 40_000, None, True]]
    assert "suspended" not in over
    records.add(WALL + 620, seen(620), "x11")
    rest = json.loads(records.rest() or b"")
    assert (rest["samples"], rest["suspended"]) == ([list(ms(620, 1))], [[at_ms + 60_000, at_ms + 590_000]])


def watched(inputs: set[float], looks: list[float], *, every_s: float = 10) -> dict[int, bool]:
    """The minutes, counted from WALL, known to an agent that looked at these seconds; inputs at others."""
    watch, minutes_ = Watch(every_s), Watched()
    found: dict[int, bool] = {}
    for at in looks:
        idle = at - max((one for one in inputs if one <= at), default=-3600)
        found |= minutes_.look(watch.look(WALL + at, at, idle))
    return {minute - START_MIN: is_active for minute, is_active in found.items()}


def every(every_s: float, start: float, end: float) -> list[float]:
    return [start + n * every_s for n in range(int((end - start) / every_s) + 1)]


@pytest.mark.parametrize(
    ("inputs", "looks", "expected"),
    [
        ({5.0}, every(10, 0, 180), {0: True, 1: False, 2: False}),
        ({59.0}, every(10, 0, 120), {0: True, 1: False}),  # seen by the look at 60
        (set(), every(10, 30, 180), {1: False, 2: False}),  # minute 0 was watched from its middle only
        ({35.0}, every(10, 30, 120), {0: True, 1: False}),  # an input is an input
        (set(), every(10, 0, 70) + every(10, 110, 240), {0: False, 2: False, 3: False}),  # a hole in minute 1
        ({75.0}, every(10, 0, 70) + every(10, 110, 180), {0: False, 1: True, 2: False}),
    ],
    ids=["first", "last-second", "begun-late", "input-in-part", "hole", "input-in-hole"],
)
def test_a_minute_is_known_where_it_was_watched(
    inputs: set[float], looks: list[float], expected: dict[int, bool]
) -> None:
    assert watched(inputs, looks) == expected


def test_a_slept_minute_is_never_told() -> None:
    watch, minutes_ = Watch(10), Watched()
    looks = [(float(at), float(at)) for at in range(0, 130, 10)] + [
        (at + 3600.0, float(at)) for at in range(130, 300, 10)
    ]
    found: dict[int, bool] = {}
    for wall, steady in looks:
        found |= minutes_.look(watch.look(WALL + wall, steady, steady + 7200))
    known = sorted(minute - START_MIN for minute in found)
    # Asleep from 120 s to 3730 s = 62:10: minutes 0 and 1 before it; 63 is the first whole one after.
    assert known == [0, 1, 63]
    assert not any(found.values())


day = st.lists(
    st.tuples(st.integers(1, 150), st.sampled_from(["used", "idle", "mixed", "off"])), min_size=1, max_size=8
)


def lived(stretches: list[tuple[int, str]]) -> dict[int, bool]:
    """Known minutes: runs of input, of none, of every third minute, and of nothing known."""
    known, at = {}, START_MIN
    for length, kind in stretches:
        for n in range(length):
            if kind != "off":
                known[at + n] = kind == "used" or (kind == "mixed" and n % 3 == 0)
        at += length
    return known


def sent_frames(known: dict[int, bool], *, until: int, slot: int = 11) -> list[tuple[int, MinuteFrame]]:
    """The frames of an agent that lives through the minutes, one a slot at most, and only while the PC is on."""
    frames, out, next_slot = Frames(), [], 0
    for now in range(START_MIN, until):
        if now - 1 in known:
            frames.learn({now - 1: known[now - 1]})
        is_on = now in known or now >= until - 400
        if is_on and now >= next_slot and (frame := frames.next(now)) is not None:
            out.append((now, frame))
            frames.sent(frame)
            next_slot = now + slot
    return out


@settings(max_examples=30)
@given(stretches=day, data=st.data())
def test_losing_any_single_frame_loses_no_minute(stretches: list[tuple[int, str]], data: st.DataObject) -> None:
    known = lived(stretches)
    end = START_MIN + sum(length for length, _ in stretches) + 400
    out = sent_frames(known, until=end)
    lost = data.draw(st.integers(0, max(len(out) - 1, 0)))
    arrived: dict[int, bool] = {}
    for number, (now, frame) in enumerate(out):
        told = minutes(frame.payload, now * MINUTE_US)
        assert told is not None
        if number != lost:
            arrived |= {one.at_us // MINUTE_US: one.is_active for one in told}
    # What was older than 23 hours when the PC came back is not sent at all; these days are shorter, but for long gaps.
    due = {minute: active for minute, active in known.items() if not went_stale(minute, known, end)}
    assert {minute: active for minute, active in arrived.items() if minute in due} == due
    assert set(arrived) <= set(known), "no minute that nobody watched"


def went_stale(minute: int, known: dict[int, bool], end: int) -> bool:
    """Whether the PC was off for so long after a minute that it may not be sent twice within 23 hours."""
    on = [one for one in range(minute, min(minute + OLDEST_MIN - 200, end)) if one in known or one >= end - 400]
    return len(on) < 200


def test_a_working_day_takes_35_frames_of_80_minutes() -> None:
    """24 h without a hole: one of 40 minutes after 40, then one each 40 minutes up to 1400: 1400 / 40 = 35."""
    known = {START_MIN + n: n % 7 == 0 for n in range(1440)}
    frames, out = Frames(), []
    for now in range(START_MIN, START_MIN + 1440):
        frames.learn({now - 1: known[now - 1]} if now - 1 in known else {})
        if (frame := frames.next(now)) is not None:
            out.append(frame)
            frames.sent(frame)
    assert len(out) == 35
    assert [len(frame.told) for frame in out] == [40] + [80] * 34
    assert [frame.start - START_MIN for frame in out] == [0, *range(0, 34 * 40, 40)]


def test_what_is_older_than_23_hours_is_not_sent() -> None:
    frames = Frames({START_MIN + n: (True, 0) for n in range(40)})
    assert frames.next(START_MIN + 39 + OLDEST_MIN + 1) is None
    assert frames.unsent == {}


def test_frames_go_on_where_another_process_left_off() -> None:
    frames = Frames()
    frames.learn({START_MIN + n: True for n in range(45)})
    first = frames.next(START_MIN + 45)
    assert first is not None
    frames.sent(first)
    after = Frames(frames.unsent)
    after.learn({START_MIN + n: False for n in range(60, 70)})
    again = after.next(START_MIN + 70)
    assert again == first, "once more, for the hole after it"
    after.sent(again)
    assert min(after.unsent) == START_MIN + 40


def test_a_minute_that_turns_out_active_is_told_again() -> None:
    frames = Frames()
    frames.learn({START_MIN + n: False for n in range(40)})
    for _ in range(2):
        frames.sent(MinuteFrame(START_MIN, (False,) * 40))
    assert frames.unsent == {}
    frames.learn({START_MIN + 39: True})
    assert frames.unsent == {START_MIN + 39: (True, 0)}
