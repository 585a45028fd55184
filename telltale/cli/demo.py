"""`telltale demo`: everything at once, on simulated devices."""

import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import datetime
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

import click

from telltale.cli.output import progress, show

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from telltale.contract import Scenario
    from telltale.operate.supervise import Child
    from telltale.simulate.demo import Addresses, Figure, Filled
    from telltale.workbench.project import Project

FOLDER = Path("data") / "demo"
_OF_WEEKS = ("ingest_button", "kanban_trends")
"""Reports about the weeks of the capture file."""
_IN_TABLE = {
    "day": ("seen", "visitors", "passers_by", "visits", "bounced", "dwell_median_s"),
    "sensor": ("messages", "lost", "resets", "excursions"),
    "button": ("presses", "pulls", "deliveries", "open"),
}
_APART = 5
"""So many figures that are apart are listed of each kind."""


@click.command(epilog="Example: telltale demo --days 7 --no-serve")
@click.option(
    "--days", type=click.IntRange(1, 366), default=7, show_default=True, help="Whole days before today to fill."
)
@click.option("--seed", type=int, default=7, show_default=True, help="Seed of the simulated data.")
@click.option("--now", "now_text", metavar="MOMENT",
              help="Make it as of a moment that has passed, such as 2026-03-29T14:00; nothing is live.")  # fmt: skip
@click.option("--serve/--no-serve", default=None,
              help="Then go on live, with dashboards, until Ctrl-C; the default without --now.")  # fmt: skip
@click.option("--reports/--no-reports", default=True, show_default=True, help="Make every report.")
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), default=FOLDER, show_default=True,
              help="Folder of the demo's own project; a demo that is there is replaced.")  # fmt: skip
def demo(days: int, seed: int, now_text: str | None, *, serve: bool | None, reports: bool, folder: Path) -> None:
    """Show everything on simulated devices, with reports and pages.

    Access points, sensors, buttons and PCs are simulated and send as real ones do. What the analysis finds is printed
    beside what the simulators know to be true. With --now all records are handed in with their own times.
    """
    from telltale.contract import ConfigError
    from telltale.extras import not_installed
    from telltale.simulate.demo import place

    if find_spec("pandas") is None:
        raise ConfigError(str(not_installed("pandas")))
    if now_text is not None:
        if serve:
            raise ConfigError("telltale demo: --now is a moment that has passed, nothing of it is live; omit --serve")
        _as_of(now_text, folder, days=days, seed=seed, reports=reports)
        return
    ports = _free_ports()
    with _project(place(folder.resolve(), **ports._asdict())) as project, suppress(KeyboardInterrupt):
        _from_devices(project, ports, days=days, seed=seed, serve=serve is not False, reports=reports)


class _Ports(NamedTuple):
    """Where the collectors will listen."""

    port: int
    coap_port: int


def _free_ports() -> _Ports:
    from telltale.net import free_port

    return _Ports(free_port("127.0.0.1", 0), free_port("127.0.0.1", 0, socket.SOCK_DGRAM))


@contextmanager
def _project(root: Path, now: "Callable[[], int] | None" = None) -> "Iterator[Project]":
    from telltale.workbench.project import Project, clock

    project = Project(root, now=now or clock)
    try:
        yield project
    finally:
        project.close()


def _from_devices(project: "Project", ports: _Ports, *, days: int, seed: int, serve: bool, reports: bool) -> None:
    """Everything over the devices' own wires, up to now; then live, if wanted."""
    from telltale.operate import supervise
    from telltale.simulate.demo import collecting, desk, scenario

    plan = scenario(project.settings.site.timezone, days=days, seed=seed, now_us=project.now_us())
    with ExitStack() as running_things:
        at = running_things.enter_context(collecting(project.settings.root, **ports._asdict()))
        if serve:
            _dashboards(running_things, project)
        _fill_and_show(project, plan, at)
        at_desk = desk.children(project, at.http, seed=seed)
        if serve:
            _live(running_things, project, plan, at_desk)
            _show_desk(project, is_there=bool(at_desk))
        else:
            with supervise.running(at_desk, say=lambda *_: None):
                _show_desk(project, is_there=bool(at_desk))
        if reports:
            _reports(project, plan)
            if serve:
                _keep_scheduled(running_things, project)
        if serve:
            _say_where(project)
            click.echo("Live until Ctrl-C.")
            _until_stopped()


