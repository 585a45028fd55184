"""`telltale purge`: close the days that are due and remove what must not be kept longer."""

import click

from telltale.cli.output import json_option, show_one


@click.command(epilog="Example: telltale purge")
@json_option
def purge(*, as_json: bool) -> None:
    """Remove what must not be kept longer, and close days.

    How long something is kept is said in [site] of telltale.toml. "telltale upkeep" does the same every ten minutes. It
    can be stopped and run again at any time. While the clock of this machine is not believed nothing is removed.
    """
    from telltale.contract import StoreError, TelltaleError
    from telltale.health.own_clock import sentence as of_clock
    from telltale.operate import backup, retention, spools
    from telltale.publish import exported
    from telltale.wording import count
    from telltale.workbench.project import Project

    project = Project()
    unstored, damaged_spool = 0, ""
    try:
        unstored = spools.expire(project)  # first: it needs no store, which may be away
    except StoreError as error:  # all else must go all the same
        damaged_spool = str(error)
    project.note_settings()
    done = retention.purge_when_trusted(project, now_us=project.now_us())
    if (purged := done.purged) is None:
        raise TelltaleError(f"purge: {of_clock(done.clock, project.zone())}")
    kept = "; telltale.toml [site] keep = true: everything is kept" if project.settings.site.keep else ""
    sentence = retention.sentence(purged)
    backups = backup.remove_due(project, now_us=done.clock.trusted_us)
    past = exported.past(project.store, now_us=project.now_us())
    told = f"{sentence[0].upper()}{sentence[1:]}{kept}."
    if unstored:
        told = f"{told} {unstored:,} records that waited for the store were removed from spools."
    if damaged_spool:
        told = f"{told} Left as it is: {damaged_spool}."
    if backups:
        told = f"{told} {count(len(backups), 'backup')} whose time was over went too."
    if said := backup.reminder(backup.past(project.store, now_us=project.now_us())):
        told = f"{told} {said}."
    if said := exported.reminder(past):
        told = f"{told} {said}."
    left_out = project.lake.left_out()
    told = " ".join([told, *(f"Left as it is: {damaged}." for damaged in left_out.values())])
    show_one(
        {
            **purged._asdict(),
            "spooled": unstored,
            "backups": [f"{each.place} {each.name}" for each in backups],
            "exported_past": [one.path for one in past],
            "left_out": sorted(left_out),
        },
        as_json=as_json,
        sentence=told,
    )
