"""Pages as data, without a browser: what they say, what they withhold, and what happens when something fails."""

import http.client
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from telltale.charts.base import figure
from telltale.contract import ConfigError
from telltale.dashboard.assets import JUPYTER, served, style, template_values
from telltale.dashboard.boards import Boards
from telltale.dashboard.figures import serve
from telltale.dashboard.pages import PAGES
from telltale.dashboard.serve import address, cookie_secret, login_token, notebooks, title
from telltale.page.attention import Notice
from telltale.page.board import Ask, Board, Cell, Control
from telltale.page.lists import Concern
from telltale.page.pieces import Card, Sentence, Table, Tile, Tiles
from telltale.settings import Settings, load
from telltale.workbench import Project
from tests.lake_fixture import Lake, write_settings

HOST = "127.0.0.1"


def text(answer: dict[str, Any]) -> str:
    return re.sub(r"[ \n]+", " ", re.sub(r"<[^>]+>", "", answer["html"].replace("</p>", " ")))


@pytest.fixture(scope="module")
def boards(lake: Lake) -> Boards:
    return Boards(lake.project, PAGES)


FILLED = ("operations", "presence")
"""The pages whose records are in the lake of the tests."""
CHOICES: list[dict[str, str]] = [{}, {"period": "7d", "addresses": "local"}]


@pytest.fixture(params=[(page, choice) for page in FILLED for choice in CHOICES], ids=str)
def answer(request: pytest.FixtureRequest, boards: Boards) -> dict[str, Any]:
    page, choice = request.param
    found = boards.get(page, choice)
    assert found is not None
    return found


def test_a_page_opens_with_a_sentence_and_has_its_figures(answer: dict[str, Any]) -> None:
    assert answer["html"].count("<h1>") == 1
    assert 4 <= answer["html"].count('class="tile ') <= 5
    assert 1 <= len(answer["figures"]) <= 4
    assert "Harbour site" in text(answer)
    assert 'role="alert"' not in answer["html"], "no part of a page fails on good data"
    assert answer["freshness"]["newest"] is not None


def test_a_page_is_json_and_names_no_device(answer: dict[str, Any], lake: Lake) -> None:
    told = json.dumps(answer, allow_nan=False)
    addresses = [*lake.truth["staff"], *lake.truth["fixed"]]
    assert addresses
    assert not [found for found in addresses if found.replace(":", "") in told.replace(":", "").lower()]


def test_every_plot_has_a_name_and_a_table_behind_it(answer: dict[str, Any]) -> None:
    plots = re.findall(r'<div class="plot"[^>]*aria-label="([^"]+)"', answer["html"])
    assert len(plots) == len(answer["figures"])
    assert all(len(name) > 20 for name in plots)
    assert answer["html"].count('<details class="numbers">') == len(plots)


def test_the_presence_page_counts_what_the_simulator_knows(boards: Boards, lake: Lake) -> None:
    found = boards.get("presence", {})
    assert found is not None
    visitors = list(lake.truth["days"].values())[-1]["figures"]["all"]["visitors"]
    assert f"{visitors}\N{NO-BREAK SPACE}visitor devices today so far" in text(found)


def test_a_choice_that_is_none_is_the_default() -> None:
    control = Control("period", "Period", {"1d": "Today", "7d": "7 days"})
    asked = [{}, {"period": "aa:bb:cc:dd:ee:ff"}, {"period": "7d"}]
    assert [Ask(None, choice).chosen(control) for choice in asked] == ["1d", "1d", "7d"]  # type: ignore[arg-type]


def test_a_project_without_records_says_what_to_do(tmp_path: Path) -> None:
    boards = Boards(Project(settings=load(write_settings(tmp_path))), PAGES)
    for page in FILLED:
        found = boards.get(page, {})
        assert found is not None
        assert "No record has arrived yet." in text(found)
        assert "telltale demo" in text(found)
        assert found["freshness"]["newest"] is None


def test_nothing_is_computed_twice_and_something_new_is_waited_for(tmp_path: Path) -> None:
    calls: list[int] = []

    def page(ask: Ask) -> Board:
        calls.append(ask.project.now_us())
        return Board(Sentence(f"Call {len(calls)}"))

    project = Project(settings=load(write_settings(tmp_path)))
    boards = Boards(project, {"page": page})
    first = boards.get("page", {})
    assert first is not None
    assert boards.get("page", {}) == first
    assert boards.get("page", {}, after=first["serial"], wait_s=0.3) is None
    _land(project)
    second = boards.get("page", {}, after=first["serial"], wait_s=10)
    assert second is not None
    assert "Call 2" in second["html"]
    assert len(calls) == 2
    again = boards.get("page", {}, after=second["serial"], again=True)
    assert again is not None
    assert len(calls) == 3


