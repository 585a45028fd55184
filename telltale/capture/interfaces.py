"""Which interfaces a capture is to read, and whether it may: those named, else the one that leads to the gateway.

Linux tells names and routes itself; elsewhere psutil gives the names that people see (Windows has others for programs),
and the way to the gateway is the interface whose address the system would send from.
"""

import socket
import sys
from importlib.util import find_spec
from pathlib import Path

from telltale.contract import ConfigError
from telltale.extras import not_installed

_ROUTES = Path("/proc/net/route")
"""Linux: name, destination, gateway, flags, ..., metric at 6, mask at 7; numbers in hexadecimal but the metric."""
_IS_UP, _HAS_GATEWAY = 0x1, 0x2
_ELSEWHERE = ("192.0.2.1", 9)
"""An address of nobody (RFC 5737), port discard: asked which way leads there, nothing is sent."""

NO_RIGHT = (
    "arp: this process may not capture (it lacks CAP_NET_RAW); run it as the unit that "
    '"telltale service --print collector" gives, which has that one right, or as root'
)


def chosen(named: tuple[str, ...], where: str = "telltale.toml [arp] interfaces") -> tuple[str, ...]:
    """The interfaces to capture on; of those named, some may be absent and come later.

    Args:
        named: their names; none takes the one that leads to the gateway.
        where: the place they were named, for the error.

    Raises:
        ConfigError: none of those named is here; or none is named and no route leads to a gateway.
    """
    here = present()
    if not named:
        return (_to_gateway(here),)
    if not set(named) & set(here):
        listed = ", ".join(f'"{name}"' for name in named)
        raise ConfigError(f"{where} = [{listed}]: no such interface here; expected one of {', '.join(here)}")
    return tuple(dict.fromkeys(named))


def present() -> list[str]:
    """The names of this machine's interfaces; on Windows those that people see."""
    if sys.platform == "win32":
        import psutil  # type: ignore[import-untyped]

        return list(psutil.net_if_addrs())
    return [name for _, name in socket.if_nameindex()]


def may_capture() -> str:
    """Empty when this process may capture, else the sentence that says why not and what to do."""
    if sys.platform != "linux":  # its socket finds out when it is opened
        missing = None if find_spec("scapy") else not_installed("scapy")
        return f"arp: {missing}" if missing else ""
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).close()
    except PermissionError:
        return NO_RIGHT
    except OSError as error:
        return f"arp: this system has no packet sockets ({error.strerror}); capture on another machine"
    return ""


def default_route(table: str) -> str:
    """The interface of the default route with the smallest metric in a table of Linux; empty when there is none."""
    routes = []
    for line in table.splitlines()[1:]:
        name, destination, _gateway, flags, _references, _use, metric, mask, *_ = line.split()
        is_default = int(destination, 16) == int(mask, 16) == 0
        if is_default and int(flags, 16) & (_IS_UP | _HAS_GATEWAY) == _IS_UP | _HAS_GATEWAY:
            routes.append((int(metric), name))
    return min(routes)[1] if routes else ""


def interface_towards(target: tuple[str, int]) -> str:
    """The interface this machine would send from to an IPv4 address; empty where no route leads there."""
    import psutil  # type: ignore[import-untyped]

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(target)
        except OSError:
            return ""
        address = probe.getsockname()[0]
    named = psutil.net_if_addrs().items()
    return next((name for name, addresses in named if address in {each.address for each in addresses}), "")


def _to_gateway(here: list[str]) -> str:
    name = default_route(_ROUTES.read_text(encoding="ascii")) if sys.platform == "linux" else ""
    if sys.platform != "linux":
        name = interface_towards(_ELSEWHERE)
    if not name:
        raise ConfigError(
            "telltale.toml [arp] interfaces is empty and no route leads to a gateway; name there the interface to "
            f"capture on, of {', '.join(here)}"
        )
    return name
