"""The CoAP collector as a sensor sees it: the real server on loopback, real clients, real codes."""

import asyncio
import json
import socket
import sqlite3
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from aiocoap import CON, Message
from aiocoap.numbers import codes
from aiocoap.numbers.optionnumbers import OptionNumber

from collectors.coap import exchanges
from collectors.coap.exchanges import MOST_REMEMBERED, Exchanges
from telltale.landing import refused_rows
from telltale.settings import Settings
from tests.collectors.coap import C, I, M, Served, coap_server, needs_libcoap

pytestmark = pytest.mark.anyio

ASKS_CONFIGURATION = bytes.fromhex("980101")


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


def packet(body: bytes, *, mid: int, token: bytes = b"\1\2\3\4", path: bytes = b"m", kind: int = 0) -> bytes:
    """A request as a sensor sends it: version 1, POST, 4-byte token, one Uri-Path option."""
    head = struct.pack("!BBH", 0x40 | kind << 4 | len(token), 2, mid)
    return head + token + bytes([0xB0 | len(path)]) + path + (b"\xff" + body if body else b"")


async def exchanged(port: int, *packets: bytes, answers: int, patience_s: float = 5.0) -> list[bytes]:
    """Send datagrams from one socket and return what comes back."""
    loop = asyncio.get_running_loop()
    got: list[bytes] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        sender.connect(("127.0.0.1", port))
        for each in packets:
            await loop.sock_sendall(sender, each)
        while len(got) < answers:
            async with asyncio.timeout(patience_s):
                got.append(await loop.sock_recv(sender, 2048))
    return got


async def test_the_real_frames_get_the_documented_answers_on_their_acks(tmp_path: Path) -> None:
    async with coap_server(tmp_path) as served:
        first = await served.send("m", M)
        assert (first.code, first.payload, first.mtype.name) == (codes.CREATED, ASKS_CONFIGURATION, "ACK")
        second = await served.send("m", M)
        assert second.payload[:3] == bytes.fromhex("300140"), "device info, and the time"
        for path, frame in (("c", C), ("i", I)):
            reply = await served.send(path, frame)
            assert (reply.code, reply.payload) == (codes.CREATED, b"")
        assert [body for _, body in served.stored()] == [M, M, C, I]
        assert json.loads(served.stored()[0][0]) == {
            "transport": "coap", "method": "POST", "path": "/m", "headers": {"coap-type": "CON"},
        }  # fmt: skip


@pytest.mark.parametrize("method", [codes.POST, codes.GET])
async def test_the_time_is_four_bytes(tmp_path: Path, method: codes.Code) -> None:
    async with coap_server(tmp_path) as served:
        reply = await served.send("t", method=method)
        assert reply.code == codes.CONTENT
        assert abs(int.from_bytes(reply.payload, "big") - time.time()) < 10
        assert len(reply.payload) == 4
        assert served.stored() == []


@pytest.mark.parametrize(
    ("path", "body", "method", "code"),
    [
        ("x", M, codes.POST, codes.NOT_FOUND),
        ("m/m", M, codes.POST, codes.NOT_FOUND),
        ("m", b"", codes.GET, codes.METHOD_NOT_ALLOWED),
        ("t", b"", codes.PUT, codes.METHOD_NOT_ALLOWED),
        ("m", b"", codes.POST, codes.BAD_REQUEST),
        ("m", b"x" * 5000, codes.POST, codes.REQUEST_ENTITY_TOO_LARGE),
    ],
)
async def test_what_is_no_message_gets_its_code(
    tmp_path: Path, path: str, body: bytes, method: codes.Code, code: codes.Code
) -> None:
    async with coap_server(tmp_path, max_body=4096) as served:
        assert (await served.send(path, body, method=method)).code == code
        assert served.stored() == []


async def test_a_slash_at_a_paths_end_says_nothing(tmp_path: Path) -> None:
    async with coap_server(tmp_path) as served:
        assert (await served.send("m/", M)).code == codes.CREATED
        assert [json.loads(meta)["path"] for meta, _ in served.stored()] == ["/m"]
        assert (await served.send("m//", M)).code == codes.NOT_FOUND
        assert (await served.send("", M)).code == codes.NOT_FOUND


@pytest.mark.parametrize("body", [b"\xff" * 40, M[:-5], b"\x0a\x03abc", b"\x00"])
async def test_an_undecodable_frame_is_stored_and_acknowledged(tmp_path: Path, body: bytes) -> None:
    """Answered with an error it would come back for ever."""
    async with coap_server(tmp_path) as served:
        assert (await served.send("m", body)).code == codes.CREATED
        assert [kept for _, kept in served.stored()] == [body]