def _as_of(now_text: str, folder: Path, *, days: int, seed: int, reports: bool) -> None:
    """Everything handed in, as of a moment that has passed."""
    from telltale.contract import ConfigError
    from telltale.simulate.demo import TIMEZONE, place, scenario
    from telltale.workbench.project import clock
    from telltale.workbench.times import moment

    now_us = moment(now_text, zone=TIMEZONE, now_us=clock())
    if now_us > clock():
        raise ConfigError(f"telltale demo: --now {now_text} has not come yet; expected a moment that has passed")
    with _project(place(folder.resolve(), port=0), now=lambda: now_us) as project, suppress(KeyboardInterrupt):
        plan = scenario(project.settings.site.timezone, days=days, seed=seed, now_us=now_us)
        _fill_and_show(project, plan, None)
        click.echo("desk-7: left out, its modem only sends live.")
        if reports:
            _reports(project, plan)


def _fill_and_show(project: "Project", plan: "Scenario", at: "Addresses | None") -> None:
    """Fill the store, and print what the analysis found beside what the simulators know."""
    from telltale.simulate.demo import fill, truths

    with progress() as bar:
        task = bar.add_task("the simulators work out their truth", total=None)
        truth = truths(project, plan)
        filled = fill(
            project, at, plan, truth,
            tell=lambda step, records: bar.update(task, description=f"{step}: {records:,} records"),
        )  # fmt: skip
    _show_counts(project, filled, truth)
    _show_compared(project, plan, truth)


def _show_compared(project: "Project", plan: "Scenario", truth: "Mapping[str, Mapping[str, Any]]") -> None:
    """What the analysis found of each kind of device, beside what the simulators know."""
    from telltale.simulate.demo import days_off, figures

    for kind, of_kind in figures(project, plan, truth).items():
        _show_table(kind, of_kind)
        agree = sum(figure.agrees for figure in of_kind)
        click.echo(f"{agree:,} of {len(of_kind):,} {kind} figures equal the simulator's.")
        for figure in [figure for figure in of_kind if not figure.agrees][:_APART]:
            click.echo(f"  apart: {figure}")
    if off := days_off(plan, truth["pc_idle"]):
        click.echo(f"On {off} of their days the PCs were off: no time, and no first or last use, must be found there.")


def _show_desk(project: "Project", *, is_there: bool) -> None:
    from telltale.simulate.demo import desk

    if not is_there:
        click.echo("desk-7: left out, there are no pseudo-terminals here.")
    elif desk.wait(project):
        click.echo(
            f"desk-7: a frame went from the agent over a serial line to its modem {desk.MODEM}, and came back by HTTP."
        )
    else:
        click.echo(f"desk-7: no frame of its modem came within {desk.ARRIVES_S:g} s.")


def _show_counts(project: "Project", filled: "Mapping[str, Filled]", truth: "Mapping[str, Mapping[str, Any]]") -> None:
    from telltale.simulate.demo import counted

    for name, records in filled.items():
        click.echo(f"{name}: {records.handed_in:,} records {_way(name)}{_sent(name, records)}.")
    show(
        [
            {"count": count.name, "in the lake": count.found, "simulator": count.true}
            for count in counted(project, filled, truth)
        ],
        as_json=False,
        empty="",
    )


def _way(name: str) -> str:
    return "replayed from a capture file" if name == "button" else "handed in with their own times"


def _sent(name: str, records: "Filled") -> str:
    played = records.played
    if played is None:
        return ""
    wire = "CoAP" if name == "efento" else "HTTP"
    return f", {played.accepted:,} sent over {wire} ({played.refused} refused, {played.lost} lost)"


def _show_table(kind: str, figures: "Sequence[Figure]") -> None:
    """Those of the figures that fit a table."""
    shown = _IN_TABLE.get(kind, ())
    by_name: dict[str, dict[str, Any]] = {}
    for figure in figures:
        if figure.figure in shown:
            row = by_name.setdefault(figure.name, {f"{kind} (found / true)": figure.name, **dict.fromkeys(shown, "")})
            row[figure.figure] = f"{_shown(figure.found)} / {_shown(figure.true)}"
    if by_name:
        show(list(by_name.values()), as_json=False, empty="")


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"


