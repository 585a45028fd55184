"""`telltale schedule`: make the reports of telltale.toml as their periods end."""

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from telltale.cli.options import since_option
from telltale.cli.output import json_option, show, show_one

if TYPE_CHECKING:
    from collections.abc import Iterator

    from telltale.workbench.project import Project

COLUMNS = ("report", "period", "state", "made_at", "inputs", "why")


@click.command(epilog="Example: telltale schedule --dry-run --since 1y")
@click.option(
    "--once", is_flag=True, help="Make what is due now, send what is to be told, and end; for cron or a timer."
)
@click.option("--dry-run", is_flag=True, help="Show what would be made, and make nothing.")
@click.option("--list", "listing", is_flag=True, help="Show what became of each period.")
@since_option(None, "the last 60 periods of each report")
@json_option
def schedule(*, once: bool, dry_run: bool, listing: bool, since: str | None, as_json: bool) -> None:
    """Make each report of telltale.toml when its period is over, and again when late data changes it.

    It goes on until Ctrl-C; "telltale up" starts it beside the collectors. What was missed is made up for, the oldest
    period first, and told in one message.
    """
    from telltale.contract import ConfigError
    from telltale.workbench.project import Project

    if since is not None and not (once or dry_run):
        raise click.UsageError("--since goes with --once or --dry-run")
    if not (dry_run or listing or as_json):
        import papermill  # noqa: F401 - without it every period would fail: what brings it is said at once
    project = Project()
    if not project.settings.reports:
        raise ConfigError(
            f"no report is scheduled: add a section [reports.<name>] to {project.settings.root}/telltale.toml"
        )
    if dry_run:
        _show_planned(project, since, as_json=as_json)
    elif (listing or as_json) and not once:
        _show_ledger(project, as_json=as_json)
    else:
        with _own_kernels():
            _pass(project, since, as_json=as_json) if once else _keep(project)


@contextmanager
def _own_kernels() -> "Iterator[None]":
    """Kernels that see no Jupyter settings of a person's own, and need no home: a service's user has none."""
    import os
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from telltale.dashboard.surroundings import UNWANTED, own_surroundings

    with TemporaryDirectory(prefix="telltale-schedule-", ignore_cleanup_errors=True) as folder:
        os.environ.update(own_surroundings(Path(folder), os.environ))
        for name in UNWANTED:
            os.environ.pop(name, None)
        yield


def _since_us(project: "Project", since: str | None) -> int:
    return 0 if since is None else project.span(since, None).since_us


def _show_planned(project: "Project", since: str | None, *, as_json: bool) -> None:
    from telltale.publish.standing import planned

    found = planned(project, since_us=_since_us(project, since))
    show(
        found.rows,
        as_json=as_json,
        empty="Nothing is due: every closed period is made, and rests on the rows it was made of.",
    )
    if found.left_out and not as_json:
        click.echo(f"{found.left_out:,} older periods are left out; --since 1y takes those of a year.")


def _show_ledger(project: "Project", *, as_json: bool) -> None:
    from telltale.publish.standing import table

    rows = table(project)
    shown: list[dict[str, Any]] = rows if as_json else [{name: row[name] for name in COLUMNS} for row in rows]
    show(shown, as_json=as_json, empty="No period was begun yet; see telltale schedule --dry-run.")


def _pass(project: "Project", since: str | None, *, as_json: bool) -> None:
    from telltale.publish.delivery import send_due
    from telltale.publish.due import MOST
    from telltale.publish.keeping import AT_ONCE
    from telltale.publish.schedule import once

    def say(text: str) -> None:
        click.echo(text, err=True)

    every = 1_000_000 if since is not None else MOST
    done = once(project, say=say, at_once=AT_ONCE, most=every, since_us=_since_us(project, since))
    send_due(project, say=say)
    sentence = (
        f"{done.made} made, {done.same} looked at again and the same, {done.nothing} without any record, "
        f"{done.failed} failed"
    )
    show_one(done._asdict(), as_json=as_json, sentence=sentence)


def _keep(project: "Project") -> None:
    import logging
    import threading

    from telltale.cli.upkeep import stopped_by_signal

    stop = stopped_by_signal()  # before what takes long to import
    from telltale import logs
    from telltale.publish import delivery
    from telltale.publish.keeping import keep

    logs.configure(project.settings)
    say = logging.getLogger("telltale.schedule").info
    sending = threading.Thread(target=delivery.keep, args=(project, stop, say), name="sending")
    sending.start()
    keep(project, stop, say)
    sending.join()
