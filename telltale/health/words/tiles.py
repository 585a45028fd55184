"""Figures of devices that several pages show: what came of what was due, and who is heard as it should be."""

from collections.abc import Sequence
from typing import Any

from telltale import wording
from telltale.frames import rows
from telltale.health import claims
from telltale.page import said
from telltale.page.claims import About, Claim
from telltale.page.pieces import Tile
from telltale.page.said import claimed, say
from telltale.wording import is_known

_MISSING = ("device_id", "name", "start", "due", "received", "missing_share")


def received_tile(
    missing: Any, *, known: Claim | None = None, about: About = claims.ABOUT, only: Sequence[str] = ()
) -> Tile:
    """Which share of the messages due came, and which device missed most.

    Args:
        missing: what was due (`tt.health.missing`).
        known: how many devices there are of which messages are due: of the others nothing tells how many.
        about: the stretch of `missing`.
        only: the ids of the devices it is about, where it is not about all.
    """
    table = [row for row in rows(missing, *_MISSING) if is_known(row["missing_share"])]
    due = sum(row["due"] for row in table)
    if not due:
        return Tile("Messages received", "–", "", "nothing tells how many are due")
    lost: dict[str, float] = {}
    names = {row["device_id"]: row["name"] for row in table}
    for row in table:
        lost[row["device_id"]] = lost.get(row["device_id"], 0.0) + row["missing_share"] * row["due"]
    days = sorted({row["start"] for row in table})
    course = [_received([row for row in table if row["start"] == day]) for day in days][-31:]
    came = 1 - sum(lost.values()) / due
    share = claims.received(about, came, {"device_id": sorted(only)} if only else {})
    worst = max(lost, key=lambda device_id: lost[device_id])
    note = say("most missing: {}", names[worst]) if lost[worst] >= 1 else say("hardly any missing")
    label = "Messages received"
    if known is not None and isinstance(known.value, int) and len(lost) < known.value:
        told = said.number(claims.missing_devices(about, sorted(lost)))
        label, note = "Received of those due", say("of {} of {} devices; {}", told, said.number(known), note)
    return Tile(label, claimed(share, wording.number(100 * came, 1)), "%", note, course)


def _received(table: list[dict[str, Any]]) -> float:
    due = sum(row["due"] for row in table)
    return float(100 * (1 - sum(row["missing_share"] * row["due"] for row in table) / due))


def on_time_tile(health: Any, *, about: About = claims.ABOUT, only: Sequence[str] = ()) -> Tile:
    """How many devices are heard as they should be, of all that are listed or known, and who is not.

    Args:
        health: each device (`tt.health.devices`).
        about: the stretch.
        only: the ids of the devices it is about, where it is not about all.
    """
    table = rows(health, "name", "state", "silent_s")
    if not table:
        return Tile("Devices on time", "–", "", "no device is known")
    named = {state: [row["name"] for row in table if row["state"] == state] for state in _WORST}
    on_time = len(table) - sum(map(len, named.values()))
    value = said.number(claims.devices(about, on_time, "devices_on_time", only=only, state="on_time"))
    of = say("of {}", said.number(claims.devices(about, len(table), only=only)))
    worst = next((state for state in _WORST if named[state]), None)
    if worst is None:
        return Tile("Devices on time", value, of, "none is late")
    names = wording.joined(named[worst][:2] + (["others"] if len(named[worst]) > 2 else []))
    is_away = worst in ("silent", "unheard")
    note = f"{names} {_WORST[worst]}" if worst != "unknown" else f"too few messages to say of {names}"
    return Tile("Devices on time", value, of, note, state="warning" if is_away else "")


_WORST = {"silent": "silent", "unheard": "never heard", "late": "late", "unknown": ""}
"""What keeps a device from being on time, what matters most first."""
