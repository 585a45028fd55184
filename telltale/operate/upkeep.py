"""What keeps a project in order while it runs: settle, close days, purge, merge, compute what is kept of days."""

import gc
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

from telltale import discreet, wording
from telltale.activity import days as activity
from telltale.contract import TelltaleError
from telltale.health import days as health
from telltale.health import own_clock
from telltale.kanban import days as kanban
from telltale.lake import facts
from telltale.lake.merge import merge as merge_files
from telltale.lake.settle import is_due, settle_all
from telltale.operate import backup, retention, trust
from telltale.operate.spools import keep as spools_kept
from telltale.sensors import days as sensors
from telltale.workbench.days import Kept
from telltale.workbench.days import keep as keep_days
from telltale.workbench.project import Project
from telltale.workbench.view import naming_damage

TICK_S = 5.0
SAID_AGAIN_S = 600.0
"""A failure that stays the same is said so often."""
Say = Callable[[str], None]


class Job(NamedTuple):
    """Something to do every so often; the text it returns is said, unless it is empty."""

    every_s: int
    do: Callable[[Project, int], str]


def note(project: Project, _now_us: int) -> str:
    """Keep what telltale.toml, devices.csv and buttons.csv say where somebody changed them: `tt.at` asks for it."""
    changed = project.note_settings()
    return f"noted what is set now: {', '.join(changed)}" if changed else ""


def settle(project: Project, now_us: int) -> str:
    """Settle when enough records are hot, or the oldest for long enough."""
    limits = project.settings.settle
    waiting = project.lake.withheld.total()
    if not is_due(
        project.lake.store,
        now_us,
        rows=limits.rows,
        age_s=limits.age_s,
        total_bytes=limits.batch_bytes,
        withheld=waiting,
    ):
        return ""
    done = settle_all(project.lake, now_us=now_us, max_rows=limits.batch_rows, max_bytes=limits.batch_bytes)
    return f"settled {done.raws:,} records, {done.rejects:,} rejects{withheld(project, done.withheld)}"


def withheld(project: Project, count: int) -> str:
    """What is said of records that wait for a key."""
    refused = "; ".join([*project.keys.refused(), *project.lists.refused()])
    return f"; {wording.count(count, 'record')} wait for their key: {refused}" if count else ""


def merge(project: Project, now_us: int) -> str:
    """Merge the files of closed days, and of days with many."""
    merged = merge_files(project.lake, now_us=now_us)
    return f"merged {merged.before:,} files into {merged.after:,}" if merged.before else ""


def clock(project: Project, now_us: int) -> str:
    """Note the moment, and say when the clock was stepped or is believed again."""
    return own_clock.news(trust.look(project, now_us=now_us), project.zone())


def retain(project: Project, now_us: int) -> str:
    """Close the days that are due, remove what must not be kept longer, backups too, and files long off the list."""
    done = retention.purge_when_trusted(project, now_us=now_us)
    if done.purged is None:
        return f"retention waits: {own_clock.sentence(done.clock, project.zone())}"
    news = own_clock.news(done.seen, project.zone())
    backups = len(backup.remove_due(project, now_us=done.clock.trusted_us))
    counts = [
        f"{count:,} {name.replace('_', ' ')}"
        for name, count in (done.purged._asdict() | {"backups": backups, "marks taken back": done.taken_back}).items()
        if name != "held" and count
    ]
    return "; ".join(filter(None, (news, f"retention: {', '.join(counts)}" if counts else "")))


def spools(project: Project, _now_us: int) -> str:
    """Keep the spools whose collector does not run: remove what is due, store the rest."""
    kept = spools_kept(project)
    counts = (
        f"{kept.expired:,} records removed unstored" if kept.expired else "",
        f"{kept.stored:,} records stored" if kept.stored else "",
    )
    said = ", ".join(filter(None, counts))
    return f"spools that no collector uses: {said}" if said else ""


