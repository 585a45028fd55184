"""One pass over all reports: which closed periods lack a success, and which rest on rows that are others now.

    1 look      whose periods are over; whose rows are no longer those they were made of
    2 claim     one period at a time, the oldest first, in a transaction of its own
    3 make      run the notebook; publish it, unless it says what is published already
    4 finish    `done` and its messages, in one transaction
    5 summary   of what was caught up on, once nothing is left to do

A process may end anywhere: the next takes the period over and begins with it again. What was published by then is
replaced by the same, and nobody was told.
"""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from functools import partial
from typing import Any, NamedTuple

import sqlalchemy as sa

from telltale.contract import ConfigError, TelltaleError
from telltale.lake.settle import settle_all
from telltale.publish import changes, ledger, making, messages, notices, recipients, subtraction
from telltale.publish.clock import looked_us
from telltale.publish.due import MOST
from telltale.publish.going_on import why
from telltale.publish.ledger import LeaseLost, Run
from telltale.publish.looking import Found, Work, look
from telltale.publish.mail_text import place_of, report_message
from telltale.publish.readers import Readers, readers
from telltale.publish.told import appeared, take_back
from telltale.settings import Settings
from telltale.workbench.project import Project

RENEW_S = 20.0
Say = Callable[[str], None]


class Done(NamedTuple):
    """What a pass did, in periods."""

    made: int = 0
    same: int = 0
    """Made again, and said what was published already."""
    held: int = 0
    """Not made again: less what is published of it, it would tell of few devices."""
    nothing: int = 0
    """No record came of it."""
    failed: int = 0
    """An attempt failed; another follows."""


def once(
    project: Project,
    *,
    say: Say = lambda _text: None,
    make: making.Make = making.made,
    step: making.Step = lambda _name: None,
    stop: threading.Event | None = None,
    now_us: int | None = None,
    most: int = MOST,
    since_us: int = 0,
    at_once: int = 1,
    looked: Callable[[Found], None] = lambda _found: None,
) -> Done:
    """Make what is due now, the oldest first.

    Args:
        project: whose reports.
        say: told what was made and what failed.
        make: how a report is made; a test has its own.
        step: told the name of each step before the next begins; a test stops there.
        stop: no further period is begun once it is set.
        now_us: the present, of whoever vouches for it; None is the project's, as far as its clock is believed.
        most: so many periods of a report are looked after.
        since_us: what ended before is left out.
        at_once: so many are made at the same time.
        looked: shown what there is to do before it is done.

    Raises:
        StoreError: the store is away or busy; the next pass goes on where this one ended.
    """
    now_us = looked_us(project) if now_us is None else now_us
    settle_all(project.lake, now_us=project.now_us())
    found = look(project, now_us=now_us, most=most, since_us=since_us)
    looked(found)
    step("1 looked")
    is_over = stop or threading.Event()

    def outcome(work: Work, project: Project = project) -> list[str]:
        return [] if is_over.is_set() else _Period(project, work, make, step, say).outcome()

    def beside(work: Work) -> list[str]:
        with closing(project.another()) as own:
            return outcome(work, own)

    # A thread mostly waits for the kernel of its notebook, which is a process of its own.
    with ThreadPoolExecutor(at_once, thread_name_prefix="report") as pool:
        outcomes = pool.map(beside, found.work) if at_once > 1 else map(outcome, found.work)
        done = Counter(each for of_work in outcomes for each in of_work)
    if not is_over.is_set():
        _summarise(project, found.left_out, step)
    return Done(**done)


class _Letters(NamedTuple):
    messages: list[messages.Message]
    withheld: dict[str, str]
    """Who may not have it, and why."""


