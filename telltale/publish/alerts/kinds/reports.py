"""Reports that are late: a period that is over, its grace too, and an hour (or `lasts`) later there is no report of it.

Only reports that were begun before are watched: of which periods there is data the schedule knows.
"""

from telltale.publish import ledger
from telltale.publish.alerts.episodes import Episode
from telltale.publish.alerts.watch import Watch
from telltale.publish.ledger import Run
from telltale.publish.looking import due_of
from telltale.publish.readers import Readers, readers
from telltale.workbench.times import SECOND

USUAL_S = 3_600
"""All attempts but the daily ones lie within half an hour."""


def late(watch: Watch) -> list[Episode]:
    """The periods without a report; subject is the report, measure `report of 2026-W47`, peak the delay in seconds.

    It is known at a moment that no record tells, and over when the report is made, or when nothing came of the period.
    """
    made: list[Episode] = []
    runs = ledger.runs(watch.project.store)
    for of in readers(watch.project.settings):
        if watch.is_watched(of.report):
            made += _of(
                watch, of, {run.period: run for run in runs if (run.report, run.readers) == (of.report, of.key)}
            )
    return sorted(made, key=lambda one: (one.subject, one.known_us))


def _of(watch: Watch, of: Readers, runs: dict[str, Run]) -> list[Episode]:
    if not runs:
        return []
    patience_us = watch.lasts_us or USUAL_S * SECOND
    first_us = min(run.begins_at for run in runs.values())
    made = []
    for period in due_of(watch.project, of, first_us=first_us, now_us=watch.until_us).periods:
        due_us = period.span.until_us + of.grace_us
        measure, run = _measure(of, period.name), runs.get(period.name)
        done_us = run.made_at if run is not None and run.is_success else None
        is_watched = any(one.measure == measure and one.subject == of.report for one in watch.known)
        if run is not None and run.revision > 1 and not is_watched:
            continue  # made again for late data: when it was made first is not known
        known_us = due_us + patience_us
        if known_us >= watch.until_us or (done_us is not None and done_us <= known_us):
            continue
        delay_s = ((done_us or watch.until_us) - due_us) / SECOND
        made.append(Episode(of.report, measure, "s", due_us, known_us, done_us, done_us, delay_s))
    return made


def _measure(of: Readers, period: str) -> str:
    return f"report of {period}{f' ({of.key})' if of.key else ''} late"
