"""What people type for a period, and how its head reads."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from telltale.contract import ConfigError
from telltale.workbench.periods import Period, parse

NOW = dt.datetime(2026, 11, 20, 14, 32, tzinfo=ZoneInfo("Europe/Berlin"))
N = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("text", "since", "until", "name", "head"),
    [
        ("2026-W46", "2026-11-09", "2026-11-16", "2026-W46", "**Week 46 · Monday 9 to Sunday 15 November 2026**"),
        ("2026-W02", "2026-01-05", "2026-01-12", "2026-W02", "**Week 2 · Monday 5 to Sunday 11 January 2026**"),
        ("2026-11-15", "2026-11-15", "2026-11-16", "2026-11-15", "**Sunday 15 November 2026**"),
        ("2026-10", "2026-10-01", "2026-11-01", "2026-10", "**October 2026**"),
        ("2024-02", "2024-02-01", "2024-03-01", "2024-02", "**February 2024**"),
        ("2026-11-09/2026-11-10", "2026-11-09", "2026-11-11", "2026-11-09--2026-11-10",
         "**Monday 9 to Tuesday 10 November 2026**"),
        ("7d", "2026-11-14", None, "2026-11-14--2026-11-20", "**Saturday 14 to Friday 20 November 2026**, until 14:32"),
        ("1d", "2026-11-20", None, "2026-11-20", "**Friday 20 November 2026**, until 14:32"),
        ("2026-W47", "2026-11-16", None, "2026-W47", "**Week 47 · Monday 16 to Friday 20 November 2026**, until 14:32"),
        ("2026-11", "2026-11-01", None, "2026-11", "**Sunday 1 to Friday 20 November 2026**, until 14:32"),
    ],
)  # fmt: skip
def test_periods(text: str, since: str, until: str | None, name: str, head: str) -> None:
    period = parse(text, NOW)
    assert (period.since, period.until, period.name, period.head.replace(N, " ")) == (since, until, name, head)


@pytest.mark.parametrize(
    ("text", "since", "until", "basis"),
    [
        ("2026-W46", "2026-11-02", "2026-11-09", "the week before"),
        ("2026-11-15", "2026-11-14", "2026-11-15", "the day before"),
        ("2026-10", "2026-09-01", "2026-10-01", "the month before"),
        # A running period is compared with the one before as far as this one has come.
        ("7d", "2026-11-07", "2026-11-13T14:32+01:00", "the 7 days before until the same hour"),
    ],
)
def test_the_stretch_before(text: str, since: str, until: str, basis: str) -> None:
    period = parse(text, NOW)._replace(site="71234")
    assert period.ask_before == {"since": since, "until": until, "site": "71234"}
    assert period.basis == basis


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("last week", "expected a week 2026-W47, a day"),
        ("2026-W54", "Invalid week: 54"),
        ("2026-02-30", "day is out of range"),
        ("2026-13", "month must be in 1..12"),
        ("2026-11-12/2026-11-09", "its last day lies before its first"),
        ("2026-W48", "begins on 2026-11-23, after today"),
        ("0d", "expected whole days from 1d"),
        ("", "expected a week"),
    ],
)
def test_what_is_no_period_is_refused_with_what_was_expected(text: str, complaint: str) -> None:
    with pytest.raises(ConfigError) as raised:
        parse(text, NOW)
    assert complaint in str(raised.value)
    assert f'"{text}"' in str(raised.value)


def test_a_running_period_knows_today_and_a_past_one_has_none() -> None:
    assert parse("7d", NOW).running == dt.date(2026, 11, 20)
    assert parse("2026-W46", NOW).running is None


@pytest.mark.parametrize(("text", "width"), [("1d", "15 min"), ("2d", "15 min"), ("2026-W46", "1 h")])
def test_intervals_grow_with_the_period(text: str, width: str) -> None:
    period: Period = parse(text, NOW)
    assert period.bin == width
