"""Payloads of a PC's modem, by hand and by law."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telltale.sources.sigfox.minutes import (
    AHEAD_US,
    MINUTE_US,
    NARROW,
    WIDE,
    Minute,
    activity_rows,
    bitmap,
    level,
    minutes,
)

DAY = 20_633
"""Days from 1970 to 2026-06-29."""
MIDNIGHT_US = DAY * 86_400_000_000


def at(hour: int, minute: int, second: int = 0, *, day: int = 0) -> int:
    """µs UTC of a moment on that day, or so many days later."""
    return MIDNIGHT_US + (((day * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000


def minute_of(at_us: int) -> int:
    return at_us // MINUTE_US


@pytest.mark.parametrize(
    ("idle_s", "payload"),
    [
        (0, b"100"),
        (239.999, b"100"),
        (240, b"50"),
        (479.999, b"50"),
        (480, b"25"),
        (600, b"25"),
        (600.001, b"0"),
        (86_400, b"0"),
    ],
)
def test_a_level_is_the_seeds(idle_s: float, payload: bytes) -> None:
    assert level(idle_s) == payload


@pytest.mark.parametrize(
    ("hexed", "pct"), [("313030", 100.0), ("3530", 50.0), ("3235", 25.0), ("30", 0.0)], ids=["100", "50", "25", "0"]
)
def test_a_level_becomes_one_row(hexed: str, pct: float) -> None:
    assert activity_rows(bytes.fromhex(hexed), at(9, 30), "levels") == {
        "kind": ["level"],
        "observed_at": [at(9, 30)],
        "idle_s": [None],
        "score_pct": [pct],
        "active": [None],
        "period_s": [600.0],
        "note": [None],
    }


@pytest.mark.parametrize("payload", [b"", b"75", b"100 ", b"0100", b"\x00", b"00", b"-0", b"100\r"])
def test_another_text_is_no_level(payload: bytes) -> None:
    assert activity_rows(payload, at(9, 30), "levels") is None


def test_the_sheets_frame_has_twenty_active_minutes_from_nine() -> None:
    """121C: kind 1, start 0x21C = 540 = 9 · 60; then FFFFF = 20 ones, 60 zeros."""
    rows = activity_rows(bytes.fromhex("121CFFFFF000000000000000"), at(10, 20, 7), "bitmap")
    assert rows is not None
    assert rows["observed_at"] == [at(9, 0) + n * MINUTE_US for n in range(80)]
    assert rows["active"] == [True] * 20 + [False] * 60
    assert set(rows["period_s"]) == {60.0}
    assert set(rows["kind"]) == {"bitmap"}


def test_the_sheets_frame_is_what_is_encoded() -> None:
    told = bitmap(minute_of(at(9, 0)), [True] * 20 + [False] * 60)
    assert told.hex().upper() == "121CFFFFF000000000000000"


def test_minutes_nobody_watched_are_not_told() -> None:
    """221C: kind 2, 540. known C000000001 = minutes 0, 1, 39; seen 4000000000 = minute 1."""
    told = bytes.fromhex("221CC0000000014000000000")
    expected = [Minute(at(9, 0), False), Minute(at(9, 1), True), Minute(at(9, 39), False)]
    assert minutes(told, at(9, 41)) == expected
    assert bitmap(minute_of(at(9, 0)), [False, True, *[None] * 37, False]) == told


def test_a_start_past_the_reception_is_of_yesterday() -> None:
    """Start 1410 = 23:30, 80 minutes to 00:50; received 00:51 of the next day."""
    frame = bitmap(minute_of(at(23, 30)), [True] * 80)
    assert frame[:2].hex() == "1582"  # 0x582 = 1410
    told = minutes(frame, at(0, 51, day=1))
    assert told is not None
    assert (told[0].at_us, told[-1].at_us) == (at(23, 30), at(0, 49, day=1))


def test_a_start_in_the_minute_of_reception_is_of_today() -> None:
    lone = bitmap(minute_of(at(9, 0)), [True, *[None] * 39])
    assert minutes(lone, at(9, 0, 0)) == [Minute(at(9, 0), True)]
    assert minutes(lone, at(8, 59, 59)) == [Minute(at(9, 0, day=-1), True)]


def test_minutes_that_have_not_been_are_refused() -> None:
    """80 minutes from 9:00 end at 10:20; a clock 5 minutes ahead sends them at 10:15."""
    frame = bitmap(minute_of(at(9, 0)), [True] * 80)
    assert minutes(frame, at(10, 20) - AHEAD_US) is not None
    assert minutes(frame, at(10, 20) - AHEAD_US - 1) is None


@pytest.mark.parametrize(
    ("hexed", "why"),
    [
        ("121CFFFFF0000000000000", "11 bytes"),
        ("121CFFFFF00000000000000000", "13 bytes"),
        ("", "nothing"),
        ("021CFFFFF000000000000000", "kind 0"),
        ("321CFFFFF000000000000000", "kind 3"),
        ("15A0FFFFF000000000000000", "start 1440"),
        ("1FFFFFFFF000000000000000", "start 4095"),
        ("221C80000000004000000000", "input seen in a minute that is not known"),
    ],
)
def test_what_is_no_bitmap_gives_nothing(hexed: str, why: str) -> None:
    assert activity_rows(bytes.fromhex(hexed), at(23, 59), "bitmap") is None, why


@pytest.mark.parametrize("count", [0, 1, 39, 41, 79, 81])
def test_another_number_of_minutes_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match=f"{count} minutes: expected 80"):
        bitmap(0, [True] * count)


def test_eighty_minutes_with_one_unknown_are_refused() -> None:
    with pytest.raises(ValueError, match="80 minutes: expected 80 that are all known"):
        bitmap(0, [*[True] * 79, None])


def test_an_unknown_form_is_refused() -> None:
    with pytest.raises(ValueError, match=r'activity = "bits": expected levels or bitmap'):
        activity_rows(b"0", 0, "bits")


watched = st.lists(st.booleans(), min_size=WIDE, max_size=WIDE) | st.lists(
    st.none() | st.booleans(), min_size=NARROW, max_size=NARROW
)


@given(start=st.integers(minute_of(at(0, 0)), minute_of(at(0, 0, day=3))), told=watched, age=st.integers(0, 1350))
def test_what_was_encoded_is_decoded(start: int, told: list[bool | None], age: int) -> None:
    """Whatever the minute it starts and however long it waits, up to a day after its start."""
    received_us = (start + len(told) + age) * MINUTE_US
    expected = [Minute((start + n) * MINUTE_US, one) for n, one in enumerate(told) if one is not None]
    assert minutes(bitmap(start, told), received_us) == expected


@given(payload=st.binary(max_size=16), at_us=st.integers(0, 4_102_444_800_000_000))
def test_any_bytes_give_minutes_of_the_last_day_or_none(payload: bytes, at_us: int) -> None:
    rows: dict[str, list[Any]] | None = activity_rows(payload, at_us, "bitmap")
    for begin in rows["observed_at"] if rows else []:
        assert at_us - 86_400_000_000 < begin <= at_us + AHEAD_US - MINUTE_US
        assert begin % MINUTE_US == 0
