"""`telltale move-store`: the store into another database, all of it or nothing."""

import click

from telltale.cli.output import json_option, progress, show_one


@click.command("move-store", epilog="Example: telltale move-store postgresql+psycopg://telltale@db.lan/telltale")
@click.argument("url", metavar="URL")
@json_option
def move_store(url: str, *, as_json: bool) -> None:
    """Copy the store into another, empty database: SQLite to PostgreSQL, or back.

    Every record, its id and the catalog of the lake go along, and each table is counted and compared on both sides.
    Nothing may run meanwhile: what has the store open is named. Stopped anywhere, nothing was moved. The old store and
    telltale.toml stay as they are: the line to change there is printed, because the file is yours.
    """
    from telltale.operate.moving import move
    from telltale.settings import load

    settings = load()
    with progress() as bar:
        task = bar.add_task("copying", total=None)
        moved = move(
            settings,
            url,
            progress=lambda name, done, total: bar.update(task, description=name, completed=done, total=total),
        )
    tables = sum(count > 0 for count in moved.rows.values())
    hidden = " (with the password, or that in ~/.pgpass)" if "***" in moved.new else ""
    sentence = (
        f"{sum(moved.rows.values()):,} rows of {tables} tables are in {moved.new}, counted and compared on both "
        f"sides.\nTo go on with it, write into telltale.toml{hidden}:\n\n"
        f'[paths]\nstore_url = "{moved.new}"\n\n'
        f"The old store, {moved.old}, is as it was. Nothing is removed from it any more, whatever its time: delete it "
        "once telltale runs with the new one."
    )
    show_one(moved._asdict(), as_json=as_json, sentence=sentence)
