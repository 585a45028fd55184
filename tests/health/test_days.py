"""`health_day`: joined days say what all rows say, wherever they are cut, whatever is kept, late rows included."""

import datetime as dt
import json
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import telltale as tt
from telltale.contract import Raw
from telltale.health import days
from telltale.health.known import last_heard
from telltale.lake.day_rows import bases
from telltale.lake.lake import Lake
from telltale.lake.merge import merge
from telltale.lake.purge import drop
from telltale.lake.settle import settle_all
from telltale.settings import load
from telltale.tables import UPLINK
from telltale.workbench.days import joined, keep
from telltale.workbench.project import Project
from telltale.workbench.times import DAY, EVER, Span
from tests.lake_fixture import write_settings

NOW_S = 1_792_962_000
"""Sunday 25 October 2026, 22:00 in Berlin: the clock was set back that night."""
SECOND = 1_000_000
LISTED = "device_id,name,same_as\nsigfox:a1,fridge,\nsigfox:b2,modem,pc:desk\nsigfox:c3,never heard,\n"


def uplink(device: str, at_s: int, seq: int, *, received_s: int | None = None) -> Raw:
    body = json.dumps({"device": device.upper(), "time": at_s, "seqNumber": seq, "temperature": 4.5}).encode()
    came_s = at_s + 1 if received_s is None else received_s
    return Raw(0, "sigfox", came_s * SECOND, "", json.dumps({"path": "/sigfox/uplink"}), body)


def small(root: Path, *raws: Raw) -> Project:
    write_settings(root)
    (root / "devices.csv").write_text(LISTED)
    project = Project(settings=load(root), now=lambda: NOW_S * SECOND)
    put(project, *raws)
    settle_all(project.lake, now_us=project.now_us())
    return project


def put(project: Project, *raws: Raw) -> None:
    landing = project.landing()
    for raw in raws:
        landing.append(raw)
    landing.close()


