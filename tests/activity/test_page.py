"""The activity page: whoever has a token sees what it opens, and nothing of anybody else."""

import json
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from telltale.activity.page import person_page
from telltale.contract import ConfigError, Raw, Scenario, Secrets
from telltale.dashboard.boards import Boards
from telltale.dashboard.links import new_link
from telltale.dashboard.pages import PAGES
from telltale.dashboard.persons import page_of, persons, write_notebooks
from telltale.settings import load
from telltale.sources import source
from telltale.workbench import Project
from tests.dashboard import dashboards
from tests.lake_fixture import ZONE, at, write_settings
from tests.marks import unmarked

NOW = "2026-11-20 14:30"
PEOPLE = {"desk-1": "Anna", "desk-2": "Ben", "desk-3": "Cleo", "desk-4": "Dan", "desk-5": "Eva"}
TOKEN_OF_ANNA = "a-token-of-annas-own-0001"


def office(root: Path, *, pcs: int, more: str = "", keep: bool = True) -> Project:
    """Two days of simulated PCs, the first so many of them."""
    settings = load(write_settings(root, more=more, keep=keep))
    project = Project(settings=settings, now=lambda: at(NOW))
    listed = {f"pc:{name}": (f"PC of {person}", person) for name, person in list(PEOPLE.items())[:pcs]}
    lines = [f"{device},{name},{person}" for device, (name, person) in listed.items()]
    (root / "devices.csv").write_text("\n".join(["device_id,name,person", *lines, ""]))
    _fill(project, Scenario(7, at("2026-11-19 06:00") // 10**6, at(NOW) // 10**6, ZONE), set(listed))
    return project


def _fill(project: Project, scenario: Scenario, wanted: set[str]) -> None:
    idle = source("pc_idle")
    told = idle.simulate(scenario, project.settings.source("pc_idle"))
    raws = [
        Raw(0, "pc_idle", one.at, "127.0.0.1", json.dumps({"path": one.path}), one.body)
        for one in told
        if json.loads(one.body)["device_id"] in wanted
    ]
    landing = project.landing()
    try:
        landing.put_many(raws)
    finally:
        landing.close()


@pytest.fixture(scope="module")
def five(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return office(tmp_path_factory.mktemp("five"), pcs=5)


@pytest.fixture(scope="module")
def boards(five: Project) -> Boards:
    return Boards(five, {"activity": PAGES["activity"], "anna": person_page("Anna"), "ben": person_page("pc:desk-2")})


def html(boards: Boards, page: str = "activity", choice: dict[str, str] | None = None) -> str:
    answer = boards.get(page, choice or {})
    assert answer is not None
    assert "could not be computed" not in answer["html"]
    return unmarked(str(answer["html"])).replace("\xa0", " ")


def general(project: Project) -> str:
    return html(Boards(project, {"activity": PAGES["activity"]}))


def test_the_general_token_sees_a_team_and_no_single_pc(boards: Boards) -> None:
    told = html(boards, "activity", {"period": "7d"})
    assert re.search(r"<b>[45] people|<b>5 people", told)
    assert not re.search("|".join([*PEOPLE, *PEOPLE.values()]), told)


def test_the_general_token_sees_nothing_of_fewer_than_k(tmp_path: Path) -> None:
    told = general(office(tmp_path, pcs=3))
    assert "No activity is shown here" in told
    assert "are five people or more recorded" in told
    assert not re.search("[34] people|three|four people", told), "how few is not told either"
    assert "<section" not in told


@pytest.mark.parametrize(("keep", "shown"), [(True, True), (False, False)])
def test_everyone_is_shown_of_invented_data_only(tmp_path: Path, *, keep: bool, shown: bool) -> None:
    project = office(tmp_path, pcs=2, more="[activity]\nshow_everyone = true\n", keep=keep)
    told = general(project)
    assert ("PC of Anna" in told) == shown
    assert ("Invented data" in told) == shown


MINE = "[activity]\nmine = true\n"


@pytest.mark.parametrize(
    ("pcs", "more", "shown"), [(1, MINE, True), (1, "", False), (2, MINE, False), (5, MINE, False)]
)
def test_somebody_alone_sees_the_own_pcs_with_the_general_token(
    tmp_path: Path, pcs: int, more: str, *, shown: bool
) -> None:
    """What was set for one's own PC shows nobody else's that is added later."""
    told = general(office(tmp_path, pcs=pcs, more=more, keep=False))
    assert ("PC of Anna" in told) == shown
    assert ("mine is set, and all PCs recorded are of one person" in told) == shown
    if not shown:
        assert not re.search("|".join([*PEOPLE, *PEOPLE.values()]), told)
        assert ("holds only while all PCs recorded are of one person" in told) == bool(more)
        assert ("give each a line with the same person in devices.csv" in told) == bool(more and pcs < 5)


def test_several_pcs_of_one_person_are_the_own_ones_too(tmp_path: Path) -> None:
    project = office(tmp_path, pcs=2, more=MINE, keep=False)
    listed = "device_id,name,person\npc:desk-1,PC of Anna,Anna\npc:desk-2,Laptop,ANNA\n"
    (tmp_path / "devices.csv").write_text(listed)
    told = general(project)
    assert "PC of Anna" in told
    assert "Laptop" in told


def test_the_graph_of_the_modems_levels_from_0_to_100_is_there(tmp_path: Path) -> None:
    """Of the activity tutorial: one PC, its modem alone."""
    project = Project(settings=load(write_settings(tmp_path, more=MINE, keep=False)), now=lambda: at(NOW))
    landing = project.landing()
    for minute, data in ((0, "313030"), (10, "3530"), (20, "30")):
        at_us = at("2026-11-20 14:00") + minute * 60_000_000
        body = f"device=A1&time={at_us // 10**6}&data={data}".encode()
        landing.append(Raw(0, "sigfox", at_us, "127.0.0.1", '{"path":"/messages/create"}', body))
    landing.close()
    answer = Boards(project, {"activity": PAGES["activity"]}).get("activity", {})
    assert answer is not None
    assert "Level, 0 to 100 %" in answer["html"].replace("\N{NO-BREAK SPACE}", " ")
    [trace] = [each for each in answer["figures"]["levels"]["data"] if each.get("y")]
    assert trace["y"][:3] == [100, 50, 0]


OTHERS = "Ben|Cleo|Dan|Eva|desk-[2-5]"
CHOICES: tuple[dict[str, str], ...] = (
    *({}, {"pc": "pc-desk-2"}, {"pc": "all", "period": "28d"}, {"device": "pc:desk-2", "period": "7d"}),
    {"breaks": "900", "messages": "2"},
)


@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_a_person_sees_the_own_pc_whatever_is_asked_for(boards: Boards, choice: dict[str, str]) -> None:
    told = html(boards, "anna", choice)
    assert "PC of Anna" in told
    assert not re.search(OTHERS, told)
    assert told.count("<section") == 6
    assert ("13 to 24" if "messages" in choice else "1 to 12") in told


def test_a_person_sees_what_is_recorded(boards: Boards) -> None:
    told = html(boards, "ben")
    assert "What is recorded about whoever uses these PCs" in told
    assert "seconds since the last input" in told
    assert "rows are kept" in told


def test_a_person_without_records_is_told_how_to_begin(five: Project) -> None:
    told = html(Boards(five, {"activity": person_page("Zoe")}))
    assert "No activity of Zoe has been recorded yet" in told
    assert not re.search(f"Anna|{OTHERS}", told)


def test_a_persons_page_is_named_by_a_digest_of_the_token(tmp_path: Path) -> None:
    settings = load(write_settings(tmp_path)).with_secrets({"activity": {"Anna": TOKEN_OF_ANNA}})
    (one,) = persons(settings, general="x" * 20)
    assert (one.page, one.name) == (page_of(TOKEN_OF_ANNA), "Anna")
    write_notebooks(tmp_path, [one])
    text = (tmp_path / f"{one.page}.ipynb").read_text()
    assert TOKEN_OF_ANNA not in text
    assert "Anna" not in text
    assert isinstance(settings.source("activity").secrets, Secrets)


@pytest.mark.parametrize(
    ("tokens", "problem"),
    [
        ({"Anna": "short"}, "5 characters, expected at least 16"),
        ({"Anna": "g" * 20}, "the token is the dashboards' own"),
        ({"Anna": "a" * 20, "Ben": "a" * 20}, "the token is that of Anna"),
    ],
)
def test_tokens_that_open_too_much_are_refused(tmp_path: Path, tokens: dict[str, str], problem: str) -> None:
    settings = load(write_settings(tmp_path)).with_secrets({"activity": tokens})
    with pytest.raises(ConfigError, match=problem) as refused:
        persons(settings, general="g" * 20)
    assert not any(token in str(refused.value) for token in tokens.values())


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dashboards.Dashboards]:
    root = tmp_path_factory.mktemp("served")
    now_s = int(time.time())
    project = Project(settings=load(write_settings(root)))
    (root / "devices.csv").write_text("device_id,name,person\nsigfox:abc,Desk,Anna\nsigfox:def,Lab,Ben\n")
    with (root / "secrets.toml").open("a") as file:
        file.write(f'[sigfox]\nbackend = "a-backend-secret"\n[activity]\nAnna = "{TOKEN_OF_ANNA}"\n')
    landing = project.landing()
    for n in range(12):
        for device in ("ABC", "DEF"):
            landing.append(_level(device, now_s - 600 * (12 - n), "100", n))
    landing.close()
    project.close()
    with dashboards.serving(root) as running:
        running.wait()
        yield running


def _level(device: str, at_s: int, text: str, seq: int) -> Raw:
    body = {"device": device, "time": at_s, "seqNumber": seq, "data": text.encode().hex()}
    meta = json.dumps({"path": "/messages/create"})
    return Raw(0, "sigfox", at_s * 10**6 + 10**6, "network", meta, json.dumps(body).encode())


@pytest.mark.slow
def test_a_token_opens_its_pages_and_no_other(served: dashboards.Dashboards) -> None:
    own = f"/{page_of(TOKEN_OF_ANNA)}"
    person, general = served.log_in(TOKEN_OF_ANNA), served.log_in()

    def leads(path: str, cookies: dict[str, str]) -> tuple[int, str]:
        answer = served.ask(path, cookies=cookies)
        return answer.status, answer.headers.get("Location", "")

    assert leads("/", person) == (302, own)
    for other in ("/activity", "/health", "/operations", f"/{page_of('another-token-0123456789')}"):
        assert leads(other, person) in ((302, own), (404, ""))
    assert leads("/", general) == (302, "/operations")
    assert leads(own, general)[0] == 404
    assert leads(own, {})[1].startswith("/login")
    # The general token in a browser that was a person's before is the general token.
    again = served.submit("/login", {"password": dashboards.TOKEN}, shown="/logout", cookies=person)
    assert leads("/", person | again.cookies) == (302, "/operations")


CHROMIUM = shutil.which("chromium")


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_a_callback_is_on_the_persons_page_at_once(
    served: dashboards.Dashboards,
) -> None:
    if CHROMIUM is None:
        pytest.skip("no chromium on the PATH: the page is not opened in a browser")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.goto(new_link(load(served.root), person="Anna"), wait_until="commit", timeout=90_000)
        page.wait_for_selector(".plot .main-svg", timeout=90_000)
        assert [tab.inner_text().strip() for tab in page.locator(".tabs li").all()][1:] == ["Reports"]
        page.wait_for_selector("h2:has-text('Desk is at 100')")
        page.wait_for_selector("html[data-live]", state="attached", timeout=90_000)
        project = Project(served.root)
        landing = project.landing()
        landing.append(_level("ABC", int(time.time()) - 1, "25", 99))
        landing.close()
        page.wait_for_selector("h2:has-text('Desk is at 25')", timeout=20_000)
        assert "Lab" not in page.inner_text("main")
        browser.close()
        project.close()
