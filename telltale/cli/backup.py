"""`telltale backup`: what a project keeps, copied at one moment, and the list of copies."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from telltale.cli.output import json_option, moment, progress, show, show_one
from telltale.cli.passphrase import passphrase

if TYPE_CHECKING:
    from telltale.operate.backup import Made


@click.command(epilog="Example: telltale backup /mnt/usb/telltale")
@click.argument("place", metavar="[DIR|URL]", required=False)
@click.option(
    "--keys",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write the pseudonym keys into FILE, encrypted with a passphrase that is asked for.",
    metavar="FILE",
)
@json_option
def backup(place: str | None, keys: Path | None, *, as_json: bool) -> None:
    """Copy records, rows and settings into a folder or an object store, while everything runs.

    The lake's files go there once, since they never change, and again if one is damaged there; of the store, the spools
    and the settings each backup has its own. Left out are secrets, reports that were made, with data/recipes.key, and
    pseudonym keys, which --keys writes into a file apart. A backup with rows about
    people says until when it may be kept; the next one into the same place removes those whose time is over. Without a
    place the backups known are listed.
    """
    from telltale.operate.backup import UNFINISHED, Locker, backups, make
    from telltale.workbench.project import Project

    project = Project()
    if place is None:
        rows = [
            {**each._asdict(), "at": moment(each.at), "expires_at": moment(each.expires_at)}
            for each in backups(project.store)
        ]
        columns = ("place", "name", "at", "files", "bytes", "expires_at")
        shown = [{name: row[name] for name in columns} for row in rows]
        for row in shown:
            if row["files"] == UNFINISHED:  # it runs, or was killed: the next one there, or a purge, removes it
                row["files"] = row["bytes"] = None
        show(shown, as_json=as_json, empty="No backup is known; make one: telltale backup DIR")
        return
    locker = None if keys is None else Locker(keys, passphrase(is_new=True))
    with progress() as bar:
        task = bar.add_task("copying", total=None)
        made = make(
            project,
            place,
            now_us=project.now_us(),
            locker=locker,
            progress=lambda what, done, of: bar.update(task, description=what, completed=done, total=of),
        )
    show_one(made._asdict(), as_json=as_json, sentence=_sentence(made))


def _sentence(made: "Made") -> str:
    from telltale.wording import count

    expires = moment(made.expires_at)
    until = "; nothing in it has to be removed" if expires is None else f"; delete it by {expires:%Y-%m-%d %H:%M} UTC"
    again = f"\nDamaged there and copied again: {count(made.again, 'file')}." if made.again else ""
    expired = f"\nRemoved, their time was over: {', '.join(made.expired)}." if made.expired else ""
    left_out = "".join(f"\nNot in it: {each}." for each in made.left_out)
    return (
        f"{made.place} {made.name}: {made.files:,} files of the lake ({made.new_files:,} new, {made.bytes:,} bytes in "
        f"all) and {made.records:,} records not settled yet{until}.{again}{expired}{left_out}"
    )
