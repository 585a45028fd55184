"""Numbers, durations, dates and ranges in one spelling."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telltale import wording

N = wording.NBSP


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0, 0, "0"),
        (1163, 0, "1,163"),
        (-3, 0, "−3"),
        (10.44, 1, "10.4"),
        (-0.4, 0, "0"),
        (1e6, 0, "1,000,000"),
        (None, 0, "unknown"),
        (float("nan"), 0, "unknown"),
        (float("inf"), 1, "unknown"),
    ],
)
def test_numbers(value: float | None, digits: int, text: str) -> None:
    assert wording.number(value, digits) == text


@pytest.mark.parametrize(("value", "text"), [(6, "+6"), (-1, "−1"), (0, "±0"), (0.2, "±0"), (None, "unknown")])
def test_signed_numbers(value: float | None, text: str) -> None:
    assert wording.number(value, signed=True) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.26, f"26{N}%"), (0, f"0{N}%"), (1, f"100{N}%"), (0.004, f"<{N}1{N}%"), (0.006, f"1{N}%"), (None, "unknown")],
)
def test_shares(share: float | None, text: str) -> None:
    assert wording.percent(share) == text


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [(3, 4, "3 of 4"), (1, 4, "1 of 4"), (10, 42, f"24{N}%, n{N}={N}42"), (630, 1000, f"63{N}%"), (0, 0, "0 of 0")],
)
def test_shares_of_few_cases_show_n_or_no_percentage(part: int, whole: int, text: str) -> None:
    assert wording.share_of(part, whole) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (12.4, "12 s"),
        (59.5, "1 min"),
        (47 * 60, "47 min"),
        (59 * 60 + 31, "1 h"),
        (88 * 60, "1 h 28 min"),
        (47 * 3600, "47 h"),
        (146 * 3600, "6 d 2 h"),
        (7 * 86400, "7 d"),
        (-90, "−2 min"),
        (None, "unknown"),
    ],
)
def test_durations(seconds: float | None, text: str) -> None:
    assert wording.duration(seconds).replace(N, " ") == text


@given(st.floats(0, 1e8))
def test_durations_lose_less_than_half_of_their_smallest_unit(seconds: float) -> None:
    units = {"s": 1, "min": 60, "h": 3600, "d": 86400}
    words = wording.duration(seconds).replace(",", "").split(N)
    told = sum(int(number) * units[unit] for number, unit in zip(words[::2], words[1::2], strict=True))
    assert abs(told - seconds) <= {"s": 0.5, "min": 30, "h": 1800, "d": 1800}[words[-1]] + 0.5


DAY = dt.date(2026, 11, 20)


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (wording.weekday(DAY), "Friday"),
        (wording.short_date(DAY), "Fri 20 Nov"),
        (wording.full_date(DAY), "Friday 20 November 2026"),
        (wording.month(DAY), "November 2026"),
        (wording.clock(dt.datetime(2026, 11, 20, 14, 32, tzinfo=dt.UTC)), "14:32"),
        (wording.date_span(dt.date(2026, 11, 9), dt.date(2026, 11, 15)), "Monday 9 to Sunday 15 November 2026"),
        (wording.date_span(dt.date(2026, 10, 26), dt.date(2026, 11, 1)), "Monday 26 October to Sunday 1 November 2026"),
        (
            wording.date_span(dt.date(2025, 12, 29), dt.date(2026, 1, 4)),
            "Monday 29 December 2025 to Sunday 4 January 2026",
        ),
        (wording.date_span(DAY, DAY), "Friday 20 November 2026"),
        (wording.number_range(10, 26), "10–26"),
        (wording.number_range(-65, -40), "−65 to −40"),
        (wording.count(1, "visit"), "1 visit"),
        (wording.count(1163, "visit"), "1,163 visits"),
        (wording.in_words(3), "three"),
        (wording.in_words(42), "42"),
        (wording.joined(["a", "b", "c"]), "a, b and c"),
        (wording.joined(["a"]), "a"),
        (wording.joined([]), ""),
        (wording.quantity(-65, "dBm"), "−65 dBm"),
    ],
)
def test_words(said: str, text: str) -> None:
    assert said.replace(N, " ") == text


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        ((12, 3, 10), (12, 3, 25), "Thu 12 Nov, 03:10–03:25"),
        ((12, 23, 10), (13, 0, 25), "Thu 12 Nov, 23:10 to Fri 13 Nov, 00:25"),
    ],
)
def test_spans_name_the_second_day_only_when_it_is_another(
    start: tuple[int, int, int], end: tuple[int, int, int], text: str
) -> None:
    a, b = (dt.datetime(2026, 11, *parts, tzinfo=dt.UTC) for parts in (start, end))
    assert wording.clock_span(a, b).replace(N, " ") == text


@pytest.mark.parametrize(
    ("age", "text"),
    [
        (dt.timedelta(seconds=12), "12 s ago"),
        (dt.timedelta(hours=48), "2 d ago"),
        (dt.timedelta(hours=49), "on Wed 18 Nov"),
        (-dt.timedelta(minutes=2), "in 2 min"),
    ],
)
def test_freshness_is_relative_up_to_two_days(age: dt.timedelta, text: str) -> None:
    now = dt.datetime(2026, 11, 20, 14, 32, tzinfo=dt.UTC)
    assert wording.ago(now - age, now).replace(N, " ") == text


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ({}, []),
        ({"sigfox:2d24e6": "Fridge"}, ["Fridge"]),
        ({"sigfox:2d24e6": "Fridge", "efento:282c024156af": "fridge"}, ["Fridge (2d24e6)", "fridge (56af)"]),
        ({"pc:desk-1": "Lab", "pc:desk-2": "Lab", "pc:desk-3": "Hall"}, ["Lab (desk-1)", "Lab (desk-2)", "Hall"]),
    ],
)
def test_two_of_one_name_are_told_apart(names: dict[str, str], told: list[str]) -> None:
    assert list(wording.apart(names).values()) == told


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("2026-11-20 14:32", "Fri 20 Nov, 14:32"),
        ("2026-01-02 08:00", "Fri 2 Jan, 08:00"),
        ("2023-11-25 00:09", "Sat 25 Nov 2023, 00:09"),
        ("2025-12-30 08:00", "Tue 30 Dec 2025, 08:00"),
        ("2027-01-03 08:00", "Sun 3 Jan, 08:00"),
    ],
)
def test_a_moment_of_another_year_has_its_year_unless_it_is_near(moment: str, words: str) -> None:
    now = dt.datetime(2026, 11, 30, 22, 28, tzinfo=dt.UTC)
    at = dt.datetime.fromisoformat(f"{moment}+00:00")
    assert wording.dated_moment(at, now).replace("\N{NO-BREAK SPACE}", " ") == words
