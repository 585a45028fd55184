"""`telltale refused`: requests that were turned away."""

from typing import TYPE_CHECKING, Any

import click

from telltale.cli.output import json_option, limit_option, moment, show

if TYPE_CHECKING:
    from telltale.landing import RefusedRow

MOST = 10_000
"""As many are kept."""


@click.command(epilog="Example: telltale refused --limit 10")
@click.argument("source_name", metavar="[SOURCE]", default="")
@limit_option(50)
@json_option
def refused(source_name: str, *, limit: int, as_json: bool) -> None:
    """Show requests that were turned away.

    They were not authentic or not well-formed; newest first. A wrong secret or a vendor's change of
    format shows here; nothing of them was stored as a record.
    """
    from telltale.landing import refused_rows
    from telltale.sources import source
    from telltale.workbench.project import Project

    found = refused_rows(Project().store, MOST if source_name else limit)
    rows = [_shown(row, as_json=as_json) for row in found if not source_name or row.source == source_name]
    if source_name and not rows:
        source(source_name)  # says what is known; what is not listed any more may still have been refused
    show(rows[:limit], as_json=as_json, empty="Nothing was refused.")


def _shown(row: "RefusedRow", *, as_json: bool) -> dict[str, Any]:
    from telltale.address import masked

    told: dict[str, Any] = {"received_at": moment(row.received_at), "source": row.source, "sender": row.sender}
    told |= {"status": row.status, "reason": row.reason, "detail": row.detail}
    if as_json:
        told |= {"meta": row.meta, "body": masked(row.body.decode("utf-8", "replace"))}
    return told
