"""Lost, removed and missing records: what pages and reports say of days that are not there, or not whole."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import telltale as tt
from telltale.contract import Raw
from telltale.operate import retention
from telltale.presence import cards
from telltale.presence.answers import Answers
from tests.lake_fixture import ZONE, at, hear, set_clock, write_settings
from tests.presence.reported import beat, devices

NOON = "2026-11-20 12:00"


def said(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[tt.Project]:
    opened = tt.Project(write_settings(tmp_path, keep=False), now=lambda: at(NOON))
    yield opened
    opened.close()


def of(project: tt.Project, period: str, **choices: Any) -> Answers:
    found = tt.presence.answers(period, project=project, **choices)
    assert isinstance(found, Answers)
    return found


def test_a_purged_day_keeps_its_counts_and_says_that_its_visits_were_removed(project: tt.Project) -> None:
    beat(project, "2026-11-20 00:00", "2026-11-21 00:00", every_s=240)
    hear(project, *devices(7, "2026-11-20 10:00", "2026-11-20 10:50"))
    for day in ("2026-11-22", "2026-12-31"):
        set_clock(project, at(f"{day} 12:00"))
        retention.purge(project, now_us=project.now_us())
    answers = of(project, "2026-11-20")
    assert said(cards.sentence(answers).text).startswith("**7 visits** in this day")
    for card in (cards.dwell(answers), cards.moves(answers)):
        empty = card.evidence.layout.meta["empty"]
        assert "were removed, as telltale.toml says" in empty
        assert "few" not in empty.lower()
    table = cards.occupancy(answers).evidence.layout.meta["numbers"]["rows"]
    assert {row[1] for row in table} == {"no records"}
    assert any("Visits are kept since" in note for note in cards.dwell(answers).notes)


@pytest.mark.parametrize(("day", "hours"), [("2026-10-25", 25), ("2026-03-29", 23)], ids=["25 h", "23 h"])
def test_a_day_on_which_the_clocks_change_is_whole(project: tt.Project, day: str, hours: int) -> None:
    start = dt.datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(ZONE))
    after = (start + dt.timedelta(days=1)).date().isoformat()
    assert (at(f"{after} 00:00") - at(f"{day} 00:00")) // 3_600_000_000 == hours
    set_clock(project, at(f"{after} 12:00"))
    beat(project, f"{day} 00:00", f"{after} 00:00", every_s=240)
    hear(project, *devices(7, f"{day} 10:00", f"{day} 10:50"))
    answers = of(project, day)
    row = answers.summary.to_pylist()[0]
    assert (row["recorded_share"], row["silent_s"], answers.missing_s) == (1.0, 0.0, 0.0)
    assert said(cards.sentence(answers).text).startswith("**7 visits** in this day")
    assert len(cards.occupancy(answers).evidence.layout.meta["numbers"]["rows"]) >= hours - 1


def test_an_outage_shorter_than_its_window_is_said(project: tt.Project) -> None:
    """Five-minute slots see no outage of six minutes that begins inside one; the reports themselves do."""
    beat(project, "2026-11-20 00:00", "2026-11-20 09:01")
    beat(project, "2026-11-20 09:07", NOON)
    hear(project, *devices(7, "2026-11-20 10:00", "2026-11-20 10:50"))
    answers = of(project, "1d", looks_back=True)
    assert cards.visitors(answers).value == "≥ 7"
    assert "No node reported for **6 min** of today." in said(cards.sentence(answers).text)


def test_half_a_day_lost_is_compared_with_nothing(project: tt.Project) -> None:
    """Six days with twenty visitors each by noon; of the seventh the morning is lost."""
    for day in range(14, 21):
        beat(project, f"2026-11-{day} {'09:00' if day == 20 else '00:00'}", f"2026-11-{day} 12:00", every_s=240)
        if day < 20:
            beat(project, f"2026-11-{day} 12:04", f"2026-11-{day} 23:58", every_s=240)
        hear(project, *devices(20, f"2026-11-{day} 10:00", f"2026-11-{day} 10:30"))
    answers = of(project, "1d", looks_back=True)
    assert answers.usual is None
    assert "usual" not in cards.sentence(answers).text
    assert said(cards.sentence(answers).text).startswith("**At least 20 visitor devices** today so far")
    set_clock(project, at("2026-11-19 12:00"))
    whole = of(project, "1d", looks_back=True)
    assert ", as on a usual day by 12:00 (median of 5)" in said(cards.sentence(whole).text)


def test_a_network_that_hears_nobody_has_nobody_and_is_heard_of(project: tt.Project, tmp_path: Path) -> None:
    """Each minute a report of version 3 without an observation."""
    body = (
        b'{"version":"3.0","secret":"******","type":"WiFi","data":{"networkId":"N_123","startTime":"%b","endTime":"%b",'
        b'"reportingAps":[{"serial":"Q2AA-0000-0001","mac":"0e:18:0a:00:00:01","name":"Hall"}],"observations":[]}}'
    )
    landing = project.landing()
    for us in range(at("2026-11-20 00:00"), at(NOON) + 1, 60 * 10**6):
        stamps = [dt.datetime.fromtimestamp(us / 1e6 - ago, dt.UTC).strftime("%FT%TZ").encode() for ago in (60, 0)]
        landing.append(Raw(0, "meraki", us, "", '{"path": "/meraki"}', body % tuple(stamps)))
    landing.close()
    answers = of(project, "1d", looks_back=True)
    assert cards.so_far(answers) == "**No visitor device** today so far; the one node reports."
    tiles = {tile.label: tile.value for tile in cards.tiles(answers).tiles}
    assert (tiles["Visitors today so far"], tiles["Present now"], tiles["Nodes reporting"]) == ("0", "0", "1")


def test_a_part_of_yesterday_whose_rest_is_few_is_no_basis(project: tt.Project) -> None:
    """Of 27 visitors of yesterday 25 had come by noon: the change on them would tell the two of the afternoon."""
    for day, devices_by_noon, after in (("2026-11-19", 25, 2), ("2026-11-20", 30, 0)):
        beat(project, f"{day} 00:00", f"{day} 12:00" if day == "2026-11-20" else f"{day} 23:58", every_s=240)
        hear(project, *devices(devices_by_noon, f"{day} 10:00", f"{day} 10:30"))
        hear(project, *[(f"3c:06:30:aa:cc:{n:02x}", f"{day} 15:00", f"{day} 15:30") for n in range(after)])
    told = tt.presence.figures("2026-11-19", "2026-11-19 12:00", published=True, project=project)
    assert told["visitors"].isna().all()
    answers = of(project, "1d")
    assert tt.presence.compared("1d", project=project).empty
    assert said(cards.sentence(answers).text).startswith("**30 visits** in this day")


def test_a_day_that_has_closed_is_whole_and_no_basis_for_one_that_runs(project: tt.Project) -> None:
    """The seven days before until the same hour would end with a whole Friday, beside this Friday's morning."""
    for day in range(7, 21):
        end = "12:00" if day == 20 else "23:58"
        beat(project, f"2026-11-{day:02} 00:00", f"2026-11-{day:02} {end}", every_s=240)
        hear(project, *devices(20, f"2026-11-{day:02} 10:00", f"2026-11-{day:02} 10:30"))
    assert said(cards.sentence(of(project, "7d")).text).startswith("Usual days with **140 visits**, as many as")
    retention.close_days(project, now_us=project.now_us())
    assert said(cards.sentence(of(project, "7d")).text).startswith("**140 visits** in these 7 days")
