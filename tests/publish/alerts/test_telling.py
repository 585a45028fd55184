"""When somebody is told: quiet hours by the local clock, on both days the clocks change too."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from telltale.publish.alerts.telling import BEFORE, DROPPED, Plan, after_quiet, plan

ZONE = "Europe/Berlin"
NIGHT = ["22:00-06:00"]


def at(text: str, fold: int = 0) -> int:
    moment = dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE), fold=fold)
    return int(moment.timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("moment", "quiet", "expected"),
    [
        ("2026-11-20 12:00", NIGHT, "2026-11-20 12:00"),
        ("2026-11-20 22:00", NIGHT, "2026-11-21 06:00"),  # the beginning is quiet
        ("2026-11-21 05:59", NIGHT, "2026-11-21 06:00"),
        ("2026-11-21 06:00", NIGHT, "2026-11-21 06:00"),  # the end is not
        ("2026-11-20 23:00", ["22:00-24:00", "00:00-06:30"], "2026-11-21 06:30"),  # they join
        ("2026-11-20 12:30", ["12:00-13:00", *NIGHT], "2026-11-20 13:00"),
        ("2026-03-28 23:00", NIGHT, "2026-03-29 06:00"),  # an hour shorter: clocks go forward at 02:00
        ("2026-10-24 23:00", NIGHT, "2026-10-25 06:00"),  # an hour longer
        ("2026-03-29 01:30", ["00:00-02:30"], "2026-03-29 03:30"),  # 02:30 is not on that day
        ("2026-10-25 01:00", ["00:00-02:30"], "2026-10-25 02:30"),  # the first of two
        ("2026-10-25 12:00", [], "2026-10-25 12:00"),
    ],
)
def test_the_end_of_quiet_hours(moment: str, quiet: list[str], expected: str) -> None:
    assert after_quiet(at(moment), quiet, ZONE) == at(expected)


def test_the_night_the_clocks_change_is_as_long_as_it_is() -> None:
    hours = [
        (after_quiet(at(f"{day} 22:00"), NIGHT, ZONE) - at(f"{day} 22:00")) / 3.6e9
        for day in ("2026-03-27", "2026-03-28", "2026-10-24")
    ]
    assert hours == [8, 7, 9]


def test_hours_that_are_always_quiet_hold_nothing_for_ever() -> None:
    assert after_quiet(at("2026-11-20 12:00"), ["00:00-12:00", "12:00-24:00"], ZONE) >= at("2026-11-20 12:00")


@pytest.mark.parametrize(
    ("known", "recovered", "expected"),
    [
        ("12:00", None, ("12:00", None)),
        ("12:00", "12:30", ("12:00", "12:30")),
        ("12:00", "12:00", ("12:00", "12:00")),  # a sensor that uploads it all at once
        ("21:00", "23:00", ("21:00", "30:00")),  # its end waits until the morning
    ],
)
def test_what_is_told_and_when(known: str, recovered: str | None, expected: tuple[str, str | None]) -> None:
    def hour(text: str | None) -> int | None:
        return (
            None
            if text is None
            else at("2026-11-20 00:00") + round(float(text.replace(":00", "").replace(":30", ".5")) * 3.6e9)
        )

    made = plan(hour(known) or 0, hour(recovered), quiet=NIGHT, zone=ZONE)
    assert made == Plan(hour(expected[0]), hour(expected[1]))


def test_what_is_over_before_the_quiet_hours_are_is_dropped() -> None:
    made = plan(at("2026-11-20 23:00"), at("2026-11-21 05:00"), quiet=NIGHT, zone=ZONE)
    assert made == Plan(None, None, DROPPED)
    lasts = plan(at("2026-11-20 23:00"), at("2026-11-21 06:30"), quiet=NIGHT, zone=ZONE)
    assert lasts == Plan(at("2026-11-21 06:00"), at("2026-11-21 06:30"))


def test_what_was_over_before_the_alert_began_is_not_told_and_what_lasted_is_told_then() -> None:
    assert plan(10, 20, started_us=30) == Plan(None, None, BEFORE)
    assert plan(10, 40, started_us=30) == Plan(30, 40)
    assert plan(10, None, started_us=30) == Plan(30, None)
