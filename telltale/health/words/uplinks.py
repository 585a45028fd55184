"""What arrived of a network that tells messages by callbacks: told once or again, lost, rejected."""

import datetime as dt
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from telltale import wording
from telltale.frames import arrow, rows
from telltale.health.words.devices import clock_tile, health_text
from telltale.page.pieces import Sentence, Tile, Tiles
from telltale.wording import is_known

if TYPE_CHECKING:
    from telltale.workbench.periods import Period


def messages_sentence(arrived: Any, health: Any, period: "Period", name: str = "") -> Sentence:
    """`**1,234 callbacks** told **1,150 messages** of **6 devices**; **27 messages** were lost on the air.`.

    Args:
        arrived: records (`tt.report.arrived`).
        health: each device, with its `attrs` (`tt.health`), of the same source and period.
        period: what `tt.period` gave.
        name: of the site.
    """
    over = f"{period.head} · {name}" if name else period.head
    records, messages, lost = _sum(arrived, "records"), _sum(health, "reports"), _sum(health, "missing")
    if not records:
        return Sentence("**Nothing arrived** in this period.", over)
    devices = sum(row["reports"] > 0 for row in rows(health, "reports"))
    silent = health_text(health.attrs["attention"], health) + " " if health.attrs["attention"] else ""
    told = f"**{wording.count(records, 'callback')}** told **{wording.count(messages, 'message')}**"
    missing = f"**{wording.count(lost, 'message')}** {'was' if lost == 1 else 'were'}" if lost else "no message was"
    rejects = sum(int(one["rejects"]) for one in health.attrs["rejects"])
    aside = f", **{wording.count(rejects, 'row')}** could not be decoded" if rejects else ""
    return Sentence(
        f"{silent}{told} of **{wording.count(devices, 'device')}**; {missing} lost on the air{aside}.", over
    )


def messages_tiles(arrived: Any, health: Any) -> Tiles:
    """Callbacks kept, messages, told again, lost on the air, how late they come."""
    by_day = [float(row["records"]) for row in rows(arrived, "records")]
    records, messages, lost = _sum(arrived, "records"), _sum(health, "reports"), _sum(health, "missing")
    rejects = health.attrs["rejects"]
    count = sum(int(one["rejects"]) for one in rejects)
    aside = f"**{wording.number(count)}** rejected, most often {rejects[0]['reason']}" if rejects else "none rejected"
    sent = messages + lost
    worst = max(rows(health, "name", "missing"), key=lambda row: row["missing"] or 0, default=None)
    note = f"{wording.percent(lost / sent)} of those sent" if sent else "nothing was sent"
    if worst and worst["missing"]:
        note += f"; most: {worst['name']}"
    again = max(0, records - messages - count)
    return Tiles(
        (
            Tile("Callbacks kept", wording.number(records), "", aside, by_day[-31:], bars=True),
            Tile("Messages", wording.number(messages), "", "each counted once"),
            Tile("Told again", wording.number(again), "", "copies, retries, and what was told later"),
            Tile("Lost on the air", wording.number(lost), "", note),
            clock_tile(health),
        )
    )


def messages_title(health: Any) -> str:
    """`Dock lost 23 of 129 messages`: the device that lost most, where that is more than a few."""
    table = [row for row in rows(health, "name", "reports", "missing") if is_known(row["missing"])]
    worst = max(table, key=lambda row: row["missing"], default=None)
    if worst is None:
        return "Messages received"
    lost, sent = int(worst["missing"]), int(worst["missing"] + worst["reports"])
    if lost < 5 or lost < 0.03 * sent:
        return "Hardly any message was lost"
    return f"{wording.sentence_case(worst['name'])} lost {wording.number(lost)} of {wording.number(sent)} messages"


def promptness_title(rows_in: Any, *, own: str = "observed_at") -> str:
    """`99 % of messages came within a minute`."""
    table = arrow(rows_in)
    if table.num_rows < 100:
        return "How late messages came"
    received, seen = (table[name].cast(pa.timestamp("us", "UTC")) for name in ("received_at", own))
    quick = pc.sum(pc.less(pc.subtract(received, seen), pa.scalar(dt.timedelta(minutes=1)))).as_py() / table.num_rows
    return f"{wording.percent(quick)} of messages came within a minute"


def _sum(frame: Any, name: str) -> int:
    return sum(int(row[name]) for row in rows(frame, name) if is_known(row[name]))
