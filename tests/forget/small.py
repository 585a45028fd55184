"""A small project with few records, for what lies beside them."""

import dataclasses
from pathlib import Path

from telltale.forget import forget, subject_of
from telltale.forget.run import Forgotten
from telltale.workbench import Project
from tests.forget.kept import WORLD
from tests.worlds.building import built


def small_in(folder: Path, *, settings: str = "", site: str = WORLD.site, devices: str = WORLD.devices) -> Project:
    """The last hours of the project that keeps the same devices in every place."""
    world = dataclasses.replace(
        WORLD, sent=WORLD.sent[-40:], settings=WORLD.settings + settings, site=site, devices=devices, settles=True
    )
    return built(world, folder)


def forgotten(project: Project, text: str, **options: object) -> Forgotten:
    """What a forgetting of what a text means did."""
    return forget(project, subject_of(project, text), now_us=project.now_us(), **options)  # type: ignore[arg-type]


def write(path: Path, content: bytes) -> Path:
    """A file, with the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path
