"""`/graph`, where the tutorials have their chart: it leads to the live page of the sensors, wherever that is.

asked                                     answered
where [dashboard] public_url is set       302 to it
by this machine, under a loopback name    302 to that name, with the port the dashboards listen on now
otherwise                                 404, and a sentence that names the setting
"""

import socket
from collections.abc import Mapping
from urllib.parse import urlsplit

from telltale.contract import Reply
from telltale.dashboard.links import addresses
from telltale.net import host_of, is_loopback
from telltale.settings import Settings

PAGE = "sensors"
"""The page with the newest values of devices."""
CONNECT_S = 0.5

NOT_FROM_ELSEWHERE = (
    "The chart is on the dashboards, and where they are reached from elsewhere is not set; set public_url below "
    "[dashboard] in telltale.toml to their address.\n"
)
NOT_RUNNING = "The chart is on the dashboards, and none are running; start them with: telltale dashboard\n"


def graph(settings: Settings, headers: Mapping[str, str], *, is_from_here: bool) -> Reply:
    """Where the chart is.

    Args:
        settings: of the project.
        headers: of the request, by lower-case name.
        is_from_here: it comes from this machine and through no proxy.
    """
    if settings.dashboard.public_home:
        return _leads(settings.dashboard.public_home)
    host = host_of(headers.get("host", ""))
    if not is_from_here or not is_loopback(host):
        return Reply(404, NOT_FROM_ELSEWHERE.encode(), keep=False)
    for address in addresses(settings):
        at = urlsplit(address)
        for name in (host, at.hostname or ""):
            if at.port and _listens(name, at.port):
                shown = f"[{name}]" if ":" in name else name
                return _leads(f"{at.scheme}://{shown}:{at.port}{at.path}")
    return Reply(404, NOT_RUNNING.encode(), keep=False)


def _leads(address: str) -> Reply:
    return Reply(302, b"", keep=False, headers=(("Location", f"{address}/{PAGE}"),))


def _listens(host: str, port: int) -> bool:
    """Whether somebody does: a server that was killed has left its note behind."""
    try:
        socket.create_connection((host, port), timeout=CONNECT_S).close()
    except OSError:
        return False
    return True
