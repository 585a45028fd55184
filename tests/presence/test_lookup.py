"""Sightings looked up on the page, and sightings of long ago: the tutorial's sample, the day it is posted."""

import json
import logging
import threading
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import telltale as tt
from telltale.contract import Request, TelltaleError
from telltale.dashboard.boards import Boards, OnePage
from telltale.dashboard.client import ADDRESS, SECRET, Remote
from telltale.dashboard.figures import serve
from telltale.dashboard.pages import FINDERS, PAGES
from telltale.door import record
from telltale.presence import lookup
from telltale.sources.cloudtrax import SOURCE
from tests.collectors.test_first_day import SAMPLE
from tests.lake_fixture import SITE, at, hear, write_settings

NOW = "2026-11-21 12:00"
STATION = "3c:06:30:aa:bb:03"


def project_of(root: Path) -> tt.Project:
    return tt.Project(write_settings(root), now=lambda: at(NOW))


def post_sample(project: tt.Project) -> None:
    """As its door keeps it while there is no secret."""
    landing = project.landing()
    request = Request("cloudtrax", at(NOW) - 60_000_000, "127.0.0.1", "http", "POST", "/receive", {}, "", SAMPLE)
    landing.append(record(SOURCE, request, project.settings.with_secrets({}).source("cloudtrax")))
    landing.close()


@pytest.fixture
def sample(tmp_path: Path) -> Iterator[tt.Project]:
    project = project_of(tmp_path)
    post_sample(project)
    yield project
    project.close()


WORLDS: list[tuple[tuple[tuple[str, str], ...], str]] = [
    ((), "5 sightings of 2016, outside the last 48 h"),
    ((("2026-11-21 10:00", "2026-11-21 10:00"),), "1 sighting in the last 48 h, and 5 of 2016"),
    ((("2025-01-02 10:00", "2025-01-02 10:00"),), "6 sightings of 2016 to 2025, outside the last 48 h"),
]


@pytest.mark.parametrize(("stays", "words"), WORLDS)
def test_of_when_the_kept_sightings_are_is_said_and_no_part_of_a_page_fails(
    sample: tt.Project, stays: tuple[tuple[str, str], ...], words: str
) -> None:
    """There are sightings, and no visits."""
    hear(sample, *((STATION, *stay) for stay in stays))
    boards = Boards(sample, PAGES, finders=FINDERS)
    for page in ("presence", "health", "operations"):
        for choice in ({}, {"period": "7d"}, {"addresses": "local"}):
            html = boards.get(page, choice)["html"]  # type: ignore[index]  # nothing newer is waited for
            assert "could not be computed" not in html, (page, choice)
            assert page == "operations" or words in html.replace("\N{NO-BREAK SPACE}", " "), page


@pytest.mark.parametrize("is_set", [False, True])
def test_health_says_of_what_arrives_that_no_secret_is_set(tmp_path: Path, *, is_set: bool) -> None:
    root = write_settings(tmp_path)
    if not is_set:
        (root / "secrets.toml").write_text("")
    project = tt.Project(root, now=lambda: at(NOW))
    post_sample(project)
    html = Boards(project, PAGES).get("health", {})["html"]  # type: ignore[index]  # nothing newer is waited for
    project.close()
    assert ("nothing proves who sends" in html) != is_set
    assert ("secrets.toml below [cloudtrax]" in html) != is_set
    assert "[sigfox]" not in html, "nothing of it arrives"


def test_of_a_year_that_runs_the_days_are_named(tmp_path: Path) -> None:
    project = project_of(tmp_path)
    assert lookup.kept(project, "UTC").startswith("No sighting is kept; each goes some hours after its day closed")
    hear(project, (STATION, "2026-11-02 10:00", "2026-11-02 10:00"), (STATION, "2026-11-22 10:00", "2026-11-22 10:00"))
    words = lookup.kept(project, "UTC").replace("\N{NO-BREAK SPACE}", " ")
    assert words == "2 sightings of Mon 2 Nov to Sun 22 Nov, outside the last 48 h"
    project.close()


def test_clocks_that_were_never_set_do_not_make_the_history_longer(tmp_path: Path) -> None:
    project = project_of(tmp_path)
    old = [(STATION, f"{year}-02-03 10:00", f"{year}-02-03 10:00") for year in (1970, 1971, 2024, 2025)]
    hear(project, *old, (STATION, "2026-11-21 10:00", "2026-11-21 10:00"))
    words = lookup.kept(project, "UTC").replace("\N{NO-BREAK SPACE}", " ")
    assert words == "1 sighting in the last 48 h, and 4 of 2024 to 2025 (2 by a clock that was never set)"
    project.close()


