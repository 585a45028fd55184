"""Every error of every collector, with marked addresses and secrets: none is in a log, a traceback or an answer."""

import base64
import http.client
import json
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from pathlib import Path

import pytest
from paho.mqtt.client import Client, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

from telltale.landing import Store
from telltale.landing.place import LEAST_FREE_BYTES
from telltale.net import free_port
from telltale.settings import load
from telltale.sources.cloudtrax.wire import signature
from tests.collectors.wire import Wire, arp, dhcp, missing, wire
from tests.mosquitto import HOST, USER, mosquitto
from tests.served import make_project, telltale

STATION, PHONE = "3c:06:30:aa:bb:01", "02:5e:30:5a:17:99"
BUTTON = "ac:63:be:00:00:01"
OURS = {name: f"ours-of-{name}-e5c9f1a0" for name in ("cloudtrax", "sigfox", "meraki", "efento", "mqtt", "token")}
WRONG = "wr0ng-secret-77d1c4"
HOSTNAME = "annas-phone-5e17"


def forms() -> dict[str, str]:
    """Every mark in the spellings in which it may turn up."""
    found = {HOSTNAME: HOSTNAME}
    for address in (STATION, PHONE):
        plain = address.replace(":", "")
        number = bytes.fromhex(plain)
        spelt = (address, plain, address.replace(":", "-"), str(int(plain, 16)), str(number)[2:-1])
        found |= {each.lower(): address for each in (*spelt, base64.b64encode(number).decode())}
    for secret in (*OURS.values(), WRONG):
        coded = base64.b64encode(secret.encode()).decode().rstrip("=")
        found |= {each.lower(): secret for each in (secret, secret.encode().hex(), coded)}
    return found


FORMS = forms()


def clean(text: str, where: str) -> None:
    """No mark stands in a text."""
    low = text.lower()
    for form, mark in FORMS.items():
        at = low.find(form)
        assert at < 0, f"{where} shows {mark}: {text[max(0, at - 200) : at + 100]!r}"


def test_a_mark_is_found_in_each_of_its_spellings() -> None:
    for text in (
        f"x {STATION.upper()} x",
        "3C0630AABB01",
        f"{WRONG.encode().hex()}.",
        f"mac={int('3c0630aabb01', 16)}",
    ):
        with pytest.raises(AssertionError, match="shows"):
            clean(text, "it")


# What is sent: right, wrong, and malformed.

REPORT = json.dumps(
    {
        "network_id": 71234,
        "node_mac": "AC:86:74:11:22:33",
        "version": 1,
        "probe_requests": [
            {"mac": mac, "count": 14, "min_signal": -71, "max_signal": -52, "avg_signal": -60, "last_seen_signal": -55}
            | {"first_seen": 1795160000, "last_seen": 1795160029, "associated": True, "name": HOSTNAME}
            for mac in (STATION, PHONE)
        ],
    }
).encode()
BROKEN = [
    REPORT[:-40],
    REPORT.replace(b'"count": 14', f'"count": "{STATION}"'.encode()),
    json.dumps({"network_id": 71234, STATION: [STATION], "version": STATION, "probe_requests": STATION}).encode(),
    f"{STATION} {PHONE} \ud800".encode("utf-8", "surrogatepass"),
    bytes.fromhex(STATION.replace(":", "")),
    b"",
]
OBSERVED = {"clientMac": STATION, "seenTime": STATION, "rssi": STATION}
MERAKI = {"version": "2.0", "type": "DevicesSeen", "data": {"apMac": STATION, "observations": [OBSERVED]}}


def signed(body: bytes) -> dict[str, str]:
    return {"Signature": signature(OURS["cloudtrax"], body).hex()}


