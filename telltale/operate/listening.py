"""Who listens at a port of the project: a collector of this one, one of another, or another program."""

import os
import socket
import struct
import sys

from telltale.lockfile import is_held
from telltale.operate.store_state import health_of
from telltale.settings import Settings

_PING, _RESET = 0x40, 0x70
_WAIT_S = 2.0


def runs_here(settings: Settings) -> bool:
    """Whether a `telltale up` of this project runs on this machine."""
    try:
        return is_held(settings.data / "up.lock")
    except OSError:
        return False


def answers_http(url: str) -> bool:
    """Whether a telltale collector listens there."""
    return "status" in health_of(url)


def answers_coap(host: str, port: int) -> bool:
    """Whether a CoAP server listens there: it resets an empty confirmable message.

    Source: RFC 7252 4.3 (CoAP ping).
    """
    number = os.urandom(2)
    address = {"::": "::1", "0.0.0.0": "127.0.0.1"}.get(host, host)  # noqa: S104 - not listened on
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as link:
        link.settimeout(_WAIT_S)
        try:
            link.connect((address, port))
            link.send(struct.pack("!BB", _PING, 0) + number)
            return link.recv(64) == struct.pack("!BB", _RESET, 0) + number
        except OSError:
            return False


def who_listens(port: int, *, is_udp: bool = False, platform: str = sys.platform) -> str:
    """The command that names the program at a port, in quotes."""
    if platform == "linux":
        return f'"ss -l{"u" if is_udp else "t"}np sport = :{port}"'
    if platform == "win32":
        return f'"netstat -ano -p {"udp" if is_udp else "tcp"}"'
    return f'"lsof -nP -i{"UDP" if is_udp else "TCP"}:{port}"'
