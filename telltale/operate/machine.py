"""What of the machine could keep a project from working: Python, programs, the right to capture, the disk, its zone."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress
from ctypes.util import find_library
from importlib.util import find_spec
from pathlib import Path

from telltale.capture.interfaces import chosen, may_capture, present
from telltale.contract import ConfigError
from telltale.operate.finding import Finding, State
from telltale.operate.machine_zone import machine_zone
from telltale.settings import Settings, buttons
from telltale.settings.load import VARIABLES, settings_text
from telltale.workbench.project import Project

OLDEST_PYTHON = (3, 11)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
FULL_BYTES, LOW_BYTES = 200 << 20, 2 << 30


def python(_: Project) -> Iterator[Finding]:
    """Its version."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info >= OLDEST_PYTHON:
        yield Finding("python", "ok", version)
    else:
        yield Finding("python", "wrong", version, "install Python 3.11 or newer and set up again with it")


def arp(project: Project) -> Iterator[Finding]:
    """Nothing is said where no button is listed: then nobody captures."""
    with suppress(ConfigError):  # said above
        if not buttons(project.settings).buttons:
            return
    refusal = may_capture()
    if refusal:
        found, _, fix = refusal.removeprefix("arp: ").partition("; ")
        yield Finding("arp", "note", found, fix)
    for name in chosen(project.settings.arp.interfaces):
        if name in present():
            yield Finding("arp", "ok", f"captures on {name}")
        else:
            yield Finding(
                "arp", "note", f"interface {name} is not there; it is waited for", "plug it in, or correct it"
            )
    if sys.platform != "linux" and find_library("pcap" if os.name != "nt" else "wpcap") is None:
        yield Finding("arp", "note", "no libpcap, so frames cannot be captured", "install libpcap, on Windows Npcap")


def disk(project: Project) -> Iterator[Finding]:
    """What is free where the data lie."""
    free = shutil.disk_usage(nearest(project.settings.data)).free
    state: State = "wrong" if free < FULL_BYTES else "note" if free < LOW_BYTES else "ok"
    fix = "" if state == "ok" else "free some space: a full disk makes every sender get a 503"
    yield Finding("disk", state, f"{free / (1 << 30):.1f} GiB free", fix)


def zone(project: Project) -> Iterator[Finding]:
    """A zone nobody chose makes days begin at another hour than people's do."""
    if _chose_zone(project.settings):
        return
    machines = machine_zone()
    example = "Europe/Berlin" if machines in {"", "UTC", "Etc/UTC"} else machines
    fix = f'telltale.toml [site] timezone = "{example}"; write "UTC" there if that is meant'
    yield Finding("zone", "note", "no time zone was chosen: days and hours go by UTC", fix)


def _chose_zone(settings: Settings) -> bool:
    """Whether a time zone stands in the settings, that of `[site]` or that of every site."""
    told = settings_text(settings.root).get("site", {})
    own = [site for site in told.values() if isinstance(site, dict)]
    return (
        "timezone" in told
        or f"{VARIABLES}SITE__TIMEZONE" in os.environ
        or (bool(own) and all("timezone" in site for site in own))
    )


def programs(_: Project) -> Iterator[Finding]:
    """What makes PDFs and pages, where it is installed."""
    yield _program("chromium", BROWSERS, "reports come as HTML, without PDF", "apt-get install chromium")
    if find_spec("jupyterlab"):
        yield Finding("jupyter", "ok", "installed")
    else:
        fix = "pip install 'telltale[lab]'"
        yield Finding("jupyter", "note", "not installed: no notebooks, reports and dashboards here", fix)


def _program(name: str, commands: tuple[str, ...], without: str, fix: str) -> Finding:
    found = next((path for command in commands if (path := shutil.which(command))), None)
    return Finding(name, "ok", found) if found else Finding(name, "note", f"not found: {without}", fix)


def nearest(folder: Path) -> Path:
    """The folder, or the nearest one above that exists."""
    return next(path for path in (folder, *folder.parents) if path.exists())
