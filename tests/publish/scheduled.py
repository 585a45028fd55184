"""A small world with reports that are due: records of some days, a clock that is set, and a way to make a report that
needs no notebook. Run as a program it starts one pass for each line it reads, each in a process of its own, and ends it
with SIGKILL where it is told: before a step, or after some time.
"""

import datetime as dt
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from subprocess import PIPE, Popen
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from telltale.contract import Raw
from telltale.lake.settle import settle_all
from telltale.landing import Uptime
from telltale.landing.schema import MESSAGE
from telltale.page.claims import Claim, Subject
from telltale.page.pieces import MIME
from telltale.publish import ledger, schedule
from telltale.publish.ledger import Run
from telltale.publish.making import Approve, Made, Step
from telltale.publish.readers import Readers
from telltale.report import Report
from telltale.settings import load
from telltale.workbench.periods import parse
from telltale.workbench.project import Project
from telltale.workbench.times import SECOND, Span, micros, midnight

ZONE = "Europe/Berlin"
SITE = "71234"
DAY = 86_400 * SECOND
DAILY = """
[reports.visitors]
notebook = "presence_dwell"
period = "day"
to = ["ops@example.org"]
"""


def at(text: str) -> int:
    """A moment of the site's clock."""
    return micros(dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE)))


class World:
    """A project in a folder, at a moment that is set.

    Args:
        root: an empty folder, or one that holds a world already.
        toml: its reports.
        now: by the site's clock.
    """

    def __init__(self, root: Path, toml: str = DAILY, *, now: str, keep: bool = True) -> None:
        self.root, self.now_us = root, at(now)
        root.mkdir(parents=True, exist_ok=True)
        kept = f'[site]\nname = "Harbour"\ntimezone = "{ZONE}"\nkeep = {str(keep).lower()}\n'
        (root / "telltale.toml").write_text(kept + toml)
        secrets = root / "secrets.toml"
        secrets.touch(mode=0o600)
        secrets.write_text(f'[cloudtrax]\n{SITE} = "telltale"\n')
        self.calls: list[str] = []
        self.said: list[str] = []

    def project(self) -> Project:
        """The project, opened anew; the machine has been running all the time."""
        return project_at(self.root, lambda: self.now_us)

    def hears(self, first: str, device: int = 1, *, received: str = "", settle: bool = False) -> None:
        """A device is heard at a moment; the record came at once, or later."""
        moment_us = at(first)
        received_us = at(received) if received else moment_us
        with closing(self.project()) as project, project.store.writer() as connection:
            project.store.insert(connection, [raw(device, moment_us, received_us)])
        if settle:
            self.settles()

    def hears_all(self, heard: Sequence[tuple[str, int]]) -> None:
        """Devices are heard at their moments, and all of it is settled."""
        raws = [raw(device, at(moment), at(moment)) for moment, device in heard]
        with closing(self.project()) as project:
            with project.store.writer() as connection:
                project.store.insert(connection, raws)
            settle_all(project.lake, now_us=project.now_us())

    def settles(self) -> None:
        """What has come is put into files."""
        with closing(self.project()) as project:
            settle_all(project.lake, now_us=project.now_us())

    def passes(self, *, most: int = 60) -> schedule.Done:
        """One pass in this process."""
        with closing(self.project()) as project:
            return schedule.once(project, make=self.make, say=self.said.append, most=most)

    def make(
        self, project: Project, readers: Readers, period: str, *, before: str, approve: Approve, step: Step
    ) -> Made:
        """A report that says how many devices were heard."""
        self.calls.append(period)
        return make(project, readers, period, before=before, approve=approve, step=step)

    def ledger(self) -> list[Run]:
        """Every row."""
        with closing(self.project()) as project:
            return ledger.runs(project.store)

    def states(self) -> dict[str, str]:
        """The state of each period."""
        return {run.period: run.state for run in self.ledger()}

    def messages(self) -> list[tuple[str, str]]:
        """Subject and text of what was put out, in order."""
        query = sa.select(MESSAGE.c.subject, MESSAGE.c.body).order_by(MESSAGE.c.id)
        with closing(self.project()) as project, project.store.reader() as connection:
            return [(subject, body) for subject, body in connection.execute(query)]

    def recipients(self) -> list[str]:
        """Who gets each message, in order."""
        with closing(self.project()) as project, project.store.reader() as connection:
            return list(connection.scalars(sa.select(MESSAGE.c.recipient).order_by(MESSAGE.c.id)))