def _reports(project: "Project", plan: "Scenario") -> None:
    from telltale.publish.keeping import AT_ONCE
    from telltale.report import Report, notebooks, run
    from telltale.simulate.demo import plan_of

    zone = ZoneInfo(plan.timezone)

    def made(name: str) -> "Report":
        of = plan_of("button", plan) if name in _OF_WEEKS else plan
        first, today = (datetime.fromtimestamp(moment_s, zone).date() for moment_s in (of.start_s, of.end_s))
        tell = partial(_describe, bar, bar.add_task(f"report {name}", total=None))
        with closing(project.another()) as own:
            return run(name, f"{first}/{today}", {}, own, progress=tell)

    # A thread mostly waits for the kernel of its notebook, which is a process of its own.
    with progress() as bar, ThreadPoolExecutor(AT_ONCE, thread_name_prefix="report") as pool:
        running = {name: pool.submit(made, name) for name in notebooks(project)}
        try:
            for name, report in running.items():
                click.echo(f"report {name}: {report.result().html}")
        finally:
            pool.shutdown(wait=False, cancel_futures=True)  # after Ctrl-C or an error no further one is begun
    _scheduled(project)
    _alerted(project, plan.start_s * 1_000_000)
    click.echo(f"all reports: {project.settings.report_folder / 'index.html'}")


def _scheduled(project: "Project") -> None:
    """What is scheduled of the days that are over, as it would have come by itself."""
    from telltale.publish.schedule import once
    from telltale.publish.standing import table

    with progress() as bar:
        task = bar.add_task("scheduled reports", total=None)
        once(project, now_us=project.now_us(), at_once=2, say=lambda text: bar.update(task, description=text))
    made = [run for run in table(project) if run["state"] == "done"][::-1]
    for run in made[-1:]:
        newest = project.settings.report_folder / run["files"][0]
        click.echo(f"scheduled: {len(made)} of {run['report']}, {made[0]['period']} to {run['period']}: {newest}")


def _keep_scheduled(running_things: ExitStack, project: "Project") -> None:
    """Let what is scheduled go on: a report when its day is over, and anew when late records change one."""
    from telltale.operate.supervise import Child, running, telltale_command

    home = {"TELLTALE_HOME": str(project.settings.root)}
    running_things.enter_context(running([Child("schedule", telltale_command("schedule"), home)]))


def _alerted(project: "Project", since_us: int) -> None:
    """What alerts would have told since the beginning, in their ledger and on the health page."""
    from telltale.publish.alerts.answers import listed
    from telltale.publish.alerts.live import Alerts, begin

    begin(project, since_us)
    Alerts(project).look()
    over = [row for row in listed(project, since_us) if row["state"] == "over"]
    for row in over[:1]:
        click.echo(
            f"alerts: {len(over)} known and over, the last of {row['name']}: {row['what']}; telltale alerts --since 7d"
        )


def _describe(bar: "Progress", task: "TaskID", text: str) -> None:
    bar.update(task, description=text)


def _dashboards(running_things: ExitStack, project: "Project") -> None:
    from telltale.cli.up import dashboard_child
    from telltale.operate.supervise import running

    running_things.enter_context(running(dashboard_child(project.settings)))


def _say_where(project: "Project") -> None:
    """The dashboards' link once more: what was printed when they started has scrolled away, and may be too old."""
    from telltale.contract import ConfigError
    from telltale.dashboard.links import new_link

    with suppress(ConfigError):  # without Voilà there are none
        click.echo(f"dashboards: {new_link(project.settings)}")


def _live(running_things: ExitStack, project: "Project", plan: "Scenario", more: "Sequence[Child]") -> None:
    """Let the devices go on where the simulation ended: what was sent meanwhile goes at once, and counts once."""
    from telltale.operate.supervise import Child, running, telltale_command
    from telltale.publish.alerts.live import begin
    from telltale.simulate.demo import TAIL_S

    begin(project, plan.start_s * 1_000_000)
    home = {"TELLTALE_HOME": str(project.settings.root)}
    waited_min = (project.now_us() // 1_000_000 - plan.end_s) // 60 + 1
    children = [
        Child("upkeep", telltale_command("upkeep"), home),
        Child("alerts", telltale_command("alerts", "--follow"), home),
    ]
    for name in TAIL_S:
        live = telltale_command(
            "simulate", name, "--live", "--since", f"{waited_min}m", "--seed", str(plan.seed), "--mix"
        )
        children.append(Child(f"simulate {name}", live, home))
    rotate = (sys.executable, "-m", "telltale.simulate.demo.rotate", str(plan.seed), str(plan.end_s))
    children += [Child("buttons", rotate, home), *more]
    running_things.enter_context(running(children))


def _until_stopped() -> None:
    """Wait for Ctrl-C or SIGTERM; once it came, another one changes nothing."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    while not stopped.wait(1.0):
        pass
