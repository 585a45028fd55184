"""`telltale alerts`: what lasts, who sees to it, and what a threshold would have sent."""

import getpass
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from telltale.cli.options import LENGTH, since_option
from telltale.cli.output import json_option, moment, show

if TYPE_CHECKING:
    from telltale.publish.alerts.history import Would
    from telltale.settings.publish import AlertSettings
    from telltale.workbench.project import Project

PAGE = "alerts-dry-run.html"
MOMENTS = (
    "begins_at", "known_at", "ends_at", "recovered_at", "told_at", "recovery_told_at", "acknowledged_at",
    "snoozed_until", "escalated_at",
)  # fmt: skip
NONE = "No [alerts.<name>] stands in telltale.toml; its commented lines show how one is written."
TRIED = ("above", "below", "lasts", "clears_by")


@click.group(invoke_without_command=True, epilog="Example: telltale alerts --since 1y --dry-run --lasts 30min")
@since_option(None, "those that last alone; of a dry-run 30d")
@click.option("--dry-run", is_flag=True, help="Say what would have been sent since then; nothing is sent or written.")
@click.option("--alert", "only", metavar="NAME", help="One alert of telltale.toml; by default all.")
@click.option("--above", type=float, help="Of a dry-run: another threshold than the alert's.")
@click.option("--below", type=float, help="The same, where less is worse.")
@click.option("--lasts", metavar="LENGTH", help=f"Of a dry-run: another duration, such as {LENGTH}.")
@click.option("--clears-by", type=float, help="Of a dry-run: how far inside the threshold it is over.")
@click.option("--output", "-o", type=click.Path(path_type=Path), help=f"The dry-run's page; by default {PAGE}.")
@click.option("--follow", is_flag=True, help="Judge what comes, and send, until Ctrl-C; telltale up does so.")
@json_option
@click.pass_context
def alerts(
    context: click.Context,
    /,
    *,
    since: str | None,
    dry_run: bool,
    only: str | None,
    output: Path | None,
    follow: bool,
    as_json: bool,
    **tried: Any,
) -> None:
    """Show the alerts that last, acknowledge them, or try a threshold on history.

    A dry-run prints what would have been sent and writes a page with a chart of it.
    """
    if context.invoked_subcommand is not None:
        return
    from telltale.workbench.project import Project

    if follow:
        _follow(Project(threads=1))  # its looks are small: a second thread costs a fifth more CPU and saves nothing
        return
    project = Project()
    if dry_run:
        _dry_run(project, since or "30d", only, tried, output, as_json=as_json)
    else:
        _list(project, since, only, as_json=as_json)


@alerts.command(epilog="Example: telltale alerts ack 12")
@click.argument("ids", metavar="ID...|all", nargs=-1, required=True)
def ack(ids: tuple[str, ...]) -> None:
    """Say that somebody sees to it: nobody further is told."""
    from telltale.publish.alerts.answers import acknowledge
    from telltale.workbench.project import Project

    done = acknowledge(Project(), ids, who=getpass.getuser())
    click.echo(f"acknowledged: {', '.join(map(str, done))}" if done else "nothing to acknowledge")


@alerts.command(epilog="Example: telltale alerts snooze 12 4h")
@click.argument("number", metavar="ID|all")
@click.argument("length", metavar="LENGTH")
def snooze(number: str, length: str) -> None:
    """Put off what is still to be told of an alert.

    Its end is told all the same.
    """
    from telltale.publish.alerts.answers import snooze as put_off
    from telltale.workbench.project import Project
    from telltale.workbench.times import SECOND, local_time, seconds

    project = Project()
    until_us = project.now_us() + round(seconds(length) * SECOND)
    done = put_off(project, [number], until_us=until_us, who=getpass.getuser())
    until = f"{local_time(until_us, project.zone()):%Y-%m-%d %H:%M}"
    click.echo(f"until {until} nothing more is told of: {', '.join(map(str, done))}" if done else "nothing lasts")


@alerts.command(epilog="Example: telltale alerts journal --json")
@json_option
def journal(*, as_json: bool) -> None:
    """Show who acknowledged or snoozed what."""
    from telltale.publish.alerts.answers import journal as answer
    from telltale.workbench.project import Project

    rows = [row | {name: moment(row[name]) for name in ("at", "until")} for row in answer(Project())]
    show(rows, as_json=as_json, empty="Nobody has acknowledged or snoozed an alert.")


