"""The HTTP collector as a device sees it: the real server on loopback, real requests, real statuses."""

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from collectors.common.packetlog import Packet, PacketLog, line
from collectors.http.receiver import pattern_of
from telltale.contract import ConfigError, Route, Transport
from telltale.door import Entry
from telltale.landing import Store
from telltale.net import free_port, is_loopback
from telltale.settings import Settings, load
from telltale.transports import served
from tests.served import VECTOR, VECTOR_SIGNATURE, Collector, collecting, make_project, telltale

SIGNED = {"Signature": VECTOR_SIGNATURE}
LIMIT = 4096


def stored(root: Path) -> list[tuple[str, str, bytes]]:
    with closing(Store(load(root).store_url)) as store, store.reader() as connection:
        rows = connection.execute(sa.text("select source, meta, body from raw order by id"))
        return [(row.source, row.meta, bytes(row.body)) for row in rows]


def is_free(port: int) -> bool:
    try:
        free_port("127.0.0.1", port)
    except ConfigError:
        return False
    return True


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    toml = f"[webhooks]\nmax_body = {LIMIT}\n"
    secrets = 'token = "let me see"\n[cloudtrax]\n71234 = "telltale"\n'
    root = make_project(tmp_path_factory.mktemp("webhooks"), toml, secrets=secrets)
    with collecting(root) as running:
        yield running


def test_the_signed_vector_is_stored_as_it_came_before_the_reply(collector: Collector) -> None:
    before = len(stored(collector.root))
    reply = collector.send("POST", "/cloudtrax", VECTOR, {**SIGNED, "Content-Type": "text/plain", "User-Agent": "ap"})
    assert (reply.status, reply.body) == (200, b"ok")
    source, meta, body = stored(collector.root)[before]
    assert (source, body) == ("cloudtrax", VECTOR)
    assert json.loads(meta) == {
        "transport": "http",
        "method": "POST",
        "path": "/cloudtrax",
        "headers": {"content-type": "text/plain", "user-agent": "ap"},
    }


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""])
def test_the_content_type_does_not_matter(collector: Collector, content_type: str) -> None:
    """Frameworks consume form-typed bodies; the bytes are what is signed."""
    assert collector.send("POST", "/receive", VECTOR, {**SIGNED, "Content-Type": content_type}).status == 200


def test_a_chunked_body_is_read_whole(collector: Collector) -> None:
    reply = collector.send("POST", "/recieve", VECTOR, {**SIGNED, "Transfer-Encoding": "chunked"}, encode_chunked=True)
    assert reply.status == 200
    assert stored(collector.root)[-1][2] == VECTOR


REFUSALS = [
    ("no JSON", b"hello", SIGNED, 400, b"bad_json\n"),
    ("no body", b"", {}, 400, b"bad_json\n"),
    ("no signature", VECTOR, {}, 401, b"missing_signature\n"),
    ("wrong signature", VECTOR, {"Signature": "0" * 64}, 403, b"bad_signature\n"),
    ("signature of another body", VECTOR + b" ", SIGNED, 403, b"bad_signature\n"),
    ("short signature", VECTOR, {"Signature": "89e2"}, 403, b"bad_signature\n"),
    ("signature beyond ASCII, which the server drops", VECTOR, {"Signature": "\xe9" * 64}, 401, b"missing_signature\n"),
    ("unknown network", VECTOR.replace(b"71234", b"9"), SIGNED, 403, b"unknown_network\n"),
    ("no network", b'{"node_mac": "x"}', SIGNED, 422, b"bad_envelope\n"),
    ("too large", b" " * (LIMIT + 1), SIGNED, 413, b"body_too_large\n"),
]


@pytest.mark.parametrize(
    ("body", "headers", "status", "answer"), [pytest.param(*row[1:], id=row[0]) for row in REFUSALS]
)
def test_what_is_not_genuine_or_not_well_formed_is_refused_and_not_stored(
    collector: Collector, body: bytes, headers: dict[str, str], status: int, answer: bytes
) -> None:
    before = len(stored(collector.root))
    reply = collector.send("POST", "/cloudtrax", body, headers)
    assert (reply.status, reply.body) == (status, answer)
    assert len(stored(collector.root)) == before


