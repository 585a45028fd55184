"""The dashboards anywhere: whatever the folder for temporary files, a person's own Jupyter, and the proxy in front."""

import json
import os
import re
import shutil
import textwrap
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from pydantic import ValidationError
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine

from telltale.contract import ConfigError
from telltale.dashboard.boards import Boards
from telltale.dashboard.gate import Rules, _put_below, origin_of
from telltale.dashboard.links import Note, link, noted
from telltale.dashboard.show import _fresh
from telltale.dashboard.surroundings import LONGEST_SOCKET, OWN_NAME, UNWANTED, own_surroundings, socket_folder
from telltale.net import free_port
from telltale.settings import load
from telltale.settings.listeners import DashboardSettings
from tests import nginx
from tests.dashboard import dashboards
from tests.lake_fixture import Lake, write_settings

CHROMIUM = shutil.which("chromium")
SWITCHES = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
README = Path(__file__).parents[2] / "dashboards" / "README.md"
BASE = "/signals/telltale"
LIVE_MS = 90_000


@pytest.mark.parametrize(
    ("settings", "base", "home"),
    [
        ({}, "/", ""),
        ({"public_url": "https://tt.example.org/"}, "/", "https://tt.example.org"),
        ({"public_url": "https://example.org/tt/"}, "/tt/", "https://example.org/tt"),
        ({"public_url": "https://example.org:443/a/b"}, "/a/b/", "https://example.org/a/b"),
        ({"base_url": "tt"}, "/tt/", ""),
        ({"base_url": "/"}, "/", ""),
        ({"base_url": "/user/a%40b/proxy/8866/"}, "/user/a%40b/proxy/8866/", ""),
        ({"public_url": "https://example.org", "base_url": "/tt"}, "/tt/", "https://example.org/tt"),
        ({"public_url": "https://example.org/tt", "base_url": "/tt/"}, "/tt/", "https://example.org/tt"),
    ],
)
def test_a_path_stands_in_the_public_address_or_alone(settings: dict[str, str], base: str, home: str) -> None:
    read = DashboardSettings(**settings)  # type: ignore[arg-type]
    assert (read.base, read.public_home) == (base, home)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"base_url": "/a/../b"}, "a path such as"),
        ({"base_url": "/a b"}, "a path such as"),
        ({"base_url": "//evil.example"}, None),
        ({"base_url": "https://x/a"}, "a path such as"),
        ({"base_url": "/a?b"}, "a path such as"),
        ({"base_url": "/a", "public_url": "https://example.org/b"}, 'base_url = "/b"'),
    ],
)
def test_a_path_that_is_none_is_refused(settings: dict[str, str], said: str | None) -> None:
    if said is None:
        assert DashboardSettings(**settings).base == "/evil.example/"  # type: ignore[arg-type]
        return
    with pytest.raises(ValidationError, match=said):
        DashboardSettings(**settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("base", "sent", "seen"),
    [
        ("/", "/presence?period=7d", "/presence?period=7d"),
        ("/tt/", "/tt/presence?period=7d", "/tt/presence?period=7d"),
        ("/tt/", "/presence?period=7d", "/tt/presence?period=7d"),
        ("/tt/", "/tt", "/tt/"),
        ("/tt/", "/", "/tt/"),
        ("/tt/", "/tttt", "/tt/tttt"),
        ("/tt/", "//evil.example/x", "/tt//evil.example/x"),
        ("/tt/", "http://evil.example/x", "/tt/http://evil.example/x"),
    ],
)
def test_a_path_is_the_same_whether_or_not_a_proxy_took_it_off(base: str, sent: str, seen: str) -> None:
    request = HTTPServerRequest(
        start_line=RequestStartLine("GET", sent, "HTTP/1.1"), headers=HTTPHeaders({"Host": "x"})
    )
    _put_below(request, base)
    assert request.uri == seen
    assert request.path == seen.partition("?")[0]


