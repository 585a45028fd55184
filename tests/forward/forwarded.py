"""A project with buttons and frames in its store, for the tests of the forwarder."""

import ipaddress
from collections.abc import Iterable
from pathlib import Path

from telltale.contract import Raw
from telltale.sources.button.records import METHOD
from telltale.workbench.project import Project

BOLTS, NUTS, BOX = "02:7e:11:a0:00:01", "02:7e:11:a0:00:02", "02:7e:11:a0:00:03"
BUTTONS = f"Name, MAC-Address, role, item\nbolts-M8, {BOLTS}\nnuts, {NUTS}\nbolts box, {BOX}, ack, bolts-M8\n"
START = 1_795_161_600_000_000
"""2026-11-20T08:00:00Z."""
SECOND = 1_000_000
DAY = 86_400 * SECOND
PASSWORD = "correct horse %battery"


def project(
    folder: Path, toml: str = "", *, buttons: str = BUTTONS, secrets: str = "", now_us: int = START + DAY
) -> Project:
    """A project whose clock stands at `now_us`; opened again it finds what was stored."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "telltale.toml").write_text(toml, encoding="utf-8")
    (folder / "buttons.csv").write_text(buttons, encoding="utf-8")
    (folder / "secrets.toml").write_text(
        secrets or f'[cumulocity]\npassword = "{PASSWORD}"\n\n[thingworx]\napp_key = "k3y-of-things"\n',
        encoding="utf-8",
    )
    (folder / "secrets.toml").chmod(0o600)
    return Project(folder, now=lambda: now_us)


def announce(mac: str, ip: str = "10.0.0.7") -> bytes:
    """The ARP announcement of a device: operation 1, sender and target IP the same, padded to 60 bytes."""
    sender, address = bytes.fromhex(mac.replace(":", "")), ipaddress.ip_address(ip).packed
    arp = b"\0\1\x08\0\6\4\0\1" + sender + address + bytes(6) + address
    return (b"\xff" * 6 + sender + b"\x08\x06" + arp).ljust(60, b"\0")


def store_frames(project: Project, frames: Iterable[tuple[str, int]]) -> None:
    """Store a frame for each (address, moment in µs)."""
    meta = f'{{"transport": "arp", "method": "{METHOD}", "path": "/frame/eth0"}}'
    raws = [Raw(0, "button", at, "eth0", meta, announce(mac)) for mac, at in frames]
    with project.store.writer() as connection:
        project.store.insert(connection, raws)