class _Period:
    """Making one period of one report."""

    def __init__(self, project: Project, work: Work, make: making.Make, step: making.Step, say: Say) -> None:
        self._project, self._work, self._make, self._step, self._say = project, work, make, step, say
        self._of = work.readers
        self._rests_on = {"seen": work.seen, "rows": work.rows.digest}
        self._name = f"report {self._of.report} {work.period.name}"
        self._noted: int | None = None
        """What it is about to say, see `subtraction.claim`."""

    def outcome(self) -> list[str]:
        """Make it, unless another process does; the field of `Done` that counts it."""
        of, work = self._of, self._work
        now_us = self._project.now_us()
        run = ledger.claim(self._project.store, of.report, of.key, work.period, now_us=now_us, seen=work.before)
        if run is None:
            return []
        self._step("2 claimed")
        with _held(self._project, run) as is_ours:
            try:
                outcome = self._made(run, is_ours)
            except LeaseLost as error:
                self._say(str(error))
                return []
            except Exception as error:  # noqa: BLE001 - whatever a notebook does, the other reports go on
                outcome = "failed"
                self._say(f"{self._name}: {self._failed(run, error)}")
            else:
                self._say(f"{self._name}: {_WORDS[outcome]}")
        return [outcome]

    def _made(self, run: Run, is_ours: Callable[[], bool]) -> str:
        if self._work.is_empty and not run.revision:
            now_us = self._project.now_us()
            self._finish(run, "nothing", reason=self._work.removed or "no record came", made_at=now_us)
            return "nothing"

        def approve(answers: str) -> None:
            self._step("3 run")
            if not is_ours():
                raise LeaseLost(f"{self._name}: another process has taken it over; nothing was changed")
            if answers == run.answers:
                raise making.Unchanged("it says what is published already")
            self._noted = subtraction.claim(self._project, told, is_scheduled=True)

        try:
            told = subtraction.check(self._project, self._of, self._work.period)
            before = next(iter(ledger.files_of(run)), "")
            made = self._make(
                self._project, self._of, self._work.period.name, before=before, approve=approve, step=self._step
            )
        except making.Unchanged:
            self._finish(run, "done", reason="looked at again: the same answers")
            return "same"
        except subtraction.TellsOfFew as error:
            if not run.revision:
                raise
            stands = "what is published stands" if ledger.files_of(run) else "it stays withdrawn"
            self._finish(run, "done", reason=f"other rows came, and {stands}: {error}")
            return "held"
        except BaseException:
            if self._noted is not None:
                with self._project.store.writer() as connection:
                    take_back(connection, self._noted)
            raise
        self._step("3 published")
        self._publish(run, made)
        return "made"

    def _publish(self, run: Run, made: making.Made) -> None:
        """Note a publication and put its messages out, in one transaction."""
        project, revision, now_us = self._project, run.revision + 1, self._project.now_us()
        told = making.claims(made.report.claims)
        moved = changes.moved(ledger.claims_of(project.store, run), told) if run.revision else []
        letters = self._letters(made, revision, moved)
        reasons = ["made again, since late data changed it"] if run.revision else []
        with project.store.writer() as connection:
            appeared(connection, self._noted)
            told_at = self._tell(connection, letters.messages, now_us)
            self._step("4 messages")
            ledger.finish(
                connection, run, "done", **self._rests_on, revision=revision, answers=made.answers,
                claims=json.dumps(told), changed=json.dumps(moved), sentence=made.report.sentence,
                files=json.dumps(made.files(project.settings.report_folder)), made_at=now_us, told_at=told_at,
                failure=json.dumps({"withheld": sorted(letters.withheld)}),
                reason="; ".join([*reasons, *letters.withheld.values()]),
            )  # fmt: skip
            self._step("4 noted")
        self._step("4 committed")

    def _letters(self, made: making.Made, revision: int, moved: Sequence[changes.Moved]) -> _Letters:
        """A message for each who may have the report, and why another may not."""
        of, letters = self._of, _Letters([], {})
        for to in of.to:
            try:
                letters.messages.append(
                    report_message(
                        self._project, made.report,
                        key=notices.key(of, self._work.period.name, str(revision), to), recipient=to,
                        parameters=of.parameters, attach=of.attach,
                        changed=notices.changed(moved) if revision > 1 else (),
                    )
                )  # fmt: skip
            except ConfigError as error:
                letters.withheld[to] = str(error)
        return letters

    def _failed(self, run: Run, error: Exception) -> str:
        """Note a failed attempt, and tell of it once no further one follows soon; returns why."""
        reason = why(error)
        lost = (
            error if isinstance(error, making.NotMade) else making.NotMade(reason, told="see telltale schedule --list")
        )
        withheld = [to for to in self._of.to if not self._may_have(to, lost)]
        news = notices.News(
            self._of, run.id, run.period, run.revision, files=lost.files, failed=lost.told, withheld=withheld
        )
        failure = {"told": lost.told, "files": lost.files, "withheld": withheld}
        values: dict[str, Any] = {"failure": json.dumps(failure)}
        now_us = self._project.now_us()
        with self._project.store.writer() as connection:
            if run.attempts == len(ledger.RETRIES_US):
                values["told_at"] = self._tell(connection, notices.failed(news), now_us)
            ledger.fail(connection, run, reason, now_us=now_us, **values)
        self._step("4 failed")
        return reason

    def _may_have(self, to: str, lost: making.NotMade) -> bool:
        try:
            recipients.checked(self._project, to, parameters=self._of.parameters, claims=lost.claims)
        except ConfigError:
            return False
        return True

    def _finish(self, run: Run, state: str, **values: Any) -> None:
        with self._project.store.writer() as connection:
            ledger.finish(connection, run, state, **values, **self._rests_on)

    def _tell(self, connection: sa.Connection, letters: Sequence[messages.Message], now_us: int) -> int | None:
        """Put messages out; None where a summary tells of it, since its report is not up to date otherwise."""
        of = self._of
        if of.to and (not self._work.is_alone or ledger.untold(connection, of.report, of.key)):
            return None
        messages.put(connection, letters, now_us=now_us)
        return now_us


