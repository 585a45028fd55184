"""Addresses and ports to listen on, the names a listener goes by, and how many connections fit."""

import ipaddress
import socket
import sys
from collections.abc import Iterable, Mapping
from functools import lru_cache
from urllib.parse import urlsplit

from telltale.contract import ConfigError

SHOWN = 100  # characters of a Host or Origin that are repeated to anyone


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@lru_cache(maxsize=4096)
def plain_address(host: str) -> str:
    """An address without its zone, an IPv4 address as such and not as IPv6 wraps it; another text as it is."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


@lru_cache(maxsize=4096)
def network_of(sender: str) -> str:
    """Whom to count as one sender: an IPv4 address, the /64 of an IPv6 address, of which it has all, or the text."""
    plain = plain_address(sender)
    try:
        address = ipaddress.IPv6Address(plain)
    except ValueError:
        return plain
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


class Hosts:
    """The names a listener goes by, where nothing but the sender's place says who may ask.

    A web page can let a browser on this machine send a request (its Origin is foreign), and a name of its own that
    leads here read the answer (the Host is foreign: DNS rebinding). Loopback names are always ours, with any port.

    Args:
        listening: the address listened on.
        public_url: the address others know it by; only its host counts.
        more: further names; a port does not count.
    """

    def __init__(self, listening: str, *, public_url: str = "", more: Iterable[str] = ()) -> None:
        named = (_bare(name) for name in (listening, _host_of(public_url), *map(_without_port, more)))
        self._names = {name for name in named if name}

    def foreign(self, headers: Mapping[str, str]) -> str:
        """What of a request is not ours, with its value, such as `Host "a.example"`; empty where all is.

        A request without these headers is no page's: a browser always names a Host, with a POST the Origin, and of a
        GET, as of an image, says that it is cross-site.

        Args:
            headers: by lower-case name, several of one name joined by commas.
        """
        host, origin = headers.get("host"), headers.get("origin")
        if host and not self.knows(host):
            return f'Host "{host[:SHOWN]}"'
        if origin is not None and not self._is_ours(_bare(_host_of(origin))):
            return f'Origin "{origin[:SHOWN]}"'
        if origin is None and headers.get("sec-fetch-site") == "cross-site":
            return 'Sec-Fetch-Site "cross-site"'
        return ""

    def knows(self, host: str) -> bool:
        """Whether a Host header is a name of ours."""
        return self._is_ours(host_of(host))

    def _is_ours(self, name: str) -> bool:
        return name in self._names or is_loopback(name)


def _host_of(url: str) -> str:
    """The host of a URL; empty where it is none, as in the Origin "null"."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def host_of(header: str) -> str:
    """The name in a Host header, as it is compared: without its port, brackets, case and the root's dot."""
    return _bare(_without_port(header))


def _without_port(host: str) -> str:
    """A Host header without its port: `a:80`, `[::1]:80`."""
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdecimal() and ("]" in name or ":" not in name) else host


def _bare(name: str) -> str:
    """A name as it is compared: without brackets, case and the root's dot."""
    return name.strip().strip("[]").rstrip(".").lower()


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
