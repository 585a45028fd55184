"""The CoAP collector among those who send it no measurements: it answers, writes no traceback and keeps little."""

import asyncio
import logging
import random
import socket
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from aiocoap import Message
from aiocoap.numbers import codes
from aiocoap.numbers.contentformat import ContentFormat
from aiocoap.numbers.optionnumbers import OptionNumber

from collectors.coap import exchanges
from collectors.coap.blocks import IDLE_S, OVERHEAD_BYTES, BlockError, Blocks
from collectors.coap.datagrams import fault
from collectors.coap.discards import LINE_S, MOST_SENDERS, Discards
from tests.collectors.coap import C, coap_server
from tests.collectors.hostile_coap import (
    ODD,
    POST,
    REAL,
    Collector,
    Peers,
    coap_collector,
    datagram,
    random_datagram,
)
from tests.served import make_project

CREATED, CONTINUE = 2 << 5 | 1, 2 << 5 | 31


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize("sent", REAL, ids=range(len(REAL)))
def test_what_a_sensor_sends_is_a_message(sent: bytes) -> None:
    assert fault(sent) == ""


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (b"\x40\x02\x00\x01\xb1\xff", "no_text"),
        (b"\x40\x02\x00", "too_short"),
        (b"\x80\x02\x00\x01", "other_version"),
        (b"\x49\x02\x00\x01" + bytes(9), "bad_token_length"),
        (b"\x42\x02\x00\x01a", "bad_token_length"),
        (b"\x41\x00\x00\x01a", "empty_with_content"),
        (b"\x50\x00\x00\x01", "empty_non"),
        (b"\x40\x20\x00\x01", "reserved_code"),
        (b"\x40\xc1\x00\x01", "reserved_code"),
        (b"\x60\x02\x00\x01", "bad_type"),
        (b"\x70\x45\x00\x01", "bad_type"),
        (b"\x40\x02\x00\x01\xb1m\xff", "empty_payload"),
        (b"\x40\x02\x00\x01\xf0", "bad_option"),
        (b"\x40\x02\x00\x01\xb2m", "bad_option"),
        (b"\x40\x02\x00\x01\xb1m\xe0\xff\xff", "bad_option"),
        (b"\x40\x02\x00\x01\xb1m\x13abc", "option_too_long"),
        (b"\x40\x02\x00\x01\xb0" + b"\x00" * 64, "too_many_options"),
        (b"\x40\x02\x00\x01\xb0" + b"\x00" * 63, ""),
        (b"\x40\x1f\x00\x01", ""),
        (b"\x40\x00\x00\x01", ""),
        (b"\x60\x45\x00\x01", ""),
    ],
)
def test_what_is_no_message_has_a_name(sent: bytes, why: str) -> None:
    assert fault(sent) == why


