"""Titles and notes: what the figures bear, and a neutral text where they do not."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from telltale.health.words.silences import Reporting, Silence, reporting
from telltale.presence.words import notes, report, titles, today
from telltale.presence.words.lengths import lengths
from telltale.workbench.periods import parse
from tests.presence import frames as week

N = "\N{NO-BREAK SPACE}"
PERIOD = parse("2026-W46", dt.datetime.combine(dt.date(2026, 11, 20), dt.time(9), tzinfo=ZoneInfo(week.ZONE)))


def said(text: str) -> str:
    return text.replace(N, " ")


def summary(**values: Any) -> pd.DataFrame:
    """The rows of `tt.presence.summary`, of all kinds together as given."""
    usual: dict[str, Any] = {
        "days": 7, "site": "71234", "name": "Harbour site", "timezone": week.ZONE, "rotation": "day", "k": 5,
        "visits": 346, "visitors": 305, "seen": 1353, "capture_rate": 305 / 1353,
        "dwell_median_s": 840.0, "dwell_p90_s": 4140.0, "newest": week.midnight(7),
        "late": 3, "rejected": 83, "flagged": 31, "fixed": 9, "staff": 4,
        "withheld_days": 0, "unknown_days": 0, "recorded_share": 0.99,
    } | values  # fmt: skip
    shares = {"all": 1.0, "global": 0.37, "local": 0.63}
    return pd.DataFrame(
        [usual | {"address_kind": kind, "visitors": usual["visitors"] * share} for kind, share in shares.items()]
    )


STAY = "; the median stay is **14 min**."


@pytest.mark.parametrize(
    ("now", "before", "text"),
    [
        ({}, {"visits": 333}, "A usual week with **346 visits**, **4 % more** than the week before" + STAY),
        ({}, {"visits": 346}, "A usual week with **346 visits**, as many as the week before" + STAY),
        ({}, {"visits": 200}, "**346 visits**, **73 % more** than the week before" + STAY),
        ({"dwell_median_s": None}, {"visits": 500}, "**346 visits**, **31 % fewer** than the week before."),
        ({}, {"visits": 200, "days": 6}, "**346 visits** in this week" + STAY),  # not as many days
        ({}, {"visits": 3}, "**346 visits** in this week" + STAY),  # too few to compare with
        ({"visits": 1}, {}, "**1 visit**, **100 % fewer** than the week before" + STAY),
        ({"visits": 0}, {}, "**No visits** in this period."),
        ({"visits": None}, {}, "The number of **visits** in this period is withheld, as small counts are."),
        # Two days are not recorded: their visits are in no sum, and the week is compared with nothing.
        ({"unknown_days": 2}, {"visits": 200}, "**At least 346 visits** in this week" + STAY),
        ({}, {"visits": 200, "unknown_days": 2}, "**346 visits** in this week" + STAY),
        ({}, {"visits": 200, "recorded_share": 0.5}, "**346 visits** in this week" + STAY),
        ({"withheld_days": 1}, {"visits": 200}, "**At least 346 visits** in this week" + STAY),
        ({"withheld_days": 1}, {"visits": 346, "withheld_days": 1},
         "A usual week with **at least 346 visits**, as many as the week before" + STAY),
        ({"visits": 0, "unknown_days": 1}, {}, "**No visits** in what is recorded of this period."),
    ],
)  # fmt: skip
def test_the_headline_figure(now: dict[str, Any], before: dict[str, Any], text: str) -> None:
    sentence = titles.visits_overall(summary(**now), summary(**before), period=PERIOD)
    assert said(sentence) == text


def days(*visitors: float | None, seen: int = 200, recorded: float = 1.0) -> pd.DataFrame:
    frame = week.days()
    frame = frame[frame["address_kind"] == "all"].head(len(visitors)).copy()
    frame["visitors"], frame["seen"], frame["node_share"] = list(visitors), seen, recorded
    return frame


@pytest.mark.parametrize(
    ("now", "before", "title"),
    [
        ((58, 55, 64, 54), (58, 55, 58, 54), "Wednesday was the busiest day; the week is 3 % up"),
        ((58, 55, 64, 54), (58, 55, 64, 54), "Wednesday was the busiest day; the week is as busy as before"),
        ((58, 55, 59, 54), (80, 80, 80, 80), "The week is 29 % down"),  # nobody is clearly ahead
        ((58, 55, 59, 54), None, "Visitors and passers-by, day by day"),
        ((58,), None, "Visitors and passers-by, day by day"),
        ((58, None, 70, 54), None, "Wednesday was the busiest day"),  # a withheld day is not a quiet one
        ((), (), "Visitors and passers-by, day by day"),
    ],
)
def test_the_busiest_day(now: tuple[float, ...], before: tuple[float, ...] | None, title: str) -> None:
    former = None if before is None else days(*before)
    assert said(titles.busiest_day(days(*now), former, timezone=week.ZONE)) == title


def test_a_day_recorded_in_part_is_neither_the_busiest_nor_a_trend() -> None:
    now, former = days(58, 55, 64, 54, recorded=0.9), days(80, 80, 80, 80)
    assert titles.busiest_day(now, former, timezone=week.ZONE) == "Visitors and passers-by, day by day"
    assert titles.busiest_day(days(80, 80, 80, 80), now, timezone=week.ZONE) == "Visitors and passers-by, day by day"


@pytest.mark.parametrize(
    ("visitors", "seen", "title"),
    [
        (50, 200, "About one device in four that is heard comes in"),
        (150, 200, "75 % of the devices heard come in"),
        (4, 200, "Visitors and passers-by, day by day"),
    ],
)
def test_who_comes_in(visitors: int, seen: int, title: str) -> None:
    assert said(titles.comes_in(days(visitors, seen=seen), k=5)) == title


def levels(*by_day: dict[int, float]) -> pd.DataFrame:
    """Bins of both kinds, half each, from the level at some hours of each day."""
    return pd.DataFrame(
        [
            {"address_kind": kind, "start": week.midnight(day) + dt.timedelta(hours=hour), "mean": level / 2}
            for day, hours in enumerate(by_day)
            for hour, level in hours.items()
            for kind in ("global", "local")
        ],
        columns=["address_kind", "start", "mean"],
    )


@pytest.mark.parametrize(
    ("by_day", "title"),
    [
        (({11: 20, 15: 18},), "It was busiest at 11:00, with about 20 devices"),
        (({11: 20}, {15: 28}, {11: 21}), "It was busiest on Tuesday at 15:00, with about 28 devices"),
        (({11: 20}, {12: 20}, {11: 19}, {15: 3}), "Most days are busiest around 11:00, with about 20 devices"),
        (({11: 20}, {19: 20}, {8: 19}), "Devices present over time"),
        (({11: 4},), "Devices present over time"),
        ((), "Devices present over time"),
    ],
)
def test_the_busiest_hour(by_day: tuple[dict[int, float], ...], title: str) -> None:
    assert titles.busiest_hour(levels(*by_day), timezone=week.ZONE, k=5) == title


@pytest.mark.parametrize(
    ("minutes", "title"),
    [
        ([10] * 57 + [30] * 43, "57 % of visits end within 20 minutes"),
        ([10] * 43 + [30] * 57, "Half of the visits last 30 min or longer"),
        ([20] * 50 + [19] * 50, "50 % of visits end within 20 minutes"),
        ([10] * 19, "Visits by length"),
    ],
)
def test_lengths_of_stay(minutes: list[int], title: str) -> None:
    frame = pd.DataFrame({"dwell_s": [60.0 * m for m in minutes]})
    assert said(titles.lengths_of_stay(frame, k=5)) == title


def matrix(**cells: int) -> pd.DataFrame:
    return pd.DataFrame([{"from_zone": pair[0], "to_zone": pair[1], "moves": n} for pair, n in cells.items()])


@pytest.mark.parametrize(
    ("moves", "title"),
    [
        (week.moves(), "Most moves run between Canteen, Entrance and Hall"),
        (matrix(ab=40, ba=35, bc=10, ca=5), "Most moves run between a and b"),
        (matrix(ab=40, bc=20, cd=20, da=20), "The most frequent move is from a to b"),
        (matrix(ab=20, bc=20, cd=20, da=20), "Moves between zones"),
        (matrix(ab=4), "Moves between zones"),
    ],
)
def test_the_busiest_paths(moves: pd.DataFrame, title: str) -> None:
    assert titles.busiest_paths(moves, k=5) == title


def test_reporting_finds_who_was_silent_while_others_reported() -> None:
    """The gap all nodes share is nobody's silence."""
    found = reporting(week.nodes())
    assert (found.known, found.last, found.now) == (6, 6, ())
    assert [silence.name for silence in found.silences] == ["c1", "c2"]


