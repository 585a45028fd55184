"""What arrived, what did not, how late: the ingest page's charts, sentences and counts."""

import datetime as dt
from typing import Any

import pandas as pd
import pytest

from telltale import health
from telltale.contract import Raw
from telltale.health import charts
from telltale.health.words import arrivals as words
from telltale.health.words.arrivals import Arrived
from telltale.health.words.rejects import REASONS, rejects_table
from telltale.lake.settle import settle_all
from telltale.sources import cloudtrax, efento, sigfox
from telltale.workbench.project import Project
from tests.lake_fixture import at, hear, set_clock, write_settings
from tests.lake_fixture import report as body_of
from tests.presence import frames as week

REJECTS = [
    {"source": "cloudtrax", "reason": "group_address", "rejects": 38, "last_seen": week.midnight(2)},
    {"source": "cloudtrax", "reason": "bad_stamp", "rejects": 2, "last_seen": week.midnight(1)},
]
HEALTH = pd.DataFrame(
    {
        "site": "71234",
        "source": "cloudtrax",
        "device_id": ["a1", "d1"],
        "name": ["a1", "d1"],
        "state": "on_time",
        "last_seen": [week.midnight(7), week.midnight(7)],
        "reports": [20_160, 19_000],
        "interval_s": [30.0, 30.0],
        "longest_gap_s": [8100.0, None],
        "clock_offset_s": [0.4, 334.0],
    }
)
RECORDS = pd.DataFrame({"records": [20_000, 19_160], "bytes": [9_000_000, 8_000_000], "repeated": [3, 0]})


def nodes(heard: Any, records: Any = RECORDS, rejects: Any = REJECTS) -> Arrived:
    """What is known of access points."""
    return Arrived(cloudtrax.SOURCE, records, HEALTH, [], rejects, heard)


def heartbeats(*hours: float) -> pd.DataFrame:
    return pd.DataFrame({"observed_at": [week.midnight(0) + dt.timedelta(hours=hour) for hour in hours]})


def test_arrivals_are_counted_by_local_hour_and_empty_hours_are_hatched() -> None:
    figure = charts.arrivals(heartbeats(0, 0.5, 1.2, 4.1), week.nodes(1), timezone=week.ZONE)
    assert [row[1] for row in figure.layout.meta["numbers"]["rows"]] == ["2", "1", "no record", "no record", "1"]
    assert figure.layout.meta["numbers"]["rows"][0][0] == "Mon\xa09\xa0Nov, 00:00"
    assert len([trace for trace in figure.data if trace.type == "scatter" and trace.fillpattern.shape]) == 2


def test_the_arrivals_of_a_first_hour_are_one_bar_an_hour_wide() -> None:
    figure = charts.arrivals(heartbeats(0, 0.1), week.nodes(1), timezone=week.ZONE)
    (bar,) = [trace for trace in figure.data if trace.type == "bar"]
    assert list(bar.y) == [2]
    assert bar.width == pytest.approx(0.88 * 3_600_000)
    assert len(figure.layout.xaxis.ticktext) >= 2


def test_an_hour_in_which_the_capture_listened_and_nothing_came_is_an_empty_one() -> None:
    """Listening from 00:00 to 02:30: nothing came from 02:00 on, and from 03:00 on nobody knows."""
    capture = pd.DataFrame({"node_id": ["eth0"], "zone": ["capture"], "start": [week.midnight(0)],
                            "end": [week.midnight(0) + dt.timedelta(hours=2.5)]})  # fmt: skip
    figure = charts.arrivals(heartbeats(0, 1.2, 4.1), capture, timezone=week.ZONE, is_life=False)
    assert [row[1] for row in figure.layout.meta["numbers"]["rows"]] == ["1", "1", "0", "no record", "1"]
    assert len([trace for trace in figure.data if trace.type == "scatter" and trace.fillpattern.shape]) == 1


def test_arrivals_of_many_days_are_counted_by_day_also_when_clocks_change() -> None:
    """25 October 2026 has 25 hours in Berlin; noon of ten days around it is once in each."""
    noons = [dt.datetime(2026, 10, 20, 10, tzinfo=dt.UTC) + dt.timedelta(days=n) for n in range(10) if n != 7]
    figure = charts.arrivals(pd.DataFrame({"observed_at": noons}), week.nodes(1), timezone=week.ZONE)
    rows = figure.layout.meta["numbers"]["rows"]
    assert [row[1] for row in rows] == ["1"] * 7 + ["no record"] + ["1"] * 2
    assert rows[5][0].replace("\xa0", " ") == "Sun 25 Oct"


