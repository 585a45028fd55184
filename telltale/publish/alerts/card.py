"""The card of the health page: which alerts last, who sees to them; for the owner by which records each was known."""

from collections.abc import Mapping
from typing import Any, Literal

from telltale import wording
from telltale.page.lines import Lines, Need
from telltale.page.pieces import Card
from telltale.publish.alerts.answers import listed
from telltale.workbench.project import Project
from telltale.workbench.times import DAY, local_time, seconds

MOST = 8
"""More than this are a list for the command line."""
RECENT_US = 7 * DAY
ACKNOWLEDGE = "acknowledge"
SNOOZES = ("1h", "8h")
"""For how long an alert is put off from a page; the command line takes any length."""
ANSWERS = {ACKNOWLEDGE: "I see to it"} | {length: f"Snooze {wording.duration(seconds(length))}" for length in SNOOZES}
"""What is answered to an alert on a page, and the words of its button."""


def card(project: Project, zone: str, *, is_owners: bool = True) -> Card:
    """What lasts, then what was over in the last seven days.

    Args:
        project: whose.
        zone: of the site's clock.
        is_owners: whether it is for the owner, with the ids of raw records and people's devices; else for operators.
    """
    found = listed(project, project.now_us() - RECENT_US, with_persons=is_owners)
    rows = sorted(found, key=_is_over)
    lasting = [row for row in rows if not _is_over(row)]
    more = len(rows) - MOST
    count = wording.count(len(lasting), "alert")
    return Card(
        f"{wording.sentence_case(count)} {'lasts' if len(lasting) == 1 else 'last'}" if lasting else "No alert lasts",
        Lines([_need(row, zone, is_owners=is_owners) for row in rows[:MOST]]),
        f"What lasts, and what was over in seven days; from when each was known{', and by which records' * is_owners}",
        [
            *([f"{more} more: telltale alerts --since 7d."] if more > 0 else []),
            *([] if is_owners else ["Alerts on people’s devices are those people’s, and do not stand here."]),
        ],
        empty="Nothing was told in the last seven days.",
    )


def _is_over(row: Mapping[str, Any]) -> bool:
    return row["recovered_at"] is not None


def _need(row: Mapping[str, Any], zone: str, *, is_owners: bool) -> Need:
    is_seen_to, is_over = row["acknowledged_at"] is not None, _is_over(row)
    level: Literal["todo", "warning", "alarm"] = "todo" if is_over else "warning" if is_seen_to else "alarm"
    answers = {} if is_over else answers_to(row)
    return Need(
        f"{row['name']}: {row['what']}", " ".join(_texts(row, zone, with_records=is_owners)), level=level,
        answered_at=f"alerts/{row['id']}", answers=answers,
    )  # fmt: skip


def answers_to(row: Mapping[str, Any]) -> dict[str, str]:
    """What may be answered to an alert that lasts: somebody sees to it once."""
    is_seen_to = row["acknowledged_at"] is not None
    return {sent: words for sent, words in ANSWERS.items() if sent != ACKNOWLEDGE or not is_seen_to}


def _texts(row: Mapping[str, Any], zone: str, *, with_records: bool) -> list[str]:
    texts = [f"Alert “{row['alert']}”, since {_moment(row['begins_at'], zone)}"]
    if row["ends_at"] is not None:
        texts[0] += f", over {_moment(row['ends_at'], zone)}"
    texts[0] += f", peak {row['peak_words']}." if row["peak_words"] else "."
    told = "not told yet" if row["told_at"] is None else f"told {_moment(row['told_at'], zone)}"
    texts.append(f"{wording.sentence_case(row['note'] or told)}.")
    if row["acknowledged_at"] is not None:
        texts.append(f"{wording.sentence_case(row['acknowledged_by'])} sees to it.")
    if (row["snoozed_until"] or 0) > (row["told_at"] or 0):
        texts.append(f"Snoozed until {_moment(row['snoozed_until'], zone)}.")
    if with_records and (ids := [*row["raw_ids"][:MOST], *row["end_raw_ids"]]):
        texts.append(f"Records {', '.join(map(str, ids))}.")
    return texts


def _moment(at_us: int, zone: str) -> str:
    return wording.short_moment(local_time(at_us, zone))