def test_reporting_finds_who_is_silent_now() -> None:
    nodes = week.nodes()
    found = reporting(nodes[(nodes["node_id"] != "d1") | (nodes["start"] < week.midnight(1))])
    assert (found.last, [silence.name for silence in found.now]) == (5, ["d1"])


TOO_SHORT = "and may be as long before the first and after the last frame: stays are a little too short."
UNFOLLOWED = "a device cannot be followed"
GAP = "no node reported. A gap is not a zero."


KINDS_OF_ONE_DAY = pd.DataFrame(
    [
        {"day": week.midnight(0), "address_kind": "local", "visitors": 8},
        {"day": week.midnight(0), "address_kind": "all", "visitors": 20},
        {"day": week.midnight(1), "address_kind": "local", "visitors": None},
        {"day": week.midnight(1), "address_kind": "all", "visitors": 900},
    ]
)
"""On the second day the kinds are withheld: a share of the sums would be 8 of 920."""


@pytest.mark.parametrize(
    ("note", "text"),
    [
        (notes.address_kinds(week.days()), "Devices, not people: 67 % of visitors used a randomised address."),
        (notes.address_kinds(KINDS_OF_ONE_DAY),
         "Devices, not people: 40 %, n = 20 of visitors used a randomised address on 1 of 2 days."),
        (notes.address_kinds(KINDS_OF_ONE_DAY.tail(2)), "Devices, not people: a phone may use several addresses."),
        (notes.partly(week.days().query("address_kind == 'all'"), timezone=week.ZONE),
         "Recorded in part, so a lower bound: Thu 12 Nov (90 %)."),
        (notes.partly(week.days().head(3)), ""),
        (notes.removed(dt.date(2026, 11, 12), "Visits"),
         "Visits are kept since Thu 12 Nov; earlier ones were removed."),
        (notes.cut_stays(pd.DataFrame({"cut": [False, True]})),
         "A stay over the change of keys is cut there: its parts are lower bounds."),
        (notes.keys(summary(), days=1), ""),
        (notes.keys(summary(rotation="never"), days=7), ""),
        (notes.keys(summary(rotation="week"), days=28), f"Keys change each week: {UNFOLLOWED} over the change."),
        (notes.left_out(summary()), "9 fixed devices and fewer than 5 staff devices removed before counting."),
        (notes.left_out(summary(fixed=0, staff=0)), ""),
        (notes.withheld(7), "Cells of fewer than 7 devices are not published (<7)."),
        (notes.gaps(week.bins(), week.nodes(), timezone=week.ZONE), f"**Gap** Thu 12 Nov, 03:15–05:30: {GAP}"),
        (notes.gaps(week.bins(1), week.nodes(1), timezone=week.ZONE), ""),
        (
            notes.set_aside(summary()),
            "83 rows rejected, 31 with a wrong clock left out, 3 came after their day had closed.",
        ),
        (
            notes.silent_nodes(week.nodes(), timezone=week.ZONE),
            "**Nodes c1 and c2** were silent Fri 13 Nov, 04:15–11:30: counts there are a lower bound.",
        ),
        (
            notes.resolution(pd.DataFrame({"silence_max_s": [60.0, 129.0, None, 190.0]})),
            f"A device is silent for up to 2 min within a visit (median), {TOO_SHORT}",
        ),
        (notes.resolution(pd.DataFrame({"silence_max_s": [None]})), ""),
        (notes.open_visits(lengths(week.visits(), k=2)), "2 visits may not have ended and are left out."),
        (notes.open_visits(lengths(week.visits(), k=5)),
         "Visits that may not have ended are left out; their number is withheld."),
    ],
)  # fmt: skip
def test_notes(note: str, text: str) -> None:
    assert said(note) == text