def some_days() -> list[Raw]:
    """Five days of two devices, one message told twice by the network, one told two days late."""
    every = [uplink("a1", NOW_S - ago, 1_000 - ago // 3_600) for ago in range(5 * 86_400, 3_600, -3_600)]
    every += [uplink("b2", NOW_S - ago, 90 - ago // 40_000) for ago in range(4 * 86_400, 0, -40_000)]
    twice = uplink("a1", NOW_S - 2 * 86_400, 1_000 - 48, received_s=NOW_S - 2 * 86_400 + 30)
    late = uplink("a1", NOW_S - 3 * 86_400 - 1_800, 5, received_s=NOW_S - 86_400)
    return [*every, twice, late]


def keep_all(project: Project) -> int:
    total = 0
    while made := keep(days.of_site(project.view()), days.DAYS, most=2).made:
        total += made
    return total


def told(project: Project) -> dict[str, Any]:
    """Everything that is made of the table."""
    view = project.view()
    return {
        "sent": folded(days.sent(view)),
        "devices": tt.health.devices("24h", project=project).to_dict("records"),
        "never": tt.health.never_heard(project=project).to_dict("records"),
        "ever": by_device(last_heard(view, Span(view.now_us - DAY, view.now_us), ["sigfox:c3"])),
        "senders": days.senders_of_activity(view),
    }


def by_device(rows: pa.Table) -> dict[str, Any]:
    return {row["device_id"]: row["last_seen"] for row in rows.to_pylist()}


def test_answers_are_the_same_whatever_days_are_kept(tmp_path: Path) -> None:
    project = small(tmp_path, *some_days())
    unkept = told(project)
    assert unkept["ever"]["sigfox:a1"] == dt.datetime.fromtimestamp(NOW_S - 7_199, dt.UTC)
    counted = {key: rest[0] for key, rest in folded(days.sent(project.view())).items()}
    assert counted["uplink", "sigfox:b2"] == counted["reading", "sigfox:b2"] == 9
    assert keep_all(project) == 5  # the day that has not ended is none
    project.close()
    again = Project(settings=load(tmp_path), now=lambda: NOW_S * SECOND)
    assert str(told(again)) == str(unkept)


def test_of_some_tables_it_says_what_it_says_of_all(tmp_path: Path) -> None:
    """With days that are kept, others that are not, hot rows and a message told twice."""
    project = small(tmp_path, *some_days())
    keep(days.of_site(project.view()), days.DAYS, most=2)
    put(project, uplink("a1", NOW_S - 60, 1_000), uplink("a1", NOW_S - 60, 1_000, received_s=NOW_S - 30))
    for counted in (True, False):
        every = folded(days.sent(project.view(), counted=counted))
        assert {name for name, _ in every} == {"uplink", "reading"}
        for name in days.KINDS:
            of_it = {key: rest for key, rest in every.items() if key[0] == name}
            assert folded(days.sent(project.view(), of=[name], counted=counted)) == of_it


@pytest.mark.parametrize("is_settled", [False, True])
def test_what_comes_late_is_told_at_once(tmp_path: Path, *, is_settled: bool) -> None:
    """Of a day that is kept; hot first, then in a file of its own, then merged."""
    project = small(tmp_path, *some_days())
    keep_all(project)
    put(project, uplink("c3", NOW_S - 3 * 86_400, 7, received_s=NOW_S - 60))
    if is_settled:
        settle_all(project.lake, now_us=project.now_us())
        merge(project.lake, now_us=project.now_us() + 3 * DAY)
    assert tt.health.never_heard(project=project)["device_id"].tolist() == []
    heard = by_device(last_heard(project.view(), Span(0, project.now_us())))
    assert heard["sigfox:c3"] == dt.datetime.fromtimestamp(NOW_S - 60, dt.UTC)


def test_what_is_kept_of_a_day_goes_with_its_rows(tmp_path: Path) -> None:
    project = small(tmp_path, *some_days())
    keep_all(project)
    before = set(bases(project.store, days.DAYS.name))
    gone = min(before)
    removed(project.lake, gone, now_us=project.now_us())
    keep_all(project)
    assert set(bases(project.store, days.DAYS.name)) == before - {gone}


def removed(lake: Lake, day: dt.date, *, now_us: int) -> None:
    files = [file for file in lake.snapshot().files if file.table_name in days.KINDS and file.day == day]
    assert files
    drop(lake, files, now_us=now_us, freeze=False)


MESSAGES = st.tuples(st.sampled_from(["a1", "b2"]), st.integers(1, 4 * 86_400), st.integers(0, 90_000))


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(MESSAGES, min_size=1, max_size=25), st.sets(st.integers(1, 4 * 24), max_size=3))
def test_days_joined_say_what_all_rows_say_wherever_they_are_cut(
    tmp_path_factory: pytest.TempPathFactory, sent: list[tuple[str, int, int]], cuts: set[int]
) -> None:
    raws = [
        uplink(device, NOW_S - ago, number, received_s=min(NOW_S, NOW_S - ago + late))
        for number, (device, ago, late) in enumerate(sent)
    ]
    project = small(tmp_path_factory.mktemp("days"), *raws)
    whole = folded(joined(days.of_site(project.view()), days.DAYS, EVER))
    rows = project.engine.run(
        """select device_id, count(*) as records, min(unix_micros(observed_at)) as first_us,
        max(unix_micros(observed_at)) as last_us from uplink group by device_id""",
        {"uplink": project.view().table(UPLINK.name)},
    ).arrow()
    for row in rows.to_pylist():
        assert whole[UPLINK.name, row["device_id"]][:3] == tuple(row[name] for name in row if name != "device_id")
    keep_all(project)
    bounds = [0, *sorted(project.now_us() - hours * 3_600 * SECOND for hours in cuts), EVER.until_us]
    parts = [joined(days.of_site(project.view()), days.DAYS, Span(since, until)) for since, until in pairwise(bounds)]
    assert folded(pa.concat_tables(parts)) == whole
    project.close()


def folded(rows: pa.Table) -> Mapping[tuple[str, str], tuple[int, int | None, int | None, int]]:
    """Of each table and device, its records, first and last moment, and when the newest came."""
    made: dict[tuple[str, str], tuple[int, int | None, int | None, int]] = {}
    for row in rows.to_pylist():
        key = row["table_name"], row["device_id"]
        records, first, last, heard = made.get(key, (0, None, None, 0))
        ends = [at for at in (first, last, row["first_us"], row["last_us"]) if at is not None]
        made[key] = (
            records + row["records"], min(ends, default=None), max(ends, default=None), max(heard, row["heard_us"] or 0)
        )  # fmt: skip
    return made