async def test_a_non_confirmable_message_is_stored_without_an_answer(tmp_path: Path) -> None:
    async with coap_server(tmp_path) as served:
        asked = packet(b"", mid=9, path=b"t", token=b"time")
        (answer,) = await exchanged(served.port, packet(I, mid=7, path=b"i", kind=1), packet(M, mid=8, kind=1), asked,
                                    answers=1)  # fmt: skip
        assert answer[4:8] == b"time", "the first and only answer is that to the CON after them"
        while len(served.stored()) < 2:
            await asyncio.sleep(0.01)
        assert [json.loads(meta)["headers"]["coap-type"] for meta, _ in served.stored()] == ["NON", "NON"]


async def test_a_repeated_packet_gets_the_same_answer_and_is_stored_once(tmp_path: Path) -> None:
    async with coap_server(tmp_path) as served:
        first = packet(M, mid=77)
        answers = await exchanged(served.port, first, answers=1) + await exchanged(served.port, answers=0)
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            sender.connect(("127.0.0.1", served.port))
            replies = []
            for _ in range(3):
                await loop.sock_sendall(sender, first)
                replies.append(await loop.sock_recv(sender, 2048))
        assert set(replies) == {replies[0]}, "the time of the answer included"
        assert answers[0][:4] == replies[0][:4] == bytes([0x64, 0x41, 0, 77]), "ACK, 2.01, the same message id"
        assert len(served.stored()) == 2, "one for each sender"


ANSWERED = 2 << 5 | 1
OTHER = M[:-2] + b"\x01\x01"
REUSED = [
    # what differs from packet(M, mid=1, token=b"a"), and how many records there are then
    ("nothing: it was sent again", {}, 1),
    ("the payload, as of a modem that restarted", {"body": OTHER}, 2),
    ("the token, as of two behind one address", {"token": b"b"}, 2),
    ("token and payload", {"token": b"b", "body": OTHER}, 2),
    ("the path", {"path": b"c"}, 2),
    ("the id", {"mid": 2}, 2),
    ("the id and the payload, with one token", {"mid": 2, "body": OTHER}, 2),
]


@pytest.mark.parametrize("together", [False, True], ids=["one after the other", "at once"])
@pytest.mark.parametrize(("differs", "records"), [pytest.param(*row[1:], id=row[0]) for row in REUSED])
async def test_a_message_id_used_again_is_a_request_of_its_own(
    tmp_path: Path, differs: dict[str, Any], records: int, together: bool
) -> None:
    """What is answered 2.01 is stored: the id of one peer does not tell that a packet came again, all its bytes do."""
    usual: dict[str, Any] = {"body": M, "mid": 1, "token": b"a"}
    first, second = packet(**usual), packet(**usual | differs)
    async with coap_server(tmp_path) as served:
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            sender.connect(("127.0.0.1", served.port))

            async def answers(*datagrams: bytes, count: int) -> list[bytes]:
                for each in datagrams:
                    await loop.sock_sendall(sender, each)
                return [await asyncio.wait_for(loop.sock_recv(sender, 2048), 5) for _ in range(count)]

            if together:
                # A repetition of what is not answered yet is answered with it, or once more if it is.
                got = await answers(first, second, count=records)
            else:
                got = await answers(first, count=1) + await answers(second, count=1)
            assert {each[:5] for each in got} == {
                bytes([0x61, ANSWERED, 0, told["mid"]]) + told["token"] for told in (usual, usual | differs)
            }, "each ACK has the id and the token of its request"
            assert len(served.stored()) == records
            assert sorted(body for _, body in served.stored()) == sorted([M, (usual | differs)["body"]][:records])
            assert (await answers(first, count=1))[0] in got, "sent again it gets its own answer again"
            assert (await answers(second, count=1))[0] in got
        assert len(served.stored()) == records