def told(start: int, payload: bytes, *, more: bool, host: str = "::ffff:192.0.2.1", port: int = 1, **more_options: Any):  # type: ignore[no-untyped-def] # aiocoap has no types
    """A block of 64 bytes as the server sees it."""
    message = Message(code=codes.POST, payload=payload, uri_path=("c",), block1=(start // 64, more, 2), **more_options)
    message.remote = type("Remote", (), {"sockaddr": (host, port, 0, 0)})()
    return message


def begin(blocks: Blocks, number: int, *, host: str | None = None) -> None:
    assert blocks.whole(told(0, bytes(64), more=True, host=host or f"::ffff:10.0.{number >> 8}.{number & 255}")) is None


COST = 64 + OVERHEAD_BYTES


def test_a_transfer_that_goes_on_is_not_pushed_out_by_any_number_that_do_not() -> None:
    blocks = Blocks(4096, most_bytes=100 * COST, share=50 * COST)
    assert blocks.whole(told(0, b"a" * 64, more=True)) is None
    assert blocks.whole(told(64, b"b" * 64, more=True)) is None
    for number in range(10_000):
        begin(blocks, number)
    assert len(blocks) == 101
    assert blocks.whole(told(128, b"c", more=False)) == b"a" * 64 + b"b" * 64 + b"c"
    assert len(blocks) == 100


def test_of_one_network_the_one_that_moved_last_stays() -> None:
    blocks = Blocks(4096, most_bytes=1000 * COST, share=10 * COST)
    begin(blocks, 0)
    for port in range(2, 500):
        assert blocks.whole(told(0, bytes(64), more=True, host=f"2001:db8::{port:x}", port=port)) is None
    assert len(blocks) == 11, "ten of the network 2001:db8::/64, and the one of another"


def test_a_transfer_that_stands_still_is_let_go() -> None:
    now_s = 0.0
    blocks = Blocks(4096, clock=lambda: now_s)
    begin(blocks, 0)
    now_s = IDLE_S + 1
    begin(blocks, 1)
    assert len(blocks) == 1


def test_a_late_copy_of_a_block_does_its_transfer_no_harm() -> None:
    blocks = Blocks(4096)
    for start in (0, 64, 128):
        assert blocks.whole(told(start, bytes(64), more=True)) is None
    with pytest.raises(BlockError, match="block_missing"):
        blocks.whole(told(64, bytes(64), more=True))
    assert blocks.whole(told(192, b"z", more=False)) == bytes(192) + b"z"


@pytest.mark.parametrize(("start", "size1"), [(0, 4097), (4096, None)], ids=["as announced", "as it stands"])
def test_a_body_too_large_is_refused_before_its_bytes_come(start: int, size1: int | None) -> None:
    blocks = Blocks(4096)
    with pytest.raises(BlockError, match="body_too_large") as refused:
        blocks.whole(told(start, bytes(64), more=True, size1=size1))
    assert refused.value.code == codes.REQUEST_ENTITY_TOO_LARGE
    assert len(blocks) == 0


def test_discards_are_told_in_a_line_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    now_s = 0.0
    discards = Discards(lambda: now_s)
    for number in range(10_000):
        discards.add(f"::ffff:10.0.{number >> 8}.{number & 255}", "bad_option")
    assert len(discards._senders) == MOST_SENDERS + 1
    assert [record.getMessage() for record in caplog.records] == [
        "coap took nothing of 1 datagrams in 0 s: 1 bad_option; most from 10.0.0.0 (1)"
    ]
    now_s = LINE_S
    discards.add("10.0.0.1", "no_text")
    assert "took nothing of 10,000 datagrams in 60 s: 9,999 bad_option, 1 no_text; most from others" in caplog.text


def sensors(port: int, count: int) -> list[socket.socket]:
    made = []
    for _ in range(count):
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one.connect(("127.0.0.1", port))
        one.setblocking(False)
        made.append(one)
    return made


def pour(collector: Collector, sent: Iterator[bytes]) -> tuple[float, int, int]:
    """Send all of it from twenty sockets, asking for the time in between; longest answer (s), bytes sent, got."""
    worst_s, out, back = 0.0, 0, 0
    sockets = sensors(collector.port, 20)
    try:
        for number, each in enumerate(sent):
            one = sockets[number % 20]
            try:
                out += one.send(each)
            except OSError:  # what could not be delivered before is told now
                out += len(each)
            if number % 100 == 99:
                worst_s = max(worst_s, collector.time_asked())
                for each_socket in sockets:
                    back += sum(map(len, received(each_socket)))
            if number % 1000 == 999:  # some leave before their answer comes
                sockets.pop(0).close()
                sockets += sensors(collector.port, 1)
    finally:
        for one in sockets:
            one.close()
    return worst_s, out, back


def received(one: socket.socket) -> Iterator[bytes]:
    while True:
        try:
            yield one.recv(65_535)
        except OSError:
            return


def endures(collector: Collector, count: int) -> None:
    """Each odd datagram, then so many random ones: answered beside, no traceback, few lines, little memory."""
    dice = random.Random(11)
    _, out, back = pour(collector, iter(ODD))
    assert back <= out, "answers to invented addresses amplify nothing"
    pour(collector, (random_datagram(dice) for _ in range(1000)))
    before_mb = collector.resident_mb
    worst_s, out, back = pour(collector, (random_datagram(dice) for _ in range(count)))
    grown_mb = collector.resident_mb - before_mb
    log = collector.log
    assert "Traceback" not in log
    assert "rror" not in log
    assert back <= out
    assert worst_s < 1.5 * 5, "asked at most five times"
    assert grown_mb < 20
    minutes = log.count("coap took nothing of")
    readings = (" efento ", " efento:", "records of sensors")
    ours = [line for line in log.splitlines() if not any(word in line for word in readings)]
    assert len(ours) == 1 + minutes, "one line for the address, one a minute for what was thrown away"


def test_no_datagram_writes_a_traceback_or_stays_in_memory(tmp_path: Path) -> None:
    """Before: six bytes were enough, 487 tracebacks of 10,000 datagrams and 1.4 MB of log."""
    with coap_collector(make_project(tmp_path, secrets="")) as collector:
        endures(collector, 1000)
        assert collector.log.count("coap took nothing of") <= 2


@pytest.mark.slow
def test_nor_do_many(tmp_path: Path) -> None:
    with coap_collector(make_project(tmp_path, secrets="")) as collector:
        endures(collector, 15_000)


@pytest.mark.slow
def test_invented_formats_and_option_numbers_are_forgotten(tmp_path: Path) -> None:
    """aiocoap keeps each number it ever saw: 500 formats of 60,000 bytes were 88 MB, for ever."""
    root = make_project(tmp_path, secrets="")
    dice = random.Random(12)

    def formats() -> Iterator[bytes]:
        for mid in range(500):
            yield datagram(POST, b"\xb1m\x1e\xe9\x53" + dice.randbytes(60_000), mid=mid)

    with coap_collector(root) as collector:
        collector.time_asked()
        before_mb = collector.resident_mb
        pour(collector, formats())
        assert collector.resident_mb - before_mb < 15


def test_numbers_without_a_name_are_let_go() -> None:
    for number in range(40_000, 40_000 + 3 * exchanges.MOST_NUMBERS):
        OptionNumber(number)
        ContentFormat(number)
        exchanges._forget_numbers()
    for kind in (OptionNumber, ContentFormat):
        assert len(kind._value2member_map_) <= len(exchanges._NAMED[kind]) + exchanges.MOST_NUMBERS + 1
    assert OptionNumber(11).name == "URI_PATH"


def test_each_answer_is_small(tmp_path: Path) -> None:
    """Whoever invents an address makes its owner get at most three bytes for each of its own."""
    requests = [*ODD, *REAL]
    with coap_collector(make_project(tmp_path, secrets="")) as collector:
        senders = sensors(collector.port, len(requests))
        for one, each in zip(senders, requests, strict=True):
            one.send(each)
            collector.time_asked()
        collector.process.terminate()  # what was begun is answered
        collector.process.wait(30)
        for one, each in zip(senders, requests, strict=True):
            with one:
                answers = list(received(one))
            assert sum(map(len, answers)) <= 3 * len(each), (each[:40], answers)
        assert collector.log.count("took nothing of") >= 2, "the first is said at once, the rest at the end"


PEERS = 2000


def begin_all(peers: Peers, *, blocks: int) -> None:
    """Let each peer send the first blocks of an upload that it will not finish, a hundred on their way at a time."""
    for first in range(0, PEERS, 100):
        for block in range(blocks):
            option = bytes([0xD1, 3, block << 4 | 0x0A])
            for number in range(first, first + 100):
                peers.send(number, datagram(POST, b"\xb1c" + option, bytes(64), mid=block, token=b"open"))
            for _ in range(100):
                assert peers.take()[1] == CONTINUE


def answered(sensor: socket.socket, sent: bytes) -> tuple[int, float]:
    """The code of the answer on the ACK, and how long it took (s)."""
    began = time.perf_counter()
    sensor.send(sent)
    return sensor.recv(2048)[1], time.perf_counter() - began


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets one socket send from many loopback addresses")
@pytest.mark.parametrize("blocks", [1, 2], ids=["one block each", "two blocks each"])
def test_an_upload_is_completed_beside_two_thousand_that_are_not(tmp_path: Path, blocks: int) -> None:
    """Before: the third block came to nothing (4.08), as 256 others had begun since the second."""
    body = C + C[:1]
    with coap_collector(make_project(tmp_path, secrets="")) as collector, closing(Peers(collector.port)) as peers:
        before_mb = collector.resident_mb
        (sensor,) = sensors(collector.port, 1)
        codes_got, longest_s = [], 0.0
        with sensor:
            sensor.settimeout(1.5)
            for number, start in enumerate(range(0, len(body), 64)):
                part = body[start : start + 64]
                more = start + 64 < len(body)
                option = bytes([0xD1, 3, number << 4 | more << 3 | 2])
                code, took_s = answered(sensor, datagram(POST, b"\xb1c" + option, part, mid=number, token=b"hall"))
                codes_got.append(code)
                longest_s = max(longest_s, took_s)
                if number % 3 == 1:
                    begin_all(peers, blocks=blocks)
        assert codes_got == [CONTINUE] * (len(codes_got) - 1) + [CREATED]
        assert longest_s < 1.5
        assert collector.resident_mb - before_mb < 60
        assert "Traceback" not in collector.log


@pytest.mark.anyio
async def test_the_longest_datagram_is_stored_whole(tmp_path: Path) -> None:
    """65,507 bytes are the most UDP can carry."""
    head = len(datagram(POST, b"\xb1c", b"x", token=b"long")) - 1
    body = bytes(range(256)) * 256
    async with coap_server(tmp_path) as served:
        loop = asyncio.get_running_loop()
        (sensor,) = sensors(served.port, 1)
        with sensor:
            await loop.sock_sendall(sensor, datagram(POST, b"\xb1c", body[: 65_507 - head], token=b"long"))
            answer = await asyncio.wait_for(loop.sock_recv(sensor, 2048), 10)
        assert answer[1] == CREATED
        assert [len(kept) for _, kept in served.stored()] == [65_507 - head]


@pytest.mark.anyio
async def test_a_size_too_large_is_refused_with_the_largest_there_is(tmp_path: Path) -> None:
    async with coap_server(tmp_path, max_body=4096) as served:
        uri = f"coap://127.0.0.1:{served.port}/c"
        message = Message(code=codes.POST, uri=uri, payload=bytes(64), size1=5000, block1=(0, True, 2))
        reply = await served.client.request(message, handle_blockwise=False).response
        assert (reply.code, reply.opt.size1) == (codes.REQUEST_ENTITY_TOO_LARGE, 4096)


@pytest.mark.anyio
async def test_an_answer_is_repeated_so_often_and_no_more(tmp_path: Path) -> None:
    """A datagram said again and again from an invented address is not answered for ever."""
    again = datagram(POST, b"\xb1c", C, mid=1, token=b"over")
    async with coap_server(tmp_path) as served:
        loop = asyncio.get_running_loop()
        (sensor,) = sensors(served.port, 1)
        with sensor:
            for _ in range(30):
                await loop.sock_sendall(sensor, again)
            await loop.sock_sendall(sensor, datagram(1, b"\xb1t", mid=2, token=b"last"))
            answers: list[bytes] = []
            while not any(answer[4:8] == b"last" for answer in answers):
                answers.append(await asyncio.wait_for(loop.sock_recv(sensor, 2048), 10))
            assert (await served.send("c", C)).code == codes.CREATED  # so the first is stored too
            answers += list(received(sensor))
        assert sum(answer[4:8] == b"over" for answer in answers) <= 1 + exchanges.MOST_REPEATED
        assert len(served.stored()) == 2


@pytest.mark.anyio
async def test_few_answers_are_repeated_until_they_are_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the store is slow answers go apart; each of those is sent five times to who does not acknowledge it."""
    monkeypatch.setattr(exchanges, "EMPTY_ACK_S", 0.05)
    monkeypatch.setattr(exchanges, "MOST_APART", 4)
    async with coap_server(tmp_path, ticket_timeout_s=1.4) as served:
        assert (await served.send("c", C)).code == codes.CREATED
        loop = asyncio.get_running_loop()
        senders = sensors(served.port, 20)
        path = str(served.door.landing.store.engine.url.database)
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            for one in senders:
                await loop.sock_sendall(one, datagram(POST, b"\xb1c", C, mid=1, token=b"slow"))
            for one in senders:
                assert await asyncio.wait_for(loop.sock_recv(one, 2048), 5) == b"\x60\x00\x00\x01", "an empty ACK"
            other.execute("ROLLBACK")
        kinds = []
        for one in senders:
            with one:
                kinds.append((await asyncio.wait_for(loop.sock_recv(one, 2048), 5))[0] >> 4 & 3)
        assert sorted(kinds) == [0] * 4 + [1] * 16, "four confirmable, the others sent once"


@pytest.mark.anyio
async def test_who_is_gone_takes_no_answer_of_others_with_them(tmp_path: Path) -> None:
    """The system tells who sends next that an earlier answer reached nobody, and sends nothing then."""
    async with coap_server(tmp_path) as served:
        loop = asyncio.get_running_loop()
        (sensor,) = sensors(served.port, 1)
        with sensor:
            for number in range(20):
                (gone,) = sensors(served.port, 1)
                with gone:
                    await loop.sock_sendall(gone, datagram(1, b"\xb1t", mid=1, token=b"gone"))
                await loop.sock_sendall(sensor, datagram(1, b"\xb1t", mid=number, token=b"here"))
                answer = await asyncio.wait_for(loop.sock_recv(sensor, 2048), 5)
                assert answer[2:8] == number.to_bytes(2) + b"here"
