"""`telltale publish`: what leaves by mail and other ways."""

from typing import Any

import click

from telltale.cli.output import json_option, limit_option, moment, printable, show, show_one


@click.command(epilog="Example: telltale publish --test anna@example.org")
@click.option(
    "--test", "to", is_flag=False, flag_value="", default=None, metavar="[RECIPIENT]",
    help="Send a test message and say what the other side answered; by default to mail_from, yourself.",
)  # fmt: skip
@click.option("--list", "listing", is_flag=True, help="List the newest messages: state, tries, why.")
@click.option("--again", is_flag=True, help="Try again to send the messages that were given up.")
@limit_option(50)
@json_option
def publish(to: str | None, *, listing: bool, again: bool, limit: int, as_json: bool) -> None:
    """Send the reports and alerts that are due, once.

    "telltale up" does so all the time. Who is sent what stands in telltale.toml below [reports.<name>] and
    [alerts.<name>], how it leaves below [publish]. What cannot be sent is tried again after 1, 5 and 25 minutes, then
    each hour for a day.
    """
    from telltale.publish.delivery import release
    from telltale.workbench.project import Project

    if (to is not None) + listing + again > 1:
        raise click.UsageError("--test, --list, --again: expected one of them")
    project = Project()
    if to is not None:
        _test(project, to, as_json=as_json)
    elif listing:
        _list(project, limit, as_json=as_json)
    else:
        if again:
            release(project.store, None, now_us=project.now_us())
        _send(project, as_json=as_json)


def _test(project: Any, to: str, *, as_json: bool) -> None:
    from telltale.publish.trial import incomplete, trial

    tried = trial(project, to)
    show_one(tried._asdict(), as_json=as_json, sentence=printable(f"Sent to {tried.recipient}: {tried.answer}"))
    for sentence in incomplete(project.settings):
        click.echo(printable(sentence), err=True)


def _list(project: Any, limit: int, *, as_json: bool) -> None:
    from telltale.publish.delivery import newest

    rows: list[dict[str, Any]] = [
        {
            "id": row.id,
            "decided_at": moment(row.created_at),
            "recipient": row.recipient,
            "subject": row.subject,
            "state": row.state,
            "tries": row.attempts + (row.state == "sent"),
            "sent_at": moment(row.sent_at),
            "next_try_at": moment(row.next_try) if row.state == "waiting" else None,
            "why": row.last_error,
            **({"key": row.key} if as_json else {}),
        }
        for row in newest(project.store, limit)
    ]
    show(rows, as_json=as_json, empty="No report or alert has been sent yet; try the way with telltale publish --test.")


def _send(project: Any, *, as_json: bool) -> None:
    from telltale.publish.delivery import send_due, standing

    sent = send_due(project, say=lambda text: click.echo(printable(text), err=as_json))
    left = standing(project.store)
    show_one(
        {**sent._asdict(), "waiting": left.waiting, "failed_in_all": left.failed},
        as_json=as_json,
        sentence=f"{sent.sent:,} sent, {left.waiting:,} waiting, {left.failed:,} given up",
    )
    if sent.again or sent.failed:
        raise click.exceptions.Exit(1)
