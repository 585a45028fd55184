"""`telltale forget`: remove all that is kept of a device, an address or a person."""

import sys
from typing import TYPE_CHECKING

import click

from telltale.cli.output import json_option, moment, show, show_one

if TYPE_CHECKING:
    from telltale.forget import Forgotten


@click.command(epilog="Example: telltale forget pc:desk-3")
@click.argument("whom")
@click.option("--yes", is_flag=True, help="Remove it; without it, what would be removed is shown first.")
@click.option(
    "--opt-out",
    is_flag=True,
    help="Put the address on the opt-out list too: its sightings are dropped from then on. Raw records hold what is "
    "sent for raw_retention_h, as they do of everybody.",
)
@json_option
def forget(whom: str, *, yes: bool, opt_out: bool, as_json: bool) -> None:
    """Remove all that is kept of a device, an address or a person of devices.csv.

    Raw records, rows, reports, exports, spools, logs, outboxes, memories: a table says how much was removed where. A
    record that names others too stays, with the address written over by *. Figures that count it stay. Stopped, it goes
    on when it is run again. Your shell keeps what is typed on its line: - asks for the address instead.
    """
    from telltale.forget import finish_others, subject_of
    from telltale.forget import forget as forgotten
    from telltale.forget.backups import known
    from telltale.workbench.project import Project

    project = Project()
    if whom == "-":
        whom = click.prompt("Device, address or person", hide_input=True, err=True)
    subject, now_us = subject_of(project, whom), project.now_us()
    backups, remove = known(project, now_us=now_us)
    if not yes:
        trial = forgotten(project, subject, now_us=now_us, is_trial=True, backups=backups, remove_backup=remove)
        _show(trial, subject.shown, as_json=as_json)
        if as_json or not trial.lines or not sys.stdin.isatty() or not click.confirm("Remove it now?", err=True):
            return
    finished = finish_others(project, subject, now_us=now_us, backups=backups, remove_backup=remove)
    if finished:
        backups, remove = known(project, now_us=now_us)  # without those that went
    done = forgotten(project, subject, now_us=now_us, opt_out=opt_out, backups=backups, remove_backup=remove)
    before = [f"of one that was begun before and is finished now: {note}" for each in finished for note in each.notes]
    done = done._replace(notes=(*before, *done.notes))
    _show(done, subject.shown, as_json=as_json)


def _show(done: "Forgotten", shown: str, *, as_json: bool) -> None:
    if as_json:
        told = {
            "is_trial": done.is_trial,
            "places": [line._asdict() for line in done.lines],
            "sent": [{**each, "sent_at": moment(_us(each["sent_at"]))} for each in done.sent],
            "kept_without_a_key": done.keyless,
            "notes": done.notes,
        }
        show_one(told, as_json=True, sentence="")
        return
    show([line._asdict() for line in done.lines], as_json=False, empty=f"Nothing of {shown} is kept.")
    for each in done.sent:
        at = moment(_us(each["sent_at"]))
        when = f"{at:%Y-%m-%d %H:%M} UTC" if at else "a time that is not known"
        click.echo(f"Left already, {when}, to {each['to']}: {each['what']}")
    for note in (*done.keyless, *done.notes):
        click.echo(f"{note[0].upper()}{note[1:]}.")
    if done.is_trial and done.lines:
        click.echo("Nothing was removed; --yes removes it.")


def _us(value: object) -> int | None:
    return value if isinstance(value, int) else None
