"""`telltale collect coap` and `telltale efento` as their user meets them: processes, a real client, a drain."""

import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from telltale.cli import run
from telltale.landing import Store
from telltale.net import free_port
from telltale.settings import load
from tests.collectors.coap import M, needs_libcoap
from tests.collectors.wire import missing
from tests.served import make_project, telltale

SERIAL = "282C024156AF"


@contextmanager
def collecting(root: Path) -> Iterator[tuple[int, "subprocess.Popen[str]"]]:
    """The port of a running CoAP collector, and its process."""
    command = [sys.executable, "-m", "telltale", "--project", str(root), "collect", "coap", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            said = next(line for line in process.stderr if "listens on" in line)
            found = re.search(r"coap://127\.0\.0\.1:(\d+) for c, extended, i, m, t$", said.strip())
            assert found, said
            yield int(found[1]), process
        finally:
            process.kill()


def post(port: int, body: bytes, folder: Path) -> bytes:
    """What libcoap's client gets for measurements."""
    frame, reply = folder / "frame", folder / "reply"
    frame.write_bytes(body)
    reply.unlink(missing_ok=True)
    url = f"coap://127.0.0.1:{port}/m"
    command = ["coap-client-notls", "-m", "post", "-f", str(frame), "-o", str(reply), url]
    subprocess.run(command, check=True, timeout=30)
    return reply.read_bytes() if reply.exists() else b""


@needs_libcoap
def test_a_change_goes_to_its_sensor_and_every_packet_is_read_once(tmp_path: Path) -> None:
    root = make_project(tmp_path / "project", secrets="")
    with collecting(root) as (port, process):
        assert post(port, M, tmp_path) == bytes.fromhex("980101")
        done = telltale(root, "efento", "configure", SERIAL, "supervision_period=640")
        assert done.stdout.startswith("efento:282c024156af: supervision_period=640 goes with"), done.stderr
        assert change_state(root) == "waiting"
        time.sleep(1.1)  # the collector looks once a second
        assert post(port, M, tmp_path) == bytes.fromhex("e8018005")
        assert change_state(root) == "sent"
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert telltale(root, "settle").returncode == 0
    [row] = [each for each in json.loads(telltale(root, "sources", "--json").stdout) if each["source"] == "efento"]
    assert row["records"] == 2
    script = "import telltale as tt; print(len(tt.load('reading', since='2023-09-01')))"
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True, timeout=60)
    once = int(done.stdout)
    assert once == 2, "both changes of state of the frame, though it came twice"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_what_was_acknowledged_is_stored_when_the_collector_is_killed(tmp_path: Path) -> None:
    root = make_project(tmp_path, secrets="")
    acknowledged: set[bytes] = set()
    with collecting(root) as (port, process), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect(("127.0.0.1", port))
        sender.settimeout(5)
        for mid in range(1, 2000):
            body = b"%d" % mid
            sender.send(struct.pack("!BBHI", 0x44, 2, mid, mid) + b"\xb1m\xff" + body)
            if mid == 400:
                process.kill()
                break
            assert sender.recv(2048)[1] == 2 << 5 | 1
            acknowledged.add(body)
    with closing(Store(load(root).store_url)) as store, store.reader() as connection:
        stored = {bytes(row.body) for row in connection.execute(sa.text("select body from raw"))}
    assert len(acknowledged) == 399
    assert acknowledged <= stored


def change_state(root: Path) -> str:
    [row] = json.loads(telltale(root, "pending", "efento", "--json").stdout)
    assert row["change"] == {"supervision_period": "640"}
    return str(row["state"])


MISTAKES = [
    (("efento", "configure", "12", "a=1"), "no serial number"),
    (("efento", "configure", SERIAL), "nothing to change"),
    (("efento", "configure", SERIAL, "reset_memory_request=true"), "add --erase"),
    (("efento", "configure", SERIAL, "ack_interval=600"), "belongs together"),
    (("collect", "coap", "--host", "0.0.0.0"), "a public address needs a source with its secret"),
]


@pytest.mark.parametrize(("arguments", "said"), MISTAKES, ids=[row[1] for row in MISTAKES])
def test_a_mistake_is_one_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.setenv("TELLTALE_HOME", str(make_project(tmp_path, secrets="")))
    assert run(list(arguments)) == 1
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_what_waits_is_withdrawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TELLTALE_HOME", str(make_project(tmp_path, secrets="")))
    assert run(["pending", "efento"]) == 0
    assert run(["efento", "configure", SERIAL, "network_key=7f"]) == 0
    assert run(["pending", "efento"]) == 0
    assert run(["efento", "configure", SERIAL, "--withdraw"]) == 0
    assert run(["pending", "efento"]) == 0
    told = capsys.readouterr().out
    assert told.count("Nothing waits") == 2
    assert "network_key=***" in told
    assert "7f" not in told


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    """aiocoap itself would share it silently, and each collector would get some of the packets."""
    root = make_project(tmp_path, secrets="")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        done = telltale(root, "collect", "coap", "--port", str(other.getsockname()[1]))
    assert done.returncode == 1
    assert "cannot listen on 127.0.0.1" in done.stderr
    assert free_port("127.0.0.1", 0, socket.SOCK_DGRAM)


@pytest.mark.skipif(bool(missing()), reason=missing())
def test_a_network_that_is_down_is_said_in_one_sentence(tmp_path: Path) -> None:
    """In a new network namespace not even loopback is up."""
    root = make_project(tmp_path, secrets="")
    command = [sys.executable, "-m", "telltale", "--project", str(root), "collect", "coap", "--port", "0"]
    done = subprocess.run(["unshare", "--net", *command], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert 'telltale.toml [coap] host = "127.0.0.1": cannot listen there' in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
