"""The HTTP collector's edge: silent and slow clients, and what their bodies may take."""

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from collectors.http.bodies import Bodies
from telltale.door import Verdict
from telltale.landing import Store
from telltale.net import raise_open_files
from telltale.settings import load
from tests.collectors.sockets import HEAD, SHORT, UPLINK, connect, count, status_of, until
from tests.served import VECTOR, Collector, collecting, make_project


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    """Short deadlines, and sigfox without a secret."""
    toml = f'{SHORT}hosts = ["desk.lan"]\n[dashboard]\npublic_url = "https://telltale.example.org/"\n'
    secrets = 'token = "let me see"\n[cloudtrax]\n71234 = "telltale"\n'
    with collecting(make_project(tmp_path_factory.mktemp("edge"), toml, secrets=secrets)) as running:
        yield running


def test_a_header_has_a_deadline(collector: Collector) -> None:
    """The server hangs up; that it says nothing is the library's."""
    for begun in (b"", b"P", b"POST /cloudtrax HTTP/1.1\r\nHos"):
        with connect(collector) as slow:
            slow.sendall(begun)
            assert status_of(slow) == 0


def test_a_body_has_a_deadline(collector: Collector) -> None:
    before = count(collector.root)
    with connect(collector) as slow:
        slow.sendall(HEAD + VECTOR[:50])
        assert status_of(slow) == 408
    assert count(collector.root) == before


@pytest.mark.parametrize(
    "request_",
    [
        HEAD + VECTOR[:50],
        HEAD.replace(f"Content-Length: {len(VECTOR)}".encode(), b"Transfer-Encoding: chunked") + b"5\r\n{1234\r\n",
        b"POST /sigfox/uplink HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\na=123\r\n",
        b"POST /sigfox/uplink HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\na=123\r\nZZ\r\n",
    ],
    ids=["length", "chunks", "chunks without a secret", "no chunk"],
)
def test_half_a_body_is_no_record(collector: Collector, request_: bytes) -> None:
    before = count(collector.root)
    with connect(collector) as cut:
        cut.sendall(request_)
        cut.shutdown(socket.SHUT_WR)
        assert status_of(cut) == 400
    assert count(collector.root) == before


@pytest.mark.parametrize("blanks", [0, 300_000], ids=["small", "large"])
def test_a_sender_who_half_closes_while_it_waits_has_its_record_stored_once(collector: Collector, blanks: int) -> None:
    """Its answer may be lost, as the server takes it for gone."""
    before, body = count(collector.root), b" " * blanks + VECTOR
    head = f"POST /sigfox/uplink HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with connect(collector) as sender, closing(Store(load(collector.root).store_url)) as store:
        with store.writer():
            sender.sendall(head + body)
            until(lambda: json.loads(collector.send("GET", "/healthz").body)["queue_records"] == 1, "it does not wait")
            sender.shutdown(socket.SHUT_WR)
        assert status_of(sender) in {0, 204}
    until(lambda: count(collector.root) > before, "the record is not stored")
    assert collector.post_vector().status == 200
    assert count(collector.root) == before + 2


def test_of_senders_who_half_close_at_once_none_is_stored_twice_or_in_part(collector: Collector) -> None:
    """A few are dropped by the server before the collector sees them (2 of 100 under load); none had an answer."""
    bodies = [b" " * 5_000 + UPLINK + b"&number=%d" % number for number in range(20)]
    answered = []
    for body in bodies:
        head = f"POST /sigfox/uplink HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        with connect(collector) as sender:
            sender.sendall(head + body)
            sender.shutdown(socket.SHUT_WR)
            if status_of(sender) == 204:
                answered.append(body)
    assert collector.post_vector().status == 200
    with closing(Store(load(collector.root).store_url)) as store, store.reader() as connection:
        every = connection.scalars(sa.text("select body from raw where source = 'sigfox'"))
        stored = [body for body in map(bytes, every) if body.startswith(bodies[0][:5_000]) and UPLINK[:9] in body]
    whole = [body for body in stored if b"&number=" in body]
    assert set(answered) <= set(whole) <= set(bodies)
    assert len(whole) == len(set(whole))
    assert all(UPLINK in body for body in stored)


def test_many_connections_kept_open_never_block_the_next(collector: Collector) -> None:
    with ExitStack() as kept:
        for _ in range(80):
            sender = kept.enter_context(connect(collector))
            sender.sendall(HEAD + VECTOR)
            assert status_of(sender) == 200
        assert collector.post_vector().status == 200


def test_a_flood_of_health_questions_leaves_the_devices_alone(collector: Collector) -> None:
    """They wait for each other in a few threads of their own."""
    with ExitStack() as kept:
        asking = [kept.enter_context(connect(collector)) for _ in range(200)]
        for each in asking:
            each.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert collector.post_vector().status == 200
        assert {status_of(each) for each in asking} == {200}


def test_odd_requests_are_answered_in_a_sentence_and_leave_no_traceback(collector: Collector) -> None:
    wanted = {
        "GET /none HTTP/1.1": 404, "GET /../../etc/passwd HTTP/1.1": 404, "GET /%ff%00 HTTP/1.1": 404,
        "POST /metrics HTTP/1.1": 405, "BREW /healthz HTTP/1.1": 405, "GET //healthz HTTP/1.1": 200,
        "GET http://elsewhere.example/none HTTP/1.1": 404, "OPTIONS * HTTP/1.1": 404,
    }  # fmt: skip
    seen = {}
    for line in wanted:
        with connect(collector) as odd:
            odd.sendall(f"{line}\r\nHost: \xfc[::1\r\nContent-Type: \xfc\r\n\r\n".encode("latin-1"))
            seen[line] = status_of(odd)
    assert seen == wanted
    assert "Traceback" not in collector.log.read_text()


