"""Simulated sensors over the real wire: what they send arrives as it was sent, and they are told how it went."""

import asyncio
import itertools
import math
import socket
import threading
from pathlib import Path

import pytest
from aiocoap import Message
from aiocoap.numbers import codes
from aiocoap.numbers.optionnumbers import OptionNumber
from aiocoap.optiontypes import OpaqueOption

from telltale.contract import ConfigError, Emission, Scenario, StoreError
from telltale.net import free_port
from telltale.settings import Settings
from telltale.simulate.coap import CoapConnection, _options, _payload
from telltale.simulate.play import Played, play
from telltale.sources import source
from tests.collectors.coap import C, I, M, coap_server

pytestmark = pytest.mark.anyio
HOUR = Scenario(seed=1, start_s=1_795_165_200, end_s=1_795_165_200 + 3600, timezone="Europe/Berlin")


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


async def played(emissions: list[Emission], url: str) -> Played:
    return await asyncio.to_thread(play, emissions, url, origin_us=0, speed=math.inf)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_what_simulated_sensors_send_is_stored_as_sent(tmp_path: Path, host: str) -> None:
    settings = Settings(root=tmp_path)
    emissions = list(itertools.islice(source("efento").simulate(HOUR, settings.source("efento")), 60))
    assert emissions
    async with coap_server(tmp_path, host=host, prefix="efento") as served:
        told = await played(emissions, f"coap://{'[::1]' if ':' in host else host}:{served.port}/efento")
        assert (told.accepted, told.refused, told.lost) == (len(emissions), 0, 0)
        assert sorted(body for _, body in served.stored()) == sorted(emission.body for emission in emissions)


async def test_answers_are_told_apart(tmp_path: Path) -> None:
    settings = Settings(root=tmp_path).with_secrets({"efento": {"hall": "t"}})
    async with coap_server(tmp_path, settings=settings) as served:
        sensor = CoapConnection("127.0.0.1", served.port)

        def says(path: str, body: bytes, method: str = "POST", **headers: str) -> tuple[int, str]:
            told = {name.replace("_", "-"): value for name, value in headers.items()}
            return sensor.send(Emission(0, method, path, told, body))

        assert await asyncio.to_thread(says, "/m", M) == (401, "missing_token\n")
        assert (await asyncio.to_thread(says, "/t", b"", "GET"))[0] == 205
        assert (await asyncio.to_thread(says, "/nowhere", b"x"))[0] == 404
        assert (await asyncio.to_thread(says, "/m", I, coap_type="NON")) == (202, "")
        sensor.close()


async def test_a_collector_that_is_not_there_is_said() -> None:
    port = free_port("127.0.0.1", 0)
    with pytest.raises(StoreError, match="no collector at coap://127"):
        await played([Emission(0, "POST", "/m", {}, M)], f"coap://127.0.0.1:{port}")
    with pytest.raises(ConfigError, match="or coap://127"):
        await played([], "udp://127.0.0.1")


def test_an_answer_said_again_is_rejected_so_that_the_next_need_not_wait_for_it() -> None:
    """A server says one answer at a time to a sender, and the next when the last one is acknowledged or rejected."""
    heard: list[bytes] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(20)

        def serve() -> None:
            request, sensor = server.recvfrom(2048)
            number, token = request[2:4], request[4:8]
            server.sendto(b"\x60\x00" + number, sensor)  # an empty ACK: the answer comes apart
            server.sendto(b"\x44\x44\x00\x07" + b"old!", sensor)  # CON 2.04 of an earlier request
            server.sendto(b"\x44\x41\x00\x08" + token, sensor)  # CON 2.01 of this one
            heard.extend(server.recv(2048) for _ in range(2))

        thread = threading.Thread(target=serve)
        thread.start()
        sensor = CoapConnection("127.0.0.1", server.getsockname()[1])
        assert sensor.send(Emission(0, "POST", "/m", {}, M)) == (201, "")
        thread.join(20)
        sensor.close()
    assert heard == [b"\x70\x00\x00\x07", b"\x60\x00\x00\x08"]


@pytest.mark.parametrize("payload", [b"", b"missing_token\n", b"\xff\xfe"])
@pytest.mark.parametrize("token", [b"", b"\xff", b"a\xffb"])
@pytest.mark.parametrize("value", [b"\xff", bytes(20) + b"\xff", bytes(300) + b"\xff", None])
def test_an_answers_payload_is_what_follows_its_options(payload: bytes, token: bytes, value: bytes | None) -> None:
    answer = Message(code=codes.CREATED, payload=payload, _mtype=2, _mid=0xFFFF, _token=token)
    if value is not None:
        answer.opt.add_option(OpaqueOption(OptionNumber(65_000), value))
    assert _payload(answer.encode()) == payload


def test_options_are_as_aiocoap_writes_them() -> None:
    """Against another implementation: deltas and lengths of every size."""
    emission = Emission(0, "POST", "/efento/m", {"coap-2053": "00" * 300, "coap-64000": "ab" * 20, "coap-7": ""}, C)
    message = Message(code=codes.POST, uri_path=("efento", "m"))
    for number, value in ((2053, bytes(300)), (64000, b"\xab" * 20), (7, b"")):
        message.opt.add_option(OpaqueOption(OptionNumber(number), value))
    assert _options("/efento/m", emission) == message.opt.encode()
