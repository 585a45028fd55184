"""Cumulocity over a real broker: registration first, one press a publish, sent is what is confirmed, hints."""

import base64
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from telltale.forward.account import Account
from telltale.forward.cumulocity import Cumulocity
from telltale.forward.facts import Press, event
from telltale.forward.identity import Identity, identity_of
from telltale.forward.outbox import Event, Outbox, parked, release
from telltale.forward.sending import SUSPECT_TRIES, Said, Sender
from telltale.forward.target import Unreachable
from telltale.workbench.project import Project
from tests.forward.fake_cumulocity import fake_cumulocity
from tests.forward.forwarded import BOLTS, NUTS, SECOND, START, project
from tests.mosquitto import PASSWORD, USER, Broker, certificates, mosquitto

LOGIN = (USER, PASSWORD)


def account_of(broker: Broker, **told: object) -> Account:
    whole = {
        "host": "127.0.0.1",
        "port": broker.tls_port or broker.port,
        "tls": bool(broker.tls_port),
        "ca_file": str(broker.ca_file) if broker.tls_port else "",
        "user": USER,
        "password": PASSWORD,
        "mode": "gateway",
        "device_id": "hall-3",
        "device_type": "c8y_MACDevice",
        "register": True,
        "quote_style": "double",
        "per_second": 500.0,
    }
    return Account(**{**whole, **told})  # type: ignore[arg-type] # a table of its fields


def press(second: float, name: str = "bolts-M8", device: str = BOLTS) -> Press:
    return Press(device, name, "button", name, START + round(second * SECOND), 3, "probe")


class Passed:
    """An outbox with presses, and a sender to a broker."""

    def __init__(self, opened: Project, account: Account, identity: Identity | None = None) -> None:
        self.said: list[Said] = []
        self.now_us = START
        self.outbox = Outbox(opened.store, "cumulocity")
        self.target = Cumulocity(account, identity)
        self.sender = Sender(self.outbox, self.target, lambda: self.now_us, self.said.append, jitter=lambda: 0.5)

    def add(self, *presses: Press) -> None:
        self.outbox.add([event(one, one.device_id) for one in presses], marks={}, now_us=self.now_us)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Project]:
    opened = project(tmp_path / "project")
    yield opened
    opened.close()


def test_a_gateway_makes_itself_then_children_then_sends_presses(tmp_path: Path, opened: Project) -> None:
    evil = 'nuts, 5" and\n999,x'
    with mosquitto(tmp_path / "broker", tls=True, login=LOGIN) as broker, fake_cumulocity(broker, LOGIN) as platform:
        passed = Passed(opened, account_of(broker))
        passed.add(press(0.123), press(2), press(1, evil, NUTS))
        assert passed.sender.drain().sent == 3
        passed.target.idle()
        assert len(platform.wait_for(3)) == 3
        passed.target.close()
    bolts, nuts = "s/us/027e11a00001", "s/us/027e11a00002"
    assert [(one.topic, ",".join(one.row)) for one in platform.heard] == [
        ("s/us", "100,hall-3,telltale_Gateway"),
        ("s/us", "117,15"),
        ("s/us", "123"),
        ("s/us", "101,027e11a00001,bolts-M8,c8y_MACDevice"),
        (bolts, "110,027e11a00001,Dash button,"),
        (bolts, f"400,c8y_MAC_Event,bolts-M8/{BOLTS},2026-11-20T08:00:00.123Z"),
        ("s/us", f"101,027e11a00002,{evil},c8y_MACDevice"),
        (nuts, "110,027e11a00002,Dash button,"),
        (nuts, f"400,c8y_MAC_Event,{evil}/{NUTS},2026-11-20T08:00:01.000Z"),
        (bolts, f"400,c8y_MAC_Event,bolts-M8/{BOLTS},2026-11-20T08:00:02.000Z"),
    ]
    assert platform.too_early == []
    assert b'101,027e11a00002,"nuts, 5"" and\n999,x",c8y_MACDevice' in platform.payloads


def test_a_session_for_each_button(tmp_path: Path, opened: Project) -> None:
    with mosquitto(tmp_path / "broker", login=LOGIN) as broker, fake_cumulocity(broker, LOGIN) as platform:
        passed = Passed(opened, account_of(broker, mode="per_button"))
        passed.add(press(0), press(1, "nuts", NUTS))
        assert passed.sender.drain().sent == 2
        passed.target.idle()  # ends the session, so that the button's name is free
        platform.wait_for(2)
        ended = "Client 027e11a00002 disconnected"
        assert _within(30, lambda: ended in broker.log)
        log = broker.log
    assert [(one.topic, ",".join(one.row)) for one in platform.heard] == [
        ("s/us", "100,bolts-M8,c8y_MACDevice"),
        ("s/us", "110,027e11a00001,Dash button,"),
        ("s/us", f"400,c8y_MAC_Event,bolts-M8/{BOLTS},2026-11-20T08:00:00.000Z"),
        ("s/us", "100,nuts,c8y_MACDevice"),
        ("s/us", "110,027e11a00002,Dash button,"),
        ("s/us", f"400,c8y_MAC_Event,nuts/{NUTS},2026-11-20T08:00:01.000Z"),
    ]
    for client_id in ("027e11a00001", "027e11a00002"):
        assert f"as {client_id} (p2, c1, k60, u'{USER}')" in log  # MQTT 3.1.1, clean session
        assert f"Client {client_id} disconnected." in log  # by itself, not "closed its connection"


