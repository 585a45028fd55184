"""What arrived, what did not, how late: the ingest page's charts, sentences and counts."""

import datetime as dt
from typing import Any

import pandas as pd
import pytest

from telltale import charts, findings, report
from telltale.contract import Raw
from telltale.lake.settle import settle_all
from telltale.presence.words.arrivals import REASONS
from telltale.workbench.periods import parse
from telltale.workbench.project import Project
from tests.lake_fixture import at, hear, set_clock, write_settings
from tests.lake_fixture import report as body_of
from tests.presence import frames as week

PERIOD = parse("2026-W46", dt.datetime.combine(dt.date(2026, 11, 20), dt.time(9), tzinfo=week.midnight(0).tzinfo))
REJECTS = [
    {"source": "cloudtrax", "reason": "group_address", "rejects": 38, "last_seen": week.midnight(2)},
    {"source": "cloudtrax", "reason": "bad_stamp", "rejects": 2, "last_seen": week.midnight(1)},
]
HEALTH = pd.DataFrame(
    {
        "site": "71234",
        "node_id": ["a1", "d1"],
        "last_seen": [week.midnight(7), week.midnight(7)],
        "reports": [20_160, 19_000],
        "interval_s": [30.0, 30.0],
        "longest_gap_s": [8100.0, None],
        "clock_offset_s": [0.4, 334.0],
    }
)
ARRIVED = pd.DataFrame({"records": [20_000, 19_160], "bytes": [9_000_000, 8_000_000], "repeated": [3, 0]})


def heartbeats(*hours: float) -> pd.DataFrame:
    return pd.DataFrame({"observed_at": [week.midnight(0) + dt.timedelta(hours=hour) for hour in hours]})


def test_arrivals_are_counted_by_local_hour_and_empty_hours_are_hatched() -> None:
    figure = charts.arrivals(heartbeats(0, 0.5, 1.2, 4.1), week.nodes(1), timezone=week.ZONE)
    assert [row[1] for row in figure.layout.meta["numbers"]["rows"]] == ["2", "1", "no record", "no record", "1"]
    assert figure.layout.meta["numbers"]["rows"][0][0] == "Mon\xa09\xa0Nov, 00:00"
    assert len([trace for trace in figure.data if trace.type == "scatter" and trace.fillpattern.shape]) == 2


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


def test_nothing_arrived_is_a_sentence() -> None:
    empty = week.nodes(1).head(0)
    assert "telltale doctor" in charts.arrivals(heartbeats().astype("datetime64[us, UTC]"), empty).layout.meta["empty"]
    assert findings.ingest_sentence(ARRIVED.head(0), [], empty, PERIOD).text == "**Nothing arrived** in this period."


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
    assert findings.lateness_title(frame).replace("\xa0", " ").startswith(f"{title} of rows came within five minutes")
    assert findings.lateness_title(frame.head(99)) == "How late rows came"


def test_the_sentence_counts_what_came_and_what_was_set_aside() -> None:
    told = findings.ingest_sentence(ARRIVED, REJECTS, week.nodes(), PERIOD)
    assert told.text.replace("\xa0", " ") == (
        "**39,160 reports** from **6 nodes** arrived; **40 rows** could not be decoded; "
        "the longest silence of a node was **7 h 15 min**."
    )


def test_tiles_warn_of_a_clock_that_is_off_and_name_the_node() -> None:
    tiles = findings.ingest_tiles(ARRIVED, REJECTS, HEALTH, week.nodes()).tiles
    assert [(tile.label, tile.value, tile.unit, tile.note.replace("\xa0", " "), tile.state) for tile in tiles] == [
        ("Reports kept", "39,160", "", "17.0 MB as received", ""),
        ("Rows rejected", "40", "", "most often group_address", ""),
        ("Sent again", "3", "", "same sightings twice, counted once", ""),
        ("Longest silence", "7\xa0h\xa015", "min", "c1", ""),
        ("Largest clock offset", "6", "min", "d1", "warning"),
    ]


def test_tables_name_nodes_and_reasons() -> None:
    nodes = findings.nodes_table(HEALTH, week.nodes(), timezone=week.ZONE)
    assert [row[0] for row in nodes.rows] == ["a1", "d1"]
    assert nodes.rows[1][3] == "–"
    rejects = findings.rejects_table(REJECTS, timezone=week.ZONE)
    assert [list(row[:3]) for row in rejects.rows] == [
        ["group_address", REASONS["group_address"], "38"],
        ["bad_stamp", REASONS["bad_stamp"], "2"],
    ]


@pytest.mark.parametrize(
    ("nodes", "title"),
    [
        (week.nodes(1), "All 6 nodes reported all through"),
        (week.nodes(1).head(1), "The node reported all through"),
        (week.nodes(), "Two of six nodes had a silence of an hour or more"),
        (week.nodes().head(0), "Reports received"),
    ],
)
def test_the_title_of_arrivals(nodes: Any, title: str) -> None:
    assert findings.arrivals_title(nodes) == title


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
    found = report.arrived("2026-11-19", "2026-11-20", project=project).to_dict("records")
    assert [(str(row["day"]), row["source"], row["records"], row["repeated"]) for row in found] == [
        ("2026-11-19", "cloudtrax", 11, 3)
    ]
    assert report.arrived("2026-11-18", "2026-11-19", project=project).empty
