"""`telltale about`: all that is kept of a device, an address or a person, as one file."""

from pathlib import Path

import click

from telltale.cli.output import json_option, show_one


@click.command(epilog="Example: telltale about pc:desk-3 about.json")
@click.argument("whom")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@json_option
def about(whom: str, file: Path, *, as_json: bool) -> None:
    """Write all that is kept of a device, an address or a person into one file.

    JSON, readable by you alone (mode 600), and named among the exports until it is deleted. Of a record that names
    others too only time, size and digest are in it. Your shell keeps what is typed on its line: - asks for the address
    instead.
    """
    from telltale.forget import subject_of
    from telltale.forget.about import about as written
    from telltale.workbench.project import Project

    project = Project()
    if whom == "-":
        whom = click.prompt("Device, address or person", hide_input=True, err=True)
    told = written(project, subject_of(project, whom), file, now_us=project.now_us())
    rows = ", ".join(f"{count:,} {name}" for name, count in told.rows.items()) or "none"
    sentence = f"{told.path}: {told.records:,} records, {told.shared:,} that name others too; rows: {rows}."
    show_one(told._asdict(), as_json=as_json, sentence=sentence)