def test_too_large_is_refused_when_the_length_is_not_announced(collector: Collector) -> None:
    body = b" " * (LIMIT + 1)
    headers = {**SIGNED, "Transfer-Encoding": "chunked"}
    assert collector.send("POST", "/cloudtrax", body, headers, encode_chunked=True).status == 413


def test_other_paths_and_methods_are_not_found(collector: Collector) -> None:
    assert collector.send("POST", "/cloudtraxx", VECTOR, SIGNED).status == 404
    assert collector.send("GET", "/cloudtrax").status == 405
    assert collector.send("POST", "/healthz").status == 405


def test_health_says_more_to_this_machine_than_to_others(collector: Collector) -> None:
    collector.post_vector()
    near = json.loads(collector.send("GET", "/healthz").body)
    assert near["status"] == "ok"
    assert near["queue_records"] == 0
    assert near["last_record_age_s"] < 60
    through_proxy = {"X-Forwarded-For": "203.0.113.9"}
    assert json.loads(collector.send("GET", "/healthz", headers=through_proxy).body) == {"status": "ok"}
    with_token = {**through_proxy, "Authorization": "Bearer let me see"}
    assert json.loads(collector.send("GET", "/healthz", headers=with_token).body).keys() == near.keys()


def test_metrics_need_this_machine_or_the_token(collector: Collector) -> None:
    collector.post_vector()
    text = collector.send("GET", "/metrics").body.decode()
    assert 'telltale_requests_total{source="cloudtrax",status="200",verdict="stored"}' in text
    assert "telltale_queue_records 0.0" in text
    proxy = {"X-Forwarded-For": "203.0.113.9"}
    assert collector.send("GET", "/metrics", headers=proxy).status == 401
    assert collector.send("GET", "/metrics", headers={**proxy, "Authorization": "Bearer wrong"}).status == 401
    assert collector.send("GET", "/metrics", headers={**proxy, "Authorization": "Bearer let me see"}).status == 200


def test_each_packet_is_one_line_of_the_log_without_secret_or_station(collector: Collector) -> None:
    collector.post_vector()
    collector.send("POST", "/cloudtrax", VECTOR, {"Signature": "0" * 64})
    time.sleep(0.5)
    log = collector.log.read_text()
    assert f" cloudtrax 127.0.0.1 {len(VECTOR)} bytes 200 stored " in log
    assert f" cloudtrax 127.0.0.1 {len(VECTOR)} bytes 403 bad_signature " in log
    assert not any(secret in log for secret in ("let me see", VECTOR_SIGNATURE, "3c:06:30", "0" * 64))


def test_a_second_collector_on_the_same_port_says_so(collector: Collector) -> None:
    second = telltale(collector.root, "collect", "webhooks", "--port", str(collector.port))
    assert second.returncode == 1
    assert second.stderr.count("\n") == 1
    assert f"port = {collector.port}: cannot listen on 127.0.0.1" in second.stderr


def test_a_locked_store_is_503_with_retry_after_and_recovers(tmp_path: Path) -> None:
    root = make_project(tmp_path, "[landing]\nbusy_timeout_s = 0.3\nticket_timeout_s = 1.0\n")
    with collecting(root) as running, closing(Store(load(root).store_url)) as store:
        with store.writer():
            reply = running.post_vector()
            assert (reply.status, reply.headers["retry-after"]) == (503, "5")
            assert running.send("GET", "/healthz").status == 503
        assert running.post_vector().status == 200
        assert running.send("GET", "/healthz").status == 200
    assert len(stored(root)) == 1, "what was answered 503 is not stored later"


def test_a_full_queue_is_503_with_retry_after(tmp_path: Path) -> None:
    root = make_project(tmp_path, "[landing]\nmax_records = 1\nbusy_timeout_s = 2.0\nticket_timeout_s = 4.0\n")
    with collecting(root) as running, closing(Store(load(root).store_url)) as store:
        statuses: list[int] = []
        with store.writer():
            senders = [threading.Thread(target=lambda: statuses.append(running.post_vector().status)) for _ in range(4)]
            for sender in senders:
                sender.start()
            time.sleep(0.7)
            assert statuses == [503, 503, 503], "one waits for the lock, the others cannot even queue"
        for sender in senders:
            sender.join()
        assert sorted(statuses) == [200, 503, 503, 503]
    assert len(stored(root)) == 1


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_stopping_stores_and_answers_what_was_begun(tmp_path: Path, ending: signal.Signals) -> None:
    root = make_project(tmp_path)
    with collecting(root) as running, closing(Store(load(root).store_url)) as store:
        replies: list[int] = []
        with store.writer():
            senders = [threading.Thread(target=lambda: replies.append(running.post_vector().status)) for _ in range(8)]
            for sender in senders:
                sender.start()
            time.sleep(0.5)
            running.process.send_signal(ending)
            time.sleep(0.5)
            assert replies == []
        for sender in senders:
            sender.join()
        assert running.process.wait(30) == 0
    assert replies == [200] * 8
    assert len(stored(root)) == 8


