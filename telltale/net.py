"""Where a collector listens: loopback by default, a public address only for sources that have their secret."""

import ipaddress
import socket

from telltale.contract import ConfigError, Source
from telltale.settings import Settings
from telltale.sources import SOURCES


def served(transport: str, host: str, settings: Settings, *, is_open: bool = False) -> list[Source]:
    """The sources of a transport to listen for: all on loopback, on a public address those that have a secret.

    Args:
        transport: the first word of a source's transport, in lower case.
        host: where to listen.
        settings: says which source has a secret.
        is_open: the owner wants all of them on a public address too.

    Raises:
        ConfigError: the address is public and none has a secret.
    """
    known = [source for source in SOURCES if source.transport.lower().split()[0] == transport]
    if is_open or is_loopback(host):
        return known
    safe = [source for source in known if settings.source(source.name).secrets]
    if not safe:
        raise ConfigError(
            f'host = "{host}": a public address needs a source with its secret, and none of '
            f"{', '.join(source.name for source in known)} has one; add it to secrets.toml or listen on 127.0.0.1"
        )
    return safe


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


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