def days(project: Project, now_us: int) -> str:
    """Compute what is kept of days that have ended and whose files are merged: so many a round, the newest first."""
    view, done = project.view(now_us=now_us), list[Kept]()
    tables = [(each.of_site(view), table) for each in DAYS for table in each.TABLES_OF_DAYS]
    with project.at_one_moment(view):
        for question, table in tables:
            with retention.left_out(project), naming_damage(view):
                done.append(keep_days(question, table))
    made, left = sum(each.made for each in done), max((each.left for each in done), default=0)
    if not made:
        return ""
    to_come = f", {wording.count(left, 'day')} to come" if left else ""
    return f"computed what is kept of days: {made:,} of {len(tables)} tables{to_come}"


def note_facts(project: Project, now_us: int) -> str:
    """Note what readers would have to look into the files of closed days for."""
    facts.note(project.lake, now_us=now_us)
    return ""


DAYS = (sensors, health, kanban, activity)
"""What each subject keeps of days: its tables, and by whose days."""
JOBS = (
    Job(5, note), Job(5, settle), Job(600, retain), Job(60, clock), Job(60, spools), Job(3600, merge), Job(300, days),
    Job(3600, note_facts),
)  # fmt: skip


def keep(
    project: Project,
    stop: threading.Event,
    *,
    say: Say,
    jobs: Sequence[Job] = JOBS,
    steady_s: Callable[[], float] = time.monotonic,
    tick_s: float = TICK_S,
) -> None:
    """Do every job when its time has come, until `stop` is set; a job under way is finished.

    A job that fails, because another process is at it, the store is away or by a mistake of ours, is said and tried
    again at its next turn; the others go on.

    Args:
        project: whose.
        stop: ends it.
        say: told what was done and what failed.
        jobs: what there is to do.
        steady_s: seconds that only rise; when a job is due does not depend on the clock of the day, which may be set.
        tick_s: between two looks at what is due.
    """
    due = dict.fromkeys(jobs, -1.0)
    failures = _Failures(say)
    while not stop.is_set():
        for job in jobs:
            now_s = steady_s()
            if now_s >= due[job] and not stop.is_set():
                due[job] = now_s + job.every_s
                _do(job, project, say, failures, now_s)
        stop.wait(tick_s)


def _do(job: Job, project: Project, say: Say, failures: "_Failures", now_s: float) -> None:
    try:
        done = job.do(project, project.now_us())
    except MemoryError as error:
        failed = explained(error)
        with suppress(Exception):
            project.close()  # it holds what was read; all of it can be read again
        gc.collect()
    except Exception as error:  # noqa: BLE001 - a mistake in one job must not end the others
        failed = explained(error)
    else:
        if said := left_out(project):
            failures.add(job, said, now_s)
        else:
            failures.over(job)
        if done:
            say(done)
        return
    failures.add(job, failed, now_s)


def left_out(project: Project) -> str:
    """A sentence about the damaged files that jobs went on without; empty where there is none."""
    sentences = list(project.lake.left_out().values())
    more = f" (and {wording.count(len(sentences) - 1, 'more file')} left out)" if len(sentences) > 1 else ""
    return f"left out: {sentences[0]}{more}" if sentences else ""


class _Failures:
    """What is wrong with each job at present: said when it begins or changes, now and then, and when it is over."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._said: dict[Job, tuple[str, float]] = {}

    def add(self, job: Job, failed: str, now_s: float) -> None:
        text, at_s = self._said.get(job, ("", 0.0))
        if failed != text or now_s >= at_s + SAID_AGAIN_S:
            self._said[job] = (failed, now_s)
            self._say(f"{job.do.__name__}: {failed}")

    def over(self, job: Job) -> None:
        if self._said.pop(job, None):
            self._say(f"{job.do.__name__} works again")


def explained(error: Exception) -> str:
    """One sentence about an error; of one we do not raise ourselves its kind and place, since its text may quote data.

    The database's library, for one, adds the parameters of its statement: addresses of people's devices.
    """
    if isinstance(error, TelltaleError):
        return str(error)
    if isinstance(error, OSError):  # a key folder or a disk that is away may come back
        return f"{error.strerror or type(error).__name__}{f': {error.filename}' if error.filename else ''}"
    return f"{discreet.place(error)}; it is tried again, please report this line"