def _list(project: "Project", since: str | None, only: str | None, *, as_json: bool) -> None:
    from telltale.publish.alerts.answers import listed

    since_us = None if since is None else project.span(since, None).since_us
    rows = [row for row in listed(project, since_us) if only in {None, row["alert"]}]
    told = [row | {name: moment(row[name]) for name in MOMENTS} for row in rows]
    empty = "No alert lasts." if project.settings.alerts else NONE
    show(told if as_json else [_shown(row) for row in told], as_json=as_json, empty=empty)


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"], "alert": row["alert"], "what": f"{row['name']}: {row['what']}", "since": row["begins_at"],
        "over": row["ends_at"], "peak": row["peak_words"], "state": row["state"],
        "acknowledged_by": row["acknowledged_by"], "snoozed_until": row["snoozed_until"],
        "raw_ids": " ".join(map(str, row["raw_ids"][:5])), "note": row["note"],
    }  # fmt: skip


def _dry_run(
    project: "Project", since: str, only: str | None, tried: Mapping[str, Any], output: Path | None, *, as_json: bool
) -> None:
    from telltale.publish.alerts.history import would_have_told
    from telltale.workbench.view import whole

    alerts = _tried(project, only, tried)

    def made() -> "list[Would]":
        view = project.view()
        since_us = project.span(since, None).since_us
        return [one for name, told in alerts.items() for one in would_have_told(view, name, told, since_us)]

    with project.at_one_moment() as view:
        found, since_us, until_us = whole(project, made), project.span(since, None).since_us, view.now_us
    show([_line(one) for one in found], as_json=as_json, empty="Nobody would have been told of anything.")
    if as_json:
        return
    click.echo(_sentence(found))
    _write_page(project, found, (since_us, until_us), alerts, output or Path(PAGE))


def _tried(project: "Project", only: str | None, tried: Mapping[str, Any]) -> "dict[str, AlertSettings]":
    from telltale.contract import ConfigError, did_you_mean
    from telltale.settings.publish import AlertSettings
    from telltale.workbench.times import seconds

    known = project.settings.alerts
    if only is not None and only not in known:
        hint = did_you_mean(only, known) or f"; known: {', '.join(known) or 'none'}"
        raise ConfigError(f'no alert "{only}" in telltale.toml{hint}')
    if not known:
        raise ConfigError(NONE)
    if tried["lasts"]:
        seconds(tried["lasts"])
    changed = {name: tried[name] for name in TRIED if tried[name] is not None}
    return {
        name: AlertSettings.model_validate(told.model_dump() | changed)
        for name, told in known.items()
        if only in {None, name}
    }


def _line(one: "Would") -> dict[str, Any]:
    from telltale.publish.alerts import words

    episode = one.episode
    return {
        "alert": one.alert, "what": f"{one.name}: {one.what}", "begins_at": moment(episode.begins_us),
        "known_at": moment(episode.known_us), "ends_at": moment(episode.ends_us),
        "peak": words.peak_words(episode), "told_at": moment(one.plan.tell_us),
        "recovery_told_at": moment(one.plan.recovery_us), "messages": one.messages, "note": one.note,
    }  # fmt: skip


def _sentence(found: "Sequence[Would]") -> str:
    from telltale.publish.alerts.chart import sentence

    return sentence(found).replace("**", "")


def _write_page(
    project: "Project",
    found: "Sequence[Would]",
    stretch: tuple[int, int],
    alerts: "Mapping[str, AlertSettings]",
    output: Path,
) -> None:
    from telltale.publish.alerts.chart import page

    rules = {name: rule(told) for name, told in alerts.items()}
    output.write_text(page(found, *stretch, project.zone(), rules=rules), encoding="utf-8")
    click.echo(f"chart: {output}")


def rule(told: "AlertSettings") -> str:
    """What an alert judges by, in words."""
    names = ("quantity", "above", "below", "lasts", "clears_by")
    values = {name: getattr(told, name) for name in names}
    parts = [f"{name.replace('_', ' ')} {value}" for name, value in values.items() if value not in {None, "", 0}]
    return ", ".join([told.on.replace("_", " "), *told.subjects, *parts])


def _follow(project: "Project") -> None:
    import logging
    import threading

    from telltale import logs
    from telltale.cli.upkeep import stopped_by_signal
    from telltale.publish.alerts.live import keep
    from telltale.publish.delivery import keep as deliver
    from telltale.workbench.project import Project

    logs.configure(project.settings)
    stop, say = stopped_by_signal(), logging.getLogger("telltale.alerts").info
    # A slow mail server must not keep what comes from being judged.
    sender = threading.Thread(target=deliver, args=(Project(project.settings.root), stop, say), name="delivery")
    sender.start()
    try:
        keep(project, stop, say)
    finally:
        stop.set()
        sender.join()
