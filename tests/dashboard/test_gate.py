"""What is let in, and how often: the rules of the gate, links, failures, kernels' bounds; without a browser."""

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import tornado.web
from pydantic import ValidationError
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine

from telltale.certificate import server_context
from telltale.contract import ConfigError
from telltale.dashboard.connections import Server, most_connections
from telltale.dashboard.gate import Gate, Rules, is_climbing
from telltale.dashboard.kernels import LOADS_S, MOST_LINES, MOST_OF_A_PERSON, Kernels, TooManyPages
from telltale.dashboard.links import MOST, OWNER_S, PERSON_S, Links, Note, new_link, noted
from telltale.dashboard.login import FAILURES, MOST_SENDERS, WITHIN_S, Failures
from telltale.net import open_files, raise_open_files
from telltale.settings import load
from telltale.settings.listeners import DashboardSettings
from tests.lake_fixture import write_settings
from tests.mosquitto import certificates

HOST = "127.0.0.1"
PUBLIC = "https://tt.example.org"


class Clock:
    """Seconds that rise when told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def refused(rules: Rules, path: str = "/presence", method: str = "GET", **headers: str) -> bool:
    sent = HTTPHeaders({"Host": "127.0.0.1:8866"} | {name.replace("_", "-"): value for name, value in headers.items()})
    asked = RequestStartLine(method, path, "HTTP/1.1")
    return rules.refusal(HTTPServerRequest(start_line=asked, headers=sent)) is not None


OPEN = Rules(HOST, asks_login=False)
BEHIND = Rules(HOST, PUBLIC, asks_login=False)
WITH_LOGIN = Rules("0.0.0.0", PUBLIC, asks_login=True)


@pytest.mark.parametrize(
    ("host", "is_known"),
    [
        *(
            (host, True)
            for host in ("127.0.0.1:8866", "localhost", "LOCALHOST:1", "127.0.0.9:80", "[::1]:8866", "[::1]")
        ),
        *((host, False) for host in ("evil.example", "evil.example:8866", "localhost.evil.example", "192.168.1.9")),
        *((host, False) for host in ("127.0.0.1.evil.example:8866", "tt.example.org", "[fe80::1]:8866")),
    ],
)
def test_without_a_login_only_names_of_this_machine_are_answered(host: str, is_known: bool) -> None:
    assert refused(OPEN, Host=host) is not is_known
    assert not refused(WITH_LOGIN, Host=host), "proxies rename it, and a cookie is of one name"
    assert not refused(OPEN, "/look/board.css", Host=host), "the page that refuses is drawn with it"


def test_the_public_address_is_a_name_and_an_origin() -> None:
    assert not refused(BEHIND, Host="tt.example.org")
    for rules in (BEHIND, WITH_LOGIN):
        assert not refused(rules, method="POST", Origin=PUBLIC, Host="127.0.0.1:8866"), "a proxy that renames the host"
        assert refused(rules, method="POST", Origin="http://tt.example.org:81", Host="127.0.0.1:8866")


LINE = {"Upgrade": "websocket"}
CROSS = {"Sec_Fetch_Site": "cross-site"}


@pytest.mark.parametrize("rules", [OPEN, WITH_LOGIN])
@pytest.mark.parametrize(
    ("method", "headers", "is_refused"),
    [
        ("GET", LINE, False),
        ("GET", LINE | {"Origin": "http://127.0.0.1:8866"}, False),
        ("GET", LINE | {"Origin": "http://evil.example"}, True),
        ("GET", LINE | {"Sec_Websocket_Origin": "http://evil.example"}, True),
        ("GET", {"Upgrade": "WebSocket", "Origin": "http://127.0.0.1:3000"}, True),
        ("GET", LINE | {"Origin": "null"}, True),
        ("POST", {}, False),
        ("POST", {"Origin": "http://127.0.0.1:8866"}, False),
        ("POST", {"Origin": "http://127.0.0.1:3000"}, True),
        ("DELETE", {"Origin": "null"}, True),
        ("POST", CROSS, True),
        ("GET", CROSS | {"Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}, False),
        ("GET", CROSS | {"Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "iframe"}, True),
        ("GET", CROSS | {"Sec_Fetch_Mode": "no-cors", "Sec_Fetch_Dest": "image"}, True),
        ("GET", {"Sec_Fetch_Site": "same-site", "Sec_Fetch_Mode": "cors"}, True),
        ("GET", {"Sec_Fetch_Site": "same-origin", "Sec_Fetch_Mode": "cors"}, False),
        ("GET", {"Sec_Fetch_Site": "none", "Sec_Fetch_Mode": "navigate"}, False),
    ],
)
def test_another_page_asks_for_nothing(rules: Rules, method: str, headers: dict[str, str], is_refused: bool) -> None:
    assert refused(rules, method=method, Host="127.0.0.1:8866", **headers) is is_refused


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/static/../../etc/passwd",
            "/voila/static/%2e%2e/x",
            "/look/..%2f",
            "/look/%252e%252e/x",
            "/look/..",
            "/a/./b",
        ),
        *(
            "/%00",
            "/a\\b",
            "/a%5cb",
            "//evil.example",
            "/voila/static//etc/passwd",
            "/voila/static/%2fetc",
            "/a%0d%0ab",
        ),
    ],
)
def test_a_path_that_climbs_is_no_page(path: str) -> None:
    assert is_climbing(path)
    assert refused(WITH_LOGIN, path)


@pytest.mark.parametrize(
    "path", ["/", "/presence", "/voila/labextensions/@a/b/static/7.2a.js", "/a..b/c...d", "/100%25"]
)
def test_a_path_that_does_not_is_left_alone(path: str) -> None:
    assert not is_climbing(path)


def test_a_link_opens_once_and_not_for_ever() -> None:
    clock = Clock()
    links = Links(clock=clock)
    owner, person, late, later = links.new(), links.new("person-1"), links.new(), links.new("person-2")
    assert len({owner, person, late, later}) == 4
    assert [links.use(code) for code in (owner, owner, person, person, "", "x")] == [
        "",
        None,
        "person-1",
        None,
        None,
        None,
    ]
    clock.now = OWNER_S
    assert links.use(late) is None
    clock.now = PERSON_S - 1
    assert links.use(later) == "person-2"
    codes = [links.new() for _ in range(MOST + 1)]
    assert [links.use(code) for code in (codes[0], codes[1])] == [None, ""]


def test_failures_are_of_one_sender_and_pass() -> None:
    clock = Clock()
    failures = Failures(clock=clock)
    assert [failures.note("a") for _ in range(FAILURES + 2)] == [False] * FAILURES + [True] * 2
    assert not failures.note("b")
    clock.now = WITHIN_S
    assert not failures.note("a")
    for sender in range(2 * MOST_SENDERS):
        failures.note(str(sender))
    assert len(failures) == MOST_SENDERS


def test_a_running_server_leaves_a_note_for_its_user_alone(tmp_path: Path) -> None:
    settings = load(write_settings(tmp_path))
    with pytest.raises(ConfigError, match=r"no dashboards of .* are running; start them"):
        new_link(settings)
    with noted(settings, 8866, Note("http://127.0.0.1:8866", "")):
        place = settings.data / "run" / "dashboard-8866.json"
        assert (place.stat().st_mode & 0o777, place.parent.stat().st_mode & 0o777) == (0o600, 0o700)
        assert new_link(settings) == "http://127.0.0.1:8866/"
        with pytest.raises(ConfigError, match="on port 99"):
            new_link(settings, port=99)
        with pytest.raises(ConfigError, match="asks for no login"):
            new_link(settings, person="Anna")
    assert not place.exists()


def test_a_note_of_a_server_that_was_killed_is_swept_away(tmp_path: Path) -> None:
    settings = load(write_settings(tmp_path))
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        port = taken.getsockname()[1]
    with noted(settings, port, Note(f"http://{HOST}:{port}", "secret")):
        with pytest.raises(ConfigError, match="no dashboards"):
            new_link(settings)
        assert not list((settings.data / "run").iterdir())


def test_a_server_that_does_not_answer_once_keeps_its_note(tmp_path: Path) -> None:
    """Where secrets.toml has no token, a link is the only way in."""
    settings = load(write_settings(tmp_path))
    with socket.create_server((HOST, 0)) as server:
        port = server.getsockname()[1]

        def hang_up() -> None:
            server.accept()[0].close()

        answering = threading.Thread(target=hang_up)
        answering.start()
        with noted(settings, port, Note(f"http://{HOST}:{port}", "secret")):
            with pytest.raises(ConfigError, match="does not answer"):
                new_link(settings)
            assert len(list((settings.data / "run").iterdir())) == 1
        answering.join()


class Kept(Kernels):
    """The bounds of kernels, of which none is started."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most
        self.living: set[str] = set()

    def __contains__(self, kernel_id: object) -> bool:
        return kernel_id in self.living

    async def shutdown_kernel(self, kernel_id: str, now: bool = False, restart: bool = False) -> None:  # type: ignore[override]
        self.living.discard(kernel_id)

    async def page(self, kernel_id: str, user: str = "", *, is_seen: bool = True) -> None:
        page = await self.make_room(user)
        self.living.add(kernel_id)
        self.give(kernel_id, user)
        page.done()
        if is_seen:
            self.open_line(kernel_id)