def test_the_worker_ends_with_its_parent(tmp_path: Path) -> None:
    """Only the parent is killed, as the kernel may do; the worker must not go on listening."""
    with collecting(make_project(tmp_path)) as running:
        running.process.kill()
        running.process.wait()
        deadline = time.monotonic() + 20
        while not is_free(running.port) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert is_free(running.port)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc to find the worker")
def test_a_killed_worker_ends_the_collector_so_that_its_supervisor_starts_another(tmp_path: Path) -> None:
    with collecting(make_project(tmp_path)) as running:
        pid = running.process.pid
        [worker] = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        os.kill(int(worker), signal.SIGKILL)
        assert running.process.wait(20) == 1
    assert is_free(running.port)


def test_a_public_address_is_refused_without_a_secret(tmp_path: Path) -> None:
    root = make_project(tmp_path, '[webhooks]\nhost = "0.0.0.0"\n', secrets="")
    refused = telltale(root, "collect", "webhooks")
    assert refused.returncode == 1
    assert refused.stderr.startswith('telltale: host = "0.0.0.0": a public address needs a source with its secret')
    assert refused.stderr.endswith("add it to secrets.toml or listen on 127.0.0.1\n")


def test_a_public_address_serves_the_sources_that_have_a_secret(tmp_path: Path) -> None:
    settings = Settings(root=tmp_path)
    assert "cloudtrax" in [source.name for source in served(Transport.HTTP, "127.0.0.1", settings)]
    told = settings.with_secrets({"cloudtrax": {"1": "f3Vq9-kd72LmZ0aw"}})
    assert [source.name for source in served(Transport.HTTP, "0.0.0.0", told)] == ["cloudtrax"]


def test_a_part_of_a_path_in_angle_brackets_is_any_text_without_a_slash() -> None:
    method, pattern, source = pattern_of(Entry(Route("PUT", "/data/<sensor>.x"), "toy"))
    assert (method, source) == ("PUT", "toy")
    assert [bool(pattern.fullmatch(path)) for path in ("/data/a b.x", "/data/a/b.x", "/data/.x", "/data/axx")] == [
        True,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("expected", "hosts"),
    [
        (True, ["127.0.0.1", "127.8.8.8", "::1", "localhost"]),
        (False, ["0.0.0.0", "::", "192.168.1.2", "example.org", ""]),
    ],
)
def test_loopback_is_told_from_public(expected: bool, hosts: list[str]) -> None:
    assert {is_loopback(host) for host in hosts} == {expected}


def test_a_free_port_is_given_and_a_taken_one_refused() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"port = {port}: cannot listen on 127.0.0.1 port {port}"):
            free_port("127.0.0.1", port)
    assert free_port("127.0.0.1", port) == port
    with pytest.raises(ConfigError, match=r"cannot listen on 192\.0\.2\.1"):
        free_port("192.0.2.1", 0)


def test_the_packet_log_writes_every_line_by_its_end(tmp_path: Path) -> None:
    packet = Packet(1795160000.0, "cloudtrax", "10.0.0.5", 412, 403, "bad_signature", 0.0031, "line\nbreak")
    with (tmp_path / "log").open("w") as stream:
        packets = PacketLog(stream)
        for _ in range(3):
            packets.add(packet)
        packets.close()
    lines = (tmp_path / "log").read_text().splitlines()
    assert lines == [line(packet).rstrip()] * 3
    assert lines[0].endswith(r"cloudtrax 10.0.0.5 412 bytes 403 bad_signature 3.1 ms 'line\nbreak'")
