"""`telltale demo`: everything at once, on simulated devices."""

import signal
import socket
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from datetime import datetime
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from telltale.cli.output import progress, show

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from telltale.contract import Scenario
    from telltale.operate.supervise import Child
    from telltale.simulate.demo import Compared, Figure, Filled
    from telltale.workbench.project import Project

FOLDER = Path("data") / "demo"
_OF_WEEKS = ("ingest_button", "kanban_trends")
"""Reports about the weeks of the capture file."""
_OF_BUTTONS = ("presses", "pulls", "deliveries", "open")


@click.command(epilog="Example: telltale demo --days 7 --no-serve")
@click.option(
    "--days", type=click.IntRange(1, 366), default=7, show_default=True, help="Whole days before today to fill."
)
@click.option("--seed", type=int, default=7, show_default=True, help="Seed of the simulated data.")
@click.option("--serve/--no-serve", default=True, help="Then go on live, with dashboards, until Ctrl-C.")
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), default=FOLDER, show_default=True,
              help="Folder of the demo's own project; a demo that is there is replaced.")  # fmt: skip
def demo(days: int, seed: int, *, serve: bool, folder: Path) -> None:
    """Show everything on simulated devices, with reports and pages.

    Access points, sensors, buttons and PCs are simulated and send as real ones do. What the analysis finds is printed
    beside what the simulators know to be true.
    """
    from telltale.contract import ConfigError
    from telltale.extras import not_installed
    from telltale.net import free_port
    from telltale.operate.supervise import running
    from telltale.simulate.demo import collecting, desk, fill, place, scenario, truths
    from telltale.workbench.project import Project

    if find_spec("pandas") is None:
        raise ConfigError(str(not_installed("pandas")))
    port, coap_port = free_port("127.0.0.1", 0), free_port("127.0.0.1", 0, socket.SOCK_DGRAM)
    project = Project(place(folder.resolve(), port=port, coap_port=coap_port))
    plan = scenario(project.settings.site.timezone, days=days, seed=seed, now_us=project.now_us())
    with ExitStack() as running_things, suppress(KeyboardInterrupt):
        running_things.callback(project.close)
        at = running_things.enter_context(collecting(project.settings.root, port=port, coap_port=coap_port))
        if serve:
            _dashboards(running_things, project)
        with progress() as bar:
            task = bar.add_task("the simulators work out their truth", total=None)
            truth = truths(project, plan)
            filled = fill(
                project, at, plan, truth,
                tell=lambda step, records: bar.update(task, description=f"{step}: {records:,} records"),
            )  # fmt: skip
        _show_counts(project, filled, truth)
        _show_compared(project, plan, truth)
        at_desk = desk.children(project, at.http, seed=seed)
        if serve:
            _live(running_things, project, plan, at_desk)
            _show_desk(project, is_there=bool(at_desk))
        else:
            with running(at_desk, say=lambda *_: None):
                _show_desk(project, is_there=bool(at_desk))
        _reports(project, plan)
        if serve:
            click.echo("Live until Ctrl-C.")
            _until_stopped()


def _show_compared(project: "Project", plan: "Scenario", truth: "Mapping[str, Mapping[str, Any]]") -> None:
    """What the analysis found of each kind of device, beside what the simulators know."""
    from telltale.simulate.demo import compared, days_off, plan_of, pressed, sensed, worked

    _show_days(compared(project, plan, truth["cloudtrax"]))
    by_sensor = [figure for name in ("sigfox", "efento") for figure in sensed(project, plan, truth[name])]
    _show_figures("sensor", by_sensor, ("messages", "lost", "resets", "excursions"))
    _show_figures("button", pressed(project, plan_of("button", plan), truth["button"]), _OF_BUTTONS)
    _show_figures("PC", worked(project, plan, truth["pc_idle"]), ())
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
    from telltale.workbench.reading import load

    def rows(table: str) -> int:
        return int(load(table, engine="arrow", since=None, project=project).num_rows)

    for name, records in filled.items():
        click.echo(f"{name}: {records.handed_in:,} records {_way(name)}{_sent(name, records)}.")
    wifi, sensors, frames = (truth[name]["totals"] for name in ("cloudtrax", "sigfox", "efento"))
    counts = {
        "reports": (filled["cloudtrax"].records, wifi["reports"]),
        "sightings": (rows("sighting"), wifi["sightings"]),
        "rejected rows": (rows("reject"), wifi["rejected"]),
        "callbacks": (filled["sigfox"].records, sensors["callbacks"]),
        "messages": (rows("uplink"), sensors["uplinks"]),
        "Efento frames": (_frames(project), frames["frames"] - frames["copies"]),
    }
    show(
        [{"count": name, "in the lake": counted, "simulator": true} for name, (counted, true) in counts.items()],
        as_json=False,
        empty="",
    )