@pytest.mark.filterwarnings("default")
def test_pages_are_bounded_and_those_that_are_looked_at_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    async def rounds() -> None:
        kernels, now = Kept(6), Clock()
        monkeypatch.setattr("telltale.dashboard.kernels.time.monotonic", now)
        for number in range(MOST_OF_A_PERSON):
            await kernels.page(f"a{number}", "person-a")
        with pytest.raises(TooManyPages):
            await kernels.page("a-more", "person-a")
        assert kernels.is_of("a0", "person-a")
        assert not any(kernels.is_of("a0", user) for user in ("", "person-b"))
        assert not kernels.is_of("spare", "")
        await kernels.page("o0", is_seen=False)
        await kernels.page("o1")
        with pytest.raises(TooManyPages):
            await kernels.make_room("")
        now.now = LOADS_S + 1
        await kernels.page("o2")  # the one nobody came to look at gives way
        assert kernels.living >= {"a0", "o1", "o2"}
        assert "o0" not in kernels
        waiting = [await kernels.make_room("")] if len(kernels.living) < 6 else []
        assert waiting == []

    asyncio.run(rounds())


@pytest.mark.filterwarnings("default")
def test_the_lines_of_a_page_are_bounded() -> None:
    kernels = Kept(2)
    kernels.living.add("k")
    for _ in range(MOST_LINES):
        kernels.open_line("k")
    with pytest.raises(TooManyPages):
        kernels.open_line("k")
    kernels.close_line("k")
    kernels.open_line("k")
    kernels.close_line("a kernel that has ended meanwhile")