def requests() -> Iterator[tuple[str, bytes, dict[str, str]]]:
    """Path, body and headers of what the HTTP collector is sent."""
    for body in (REPORT, *BROKEN):
        yield "/cloudtrax", body, signed(body)
        yield "/cloudtrax", body, {"Signature": signature(WRONG, body).hex()}
        yield "/cloudtrax", body, {"Signature": WRONG, "Authorization": f"Bearer {WRONG}", "Cookie": f"a={WRONG}"}
        yield "/cloudtrax", body, {}
    for secret in (OURS["sigfox"], WRONG, ""):
        for body in (f"device={STATION}&time={PHONE}&data={HOSTNAME}".encode(), b"\xff\xfe" + STATION.encode(), b""):
            headers = {"Authorization": f"Bearer {secret}"}
            yield "/sigfox/uplink", body, headers
            yield f"/sigfox/{STATION}?{secret}={secret}", body, headers
            yield f"/data/{STATION}", body, {"Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}"}
            yield "/sigfox/downlink", body, headers
    for secret in (OURS["meraki"], WRONG):
        yield "/meraki/office", json.dumps(MERAKI | {"secret": secret}).encode(), {}
        yield "/meraki/office", json.dumps(MERAKI | {"secret": secret, "version": "4"}).encode(), {}
        yield "/meraki/office", json.dumps({"secret": secret, "data": STATION}).encode()[:-3], {}
    yield f"/nowhere/{STATION}?token={OURS['token']}", REPORT, {}
    yield "/cloudtrax", REPORT * 40_000, signed(REPORT)


def post(port: int) -> None:
    """Everything over HTTP, and what is answered; from many addresses, since the log has few lines of each."""
    for number, (path, body, headers) in enumerate(requests()):
        address = f"127.0.0.{1 + number % 200}"
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30, source_address=(address, 0))
        with closing(connection), suppress(BrokenPipeError, ConnectionResetError):
            connection.request("POST", path, body, headers)
            reply = connection.getresponse()
            clean(f"{reply.status} {reply.getheaders()} {reply.read()!r}", f"the answer to {path}")
    for path in ("/healthz", "/metrics"):
        for headers in ({}, {"Authorization": f"Bearer {WRONG}", "X-Forwarded-For": "203.0.113.9"}):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            with closing(connection):
                connection.request("GET", path, headers=headers)
                clean(connection.getresponse().read().decode(), path)


def datagrams() -> Iterator[bytes]:
    """CoAP: right and wrong tokens, an option nobody knows, half an upload, and what is no message."""
    serial = bytes.fromhex("0a06") + bytes.fromhex(STATION.replace(":", ""))
    for number, token in enumerate((OURS["efento"], WRONG, "")):
        given = bytes([0x82, 0x01, len(token)]) + token.encode() if token else b""
        for kind, payload in ((0x40, serial + given), (0x50, serial[:-2] + given + PHONE.encode()), (0x40, b"")):
            head = bytes([kind, 0x02, 0x10 + number, len(payload) % 256]) + b"\xb1m"
            yield head + b"\xff" + payload if payload else head
            yield head + b"\x81" + token[:1].encode() + b"\xff" + serial  # a critical option
            yield head + b"\xd1\x03\x08\xff" + payload  # a first block that says more follow
    yield bytes.fromhex(STATION.replace(":", ""))
    yield b"\x44\x02\x00\x01" + WRONG.encode()


