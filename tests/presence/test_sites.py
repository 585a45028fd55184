"""Several sites, nodes that fell silent, nodes that never spoke: each is named, and nothing old is called now."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import telltale as tt
from telltale.dashboard import operations
from telltale.dashboard.concerns import gathered
from telltale.page.board import Ask
from telltale.page.said import claims_of
from telltale.page.why import why
from telltale.presence import cards, concerns, page, several
from telltale.presence.answers import Answers
from tests.lake_fixture import SECRET, SITE, at, hear, set_clock, write_settings
from tests.presence.reported import beat, devices

DEPOT = "81000"
NOON = "2026-11-20 12:00"


def said(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[tt.Project]:
    root = write_settings(tmp_path, more=f'[site.{DEPOT}]\nname = "Depot"\n')
    with (root / "secrets.toml").open("a") as secrets:
        secrets.write(f'{DEPOT} = "{SECRET}"\n')
    opened = tt.Project(root, now=lambda: at(NOON))
    yield opened
    opened.close()


def today(project: tt.Project, site: str = SITE) -> Answers:
    return tt.presence.answers("1d", site, looks_back=True, project=project)


def test_now_is_only_said_while_the_nodes_report(project: tt.Project) -> None:
    """The nodes fell silent at 09:00; at noon nobody knows who is there."""
    beat(project, "2026-11-20 00:00", "2026-11-20 09:00")
    hear(project, *devices(7, "2026-11-20 08:00", "2026-11-20 09:00"))
    set_clock(project, at("2026-11-20 09:00") + 30 * 10**6)
    tile = cards.tiles(today(project)).tiles[2]
    assert (tile.label, tile.value) == ("Present now", "7")
    set_clock(project, at(NOON))
    tile = cards.tiles(today(project)).tiles[2]
    assert (tile.label, tile.value, tile.state) == ("Present last", "7", "warning")
    assert said(tile.note) == "at 08:45–09:00, 3 h ago: no node has reported since"
    assert cards.usual(today(project)).title == "Devices present today"


def test_nobody_heard_is_nobody_while_a_node_reports_and_unknown_while_none_does(project: tt.Project) -> None:
    beat(project, "2026-11-20 00:00", NOON)
    assert cards.so_far(today(project)) == "**No visitor device** today so far; the one node reports."
    set_clock(project, at("2026-11-21 12:00"))
    answers = today(project)
    assert cards.so_far(answers) == "**Nothing is known of today:** no node has reported."
    notes = {tile.label: (tile.value, tile.note) for tile in cards.tiles(answers).tiles}
    assert notes["Visitors today so far"] == ("–", "no node has reported today")
    assert notes["Present now"] == ("–", "no node reported today")
    assert notes["Nodes reporting"][0] == "0"
    assert "all day" in cards.sentence(answers).text


def test_a_project_of_400_days_ago_tells_nothing_of_today(project: tt.Project) -> None:
    beat(project, "2026-11-20 09:00", "2026-11-20 10:00")
    hear(project, *devices(7, "2026-11-20 09:10", "2026-11-20 09:50"))
    set_clock(project, at("2027-12-25 12:00"))
    board = page.page(Ask(project))
    assert board.sentence.text == "**No node reported** in this period, so nothing is known about visitors."
    assert board.tiles is not None
    assert [tile.value for tile in board.tiles.tiles] == ["–"] * 5
    for row in board.rows:
        for cell in row:
            card = cell.make()
            assert "few" not in card.title.lower()
            assert "withheld" not in str(getattr(card.evidence, "layout", {})), "nothing is known, so nothing is few"


def test_a_gap_makes_the_count_a_lower_bound_and_says_how_long(project: tt.Project) -> None:
    beat(project, "2026-11-20 00:00", "2026-11-20 08:00")
    beat(project, "2026-11-20 08:40", NOON)
    hear(project, *devices(7, "2026-11-20 10:00", "2026-11-20 10:50"))
    answers = today(project)
    assert said(cards.sentence(answers).text) == (
        "**At least 7 visitor devices** today so far; median stay **50 min**. No node reported for **40 min** of today."
    )
    assert cards.visitors(answers).value == "≥ 7"


def test_the_operations_page_names_each_site(project: tt.Project) -> None:
    beat(project, "2026-11-20 00:00", NOON)
    beat(project, "2026-11-20 00:00", NOON, site=DEPOT)
    hear(project, *devices(7, "2026-11-20 10:00", "2026-11-20 10:50"), site=DEPOT)
    board = operations.page(Ask(project))
    assert said(board.sentence.text) == (
        "**Nothing needs a look.** Harbour site: **No visitor device** today so far; the one node reports. "
        "Depot: **7 visitor devices** today so far; median stay **50 min**; the one node reports."
    )
    assert board.tiles is not None
    tiles = {said(tile.label): (tile.value, said(tile.note)) for tile in board.tiles.tiles}
    assert tiles["Visitors today so far, two sites"] == ("7", "Harbour site **0** and Depot **7**")
    assert tiles["Nodes reporting"] == ("2", "at two sites, none silent now")
    titles = [cell.make().title for row in board.rows[1:3] for cell in row]
    assert [title.split(":")[0] for title in titles] == ["Harbour site", "Harbour site", "Depot", "Depot"]


def test_a_site_that_is_silent_whole_is_told_though_its_source_delivers(project: tt.Project) -> None:
    beat(project, "2026-11-20 00:00", NOON)
    beat(project, "2026-11-20 00:00", "2026-11-20 08:00", site=DEPOT, node="AC:86:74:11:22:44")
    (notice,) = concerns.of_sites(concerns.watched(project))
    assert said(notice.phrase) == "!!no Wi-Fi node of Depot!! has reported since 08:00"
    assert said(notice.concern.evidence) == "no report for 4 h"
    tiles = several.tiles(concerns.watched(project))
    assert (tiles[1].value, tiles[1].note, tiles[1].state) == ("1", "Depot 0 of 1", "warning")
    set_clock(project, at("2027-12-25 12:00"))
    beat(project, "2027-12-25 11:00", "2027-12-25 12:00")
    (notice,) = concerns.of_sites(concerns.watched(project))
    assert said(notice.phrase) == "!!no Wi-Fi node of Depot!! has reported since Fri 20 Nov 2026, 08:00"


def test_the_numbers_of_all_sites_follow_from_their_calls(project: tt.Project) -> None:
    beat(project, "2026-11-20 00:00", NOON)
    beat(project, "2026-11-20 00:00", "2026-11-20 08:00", site=DEPOT, node="AC:86:74:11:22:44")
    hear(project, *devices(7, "2026-11-20 07:00", "2026-11-20 07:50"), site=DEPOT)
    (project.settings.root / "devices.csv").write_text(LISTED)
    sites = concerns.watched(project)
    notices = concerns.of_sites(sites)
    told = [
        several.so_far(sites),
        *(text for tile in several.tiles(sites) for text in (tile.value, tile.unit, tile.note)),
    ]
    told += [text for notice in notices for text in (notice.phrase, *notice.concern.texts.values())]
    claims = claims_of(*told)
    assert {claim.measure for claim in claims} == {
        "visitors", "dwell_median_s", "nodes", "nodes_reporting", "silent_s",
    }  # fmt: skip
    for claim in claims:
        assert why(claim, project=project).value == claim.value, claim


NEVER = "ac:86:74:11:22:55 in devices.csv"
LISTED = "device_id,name,zone,role\nac:86:74:11:22:33,East,,node\nac:86:74:11:22:55,West,,node\n"


def test_a_listed_node_that_never_reported_is_not_among_all_that_report(project: tt.Project) -> None:
    (project.settings.root / "devices.csv").write_text(LISTED)
    beat(project, "2026-11-20 00:00", NOON)
    answers = today(project)
    assert cards.reports(answers).title == "One of two nodes reports"
    assert "!!1 of 2 nodes!! is silent all day" in cards.sentence(answers).text
    assert concerns.of_sites([answers]) == [], "that is told with the devices of all sources"
    assert [NEVER in notice.concern.evidence for notice in gathered(project)] == [True]


def test_where_several_sites_report_such_a_node_is_counted_at_none(project: tt.Project) -> None:
    (project.settings.root / "devices.csv").write_text(LISTED)
    beat(project, "2026-11-20 00:00", NOON)
    beat(project, "2026-11-20 00:00", NOON, site=DEPOT, node="AC:86:74:11:22:44")
    assert concerns.of_sites(concerns.watched(project)) == []
    assert [NEVER in notice.concern.evidence for notice in gathered(project)] == [True]
    assert cards.reports(today(project)).title == "The one node reports"