def test_the_page_opens_with_what_needs_a_look() -> None:
    nodes = week.nodes()
    nodes = nodes[(nodes["node_id"] != "c1") | (nodes["start"] < week.midnight(4))]
    opening = report.presence_sentence(summary(), summary(), nodes, week.bins(), PERIOD)
    assert "!!1 of 6 nodes!! was silent for its last" in opening.text
    assert "**at least 346" in opening.text
    assert said(opening.over) == "**Week 46 · Monday 9 to Sunday 15 November 2026** · Harbour site"


def test_an_empty_project_says_that_nothing_is_known() -> None:
    none = summary().head(0)
    opening = report.presence_sentence(none, none, week.nodes().head(0), week.bins().head(0), PERIOD)
    assert opening.text == "**No node reported** in this period, so nothing is known about visitors."
    tiles = report.presence_tiles(none, none, week.days().head(0), Reporting(0, 0, (), None), PERIOD).tiles
    assert [tile.value for tile in tiles] == ["–", "–", "–", "–", "–"]
    assert [tile.note for tile in tiles[::2]][::2] == ["no node reported", "no node has reported"]


def test_tiles_name_what_they_are_compared_with() -> None:
    tiles = report.presence_tiles(
        summary(), summary(visitors=293, dwell_median_s=900.0), week.days(), reporting(week.nodes()), PERIOD
    )
    assert [(tile.label, tile.value, tile.unit, said(tile.note)) for tile in tiles.tiles] == [
        ("Visitor devices", "305", "", "**+4 %** on the week before"),
        ("Median stay", "14", "min", "**−1 min**; p90 1 h 9 min"),
        ("Visitors per 100 seen", "23", "", "**±0** on the week before"),
        ("Peak present", "20", "at once", "Wed 11 Nov; 1 day recorded in part"),
        ("Nodes reporting", "6", "of 6", "longest silence **7 h 15 min**"),
    ]


