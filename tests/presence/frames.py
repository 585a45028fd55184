"""A week of presence figures with the columns of `tt.presence`, made by arithmetic: same numbers every time."""

import datetime as dt
from math import exp, log, sin
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

ZONE = "Europe/Berlin"
MONDAY = dt.date(2026, 11, 9)
VISITORS = (58, 55, 61, 54, 57, 12, 8)
SEEN = (230, 224, 250, 214, 232, 105, 98)
NODES = {"a1": "Entrance", "a2": "Entrance", "b1": "Hall", "c1": "Canteen", "c2": "Canteen", "d1": "Workshop"}
GAP = tuple(dt.datetime(2026, 11, 12, hour, minute, tzinfo=ZoneInfo(ZONE)) for hour, minute in ((3, 15), (5, 30)))


def midnight(day: int) -> dt.datetime:
    """The start of the n-th local day, in UTC."""
    return dt.datetime.combine(MONDAY + dt.timedelta(days=day), dt.time(), tzinfo=ZoneInfo(ZONE)).astimezone(dt.UTC)


def days() -> pd.DataFrame:
    """Table presence_day of seven days, all kinds; the visitors split two to one."""
    return pd.DataFrame(
        [_day(n, kind, share) for n in range(7) for kind, share in (("all", 1), ("global", 1 / 3), ("local", 2 / 3))]
    )


def _day(n: int, kind: str, share: float) -> dict[str, Any]:
    visitors, seen = round(VISITORS[n] * share), round(SEEN[n] * share)
    return {
        "site": "71234",
        "day": midnight(n),
        "label": str(MONDAY + dt.timedelta(days=n)),
        "address_kind": kind,
        "seen": seen,
        "visitors": visitors,
        "passers_by": seen - visitors,
        "capture_rate": visitors / seen,
        "visits": round(visitors * 1.1),
        "dwell_median_s": 840.0 + 60 * (n % 3),
        "peak": round(visitors / 3),
        "node_share": 1.0 if n != 3 else 0.9,
        "late": n,
        "closed": True,
    }


def bins(days: int = 7) -> pd.DataFrame:
    """Occupancy in quarter hours: none at night, two humps by day, a gap in the night of Thursday."""
    table = []
    for step in range(days * 96):
        start = midnight(0) + dt.timedelta(minutes=15 * step)
        local = start.astimezone(ZoneInfo(ZONE))
        silent = GAP[0] <= local < GAP[1]
        hour = local.hour + local.minute / 60
        busy = (0.25 if local.weekday() > 4 else 1) * (
            exp(-((hour - 11) ** 2) / 5) + 0.8 * exp(-((hour - 15) ** 2) / 6)
        )
        wobble = 1 + 0.08 * sin(step * 1.7)
        for kind, most in (("global", 9), ("local", 19)):
            mean = None if silent else most * busy * wobble
            shown = mean is not None and (mean < 0.2 or mean >= 3)
            table.append(
                {
                    "site": "71234",
                    "address_kind": kind,
                    "start": start,
                    "end": start + dt.timedelta(minutes=15),
                    "devices": round(mean * 1.4) if shown and mean else 0 if shown else None,
                    "mean": mean if shown else None,
                    "peak": round(mean * 1.2) if shown and mean else 0 if shown else None,
                    "nodes": 0 if silent else 4 if 400 < step < 430 else 6,
                    "expected": 6,
                }
            )
    return pd.DataFrame(table).astype({"devices": "Int64", "peak": "Int64"})


def nodes(days: int = 7) -> pd.DataFrame:
    """The stretches of six nodes: all are cut by the gap, two once more."""
    cut = [moment.astimezone(dt.UTC) for moment in GAP]
    table = []
    for node, zone in NODES.items():
        stretches = [(midnight(0), cut[0]), (cut[1], midnight(days))] if days > 3 else [(midnight(0), midnight(days))]
        if zone == "Canteen" and days > 5:
            out = midnight(0) + dt.timedelta(minutes=15 * 401), midnight(0) + dt.timedelta(minutes=15 * 430)
            stretches = [stretches[0], (cut[1], out[0]), (out[1], midnight(days))]
        table += [
            {"site": "71234", "node_id": node, "name": node, "zone": zone, "start": a, "end": b} for a, b in stretches
        ]
    return pd.DataFrame(table)


def visits(n: int = 346) -> pd.DataFrame:
    """Closed visits whose lengths fall off like an exponential one, and two open ones."""
    lengths = [300 + 60 * 22 * -log((i + 0.5) / n) for i in range(n)]
    table = [
        {"device": f"{i:016x}", "entered_at": midnight(i % 7), "dwell_s": length, "class": "visitor", "open": i < 2}
        for i, length in enumerate(lengths)
    ]
    return pd.DataFrame(table)


def moves() -> pd.DataFrame:
    """Moves between four zones; the last one is of too few devices."""
    table = (
        ("Entrance", "Hall", 214), ("Entrance", "Canteen", 61), ("Entrance", "Workshop", 38),
        ("Hall", "Entrance", 172), ("Hall", "Canteen", 148), ("Hall", "Workshop", 55),
        ("Canteen", "Entrance", 49), ("Canteen", "Hall", 137), ("Canteen", "Workshop", 9),
        ("Workshop", "Entrance", 33), ("Workshop", "Hall", 58), ("Workshop", "Canteen", 3),
    )  # fmt: skip
    return pd.DataFrame([{"from_zone": a, "to_zone": b, "moves": n, "devices": n} for a, b, n in table])
