"""`telltale forward`: presses and readings to Cumulocity and ThingWorx."""

import json
import signal
import threading
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import click

from telltale.cli.output import json_option, moment, show

if TYPE_CHECKING:
    from telltale.forward.sending import Say

TARGETS = ("cumulocity", "thingworx")


@click.group(invoke_without_command=True, epilog="Example: telltale forward --once")
@click.option("--once", "is_once", is_flag=True, help="Pass on what is new and what waits, one try each, and end.")
@click.option("--dry-run", is_flag=True, help="Print exactly what would be sent; nothing is sent or written.")
@json_option
@click.pass_context
def forward(context: click.Context, *, is_once: bool, dry_run: bool, as_json: bool) -> None:
    """Pass presses and sensors' readings on to other platforms, until Ctrl-C.

    What is new is written to an outbox first and sent in the order of its time, at least once: what the platform has
    not confirmed is sent again, for ever, in the same words. What it refuses for good is parked.
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
        if unreachable := [str(one.unreachable) for one in drained if one.unreachable is not None]:
            raise TelltaleError("; ".join(unreachable))
    else:
        from telltale.forward.run import forever

        stop = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        forever(Project(), sayer(as_json=as_json), stop)


@forward.command(epilog="Example: telltale forward parked --json")
@json_option
def parked(*, as_json: bool) -> None:
    """Show what a platform refused for good, and why."""
    from telltale.forward.outbox import parked as rows
    from telltale.workbench.project import Project

    found = [
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
    show(found, as_json=as_json, empty="Nothing is parked.")


@forward.command(epilog="Example: telltale forward release --all --target thingworx")
@click.argument("ids", metavar="[ID...]", nargs=-1, type=int)
@click.option("--all", "is_all", is_flag=True, help="Everything that is parked.")
@click.option("--target", type=click.Choice(TARGETS), help="Only what is for this platform.")
def release(ids: tuple[int, ...], *, is_all: bool, target: str | None) -> None:
    """Let what is parked go out again."""
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
    """Print one line for each thing that happens, but for those kinds; several threads may call it."""
    from telltale.forward.sending import Said

    one_at_a_time = threading.Lock()

    def say(said: Said) -> None:
        if said.what in but:
            return
        fact = {"target": said.target, "what": said.what, "text": said.text, **said.facts}
        line = json.dumps(fact, ensure_ascii=False) if as_json else f"{said.target or 'forward'}: {said.text}"
        with one_at_a_time:
            click.echo(line, err=not as_json and said.what in {"warning", "unreachable"})

    return say


def show_lines(found: list[dict[str, str]], *, as_json: bool) -> None:
    """What would be sent: one line a message, its parts apart by blanks; a line break in it as it is sent."""
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for one in found:
        parts: dict[str, Any] = dict(one)
        click.echo(" ".join(str(value) for value in parts.values()))
    if not found:
        click.echo("Nothing would be sent.")
