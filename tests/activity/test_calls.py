"""`tt.activity` on stored records: PCs with their modems, corrections, imports, messages, names."""

import datetime as dt
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import telltale as tt
from telltale.activity.activitywatch import active_s, afk_buckets, export
from telltale.activity.pieces import pieces
from telltale.activity.records import imported
from telltale.contract import ConfigError, Raw
from telltale.frames import rows
from telltale.lake.settle import settle_all
from telltale.settings import load
from telltale.sources.sigfox.minutes import bitmap
from telltale.workbench import Project
from tests.lake_fixture import ZONE, at, set_clock, write_settings

NOW = "2026-11-20 14:00"
DEVICES = """device_id,name,person,same_as
pc:desk-3,Front desk,Anna,
pc:lab,Lab bench,Ben,
sigfox:2d24e6,Desk modem,,pc:desk-3
sigfox:abc,Meeting room,Cara,
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    more = '[activity]\nday_starts_at = "00:00"\n'
    made = Project(settings=load(write_settings(tmp_path, more=more)), now=lambda: at(NOW))
    (tmp_path / "devices.csv").write_text(DEVICES)
    return made


def keep(project: Project, *records: Raw) -> None:
    landing = project.landing()
    try:
        for record in records:
            landing.append(record)
    finally:
        landing.close()


def minute(start: str, device: str, idle_s: Callable[[int], float], *, every_s: int = 10) -> Raw:
    """One record of an agent: a minute of samples."""
    start_us = at(start)
    samples = [[start_us // 1000 + 1000 * n, round(1000 * idle_s(n))] for n in range(0, 60, every_s)]
    body = {"device_id": device, "every_s": every_s, "backend": "x11", "samples": samples}
    return Raw(0, "pc_idle", start_us + 60 * 10**6, "here", json.dumps({"path": "/samples"}), json.dumps(body).encode())


def uplink(when: str, device: str, text: str, seq: int) -> Raw:
    """A callback of the Sigfox backend as the activity tutorial posts it."""
    body = {"device": device, "time": at(when) // 10**6, "seqNumber": seq, "data": text.encode().hex()}
    meta = json.dumps({"path": "/messages/create"})
    return Raw(0, "sigfox", at(when) + 2 * 10**6, "network", meta, json.dumps(body).encode())


def hours(frame: pd.DataFrame, name: str = "active_s") -> dict[str, float]:
    return dict(zip(frame["device_id"], frame[name], strict=True))


def fill(project: Project) -> None:
    """desk-3: 09:00–09:05 typed all the time, heard by its modem too; lab: 10:00–10:01; the meeting room by levels."""
    keep(
        project,
        *(minute(f"2026-11-20 09:0{n}", "pc:desk-3", lambda _n: 0.0) for n in range(5)),
        uplink("2026-11-20 09:05", "2D24E6", "100", 1),
        minute("2026-11-20 10:00", "pc:lab", float),
        uplink("2026-11-20 11:00", "ABC", "50", 1),
        uplink("2026-11-20 11:10", "ABC", "0", 2),
    )


def test_hours_of_each_pc_add_up_and_nothing_counts_twice(project: Project) -> None:
    fill(project)
    found = tt.activity.totals("1d", project=project)
    assert list(found["name"]) == ["Front desk", "Lab bench", "Meeting room"]
    assert list(found["person"]) == ["Anna", "Ben", "Cara"]
    # desk-3: samples 09:00:00–09:04:50 active, 10 s away; before 09:00 the level's 600 s reach back to 08:55.
    assert hours(found) == {"pc:desk-3": 290 + 300, "pc:lab": 0, "sigfox:abc": 360}
    assert hours(found, "active_lo_s") == {"pc:desk-3": 290, "pc:lab": 0, "sigfox:abc": 0}
    assert hours(found, "away_s") == {"pc:desk-3": 10, "pc:lab": 60, "sigfox:abc": 840}
    whole = found["active_s"] + found["away_s"] + found["unknown_s"]
    assert list(whole) == [14 * 3600] * 3


def test_intervals_touch_and_say_their_basis(project: Project) -> None:
    fill(project)
    found = tt.activity.intervals("2026-11-20", device="Front desk", project=project)
    assert list(zip(found["state"], found["basis"], found["lasted_s"], strict=True)) == [
        ("unknown", "", 8 * 3600 + 55 * 60),
        ("active", "level", 300),
        ("active", "sample", 290),
        ("away", "sample", 10),
        ("unknown", "", 8 * 3600 + 55 * 60 - 4 * 3600),
    ]
    assert list(found["end"][:-1]) == list(found["start"][1:])


def test_a_pc_is_found_by_its_modem_in_any_spelling(project: Project) -> None:
    fill(project)
    by_pc = tt.activity.totals("1d", device="pc:desk-3", project=project)
    for spelt in ("sigfox:2d24e6", "SIGFOX: 002D24E6", "2D24E6", "PC: Desk-3"):
        pd.testing.assert_frame_equal(tt.activity.totals("1d", device=spelt, project=project), by_pc)
    with pytest.raises(ConfigError, match='did you mean "Front desk"'):
        tt.activity.totals("1d", device="Front dsk", project=project)


def test_settled_and_hot_records_give_the_same(project: Project) -> None:
    fill(project)
    hot = tt.activity.totals("7d", project=project)
    settle_all(project.lake, now_us=project.now_us())
    project.close()
    pd.testing.assert_frame_equal(tt.activity.totals("7d", project=project), hot)


def test_a_silent_pc_stays_listed(project: Project) -> None:
    fill(project)
    set_clock(project, at("2026-12-01 12:00"))
    found = tt.activity.totals("1d", project=project)
    assert set(found["unknown_s"]) == {12 * 3600}
    assert len(found) == 3


def test_corrections_count_over_samples_and_the_last_over_the_first(project: Project) -> None:
    fill(project)
    tt.activity.correct("Front desk", "2026-11-20 09:00", "2026-11-20 10:00", active=False, project=project)
    set_clock(project, at(NOW) + 10**6)
    tt.activity.correct("pc:desk-3", "2026-11-20 09:00", "2026-11-20 09:30", True, "meeting", project=project)
    found = tt.activity.intervals("2026-11-20 09:00", "2026-11-20 10:00", device="pc:desk-3", project=project)
    assert list(zip(found["state"], found["basis"], found["lasted_s"].round(3), strict=True)) == [
        # The second one begins a microsecond later, so that it does not take the first one's place.
        ("away", "correction", 0.0),
        ("active", "correction", 1800.0),
        ("away", "correction", 1800.0),
    ]
    assert "corrected to active for 30 min: meeting" in set(tt.activity.messages("1d", project=project)["text"])


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-11-20 09:00", "2026-11-20 09:00"),
        ("2026-11-20 13:00", "2026-11-20 15:00"),
        ("2026-10-01 09:00", "2026-11-20 09:00"),
    ],
)
def test_corrections_that_make_no_sense_are_refused(project: Project, start: str, end: str) -> None:
    fill(project)
    with pytest.raises(ConfigError, match="expected a stretch of at most 31 days that has passed"):
        tt.activity.correct("pc:desk-3", start, end, active=True, project=project)


def test_a_long_correction_counts_on_days_it_only_reaches(project: Project) -> None:
    fill(project)
    tt.activity.correct(
        "pc:lab", "2026-11-01 12:00", "2026-11-18 12:00", active=True, note="elsewhere", project=project
    )
    (row,) = tt.activity.totals("2026-11-17", "2026-11-18", device="pc:lab", project=project).to_dict("records")
    assert (row["active_s"], row["samples"]) == (86_400, 0)


def test_levels_as_sent_and_as_samples_give_them(project: Project) -> None:
    fill(project)
    found = tt.activity.levels("1d", project=project)
    scores = [(row.name_, row.score_pct, row.source) for row in found.rename(columns={"name": "name_"}).itertuples()]
    assert scores == [
        *([("Front desk", 100.0, "pc_idle")] * 5),
        ("Front desk", 100.0, "sigfox"),
        ("Lab bench", 100.0, "pc_idle"),
        ("Meeting room", 50.0, "sigfox"),
        ("Meeting room", 0.0, "sigfox"),
    ]


def test_messages_say_what_arrived(project: Project) -> None:
    fill(project)
    found = tt.activity.messages("1d", project=project)
    assert len(found) == 9
    last = found.iloc[-1]
    assert (last["data"], last["text"], last["score_pct"], last["source"]) == ("30", "0", 0.0, "sigfox")
    assert tt.raw(last["raw_id"], project=project).body  # type: ignore[union-attr]  # a record, none was purged
    lab = found[found["device_id"] == "pc:lab"].iloc[0]
    assert lab["text"] == "6 samples, idle 50 s"


def test_what_is_kept_about_each_pc(project: Project) -> None:
    fill(project)
    found = tt.activity.kept(device="Front desk", project=project)
    told = {(row.table, row.kind): row.records for row in found.itertuples()}
    assert told["activity", "sample"] == 30
    assert (told["activity", "level"], told["uplink", ""]) == (1, 1)


def test_the_seeds_rules_by_name(project: Project) -> None:
    # Levels 100, 100, 50, 100 each 10 min: 1800 s by either; a second block 3 h later, both ends not 0: the web app
    # adds the 3 h too.
    times = ["08:00", "08:10", "08:20", "08:30", "11:30", "11:40"]
    scores = ["100", "100", "50", "100", "25", "50"]
    keep(project, *(uplink(f"2026-11-20 {t}", "abc", s, n) for n, (t, s) in enumerate(zip(times, scores, strict=True))))
    seed = tt.activity.totals("1d", rule="seed", project=project)
    assert list(seed["active_s"]) == [1800 + 600]
    web = tt.activity.totals("1d", rule="seed_web", project=project)
    assert list(web["active_s"]) == [1800 + 3 * 3600 + 600]
    assert web["unknown_s"].isna().all()
    with pytest.raises(ConfigError, match="expected input, seed, seed_web"):
        tt.activity.totals("1d", rule="sead", project=project)  # type: ignore[arg-type]  # that is the point


def test_an_activitywatch_export_round_trips(project: Project, tmp_path: Path) -> None:
    fill(project)
    before = tt.activity.intervals("2026-11-20", device="pc:desk-3", project=project)
    told = export(rows(before, "device_id", "state", "start", "end"), created=dt.datetime(2026, 11, 20, tzinfo=dt.UTC))
    body = json.dumps(told).encode()
    other = Project(settings=load(write_settings(tmp_path / "other")), now=lambda: at(NOW))
    tt.activity.import_activitywatch(body, project=other)
    after = tt.activity.intervals("2026-11-20", project=other)
    columns = ["state", "start", "end"]
    merged = _merged(before[columns])
    assert _merged(after[columns]) == merged
    assert set(after["basis"]) == {"", "interval"}
    (events,) = afk_buckets(body).values()
    assert active_s(events) == sum(one["seconds"] for one in merged if one["state"] == "active")


def _merged(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Neighbours of one state as one, whatever their basis."""
    made: list[dict[str, Any]] = []
    for row in frame.itertuples():
        if made and made[-1]["state"] == row.state:
            made[-1]["end"] = row.end
        else:
            made.append({"state": row.state, "start": row.start, "end": row.end})
    return [one | {"seconds": (one["end"] - one["start"]).total_seconds()} for one in made]


