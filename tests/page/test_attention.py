"""What needs a look, how today compares with earlier days, and the band that shows it: hand-worked cases."""

import datetime as dt
import json
import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from telltale.contract import Raw, Source
from telltale.dashboard.boards import Boards
from telltale.dashboard.pages import PAGES
from telltale.health import cards, concerns
from telltale.health.deliveries import Delivered, delivered
from telltale.health.words.silences import Reporting, Silence
from telltale.page import attention
from telltale.page.usual import Usual, usual_by_now
from telltale.presence.charts.usual import usual_band, usual_day
from telltale.presence.concerns import silent_nodes
from telltale.presence.words import today
from telltale.settings import load
from telltale.sources import SOURCES, pc_idle
from telltale.sources.button.records import METHOD, Heartbeat, heartbeat_body, heartbeat_path
from telltale.sources.cloudtrax import SOURCE
from telltale.workbench import Project
from tests.lake_fixture import Lake, write_settings
from tests.presence.frames import ZONE

NOW = dt.datetime(2026, 11, 20, 14, 32, tzinfo=ZoneInfo(ZONE))
FRIDAY = NOW.date()


def source(
    *,
    age_s: float = 10,
    interval_s: float = 30,
    rejects: int = 0,
    records: int = 2400,
    of: Source = SOURCE,
    silent_after_s: float | None = 600,
) -> Delivered:
    newest_us = round((NOW.timestamp() - age_s) * 1e6)
    hours = (records // 24,) * 24
    return Delivered(
        of, newest_us, interval_s, hours, 0.0, 8, 8, rejects, late_after_s=300, silent_after_s=silent_after_s
    )


def heartbeat(collector: str, end: dt.datetime) -> Raw:
    """A minute of listening, as a collector or a replayed file tells it."""
    end_us = round(end.timestamp() * 1e6)
    meta = json.dumps({"transport": collector, "method": METHOD, "path": heartbeat_path("eth0")})
    return Raw(0, "button", end_us, "", meta, heartbeat_body(Heartbeat(collector, 60, end_us, 0, 0, 0)))


def capture(root: Path, *raws: Raw) -> Project:
    """A project at `NOW` with these records of buttons."""
    project = Project(settings=load(write_settings(root)), now=lambda: round(NOW.timestamp() * 1e6))
    landing = project.landing()
    try:
        landing.put_many(raws)
    finally:
        landing.close()
    return project


def silent(*minutes: int, known: int = 8) -> Reporting:
    ends = NOW.astimezone(dt.UTC)
    silences = [Silence(f"East {n}", ends - dt.timedelta(minutes=m), ends) for n, m in enumerate(minutes, 1)]
    return Reporting(known, known - len(minutes), tuple(silences), ends)


def test_all_is_well() -> None:
    assert silent_nodes(silent(), now=NOW) == []
    assert concerns.silent_sources([source()], now=NOW, pages={}) == []
    assert concerns.many_rejects([source(rejects=4), source(rejects=24)], now=NOW) == []
    assert attention.sentence([], "42 visitors.") == "**Nothing needs a look.** 42 visitors."
    assert attention.list_title([]) == "Nothing needs a look"


def test_some_silent_nodes_are_a_warning_and_all_of_them_are_the_source() -> None:
    (found,) = silent_nodes(silent(82, 82, 82), now=NOW)
    assert found.concern.level == "warning"
    assert found.concern.what == "3 of 8 Wi-Fi nodes silent"
    assert found.phrase == "!!3 of 8 Wi-Fi nodes!! are silent since 13:10"
    assert silent_nodes(silent(82, 82, known=2), now=NOW) == []


@pytest.mark.parametrize(
    ("age_s", "after_s", "found"), [(599, 600, 0), (600, 600, 1), (86_400, None, 0), (1500, 10_800, 0), (10, 600, 0)]
)
def test_a_source_is_silent_when_its_devices_are(age_s: float, after_s: float | None, found: int) -> None:
    """And while records come, it is not: they may be such as tell of no device."""
    given = source(age_s=age_s, silent_after_s=after_s)
    assert len(concerns.silent_sources([given], now=NOW, pages={})) == found


def test_what_is_usual_is_said_of_a_device_or_said_to_be_unknown() -> None:
    told = [
        notice.concern.evidence.replace("\xa0", " ")
        for usual_s in (1800, 0)
        for notice in concerns.silent_sources([source(age_s=7200, interval_s=usual_s)], now=NOW)
    ]
    assert told == [
        "no record for 2 h; its most regular device reports each 30 min",
        "no record for 2 h; how often its devices report is unknown",
    ]


def test_every_source_has_a_short_title() -> None:
    assert all(0 < len(one.short_title) <= 20 for one in SOURCES)
    assert len({one.short_title for one in SOURCES}) == len(SOURCES)


def test_a_source_leads_to_the_page_of_its_rows() -> None:
    assert concerns.PAGE_OF == {
        "cloudtrax": "presence",
        "sigfox": "sensors",
        "efento": "sensors",
        "button": "kanban",
        "pc_idle": "activity",
        "meraki": "presence",
    }


def test_a_pc_that_is_off_for_a_weekend_is_no_fault() -> None:
    off = source(of=pc_idle.SOURCE, age_s=62 * 3600, interval_s=60)._replace(devices=0, gap_s=62 * 3600.0)
    assert concerns.silent_sources([off], now=NOW, pages={}) == []
    card = cards.delivering([off, source()], NOW)
    (row, _) = card.data()["sources"]
    assert (row["fresh"], row["devices"], row["gaps"]) == ("rest", "0 of 8", "–")
    assert card.title == "All sources deliver"
    assert list(card.notes) == ["PC idle time: a PC that is off tells nothing; that is no fault."]
    awake = cards.delivering([source(of=pc_idle.SOURCE)], NOW)
    assert awake.data()["sources"][0]["fresh"] == "fly"
    assert not awake.notes


def test_the_title_counts_the_sources_that_deliver() -> None:
    fresh, old = source(), source(age_s=7200)
    given = ([old], [old, old], [fresh, old], [fresh, fresh], [fresh])
    assert [cards.delivering(sources, NOW).title for sources in given] == [
        "No source delivers",
        "No source delivers",
        "One of two sources deliver",
        "All sources deliver",
        "CloudTrax delivers",
    ]


def test_capture_files_are_no_capture_that_fell_silent(tmp_path: Path) -> None:
    """The file ends on Friday a week before, at 11:05 on the site's clock."""
    ends = NOW.replace(hour=11, minute=5) - dt.timedelta(days=7)
    project = capture(tmp_path, heartbeat("replay", ends - dt.timedelta(days=1)), heartbeat("replay", ends))
    (one,) = delivered(project)
    assert (one.is_live, one.file_end_us) == (False, round(ends.timestamp() * 1e6))
    answer = Boards(project, PAGES).get("operations", {})
    assert answer is not None
    # A number that can be asked stands in an element of its own: no blank comes of it.
    said = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", re.sub(r"</?span[^>]*>", "", answer["html"])))
    assert "Nothing needs a look." in said
    assert "Button capture: nothing listens now; newest capture file ends Fri 13 Nov, 11:05." in said
    assert 'class="tile alarm' not in answer["html"]
    assert answer["freshness"]["silent_s"] > 365 * 86_400


def test_capture_files_that_keep_coming_are_as_good_as_live(tmp_path: Path) -> None:
    sources = delivered(capture(tmp_path, heartbeat("replay", NOW - dt.timedelta(minutes=1))))
    card = cards.delivering(sources, NOW)
    assert [row["fresh"] for row in card.data()["sources"]] == ["fly"]
    assert not card.notes


@pytest.mark.parametrize(("age", "found"), [(dt.timedelta(minutes=1), 0), (dt.timedelta(days=3), 1)])
def test_a_live_capture_that_stops_is_an_alarm_whatever_was_replayed_since(
    tmp_path: Path, age: dt.timedelta, found: int
) -> None:
    project = capture(tmp_path, heartbeat("arp@shed", NOW - age), heartbeat("replay", NOW - dt.timedelta(days=4)))
    sources = delivered(project)
    assert sources[0].is_live
    assert len(concerns.silent_sources(sources, now=NOW, pages={})) == found
    assert bool(attention.badges(concerns.silent_sources(sources, now=NOW, pages={"button": "kanban"}))) == bool(found)


def test_alarms_come_first_and_the_sentence_counts_them() -> None:
    found = attention.ordered(
        [
            *silent_nodes(silent(82), now=NOW),
            *concerns.many_rejects([source(rejects=30)], now=NOW),
            *concerns.silent_sources([source(age_s=7200)], now=NOW, pages={"cloudtrax": "presence"}),
        ]
    )
    assert [one.concern.level for one in found] == ["alarm", "warning", "warning"]
    assert attention.list_title(found) == "One alarm, two warnings"
    told = attention.sentence(found, "")
    assert told.startswith("!!CloudTrax!! has sent")
    assert told.endswith("; two more things need a look.")
    assert attention.sentence(found[:2], "").endswith("; one more thing needs a look.")
    assert attention.sentence(found[:1], "").endswith(". The rest is as usual.")
    assert attention.badges(found) == {"presence": 1, "health": 0}


def test_a_usual_day_is_of_the_same_weekday_where_two_are_known() -> None:
    counts = {FRIDAY - dt.timedelta(days=back): count for back, count in ((0, 42), (1, 90), (7, 30), (14, 42))}
    usual = usual_by_now(counts, NOW, k=5)
    assert usual == Usual(36, "a usual Friday by 14:30", 2)
    assert today.so_far(42, 14 * 60, usual, 42) == (
        "**42\N{NO-BREAK SPACE}visitor devices** today so far, **6 more** than on a usual Friday by 14:30 "
        "(median of 2); median stay **14\N{NO-BREAK SPACE}min**."
    )
    del counts[FRIDAY - dt.timedelta(days=14)]
    assert usual_by_now(counts, NOW, k=5) == Usual(60, "a usual day by 14:30", 2)


def test_what_may_not_be_told_is_compared_with_nothing() -> None:
    few = {FRIDAY - dt.timedelta(days=back): 3 for back in (7, 14)}
    assert usual_by_now(few, NOW, k=5) is None
    assert usual_by_now({FRIDAY - dt.timedelta(days=7): 30}, NOW, k=5) is None
    usual = Usual(36, "a usual Friday by 14:30", 2)
    withheld = "The number of **visitor devices** today so far is withheld, as small counts are."
    assert today.so_far(None, None, usual, 3) == withheld
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
    band = usual_band(pa.Table.from_pylist(rows), timezone=ZONE, days=days, k=5)
    assert band == {dt.time(12): (20.0, 40.0), dt.time(13): (0.0, 5.0)}
    assert usual_band(pa.Table.from_pylist(rows), timezone=ZONE, days=days[:2], k=5) == {}


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
    # Where some nodes are silent, or all were, the counts are too low to compare.
    for nodes, expected in ((7, 8), (0, 8)):
        partly = [row | {"nodes": nodes, "expected": expected} for row in bins(FRIDAY, level, level, level)]
        assert today.against_band(pa.Table.from_pylist(partly), band, name="", now=late) == "Devices present today"


def test_the_chart_of_today_runs_from_midnight_to_midnight() -> None:
    import pyarrow as pa

    band = usual_band(pa.Table.from_pylist(bins(FRIDAY, 1.0)), timezone=ZONE, days=[], k=5)
    chart = usual_day(pa.Table.from_pylist(bins(FRIDAY, 7.0, None, 9.0)), band, name="usual day", now=NOW, k=5)
    assert chart.layout.xaxis.range == ("2026-11-19T23:00:00.000000", "2026-11-20T23:00:00.000000")
    assert list(chart.data[0].y) == [7.0, None, 9.0]
    assert [list(trace.y) for trace in chart.data if trace.marker.size == 5] == [[7.0, None, 9.0]]
    assert chart.layout.meta["numbers"]["rows"][1] == ["13:00", "<5 devices", "–"]
    empty = usual_day(pa.Table.from_pylist(bins(FRIDAY, 1.0)).slice(0, 0), {}, name="", now=NOW, k=5)
    assert "telltale doctor" in empty.layout.meta["empty"]


def test_what_the_sources_delivered_agrees_with_the_simulator(lake: Lake) -> None:
    (one,) = delivered(lake.project)
    assert one.source.name == "cloudtrax"
    assert (one.devices, one.known) == (len(lake.truth["nodes"]), len(lake.truth["nodes"]))
    assert sum(one.hours) > 1000
    assert one.newest_us is not None
    assert 0 <= lake.project.now_us() - one.newest_us < 120_000_000
