"""`telltale report`: run a notebook for a period and keep it as one file; prove one."""

from pathlib import Path

import click

from telltale.cli.output import json_option, progress, show, show_one


@click.command(epilog="Example: telltale report presence_dwell --period 2026-W47 -p gap=20min")
@click.argument("name", required=False)
@click.option(
    "--period",
    default="7d",
    show_default=True,
    help="2026-W47, 2026-11-20, 2026-11, first/last day, or 7d (whole days, today included).",
)
@click.option(
    "-p",
    "parameters",
    multiple=True,
    metavar="NAME=VALUE",
    help="Set a parameter of the notebook; may be given several times.",
)
@click.option(
    "--as-of",
    metavar="MOMENT",
    help='Only what was known at a moment that has passed, such as "2026-11-12 09:00", by the settings of then.',
)
@click.option(
    "--engine",
    "runs_on",
    type=click.Choice(["duckdb", "spark"]),
    default="duckdb",
    show_default=True,
    help="What answers: DuckDB in this process, or Spark where [engine] spark says it is. The footer says which.",
)
@click.option("--pdf/--no-pdf", "with_pdf", default=True, help="Make a PDF too, where Chromium is installed.")
@click.option("--list", "listing", is_flag=True, help="List the reports that can be run.")
@click.option(
    "--verify",
    "proven",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Make the report in FILE again from the store: equal, or what moved and why.",
)
@click.option(
    "--pack",
    "packed",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Pack the report in FILE with its evidence, to be checked without telltale.",
)
@click.option(
    "--output",
    "-o",
    "target",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Where --pack writes: a folder, or a name ending with .zip; by default FILE's with .evidence.zip.",
)
@json_option
def report(
    name: str | None,
    period: str,
    parameters: tuple[str, ...],
    *,
    as_of: str | None,
    runs_on: str,
    with_pdf: bool,
    listing: bool,
    proven: Path | None,
    packed: Path | None,
    target: Path | None,
    as_json: bool,
) -> None:
    """Run the notebook NAME for a period, and keep it as one file.

    The file is HTML and opens offline. Without NAME, or with --list, the reports are listed. With --as-of it is a file
    of its own, beside that of the same period. With --verify the exit code is 0 where the report is equal, else 1.
    """
    from telltale.publish import subtraction
    from telltale.report import notebooks, run
    from telltale.workbench.here import here
    from telltale.workbench.on_engine import on_engine
    from telltale.workbench.then import moment_in_the_past

    if proven is not None:
        _verify(proven, as_json=as_json)
        return
    if packed is not None:
        _pack(packed, target, as_json=as_json)
        return
    if target is not None:
        raise click.UsageError("--output says where --pack writes; a report of its own lies in data/reports")
    if listing or name is None:
        reports = [{"report": report, "notebook": path} for report, path in notebooks().items()]
        show(reports, as_json=as_json, empty="No notebook with a parameter “period” in notebooks/.")
        return
    values, project = values_of(parameters), on_engine(runs_on, here())
    moment = None if as_of is None else moment_in_the_past(as_of, project)
    said = subtraction.check_by_hand(project, name, period, values, moment=moment)
    with subtraction.published_by_hand(project, said) as about_to_appear, progress() as bar:
        task = bar.add_task(name, total=None)
        done = run(
            name,
            period,
            values,
            project,
            moment=moment,
            progress=lambda text: bar.update(task, description=text),
            with_pdf=with_pdf,
            approve=lambda _notebook, page: about_to_appear(page),
        )
    printed = f", {done.pdf.name}" if done.pdf else " (no PDF: no Chromium found)" if with_pdf else ""
    show_one(done._asdict(), as_json=as_json, sentence=f"{done.html}{printed}")


def values_of(parameters: tuple[str, ...]) -> dict[str, str]:
    """The values of `-p NAME=VALUE` by name.

    Raises:
        click.UsageError: one is not written so.
    """
    values = {}
    for parameter in parameters:
        name, equals, value = parameter.partition("=")
        if not equals or not name:
            raise click.UsageError(f'-p "{parameter}": expected NAME=VALUE')
        values[name] = value
    return values


def _verify(path: Path, *, as_json: bool) -> None:
    from telltale.report.verify import verify

    with progress() as bar:
        task = bar.add_task(path.name, total=None)
        verdict = verify(path, progress=lambda text: bar.update(task, description=text))
    lines = [verdict.sentence]
    lines += [f"  moved    {each.title}: {each.change}" for each in verdict.moved]
    lines += [f"  {each.kind:<8} {each.text}" for each in verdict.reasons]
    show_one(verdict.data(), as_json=as_json, sentence="\n".join(lines))
    if not verdict.is_equal:
        raise SystemExit(1)


def _pack(path: Path, target: Path | None, *, as_json: bool) -> None:
    from telltale.publish import exported
    from telltale.report.pack import pack
    from telltale.workbench.here import here
    from telltale.workbench.times import FOREVER

    project = here()
    done = pack(path, target, project)
    # So that forgetting finds it, wherever it was put; it holds nobody's body, so nobody is reminded of it.
    records, at_us = done.records + done.hashed, project.now_us()
    place = str(done.folder.absolute())
    exported.note(project.store, exported.Exported(place, "evidence", records, at_us, FOREVER))
    show_one(done._asdict(), as_json=as_json, sentence=f"{done.folder}: {done.sentence}")