def test_a_dry_run_shows_exactly_what_is_published(tmp_path: Path, opened: Project) -> None:
    with mosquitto(tmp_path / "broker", login=LOGIN) as broker, fake_cumulocity(broker, LOGIN) as platform:
        for mode in ("gateway", "per_button"):
            platform.payloads.clear()
            passed = Passed(opened, account_of(broker, mode=mode, quote_style="backslash"))
            mine = [press(second, 'a "b"') for second in (len(mode), len(mode) + 0.5)]
            passed.add(*mine)
            shown = Cumulocity(account_of(broker, mode=mode, quote_style="backslash"))
            lines = [one["line"] for row in passed.outbox.due(START) for one in shown.shown(row, None)]  # type: ignore[arg-type] # not looked at
            seen = len(platform.events)
            passed.sender.drain()
            passed.target.close()
            platform.wait_for(seen + 2)
            assert [payload.decode() for payload in platform.payloads] == lines
            assert '\\"b\\"' in lines[-1]


@contextmanager
def identities(status: int, body: bytes) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """An identity service that gives one answer: its address, and the paths and logins it was asked with."""
    asked: list[tuple[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            login = base64.b64decode((self.headers.get("Authorization") or "").removeprefix("Basic ")).decode()
            asked.append((self.path, login))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing on stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


KNOWN = json.dumps({"externalId": "027e11a00001", "managedObject": {"id": "4711"}}).encode()
UNKNOWN = b'{"error": "identity/Not Found", "message": "no"}'


def test_without_registration_only_known_devices_are_sent(tmp_path: Path, opened: Project) -> None:
    with mosquitto(tmp_path / "broker", login=LOGIN) as broker, fake_cumulocity(broker, LOGIN) as platform:
        with identities(200, KNOWN) as (url, asked):
            passed = Passed(opened, account_of(broker, register=False), identity_of(url, *LOGIN))
            passed.add(press(0), press(1))
            assert passed.sender.drain().sent == 2
            passed.target.close()
        place, login = "/identity/externalIds/c8y_Serial", f"{USER}:{PASSWORD}"
        assert asked == [(f"{place}/027e11a00001", login), (f"{place}/hall-3", login)]  # once each
        with identities(404, UNKNOWN) as (url, asked):
            passed = Passed(opened, account_of(broker, register=False), identity_of(url, *LOGIN))
            passed.add(press(2))
            assert passed.sender.drain().parked == 1
        assert "is not known to the platform" in parked(opened.store)[0].last_error
        platform.wait_for(2)
    assert [one.row[0] for one in platform.heard] == ["400", "400"]


def test_an_unknown_gateway_is_not_made_by_a_press_and_all_waits(tmp_path: Path, opened: Project) -> None:
    with mosquitto(tmp_path / "broker", login=LOGIN) as broker:
        passed = Passed(opened, account_of(broker, register=False), _Buttons())
        passed.add(press(0))
        error = str(passed.sender.drain().unreachable)
        assert "New client connected" not in broker.log
    assert error.startswith("the gateway hall-3 is not known to the platform")
    assert parked(opened.store) == []
    assert [row.last_error for row in passed.outbox.due(START)] == [error]


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (401, b"{}", "refused the login (401)"),
        (403, UNKNOWN, "refused the login (403)"),
        (404, b"<html>", "expected 200 or 404 with JSON"),
        (500, b"", "expected 200 or 404 with JSON"),
        (200, b"{}", "expected 200 or 404 with JSON"),
    ],
)
def test_an_identity_service_in_trouble_is_no_unknown_device(status: int, body: bytes, sentence: str) -> None:
    with identities(status, body) as (url, _asked):
        identity = identity_of(url, *LOGIN)
        with pytest.raises(Unreachable) as raised:
            identity.device("027e11a00001")
        identity.close()
    assert sentence in str(raised.value)
    assert PASSWORD not in str(raised.value)