def test_what_a_reader_may_choose_next_is_ready(lake: Lake) -> None:
    control = Control("period", "Period", {"1d": "Today", "7d": "7 days", "28d": "28 days"})
    drawn: list[str] = []

    def page(ask: Ask) -> Board:
        drawn.append(ask.chosen(control))
        return Board(Sentence(drawn[-1]), controls=[control], choice={"period": drawn[-1]})

    boards = Boards(lake.project, {"page": page})
    assert not boards.warm(), "nobody looks"
    boards.get("page", {})
    assert [boards.warm() for _ in range(3)] == [True, True, False]
    assert drawn == ["1d", "7d", "28d"]
    boards.get("page", {"period": "7d"})
    assert len(drawn) == 3


def two_rows(made: list[str]) -> Callable[[Ask], Board]:
    """A page of two rows that count what they are made of."""

    def card(name: str) -> Card:
        made.append(name)
        return Card(f"Card {name}", Table(("a",), [("1",)]))

    def page(ask: Ask) -> Board:
        rows = [[Cell(name, 6, f"What {name} is about", partial(card, name))] for name in ("above", "below")]
        return Board(Sentence("Two rows"), rows=rows)

    return page


def test_who_waits_gets_the_first_row_at_once_and_the_others_of_the_same_moment(tmp_path: Path) -> None:
    made: list[str] = []
    project = Project(settings=load(write_settings(tmp_path)))
    boards = Boards(project, {"first": lambda _: Board(Sentence("First")), "page": two_rows(made)}, _needs_a_look)
    begun = boards.get("page", {}, after=0, soon=True)
    assert begun is not None
    assert made == ["above"]
    assert ("Card above" in text(begun), "What below is about" in text(begun)) == (True, True)
    assert begun["html"].count("Loading") == 1
    assert begun["attention"] == {}, "what other pages need a look for is counted when nobody waits"
    _land(project)  # whatever comes meanwhile
    whole = boards.get("page", {}, after=begun["serial"], soon=True)
    assert whole is not None
    assert made == ["above", "below"]
    assert (whole["now"], whole["change"]) == (begun["now"], begun["change"]), "one page, one moment"
    assert ("Card below" in text(whole), "Loading" in whole["html"]) == (True, False)
    assert boards.warm()
    counted = boards.get("page", {}, after=whole["serial"], soon=True)
    assert counted is not None
    assert counted["attention"] == {"first": 1}


def test_nobody_gets_half_a_page_who_does_not_ask_for_it_and_a_page_in_use_is_not_torn(tmp_path: Path) -> None:
    made: list[str] = []
    project = Project(settings=load(write_settings(tmp_path)))
    boards = Boards(project, {"page": two_rows(made)})
    assert boards.get("page", {}, soon=True) is not None
    whole = boards.get("page", {})
    assert whole is not None
    assert made == ["above", "below"]
    old = whole["serial"] - 1
    assert boards.get("page", {}, after=old, soon=True) == whole, "what another reader got a moment ago is news"
    again = boards.get("page", {}, again=True, soon=True)
    assert again is not None
    assert "Loading" not in again["html"], "what is less than a minute old stays whole"
    assert made == ["above", "below"] * 2


def _needs_a_look(_: Project) -> list[Notice]:
    return [Notice(Concern("alarm", "A thing", "evidence", "", "", "first"), "a thing", None)]


def test_a_card_that_fails_fails_alone_and_says_since_when(lake: Lake) -> None:
    broken: list[Exception] = []

    def make() -> Card:
        if broken:
            raise broken[0]
        return Card("All is well", Table(("a",), [("1",)]))

    def page(ask: Ask) -> Board:
        good = Cell("good", 6, "Good", lambda: Card("Fine", figure(height=200)))
        return Board(Sentence("One"), Tiles([Tile("t", "1")]), [[Cell("bad", 6, "What it is about", make), good]])

    boards = Boards(lake.project, {"page": page})
    boards.get("page", {})
    for error, said in (
        (ConfigError("devices.csv line 3: no zone"), "Devices.csv line 3: no zone."),
        (ZeroDivisionError("division by zero"), "could not be computed (ZeroDivisionError). Run"),
    ):
        broken[:] = [error]
        answer = boards.get("page", {}, again=True)
        assert answer is not None
        assert said in text(answer)
        assert "The last good figure dates from" in text(answer)
        assert "Fine" in text(answer)
        assert "Traceback" not in answer["html"]
        assert list(answer["figures"]) == ["good"]


def test_a_page_that_fails_says_so(lake: Lake) -> None:
    def page(ask: Ask) -> Board:
        raise ConfigError("no such thing; do that")

    answer = Boards(lake.project, {"page": page}).get("page", {})
    assert answer is not None
    assert "No such thing; do that." in text(answer)
    with pytest.raises(ConfigError, match='no dashboard "pages"; known: page'):
        Boards(lake.project, {"page": page}).get("pages", {})


