"""`telltale check`: whether what a project keeps is whole, and the repair."""

import click

from telltale.cli.output import json_option, progress, show


@click.command(epilog="Example: telltale check --repair")
@click.option("--quick", is_flag=True, help="Sizes, existence and ends of files only, not every byte.")
@click.option("--repair", "repairs", is_flag=True, help="Make again what is damaged, from the raw records.")
@click.option("--lost", "is_lost", is_flag=True, help="With --repair: files missing all at once are gone for good.")
@json_option
@click.pass_context
def check(context: click.Context, *, quick: bool, repairs: bool, is_lost: bool, as_json: bool) -> None:
    """Compare what is kept with what was written, and every raw record with its rows.

    Looked at are the store, keys, spools, the files of the lake against the catalog, raw records without rows, reports
    whose files are gone. With --repair, damaged files are moved to data/damaged, where nothing is deleted, and made
    again of the raw records; of a damaged file of raw records what is whole is kept. A damaged SQLite store is saved
    as far as it reads, a lost one listed again from the lake: stop what runs before. Where most files are missing at
    once, as when a disk is not mounted, nothing is repaired, unless --lost says that they are gone for good.

    "wrong": something is damaged, or lost for good, and the exit code is 1.
    """
    from telltale.contract import ConfigError, TelltaleError
    from telltale.operate.check import examine, repair
    from telltale.operate.finding import Finding
    from telltale.workbench.project import Project

    if quick and repairs:
        raise ConfigError("check: --repair looks at every byte; leave out --quick")
    if is_lost and not repairs:
        raise ConfigError("check: --lost says what --repair may do; say both")
    project = Project()
    found: list[Finding] = []
    failed: TelltaleError | None = None
    with progress() as bar:
        task = bar.add_task("looking", total=None)

        def tell(what: str, done: int, of: int) -> None:
            bar.update(task, description=what, completed=done, total=of)

        try:
            if repairs:
                found.extend(repair(project, now_us=project.now_us(), is_lost=is_lost, progress=tell))
            found.extend(examine(project, quick=quick or repairs, progress=tell))
        except TelltaleError as error:  # after what was found and done, which is shown
            failed = error
    if found or failed is None:
        show([finding._asdict() for finding in found], as_json=as_json, empty="")
    if failed is not None:
        raise failed
    context.exit(any(finding.state == "wrong" for finding in found))