def send_datagrams(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for datagram in datagrams():
            sender.sendto(datagram, ("127.0.0.1", port))
        sender.settimeout(2)  # some are not answered
        with suppress(TimeoutError):
            while True:
                clean(repr(sender.recv(2048)), "CoAP's answer")


def publish(port: int) -> None:
    client = Client(CallbackAPIVersion.VERSION2, "sender", protocol=MQTTv311)
    client.username_pw_set(USER, OURS["mqtt"])
    client.connect(HOST, port)
    client.loop_start()
    for body in (REPORT, *BROKEN):
        for topic in ("plant/cloudtrax/a", f"plant/cloudtrax/{STATION}", f"plant/efento/{HOSTNAME}"):
            client.publish(topic, body, qos=1).wait_for_publish(20)
    client.disconnect()
    client.loop_stop()


def frames() -> list[bytes]:
    return [
        arp(BUTTON),
        arp(STATION),
        arp(PHONE, source=BUTTON),
        dhcp(BUTTON, 3, bytes([12, len(HOSTNAME)]) + HOSTNAME.encode()),
        dhcp(STATION, 1),
        arp(BUTTON)[:30],
    ]


# What goes wrong with the store.


@contextmanager
def well(_: Path) -> Iterator[None]:
    yield


@contextmanager
def locked(root: Path) -> Iterator[None]:
    with closing(sqlite3.connect(root / "data" / "landing" / "telltale.db", isolation_level=None)) as lock:
        lock.execute("begin immediate")
        yield
        lock.execute("rollback")


@contextmanager
def gone(root: Path) -> Iterator[None]:
    folder = root / "data" / "landing"
    names = [path.name for path in folder.iterdir()]
    for name in names:
        (folder / name).rename(root / name)
    yield
    for name in names:
        (root / name).rename(folder / name)


@contextmanager
def without_tables(root: Path) -> Iterator[None]:
    """What the database library says then shows everything it was given, if it may."""
    with closing(sqlite3.connect(root / "data" / "landing" / "telltale.db", isolation_level=None, timeout=20)) as other:
        other.execute("alter table raw rename to raw_away")
        other.execute("alter table refused rename to refused_away")
        yield
        other.execute("alter table raw_away rename to raw")
        other.execute("alter table refused_away rename to refused")


@contextmanager
def refusing(root: Path) -> Iterator[None]:
    """The database refuses each record: an error of a kind of its own, which came with all it was given."""
    with closing(sqlite3.connect(root / "data" / "landing" / "telltale.db", isolation_level=None, timeout=20)) as other:
        for table in ("raw", "refused"):
            other.execute(f"create trigger no_{table} before insert on {table} begin select raise(abort, 'no'); end")
        yield
        for table in ("raw", "refused"):
            other.execute(f"drop trigger no_{table}")


@contextmanager
def full(root: Path) -> Iterator[None]:
    with closing(Store(load(root).store_url)) as store:
        store.scrub()
    filler = root / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(1 << 16))
    yield
    filler.unlink()


