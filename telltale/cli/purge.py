"""`telltale purge`: close the days that are due and remove what must not be kept longer."""

import click

from telltale.cli.output import json_option, show_one


@click.command(epilog="Example: telltale purge")
@json_option
def purge(*, as_json: bool) -> None:
    """Remove what must not be kept longer, and close days.

    How long something is kept is said in [site] of telltale.toml. "telltale upkeep" does the same every ten minutes. It
    can be stopped and run again at any time.
    """
    from telltale.operate import retention
    from telltale.workbench.project import Project

    project = Project()
    purged = retention.purge(project, now_us=project.now_us())
    kept = "; telltale.toml [site] keep = true: everything is kept" if project.settings.site.keep else ""
    sentence = retention.sentence(purged)
    show_one(purged._asdict(), as_json=as_json, sentence=f"{sentence[0].upper()}{sentence[1:]}{kept}.")
