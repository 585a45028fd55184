"""Who gets in, and who does not: real dashboards, asked as a browser, a script and somebody hostile would."""

import concurrent.futures
import http.server
import json
import re
import select
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from telltale.contract import ConfigError
from telltale.dashboard.kernels import CULL_S, MOST_LINES
from telltale.dashboard.links import new_link
from telltale.dashboard.login import FAILURES
from telltale.dashboard.pages import PAGES
from telltale.dashboard.persons import page_of
from telltale.settings import load
from tests.dashboard import dashboards
from tests.lake_fixture import write_settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]
CHROMIUM = shutil.which("chromium")
SWITCHES = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
ANNA, BEN = "annas-own-token-0123456789", "bens-own-token-0123456789"
PAGES_OPEN = 2
DRAWN_MS = 90_000
FILES = 1024
"""Open files a shell allows at first on most systems; 1,200 connections do not fit into them."""
LINK = re.compile(r"http://\S+/enter#\S+")
CODE_GONE = "This link opens nothing any more."


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dashboards.Dashboards]:
    """Dashboards with a login, and two persons."""
    root = write_settings(tmp_path_factory.mktemp("entry"), more=f"[dashboard]\nmax_pages = {PAGES_OPEN}\n")
    with (root / "secrets.toml").open("a") as file:
        file.write(f'[activity]\nAnna = "{ANNA}"\nBen = "{BEN}"\n')
    with dashboards.serving(root, files=FILES) as running:
        running.wait()
        yield running


@pytest.fixture(scope="module")
def open_to_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dashboards.Dashboards]:
    """Dashboards without a login."""
    with dashboards.serving(write_settings(tmp_path_factory.mktemp("open")), "--no-login") as running:
        running.wait()
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    if CHROMIUM is None:
        pytest.skip("no chromium on the PATH: links are not opened in a browser")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        rules = ["--host-resolver-rules=MAP evil.example 127.0.0.1"]
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=[*SWITCHES, *rules])
        yield opened
        opened.close()


def test_the_printed_link_opens_once_and_leaves_nothing_in_the_bar(
    served: dashboards.Dashboards, browser: "Browser"
) -> None:
    links = LINK.findall(served.log())
    assert len(links) == 1
    assert served.kernels() == len(PAGES), "a spare one for each page, and none for each person"
    assert dashboards.TOKEN not in served.log()
    assert not served.environments("ipykernel_launcher", "TELLTALE_TOKEN"), "no kernel needs to know it"
    first, second = browser.new_context(), browser.new_context()
    tab = first.new_page()
    sent: list[str] = []
    tab.on("request", lambda request: sent.append(request.url))
    tab.goto(links[0], wait_until="commit")
    tab.wait_for_url(f"{served.url}/operations", wait_until="commit", timeout=DRAWN_MS)
    assert not [url for url in sent if links[0].partition("#")[2] in url.partition("#")[0]], (
        "no server is told the code"
    )
    cookies = {cookie["name"]: cookie for cookie in first.cookies()}
    login = next(cookie for name, cookie in cookies.items() if name.startswith("telltale-"))
    assert (login["httpOnly"], login["sameSite"], login["secure"]) == (True, "Lax", False)
    assert all(cookie["name"].endswith(str(urlsplit(served.url).port)) for cookie in cookies.values())

    tab = second.new_page()
    tab.goto(links[0], wait_until="commit")
    tab.wait_for_url(f"{served.url}/login?why=link")
    assert tab.locator("h1").inner_text() == CODE_GONE
    assert "telltale dashboard --link" in tab.inner_text("main")
    tab.goto(f"{served.url}/login?next=/nowhere")
    tab.fill("#token", dashboards.TOKEN)
    tab.click("button[type=submit]")
    tab.wait_for_url(f"{served.url}/nowhere")
    assert tab.locator("h1").inner_text() == "There is no such page."
    tab.goto(f"{served.url}/logout")
    tab.click("button[type=submit]")
    tab.wait_for_url(f"{served.url}/login?why=out")
    tab.goto(f"{served.url}/presence")
    assert tab.locator("h1").inner_text() == "Log in to see the dashboards."
    opened = first.pages[0]
    opened.wait_for_selector("#jupyter-config-data", state="attached", timeout=DRAWN_MS)
    opened.goto(f"{served.url}/nowhere")  # a page that is left takes its kernel along
    for context in (first, second):
        context.close()
    _end_all(served)


