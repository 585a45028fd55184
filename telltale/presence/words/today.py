"""A day that is still running: so far, beside earlier days at the same hour."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from telltale import wording
from telltale.frames import local, rows
from telltale.health.words.silences import Reporting
from telltale.page.usual import Usual
from telltale.wording import is_known

RECENT = dt.timedelta(hours=2)
FEWEST_INTERVALS = 3


def visitors_by_now(visits: Any, now: dt.datetime) -> dict[dt.date, int]:
    """Distinct visitor devices of each local day that had come in by the clock of `now`.

    Args:
        visits: device, entered_at (`tt.presence.visits`).
        now: the present on the site's clock.
    """
    found: dict[dt.date, set[Any]] = {}
    for row in rows(visits, "device", "entered_at"):
        entered = local(row["entered_at"], str(now.tzinfo))
        devices = found.setdefault(entered.date(), set())
        if entered.time() <= now.time():
            devices.add(row["device"])
    return {day: len(devices) for day, devices in found.items()}


def so_far(visitors: float | None, stay_s: float | None, usual: Usual | None, counted: int) -> str:
    """`**42 visitor devices** today so far, **6 more** than on a usual Friday by 14:30; median stay **14 min**`.

    Args:
        visitors: of today; null was withheld.
        stay_s: the median stay of today.
        usual: of the days before.
        counted: today's devices counted as `usual` was.
    """
    if not is_known(visitors) or visitors is None:
        text = "**Fewer visitor devices** today so far than may be told"
    elif visitors == 0:
        text = "**No visitor device** today so far"
    else:
        text = f"**{wording.count(int(visitors), 'visitor device')}** today so far"
    if usual is not None and is_known(visitors):
        text += _against(counted - usual.value, usual)
    staying = f"; median stay **{wording.duration(stay_s)}**" if is_known(stay_s) else ""
    return f"{text}{staying}."


def change_by_now(usual: Usual | None, counted: int) -> str:
    """`**+6** on a usual Friday by 14:30`; empty without a usual day."""
    if usual is None:
        return ""
    return f"**{wording.number(round(counted - usual.value), signed=True)}** on {usual.basis}"


def against_band(bins: Any, band: Mapping[dt.time, Any], *, name: str, now: dt.datetime) -> str:
    """`It is as busy as on a usual Friday`: the newest two hours against the band of earlier days.

    Args:
        bins: address_kind, start, mean, nodes of today (`tt.presence.occupancy`).
        band: low and high by clock time (`tt.presence.charts.usual_band`).
        name: what the band is, such as `usual Friday`.
        now: the present on the site's clock.
    """
    since = now - RECENT
    levels = [
        (row["mean"], band[start.time()])
        for row in rows(bins, "address_kind", "start", "mean")
        if (start := local(row["start"], str(now.tzinfo))) >= since
        and row["address_kind"] == "all"
        and is_known(row["mean"])
        and start.time() in band
    ]
    if len(levels) < FEWEST_INTERVALS:
        return "Devices present today"
    mean = sum(level for level, _ in levels) / len(levels)
    low, high = (sum(usual[at] for _, usual in levels) / len(levels) for at in (0, 1))
    compared = "busier than" if mean > high else "quieter than" if mean < low else "as busy as"
    return f"It is {compared} on a {name}"


def silent_now(found: Reporting, timezone: str, *, today: dt.date) -> str:
    """`!!3 of 8 nodes!! are silent since 13:10, so the counts are too low`, after a space; empty when all report."""
    if not found.now:
        return ""
    start = local(found.now[0].start, timezone)
    since = wording.clock(start) if start.date() == today else wording.short_moment(start)
    verb = "is" if len(found.now) == 1 else "are"
    return f" !!{len(found.now)} of {found.known} nodes!! {verb} silent since {since}, so the counts are too low."


def _against(change: float, usual: Usual) -> str:
    difference = round(abs(change))
    if difference == 0 or difference < 0.05 * usual.value:
        return f", as on {usual.basis}"
    return f", **{wording.number(difference)} {'more' if change > 0 else 'fewer'}** than on {usual.basis}"