def test_an_export_has_the_shape_that_activitywatch_reads() -> None:
    start = dt.datetime(2026, 11, 20, 9, tzinfo=ZoneInfo(ZONE))
    told = [
        {
            "device_id": "pc:desk-3",
            "state": state,
            "start": start + dt.timedelta(hours=n),
            "end": start + dt.timedelta(hours=n + 1),
        }
        for n, state in enumerate(("active", "unknown", "away"))
    ]
    made = export(told, created=start)
    assert made == {
        "buckets": {
            "aw-watcher-afk_desk-3_telltale": {
                "id": "aw-watcher-afk_desk-3_telltale",
                "type": "afkstatus",
                "client": "telltale",
                "hostname": "desk-3",
                "created": "2026-11-20T09:00:00+01:00",
                "events": [
                    {"timestamp": "2026-11-20T08:00:00.000+00:00", "duration": 3600.0, "data": {"status": "not-afk"}},
                    {"timestamp": "2026-11-20T10:00:00.000+00:00", "duration": 3600.0, "data": {"status": "afk"}},
                ],
            }
        }
    }


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b'{"buckets": {}}', b'{"buckets": {"a": {"type": "currentwindow"}}}']
)
def test_what_is_no_export_is_not_kept(project: Project, body: bytes) -> None:
    with pytest.raises(ConfigError, match="ActivityWatch export"):
        tt.activity.import_activitywatch(body, project=project)


