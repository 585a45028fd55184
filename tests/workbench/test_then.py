"""`tt.at`: the records received by a moment, the settings of then, and what of it cannot be had any more."""

import datetime as dt
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as given_settings
from hypothesis import strategies as st

import telltale as tt
from telltale.contract import ConfigError, TelltaleError
from telltale.health.arriving import arrived
from telltale.lake.merge import merge
from telltale.lake.purge import drop
from telltale.lake.redecode import redecode
from telltale.lake.settle import settle_all
from telltale.landing.schema import RAW, REFUSED
from telltale.settings import devices, load
from telltale.workbench.project import Project
from telltale.workbench.rejected import rejected_counts
from telltale.workbench.shown import looks
from tests.lake_fixture import at, hear, set_clock, write_settings
from tests.workbench.test_as_of import MINUTE_US, NOON_US, send

NOON = dt.datetime.fromtimestamp(NOON_US / 1e6, dt.UTC)
LATER_US = NOON_US + 3_600 * 10**6


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(write_settings(tmp_path), now=lambda: LATER_US)


def minute(number: int) -> dt.datetime:
    return NOON + dt.timedelta(minutes=number, seconds=30)


def seen(project: Project, when: Any) -> list[int]:
    then = tt.at(when, project=project)
    ids: list[int] = then.load("uplink", engine="arrow")["raw_id"].to_pylist()
    then.close()
    return sorted(ids)


def test_what_is_seen_is_what_was_received(project: Project) -> None:
    """Not what had the smaller id: a spool that is drained hands in old records under new ids."""
    send(project, 1, minute=0, value=1, seq=1)
    send(project, 2, minute=20, value=2, seq=2)
    send(project, 3, minute=10, value=3, seq=3)
    assert [seen(project, minute(number)) for number in (-1, 0, 10, 20)] == [[], [1], [1, 3], [1, 2, 3]]
    merge(project.lake, now_us=LATER_US + 72 * 3_600 * 10**6)
    assert [seen(project, minute(number)) for number in (-1, 0, 10, 20)] == [[], [1], [1, 3], [1, 2, 3]]
    assert seen(project, "39min") == [1, 2, 3]
    assert project.clock() == LATER_US


def test_a_record_that_came_later_has_no_bytes_yet(project: Project) -> None:
    send(project, 1, minute=0, value=1, seq=1)
    send(project, 2, minute=20, value=2, seq=2)
    then = tt.at(minute(5), project=project)
    assert then.raw(1) == tt.raw(1, project=project)
    with pytest.raises(TelltaleError, match="raw 2: no record has that id"):
        then.raw(2)


def test_a_request_that_was_refused_later_is_in_no_answer(project: Project) -> None:
    told = {"source": "sigfox", "sender": "", "status": 403, "reason": "no_secret", "detail": "", "meta": "{}"}
    with project.store.writer() as connection:
        for number in (0, 20, 21):
            received = NOON_US + number * MINUTE_US
            connection.execute(REFUSED.insert().values(**told, received_at=received, body=b""))
    then = tt.at(minute(5), project=project)
    for asked, count in ((project, 3), (then.project, 1)):
        refused = tt.health.refused("24h", project=asked)
        assert refused.refused.tolist() == [count]
        assert refused.last_at[0] == NOON + dt.timedelta(minutes=(count - 1) and 21)
        assert rejected_counts(asked, "door", "24h").to_pylist()[0]["count"] == count
        assert len(arrived(asked, "UTC")) == count


def test_an_object_and_a_block_ask_alike(project: Project) -> None:
    send(project, 1, minute=0, value=1, seq=1)
    send(project, 2, minute=20, value=2, seq=2)
    then = tt.at(minute(5), project=project)
    with then:
        assert tt.sql("select count(*) as n from uplink").n[0] == 1
        assert tt.sources(project=then.project).records.sum() == 1
    assert then.sql("select count(*) as n from uplink").n[0] == then.sources().records.sum() == 1
    assert then.sensors.stats.__doc__ == tt.sensors.stats.__doc__
    assert {"load", "presence", "hold"} < set(dir(then))
    assert "at" not in dir(then)
    assert "as known on Fri 20 Nov 2026, 12:05" in looks(then.load("uplink")).replace("\N{NO-BREAK SPACE}", " ")
    assert "as known" not in looks(tt.load("uplink", project=project))
    with pytest.raises(AttributeError, match="has no 'compare'"):
        then.compare  # noqa: B018 - it is asked for


def test_a_moment_to_come_is_refused(project: Project) -> None:
    with pytest.raises(ConfigError, match="lies in the future"):
        tt.at("2026-11-20 12:00:01", project=Project(settings=project.settings, now=lambda: NOON_US))
    with tt.at(NOON, project=project), pytest.raises(ConfigError, match="a moment within a moment"):
        tt.at("1h")


def test_an_extreme_that_came_later_is_not_in_a_row_of_before(project: Project) -> None:
    """Merged rows keep the strongest signal of all reports of a stay; the earlier report knew a weaker one."""
    set_clock(project, at("2026-11-20 12:00"))
    for level, received in ((-70, "2026-11-20 10:01"), (-40, "2026-11-20 11:00")):
        hear(project, ("3c:06:30:aa:bb:01", "2026-11-20 10:00", "2026-11-20 10:00"), level=level, received=received)
        settle_all(project.lake, now_us=project.now_us())
    merge(project.lake, now_us=at("2026-11-24 12:00"))
    then = tt.at("2026-11-20 10:30", project=project)
    assert then.load("sighting")["rssi_max_dbm"].tolist() == [-70]
    assert tt.load("sighting", project=project)["rssi_max_dbm"].tolist() == [-40]