def test_a_period_in_which_all_nodes_were_silent_is_not_one_in_which_all_reported() -> None:
    """Each known node has a stretch of no length at the beginning: it is known, and missing."""
    nodes = week.nodes().drop_duplicates("node_id").assign(start=week.midnight(0), end=week.midnight(0))
    found = report.reporting_of(nodes, PERIOD)
    assert (found.known, found.last, len(found.now)) == (6, 0, 6)
    opening = report.presence_sentence(summary(recorded_share=0.0), summary(), nodes, week.bins(), PERIOD)
    assert opening.text.startswith("**No node reported** in this period")
    assert report.nodes_title(found) == "No node reports"


@pytest.mark.parametrize(
    ("known", "last", "title"),
    [
        (0, 0, "No node reports"),
        (1, 1, "The one node reports"),
        (1, 0, "No node reports"),
        (2, 2, "Both nodes report"),
        (2, 1, "One of two nodes reports"),
        (8, 8, "All eight nodes report"),
        (8, 3, "Three of eight nodes report"),
    ],
)
def test_how_many_nodes_report_is_said_as_people_say_it(known: int, last: int, title: str) -> None:
    end = week.midnight(1)
    silences = tuple(Silence(str(n), end - dt.timedelta(hours=3), end) for n in range(known - last))
    assert report.nodes_title(Reporting(known, last, silences, end)) == title


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"visitors": 42}, "**42 visitor devices** today so far."),
        ({"visitors": 42, "at_least": True}, "**At least 42 visitor devices** today so far."),
        ({"visitors": 0}, "**No visitor device** today so far."),
        ({"visitors": 0, "at_least": True}, "**No visitor device** in what is recorded of today."),
        ({"visitors": None}, "The number of **visitor devices** today so far is withheld, as small counts are."),
        ({"visitors": None, "recorded": False}, "**Nothing is known of today:** no node has reported."),
        ({"visitors": 0, "recorded": False}, "**Nothing is known of today:** no node has reported."),
    ],
)
def test_today_is_counted_withheld_or_not_known(given: dict[str, Any], text: str) -> None:
    visitors = given.pop("visitors")
    assert said(today.so_far(visitors, None, None, 0, **given)) == text


def test_a_day_without_a_visit_counts_nobody_and_one_without_records_not_at_all() -> None:
    """Else a usual day is made of busy ones alone."""
    now = dt.datetime(2026, 11, 14, 12, tzinfo=ZoneInfo(week.ZONE))
    visits = pd.DataFrame({"device": ["a", "a", "b"], "entered_at": [week.midnight(day) for day in (0, 0, 2)]})
    monday = week.MONDAY
    found = today.visitors_by_now(visits, now, days=[monday, monday + dt.timedelta(days=1)])
    assert found == {monday: 1, monday + dt.timedelta(days=1): 0}


def test_the_footer_says_what_the_page_rests_on() -> None:
    reports = pd.DataFrame({"reports": [100_000, 51_302]})
    sources = pd.DataFrame({"source": ["cloudtrax", "sigfox"], "decoder": [1, 2], "records": [151_302, 0]})
    facts = report.presence_footer(summary(), reports, sources, PERIOD).facts
    assert said(facts["Records"]) == "151,302 used, 83 rows rejected, 31 with a wrong clock, 3 late"
    assert facts["Decoders"] == "cloudtrax 1"
    assert facts["Site"] == "Harbour site (71234)"


def test_reporting_does_not_take_the_last_word_for_the_present() -> None:
    """Where every node fell silent, the newest report is no measure of now."""
    nodes = week.nodes()
    last = max(nodes["end"])
    assert reporting(nodes, last + dt.timedelta(minutes=59)).last == 6
    silent = reporting(nodes, last + dt.timedelta(hours=1))
    assert (silent.known, silent.last, len(silent.now)) == (6, 0, 6)