SAMPLES = Path(__file__).parents[1] / "samples" / "pc_idle"


def test_hosts_of_any_name_have_their_hours(project: Project) -> None:
    set_clock(project, at("2026-11-28 13:00"))
    for name in ("activitywatch_hosts", "activitywatch_bom"):
        _, found = imported((SAMPLES / f"{name}.body").read_bytes(), project=project)
        told = {f"pc:{host}": active_s(events) for host, events in found.hosts.items()}
        assert told == {"pc:Anna-s-MacBook-Pro": 3600, "pc:Mac-mini": 900, "pc:BÜRO-PC": 1800}
        assert hours(tt.activity.totals("2026-11-26", "2026-11-27", project=project)) == told


@pytest.mark.parametrize("is_list", [False, True])
def test_a_large_export_is_kept_in_pieces_that_say_the_same(project: Project, is_list: bool) -> None:
    """None of them comes near what one record may become, so that nothing of an import is ever cut."""
    set_clock(project, at("2026-11-28 13:00"))
    begin = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
    starts = [begin + dt.timedelta(minutes=n) for n in range(25_000)]
    events = [{"timestamp": each.isoformat(), "duration": 30, "data": {"status": "not-afk"}} for each in starts]
    events[10_000:10_000] = [{**events[9_999], "duration": 60}]  # begins with the last of a piece
    bucket = {"id": "afk", "type": "afkstatus", "hostname": "desk-i", "events": events}
    windows = {"id": "window", "type": "currentwindow", "hostname": "desk-i", "events": [{"timestamp": "", "data": {}}]}
    buckets: Any = [bucket, windows] if is_list else {"afk": bucket, "window": windows}
    body = json.dumps({"buckets": buckets}).encode()

    told = [afk_buckets(piece)["desk-i"] for piece in pieces(body)[:-1]]
    assert [len(each) for each in told] == [10_000, 10_000, 5_000]
    assert sorted(each for piece in told for each in piece) == afk_buckets(body)["desk-i"]

    _, found = imported(body, project=project)
    kept = tt.load("activity", project=project)
    assert len(kept) == len(found.hosts["desk-i"]) == 25_000
    assert set(tt.load("reject", project=project)["reason"]) <= {"empty:events"}