def test_the_hour_that_comes_twice_is_counted_twice() -> None:
    """25 October 2026 in Berlin: 02:30 of summer time is 00:30 UTC, 02:30 of winter time is 01:30 UTC."""
    moments = [dt.datetime(2026, 10, 25, hour, 30, tzinfo=dt.UTC) for hour in (0, 1, 2)]
    figure = charts.arrivals(pd.DataFrame({"observed_at": [*moments, moments[1]]}), week.nodes(1), timezone=week.ZONE)
    rows = [[cell.replace("\xa0", " ") for cell in row] for row in figure.layout.meta["numbers"]["rows"]]
    assert rows == [["Sun 25 Oct, 02:00", "1"], ["Sun 25 Oct, 02:00", "2"], ["Sun 25 Oct, 03:00", "1"]]


def test_nothing_arrived_is_a_sentence() -> None:
    empty = week.nodes(1).head(0)
    assert "telltale doctor" in charts.arrivals(heartbeats().astype("datetime64[us, UTC]"), empty).layout.meta["empty"]
    assert words.arrivals_sentence(nodes(empty, RECORDS.head(0), [])) == "**Nothing arrived** in this period."


def test_lateness_classes_hold_their_lower_edge() -> None:
    seen = week.midnight(0)
    ages = (0, 59, 60, 299, 300, 3599, 3600, 86_400, -20)
    frame = pd.DataFrame({"received_at": [seen + dt.timedelta(seconds=age) for age in ages], "last_seen": seen})
    figure = charts.lateness(frame)
    assert [row[1] for row in figure.layout.meta["numbers"]["rows"]] == ["3", "2", "2", "1", "1"]


@pytest.mark.parametrize(("late", "title"), [(0, "100 %"), (5, "95 %")])
def test_lateness_is_told_of_a_hundred_rows(late: int, title: str) -> None:
    seen = week.midnight(0)
    ages = [10] * (100 - late) + [600] * late
    frame = pd.DataFrame({"received_at": [seen + dt.timedelta(seconds=age) for age in ages], "last_seen": seen})
    told = {"table": "sighting", "own": "last_seen"}
    said = words.lateness_title(frame, table=told["table"], own=told["own"]).replace("\xa0", " ")
    assert said.startswith(f"{title} of rows came within five minutes")
    assert words.lateness_title(frame.head(99), table=told["table"], own=told["own"]) == "How late rows came"


def test_messages_are_prompt_within_a_minute() -> None:
    sent = week.midnight(0)
    ages = [10] * 99 + [61]
    frame = pd.DataFrame({"received_at": [sent + dt.timedelta(seconds=age) for age in ages], "observed_at": sent})
    told = {"table": "uplink", "own": "observed_at"}
    assert (
        words.lateness_title(frame, table=told["table"], own=told["own"]).replace("\xa0", " ")
        == "99 % of messages came within a minute"
    )
    assert words.lateness_title(frame.head(9), table=told["table"], own=told["own"]) == "How late messages came"


def test_the_sentence_counts_what_came_and_what_was_set_aside() -> None:
    assert words.arrivals_sentence(nodes(week.nodes())).replace("\xa0", " ") == (
        "**39,160 reports** from **6 nodes** arrived; **40 rows** could not be decoded; "
        "the longest silence of a node was **7 h 15 min**."
    )


def test_tiles_warn_of_a_clock_that_is_off_and_name_the_node() -> None:
    tiles = words.arrivals_tiles(nodes(week.nodes())).tiles
    assert [(tile.label, tile.value, tile.unit, tile.note.replace("\xa0", " "), tile.state) for tile in tiles] == [
        ("Reports kept", "39,160", "", "17.0 MB as received", ""),
        ("Rows rejected", "40", "", "most often group_address", ""),
        ("Sent again", "3", "", "same sightings twice, counted once", ""),
        ("Longest silence", "7\xa0h\xa015", "min", "c1", ""),
        ("Largest clock offset", "6", "min", "d1", "warning"),
    ]


def test_reasons_are_told_with_what_they_mean() -> None:
    rejects = rejects_table(REJECTS, timezone=week.ZONE)
    assert [list(row[:3]) for row in rejects.rows] == [
        ["group_address", REASONS["group_address"], "38"],
        ["bad_stamp", REASONS["bad_stamp"], "2"],
    ]


@pytest.mark.parametrize(
    ("heard", "title"),
    [
        (week.nodes(1), "All 6 nodes reported all through"),
        (week.nodes(1).head(1), "The node reported all through"),
        (week.nodes(), "Two of six nodes had a silence of an hour or more"),
        (week.nodes().head(0), "Reports received"),
    ],
)
def test_the_title_of_arrivals(heard: Any, title: str) -> None:
    assert words.arrivals_title(nodes(heard)) == title


