"""The card of the health page: which alerts last, who sees to them, and by which records each was known."""

from collections.abc import Mapping
from typing import Any

from telltale import wording
from telltale.page.lines import Lines, Need
from telltale.page.pieces import Card
from telltale.publish.alerts.answers import listed
from telltale.workbench.project import Project
from telltale.workbench.times import DAY, local_time

MOST = 8
"""More than this are a list for the command line."""
RECENT_US = 7 * DAY


def card(project: Project, zone: str) -> Card:
    """What lasts, then what was over in the last seven days.

    Args:
        project: whose; the page is its owner's, for the ids of raw records stand in it.
        zone: of the site's clock.
    """
    rows = sorted(listed(project, project.now_us() - RECENT_US), key=_is_over)
    lasting = [row for row in rows if not _is_over(row)]
    more = len(rows) - MOST
    count = wording.count(len(lasting), "alert")
    return Card(
        f"{wording.sentence_case(count)} {'lasts' if len(lasting) == 1 else 'last'}" if lasting else "No alert lasts",
        Lines([_need(row, zone) for row in rows[:MOST]]),
        "What lasts, and what was over in seven days; from when each was known, and by which records",
        [f"{more} more: telltale alerts --since 7d."] if more > 0 else [],
        empty="Nothing was told in the last seven days.",
    )


def _is_over(row: Mapping[str, Any]) -> bool:
    return row["recovered_at"] is not None


def _need(row: Mapping[str, Any], zone: str) -> Need:
    is_seen_to, is_over = row["acknowledged_at"] is not None, _is_over(row)
    line = "" if is_over or is_seen_to else f"telltale alerts ack {row['id']}"
    level = "todo" if is_over else "warning" if is_seen_to else "alarm"
    return Need(f"{row['name']}: {row['what']}", " ".join(_texts(row, zone)), line, level=level)  # type: ignore[arg-type]


def _texts(row: Mapping[str, Any], zone: str) -> list[str]:
    texts = [f"Alert “{row['alert']}”, since {_moment(row['begins_at'], zone)}"]
    if row["ends_at"] is not None:
        texts[0] += f", over {_moment(row['ends_at'], zone)}"
    texts[0] += f", peak {row['peak_words']}." if row["peak_words"] else "."
    told = "not told yet" if row["told_at"] is None else f"told {_moment(row['told_at'], zone)}"
    texts.append(f"{wording.sentence_case(row['note'] or told)}.")
    if row["acknowledged_at"] is not None:
        texts.append(f"{row['acknowledged_by']} sees to it.")
    if (row["snoozed_until"] or 0) > (row["told_at"] or 0):
        texts.append(f"Snoozed until {_moment(row['snoozed_until'], zone)}.")
    if ids := [*row["raw_ids"][:MOST], *row["end_raw_ids"]]:
        texts.append(f"Records {', '.join(map(str, ids))}.")
    return texts


def _moment(at_us: int, zone: str) -> str:
    return wording.short_moment(local_time(at_us, zone))
