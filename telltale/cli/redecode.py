"""`telltale redecode`: rebuild tables from the raw records with the present decoders."""

from functools import partial
from typing import TYPE_CHECKING

import click

from telltale.cli.options import stretch_options
from telltale.cli.output import json_option, progress, show_one

if TYPE_CHECKING:
    from telltale.lake.redecode import Redecoded


@click.command(epilog="Example: telltale redecode --since 2026-11-01 --source button")
@stretch_options(None, without="everything")
@click.option("--source", "source_name", metavar="SOURCE", help="Only records of this source.")
@click.option(
    "--engine",
    "runs_on",
    type=click.Choice(["duckdb", "spark"]),
    default="duckdb",
    show_default=True,
    help="What decodes: this process, or the workers of [engine] spark; they must reach the lake's folder.",
)
@json_option
def redecode(since: str | None, until: str | None, source_name: str | None, runs_on: str, *, as_json: bool) -> None:
    """Decode the stored bytes again, with the decoders of today.

    So what a newer decoder understands is found in old records too. Days are those records arrived on (UTC); each that
    the stretch touches is done whole. Days whose raw records were purged are left as they are, and named.
    """
    from telltale.lake.redecode import redecode as decoded_here
    from telltale.sources import source
    from telltale.workbench.project import Project
    from telltale.workbench.times import local_day

    project = Project()
    stretch = project.span(since, until)
    with progress() as bar:
        task = bar.add_task("decoding days", total=None)
        if runs_on == "spark":
            from telltale.workers.of_project import on_spark

            decoded_again = on_spark(project, tell=lambda words: bar.update(task, description=words or "decoding days"))
        else:
            decoded_again = partial(decoded_here, project.lake)
        done = decoded_again(
            since_day=local_day(stretch.since_us, "UTC") if since else None,
            until_day=local_day(stretch.until_us - 1, "UTC") if until else None,
            source=source(source_name).name if source_name else None,
            now_us=project.now_us(),
            progress=lambda count, total: bar.update(task, completed=count, total=total),
        )
    left_out = project.lake.left_out()
    sentence = " ".join([_sentence(done), *(f"Left as it is: {said}." for said in left_out.values())])
    show_one({**done._asdict(), "left_out": sorted(left_out)}, as_json=as_json, sentence=sentence)


def _sentence(done: "Redecoded") -> str:
    if not (done.days or done.frozen or done.unknown):
        return "Nothing to decode."
    rows = ", ".join(f"{count:,} {name}" for name, count in sorted(done.rows.items())) or "no rows"
    frozen = f" {len(done.frozen):,} days left as they are, their raw records were purged." if done.frozen else ""
    unknown = f" Left as it is, for no such source is listed: {', '.join(done.unknown)}." if done.unknown else ""
    return f"{done.raws:,} records of {done.days:,} days decoded again: {rows}.{frozen}{unknown}"
