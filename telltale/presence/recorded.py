"""What of a stretch is recorded: which nodes there are, whether a report is as new as now, which days are whole."""

import datetime as dt
from collections.abc import Collection
from typing import Any

from telltale.frames import rows
from telltale.page.common import PATIENCE, SHORTEST_LATE_S
from telltale.presence.words.titles import RECORDED
from telltale.workbench.project import Project
from telltale.workbench.view import View

NODE = "node"
"""The role of an access point in devices.csv."""


def unheard_nodes(project: Project, site: str, seen: Collection[str]) -> list[str]:
    """The names of the nodes of devices.csv that have not reported at a site for a week, or never did.

    Where several sites report, a node that never did could be of any of them: it is counted at none.

    Args:
        project: whose devices.csv.
        site: network id.
        seen: the node ids that are known to have reported there lately.
    """
    listed = [row for row in project.device_info().to_pylist() if row["role"] == NODE and row["device_id"] not in seen]
    if not listed:
        return []
    with project.at_one_moment() as view:
        site_of, is_alone = _sites_of_nodes(view), view.sites() == [site]
    return [
        row["name"] or row["device_id"]
        for row in listed
        if site_of.get(row["device_id"], site if is_alone else None) == site
    ]


def never_heard(project: Project) -> list[str]:
    """The names of the nodes of devices.csv that never reported, at whatever site."""
    listed = [row for row in project.device_info().to_pylist() if row["role"] == NODE]
    if not listed:
        return []
    with project.at_one_moment() as view:
        site_of = _sites_of_nodes(view)
    return [row["name"] or row["device_id"] for row in listed if row["device_id"] not in site_of]


def is_current(newest: dt.datetime | None, reports: Any, now: dt.datetime) -> bool:
    """Whether the newest report is as new as the nodes' usual interval lets expect: else nothing is said of now.

    Args:
        newest: the newest report of any node; None without one.
        reports: interval_s of each node, null where it is not known (`tt.health`).
        now: the present.
    """
    intervals = sorted(row["interval_s"] for row in rows(reports, "interval_s") if row["interval_s"])
    usual_s = intervals[len(intervals) // 2] if intervals else 0.0
    return newest is not None and now - newest <= dt.timedelta(seconds=max(SHORTEST_LATE_S, PATIENCE * usual_s))


def whole_days(days: Any, *, since: dt.date | None) -> set[dt.date]:
    """The days of which nearly all is recorded: the others are compared with nothing.

    Args:
        days: label, node_share (`tt.presence.figures`).
        since: days before were removed; None is none.
    """
    whole = {dt.date.fromisoformat(row["label"]) for row in rows(days, "label", "node_share") if _is_whole(row)}
    return {day for day in whole if since is None or day >= since}


def _is_whole(row: dict[str, Any]) -> bool:
    return bool(row["node_share"] >= RECORDED)


def _sites_of_nodes(view: View) -> dict[str, str]:
    """The site at which each node reported last."""
    reported = [
        (seen.until_us, node, site) for site, nodes in view.heartbeats().items() for node, seen in nodes.items()
    ]
    return {node: site for _, node, site in sorted(reported)}