def test_data_that_looks_like_markup_stays_text(lake: Lake) -> None:
    def page(ask: Ask) -> Board:
        bad = "<img src=x onerror=alert(1)>"
        card = Card(bad, Table((bad,), [(bad,)]), bad, [bad])
        return Board(Sentence(bad, bad), Tiles([Tile(bad, bad, bad, bad)]), [[Cell("c", 6, bad, lambda: card)]], bad)

    answer = Boards(lake.project, {"page": page}).get("page", {})
    assert answer is not None
    assert "<img" not in answer["html"]


@contextmanager
def figures_served(lake: Lake) -> Iterator[int]:
    def page(ask: Ask) -> Board:
        return Board(Sentence(f"chose {ask.choice.get('period')}"))

    server = serve(Boards(lake.project, {"page": page}), host=HOST, port=0, secret="word")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize(
    ("path", "secret", "status", "said"),
    [
        ("/page?period=7d", "word", 200, "chose 7d"),
        ("/page", "", 401, "unknown caller"),
        ("/page", "wörd", 401, "unknown caller"),
        ("/other", "word", 404, "no dashboard"),
        ("/page?wait=x", "word", 404, "wait"),
    ],
)
def test_only_the_kernels_are_answered(lake: Lake, path: str, secret: str, status: int, said: str) -> None:
    with figures_served(lake) as port:
        connection = http.client.HTTPConnection(HOST, port, timeout=20)
        connection.request("GET", path, headers={"Authorization": f"Bearer {secret}".encode()})
        reply = connection.getresponse()
        assert (reply.status, said in reply.read().decode()) == (status, True)
        connection.close()


def test_the_login_cannot_be_left_out_in_public(tmp_path: Path) -> None:
    settings = load(write_settings(tmp_path))
    assert len(login_token(settings, HOST)) >= 16
    assert login_token(settings, HOST) != login_token(settings, HOST)
    with pytest.raises(ConfigError, match=r'host = "0.0.0.0": a public address needs a token'):
        login_token(settings, "0.0.0.0")
    own = settings.with_secrets({}, token="f3Vq9-kd72LmZ0aw")
    assert login_token(own, "0.0.0.0") == own.token
    with pytest.raises(ConfigError, match="has 3 characters, expected at least 16"):
        login_token(settings.with_secrets({}, token="own"), "0.0.0.0")
    assert login_token(settings.with_secrets({}, token="own"), HOST) == "own"


def test_a_login_outlasts_a_restart_while_the_token_stays() -> None:
    assert cookie_secret("a-token") == cookie_secret("a-token")
    assert cookie_secret("a-token") != cookie_secret("another")
    assert cookie_secret("") != cookie_secret("")


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8866"),
        ("0.0.0.0", "http://127.0.0.1:8866"),
        ("::1", "http://[::1]:8866"),
    ],
)
def test_the_address_is_one_to_click(host: str, url: str) -> None:
    assert address(host=host, port=8866) == url


def test_tabs_are_in_order_and_ones_own_pages_follow(tmp_path: Path) -> None:
    settings: Settings = load(write_settings(tmp_path))
    (tmp_path / "dashboards").mkdir()
    own = {"cells": [{"cell_type": "markdown", "source": "# My fridges\n\nCold?"}]}
    (tmp_path / "dashboards" / "fridges.ipynb").write_text(json.dumps(own))
    found = notebooks(settings)
    assert [*list(found)[:2], list(found)[-1]] == ["operations", "presence", "fridges"]
    assert [title(path) for path in found.values()][:2] == ["Operations", "Presence"]
    assert title(found["fridges"]) == "My fridges"


def test_nothing_of_the_page_lies_elsewhere() -> None:
    texts = [path.read_text() for path in JUPYTER.rglob("*") if path.is_file()] + [style()]
    assert len(texts) > 6
    assert not [found for one in texts for found in re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", one)]
    assert set(served()) == {"board.css", "board.js", "plotly.js"}
    assert set(template_values({}, "/")["dark_of"])


def test_the_style_defines_what_widgets_need() -> None:
    defined = set(re.findall(r"(--jp-[a-z0-9-]+):", style()))
    assert {"--jp-ui-font-family", "--jp-widgets-color", "--jp-widgets-font-size", "--jp-layout-color1"} <= defined


def _land(project: Project) -> None:
    """A record that cannot be decoded is a change as well."""
    from telltale.contract import Raw

    landing = project.landing()
    try:
        landing.append(Raw(0, "cloudtrax", project.now_us(), "", "{}", b"{}"))
    finally:
        landing.close()