async def test_a_repetition_of_what_is_not_stored_yet_is_acknowledged_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the ACK goes first and the answer apart, a repetition gets the empty ACK again."""
    monkeypatch.setattr(exchanges, "EMPTY_ACK_S", 0.1)
    async with coap_server(tmp_path, ticket_timeout_s=1.4) as served:
        assert (await served.send("m", M)).code == codes.CREATED
        other = sqlite3.connect(str(served.door.landing.store.engine.url.database), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        first, again = packet(M, mid=1), packet(OTHER, mid=1)
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            sender.connect(("127.0.0.1", served.port))
            for each in (first, again):
                await loop.sock_sendall(sender, each)
            alone = bytes([0x60, 0, 0, 1])
            for _ in range(2):
                assert await asyncio.wait_for(loop.sock_recv(sender, 2048), 5) == alone
            await loop.sock_sendall(sender, first)
            assert await asyncio.wait_for(loop.sock_recv(sender, 2048), 5) == alone
            other.execute("ROLLBACK")
            other.close()
            answers: list[tuple[int, int, bytes]] = []
            while len(answers) < 2:
                answer = await asyncio.wait_for(loop.sock_recv(sender, 2048), 5)
                await loop.sock_sendall(sender, bytes([0x60, 0]) + answer[2:4])  # its ACK
                answers.append((answer[0], answer[1], answer[4:8]))
        assert answers == [(0x44, ANSWERED, b"\1\2\3\4")] * 2, "confirmable, with the request's token"
        assert [body for _, body in served.stored()] == [M, M, OTHER]


async def test_what_is_remembered_of_packets_is_bounded(tmp_path: Path) -> None:
    async with coap_server(tmp_path) as served:
        context: Any = served.client
        manager = Exchanges(context.request_interfaces[0])
        for mid in range(MOST_REMEMBERED + 100):
            request = Message(code=codes.POST, _mid=mid, _mtype=CON, _token=b"")
            request.remote = ("device", mid >> 16)
            assert manager._deduplicate_message(request) is False
        assert len(manager._heard) == MOST_REMEMBERED


async def test_a_message_comes_block_by_block(tmp_path: Path) -> None:
    body = C * 20
    async with coap_server(tmp_path) as served:
        assert (await served.send("c", body)).code == codes.CREATED
        assert [kept for _, kept in served.stored()] == [body]


async def test_a_long_datagram_is_stored_whole(tmp_path: Path) -> None:
    body = C * 30
    async with coap_server(tmp_path) as served:
        await exchanged(served.port, packet(body, mid=1), packet(body[::-1], mid=2, token=b"2222"), answers=2)
        assert [kept for _, kept in served.stored()] == [body, body[::-1]]


async def test_a_block_out_of_turn_is_told_to_begin_again(tmp_path: Path) -> None:
    async with coap_server(tmp_path) as served:
        # Uri-Path m, then Block1 (27 = 11 + 13 + 3) with value 0x1a: block 1, more, 64 bytes.
        odd = packet(b"", mid=5) + bytes([0xD1, 3, 0x1A, 0xFF]) + bytes(64)
        (answer,) = await exchanged(served.port, odd, answers=1)
        assert answer[1] == 4 << 5 | 8
        assert served.stored() == []


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "::"])
async def test_it_listens_on_both_families(tmp_path: Path, host: str) -> None:
    async with coap_server(tmp_path, host=host) as served:
        for reached in {"::": ("127.0.0.1", "::1")}.get(host, (host,)):
            served.host = reached
            assert (await served.send("m", M)).code == codes.CREATED


async def test_endpoints_have_the_owners_names(tmp_path: Path) -> None:
    async with coap_server(tmp_path, prefix="plant/efento", endpoints={"m": "data"}) as served:
        assert (await served.send("plant/efento/data", M)).code == codes.CREATED
        assert (await served.send("plant/efento/t")).code == codes.CONTENT
        for path in ("m", "data", "plant/efento/m"):
            assert (await served.send(path, M)).code == codes.NOT_FOUND
        assert json.loads(served.stored()[0][0])["path"] == "/m", "a record says what it is, whatever the name"


def with_tokens(root: Path, **options: int) -> Settings:
    return Settings(root=root, sources={"efento": options}).with_secrets({"efento": {"hall": "token-1"}})


TOKENS = [
    ("none", M, {}, codes.UNAUTHORIZED),
    ("in the payload", M[:-3] + b"\x82\x01\x07token-1", {}, codes.CREATED),
    ("a wrong one", M[:-3] + b"\x82\x01\x07token-2", {}, codes.FORBIDDEN),
    ("in the option", M[:-3], {64000: b"token-1"}, codes.CREATED),
    ("a wrong one in the option", M[:-3], {64000: b"token-3"}, codes.FORBIDDEN),
    ("no message", b"\xff\xff", {}, codes.UNAUTHORIZED),
]


@pytest.mark.parametrize(("body", "options", "code"), [pytest.param(*row[1:], id=row[0]) for row in TOKENS])
async def test_listed_tokens_are_checked(
    tmp_path: Path, body: bytes, options: dict[int, bytes], code: codes.Code
) -> None:
    settings = with_tokens(tmp_path, cloud_token_option=64000)
    async with coap_server(tmp_path, settings=settings) as served:
        message = Message(code=codes.POST, uri=f"coap://127.0.0.1:{served.port}/m", payload=body)
        for number, value in options.items():
            message.opt.add_option(OptionNumber(number).create_option(value=value))
        assert (await served.client.request(message).response).code == code
        assert len(served.stored()) == (code == codes.CREATED)
        assert "token-1" not in served.lines.getvalue()


async def test_an_unknown_critical_option_is_refused_and_said(tmp_path: Path) -> None:
    settings = Settings(root=tmp_path, sources={"efento": {"payload_signature_option": 2051}})
    async with coap_server(tmp_path, settings=settings) as served:
        for number, code in ((2053, codes.BAD_OPTION), (2052, codes.CREATED), (2051, codes.CREATED)):
            message = Message(code=codes.POST, uri=f"coap://127.0.0.1:{served.port}/m", payload=M)
            message.opt.add_option(OptionNumber(number).create_option(value=b"\x01\x02"))
            assert (await served.client.request(message).response).code == code, number
        assert json.loads(served.stored()[1][0])["headers"] == {"coap-type": "CON", "coap-2051": "0102"}
        store = served.door.landing.store
        while not (rows := await asyncio.to_thread(refused_rows, store, 5)):
            await asyncio.sleep(0.05)
        assert rows[0].reason == "unknown_option"
        assert "2053" in rows[0].detail


async def test_a_locked_store_gives_5_00_on_the_ack_and_the_retry_succeeds(tmp_path: Path) -> None:
    async with coap_server(tmp_path, ticket_timeout_s=0.3) as served:
        assert (await served.send("m", M)).code == codes.CREATED
        path = served.door.landing.store.engine.url.database
        other = sqlite3.connect(str(path), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        reply = await served.send("m", M)
        assert (reply.code, reply.mtype.name) == (codes.INTERNAL_SERVER_ERROR, "ACK")
        other.execute("ROLLBACK")
        other.close()
        assert (await served.send("m", M)).code == codes.CREATED
        assert len(served.stored()) == 2, "what was answered 5.00 is not stored later"


async def test_a_full_disk_gives_5_00_and_it_recovers_by_itself(tmp_path: Path) -> None:
    async with coap_server(tmp_path) as served:
        served.door.landing.put_many([])
        limit = full(served)
        assert (await served.send("m", bytes(60_000))).code == codes.INTERNAL_SERVER_ERROR
        limit()
        assert (await served.send("m", bytes(60_000))).code == codes.CREATED
        assert len(served.stored()) == 1


def full(served: Served) -> Any:
    """Let every connection of the store see a full disk until the returned function is called."""
    import sqlalchemy as sa

    engine = served.door.landing.store.engine

    def shrink(connection: Any, _record: Any, _proxy: Any) -> None:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count={pages}").fetchall()

    def grow(connection: Any, _record: Any, _proxy: Any) -> None:
        connection.execute("PRAGMA max_page_count=1073741823").fetchall()

    sa.event.listen(engine, "checkout", shrink)

    def again() -> None:
        sa.event.remove(engine, "checkout", shrink)
        sa.event.listen(engine, "checkout", grow)

    return again


async def test_two_thousand_in_a_row_are_all_stored_once(tmp_path: Path) -> None:
    """Fresh message ids, each packet sent twice, sixteen sensors at once."""
    async with coap_server(tmp_path) as served:
        loop = asyncio.get_running_loop()

        async def sensor(number: int) -> None:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.setblocking(False)
                sender.connect(("127.0.0.1", served.port))
                for mid in range(125):
                    each = packet(b"%d %d" % (number, mid), mid=mid, token=struct.pack("!I", mid))
                    await loop.sock_sendall(sender, each)
                    await loop.sock_sendall(sender, each)
                    code = 0
                    while code != mid:
                        answer = await asyncio.wait_for(loop.sock_recv(sender, 2048), 10)
                        assert answer[1] == 2 << 5 | 1
                        (code,) = struct.unpack_from("!H", answer, 2)

        await asyncio.gather(*(sensor(number) for number in range(16)))
        bodies = [body for _, body in served.stored()]
        assert len(bodies) == len(set(bodies)) == 2000


CLIENTS = {
    "libcoap": ("coap-client-notls", "-m", "post", "-f", "{frame}", "-o", "{reply}", "{url}"),
    "aiocoap": (
        sys.executable,
        "-m",
        "aiocoap.cli.client",
        "-m",
        "POST",
        "--payload",
        "@{frame}",
        "{url}",
    ),
}


@pytest.mark.parametrize("client", [pytest.param("libcoap", marks=needs_libcoap), "aiocoap"])
@pytest.mark.parametrize("path", ["m", "c", "i"])
async def test_command_line_clients_are_answered(tmp_path: Path, client: str, path: str) -> None:
    frame, reply = tmp_path / "frame", tmp_path / "reply"
    frame.write_bytes({"m": M, "c": C, "i": I}[path])
    async with coap_server(tmp_path) as served:
        url = f"coap://127.0.0.1:{served.port}/{path}"
        command = [part.format(frame=frame, reply=reply, url=url) for part in CLIENTS[client]]
        process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
        printed, _ = await asyncio.wait_for(process.communicate(), 30)
        assert process.returncode == 0
        assert [kept for _, kept in served.stored()] == [frame.read_bytes()]
        expected = ASKS_CONFIGURATION if path == "m" else b""
        assert (reply.read_bytes() if reply.exists() else printed) == expected