def test_a_command_prints_another_link_also_to_a_persons_page(served: dashboards.Dashboards) -> None:
    settings = load(served.root)
    printed = served.command("--link")
    assert LINK.fullmatch(printed.stdout.strip()), printed
    for link, leads in (
        (printed.stdout.strip(), "/operations"),
        (new_link(settings, person="Anna"), f"/{page_of(ANNA)}"),
    ):
        code = {"code": link.partition("#")[2]}
        answer = served.submit("/enter", code)
        assert answer.status == 303
        assert served.ask("/", cookies=answer.cookies).headers["Location"] == leads
        again = served.submit("/enter", code)
        assert (again.headers["Location"], again.cookies) == ("/login?why=link", {})
    with pytest.raises(ConfigError, match=r'no token for "Ana"; did you mean "Anna"\?'):
        new_link(settings, person="Ana")
    assert served.ask("/link", method="POST").status == 404
    assert served.ask("/link", {"Authorization": f"token {dashboards.TOKEN}"}, method="POST").status == 404


def test_a_token_in_an_address_opens_nothing(served: dashboards.Dashboards) -> None:
    for token in (dashboards.TOKEN, ANNA, "wrong"):
        answer = served.ask(f"/presence?token={token}&period=7d")
        assert (answer.status, answer.cookies) == (303, {})
        assert answer.headers["Location"] == "/login?next=%2Fpresence%3Fperiod%3D7d&why=address"
    page = served.ask("/login?why=address").body.decode()
    assert "addresses are kept in logs" in page
    for token, leads in ((dashboards.TOKEN, "/operations"), (ANNA, f"/{page_of(ANNA)}"), ("wrong", "/login?next=%2F")):
        answer = served.ask("/", {"Authorization": f"token {token}"})
        assert (answer.headers["Location"], answer.cookies) == (leads, {})


def test_every_answer_is_kept_by_nobody_and_framed_by_nobody(served: dashboards.Dashboards) -> None:
    for path in ("/", "/login", "/enter", "/nowhere", "/voila/static/voila.js", "/voila/static/x", "/a/../b"):
        headers = served.ask(path).headers
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "unsafe-eval" not in headers["Content-Security-Policy"]
        assert (headers["Referrer-Policy"], headers["X-Content-Type-Options"]) == ("same-origin", "nosniff")
        assert headers["Cache-Control"] == ("no-cache" if path.endswith("voila.js") else "no-store")


def test_a_kernel_is_its_users_alone(served: dashboards.Dashboards) -> None:
    owner, anna, ben = served.log_in(), served.log_in(ANNA), served.log_in(BEN)
    page, own = served.ask("/presence", cookies=owner), served.ask(f"/{page_of(ANNA)}", cookies=anna)
    assert "no-store" in page.headers["Cache-Control"]
    for kernel, whose, others in ((page.kernel, owner, (anna, ben)), (own.kernel, anna, (owner, ben))):
        for cookies in others:
            assert served.line(kernel, cookies=cookies) == 404
            assert served.ask(f"/api/kernels/{kernel}", cookies=cookies).status == 404
            assert served.ask(f"/voila/api/shutdown/{kernel}", method="POST", cookies=cookies).status == 404
        assert served.line(kernel) == 403
        assert served.ask(f"/api/kernels/{kernel}", method="DELETE", cookies=whose).status == 405
        foreign = {"Origin": "http://evil.example"}
        assert served.line(kernel, foreign, cookies=whose) == 403
        assert served.ask(f"/voila/api/shutdown/{kernel}", foreign, method="POST", cookies=whose).status == 403
        assert served.ask(f"/api/kernels/{kernel}", cookies=whose).status == 200
        assert served.line(kernel, {"Origin": served.url}, cookies=whose) == 101
        assert served.ask(f"/voila/api/shutdown/{kernel}", method="POST", cookies=whose).status == 204
        assert served.ask(f"/api/kernels/{kernel}", cookies=whose).status == 404


