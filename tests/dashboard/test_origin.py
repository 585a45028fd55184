"""From a number of a page to its call, rows and records; rows about people stay with the owner."""

import json
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

import telltale as tt
from telltale.contract import ConfigError, TelltaleError
from telltale.dashboard.boards import Boards, OnePage
from telltale.dashboard.client import ADDRESS, SECRET, Remote
from telltale.dashboard.figures import serve
from telltale.dashboard.pages import PAGES
from telltale.dashboard.persons import PREFIX
from telltale.page import said
from telltale.page.board import Ask, Board, Cell, Control
from telltale.page.claims import About, Claim, Records, Subject
from telltale.page.pieces import Card, Sentence, Table, Tile, Tiles
from telltale.page.said import say
from tests.lake_fixture import Lake

HOST = "127.0.0.1"
OWN = f"{PREFIX}0123"
DAYS = Control("days", "Days", {"2": "two", "1": "one"})


def claim(calls: str, name: str, table: str, **how: Any) -> Claim:
    return About(calls).claim(Subject("site", "x", "Harbour"), f"{name}_n", 0, call=name, records=Records(table), **how)


NODES = claim("health", "devices", "node_heartbeat", how="count", since="2d")
VISITS = claim("presence", "visits", "sighting", how="count", since="2d")
REPORTS = claim("health", "devices", "node_heartbeat", column="reports", how="sum", since="2d")


def page(ask: Ask) -> Board:
    cards = Card(say("{} visits", said.number(VISITS)), Table(("Reports",), [[said.number(REPORTS)]]))
    return Board(
        Sentence(say("**{}** report", said.number(NODES))),
        Tiles([Tile("Visits", said.number(VISITS))]),
        [[Cell("card", 12, "Visits", lambda: cards)]],
        controls=[DAYS],
        choice={"days": ask.chosen(DAYS)},
    )


@pytest.fixture
def boards(lake: Lake) -> Boards:
    made = Boards(lake.project, {"own": page, OWN: page})
    for name in ("own", OWN):
        made.get(name, {})
    return made


def test_a_board_lists_what_it_claims(lake: Lake, boards: Boards) -> None:
    assert page(Ask(lake.project)).claims == (NODES, VISITS, VISITS, REPORTS)
    answer = boards.get("own", {})
    assert answer is not None
    assert answer["html"].count("data-claim=") == 4


def test_a_number_is_followed_to_its_rows(boards: Boards) -> None:
    told = boards.why("own", {}, NODES.id)
    assert (told["call"], told["rule"]) == ("tt.health.devices(since='2d')", "number of rows")
    assert told["value"] == str(told["n"])
    assert told["n"] >= 3
    assert len(told["rows"]) == min(8, told["n"])
    assert told["raw_ids"] == [], "the bodies of a network's reports name the phones around"
    assert json.dumps(told, allow_nan=False)


def test_rows_and_records_about_people_are_the_owners(boards: Boards) -> None:
    told = boards.why("own", {}, VISITS.id)
    assert (told["rows"], told["raw_ids"], told["records"]) == ([], [], None)
    assert "owner" in told["note"]
    assert int(told["value"].replace(",", "")) > 0


def test_a_persons_own_page_shows_that_persons(boards: Boards) -> None:
    told = boards.why(OWN, {}, VISITS.id)
    assert told["rows"]
    assert len(told["raw_ids"]) == 5


def test_what_the_page_does_not_claim_is_not_told(boards: Boards) -> None:
    for choice, wanted in (({}, "0123456789ab"), ({"days": "1"}, NODES.id)):
        with pytest.raises(ConfigError, match="no number"):
            boards.why("own", choice, wanted)


@pytest.fixture
def over_http(boards: Boards, monkeypatch: pytest.MonkeyPatch) -> Iterator[Remote]:
    server = serve(boards, host=HOST, port=0, secret="s" * 20)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv(ADDRESS, f"http://{HOST}:{server.server_address[1]}")
    monkeypatch.setenv(SECRET, "s" * 20)
    yield Remote("own")
    server.shutdown()
    server.server_close()


def test_the_kernel_of_a_page_asks_the_process_that_computes(boards: Boards, over_http: Remote) -> None:
    here = partial(OnePage(boards, "own").why, {})
    assert over_http.why({}, NODES.id) == json.loads(json.dumps(here(NODES.id)))
    with pytest.raises(TelltaleError, match="no number"):
        over_http.why({}, "0123456789ab")


def test_what_needs_a_look_is_a_call_too(lake: Lake) -> None:
    listed = tt.dashboard.attention(project=lake.project)
    assert list(listed.columns) == ["level", "what", "evidence", "likely", "page", "since"]
    answer = Boards(lake.project, PAGES).get("operations", {})
    assert answer is not None
    assert [row in answer["html"] for row in listed["what"]] == [True] * len(listed)