def project_at(root: Path, now: Callable[[], int]) -> Project:
    """A project whose machine never stopped running."""
    return Project(settings=load(root), now=now, running=lambda: Uptime(now(), "one boot"))


def raw(device: int, moment_us: int, received_us: int) -> Raw:
    """A report of one station by one node."""
    seen = moment_us // SECOND
    row = {"mac": f"3c:06:30:00:{device >> 8:02x}:{device & 255:02x}", "count": 1, "min_signal": -70}
    row |= {"max_signal": -60, "avg_signal": -65, "first_seen": seen, "last_seen": seen, "associated": False}
    told = {"network_id": int(SITE), "node_mac": "ac:86:74:00:00:01", "version": 1, "probe_requests": [row]}
    return Raw(0, "cloudtrax", received_us, "192.0.2.1", "{}", json.dumps(told).encode())


def make(project: Project, readers: Readers, period: str, *, before: str, approve: Approve, step: Step) -> Made:
    """Publish a page that says how many devices were heard in a period, whole."""
    when = parse(period, dt.datetime.fromtimestamp(project.now_us() / 1e6, ZoneInfo(ZONE)))
    span = Span(midnight(when.first, ZONE), midnight(when.last + dt.timedelta(days=1), ZONE))
    heard = len(set(project.view().table("sighting", span).arrow()["device"].to_pylist()))
    approve(str(heard))
    folder = project.settings.report_folder / readers.notebook
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"{period}.running.html"
    draft.write_text(f"<p>{heard}</p>")
    step("3 written")
    draft.replace(folder / f"{period}.html")
    sentence = f"**{heard}** heard"
    outputs = [{"data": {MIME: {"kind": "sentence", "text": sentence, "over": f"**{period}**"}}}]
    cells = [
        {"cell_type": "markdown", "source": "# Visitors"},
        {"cell_type": "code", "source": "", "outputs": outputs},
    ]
    notebook = folder / f"{period}.ipynb"
    notebook.write_text(json.dumps({"cells": cells}))
    claim = Claim(Subject("site", SITE, "Harbour"), "devices", heard)
    return Made(Report(folder / f"{period}.html", notebook, None, sentence, [claim.data()]), str(heard))


class Passes:
    """Passes in processes of their own, each ended where one wants."""

    def __init__(self, process: "Popen[str]") -> None:
        self._process = process

    def run(self, root: Path, now_us: int, *, stop_at: int = 0, after_s: float = 0.0) -> int:
        """One pass; ended before its step of that number, or after some time.

        Returns:
            how many steps there were, or minus the signal.
        """
        self.begin(root, now_us, stop_at=stop_at, after_s=after_s)
        return self.ended()

    def begin(self, root: Path, now_us: int, *, stop_at: int = 0, after_s: float = 0.0) -> None:
        """Begin one."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([str(root), now_us, stop_at, after_s]) + "\n")
        self._process.stdin.flush()

    def ended(self) -> int:
        """Wait for its end."""
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())


@contextmanager
def passes() -> Iterator[Passes]:
    """Starts them until the end of the block."""
    with Popen([sys.executable, "-m", "tests.publish.scheduled"], stdin=PIPE, stdout=PIPE, text=True) as process:
        yield Passes(process)
        assert process.stdin is not None
        process.stdin.close()


def _main() -> None:
    import duckdb  # noqa: F401 - imported once, before any pass begins

    import telltale.engine
    import telltale.pipeline.batch  # noqa: F401

    for line in sys.stdin:
        root, now_us, stop_at, after_s = json.loads(line)
        child = os.fork()
        if not child:
            os._exit(_pass(Path(root), now_us, stop_at))
        if after_s:
            time.sleep(after_s)
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _pass(root: Path, now_us: int, stop_at: int) -> int:
    steps = 0

    def step(_name: str) -> None:
        nonlocal steps
        steps += 1
        if steps == stop_at:
            os.kill(os.getpid(), signal.SIGKILL)

    with closing(project_at(root, lambda: now_us)) as project:
        schedule.once(project, make=make, step=step)
    return steps


if __name__ == "__main__":
    _main()
