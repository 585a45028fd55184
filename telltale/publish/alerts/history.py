"""What alerts would have sent over a stretch that is past: so that a threshold is chosen on history."""

from typing import NamedTuple

from telltale.publish.alerts import words
from telltale.publish.alerts.episodes import Episode
from telltale.publish.alerts.kinds import KINDS
from telltale.publish.alerts.live import FIRST_DAYS
from telltale.publish.alerts.subjects import Subjects
from telltale.publish.alerts.telling import Plan, plan
from telltale.publish.alerts.watch import Watch
from telltale.publish.clock import believed_us
from telltale.settings.publish import AlertSettings
from telltale.workbench.times import DAY, Span
from telltale.workbench.view import View


class Would(NamedTuple):
    """An episode, and when it would have been told."""

    alert: str
    name: str
    """Of its subject, as people call it."""
    what: str
    """What is the matter, in words."""
    episode: Episode
    plan: Plan
    recipients: tuple[str, ...]
    note: str
    """Why nobody would have been told; empty where somebody would."""

    @property
    def messages(self) -> int:
        """How many messages it would have made until the end of the stretch."""
        moments = [moment for moment in (self.plan.tell_us, self.plan.recovery_us) if moment is not None]
        return len(moments) * len(self.recipients)


def would_have_told(view: View, name: str, settings: AlertSettings, since_us: int) -> list[Would]:
    """The episodes of an alert that began to look at a moment, until the present.

    Args:
        view: the snapshot.
        name: of the alert.
        settings: its section, or one that is tried.
        since_us: when it would have begun, microseconds UTC: what was over by then is none of it.

    Returns:
        in the order in which they were known.
    """
    project = view.project
    until_us = believed_us(project, view.now_us)
    watch = Watch(view, settings, Span(since_us - FIRST_DAYS * DAY, until_us + 1))
    subjects, zone = Subjects(project.settings, view), project.zone()
    made = []
    for one in KINDS[settings.on].episodes(watch):
        if one.known_us > until_us or (one.recovered_us is not None and one.recovered_us < since_us):
            continue
        due = _until(
            plan(one.known_us, one.recovered_us, quiet=settings.quiet, zone=zone, started_us=since_us), until_us
        )
        to = subjects.recipients(one.subject, settings.to)
        note = due.dropped or to.note
        made.append(Would(name, subjects.name(one.subject), words.what(subjects.told(one)), one, due, to.to, note))
    return sorted(made, key=lambda would: (would.episode.known_us, would.name, would.episode.measure))


def _until(due: Plan, until_us: int) -> Plan:
    """What of it had left by a moment."""
    tell_us, recovery_us = (
        None if moment is None or moment > until_us else moment for moment in (due.tell_us, due.recovery_us)
    )
    return Plan(tell_us, recovery_us, due.dropped)