def lists(project: Project, *lines: str) -> None:
    (project.settings.root / "devices.csv").write_text("\n".join(["device_id,name,role,high", *lines, ""]))


def test_lists_and_settings_are_those_of_then(project: Project) -> None:
    for number, high in enumerate((4, 6, 4)):
        lists(project, f"sigfox:2d24e6,Fridge,sensor,{high}")
        set_clock(project, NOON_US + number * 10 * MINUTE_US)
        expected = ["devices.csv"] if number else ["telltale.toml", "devices.csv", "buttons.csv"]
        assert project.note_settings() == expected
        assert project.note_settings() == []
    root = project.settings.root
    with (root / "telltale.toml").open("a") as file:
        file.write("k = 3\nvisit_retention_d = 2\n[presence]\ngap_min = 40\n[sources.sigfox]\napi_token = 'hush'\n")
    newer = Project(settings=load(root), now=lambda: LATER_US)
    assert newer.note_settings() == ["telltale.toml"]
    highs, gaps, kept = [], [], []
    for number in (-5, 5, 15, 25, 59):
        then = tt.at(minute(number), project=newer).project
        highs.append(devices(then.settings)[0].high)
        gaps.append(then.settings.presence.gap_min)
        kept.append((then.settings.site.k, then.settings.site.visit_retention_d))
        unknown = "what devices.csv said is not known before Friday 20 November 2026" in " ".join(
            then.settings_unknown
        ).replace("\N{NO-BREAK SPACE}", " ")
        assert unknown == (number < 0)
    assert (highs, gaps[:4]) == ([4, 4, 6, 4, 4], [15.0] * 4)
    assert kept == [(5, 2)] * 5  # who is protected better today, is
    store = (root / "data/landing/telltale.db").read_bytes() + (root / "data/landing/telltale.db-wal").read_bytes()
    assert b"hush" not in store


def test_where_nothing_was_kept_it_is_said(project: Project) -> None:
    send(project, 1, minute=0, value=1, seq=1)
    then = tt.at(minute(5), project=project)
    assert then.not_restored == tuple(
        f"{name} is that of today: what it said before was not kept"
        for name in ("telltale.toml", "devices.csv", "buttons.csv")
    )


def test_what_was_removed_or_decoded_again_is_named(project: Project) -> None:
    project.clock = lambda: NOON_US
    project.note_settings()
    project.clock = lambda: LATER_US
    send(project, 1, minute=0, value=1, seq=1)
    assert tt.at(minute(5), project=project).not_restored == ()
    redecode(project.lake, now_us=LATER_US)
    drop(project.lake, project.lake.snapshot().of("raw"), now_us=LATER_US, freeze=True)
    told = [each.replace("\N{NO-BREAK SPACE}", " ") for each in tt.at(minute(5), project=project).not_restored]
    assert told == [
        "raw records that were removed on Friday 20 November 2026",
        "what sigfox was decoded to before it was decoded again on Friday 20 November 2026",
    ]
    project.clock = lambda: LATER_US + 60 * MINUTE_US
    assert tt.at("30min", project=project).not_restored == ()


messages = st.lists(
    st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(1, 4), st.booleans()), min_size=1, max_size=7
)


@given_settings(max_examples=15)
@given(messages, st.integers(-1, 51))
def test_a_moment_is_what_a_project_that_ended_there_says(sent: list[tuple[int, int, int, bool]], when: int) -> None:
    """Whatever came when, of which time, as a copy or not, settled together or one by one, and merged."""
    with tempfile.TemporaryDirectory() as folder:
        whole, part = (Project(write_settings(Path(folder) / name), now=lambda: LATER_US) for name in ("whole", "part"))
        until = round(minute(when).timestamp() * 1e6)
        for raw_id, (own, received, seq, is_settled) in enumerate(sent, 1):
            for project in (whole, part):
                if project is whole or NOON_US + received * MINUTE_US <= until:
                    say(project, raw_id, own, received, seq)
                    if is_settled:
                        settle_all(project.lake, now_us=LATER_US)
        merge(whole.lake, now_us=LATER_US + 72 * 3_600 * 10**6)
        part.clock = lambda: until
        then = tt.at(minute(when), project=whole)
        try:
            for name in ("uplink", "reading"):
                assert then.load(name, engine="arrow").equals(tt.load(name, engine="arrow", project=part))
        finally:
            for project in (then.project, whole, part):
                project.close()


def say(project: Project, raw_id: int, own: int, received: int, seq: int) -> None:
    """A message of one minute that comes at another."""
    body = f"device=2d24e6&time={NOON_US // 10**6 + own * 60}&seqNumber={seq}&data={own:02x}".encode()
    meta = {"transport": "http", "method": "POST", "path": "/sigfox/uplink", "query": "", "headers": {}}
    values = {"id": raw_id, "source": "sigfox", "received_at": NOON_US + received * MINUTE_US}
    with project.store.writer() as connection:
        connection.execute(RAW.insert().values(**values, sender="192.0.2.7", meta=json.dumps(meta), body=body))