def test_what_climbs_is_refused_below_a_path_too_and_only_the_look_is_for_all() -> None:
    rules = Rules("127.0.0.1", "https://example.org/tt", asks_login=False, base_url="/tt/")
    for path, is_refused in [("/tt/look/board.css", False), ("/look/board.css", True), ("/tt/presence", True),
                             ("/tt/look/../presence", True), ("/tt//evil.example/x", True)]:  # fmt: skip
        sent = HTTPHeaders({"Host": "evil.example"})
        request = HTTPServerRequest(start_line=RequestStartLine("GET", path, "HTTP/1.1"), headers=sent)
        assert (rules.refusal(request) is not None) is is_refused, path
    assert origin_of("https://Example.org:8443/tt") == "https://example.org:8443"


def test_a_link_is_printed_for_the_public_address_and_asked_for_here(tmp_path: Path) -> None:
    note = Note("http://127.0.0.1:8866/tt", "secret", "https://example.org/tt")
    assert link(note.shown, "code") == "https://example.org/tt/enter#code"
    assert Note("http://127.0.0.1:8866", "secret").shown == "http://127.0.0.1:8866"
    settings = load(write_settings(tmp_path))
    with noted(settings, 8866, note):
        kept = json.loads((settings.data / "run" / "dashboard-8866.json").read_text())
    assert kept == note._asdict()


def test_sockets_lie_where_a_path_is_short_enough_and_one_can_write(tmp_path: Path) -> None:
    short = tmp_path / "s"
    room = LONGEST_SOCKET - OWN_NAME - len(os.fsencode(tmp_path)) - 1
    if room < 1:
        short = Path("/tmp")  # where the tests' own folders are deep
    long = tmp_path / ("ü" * 30)  # 60 bytes
    for folder in (short, long):
        folder.mkdir(exist_ok=True)
    assert socket_folder([str(long), str(tmp_path / "missing"), "", str(short)]) == str(short)
    with pytest.raises(ConfigError, match=r"no folder for the sockets of the pages: .*at most 3\d bytes; set TMPDIR"):
        socket_folder([str(long), str(tmp_path / "missing")])


def test_a_persons_own_folders_come_after_ours(tmp_path: Path) -> None:
    own = {"JUPYTER_PATH": "/home/anna/jupyter", "JUPYTER_CONFIG_DIR": "/home/anna/.jupyter", "IPYTHONDIR": "/x"}
    told = own_surroundings(tmp_path, own)
    assert told["JUPYTER_PATH"].split(os.pathsep)[-1] == "/home/anna/jupyter"
    assert all(told[name].startswith(str(tmp_path)) for name in ("JUPYTER_CONFIG_DIR", "IPYTHONDIR"))
    assert "PYTHONSTARTUP" in UNWANTED


VOILA = {
    "VoilaConfiguration": {"template": "lab", "show_tracebacks": True, "strip_sources": False},
    "Voila": {"base_url": "/mine/", "port": 1, "token": "", "tornado_settings": {"headers": {"Server": "mine"}}},
}
STARTUP = "import IPython\nIPython.get_ipython().display_formatter = None\nraise SystemExit('of my own')\n"


def hostile_home(folder: Path) -> dict[str, str]:
    """The environment of a person with settings for other notebooks, and a far too long folder for temporary files."""
    places = ["home/.jupyter", "config", "home/.config/ipython", "home/.ipython/profile_default/startup"]
    for place in (
        *places,
        "home/.local/share/jupyter/kernels/python3",
        "home/.local/share/jupyter/voila/templates/lab",
    ):
        (folder / place).mkdir(parents=True)
    for place in ("home/.jupyter/voila.json", "config/voila.json"):
        (folder / place).write_text(json.dumps(VOILA))
    (folder / "config" / "voila.py").write_text("c.Voila.base_url = '/mine/'\nc.VoilaConfiguration.template = 'lab'\n")
    (folder / "config" / "jupyter_server_config.json").write_text('{"ServerApp": {"base_url": "/mine/"}}')
    profile = folder / "home/.ipython/profile_default"
    (profile / "startup" / "00.py").write_text(STARTUP)
    (profile / "ipython_kernel_config.py").write_text(
        "c.IPKernelApp.exec_lines = ['1/0']\nc.IPKernelApp.matplotlib = 'x'"
    )
    (folder / "start.py").write_text("raise SystemExit('of my own')")
    spec = {"argv": ["/bin/false"], "display_name": "of my own", "language": "python"}
    (folder / "home/.local/share/jupyter/kernels/python3/kernel.json").write_text(json.dumps(spec))
    (folder / "home/.local/share/jupyter/voila/templates/lab/page.html").write_text("of my own")
    temporary = folder / "a folder with blanks and ü" / ("whose path no socket takes, " * 4)
    temporary.mkdir(parents=True)
    return {
        "HOME": str(folder / "home"),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "PYTHONSTARTUP": str(folder / "start.py"),
        "JUPYTER_PREFER_ENV_PATH": "0",
        "TMPDIR": str(temporary),
    }


