"""`telltale doctor`: what keeps this project from working, and the fix."""

import click

from telltale.cli.output import json_option, show


@click.command(epilog="Example: telltale doctor")
@click.option("--clock-is-right", is_flag=True, help="Believe this machine's clock after it was set or stood still.")
@json_option
@click.pass_context
def doctor(context: click.Context, *, clock_is_right: bool, as_json: bool) -> None:
    """Check what this project needs, and say how to put it right.

    Checked are Python, settings, secrets, folders, keys, store, lake, ports, capture, broker, platforms, disk, clock,
    time zone and programs. "note": a feature is missing; "wrong": telltale cannot work like this, and the exit code
    is 1.
    """
    from telltale.operate.doctor import examine
    from telltale.operate.trust import believe
    from telltale.workbench.project import Project

    project = Project()
    if clock_is_right:
        believe(project, now_us=project.now_us())
    findings = list(examine(project))
    show([finding._asdict() for finding in findings], as_json=as_json, empty="")
    context.exit(any(finding.state == "wrong" for finding in findings))
