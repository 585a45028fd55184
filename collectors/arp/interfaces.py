"""Which interfaces to capture on: those named, else the one that leads to the gateway; never all of them."""

import socket
import sys
from importlib import import_module
from pathlib import Path

from telltale.contract import ConfigError

_ROUTES = Path("/proc/net/route")
"""Linux: name, destination, gateway, flags, ..., metric at 6, mask at 7; numbers in hexadecimal but the metric."""
_IS_UP, _HAS_GATEWAY = 0x1, 0x2


def chosen(named: tuple[str, ...], where: str = "telltale.toml [arp] interfaces") -> tuple[str, ...]:
    """The interfaces to capture on; of those named, some may be absent and come later.

    Args:
        named: their names; none takes the one that leads to the gateway.
        where: the place they were named, for the error.

    Raises:
        ConfigError: none of those named is here; or none is named and no route leads to a gateway.
    """
    here = known()
    if not named:
        return (_to_gateway(here),)
    if not set(named) & set(here):
        seen = ", ".join(f'"{name}"' for name in named)
        raise ConfigError(f"{where} = [{seen}]: no such interface here; expected one of {', '.join(here)}")
    return tuple(dict.fromkeys(named))


def known() -> list[str]:
    """The names of this machine's interfaces; on Windows those that people see."""
    if sys.platform == "win32":
        import_module("scapy.arch")  # fills `conf.ifaces`
        from scapy.config import conf

        return [str(interface.name) for interface in conf.ifaces.values()]
    return [name for _, name in socket.if_nameindex()]


def default_route(table: str) -> str:
    """The interface of the default route with the smallest metric in a table of Linux; empty when there is none."""
    found = []
    for line in table.splitlines()[1:]:
        name, destination, _gateway, flags, _references, _use, metric, mask, *_ = line.split()
        is_default = int(destination, 16) == int(mask, 16) == 0
        if is_default and int(flags, 16) & (_IS_UP | _HAS_GATEWAY) == _IS_UP | _HAS_GATEWAY:
            found.append((int(metric), name))
    return min(found)[1] if found else ""


def _to_gateway(here: list[str]) -> str:
    if sys.platform == "linux":
        name = default_route(_ROUTES.read_text(encoding="ascii"))
    else:
        import_module("scapy.route")  # fills `conf.route`
        from scapy.config import conf

        name = str(conf.route.route("0.0.0.0")[0])  # noqa: S104 - asks for the way out, listens nowhere
    if not name:
        raise ConfigError(
            "telltale.toml [arp] interfaces is empty and no route leads to a gateway; name there the interface to "
            f"capture on, of {', '.join(here)}"
        )
    return name