def test_the_open_files_are_raised_as_far_as_they_go() -> None:
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    low = min(256, hard)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (low, hard))
        assert raise_open_files(low) == ""
        assert raise_open_files(hard) == ""
        assert open_files() == hard
        assert f"may have {hard:,} at once, expected {hard + 1:,}" in raise_open_files(hard + 1)
        assert 0 < most_connections() < hard
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize(
    "wrong",
    ["ftp://x", "tt.example.org", "https://", "https://x/a/../b", "https://x/a b", "https://u:p@x", "https://x?a"],
)
def test_a_public_address_is_one(wrong: str) -> None:
    with pytest.raises(ValidationError, match="an address such as"):
        DashboardSettings(public_url=wrong)
    assert DashboardSettings(public_url=f"{PUBLIC}/").public_url == PUBLIC


def test_a_port_that_browsers_leave_out_is_left_out() -> None:
    assert DashboardSettings(public_url="https://x.example:443").public_url == "https://x.example"
    assert DashboardSettings(public_url="http://x.example:80/").public_url == "http://x.example"
    assert DashboardSettings(public_url="https://x.example:8443").public_url == "https://x.example:8443"


class Hello(tornado.web.RequestHandler):
    def get(self) -> None:
        self.finish("hello")


@contextmanager
def listening(**options: Any) -> Iterator[int]:
    """A server with a page that says hello."""
    started = threading.Event()
    at: list[Any] = []

    async def run() -> None:
        stop = asyncio.Event()
        app = tornado.web.Application([(".*", Hello)], log_function=lambda _: None)
        server = Server(Gate(app, OPEN), **options)
        server.listen(0, HOST)
        at.extend([next(iter(server._sockets.values())).getsockname()[1], asyncio.get_running_loop(), stop])
        started.set()
        await stop.wait()
        server.stop()
        await server.close_all_connections()

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    started.wait()
    try:
        yield at[0]
    finally:
        at[1].call_soon_threadsafe(at[2].set)
        thread.join()


def hello(port: int, context: ssl.SSLContext | None = None) -> bytes:
    plain = socket.create_connection((HOST, port), timeout=20)
    with context.wrap_socket(plain, server_hostname="localhost") if context else plain as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = b""
        while part := line.recv(4096):
            answer += part
        return answer


def test_a_connection_too_many_replaces_the_one_that_has_been_silent_longest() -> None:
    with listening(most=5) as port:
        silent = [socket.create_connection((HOST, port), timeout=20) for _ in range(5)]
        silent[1].sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"hello" in silent[1].recv(4096)
        assert b"hello" in hello(port)
        assert silent[0].recv(1) == b"", "it was the oldest that had said nothing"
        silent[1].sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"hello" in silent[1].recv(4096)
        for one in silent:
            one.close()


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhalf",
    ],
    ids=["kept", "half a body"],
)
def test_kept_connections_and_half_bodies_give_way_too(sent: bytes) -> None:
    with listening(most=5) as port:
        waiting = [socket.create_connection((HOST, port), timeout=20) for _ in range(80)]
        for one in waiting:
            with suppress(OSError):  # it has given way
                one.sendall(sent)
        assert any(answered(port) for _ in range(100)), "nobody gets in before they have been idle for half a minute"
        for one in waiting:
            one.close()


def answered(port: int) -> bool:
    """Whether a reader is answered, who waits a moment where all places are being given up."""
    try:
        return b"hello" in hello(port)
    except OSError:
        time.sleep(0.02)
        return False


def test_pages_are_served_by_tls_from_certificate_files(tmp_path: Path) -> None:
    certificates(tmp_path)
    assert server_context(tmp_path, "dashboard", "", "") is None
    context = server_context(tmp_path, "dashboard", "server.crt", "server.key")
    with listening(ssl_options=context) as port:
        assert b"hello" in hello(port, ssl.create_default_context(cafile=str(tmp_path / "ca.crt")))
        with suppress(OSError):
            assert b"hello" not in hello(port)
    for certificate, key in (("none.pem", ""), ("server.crt", ""), ("server.key", "server.crt")):
        with pytest.raises(ConfigError, match=rf'\[dashboard\] certificate = "{certificate}".*expected a PEM '):
            server_context(tmp_path, "dashboard", certificate, key)