@contextmanager
def read_only(root: Path) -> Iterator[None]:
    folder = root / "data" / "landing"
    subprocess.run(["mount", "--bind", folder, folder], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
    yield
    subprocess.run(["umount", "-l", folder], check=True)


FAULTS: list[Callable[[Path], AbstractContextManager[None]]] = [
    well,
    locked,
    gone,
    without_tables,
    refusing,
    full,
    read_only,
]


@contextmanager
def disk(folder: Path) -> Iterator[Path]:
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={LEAST_FREE_BYTES + (16 << 20)}", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def until(holds: Callable[[], object], what: Callable[[], str]) -> None:
    deadline = time.monotonic() + 240
    while not holds():
        assert time.monotonic() < deadline, what()
        time.sleep(0.05)


class Running:
    """A collector, and all it says."""

    def __init__(self, root: Path, logs: Path, name: str, ready: str, *options: str, pair: Wire | None = None) -> None:
        self.log = logs / f"{name}.log"
        command = (sys.executable, "-m", "telltale", "--project", str(root), "collect", name, *options)
        with self.log.open("wb") as file:
            self.process = (
                subprocess.Popen(command, stdout=file, stderr=file)
                if pair is None
                else pair.run_far(*command, stdout=file, stderr=file)
            )
        self.ready = ready

    def wait(self) -> None:
        """Until it receives."""
        until(
            lambda: self.ready in self.said() or self.process.poll() is not None, lambda: f"{self.log}: {self.said()}"
        )
        assert self.process.poll() is None, self.said()

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def end(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(40)
        finally:
            self.process.kill()


TOML = f"""
[landing]
busy_timeout_s = 0.2
ticket_timeout_s = 0.6
[webhooks]
max_body = 1000000
[mqtt]
host = "{HOST}"
port = {{port}}
tls = false
username = "{USER}"
client_id = "marked"
topics = {{{{ "plant/cloudtrax/#" = "cloudtrax", "plant/efento/+" = "efento/m" }}}}
[arp]
interfaces = ["{{interface}}"]
heartbeat_s = 1
[idle]
device_id = "pc:desk-3"
backend = "file"
file = "touched"
every_s = 5
"""


def secrets_toml(**more: str) -> str:
    known = {"cloudtrax": "71234", "sigfox": "backend", "meraki": "office", "efento": "cloud", "mqtt": "password"}
    lines = [f"[{name}]\n{key} = {more.get(name, json.dumps(OURS[name]))}\n" for name, key in known.items()]
    return f"token = {more.get('token', json.dumps(OURS['token']))}\n{''.join(lines)}"


@pytest.mark.slow
@pytest.mark.skipif(bool(missing()), reason=missing())
def test_whatever_fails_no_address_and_no_secret_is_shown(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    with ExitStack() as stack:
        root = stack.enter_context(disk(tmp_path / "disk"))
        broker = stack.enter_context(mosquitto(tmp_path / "broker", login=(USER, OURS["mqtt"])))
        pair = stack.enter_context(wire())
        make_project(root, TOML.format(port=broker.port, interface=pair.far), secrets=secrets_toml())
        (root / "buttons.csv").write_text(f"Name, MAC-Address, role\nBolts, {BUTTON},\nAnna, {PHONE}, presence\n")
        (root / "touched").touch()
        port, coap_port = free_port("127.0.0.1", 0), free_port("127.0.0.1", 0, socket.SOCK_DGRAM)
        running = [
            Running(root, logs, "webhooks", "listens on", "--port", str(port)),
            Running(root, logs, "coap", "listens on", "--port", str(coap_port)),
            Running(root, logs, "mqtt", "connected to"),
            Running(root, logs, "arp", "is up", pair=pair),
            Running(root, logs, "idle", "idle looks"),
        ]
        for one in running:
            stack.callback(one.end)
        for one in running:
            one.wait()
        until(lambda: _answers(port), running[0].said)
        for fault in FAULTS:
            with fault(root):
                pair.send(frames(), count=20)
                post(port)
                send_datagrams(coap_port)
                publish(broker.port)
            until(lambda: "not writable" not in _health(port), lambda: f"ill after it: {_health(port)}")
        settled = telltale(root, "settle")
        clean(settled.stdout + settled.stderr, "telltale settle")
        for one in running:
            assert one.process.poll() is None, one.said()
            one.end()
    for one in running:
        clean(one.said(), one.log.name)
    said = "".join(one.said() for one in running)
    for words in (
        "is gone; put it back",
        "no such table",
        "locked; another",
        "cannot be stored (no)",
        "bad_signature",
        "bad_token",
        "bad_secret",
    ):
        assert words in said, f"{words}: that error has not come about"


def _answers(port: int) -> bool:
    try:
        return bool(_health(port))
    except OSError:
        return False


def _health(port: int) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with closing(connection):
        connection.request("GET", "/healthz")
        return connection.getresponse().read().decode()


WRONG_SETTINGS = [
    ("a list", {"cloudtrax": f'["{OURS["cloudtrax"]}"]'}),
    ("a number", {"mqtt": "5554443332"}),
    ("no TOML", {"efento": f'"{OURS["efento"]}'}),
    ("a table as token", {"token": f'{{ a = "{OURS["token"]}" }}'}),
]


@pytest.mark.parametrize("collector", ["webhooks", "mqtt"])
@pytest.mark.parametrize("wrong", [row[1] for row in WRONG_SETTINGS], ids=[row[0] for row in WRONG_SETTINGS])
def test_wrong_settings_do_not_show_a_secret(tmp_path: Path, wrong: dict[str, str], collector: str) -> None:
    root = make_project(tmp_path, '[mqtt]\nhost = "localhost"\ntopics = { "a/#" = "cloudtrax" }\n')
    (root / "secrets.toml").write_text(secrets_toml(**wrong))
    refused = telltale(root, "collect", collector)
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "secrets.toml" in refused.stderr
    clean(refused.stderr + refused.stdout, "the error")
    assert "5554443332" not in refused.stderr