def test_pages_without_end_are_told_so(served: dashboards.Dashboards) -> None:
    owner = served.log_in()
    for path in ("/presence", "/operations", f"/{page_of(ANNA)}"):
        assert served.ask(path).status == 302, "nobody's request makes a kernel"
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: served.ask("/presence", cookies=owner), range(30)))
    full = [answer for answer in answers if answer.status == 503]
    assert {answer.status for answer in answers} == {200, 503}
    assert len(full) == len(answers) - PAGES_OPEN
    assert all("Too many pages are open." in answer.body.decode() and answer.headers["Retry-After"] for answer in full)
    assert served.kernels() <= PAGES_OPEN + len(PAGES) + 1
    open_ones = [answer.kernel for answer in answers if answer.status == 200]
    assert served.ask(f"/voila/api/shutdown/{open_ones.pop()}", method="POST", cookies=owner).status == 204
    again = served.ask("/health", cookies=owner)
    assert again.status == 200
    for kernel in [*open_ones, again.kernel]:
        assert served.ask(f"/voila/api/shutdown/{kernel}", method="POST", cookies=owner).status == 204


def test_wrong_tokens_are_slowed_and_a_right_one_is_not(served: dashboards.Dashboards) -> None:
    statuses = [served.submit("/login", {"password": "wrong"}).status for _ in range(FAILURES + 5)]
    assert set(statuses) == {401, 429}
    assert statuses == sorted(statuses)
    assert served.ask("/", {"Authorization": "token wrong"}).status == 429
    assert served.submit("/enter", {"code": "wrong"}).headers["Location"] == "/login?why=often"
    assert served.log_in()
    assert served.ask("/", {"Authorization": f"bearer {dashboards.TOKEN}"}).headers["Location"] == "/operations"


METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")
CLIMBING = (
    *(
        "/static/../../etc/passwd",
        "/voila/static/%2e%2e/%2e%2e/etc/passwd",
        "/look/..%2f",
        "/look/%00",
        "/%00",
        "/a\\b",
    ),
    *(
        "/voila/static//etc/passwd",
        "/voila/labextensions/%00",
        "/voila/labextensions/../../x",
        "/voila/static/%252e%252e",
    ),
)
MISSING = ("/voila/static/none.js", f"/voila/static/{'a' * 300}", f"/voila/labextensions/{'a' * 3000}", "/look/none")
NOT_SERVED = ("/voila/templates/x", "/voila/files/x", "/voila/query/a-b-c-d-e", "/voila/api/themes/x", "/api/kernels")


def test_paths_that_lead_elsewhere_are_missing_and_leave_no_traceback(served: dashboards.Dashboards) -> None:
    before = len(served.log())
    for path in CLIMBING:
        assert {served.ask(path, method=method).status for method in METHODS} == {404}
    for path in MISSING:
        assert served.ask(path).status == 404
    for path in NOT_SERVED:
        assert {served.ask(path, method=method).status for method in METHODS} <= {302, 403, 405}
        assert served.ask(path, cookies=served.log_in()).status == 404
    assert served.log()[before:] == ""


