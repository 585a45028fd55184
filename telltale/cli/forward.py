"""`telltale forward`: presses and readings to Cumulocity and ThingWorx."""

import json
import signal
import threading
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import click

from telltale.cli.output import json_option, moment, show
from telltale.cli.terminal import shows_all

if TYPE_CHECKING:
    from telltale.forward.sending import Say

TARGETS = ("cumulocity", "thingworx")


@click.group(invoke_without_command=True, epilog="Example: telltale forward --once")
@click.option("--once", "is_once", is_flag=True, help="Try to send each new or waiting message once, then end.")
@click.option("--dry-run", is_flag=True, help="Print what would be sent, byte for byte; send and write nothing.")
@json_option
@click.pass_context
def forward(context: click.Context, *, is_once: bool, dry_run: bool, as_json: bool) -> None:
    """Pass presses and readings on to other platforms.

    It goes on until Ctrl-C. New messages are written to an outbox and sent in the order of their times, at least once:
    until the platform confirms one, it is sent again unchanged. A message the platform refuses for good is parked.
    """
    if context.invoked_subcommand is not None:
        return
    from telltale.workbench.project import Project

    if dry_run:
        from telltale.forward.run import dry_run as shown

        show_lines(shown(Project()), as_json=as_json)
    elif is_once:
        from telltale.contract import TelltaleError
        from telltale.forward.run import once

        drained = once(Project(), sayer(as_json=as_json, but={"unreachable"}))
        if unreachable := [str(target.unreachable) for target in drained if target.unreachable is not None]:
            raise TelltaleError("; ".join(unreachable))
    else:
        from telltale.forward.run import forever

        stop = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        forever(Project(), sayer(as_json=as_json), stop)


@forward.command(epilog="Example: telltale forward parked --json")
@json_option
def parked(*, as_json: bool) -> None:
    """Show the messages a platform refused for good, and why."""
    from telltale.forward.outbox import parked as rows
    from telltale.workbench.project import Project

    messages = [
        {
            "id": row.id,
            "target": row.target,
            "device_id": row.device_id,
            "event_at": moment(row.event_at),
            "attempts": row.attempts,
            "error": row.last_error,
            **({"body": row.body} if as_json else {}),
        }
        for row in rows(Project().store)
    ]
    show(messages, as_json=as_json, empty="Nothing is parked.")


@forward.command(epilog="Example: telltale forward release --all --target thingworx")
@click.argument("ids", metavar="[ID...]", nargs=-1, type=int)
@click.option("--all", "is_all", is_flag=True, help="All parked messages.")
@click.option("--target", type=click.Choice(TARGETS), help="Only those for this platform.")
def release(ids: tuple[int, ...], *, is_all: bool, target: str | None) -> None:
    """Send parked messages again: those with these IDs, or --all."""
    from telltale.contract import ConfigError
    from telltale.forward.outbox import release as let_go
    from telltale.workbench.project import Project

    if bool(ids) == is_all:
        raise ConfigError('nothing to release: expected ids of "telltale forward parked", or --all')
    count = let_go(Project().store, None if is_all else ids, target=target)
    if ids and not count:
        numbers = ", ".join(map(str, ids))
        raise ConfigError(f'none of row {numbers} is parked; expected ids of "telltale forward parked", or --all')
    click.echo(f"{count:,} released; telltale forward sends them.")


def sayer(*, as_json: bool, but: Collection[str] = ()) -> "Say":
    """Print one line for each event, but those of some kinds; several threads may call it."""
    from telltale.forward.sending import Said

    one_at_a_time = threading.Lock()

    def say(said: Said) -> None:
        if said.what in but:
            return
        fact = {"target": said.target, "what": said.what, "text": said.text, **said.facts}
        line = json.dumps(fact, ensure_ascii=not shows_all()) if as_json else f"{said.target or 'forward'}: {said.text}"
        with one_at_a_time:
            click.echo(line, err=not as_json and said.what in {"warning", "unreachable"})

    return say


def show_lines(messages: list[dict[str, str]], *, as_json: bool) -> None:
    """What would be sent: one line a message, its parts separated by blanks; line breaks in it as they are sent."""
    if as_json:
        click.echo(json.dumps(messages, ensure_ascii=not shows_all(), indent=2))
        return
    for message in messages:
        parts: dict[str, Any] = dict(message)
        click.echo(" ".join(str(value) for value in parts.values()))
    if not messages:
        click.echo("Nothing would be sent.")
