"""An invented project as a folder with a lake: everything goes through the door, at the moment it was received."""

from collections.abc import Iterable
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

from tests.worlds.encoding import requests
from tests.worlds.sent import Sent
from tests.worlds.world import World

if TYPE_CHECKING:
    from telltale.workbench import Project

HEAD = '[site]\nname = "Harbour site"\ntimezone = "Europe/Berlin"\n'


def built(world: World, root: Path) -> "Project":
    """The project, its clock standing at the world's moment."""
    from telltale.lake.settle import settle_all
    from telltale.operate import retention
    from telltale.settings import load
    from telltale.workbench import Project

    now_us = round(world.now.timestamp() * 1e6)
    write(world, root)
    project = Project(settings=load(root), now=lambda: now_us, threads=1)
    until = now_us if isinstance(world.settles, bool) else round(world.settles.timestamp() * 1e6)
    early = [one for one in world.sent if one.received.timestamp() * 1e6 <= until]
    late = [one for one in world.sent if one.received.timestamp() * 1e6 > until]
    hand_in(project, early)
    if world.settles:
        settle_all(project.lake, now_us=until)
    hand_in(project, late)
    if world.purge:
        retention.purge(project, now_us=now_us)
    if world.prepare:
        world.prepare(project)
    return project


def write(world: World, root: Path) -> None:
    """The files a user writes."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "telltale.toml").write_text(HEAD + world.site + world.settings)
    (root / "devices.csv").write_text(world.devices or "device_id,name\n")
    if world.buttons:
        (root / "buttons.csv").write_text(world.buttons)
    secrets = root / "secrets.toml"
    secrets.touch(mode=0o600)
    secrets.write_text(world.secrets)


def hand_in(project: "Project", sent: Iterable[Sent]) -> None:
    """Everything in the order of receipt; a ticket is waited for, so that what is stored is stored."""
    from telltale.door import Door
    from telltale.sources import SOURCES

    asked = sorted((request for one in sent for request in requests(one)), key=lambda request: request.received_at)
    if not asked:
        return
    door = Door(SOURCES, project.landing(), project.settings)
    try:
        tickets = [door.offer(request) for request in asked]
        for ticket in tickets:
            if isinstance(ticket, Future):
                ticket.result()
    finally:
        door.landing.close()