def test_silence_and_half_requests_keep_nobody_out(served: dashboards.Dashboards) -> None:
    """500 connections that say nothing, 500 that stop in a header or body, 200 that ask for a live line."""
    at = urlsplit(served.url)
    before = len(served.log())
    owner = served.log_in()
    halves = (b"GET / HTTP/1.1\r\nHost: x\r\nX-", b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 60\r\n\r\npass")
    line = (
        b"GET /api/kernels/a-b-c-d-e/channels HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
    )
    with ExitStack() as held:

        def hold(*sent: bytes) -> None:
            connection = held.enter_context(socket.create_connection((str(at.hostname), at.port), timeout=60))
            for part in sent:
                connection.sendall(part)

        for number in range(500):
            hold()
            hold(halves[number % 2])
        for _ in range(200):
            hold(line)
        started = time.monotonic()
        assert served.ask("/login").status == 200
        page = served.ask("/presence", cookies=owner)
        assert page.status == 200
        assert served.line(page.kernel, cookies=owner) == 101
        assert time.monotonic() - started < 30, "a loaded machine needs some seconds; shut out means a minute"
    assert served.ask(f"/voila/api/shutdown/{page.kernel}", method="POST", cookies=owner).status == 204
    assert served.log()[before:] == ""


def test_a_line_given_up_before_it_opens_is_none(served: dashboards.Dashboards) -> None:
    """Its kernel was busy, and the tab was closed meanwhile: once nobody looks at it, the kernel may end."""
    owner, before = served.log_in(), len(served.log())
    kernel = served.ask("/presence", cookies=owner).kernel
    with served.standing_still(kernel), ExitStack() as held:
        lines = [served.begin_line(kernel, cookies=owner) for _ in range(MOST_LINES + 1)]
        for line in lines:
            held.callback(line.close)
        # Which of them comes one too many is the server's to say: it need not take them in the order they were sent.
        (one_too_many,) = select.select([line.sock for line in lines], [], [], 60)[0]
        (refused,) = (line for line in lines if line.sock is one_too_many)
        assert refused.getresponse().status == 429
    _until(lambda: served.line(kernel, cookies=owner) == 101)
    told = f"/api/kernels/{kernel}"
    _until(lambda: json.loads(served.ask(told, cookies=owner).body)["connections"] == 0)
    assert "Traceback" not in served.log()[before:]
    assert served.ask(f"/voila/api/shutdown/{kernel}", method="POST", cookies=owner).status == 204


def _until(is_so: Callable[[], bool], *, within_s: float = 60) -> None:
    deadline = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _end_all(served: dashboards.Dashboards) -> None:
    """Until the browsers' pages have taken their kernels along."""
    deadline = time.monotonic() + CULL_S * 3
    while served.kernels() > len(PAGES):
        assert time.monotonic() < deadline, f"a closed page leaves its kernel: {served.kernels()} are there"
        time.sleep(0.2)


class Evil(http.server.BaseHTTPRequestHandler):
    """A page of another site."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>evil</title>")

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def evil() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Evil) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://evil.example:{server.server_address[1]}/"
        server.shutdown()


def test_without_a_login_another_name_or_page_gets_nothing(
    open_to_all: dashboards.Dashboards, browser: "Browser", evil: str
) -> None:
    kernel = open_to_all.ask("/presence").kernel
    port = urlsplit(open_to_all.url).port
    assert open_to_all.line(kernel, {"Host": f"evil.example:{port}", "Origin": f"http://evil.example:{port}"}) == 403
    assert open_to_all.line(kernel, {"Origin": "null"}) == 403
    assert open_to_all.line(kernel, {"Host": "localhost:1", "Origin": "http://localhost:1"}) == 101, "a port forwarded"
    assert new_link(load(open_to_all.root)) == f"{open_to_all.url}/"

    context = browser.new_context()
    tab = context.new_page()
    for path in ("presence", "login", "nowhere"):
        answer = tab.goto(f"http://evil.example:{port}/{path}")
        assert answer is not None
        assert answer.status == 403
        assert "do not answer to the name “evil.example" in tab.locator("h1").inner_text()
        assert "public_url" in tab.inner_text("main")
    assert tab.evaluate("getComputedStyle(document.querySelector('h1')).fontWeight") == "400", "in our look"

    kernels = open_to_all.kernels()
    tab.goto(evil)
    line = f"ws://127.0.0.1:{port}/api/kernels/{kernel}/channels"
    assert tab.evaluate(
        f"new Promise(done => {{ const line = new WebSocket('{line}'); line.onopen = () => done('open');"
        " line.onerror = () => done('refused') })"
    ) == "refused"  # fmt: skip
    assert tab.evaluate(f"fetch('{open_to_all.url}/presence').then(() => 'read', () => 'refused')") == "refused"
    tab.evaluate(f"fetch('{open_to_all.url}/presence', {{mode: 'no-cors'}}).catch(() => null)")
    tab.evaluate(f"navigator.sendBeacon('{open_to_all.url}/voila/api/shutdown/{kernel}')")
    assert open_to_all.ask(f"/api/kernels/{kernel}").status == 200
    assert open_to_all.kernels() <= kernels + 1, "what was taken has been replaced; nothing more was started"
    context.close()
