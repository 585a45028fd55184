"""Denominators are what is listed or known; what is listed and never heard is named, with what may be meant."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

import telltale as tt
from telltale.contract import Raw
from telltale.health import cards, known
from telltale.health.answers import Answers
from telltale.health.clocks import wrong
from telltale.health.concerns import concerns
from telltale.health.deliveries import delivered
from telltale.lake.settle import settle_all
from telltale.operate.doctor import examine
from telltale.page.pieces import Tiles
from telltale.settings import load
from telltale.workbench import Project
from telltale.workbench.times import FOREVER, Span, local_time
from tests.lake_fixture import ZONE, at, report, write_settings

NOW = "2026-11-20 12:00"
NOW_S = at(NOW) // 1_000_000
MIN, H, DAY = 60, 3600, 86_400
SENSOR, OTHER = "2D24E6", "ABC123"
NODE = "AC:86:74:11:22:33"


def callback(device: str, ago_s: int, seq: int = 0) -> Raw:
    """A message of a Sigfox device, so long ago."""
    body = {"device": device, "time": NOW_S - ago_s, "data": "0102", "seqNumber": seq, "snr": 20, "rssi": -100}
    meta = '{"method":"POST","path":"/sigfox/uplink"}'
    return Raw(0, "sigfox", (NOW_S - ago_s) * 1_000_000, "", meta, json.dumps(body).encode())


def each(device: str, step_s: int, count: int, until_s: int = 60) -> list[Raw]:
    """Messages one step apart, the last so many seconds ago."""
    return [callback(device, until_s + n * step_s, count - n) for n in range(count)]


def of_node(ago_s: int, node: str = NODE) -> Raw:
    return Raw(0, "cloudtrax", (NOW_S - ago_s) * 1_000_000, "", "{}", report(node, []))


def agent(pc: str, ago_s: int, behind_s: int = 0) -> Raw:
    """What an agent told of a PC, with a clock so far behind."""
    body = {"device_id": pc, "every_s": 10, "samples": [[(NOW_S - ago_s - behind_s) * 1000, 5000]]}
    return Raw(0, "pc_idle", (NOW_S - ago_s) * 1_000_000, "", '{"path":"/idle"}', json.dumps(body).encode())


def project(root: Path, raws: Iterable[Raw], devices: str = "", buttons: str = "", *, settle: bool = True) -> Project:
    """A project at `NOW` with these records and lists."""
    write_settings(root)
    if devices:
        (root / "devices.csv").write_text(devices)
    if buttons:
        (root / "buttons.csv").write_text(buttons)
    made = Project(settings=load(root), now=lambda: at(NOW))
    landing = made.landing()
    try:
        landing.put_many(raws)
    finally:
        landing.close()
    if settle:
        settle_all(made.lake, now_us=at(NOW))
    return made


def said(text: str) -> str:
    return text.replace("\xa0", " ").replace("**", "").replace("!!", "")


def lines(found: Project) -> list[str]:
    return [said(notice.concern.what) for notice in concerns(found, now=local_time(at(NOW), ZONE))]


def tile(tiles: Tiles, title: str) -> tuple[str, str, str]:
    one = next(each for each in tiles.tiles if each.label == title)
    return said(one.value), said(one.unit), said(one.note)


LISTED = "device_id,name,expected_interval_s\n"


@pytest.mark.parametrize("spelt", ["sigfox:2D24E6", "2D24E6", " sigfox:002d24e6 ", "sigfox:2d24e6"])
def test_a_listed_device_is_the_one_that_is_heard(tmp_path: Path, spelt: str) -> None:
    found = project(tmp_path, each(SENSOR, 600, 12), f"{LISTED}{spelt},Fridge,\n")
    rows = tt.health.devices(project=found)
    assert rows[["device_id", "name", "state"]].to_numpy().tolist() == [["sigfox:2d24e6", "Fridge", "on_time"]]
    assert tt.health.never_heard(project=found).empty


UNHEARD: list[tuple[list[Raw], tuple[str, str, str]]] = [
    (each(SENSOR, 600, 12), ("sigfox:2d24e8", "sigfox", "sigfox:2d24e6")),
    ([of_node(60)], ("AC-86-74-11-22-38", "", "ac:86:74:11:22:33")),
    ([agent("pc:desk-3", 60)], ("pc:DESK-3", "pc_idle", "pc:desk-3")),
    ([], ("282C024156AF", "efento", "")),
    ([of_node(60)], ("fridge", "", "")),
]


@pytest.mark.parametrize("settle", [True, False])
@pytest.mark.parametrize(("raws", "told"), UNHEARD)
def test_what_is_listed_and_never_heard_is_named_with_what_may_be_meant(
    tmp_path: Path, raws: list[Raw], told: tuple[str, str, str], settle: bool
) -> None:
    listed, source, nearest = told
    found = project(tmp_path, raws, f"{LISTED}{listed},Dock,\n", settle=settle)
    (row,) = tt.health.never_heard(project=found).to_dict("records")
    assert (row["source"], row["name"], row["nearest"]) == (source, "Dock", nearest)
    (note,) = [one for one in examine(found) if one.check == "listed"]
    assert note.found.startswith("Dock was never heard: ")
    assert nearest in note.found + note.fix
    if not nearest:
        assert note.fix in (
            "check its id, and that it sends here",
            "write its id as its label or its vendor shows it into devices.csv",
        )


def test_a_heard_device_that_is_listed_itself_is_no_neighbour(tmp_path: Path) -> None:
    listed = f"{LISTED}sigfox:2d24e6,Fridge,\nsigfox:2d24e8,Dock,\n"
    found = project(tmp_path, each(SENSOR, 600, 12), listed)
    assert tt.health.never_heard(project=found)["nearest"].tolist() == [""]
    assert lines(found) == ["Dock was never heard"]


def test_of_people_nobody_is_named_where_others_look(tmp_path: Path) -> None:
    """A PC is counted on the page of all, and named to the owner."""
    found = project(tmp_path, each(SENSOR, 600, 12), f"{LISTED}pc:anna,Anna's PC,\n")
    assert lines(found) == ["1 listed device was never heard"]
    notices = cards.silent(Answers(found, "24h")).data()
    assert "Anna's PC" in json.dumps(notices)


def test_buttons_are_named_without_a_neighbour_and_phones_only_where_they_are_kept(tmp_path: Path) -> None:
    listed = "Name,MAC-Address,role\nBolts,02:7e:11:a0:00:01,button\nBen's phone,02:7e:11:a0:00:02,presence\n"
    found = project(tmp_path, [], "", listed)
    rows = tt.health.never_heard(project=found)
    assert rows[["source", "name", "listed_in", "nearest"]].to_numpy().tolist() == [
        ["button", "Bolts", "buttons.csv", ""]
    ]
    (note,) = [one for one in examine(found) if one.check == "listed"]
    assert note.fix.endswith('"telltale discover" names what it hears')
    told = (tmp_path / "telltale.toml").read_text()
    (tmp_path / "telltale.toml").write_text(told + "[kanban]\npresence = true\n")
    again = Project(tmp_path, now=lambda: at(NOW))
    phone = tt.health.never_heard(project=again).to_dict("records")[1]
    assert (phone["name"], phone["nearest"], phone["is_personal"]) == ("Ben's phone", "", True)


def test_tiles_count_what_is_listed_or_known_and_not_who_spoke(tmp_path: Path) -> None:
    """Three listed: one on time, one silent for two weeks that is due each 10 min, one never heard."""
    listed = f"{LISTED}sigfox:2d24e6,Fridge,600\nsigfox:abc123,Dock,600\nsigfox:fff,Gate,600\n"
    raws = [*each(SENSOR, 600, 15 * 144), *each(OTHER, 600, 20, until_s=15 * DAY)]
    found = project(tmp_path, raws, listed)
    answers = Answers(found, "24h", days="14d")
    assert answers.devices["state"].to_pylist() == ["on_time", "silent", "unheard"]
    tiles = cards.tiles(answers)
    assert tile(tiles, "Devices on time") == ("1", "of 3", "Dock silent")
    assert tile(tiles, "Received of those due") == ("50.0", "%", "of 2 of 3 devices; most missing: Dock")
    assert said(cards.sentence(answers).text) == (
        "Dock has been silent for 15 d. 1 listed device has never been heard."
    )


def test_of_a_device_heard_a_few_times_nothing_is_said_but_that(tmp_path: Path) -> None:
    found = project(tmp_path, each(SENSOR, 600, 4))
    answers = Answers(found, "24h")
    tiles = cards.tiles(answers)
    assert tile(tiles, "Devices on time") == ("0", "of 1", "too few messages to say of sigfox:2d24e6")
    assert tile(tiles, "Messages received")[0] == "–"
    assert said(cards.sentence(answers).text) == (
        "Nothing tells yet how often a device reports. Of 1 device too few messages came to say how often one is due."
    )
    assert answers.sources["gap_s"].to_pylist() == [None]
    assert lines(found) == []


def test_a_source_whose_devices_send_together_is_not_silent_between_two_rounds(tmp_path: Path) -> None:
    """34 devices each 30 min, 816 records a day: 25 min after the last of them nothing is missing."""
    raws = [raw for device in range(34) for raw in each(f"A{device:02d}", 1800, 24, until_s=25 * MIN)]
    (one,) = delivered(project(tmp_path, raws))
    assert (one.interval_s, one.late_after_s, one.silent_after_s, one.gap_s) == (1800, 5400, None, 0)
    assert (one.devices, one.known, sum(one.hours)) == (34, 34, 816)


def test_a_source_that_was_heard_weeks_ago_has_stopped(tmp_path: Path) -> None:
    found = project(tmp_path, each(SENSOR, 600, 12, until_s=20 * DAY))
    assert lines(found) == ["Sigfox is silent"]


@pytest.mark.parametrize(
    ("behind_s", "told"),
    [
        (0, []),
        (23 * H, []),
        (25 * H, ["1 clock of PC idle time is 25 h behind"]),
        (2 * 365 * DAY + DAY, ["1 clock of PC idle time is 2 years behind"]),
        (-200, []),
        (-3 * DAY, ["1 clock of PC idle time is 3 d ahead"]),
    ],
)
def test_a_wrong_clock_is_a_concern_of_its_own(tmp_path: Path, behind_s: int, told: list[str]) -> None:
    found = project(tmp_path, [agent("pc:desk-3", ago_s, behind_s) for ago_s in range(60, 1260, 60)])
    assert lines(found) == told


def test_the_clock_of_each_source_is_looked_at(tmp_path: Path) -> None:
    from tests.health.test_clocks import YEAR, sensed

    found = sensed(tmp_path, 2 * YEAR + DAY)
    clocks = wrong(found)
    assert {one.source for one in clocks} == {"efento"}
    assert len(clocks) == tt.health.devices(project=found)["clock_offset_s"].notna().sum()
    assert lines(found) == [f"{len(clocks)} clocks of Efento NB-IoT are up to 2 years behind"]


def test_a_modem_rests_as_its_pc_does(tmp_path: Path) -> None:
    """Off since yesterday evening it is no alarm, and nothing is missing of it."""
    listed = "device_id,name,role,same_as\nsigfox:2d24e6,Modem,modem,pc:desk-3\npc:desk-3,Desk 3,,\n"
    found = project(tmp_path, each(SENSOR, 618, 40, until_s=16 * H), listed)
    (row,) = tt.health.devices(project=found).to_dict("records")
    assert (row["state"], row["rests"]) == ("on_time", True)
    assert tt.health.never_heard(project=found).empty
    assert tt.health.missing(project=found).empty
    assert lines(found) == []


def test_old_records_that_are_read_in_now_are_no_life_now(tmp_path: Path) -> None:
    """A backfill carries when its records came: three days ago."""
    found = project(tmp_path, each(SENSOR, 600, 20, until_s=3 * DAY))
    (row,) = tt.health.devices(project=found).to_dict("records")
    assert row["silent_s"] == 3 * DAY
    assert row["state"] == "silent"


def test_a_report_without_rows_is_life(tmp_path: Path) -> None:
    """Nobody was near an access point for an hour: it reported each minute all the same."""
    found = project(tmp_path, [of_node(n * 60) for n in range(1, 61)])
    (row,) = tt.health.devices(project=found).to_dict("records")
    assert (row["state"], row["reports"]) == ("on_time", 60)
    assert [one.silent_after_s for one in delivered(found)] == [None]
    rows: Any = tt.health.missing("1d", project=found)
    assert (rows["missing_share"].dropna() == 0).all()


def test_a_pc_that_tells_by_a_modem_of_its_own_is_heard(tmp_path: Path) -> None:
    listed = "device_id,name,same_as\npc:desk-3,Desk 3,\nsigfox:2d24e6,,pc:desk-3\n"
    found = project(tmp_path, each(SENSOR, 600, 12), listed)
    assert tt.health.never_heard(project=found).empty


def test_numbers_left_out_before_the_first_message_of_a_stretch_count(tmp_path: Path) -> None:
    """Number 4 came 30 h ago, 10 to 12 an hour ago and later: five are missing."""
    raws = [callback(SENSOR, 30 * H, 4), *(callback(SENSOR, H - n * 600, 10 + n) for n in range(3))]
    (row,) = tt.health.devices(project=project(tmp_path, raws)).to_dict("records")
    assert (row["reports"], row["missing"], row["sent"]) == (3, 5, 8)


@pytest.mark.parametrize("back_s", [7 * DAY, 30 * H, 2 * H, None])
def test_what_was_heard_on_ended_days_is_kept_and_told_alike(tmp_path: Path, back_s: int | None) -> None:
    """A late record of an ended day counts as soon as it is there, kept or not."""
    found = project(tmp_path, [*each(SENSOR, 6 * H, 40), callback(OTHER, 3 * DAY), of_node(5 * DAY)])
    since = 0 if back_s is None else NOW_S - back_s

    def heard() -> set[tuple[str, str]]:
        with found.at_one_moment() as view:
            span = Span(since * 1_000_000, view.now_us)
            told = known.last_heard(view, span).to_pylist()
            assert known.last_heard(view, span).num_rows == len({row["device_id"] for row in told})
            direct = known._heard_in(view, Span(0, FOREVER), view.now_us).to_pylist()
        later = {(row["device_id"], row["last_seen"]) for row in direct if row["last_seen"].timestamp() >= since}
        assert {(row["device_id"], row["last_seen"]) for row in told} == later
        return {(row["device_id"], f"{NOW_S - row['last_seen'].timestamp():.0f}") for row in told}

    before = heard()
    assert heard() == before
    landing = found.landing()
    try:
        landing.put_many([callback("3A91C0", 26 * H)])
    finally:
        landing.close()
    late = {("sigfox:3a91c0", str(26 * H))} if since <= NOW_S - 26 * H else set()
    assert heard() == before | late