def test_records_are_counted_hot_and_settled_and_repeats_only_where_they_say_something(tmp_path: Any) -> None:
    project = Project(write_settings(tmp_path))
    set_clock(project, at("2026-11-19T18:00"))
    hear(project, ("3c:06:30:aa:bb:01", "2026-11-19T10:00", "2026-11-19T10:20"))
    settle_all(project.lake, now_us=project.now_us())
    hear(project, ("3c:06:30:aa:bb:01", "2026-11-19T10:00", "2026-11-19T10:20"))  # the same three reports once more
    empty = body_of("AC:86:74:11:22:33", [])
    landing = project.landing()
    for minute in range(5):
        landing.append(Raw(0, "cloudtrax", at(f"2026-11-19T11:0{minute}"), "127.0.0.1", "{}", empty))
    landing.close()
    found = health.arrived("2026-11-19", "2026-11-20", project=project).to_dict("records")
    assert [(str(row["day"]), row["source"], row["records"], row["repeated"]) for row in found] == [
        ("2026-11-19", "cloudtrax", 11, 3)
    ]
    assert health.arrived("2026-11-18", "2026-11-19", project=project).empty


def devices(**states: str) -> pd.DataFrame:
    row = {"source": "sigfox", "reports": 140, "interval_s": 600.0, "longest_gap_s": 1200.0, "missing": 3}
    row |= {"clock_offset_s": 4.0, "silent_s": 60.0}
    return pd.DataFrame([row | {"device_id": name, "name": name, "state": state} for name, state in states.items()])


ON_TIME = devices(a="on_time", b="on_time")
FRAMES = pd.DataFrame([{"day": dt.date(2026, 11, 19), "records": 96, "bytes": 4000, "repeated": 1}])
COMPLETE = pd.DataFrame(
    [{"name": "fridge", "due": 288, "received": 288}, {"name": "cold store", "due": 288, "received": 287}]
)
OVERDUE = pd.DataFrame([{"name": "fridge", "overdue_s": 300.0, "is_open": True}])


def said(text: str) -> str:
    return text.replace("\xa0", " ")


def test_numbered_messages_are_told_once_or_again_or_lost() -> None:
    given = Arrived(sigfox.SOURCE, pd.DataFrame({"records": [300]}), ON_TIME, [], [], week.nodes(1))
    assert said(words.arrivals_sentence(given)) == (
        "**300 callbacks** told **280 messages** of **2 devices**; **6 messages** were lost on the air."
    )
    records = pd.DataFrame({"records": [300], "bytes": [9000], "repeated": [0]})
    tiles = words.arrivals_tiles(given._replace(records=records)).tiles
    assert [(tile.label, tile.value) for tile in tiles[:3]] == [
        ("Callbacks kept", "300"), ("Messages", "280"), ("Lost on the air", "6"),
    ]  # fmt: skip


def frames(records: Any = FRAMES, complete: Any = COMPLETE, overdue: Any = OVERDUE) -> Arrived:
    found = devices(a="on_time") if len(records) else ON_TIME.head(0)
    return Arrived(efento.SOURCE, records, found, [], [], week.nodes(1), complete, overdue)


def test_readings_that_are_kept_until_acknowledged_are_complete_or_not() -> None:
    text = "**96 frames** of **1 device** arrived; **99.8 %** of the readings due are here."
    assert said(words.arrivals_sentence(frames())) == text
    assert words.arrivals_sentence(frames(FRAMES[:0], COMPLETE[:0])) == "**Nothing arrived** in this period."
    assert words.completeness_title(COMPLETE[:1]) == "100.0\xa0% of the readings due are here"


def test_the_tiles_of_frames() -> None:
    tiles = words.arrivals_tiles(frames()).tiles
    assert [(tile.value, tile.state) for tile in tiles[:4]] == [("96", ""), ("1", ""), ("99.8", ""), ("1", "warning")]
    calm = words.arrivals_tiles(frames(complete=COMPLETE[:0], overdue=OVERDUE.assign(is_open=False))).tiles
    assert [(tile.value, tile.state) for tile in calm[2:4]] == [("–", ""), ("1", "")]


def test_what_is_silent_comes_first() -> None:
    line = {"source": "sigfox", "title": "Sigfox", "device_id": "a", "kind": "device", "silent_s": 7200.0}
    given = Arrived(sigfox.SOURCE, pd.DataFrame({"records": [3]}), ON_TIME, [line], REJECTS, week.nodes(1))
    assert said(words.arrivals_sentence(given)) == (
        "!!A!! has been silent for !!2 h!!. **3 callbacks** told **280 messages** of **2 devices**; "
        "**6 messages** were lost on the air; **40 rows** could not be decoded."
    )
