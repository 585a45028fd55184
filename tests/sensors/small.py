"""Small projects of a few sensors: what they sent, when it came, and one fixed present."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from telltale.contract import Raw
from telltale.settings import load
from telltale.workbench.project import Project
from tests.lake_fixture import write_settings

NOW_S = 1_795_176_000
"""Friday 20 November 2026, 13:00 in Berlin."""
H, DAY = 3_600, 86_400
STEP_S = 600
UNITS = (
    '[sources.sigfox.quantities]\ntemperature = { unit = "°C" }\nco2 = { unit = "ppm" }\nhumidity = { unit = "%" }\n'
)
FAHRENHEIT = UNITS.replace("°C", "°F")

Sent = Iterable[tuple[int, Mapping[str, float]]]
"""Seconds before the present, and what was measured."""


def steady(since_s: int, until_s: int = 0, step_s: int = STEP_S, **values: float) -> list[tuple[int, dict[str, float]]]:
    """The same values one step apart, from so many seconds ago until so many."""
    return [(at, dict(values)) for at in range(since_s, until_s - 1, -step_s)]


def small(
    root: Path, listed: str, *, units: str = UNITS, tolerated_min: float = 0, now_s: int = NOW_S, **sent: Sent
) -> Project:
    """A project with devices.csv as `listed`, and the messages of each device (`a1` is sigfox:a1)."""
    write_settings(root, more=f"[sensors]\ntolerated_min = {tolerated_min}\n{units}")
    (root / "devices.csv").write_text(listed)
    project = Project(settings=load(root), now=lambda: now_s * 1_000_000)
    landing = project.landing()
    for device, messages in sent.items():
        for seq, (ago_s, values) in enumerate(sorted(messages, key=lambda one: -one[0])):
            at_s = now_s - ago_s
            body = json.dumps({"device": device.upper(), "time": at_s, "seqNumber": seq, **values}).encode()
            landing.append(Raw(0, "sigfox", (at_s + 1) * 1_000_000, "", json.dumps({"path": "/sigfox/uplink"}), body))
    landing.close()
    return project