def printed_code() -> dict[str, str]:
    """What dashboards/README.md has one type: the cell of the notebook, and the module beside it."""
    part = README.read_text().partition("## A page of your own")[2].partition("\n## ")[0]
    blocks = re.findall(r"(?:^(?:    .*)?\n)+", part, re.MULTILINE)
    cell, module = (textwrap.dedent(block).strip() for block in blocks if block.strip())
    return {"cell": cell, "module": module}


def own_page(folder: Path) -> None:
    """A page of one's own, as printed."""
    dashboards.add_page(folder.parent, "fridges", printed_code()["cell"], heading="# My fridges")
    (folder / "my_pages.py").write_text(printed_code()["module"])


def test_a_page_of_ones_own_says_what_its_readme_says(lake: Lake) -> None:
    namespace: dict[str, Any] = {}
    exec(printed_code()["module"], namespace)  # the README's own words
    answer = Boards(lake.project, {"fridges": partial(_fresh, namespace["fridges"])}).get("fridges", {})
    assert answer is not None
    assert answer["freshness"]["newest"] is not None, "records have come, of whatever source"
    assert "sensors told a temperature today" in answer["html"]
    assert 'role="alert"' not in answer["html"], "no card fails"


@pytest.fixture(scope="module")
def public_port() -> int:
    return free_port("127.0.0.1", 0)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, public_port: int) -> Iterator[dashboards.Dashboards]:
    folder = tmp_path_factory.mktemp("anywhere")
    more = f'[dashboard]\npublic_url = "http://127.0.0.1:{public_port}{BASE}/"\n'
    root = write_settings(folder / "project", more=more)
    own_page(root / "dashboards")
    (root / "voila.json").write_text(json.dumps(VOILA))
    with dashboards.serving(root, environment=hostile_home(folder), base=BASE) as running:
        running.wait()
        yield running


@pytest.mark.slow
def test_neither_a_long_tmpdir_nor_settings_of_ones_own_change_a_page(server: dashboards.Dashboards) -> None:
    page = server.ask(f"{BASE}/operations", {"Authorization": f"token {dashboards.TOKEN}"})
    assert page.status == 200
    html = page.body.decode()
    assert "No record has arrived yet." in html, server.log()
    assert 'id="board-operations" class="arrived"' in html
    assert "of my own" not in html
    assert not re.findall(r'(?:src|href)="(?:https?:)?//[^"]+', html), "nothing is loaded from elsewhere"
    assert server.ask("/mine/operations").headers["Location"].startswith(f"{BASE}/login"), "no address of its own"
    assert server.log().count("Traceback") == 0


@pytest.mark.slow
def test_a_page_of_ones_own_is_served_as_its_readme_has_it(server: dashboards.Dashboards) -> None:
    page = server.ask(f"{BASE}/fridges", {"Authorization": f"token {dashboards.TOKEN}"})
    html = page.body.decode()
    assert "sensors told a temperature today" in html, server.log()
    assert ">My fridges</a>" in html
    assert 'role="alert"' not in html


