"""`telltale restore`: a backup into a project whose store and lake are empty."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from telltale.cli.output import json_option, moment, progress, show_one
from telltale.cli.passphrase import passphrase

if TYPE_CHECKING:
    from telltale.operate.backup import Restored
    from telltale.workbench.project import Project


@click.command(epilog="Example: telltale restore /mnt/usb/telltale")
@click.argument("place", metavar="DIR|URL")
@click.option(
    "--backup", "name", metavar="NAME", default="", help="Which backup; by default the newest of this project."
)
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
    be empty, and nothing may run. What retention does not allow any more is removed at once, unless other settings hold
    here than in the backup: then that is left to "telltale purge". A damaged file of decoded rows is left out, for
    "telltale check --repair" to make again before anything is removed. Reports are in no backup.
    """
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
    show_one(done._asdict(), as_json=as_json, sentence=_sentence(done, _purged(project, done, expired=expired)))


def _purged(project: "Project", done: "Restored", *, expired: bool) -> str:
    """Apply retention by the backup's settings; what is to be said of it."""
    from telltale.operate import retention
    from telltale.workbench.project import Project

    if not (done.has_its_settings or expired):
        return (
            f"nothing was removed, since the settings here are not those of the backup: compare them with those in "
            f'{done.settings_at}, and then, before "telltale up", run "telltale purge"'
        )
    if done.again and not expired:  # of raw records that are due rows can be made as long as those are there
        return 'nothing was removed yet: run "telltale check --repair", and then "telltale purge"'
    again = Project(project.settings.root)  # with the settings that were put back
    removed = retention.purge_when_trusted(again, now_us=again.now_us())
    return retention.sentence(removed.purged) if removed.purged else "retention waits: see telltale doctor"


def _sentence(done: "Restored", purged: str) -> str:
    settings = f" Settings put back: {', '.join(done.settings)}." if done.settings else ""
    if done.differing:
        settings += f" Not put back, since others are there: {', '.join(done.differing)}."
    back = f" {done.keys.written:,} files of keys; {done.keys.due:,} are due and stay away." if done.keys else ""
    left_out = "".join(f"\nNot in it: {each}." for each in done.not_in_it)
    return (
        f"{done.name} is put back, as of {moment(done.at):%Y-%m-%d %H:%M} UTC: {done.files:,} files of the lake, "
        f"{sum(done.rows.values()):,} rows of the store, counted and compared.{settings}{back} Retention: {purged}."
        f"{left_out}"
    )
