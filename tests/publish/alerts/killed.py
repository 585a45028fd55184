"""Looks at alerts in processes of their own, each of which may be ended by SIGKILL at any moment."""

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from subprocess import PIPE, Popen

from telltale.publish.alerts.live import Alerts
from telltale.settings import load
from telltale.workbench.project import Project


class Looks:
    """Starts a look, and ends it where one wants."""

    def __init__(self, process: "Popen[str]") -> None:
        self._process = process

    def run(self, root: Path, now_us: int, *, after_s: float = 0.0) -> int:
        """One look, ended after some time; 0 of one that was not, else minus the signal."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([str(root), now_us, after_s]) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@contextmanager
def looks() -> Iterator[Looks]:
    """Starts them until the end of the block."""
    with Popen([sys.executable, "-m", "tests.publish.alerts.killed"], stdin=PIPE, stdout=PIPE, text=True) as process:
        yield Looks(process)
        assert process.stdin is not None
        process.stdin.close()


def _main() -> None:
    import duckdb  # noqa: F401 - imported once, before any look begins

    import telltale.engine
    import telltale.pipeline.batch  # noqa: F401

    for line in sys.stdin:
        root, now_us, after_s = json.loads(line)
        child = os.fork()
        if not child:
            os._exit(_look(Path(root), now_us))
        if after_s:
            time.sleep(after_s)
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _look(root: Path, now_us: int) -> int:
    with closing(Project(settings=load(root), now=lambda: now_us)) as project:
        Alerts(project).look()
    return 0


if __name__ == "__main__":
    _main()
