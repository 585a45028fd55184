"""Figures of devices that several pages show: what came of what was due, and who is heard as it should be."""

from typing import Any

from telltale import wording
from telltale.frames import rows
from telltale.page.pieces import Tile
from telltale.wording import is_known

_MISSING = ("name", "start", "due", "received", "missing_share")


def received_tile(missing: Any) -> Tile:
    """Which share of the messages due came, and which device missed most."""
    table = [row for row in rows(missing, *_MISSING) if is_known(row["missing_share"])]
    due = sum(row["due"] for row in table)
    if not due:
        return Tile("Messages received", "–", "", "nothing tells how many are due")
    lost: dict[str, float] = {}
    for row in table:
        lost[row["name"]] = lost.get(row["name"], 0.0) + row["missing_share"] * row["due"]
    days = sorted({row["start"] for row in table})
    course = [_received([row for row in table if row["start"] == day]) for day in days][-31:]
    share = 100 * (1 - sum(lost.values()) / due)
    worst = max(lost, key=lambda name: lost[name])
    note = f"most missing: {worst}" if lost[worst] >= 1 else "hardly any missing"
    return Tile("Messages received", wording.number(share, 1), "%", note, course)


def _received(table: list[dict[str, Any]]) -> float:
    due = sum(row["due"] for row in table)
    return float(100 * (1 - sum(row["missing_share"] * row["due"] for row in table) / due))


def on_time_tile(health: Any) -> Tile:
    """How many devices are heard as they should be, and who is not."""
    table = rows(health, "name", "state", "silent_s")
    if not table:
        return Tile("Devices on time", "–", "", "no device has been heard")
    away = [row for row in table if row["state"] in ("silent", "unheard")]
    late = [row for row in table if row["state"] == "late"]
    on_time = len(table) - len(away) - len(late)
    if not away and not late:
        return Tile("Devices on time", str(on_time), f"of {len(table)}", "none is late")
    names = wording.joined([row["name"] for row in (away or late)[:2]] + (["others"] if len(away or late) > 2 else []))
    note = f"{names} {'silent' if away else 'late'}"
    return Tile("Devices on time", str(on_time), f"of {len(table)}", note, state="warning" if away else "")
