"""The ports a project listens at: free, taken by its own collectors, or by another program."""

import socket
from collections.abc import Iterator
from importlib.util import find_spec

from telltale.contract import ConfigError, Transport
from telltale.net import free_port
from telltale.operate.finding import Finding
from telltale.operate.listening import answers_coap, answers_http, runs_here, who_listens
from telltale.transports import served
from telltale.workbench.project import Project


def webhooks(project: Project) -> Iterator[Finding]:
    """That of HTTP."""
    told = project.settings.webhooks
    names = ", ".join(source.name for source in served(Transport.HTTP, told.host, project.settings))
    try:
        free_port(told.host, told.port)
    except ConfigError as error:
        if not answers_http(told.url):
            yield Finding("webhooks", "wrong", _without_advice(error), _another("webhooks", told.port))
        elif runs_here(project.settings):
            yield Finding("webhooks", "ok", f"a collector answers on {told.host}:{told.port}")
        else:
            found = f"a collector answers on {told.host}:{told.port}, and no telltale up of this project runs"
            yield Finding("webhooks", "note", found, f"if it is another project's, {_another('webhooks', told.port)}")
    else:
        yield Finding("webhooks", "ok", f"{told.host}:{told.port} is free for {names}")


def coap(project: Project) -> Iterator[Finding]:
    """That of CoAP."""
    told = project.settings.coap
    names = ", ".join(
        source.name for source in served(Transport.COAP, told.host, project.settings, is_open=told.is_open)
    )
    try:
        free_port(told.host, told.port, socket.SOCK_DGRAM)
    except ConfigError as error:
        if answers_coap(told.host, told.port):
            yield Finding("coap", "ok", f"a CoAP server answers on {told.host}:{told.port} (UDP)")
        else:
            fix = _another("coap", told.port, is_udp=True)
            yield Finding("coap", "wrong", _without_advice(error), fix)
    else:
        yield Finding("coap", "ok", f"{told.host}:{told.port} (UDP) is free for {names}")


def _without_advice(error: Exception) -> str:
    return str(error).rpartition("; ")[0] or str(error)


def _another(section: str, port: int, *, is_udp: bool = False) -> str:
    """What to do about a port that another program has."""
    return f"choose another port in telltale.toml [{section}], or end that program: {who_listens(port, is_udp=is_udp)}"


def dashboard(project: Project) -> Iterator[Finding]:
    """Nothing is said where there are no dashboards, or they run."""
    told = project.settings.dashboard
    if find_spec("voila") is None or runs_here(project.settings):
        return
    try:
        free_port(told.host, told.port)
    except ConfigError as error:
        fix = f"if that is not telltale dashboard, {_another('dashboard', told.port)}"
        yield Finding("dashboard", "note", _without_advice(error), fix)