_WORDS = {
    "made": "made",
    "same": "looked at again, the same answers",
    "held": "not made again, it would tell of few devices beside what is published",
    "nothing": "nothing to report",
}


def _summarise(project: Project, left_out: Mapping[tuple[str, str], int], step: making.Step) -> None:
    """Tell of all that has not been told of, once nobody is at a period any more."""
    now_us = project.now_us()
    if any(run.is_held(now_us) for run in ledger.runs(project.store)):
        return
    known = {(each.report, each.key): each for each in readers(project.settings)}
    with project.store.writer() as connection:
        runs = ledger.untold(connection)
        if not runs:
            return
        news = [_news(known[run.key[:2]], run) for run in runs if run.key[:2] in known]
        older = sum(left_out.get(key, 0) for key in dict.fromkeys(run.key[:2] for run in runs))
        letters = notices.summaries(news, partial(_place, project.settings), left_out=older)
        messages.put(connection, letters, now_us=now_us)
        step("5 summary")
        ledger.mark_told(connection, [run.id for run in runs], now_us=now_us)
    step("5 told")


def _news(of: Readers, run: Run) -> notices.News:
    failure = json.loads(run.failure)
    told = notices.News(of, run.id, run.period, run.revision, withheld=failure.get("withheld", ()))
    if run.state == "failed":
        return told._replace(files=failure.get("files", ()), failed=failure.get("told", ""))
    moved = [changes.Moved(*each) for each in json.loads(run.changed)]
    return told._replace(sentence=run.sentence, files=json.loads(run.files), changes=moved)


def _place(settings: Settings, page: str, attach: bool) -> tuple[Sequence[str], str]:
    """Where readers find a page that was published; one that somebody has removed since is nowhere."""
    path = settings.report_folder / page
    if not path.is_file():
        return (), f"{page} is not there any more"
    where = place_of(settings, path, attach=attach)
    told = "The newest is attached; it opens in a browser, without a network." if where.files else where.text
    return where.files, " ".join(part for part in (told, where.link) if part)


@contextmanager
def _held(project: Project, run: Run) -> Iterator[Callable[[], bool]]:
    """Renew the lease of a period for the length of the block; gives whether it is still ours."""
    over = threading.Event()

    def is_ours() -> bool:
        return ledger.renew(project.store, run, now_us=project.clock())

    def keep() -> None:
        while not over.wait(RENEW_S):
            with suppress(TelltaleError):  # a store that is busy; the lease is good for several renewals
                is_ours()

    renewing = threading.Thread(target=keep, name="lease", daemon=True)
    renewing.start()
    try:
        yield is_ours
    finally:
        over.set()
        renewing.join()
        ledger.let_go(run)