FIELDS: list[tuple[dict[str, str], int, str]] = [
    ({}, 5, "5 sightings, the newest first"),
    ({"limit": "2"}, 2, "The newest 2 of 5 sightings, the newest first"),
    ({"station": STATION}, 1, "1 sighting of this station, the newest first"),
    ({"station": STATION.upper().replace(":", "-")}, 1, "1 sighting of this station, the newest first"),
    ({"station": "3c:06:30:aa:bb:0e"}, 0, "No sighting kept matches; "),
    ({"node": "AC:86:74:11:22:33"}, 5, "5 sightings, the newest first"),
    ({"node": "ac:86:74:11:22:34"}, 0, "No sighting kept matches; "),
    ({"min_dbm": "-78"}, 3, "3 sightings, the newest first"),
    ({"avg_dbm": "−67"}, 2, "2 sightings, the newest first"),
    ({"min_dbm": "-78", "avg_dbm": "-66", "node": "ac8674112233"}, 1, "1 sighting, the newest first"),
    ({"sample": "yes", "limit": "3"}, 3, "3 invented sightings; nothing is stored"),
]


@pytest.mark.parametrize(("fields", "rows", "said"), FIELDS)
def test_sightings_are_looked_up_by_station_node_and_level(
    sample: tt.Project, fields: dict[str, str], rows: int, said: str
) -> None:
    found = lookup.looked_up(sample, fields)
    assert (len(found["rows"]), found["said"].replace("\N{NO-BREAK SPACE}", " ")[: len(said)]) == (rows, said)
    assert all(len(row) == len(found["columns"]) for row in found["rows"])
    assert STATION[9:] not in json.dumps(found).lower()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"station": "3c:06:30:aa:bb"}, "the address typed has 14 characters"),
        ({"node": STATION[:-1]}, "node: expected the six octets"),
        ({"limit": "0"}, "limit: expected a whole number from 1 to 200"),
        ({"limit": "many"}, "limit: expected"),
        ({"min_dbm": "5"}, "min_dbm: expected a whole number from -120 to 0"),
        ({"avg_dbm": "9" * 9999}, "avg_dbm: expected"),
    ],
)
def test_a_field_that_is_none_is_said_without_what_was_typed(
    sample: tt.Project, fields: dict[str, str], words: str
) -> None:
    with pytest.raises(TelltaleError) as caught:
        lookup.looked_up(sample, fields)
    assert words in str(caught.value)
    assert "3c:06" not in str(caught.value) or "such as 3c:06:30:aa:bb:01" in str(caught.value)


def test_what_is_typed_goes_in_a_body_and_is_neither_kept_nor_logged(
    sample: tt.Project, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    boards = Boards(sample, {"presence": PAGES["presence"]}, finders=FINDERS)
    server = serve(boards, host="127.0.0.1", port=0, secret="told")
    threading.Thread(target=partial(server.serve_forever, 0.05), daemon=True).start()
    monkeypatch.setenv(ADDRESS, f"http://127.0.0.1:{server.server_address[1]}")
    monkeypatch.setenv(SECRET, "told")
    with caplog.at_level(logging.DEBUG):
        assert len(Remote("presence").find({"station": STATION})["rows"]) == 1
        with pytest.raises(TelltaleError, match="nothing is looked up"):
            Remote("health").find({"station": STATION})
        with pytest.raises(TelltaleError, match="expected a whole number"):
            Remote("presence").find({"limit": "x"})
        monkeypatch.setenv(SECRET, "another")
        with pytest.raises(TelltaleError, match="unknown caller"):
            Remote("presence").find({})
    server.shutdown()
    server.server_close()
    assert STATION not in caplog.text
    assert STATION not in repr(vars(boards))


def test_a_mistake_of_ours_does_not_quote_what_was_typed(sample: tt.Project, caplog: pytest.LogCaptureFixture) -> None:
    def broken(_project: tt.Project, fields: Mapping[str, Any]) -> dict[str, Any]:
        raise ValueError(fields["station"])

    boards = Boards(sample, {}, finders={"presence": broken})
    with pytest.raises(TelltaleError, match=r"^it could not be looked up \(ValueError\)$"):
        OnePage(boards, "presence").find({"station": STATION})
    assert STATION not in caplog.text


def test_the_page_has_the_form_and_no_field_of_it_in_its_address(sample: tt.Project) -> None:
    (sample.settings.root / "devices.csv").write_text("device_id,name,role\nac:86:74:11:22:33,Hall <1>,node\n")
    html = Boards(sample, PAGES).get("presence", {"station": STATION, "site": SITE})["html"]  # type: ignore[index]
    assert '<option value="ac:86:74:11:22:33">Hall &lt;1&gt;</option>' in html
    assert 'name="station" autocomplete="off"' in html
    assert STATION not in html
