"""A running CoAP server on loopback with a client beside it, for the tests that speak CoAP."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from aiocoap import Context, Message
from aiocoap.numbers import codes

from collectors.coap_server import serving
from collectors.common.packetlog import PacketLog
from telltale.door import Door, open_door
from telltale.settings import Settings
from telltale.settings.listeners import CoapSettings
from telltale.sources import source

# The three real frames of wire/efento.md 9.
M = bytes.fromhex("0a06282c024156af10011814220d080510e0f7e1a7062a0301c10728acffe1a7063014380c40014877820100")
C = bytes.fromhex(
    "101e187820ffffffff0f28ffffffff0f48ffff0350ffff035a0e33352e3231362e3139382e31333260c81f6a0d31382e3138342e32342e32"
    "333970d0860378b02c8201017f8801c0843da2010382a201a801cc01b801ff01c2012430303030303030302d303030302d303030302d3030"
    "30302d303030303030303030303030ca0106282c0240fd34d00101da0106010200000000e201021001e201021001e201021001e201021001"
    "e201021001e201021001e201021001e201021001e201021001e201021001e201021001e201021001e801ffffffff0ff801ffff038202016d"
    "8a020163920201699a020174a00201b002f5eedda306b802d0c2f6a306c002e8fb03c802e8fb03d20208ff01ff01ff01ff01d80282de34e0"
    "0202f202120802010102020b010bffff03ffff03ffff03fa02021801fa02021801fa02021801fa02021801fa02021801fa02021801"
)
I = bytes.fromhex(  # noqa: E741 - the endpoint's name
    "0a06282c024156af188a0c6a1f08bae39c021207cbbc0100cbbc01182a20f71b282a3084e5c6a40638344018723608011232dc6104a605aa"
    "98d944c9010fbb010c28be0c00cc03040101010000000000f606bc020e0a000002000200e0a128d6ae0184017a0730343064663230820100"
    "8a0138008cdf80a40690bf038e2000006e000085040000000000b080aaa206a8de80a40690e3fca306ffffffff0fffffffff0fffffffff0f"
    "8c9f029201080893d8c4a4061006"
)


needs_libcoap = pytest.mark.skipif(
    shutil.which("coap-client-notls") is None, reason="no coap-client-notls on the PATH (Debian: libcoap3-bin)"
)


@dataclass
class Served:
    """A running server, its door, and a client's context."""

    door: Door
    client: Context
    host: str
    port: int
    lines: StringIO

    async def send(self, path: str, body: bytes = b"", *, method: codes.Code = codes.POST, **told: Any) -> Message:
        """The answer to one request."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        message = Message(code=method, uri=f"coap://{host}:{self.port}/{path}", payload=body, **told)
        return await self.client.request(message).response

    def stored(self) -> list[tuple[str, bytes]]:
        """Path and body of every record, oldest first."""
        with self.door.landing.store.reader() as connection:
            rows = connection.execute(sa.text("select meta, body from raw order by id"))
            return [(row.meta, bytes(row.body)) for row in rows]


@asynccontextmanager
async def coap_server(
    root: Path, *, host: str = "127.0.0.1", settings: Settings | None = None, **coap: Any
) -> AsyncIterator[Served]:
    """A server of a project in `root`, with a client."""
    lines = StringIO()
    door, packets = open_door(settings or Settings(root=root), [source("efento")]), PacketLog(lines)
    client = await Context.create_client_context(transports=["udp6"])
    try:
        async with serving(door, packets, CoapSettings(host=host, port=0, **coap)) as port:
            yield Served(door, client, host, port, lines)
    finally:
        await client.shutdown()
        door.close()
        packets.close()