def test_one_bad_event_is_set_aside_and_the_other_counts(project: Project) -> None:
    set_clock(project, at("2026-11-28 13:00"))
    _, found = imported((SAMPLES / "activitywatch_one_bad.body").read_bytes(), project=project)
    assert [reject.reason for reject in found.set_aside] == ["bad_event"]
    assert hours(tt.activity.totals("2026-11-26", "2026-11-27", project=project)) == {"pc:desk-i": 3600}


def test_nothing_after_an_import_is_measured(project: Project) -> None:
    # Away from 10:00 in Berlin for 30 days, it says; imported at 13:00, seen then and 24 hours later.
    set_clock(project, at("2026-11-28 13:00"))
    tt.activity.import_activitywatch((SAMPLES / "activitywatch_future.body").read_bytes(), project=project)
    for now in ("2026-11-28 13:00", "2026-11-29 13:00"):
        set_clock(project, at(now))
        found = tt.activity.totals("2026-11-28", project=project)
        assert (found["active_s"].sum(), found["away_s"].sum()) == (3600, 3 * 3600)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    hosts=st.dictionaries(
        st.text(min_size=1, max_size=80),
        st.lists(st.tuples(st.integers(0, 40), st.integers(0, 20)), max_size=5),
        max_size=3,
    )
)
def test_what_an_import_says_is_what_counts(tmp_path: Path, hosts: dict[str, list[tuple[int, int]]]) -> None:
    """Whatever the host, and wherever its events lie about the moment of the import."""
    buckets = {
        host: {"type": "afkstatus", "hostname": host, "events": list(map(_event, hosts[host]))} for host in hosts
    }
    if not buckets:
        return
    with tempfile.TemporaryDirectory(dir=tmp_path) as folder:
        project = Project(settings=load(write_settings(Path(folder))), now=lambda: at("2026-11-20 02:00"))
        _, found = imported(json.dumps({"buckets": buckets}).encode(), project=project)
        told = {f"pc:{host}": active_s(events) for host, events in found.hosts.items()}
        set_clock(project, at("2026-11-20 23:00"))
        assert hours(tt.activity.totals("2026-11-20", project=project)) == told
        assert told or found.set_aside
        project.close()