def test_known_devices_are_remembered_for_a_day_unknown_ones_for_minutes() -> None:
    now = [0.0]
    for body, status, kept_s in ((KNOWN, 200, 86_400), (UNKNOWN, 404, 300)):
        with identities(status, body) as (url, asked):
            service = identity_of(url, *LOGIN)
            identity = Identity(service._server, lambda: now[0])
            for after_s, times in ((0, 1), (kept_s - 1, 1), (1, 2)):
                now[0] += after_s
                assert identity.device("027e11a00001") == ("4711" if status == 200 else "")
                assert len(asked) == times
            identity.close()


HINTS: list[tuple[str, dict[str, object], str]] = [
    ("a wrong password", {"password": "wr0ng"}, "the login of 't123/kanban' was refused"),
    ("in clear on the port for TLS", {"tls": False}, "it may be the port for TLS: set tls = true"),
    ("TLS on the port in clear", {"port": "clear"}, "no TLS there"),
    ("an unknown authority", {"ca_file": "other"}, "its certificate is not trusted"),
    ("nobody there", {"port": "free"}, "is it up, and host and port right?"),
]


def test_known_faults_are_explained_and_nothing_is_parked(tmp_path: Path, opened: Project) -> None:
    (tmp_path / "other").mkdir()
    certificates(tmp_path / "other")
    with mosquitto(tmp_path / "broker", tls=True, login=LOGIN) as broker, socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))  # taken, so that nobody else is there, and not listened on
        places = {"clear": broker.port, "free": deaf.getsockname()[1], "other": str(tmp_path / "other" / "ca.crt")}
        for case, told, sentence in HINTS:
            account = account_of(broker, **{key: places.get(str(value), value) for key, value in told.items()})
            passed = Passed(opened, account)
            passed.add(press(0))
            error = str(passed.sender.drain().unreachable)
            assert sentence in error, case
            assert passed.outbox.due(START)[0].last_error == error[:2048], case
            assert "wr0ng" not in error
            assert PASSWORD not in error
    assert parked(opened.store) == []


def test_a_row_that_ends_every_session_parks_alone(tmp_path: Path, opened: Project) -> None:
    """The broker hangs up at a packet that is too long for it; everything else goes through, in order."""
    with (
        mosquitto(tmp_path / "broker", login=LOGIN, options="max_packet_size 400") as broker,
        fake_cumulocity(broker, LOGIN) as platform,
    ):
        passed = Passed(opened, account_of(broker, register=False), identity=_Everyone())
        passed.target._account = account_of(broker)
        passed.add(press(0), press(1, "x" * 500), press(2), press(3, "nuts", NUTS))
        for _ in range(SUSPECT_TRIES + 1):
            passed.sender.drain()
            passed.now_us += 400 * SECOND
        passed.target.close()
        platform.wait_for(3)
    assert [time for _text, time in sorted(set(platform.events), key=lambda one: one[1])] == [
        f"2026-11-20T08:00:0{second}.000Z" for second in (0, 2, 3)
    ]
    (row,) = parked(opened.store)
    assert row.event_at == START + SECOND
    assert f"{SUSPECT_TRIES} times, while other messages were confirmed" in row.last_error
    assert passed.outbox.standing().waiting == 0


class _Everyone(Identity):
    def __init__(self) -> None:
        """Knows everyone."""

    def device(self, serial: str) -> str:
        return serial

    def close(self) -> None:
        """Nothing is open."""


class _Buttons(_Everyone):
    """Knows buttons only."""

    def device(self, serial: str) -> str:
        return "" if serial == "hall-3" else serial


def test_an_unreadable_body_parks_before_anything_is_sent(tmp_path: Path, opened: Project) -> None:
    with mosquitto(tmp_path / "broker", login=LOGIN) as broker:
        passed = Passed(opened, account_of(broker))
        passed.outbox.add([Event("x", BOLTS, BOLTS, START, "[]")], marks={}, now_us=START)
        passed.add(press(1))
        drained = passed.sender.drain()
        passed.target.close()
    assert (drained.parked, drained.sent) == (1, 1)
    assert release(opened.store, None) == 1


def test_a_session_that_was_idle_and_lost_is_opened_again(tmp_path: Path, opened: Project) -> None:
    with mosquitto(tmp_path / "broker", login=LOGIN) as broker:
        passed = Passed(opened, account_of(broker))
        passed.add(press(0))
        assert passed.sender.drain().sent == 1
        broker.stop()
        _wait_until_lost(passed.target)
        passed.add(press(1))
        assert passed.sender.drain().unreachable is not None
        broker.start()
        assert passed.sender.drain().sent == 1
        passed.target.close()


def _wait_until_lost(target: Cumulocity) -> None:
    def is_lost() -> bool:
        try:
            target.idle()
        except Unreachable:
            return True
        return False

    assert _within(30, is_lost), "the session outlived its broker"


def _within(seconds: float, holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not (held := holds()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return held
