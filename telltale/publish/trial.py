"""A message that only tries a way, past the outbox; and what of the ways that are set is not complete."""

from collections.abc import Iterator
from typing import NamedTuple

from telltale import wording
from telltale.contract import ConfigError
from telltale.publish import mail_page, recipients
from telltale.publish.outgoing import Outgoing
from telltale.publish.ways import troubles, way_to
from telltale.settings import Settings
from telltale.workbench.project import Project
from telltale.workbench.times import local_time

SUBJECT = "Test message"


class Tried(NamedTuple):
    """A test message that left."""

    recipient: str
    way: str
    answer: str
    """What the other side said to it."""


def trial(project: Project, recipient: str = "") -> Tried:
    """Send a test message, and say what the other side answered.

    Args:
        project: whose `[publish]` is tried.
        recipient: a mail address, or a name of secrets.toml; empty is the project's own address, `mail_from`.

    Raises:
        ConfigError: the way is not complete, or no recipient is given and there is no `mail_from`.
        NotSent: it was refused, or the other side could not be reached.
    """
    publish, now_us = project.settings.publish, project.now_us()
    to = recipient or publish.mail_from or publish.mail_user
    if not to:
        raise ConfigError(
            'telltale.toml [publish] mail_from = "": expected an address to try, or name a recipient: '
            "telltale publish --test anna@example.org"
        )
    moment = wording.full_moment(local_time(now_us, project.zone()))
    site = project.settings.site.name or "telltale"
    body = f"This is a test message of {site}, sent on {moment}.\n\nReports and alerts can reach this recipient."
    outgoing = Outgoing(f"test{now_us}", to, SUBJECT, body, mail_page.wrapped(SUBJECT, body), (), now_us)
    way = way_to(project.settings, to)
    with way.opened() as session:
        return Tried(to, way.name, session.send(outgoing))


def recipients_set(settings: Settings) -> list[str]:
    """Everybody whom telltale.toml names, each once, in the order of the file."""
    listed = [
        *(to for report in settings.reports.values() for to in report.to),
        *(to for report in settings.reports.values() for more in report.also for to in more.to),
        *(to for alert in settings.alerts.values() for to in (*alert.to, *alert.escalate_to)),
        *settings.publish.people.values(),
    ]
    return list(dict.fromkeys(listed))


def incomplete(settings: Settings) -> list[str]:
    """Why some of them cannot be reached as the settings stand, a sentence each."""
    return list(troubles(settings, recipients_set(settings)))


def refusals(project: Project) -> Iterator[str]:
    """Why some of the reports may not go to somebody whom telltale.toml names for them, a sentence each."""
    for name, report in project.settings.reports.items():
        groups = [(report.to, report.parameters), *((m.to, report.parameters | m.parameters) for m in report.also)]
        for to, parameters in groups:
            for recipient in to:
                try:
                    recipients.checked(project, recipient, parameters=parameters, what=f"report {name}")
                except ConfigError as error:
                    yield str(error)