@pytest.fixture(scope="module")
def printed(server: dashboards.Dashboards) -> str:
    """The address that the start printed, which opens the dashboards once."""
    found = re.search(r"http://\S+/enter#\S+", server.log())
    assert found, server.log()
    return found[0]


@pytest.mark.slow
@pytest.mark.parametrize("keeps_host", [True, False], ids=["host kept", "host renamed"])
@pytest.mark.parametrize("slash", ["", "/"], ids=["path kept", "path taken off"])
def test_a_proxy_in_front_under_a_path(
    keeps_host: bool, slash: str, server: dashboards.Dashboards, public_port: int, tmp_path: Path
) -> None:
    here, origin = server.url.removesuffix(BASE), {"Origin": f"http://127.0.0.1:{public_port}"}
    outside = server._replace(url=f"http://127.0.0.1:{public_port}{BASE}")
    with nginx.proxying(tmp_path, public_port, path=BASE + slash, passes_to=here + slash, keeps_host=keeps_host):
        asked = outside.ask(f"{BASE}/presence?period=7d")
        wanted = quote(f"{BASE}/presence?period=7d", safe="")
        assert (asked.status, asked.headers["Location"]) == (302, f"{BASE}/login?next={wanted}")
        cookies = outside.log_in()
        page = outside.ask(f"{BASE}/operations", cookies=cookies)
        assert b"board-operations" in page.body
        assert "default-src 'self'" in page.headers["Content-Security-Policy"]
        for sent, status in ((origin, 101), ({"Origin": "http://evil.example"}, 403), ({}, 101)):
            assert outside.line(page.kernel, sent, cookies=cookies) == status, sent
        for address in re.findall(rb'(?:src|href)="([^"#]+)"', page.body):
            assert address.startswith((b"data:", f"{BASE}/".encode())), address
        assert outside.ask(f"{BASE}/look/board.css").headers["Content-Encoding"] == "gzip"
        script = f"{BASE}/voila/static/voila.js"
        assert outside.ask(script, cookies=cookies).status == 200
        left = outside.submit(f"{BASE}/logout", {}, cookies=cookies)
        assert left.headers["Location"] == f"{BASE}/login?why=out"
        away = outside.ask(f"{BASE}/logout", {"Origin": "http://evil.example"}, method="POST", cookies=cookies)
        assert away.status == 403


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_the_printed_link_opens_a_live_page_behind_a_proxy(
    server: dashboards.Dashboards, printed: str, public_port: int, tmp_path: Path
) -> None:
    if CHROMIUM is None:
        pytest.skip("no chromium on the PATH: the link is not opened in a browser")
    from playwright.sync_api import sync_playwright

    public, here = f"http://127.0.0.1:{public_port}{BASE}", server.url.removesuffix(BASE)
    assert printed.startswith(f"{public}/enter#"), "the link is one that others can open"
    troubles: list[str] = []
    with (
        nginx.proxying(tmp_path, public_port, path=f"{BASE}/", passes_to=f"{here}/", keeps_host=False),
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        context = browser.new_context()
        tab = context.new_page()
        tab.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
        known = (public, "data:", "blob:", public.replace("http", "ws"))
        tab.on("request", lambda sent: None if sent.url.startswith(known) else troubles.append(sent.url))
        tab.goto(printed)
        tab.wait_for_url(f"{public}/operations")
        tab.wait_for_selector("html[data-drawn][data-live]", state="attached", timeout=LIVE_MS)
        assert {cookie["path"] for cookie in context.cookies()} == {f"{BASE}/"}
        tab.click(".tabs a[data-page=presence]")
        tab.wait_for_url(f"{public}/presence")
        tab.wait_for_selector("html[data-drawn][data-live]", state="attached", timeout=LIVE_MS)
        assert "No record has arrived yet." in tab.inner_text("h1")
        assert troubles == []
        browser.close()
    again = server.command("--link").stdout
    assert again.startswith(f"{public}/enter#")
    code = again.strip().partition("#")[2]
    assert code not in (tmp_path / "access.log").read_text()
