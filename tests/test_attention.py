"""What needs a look, how today compares with earlier days, and the band that shows it: hand-worked cases."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from telltale.charts import usual_band, usual_day
from telltale.findings import attention, today
from telltale.findings.gaps import Reporting, Silence
from telltale.sources.cloudtrax import SOURCE
from telltale.workbench.delivered import Delivered, delivered
from tests.lake_fixture import Lake
from tests.presence_frames import ZONE

NOW = dt.datetime(2026, 11, 20, 14, 32, tzinfo=ZoneInfo(ZONE))
FRIDAY = NOW.date()


def source(*, age_s: float = 10, interval_s: float = 30, rejects: int = 0, records: int = 2400) -> Delivered:
    newest_us = round((NOW.timestamp() - age_s) * 1e6)
    return Delivered(SOURCE, newest_us, interval_s, (records // 24,) * 24, 0.0, 8, 8, rejects)


def silent(*minutes: int, known: int = 8) -> Reporting:
    ends = NOW.astimezone(dt.UTC)
    silences = [Silence(f"East {n}", ends - dt.timedelta(minutes=m), ends) for n, m in enumerate(minutes, 1)]
    return Reporting(known, known - len(minutes), tuple(silences), ends)


def test_all_is_well() -> None:
    assert attention.silent_nodes(silent(), now=NOW) == []
    assert attention.silent_sources([source()], now=NOW, pages={}) == []
    assert attention.many_rejects([source(rejects=4), source(rejects=24)]) == []
    assert attention.sentence([], "42 visitors.") == "**Nothing needs a look.** 42 visitors."
    assert attention.list_title([]) == "Nothing needs a look"


def test_some_silent_nodes_are_a_warning_and_all_of_them_are_the_source() -> None:
    (found,) = attention.silent_nodes(silent(82, 82, 82), now=NOW)
    assert found.concern.level == "warning"
    assert found.concern.what == "3 of 8 Wi-Fi nodes silent"
    assert found.phrase == "!!3 of 8 Wi-Fi nodes!! are silent since 13:10"
    assert attention.silent_nodes(silent(82, 82, known=2), now=NOW) == []


@pytest.mark.parametrize(("age_s", "interval_s", "found"), [(599, 1, 0), (600, 1, 1), (601, 60, 0), (1200, 60, 1)])
def test_a_source_is_silent_after_twenty_intervals_and_ten_minutes(age_s: float, interval_s: float, found: int) -> None:
    assert len(attention.silent_sources([source(age_s=age_s, interval_s=interval_s)], now=NOW, pages={})) == found


def test_alarms_come_first_and_the_sentence_counts_them() -> None:
    found = attention.ordered(
        [
            *attention.silent_nodes(silent(82), now=NOW),
            *attention.many_rejects([source(rejects=30)]),
            *attention.silent_sources([source(age_s=7200)], now=NOW, pages={"cloudtrax": "presence"}),
        ]
    )
    assert [one.concern.level for one in found] == ["alarm", "warning", "warning"]
    assert attention.list_title(found) == "One alarm, two warnings"
    assert attention.sentence(found, "").startswith(
        "Three things need a look: !!CloudTrax Presence Reporting!! has sent"
    )
    assert attention.badges(found) == {"presence": 1, "health": 0}


def test_a_usual_day_is_of_the_same_weekday_where_two_are_known() -> None:
    counts = {FRIDAY - dt.timedelta(days=back): count for back, count in ((0, 42), (1, 90), (7, 30), (14, 42))}
    usual = today.usual_by_now(counts, NOW)
    assert usual == today.Usual(36, "a usual Friday by 14:30", 2)
    assert today.so_far(42, 14 * 60, usual, 42) == (
        "**42\N{NO-BREAK SPACE}visitor devices** today so far, **6 more** than on a usual Friday by 14:30; "
        "median stay **14\N{NO-BREAK SPACE}min**."
    )
    del counts[FRIDAY - dt.timedelta(days=14)]
    assert today.usual_by_now(counts, NOW) == today.Usual(60, "a usual day by 14:30", 2)


def test_what_may_not_be_told_is_compared_with_nothing() -> None:
    few = {FRIDAY - dt.timedelta(days=back): 3 for back in (7, 14)}
    assert today.usual_by_now(few, NOW) is None
    assert today.usual_by_now({FRIDAY - dt.timedelta(days=7): 30}, NOW) is None
    usual = today.Usual(36, "a usual Friday by 14:30", 2)
    assert today.so_far(None, None, usual, 3) == "**Fewer visitor devices** today so far than may be told."
    assert today.so_far(0, None, None, 0) == "**No visitor device** today so far."


def bins(day: dt.date, *means: float | None) -> list[dict[str, object]]:
    """A day of hours from 12:00 on; None was withheld."""
    start = dt.datetime.combine(day, dt.time(12), tzinfo=NOW.tzinfo).astimezone(dt.UTC)
    hour = dt.timedelta(hours=1)
    return [
        {"address_kind": "all", "start": start + n * hour, "end": start + (n + 1) * hour, "mean": mean, "nodes": 8}
        for n, mean in enumerate(means)
    ]


def test_the_band_is_the_middle_half_and_what_was_withheld_widens_it() -> None:
    import pyarrow as pa

    days = [FRIDAY - dt.timedelta(days=back) for back in (1, 2, 3, 4, 5)]
    rows = [
        row for day, mean in zip(days, (10.0, 20.0, 30.0, 40.0, 50.0), strict=True) for row in bins(day, mean, None)
    ]
    band = usual_band(pa.Table.from_pylist(rows), timezone=ZONE, days=days)
    assert band == {dt.time(12): (20.0, 40.0), dt.time(13): (0.0, 5.0)}
    assert usual_band(pa.Table.from_pylist(rows), timezone=ZONE, days=days[:2]) == {}


@pytest.mark.parametrize(
    ("level", "compared"),
    [(30.0, "as busy as"), (41.0, "busier than"), (19.0, "quieter than")],
)
def test_today_against_the_band(level: float, compared: str) -> None:
    import pyarrow as pa

    band = {dt.time(hour): (20.0, 40.0) for hour in range(24)}
    told = pa.Table.from_pylist(bins(FRIDAY, level, level, level))
    late = NOW.replace(hour=14, minute=0)
    assert today.against_band(told, band, name="usual day", now=late) == f"It is {compared} on a usual day"
    assert today.against_band(told, {}, name="usual day", now=late) == "Devices present today"


def test_the_chart_of_today_runs_from_midnight_to_midnight() -> None:
    import pyarrow as pa

    band = usual_band(pa.Table.from_pylist(bins(FRIDAY, 1.0)), timezone=ZONE, days=[])
    chart = usual_day(pa.Table.from_pylist(bins(FRIDAY, 7.0, None, 9.0)), band, name="usual day", now=NOW)
    assert chart.layout.xaxis.range == ("2026-11-19T23:00:00.000000", "2026-11-20T23:00:00.000000")
    assert list(chart.data[0].y) == [7.0, None, 9.0]
    assert chart.layout.meta["numbers"]["rows"][1] == ["13:00", "<5 devices", "–"]
    empty = usual_day(pa.Table.from_pylist(bins(FRIDAY, 1.0)).slice(0, 0), {}, name="", now=NOW)
    assert "telltale doctor" in empty.layout.meta["empty"]


def test_what_the_sources_delivered_agrees_with_the_simulator(lake: Lake) -> None:
    (one,) = delivered(lake.project)
    assert one.source.name == "cloudtrax"
    assert (one.devices, one.known) == (len(lake.truth["nodes"]), len(lake.truth["nodes"]))
    assert sum(one.hours) > 1000
    assert one.newest_us is not None
    assert 0 <= lake.project.now_us() - one.newest_us < 120_000_000
