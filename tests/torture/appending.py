"""A landing that stores reports, each after the one before: `python -m tests.torture.appending ROOT SYNCHRONOUS COUNT`.

It writes each report to its output once it is acknowledged. SYNCHRONOUS is FULL, as telltale sets it, and it settles in
between; or it is NORMAL, the control, which loses what it acknowledged when the power fails.
"""

import os
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from telltale.contract import Raw
from telltale.lake.settle import settle_all
from telltale.settings import load
from telltale.workbench.project import Project
from tests.lake.test_crash import report

SETTLE_EVERY = 60


def main() -> None:
    """Store so many reports."""
    root, synchronous, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    if synchronous != "FULL":
        sa.event.listen(sa.Pool, "checkout", lambda connection, *_: _set(connection, synchronous))
    project = Project(settings=load(root))
    with closing(project.landing()) as landing:
        for number in range(count):
            body = report(1, number)
            landing.append(Raw(0, "cloudtrax", time.time_ns() // 1000, "127.0.0.1", "{}", body))
            os.write(1, body + b"\n")
            if synchronous == "FULL" and number % SETTLE_EVERY == SETTLE_EVERY - 1:
                settle_all(project.lake, now_us=project.now_us())
    project.close()


def _set(connection: Any, synchronous: str) -> None:
    connection.execute(f"pragma synchronous={synchronous}")


if __name__ == "__main__":
    main()
