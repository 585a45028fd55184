"""Reports that arrive by themselves, and alerts: how soon, and what looking costs.

On a copy of the simulated week: ten daily reports due at once, made as `telltale schedule` makes them; one evaluation
of alerts of several kinds after records have come, and when none has. On the year: a dry-run over all of it. On a small
project of its own: `telltale alerts --follow` and a mail server, from the moment a record is durable to its mail.
"""

import datetime as dt
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.grown import Change, cpu_s, in_child, lakes, timed
from bench.measured import note, sized
from bench.years import opened
from telltale.publish.alerts.ledger import mark_of
from telltale.settings import SETTINGS_FILE
from telltale.workbench.project import Project
from telltale.workbench.times import DAY, local_day, midnight
from tests.publish.alerts.replayed import Clock, project_of
from tests.publish.delivered import mailing
from tests.smtp import mail_server
from tests.worlds.building import hand_in
from tests.worlds.sent import Message

REPORTS = 10
RECORDS = sized(6, 20)
CHANGES = 5
NOTEBOOKS = ("sensor_report", "presence_dwell", "kanban_trends", "activity_time", "data_health")
ALERTS = ("excursion", "silent", "wrong_clock", "stock_out", "dead_button", "rejects")
LISTED = "device_id,name,expected_interval_s,low,high\nsigfox:a1,Vaccine fridge,600,2,8\n"
ALERT = '[alerts.fridges]\non = "excursion"\nto = ["ops@example.org"]\n'
S = 1_000_000
P95 = 0.95
LONGEST_S = 300.0
"""For the process that watches to begin, and for a mail."""


def main() -> None:
    """Note all of them."""
    with lakes() as folders, tempfile.TemporaryDirectory(prefix="telltale-bench-") as folder:
        week, longest = folders["7 d"], list(folders)[-1]
        root = Path(folder) / "week"
        shutil.copytree(week, root)
        _set_up(root)
        due = in_child("bench.publish", "due", str(root))
        looked = in_child("bench.publish", "looked", str(root))
        year = "1 y" if "1 y" in folders else longest
        tried = in_child("bench.publish", "tried", str(folders[year]))
    of = f"{REPORTS} daily reports due at once, two at a time, without PDF"
    note("the last of ten reports is published after they were due", due["took"], "s", of=of, at_most=60)
    note("a report of those ten, with its kernel", due["cpu"] / REPORTS, "CPU s", of=of, at_most=5)
    of = f"{len(ALERTS)} alerts, of {', '.join(ALERTS)}, simulated week, CPU of all threads, median of {CHANGES}"
    note("one evaluation of all alerts after records", looked["after"], "CPU s", of=of, at_most=0.3)
    note("one evaluation when nothing changed", 1e3 * looked["idle"], "ms", of=of, at_most=10)
    note(f"dry-run of an excursion alert over {year}", tried["took"], "CPU s", of="all that is there", at_most=10)
    mails = _mailed()
    of = f"{len(mails)} records of one sensor, 95th percentile, from durable to the mail server's 250"
    note("an alert's mail after the record that caused it", _p95(mails), "s", of=of, at_most=5)


def _set_up(root: Path) -> None:
    """Ten reports and some alerts in its telltale.toml."""
    sections = [
        f'[reports.r{number}]\nnotebook = "{NOTEBOOKS[number % len(NOTEBOOKS)]}"\nperiod = "day"\ngrace = ""\n'
        for number in range(REPORTS)
    ]
    sections += [f'[alerts.{kind}]\non = "{kind}"\n' for kind in ALERTS]
    with (root / SETTINGS_FILE).open("a") as file:
        file.write("\n" + "\n".join(sections))


def due(root: Path) -> dict[str, float]:
    """All ten of yesterday."""
    from telltale.publish.keeping import AT_ONCE
    from telltale.publish.schedule import once

    project = opened(root)
    zone = project.zone()
    yesterday_us = midnight(local_day(project.now_us() - DAY, zone), zone)
    cpu, began = cpu_s(), time.perf_counter()
    done = once(project, now_us=project.now_us(), since_us=yesterday_us, at_once=AT_ONCE)
    took = {"took": time.perf_counter() - began, "cpu": cpu_s() - cpu}
    project.close()
    if done.made < REPORTS:
        raise RuntimeError(f"of {REPORTS} reports: {done}")
    return took


def looked(root: Path) -> dict[str, float]:
    """CPU seconds of looking at all alerts."""
    from telltale.publish.alerts.live import Alerts

    project = opened(root)
    alerts, change = Alerts(project), Change(project, "sigfox")
    alerts.look()
    after = []
    for _ in range(CHANGES):
        change()
        after.append(timed(alerts.look))
    idle = [timed(alerts.look) for _ in range(CHANGES)]
    project.close()
    return {"after": statistics.median(after), "idle": statistics.median(idle)}


def tried(root: Path) -> dict[str, float]:
    """CPU seconds of a dry-run over all there is."""
    from telltale.publish.alerts.history import would_have_told

    project = opened(root)
    (name, settings) = next(iter(project.settings.alerts.items()))
    view = project.view()
    first_us = view.now_us - 365 * DAY
    took = timed(lambda: would_have_told(view, name, settings, first_us))
    project.close()
    return {"took": took}


def _mailed() -> list[float]:
    """Seconds from a record that is durable to its mail, of records that begin and end an excursion in turn."""
    took = []
    with mail_server() as server, tempfile.TemporaryDirectory(prefix="telltale-bench-") as folder:
        root = Path(folder)
        project = project_of(root, LISTED, ALERT, Clock(time.time_ns() // 1000), more=mailing(server.port))
        said = root / "said"
        with said.open("wb") as log:
            command = [sys.executable, "-m", "telltale", "alerts", "--follow"]
            told = {**os.environ, "TELLTALE_HOME": str(root)}
            process = subprocess.Popen(command, env=told, stdout=log, stderr=log)
        try:
            _wait(lambda: _is_watching(project), said)
            for number in range(RECORDS):
                now = dt.datetime.now(dt.UTC)
                hand_in(project, [Message(now, "a1", {"temperature": 5.0 if number % 2 else 9.5}, seq=number)])
                began = time.perf_counter()
                _wait(lambda number=number: len(server.mails) > number, said)  # type: ignore[misc]
                took.append(time.perf_counter() - began)
        finally:
            process.terminate()
            process.wait(60)
            project.close()
    return took


def _wait(is_so: Callable[[], bool], said: Path) -> None:
    deadline = time.monotonic() + LONGEST_S
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"no mail after {LONGEST_S:g} s; telltale alerts said: {said.read_text()[-1000:]!r}")
        time.sleep(0.02)


def _is_watching(project: Project) -> bool:
    with project.store.reader() as connection:
        return mark_of(connection, "fridges") is not None


def _p95(values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, int(P95 * len(values)))]


if __name__ == "__main__":
    asked = {"due": due, "looked": looked, "tried": tried}[sys.argv[1]]
    print(json.dumps(asked(Path(sys.argv[2]))))
