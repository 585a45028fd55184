"""The newest value of every access point: how many devices it heard in the last hour, never fewer than k."""

from telltale import wording
from telltale.page.newest import Newest
from telltale.tables import NODE_HEARTBEAT, SIGHTING
from telltale.workbench.question import question
from telltale.workbench.times import SECOND, Span, When
from telltale.workbench.view import View

HOUR = 3_600 * SECOND
REPORTS = """
select source, node_id, max(observed_at) as last_at, count(*) as reports
from node_heartbeat group by source, node_id order by node_id
"""
HEARD = "select node_id, count(distinct device) as devices from sighting group by node_id"


def newest(view: View, since: When) -> list[Newest]:
    """Of each access point what it heard in the last hour; a count under k is told as that, and so is nobody.

    Args:
        view: of which moment.
        since: how far back its reports are counted.
    """
    asked, settings = question(view, since, None), view.project.settings
    reports = view.table(NODE_HEARTBEAT.name, asked.span)
    rows = asked.engine.run(REPORTS, {"node_heartbeat": reports}).arrow().to_pylist()
    if not rows:
        return []
    hour = Span(view.now_us - HOUR, view.now_us + 1)
    sightings = {"sighting": view.table(SIGHTING.name, hour)}
    heard = {row["node_id"]: row["devices"] for row in asked.engine.run(HEARD, sightings).arrow().to_pylist()}
    names = {row["device_id"]: row["name"] for row in view.project.device_info().to_pylist() if row["name"]}
    says = f"a visit is counted once it lasted {settings.presence.visit_min:g}{wording.NBSP}min"
    found = []
    for row in rows:
        node, devices = row["node_id"], heard.get(row["node_id"], 0)
        is_told = devices >= settings.site.k
        found.append(
            Newest(
                node, names.get(node, ""), "access point", row["source"], "devices heard in 1 h", "",
                float(devices) if is_told else None, "devices in 1 h", "" if is_told else f"< {settings.site.k}",
                row["last_at"], row["reports"], "report", says,
            )
        )  # fmt: skip
    return found