def _frames(project: "Project") -> int:
    """Measurement frames of Efento sensors, each once: what was sent twice is one row."""
    from telltale.workbench.reading import sql

    text = "select count(*) as n from device_status where kind = 'measurements' and source = 'efento'"
    return int(sql(text, project=project)["n"].iloc[0])


def _way(name: str) -> str:
    return "replayed from a capture file" if name == "button" else "handed in with their own times"


def _sent(name: str, records: "Filled") -> str:
    played = records.played
    if played is None:
        return ""
    wire = "CoAP" if name == "efento" else "HTTP"
    return f", {played.accepted:,} sent over {wire} ({played.refused} refused, {played.lost} lost)"


def _show_days(cells: "Sequence[Compared]") -> None:
    by_day: dict[str, dict[str, Any]] = {}
    for cell in cells:
        if cell.address_kind == "all":
            row = by_day.setdefault(cell.day, {"day (found / true)": cell.day})
            row[cell.figure.removesuffix("_s")] = f"{_shown(cell.found)} / {_shown(cell.true)}"
    show(list(by_day.values()), as_json=False, empty="No whole day to compare.")
    agree = sum(cell.agrees for cell in cells)
    click.echo(f"{agree:,} of {len(cells):,} day figures equal the simulator's.")


def _show_figures(kind: str, figures: "Sequence[Figure]", shown: "Sequence[str]") -> None:
    """Those of the figures that fit a table, and how many of all agree."""
    by_name: dict[str, dict[str, Any]] = {}
    for figure in figures:
        if figure.figure in shown:
            row = by_name.setdefault(figure.name, {f"{kind} (found / true)": figure.name, **dict.fromkeys(shown, "")})
            row[figure.figure] = f"{_shown(figure.found)} / {_shown(figure.true)}"
    if by_name:
        show(list(by_name.values()), as_json=False, empty="")
    agree = sum(figure.agrees for figure in figures)
    click.echo(f"{agree:,} of {len(figures):,} {kind} figures equal the simulator's.")


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"


def _reports(project: "Project", plan: "Scenario") -> None:
    from telltale.report import notebooks, run
    from telltale.simulate.demo import plan_of

    zone = ZoneInfo(plan.timezone)
    for name in notebooks(project):
        of = plan_of("button", plan) if name in _OF_WEEKS else plan
        first, today = (datetime.fromtimestamp(moment_s, zone).date() for moment_s in (of.start_s, of.end_s))
        with progress() as bar:
            tell = partial(_describe, bar, bar.add_task(f"report {name}", total=None))
            done = run(name, f"{first}/{today}", {}, project, progress=tell)
        click.echo(f"report {name}: {done.html}")
    click.echo(f"all reports: {project.settings.reports / 'index.html'}")


def _describe(bar: "Progress", task: "TaskID", text: str) -> None:
    bar.update(task, description=text)


def _dashboards(running_things: ExitStack, project: "Project") -> None:
    from telltale.cli.up import dashboard_child
    from telltale.operate.supervise import running

    running_things.enter_context(running(dashboard_child(project.settings)))


def _live(running_things: ExitStack, project: "Project", plan: "Scenario", more: "Sequence[Child]") -> None:
    """Let the devices go on where the simulation ended: what was sent meanwhile goes at once, and counts once."""
    from telltale.operate.supervise import Child, running, telltale_command
    from telltale.simulate.demo import TAIL_S

    home = {"TELLTALE_HOME": str(project.settings.root)}
    waited_min = (project.now_us() // 1_000_000 - plan.end_s) // 60 + 1
    children = [Child("upkeep", telltale_command("upkeep"), home)]
    for name in TAIL_S:
        live = telltale_command("simulate", name, "--live", "--since", f"{waited_min}m", "--seed", str(plan.seed))
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
