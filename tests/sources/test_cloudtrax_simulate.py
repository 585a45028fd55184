"""The simulated site: one seed one stream, slices, the story it tells, and its truth."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from telltale.address import LOCAL_BIT
from telltale.contract import (
    Chunk,
    ConfigError,
    Emission,
    Raw,
    Reject,
    Reply,
    Request,
    Scenario,
    Secrets,
    SourceSettings,
)
from telltale.sources import source
from telltale.sources.cloudtrax.simulate import simulate, truth
from telltale.sources.cloudtrax.simulate.people import people
from telltale.sources.cloudtrax.simulate.site import Site

CLOUDTRAX = source("cloudtrax")
SETTINGS = SourceSettings({}, Secrets({"71234": "telltale"}))
BERLIN = ZoneInfo("Europe/Berlin")
THURSDAY = date(2026, 11, 12)
HOUR = 3600
DAY = 86_400
UNSET_US = DAY * 1_000_000
"""The clock without a time shows the first day of 1970."""


def at(day: date, hour: float = 0, zone: ZoneInfo = BERLIN) -> int:
    return int((datetime.combine(day, time()) + timedelta(hours=hour)).replace(tzinfo=zone).timestamp())


def scenario(start: date = THURSDAY, days: float = 1, *, seed: int = 7, zone: str = "Europe/Berlin") -> Scenario:
    begin = at(start, zone=ZoneInfo(zone))
    return Scenario(seed, begin, begin + int(days * DAY), zone)


@pytest.fixture(scope="module")
def thursday_and_friday() -> list[Emission]:
    return list(simulate(scenario(days=2), SETTINGS))


@pytest.fixture(scope="module")
def reports(thursday_and_friday: list[Emission]) -> list[dict[str, Any]]:
    return [json.loads(emission.body) for emission in thursday_and_friday]


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """The truth of Thursday and Friday."""
    return dict(truth(scenario(days=2), SETTINGS))


@pytest.fixture(scope="module")
def week() -> dict[str, Any]:
    """The truth of a whole week, Monday to Sunday."""
    return dict(truth(scenario(date(2026, 11, 9), 7), SETTINGS))


def test_one_seed_gives_one_stream(thursday_and_friday: list[Emission]) -> None:
    assert list(simulate(scenario(days=2), SETTINGS)) == thursday_and_friday


def test_another_seed_gives_another_stream() -> None:
    hour = scenario(days=1 / 24)
    assert list(simulate(hour, SETTINGS)) != list(simulate(hour._replace(seed=8), SETTINGS))


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (at(THURSDAY), at(THURSDAY) + 1),
        (at(THURSDAY, 3), at(THURSDAY, 5)),  # across the night gap and the cut of the keys
        (at(THURSDAY, 12) + 17, at(THURSDAY, 12.25) + 43),
        (at(THURSDAY, 23.9), at(THURSDAY, 25.3)),  # across midnight
        (at(THURSDAY, 37), at(THURSDAY, 48)),  # the daytime outage
    ],
)
def test_a_part_is_a_slice(thursday_and_friday: list[Emission], start: int, end: int) -> None:
    part = list(simulate(Scenario(7, start, end, "Europe/Berlin"), SETTINGS))
    assert part == [one for one in thursday_and_friday if start * 1_000_000 <= one.at < end * 1_000_000]


def test_emissions_are_in_time_order_and_in_range(thursday_and_friday: list[Emission]) -> None:
    times = [emission.at for emission in thursday_and_friday]
    assert times == sorted(times)
    assert at(THURSDAY) * 1_000_000 <= times[0] < times[-1] < at(THURSDAY, 48) * 1_000_000


def test_an_empty_range_sends_nothing() -> None:
    assert list(simulate(scenario(days=0), SETTINGS)) == []


def test_every_report_is_accepted_by_its_signature(thursday_and_friday: list[Emission]) -> None:
    for emission in thursday_and_friday[::50]:
        assert accepted(emission).status == 200


def accepted(emission: Emission) -> Reply:
    headers = {name.lower(): value for name, value in emission.headers.items()}
    request = Request("cloudtrax", emission.at, "", "http", emission.method, emission.path, headers, "", emission.body)
    return CLOUDTRAX.accept(request, SETTINGS)


def test_the_smallest_network_with_a_secret_is_simulated() -> None:
    settings = SourceSettings({}, Secrets({"900": "b", "80": "a", "home": "c"}))
    (first, *_) = simulate(scenario(days=0.01), settings)
    assert json.loads(first.body)["network_id"] == 80


def test_no_secret_says_what_to_set() -> None:
    with pytest.raises(ConfigError, match=r"secrets\.toml"):
        simulate(scenario(), SourceSettings({}, Secrets()))


def test_both_row_shapes_and_both_spellings_of_a_node_are_sent(reports: list[dict[str, Any]]) -> None:
    fields: dict[str, set[int]] = defaultdict(set)
    for report in reports:
        fields[report["node_mac"]] |= {len(row) for row in report["probe_requests"]}
    assert all(len(shapes) == 1 for shapes in fields.values()), "a node has one firmware"
    assert {shape for shapes in fields.values() for shape in shapes} == {8, 9}
    assert {node.isupper() for node in fields} == {True, False}
    assert len(fields) == 8


def test_rows_are_as_the_wire_says(reports: list[dict[str, Any]]) -> None:
    for report in reports[::7]:
        for row in report["probe_requests"]:
            assert row["count"] >= 1
            assert -110 <= row["min_signal"] <= row["avg_signal"] <= row["max_signal"] < 0
            assert row["first_seen"] <= row["last_seen"]
            assert row["min_signal"] <= row.get("last_seen_signal", row["max_signal"]) <= row["max_signal"]


def test_a_compatible_sender_keeps_first_seen_while_a_station_stays(reports: list[dict[str, Any]]) -> None:
    """The same first_seen with a later last_seen, from the nodes that spell themselves in lower case and no others."""
    ends: dict[tuple[str, str, int], set[int]] = defaultdict(set)
    for report in reports:
        for row in report["probe_requests"]:
            ends[report["node_mac"], row["mac"], row["first_seen"]].add(row["last_seen"])
    growing = {node for (node, _, _), lasts in ends.items() if len(lasts) > 1}
    assert growing == {node for node, _, _ in ends if node.islower()}
    assert max(len(lasts) for lasts in ends.values()) > 3


def test_a_station_is_heard_by_several_nodes_at_once(reports: list[dict[str, Any]]) -> None:
    nodes: dict[tuple[str, int], set[str]] = defaultdict(set)
    for report in reports:
        for row in report["probe_requests"]:
            nodes[row["mac"], row["last_seen"]].add(report["node_mac"])
    assert sum(len(heard) > 1 for heard in nodes.values()) > len(nodes) / 3


def test_a_quiet_node_still_reports_each_minute_but_in_an_outage(
    thursday_and_friday: list[Emission], reports: list[dict[str, Any]], told: dict[str, Any]
) -> None:
    sent: dict[str, list[float]] = defaultdict(list)
    for emission, body in zip(thursday_and_friday, reports, strict=True):
        sent[body["node_mac"].lower()].append(emission.at / 1e6)
    outages = told["outages"]
    assert [len(outage["nodes"]) for outage in outages] == [8, 3]
    for node, times in sent.items():
        mine = [(one["start_s"], one["end_s"]) for one in outages if node in one["nodes"]]
        holes = [(one, two) for one, two in pairwise(times) if two - one > 62]
        assert len(holes) == len(mine)
        for (last, first), (start, end) in zip(holes, mine, strict=True):
            assert start - 62 < last < start
            assert end < first < end + 100


def test_some_reports_are_sent_twice(thursday_and_friday: list[Emission]) -> None:
    times: dict[bytes, list[int]] = defaultdict(list)
    for emission in thursday_and_friday:
        if b'"mac"' in emission.body:
            times[emission.body].append(emission.at)
    again = [max(moments) - min(moments) for moments in times.values() if len(moments) > 1]
    assert again
    assert all(4e6 <= later < 14e6 for later in again)


def test_one_clock_is_ahead_and_one_is_unset_for_a_while(
    thursday_and_friday: list[Emission], reports: list[dict[str, Any]], told: dict[str, Any]
) -> None:
    ahead: dict[str, list[int]] = defaultdict(list)
    unset = Counter[str]()
    for emission, body in zip(thursday_and_friday, reports, strict=True):
        for row in body["probe_requests"]:
            if row["last_seen"] < DAY:
                unset[body["node_mac"].lower()] += 1
            else:
                window_end = emission.at // 30_000_000 * 30
                ahead[body["node_mac"].lower()].append(row["last_seen"] - window_end)
    skewed = {node["node_id"] for node in told["nodes"] if node["skew_s"]}
    assert {node for node, values in ahead.items() if max(values) >= 0} == skewed
    assert len(unset) == 1
    assert unset.total() == told["totals"]["clock_wrong"]


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (THURSDAY, 24), (date(2026, 1, 1), 24)]
)
def test_days_have_their_own_length(day: date, hours: int) -> None:
    begin, end = at(day), at(day + timedelta(days=1))
    told = truth(Scenario(7, begin, end, "Europe/Berlin"), SETTINGS)
    assert told["days"][str(day)]["end_s"] - told["days"][str(day)]["start_s"] == hours * HOUR
    assert list(told["days"]) == [str(day)]
    fixed = [stay for stay in told["stays"] if stay["role"] == "fixed" and stay["end_s"] > begin]
    assert {(stay["start_s"], stay["end_s"]) for stay in fixed} == {(begin, end)}


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland"])
def test_visitors_come_by_the_clock_of_the_site(zone: str) -> None:
    hours = arrivals(zone)
    assert hours == arrivals("UTC")
    assert sum(hours[hour] for hour in range(7, 21)) >= hours.total() - 3  # who comes again may be later


def arrivals(zone: str) -> Counter[int]:
    site = Site(7, ZoneInfo(zone))
    stays = [stay for stay in people(site, THURSDAY) if stay.role == "visitor"]
    return Counter(datetime.fromtimestamp(stay.start_s, site.zone).hour for stay in stays)


@pytest.fixture(scope="module")
def decoded(thursday_and_friday: list[Emission]) -> tuple[dict[tuple[Any, ...], dict[str, Any]], int]:
    """The distinct sightings of what was sent, by natural key, and how many rows were set aside (once a body)."""
    sightings: dict[tuple[Any, ...], dict[str, Any]] = {}
    rejects = set()
    for emission in thursday_and_friday:
        for part in CLOUDTRAX.decode(Raw(1, "cloudtrax", emission.at, "", "{}", emission.body), {}):
            if isinstance(part, Reject):
                assert part.reason == "group_address"
                rejects.add((emission.body, part.part))
            elif isinstance(part, Chunk) and part.table == "sighting":
                names = list(part.columns)
                for values in zip(*part.columns.values(), strict=True):
                    row = dict(zip(names, values, strict=True))
                    key = tuple(row[name] for name in ("node_id", "device", "radio", "first_seen", "last_seen"))
                    sightings[key] = row
    return sightings, len(rejects)


def test_truth_counts_what_was_sent(
    thursday_and_friday: list[Emission],
    decoded: tuple[dict[tuple[Any, ...], dict[str, Any]], int],
    told: dict[str, Any],
) -> None:
    (sightings, rejects), totals = decoded, told["totals"]
    assert totals["reports"] == len(thursday_and_friday)
    assert totals["sightings"] == len(sightings)
    assert totals["rejected"] == rejects > 0
    assert totals["clock_wrong"] == sum(row["last_seen"] < UNSET_US for row in sightings.values()) > 0


def test_truth_is_what_a_timeline_of_seconds_says(
    decoded: tuple[dict[tuple[Any, ...], dict[str, Any]], int], told: dict[str, Any]
) -> None:
    """Another way to the same figures: mark the seconds between first and last, split where 900 are unmarked."""
    sightings, _ = decoded
    noise = {int(text.replace(":", ""), 16) for text in (*told["staff"], *told["fixed"])}
    for day in (THURSDAY, THURSDAY + timedelta(days=1)):
        for kind in ("global", "local"):
            local = LOCAL_BIT if kind == "local" else 0
            rows = [
                row for row in sightings.values() if row["device"] & LOCAL_BIT == local and row["device"] not in noise
            ]
            expected = told["days"][str(day)]["figures"][kind]
            assert {name: expected[name] for name in ("seen", "visitors", "visits", "engaged")} == figures(rows, day)
            lengths = [one[2] - one[1] for one in visits(rows) if one[3] and at(day) <= one[1] < at(day, 24)]
            assert expected["dwell_median_s"] == median(lengths)


def visits(rows: list[dict[str, Any]]) -> list[tuple[Any, int, int, bool, bool]]:
    """Device-period, start, end, whether a visit, whether at least a passer-by; of every session."""
    devices = defaultdict(list)
    for row in rows:
        if row["last_seen"] >= UNSET_US:
            last = row["last_seen"] // 1_000_000
            devices[row["device"], (datetime.fromtimestamp(last, BERLIN) - timedelta(hours=4)).date()].append(row)
    return [one for device, some in devices.items() for one in _timeline(device, some)]


def _timeline(device: Any, rows: list[dict[str, Any]]) -> Iterator[tuple[Any, int, int, bool, bool]]:
    spans = [(row["first_seen"] // 1_000_000, row["last_seen"] // 1_000_000, row) for row in rows]
    origin = min(first for first, _, _ in spans)
    seconds = np.zeros(max(last for _, last, _ in spans) - origin + 1, bool)
    for first, last, _ in spans:
        seconds[first - origin : last - origin + 1] = True
    marked = np.flatnonzero(seconds) + origin
    breaks = np.flatnonzero(np.diff(marked) > 900)
    for start, end in zip(marked[[0, *breaks + 1]], marked[[*breaks, -1]], strict=True):
        inside = [row for first, _, row in spans if start <= first <= end]
        strongest = max(row["rssi_max_dbm"] for row in inside)
        visit = any(row["associated"] for row in inside) or (end - start >= 300 and strongest >= -65)
        yield device, int(start), int(end), visit, visit or strongest >= -90


def figures(rows: list[dict[str, Any]], day: date) -> dict[str, int]:
    touching = [one for one in visits(rows) if one[1] < at(day, 24) and one[2] >= at(day)]
    started = [one for one in touching if one[3] and one[1] >= at(day)]
    return {
        "seen": len({one[0] for one in touching if one[4]}),
        "visitors": len({one[0] for one in touching if one[3]}),
        "visits": len(started),
        "engaged": sum(one[2] - one[1] >= 1200 for one in started),
    }


def test_a_stay_across_four_o_clock_counts_as_two() -> None:
    """Fixed devices stay all night: with keys of a day each has one session before the cut and one after it."""
    night = Scenario(7, at(THURSDAY, 26), at(THURSDAY, 30), "Europe/Berlin")
    told = truth(night, SETTINGS)["days"][str(THURSDAY + timedelta(days=1))]
    assert told["fixed"] == 9
    assert told["unfiltered"]["all"]["seen"] - told["figures"]["all"]["seen"] == 18


def test_now_is_the_end_of_the_scenario() -> None:
    """At 12:30 some visits are still open: they are counted, and have no dwell yet."""
    told = truth(Scenario(7, at(THURSDAY), at(THURSDAY, 12.5), "Europe/Berlin"), SETTINGS)
    assert told["days"][str(THURSDAY)]["figures"]["all"]["open"] > 0


def test_the_week_tells_its_story(week: dict[str, Any]) -> None:
    figures = [day["figures"] for day in week["days"].values()]
    assert [day["weekday"] for day in week["days"].values()] == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    for weekday in figures[:5]:
        assert 120 <= weekday["all"]["visitors"] <= 180
        assert 200 <= weekday["all"]["passers_by"] <= 300
        assert 13 * 60 <= weekday["all"]["dwell_median_s"] <= 22 * 60
    for weekend in figures[5:]:
        assert 20 <= weekend["all"]["visitors"] <= 55
        assert 95 <= weekend["all"]["passers_by"] <= 160
    local, both = (sum(one[kind]["seen"] for one in figures) for kind in ("local", "all"))
    assert 0.5 < local / both < 0.7
    assert [day["staff"] for day in week["days"].values()] == [4, 4, 4, 4, 4, 0, 0]
    assert {day["fixed"] for day in week["days"].values()} == {9}


def test_stays_have_a_long_tail_and_move(week: dict[str, Any]) -> None:
    visitors = [stay for stay in week["stays"] if stay["role"] == "visitor"]
    lengths = [stay["end_s"] - stay["start_s"] for stay in visitors]
    assert 15 * 60 < median(lengths) < 24 * 60
    assert 0.05 < sum(length > HOUR for length in lengths) / len(lengths) < 0.25
    moves = {(move["from"], move["to"]): move["count"] for move in week["moves"]}
    assert moves["Entrance", "Hall"] == max(moves.values())
    assert {zone for pair in moves for zone in pair} == {"Entrance", "Hall", "Canteen", "Workshop"}


def test_truth_is_json_and_adds_up(week: dict[str, Any]) -> None:
    assert json.loads(json.dumps(week)) == week
    for day in week["days"].values():
        for name in ("seen", "visitors", "passers_by", "visits", "engaged", "bounced", "open"):
            parts = [day["figures"][kind][name] for kind in ("global", "local")]
            assert day["figures"]["all"][name] == sum(parts)
