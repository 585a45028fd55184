"""`telltale restore`: a backup into a project whose store and lake are empty."""

from pathlib import Path

import click

from telltale.cli.output import json_option, moment, progress, show_one
from telltale.cli.passphrase import passphrase


@click.command(epilog="Example: telltale restore /mnt/usb/telltale")
@click.argument("place", metavar="DIR|URL")
@click.option("--backup", "name", metavar="NAME", default="", help="Which backup; by default the newest.")
@click.option("--expired", is_flag=True, help="Also one whose time is over; what must go is removed at once.")
@click.option(
    "--keys",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The FILE of keys written with it; its passphrase is asked for.",
    metavar="FILE",
)
@json_option
def restore(place: str, name: str, keys: Path | None, *, expired: bool, as_json: bool) -> None:
    """Put a backup back: records, catalog, spools, and settings that are not there.

    The project's store may be another one than the backup was made of, SQLite or PostgreSQL, on another host. It has to
    be empty, and nothing may run. What retention does not allow any more is removed at once.
    """
    from telltale.operate import retention
    from telltale.operate.backup import Locker
    from telltale.operate.backup import restore as put_back
    from telltale.workbench.project import Project

    project = Project()
    locker = None if keys is None else Locker(keys, passphrase(is_new=False))
    with progress() as bar:
        task = bar.add_task("copying", total=None)
        done = put_back(
            project,
            place,
            name=name,
            now_us=project.now_us(),
            despite_expiry=expired,
            locker=locker,
            progress=lambda what, count, of: bar.update(task, description=what, completed=count, total=of),
        )
    again = Project(project.settings.root)  # with the settings that were put back
    removed = retention.purge_when_trusted(again, now_us=again.now_us())
    at = moment(done.at)
    settings = f" Settings put back: {', '.join(done.settings)}." if done.settings else ""
    back = f" {done.keys.written:,} files of keys; {done.keys.due:,} are due and stay away." if done.keys else ""
    left_out = "".join(f"\nNot in it: {each}." for each in done.not_in_it)
    purged = retention.sentence(removed.purged) if removed.purged else "retention waits: see telltale doctor"
    sentence = (
        f"{done.name} is put back, as of {at:%Y-%m-%d %H:%M} UTC: {done.files:,} files of the lake, "
        f"{sum(done.rows.values()):,} rows of the store, counted and compared.{settings}{back} Retention: {purged}."
        f"{left_out}"
    )
    show_one(done._asdict(), as_json=as_json, sentence=sentence)
