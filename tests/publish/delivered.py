"""A project with messages in its outbox, for the tests of what leaves."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from telltale.landing.schema import MESSAGE
from telltale.publish.messages import Message, put
from telltale.workbench.project import Project

NOW_US = 1_795_161_600_000_000
"""2026-11-20T08:00:00Z."""
MINUTE, HOUR = 60_000_000, 3_600_000_000
OPS = "ops@example.org"


class Clock:
    """The present, as the test says."""

    def __init__(self, now_us: int = NOW_US) -> None:
        self.now_us = now_us

    def __call__(self) -> int:
        return self.now_us


def mailing(port: int, more: str = "") -> str:
    """`[publish]` for a server on this machine without encryption."""
    return (
        f'[publish]\nmail_host = "127.0.0.1"\nmail_port = {port}\nmail_security = "none"\n'
        f'mail_from = "telltale@example.org"\n{more}\n'
    )


def project(folder: Path, toml: str, *, secrets: str = "", clock: Clock | None = None) -> Project:
    """A project in a folder; opened again it finds what was stored."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "telltale.toml").write_text(toml, encoding="utf-8")
    if secrets:
        (folder / "secrets.toml").write_text(secrets, encoding="utf-8")
        (folder / "secrets.toml").chmod(0o600)
    return Project(folder, now=clock or Clock())


def decide(project: Project, *messages: Message) -> None:
    """Put messages into the outbox."""
    with project.store.writer() as connection:
        put(connection, messages, now_us=project.now_us())


def numbered(count: int, recipient: str = OPS) -> Sequence[Message]:
    """So many messages."""
    return [Message(f"key {n}", recipient, f"Subject {n}", f"Body {n}") for n in range(count)]


def rows(project: Project) -> list[dict[str, Any]]:
    """The outbox, oldest first."""
    with project.store.reader() as connection:
        return [dict(row._mapping) for row in connection.execute(sa.select(MESSAGE).order_by(MESSAGE.c.id))]


def states(project: Project) -> list[str]:
    """Of each message."""
    return [row["state"] for row in rows(project)]