class Wire:
    """A sender's pieces of a body, handed over one at a time."""

    def __init__(self) -> None:
        self.pieces: asyncio.Queue[bytes | None] = asyncio.Queue()

    async def receive(self) -> Mapping[str, Any]:
        piece = await self.pieces.get()
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def reason(read: "bytes | Verdict") -> object:
    return read.reason if isinstance(read, Verdict) else read


def test_of_a_sender_with_too_many_slow_bodies_the_stalest_is_told_to_come_back() -> None:
    async def main() -> list[object]:
        bodies = Bodies(most=100, timeout_s=0.4, per_sender=2)
        wires = [Wire() for _ in range(4)]
        reading = [asyncio.create_task(bodies.read("proxy", "", wire.receive)) for wire in wires]
        other = Wire()
        reading.append(asyncio.create_task(bodies.read("other", "", other.receive)))
        done, _ = await asyncio.wait(reading, return_when=asyncio.FIRST_COMPLETED, timeout=10)
        assert {reason(each.result()) for each in done} == {"too_many_bodies"}
        quick = Wire()
        quick.pieces.put_nowait(b"honest")
        quick.pieces.put_nowait(None)
        assert await bodies.read("proxy", "", quick.receive) == b"honest", "never the newest"
        return [reason(await each) for each in reading]

    assert asyncio.run(main()) == [*["too_many_bodies"] * 2, *["body_timeout"] * 3]


def test_memory_is_taken_from_the_stalest_body_of_the_greediest_sender() -> None:
    async def main() -> tuple[list[object], int]:
        bodies = Bodies(most=60, timeout_s=30, per_sender=100, memory=100)
        wires = {name: Wire() for name in ("greedy 1", "greedy 2", "honest")}
        reading = {name: asyncio.create_task(bodies.read(name[:6], "", each.receive)) for name, each in wires.items()}
        for name, size in {"honest": 20, "greedy 1": 40, "greedy 2": 41}.items():
            wires[name].pieces.put_nowait(b"x" * size)
            await settled()
        for wire in wires.values():
            wire.pieces.put_nowait(None)
        return [reason(await each) for each in reading.values()], bodies._held

    answers, held = asyncio.run(main())
    assert answers == ["too_many_bodies", b"x" * 41, b"x" * 20]
    assert held == 0


def test_a_cut_body_whose_end_came_meanwhile_is_no_record() -> None:
    """The piece and the cut meet in one turn of the loop."""

    async def main() -> object:
        bodies = Bodies(most=100, timeout_s=30, per_sender=100, memory=100)
        first, second = Wire(), Wire()
        cut = asyncio.create_task(bodies.read("a", "", first.receive))
        first.pieces.put_nowait(b"x" * 60)
        await settled()
        other = asyncio.create_task(bodies.read("a", "", second.receive))
        await settled()
        second.pieces.put_nowait(b"y" * 60)
        first.pieces.put_nowait(None)
        second.pieces.put_nowait(None)
        assert await other == b"y" * 60
        return reason(await cut)

    assert asyncio.run(main()) in {"too_many_bodies", b"x" * 60}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit of open files to raise")
def test_the_limit_of_open_files_is_raised_as_far_as_it_may_be() -> None:
    code = (
        "import resource; from telltale.net import open_files, raise_open_files;"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (64, 500));"
        "print([raise_open_files(400), open_files(), raise_open_files(300), open_files()]);"
        "print(raise_open_files(9000), open_files())"
    )
    shown = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    first, second = shown.stdout.splitlines()
    assert first == "['', 400, '', 400]"
    assert second.startswith("open files: this process may have 500 at once, expected 9,000;")
    assert second.endswith("500")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit of open files to lower")
def test_a_collector_without_room_for_the_connections_says_so(tmp_path: Path) -> None:
    with collecting(make_project(tmp_path), open_files=(300, 500)) as running:
        assert running.post_vector().status == 200
        said = "room for 244 connections, 3000 silent ones may come: raise the limit of open files"
        assert said in running.log.read_text()


SILENT = {
    "idle": (2_000, b""),
    "half a header": (500, b"POST /cloudtrax HTTP/1.1\r\nHos"),
    "half a body": (500, HEAD + VECTOR[:50]),
}
TABLE = [
    *(pytest.param([name] * 64, id=f"64 of {name}", marks=pytest.mark.long) for name in SILENT),
    pytest.param([name for name, (number, _) in SILENT.items() for _ in range(number)], id="all 3,000"),
]


@pytest.mark.slow
@pytest.mark.parametrize("kinds", TABLE)
def test_beside_silent_clients_every_honest_request_is_answered(tmp_path: Path, kinds: list[str]) -> None:
    """Without a secret any of them stays as long as it likes: 64 stopped the collector that had a thread for each."""
    assert not raise_open_files(len(kinds) + 500)
    with collecting(make_project(tmp_path)) as running, ExitStack() as stack:
        for kind in kinds:
            stack.enter_context(connect(running)).sendall(SILENT[kind][1])
        kept = [stack.enter_context(connect(running)) for _ in range(64)]
        for _ in range(3):
            for sender in kept:
                sender.sendall(HEAD + VECTOR)
            assert {status_of(sender) for sender in kept} == {200}
            assert running.post_vector().status == 200
        assert running.send("GET", "/healthz").status == 200
        assert running.terminate() == 0, "they do not keep it from ending"
    assert count(tmp_path) == 3 * 65
