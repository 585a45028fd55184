"""Addresses and ports to listen on, the names a listener goes by, and how many connections fit."""

import ipaddress
import socket
import sys

from telltale.contract import ConfigError

SHOWN = 100  # characters of a Host or Origin that are repeated to anyone


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@lru_cache(maxsize=4096)
def network_of(sender: str) -> str:
    """Whom to count as one sender: an IPv4 address, the /64 of an IPv6 address, of which it has all, or the text.

    An IPv4 address as IPv6 wraps it is that IPv4 address.
    """
    try:
        address = ipaddress.ip_address(sender.partition("%")[0])
    except ValueError:
        return sender
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address), 64), strict=False))


def free_port(host: str, port: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """The port if nobody listens there, a free one for 0; some servers share a taken port silently.

    `kind` is `SOCK_DGRAM` for UDP.

    Raises:
        ConfigError: the port is taken, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, kind) as probe:
        if kind is socket.SOCK_STREAM:  # for UDP it would share the port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConfigError(
                f"port = {port}: cannot listen on {host} port {port} ({error.strerror}); stop what listens there "
                "or choose another port in telltale.toml"
            ) from error
        return int(probe.getsockname()[1])


def open_files() -> int | None:
    """How many files and sockets this process may have open at once; None where the system sets no such bound."""
    if sys.platform == "win32":
        return None
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else int(soft)


def raise_open_files(needed: int) -> str:
    """Let this process have `needed` files and sockets open at once, as far as the system's hard limit allows.

    Returns:
        Nothing, or the sentence that says how many are missing.
    """
    limit = open_files()
    if limit is None or limit >= needed or sys.platform == "win32":
        return ""
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    reached = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (reached, hard))
    except (OSError, ValueError):  # macOS refuses more than its kernel's own bound
        reached = limit
    if reached >= needed:
        return ""
    return (
        f"open files: this process may have {reached:,} at once, expected {needed:,}; many connections at once will be "
        "turned away; raise LimitNOFILE= of the service, or ulimit -Hn"
    )
