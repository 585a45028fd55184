"""`telltale decode`: rebuild tables from the raw records with the present decoders."""

from datetime import date, datetime

import click

from telltale.cli.output import json_option, progress, show_one

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command(epilog="Example: telltale decode --since 2026-11-01 --source button")
@click.option("--since", type=_DAY, help="First day of arrival (UTC); by default the first there is.")
@click.option("--until", type=_DAY, help="Last day of arrival (UTC), included; by default today.")
@click.option("--source", "source_name", help="Only this source.")
@json_option
def decode(since: datetime | None, until: datetime | None, source_name: str | None, *, as_json: bool) -> None:
    """Decode the stored bytes again.

    Old months so gain what a newer decoder knows. Days whose raw records were purged are left as they are, and named.
    """
    from telltale.lake.redecode import redecode
    from telltale.sources import source
    from telltale.workbench.project import Project

    project = Project()
    with progress() as bar:
        task = bar.add_task("decoding days", total=None)
        done = redecode(
            project.lake,
            since_day=_day(since),
            until_day=_day(until),
            source=source(source_name).name if source_name else None,
            now_us=project.now_us(),
            progress=lambda count, total: bar.update(task, completed=count, total=total),
        )
    rows = ", ".join(f"{count:,} {name}" for name, count in sorted(done.rows.items())) or "no rows"
    frozen = f" {len(done.frozen):,} days left as they are, their raw records were purged." if done.frozen else ""
    unknown = f" Left as it is, for no such source is listed: {', '.join(done.unknown)}." if done.unknown else ""
    sentence = f"{done.raws:,} records of {done.days:,} days decoded again: {rows}.{frozen}{unknown}"
    is_some = bool(done.days or done.frozen or done.unknown)
    show_one(done._asdict(), as_json=as_json, sentence=sentence if is_some else "Nothing to decode.")


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None