def _event(hours_and_length: tuple[int, int]) -> dict[str, Any]:
    """Active from so many times 5 min after midnight in Berlin, for so many minutes."""
    after, length = hours_and_length
    moment = dt.datetime(2026, 11, 19, 23, tzinfo=dt.UTC) + dt.timedelta(minutes=5 * after)
    return {"timestamp": moment.isoformat(), "duration": 60 * length, "data": {"status": "not-afk"}}


def test_a_lost_bitmap_frame_loses_no_minute(tmp_path: Path) -> None:
    more = '[sources.sigfox.types.pc]\nids = ["5d8cdc8fe833d917af81f4aa"]\nactivity = "bitmap"\n'
    # Minutes 09:00–10:59 UTC, three frames of 80 of which each repeats 40: input in the first 20 of each 40.
    bits = ([True] * 20 + [False] * 20) * 4
    frames = [(540 + 40 * n, bits[40 * n : 40 * n + 80]) for n in range(3)]
    found = []
    for lost in (None, 1):
        project = Project(settings=load(write_settings(tmp_path / str(lost), more=more)), now=lambda: at(NOW))
        keep(project, *(_bitmap(start, told) for n, (start, told) in enumerate(frames) if n != lost))
        found.append(tt.activity.totals("1d", project=project))
    pd.testing.assert_frame_equal(found[0], found[1])
    (row,) = found[0].to_dict("records")
    # Four stretches of 20 minutes, an hour and 20 min without input; at most so long, and at least 18 min each.
    assert (row["active_s"], row["away_s"], row["samples"]) == (4 * 1200, 4 * 1200, 160)
    assert (row["active_lo_s"], row["active_hi_s"]) == (4 * 1080, 4 * 1200)
    # The two frames that came: 80 minutes each from 09:00 and from 10:20 UTC, 10:00 and 11:20 in Berlin.
    assert list(tt.activity.messages("1d", project=project)["text"]) == [
        "80 minutes from 10:00, input in 40",
        "80 minutes from 11:20, input in 40",
    ]


def _bitmap(start: int, told: list[bool]) -> Raw:
    """A frame of 80 minutes, received in the minute after its last one."""
    at_s = at("2026-11-20 01:00") // 10**6 + 60 * (start + 80)  # 01:00 in Berlin is midnight UTC
    body = {"device": "ABC", "time": at_s, "seqNumber": start % 4096, "data": bitmap(start, told).hex()}
    body |= {"deviceTypeId": "5d8cdc8fe833d917af81f4aa"}
    meta = json.dumps({"path": "/sigfox/uplink"})
    return Raw(0, "sigfox", at_s * 10**6, "network", meta, json.dumps(body).encode())


def test_a_team_below_k_is_not_told(project: Project) -> None:
    fill(project)
    assert tt.activity.team("1d", project=project).empty


def test_days_begin_when_the_project_says(tmp_path: Path) -> None:
    more = '[activity]\nday_starts_at = "04:00"\n'
    project = Project(settings=load(write_settings(tmp_path, more=more)), now=lambda: at("2026-11-20 02:00"))
    keep(
        project,
        minute("2026-11-19 23:59", "pc:desk-3", lambda _n: 0.0),
        minute("2026-11-20 00:00", "pc:desk-3", lambda _n: 0.0),
    )
    (row,) = tt.activity.totals("1d", project=project).to_dict("records")
    assert (row["label"], row["active_s"]) == ("2026-11-19", 110)
    assert row["start"].timestamp() == at("2026-11-19 04:00") / 1e6
