"""The calls behind numbers of pages that are no row of a table: changes, shares, nodes that report, gaps, sites.

Each asks what a page asks (`tt.presence.answers`), so that its rows give the very numbers the page says; like a page
they withhold small counts.
"""

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from telltale.presence.answers import Answers, answers
from telltale.presence.words.gaps import without_records
from telltale.presence.words.lengths import BANDS
from telltale.presence.words.titles import change_of, comparable, of_all, total_of_days
from telltale.wording import is_known
from telltale.workbench.here import here
from telltale.workbench.project import Project
from telltale.workbench.tidy import tidy
from telltale.workbench.times import SECOND

if TYPE_CHECKING:
    import pandas as pd

_MOMENT = pa.timestamp("us", tz="UTC")
COMPARED = pa.schema(
    [
        ("measure", pa.string()),
        *((name, pa.float64()) for name in ("value", "before", "difference", "change")),
        ("days", pa.int64()),
        ("basis", pa.string()),
    ]
)
LENGTHS = pa.schema(
    [
        ("part", pa.string()),
        *((name, pa.int64()) for name in ("from_min", "to_min", "visits")),
        *((name, pa.float64()) for name in ("share", "median_s")),
    ]
)
EVERY = "*"
"""Every site that has ever reported."""
NODES = pa.schema(
    [
        *((name, pa.string()) for name in ("site", "node_id", "name")),
        ("reports", pa.bool_()),
        ("silent_s", pa.float64()),
        ("silent_since", _MOMENT),
    ]
)
GAPS = pa.schema([("start", _MOMENT), ("end", _MOMENT), ("gap_s", pa.float64())])
SITES = pa.schema(
    [
        *((name, pa.string()) for name in ("site", "name")),
        *((name, _MOMENT) for name in ("first_seen", "last_seen")),
        ("silent_s", pa.float64()),
    ]
)


def compared(
    period: str = "7d",
    site: str = "",
    *,
    addresses: str = "all",
    looks_back: bool = False,
    project: Project | None = None,
) -> "pd.DataFrame":
    """What a page compares: of a running day with a usual one by this hour, else with the stretch before.

    Columns: measure (visitors, visits, dwell_median_s, capture_rate, visitors_by_day), value, before, difference,
    change (relative; null where the base is too small), days (of the base), basis. A measure that is compared with
    nothing, because either stretch is recorded in part or withheld, is no row.

    Args:
        period: as `tt.presence.answers` takes it.
        site: network id; empty is the only one.
        addresses: all, local or global.
        looks_back: a period of one running day is compared with a usual one, as a dashboard does.
        project: another project than the one found from here.
    """
    found = answers(period, site, addresses=addresses, looks_back=looks_back, project=project)
    return tidy(pa.Table.from_pylist(compared_rows(found), COMPARED))


def compared_rows(found: Answers) -> list[dict[str, Any]]:
    """The rows of `compared`."""
    if found.is_today:
        usual = found.usual
        if usual is None:
            return []
        return [_row("visitors", found.counted, usual.value, usual.days, usual.basis)]
    now, when = of_all(found.summary) or {}, found.when
    before = comparable(found.before, when, now)
    pairs = {
        name: (now.get(name), before.get(name)) for name in ("visits", "visitors", "dwell_median_s", "capture_rate")
    }
    if found.days_before is not None:
        pairs["visitors_by_day"] = total_of_days(found.days), total_of_days(found.days_before)
    return [
        _row(name, value, base, when.days, when.basis)
        for name, (value, base) in pairs.items()
        if is_known(value) and is_known(base)
    ]


def _row(measure: str, value: float | None, before: float | None, days: int, basis: str) -> dict[str, Any]:
    if value is None or before is None:
        return {"measure": measure}
    return {
        "measure": measure,
        "value": float(value),
        "before": float(before),
        "difference": float(value) - float(before),
        "change": change_of(value, before),
        "days": days,
        "basis": basis,
    }


def lengths_of_stay(
    period: str = "7d",
    site: str = "",
    *,
    addresses: str = "all",
    looks_back: bool = False,
    project: Project | None = None,
) -> "pd.DataFrame":
    """Closed visits by length as a page tells them.

    Columns: part (bar, band, ended, open), from_min, to_min, visits, share, median_s. A null is withheld. Args as of
    `compared`.
    """
    found = answers(period, site, addresses=addresses, looks_back=looks_back, project=project).lengths
    rows = [
        {"part": "bar", "from_min": bar.low, "to_min": bar.high, "visits": bar.visits, "share": found.share(bar.visits)}
        for bar in found.bars
    ]
    rows += [
        {"part": "band", "from_min": low, "to_min": high, "visits": visits, "share": found.share(visits)}
        for (low, high, _), visits in zip(BANDS, found.bands, strict=True)
    ]
    ended = {"part": "ended", "visits": found.ended, "median_s": found.median_s}
    rows += [ended, {"part": "open", "visits": found.open}]
    return tidy(pa.Table.from_pylist(rows, LENGTHS))


def node_states(period: str = "1d", site: str = "", *, project: Project | None = None) -> "pd.DataFrame":
    """The nodes of a site that are known or listed, and whether each reported until the end of the period.

    Columns: site, node_id (empty: listed, not heard for a week), name, reports, silent_s (the longest silence of an
    hour or more), silent_since. `site="*"` is every site; other args as of `compared`.
    """
    project = project or here()
    with project.at_one_moment() as view:
        of = view.sites() if site == EVERY else [site]
        rows = [row for name in of for row in _nodes_of(answers(period, name, project=project))]
    return tidy(pa.Table.from_pylist(rows, NODES))


def _nodes_of(found: Answers) -> list[dict[str, Any]]:
    silences = {silence.name: silence for silence in found.reporting.silences}
    away = {silence.name for silence in found.reporting.now}
    nodes = {row["node_id"]: row["name"] or row["node_id"] for row in found.nodes.to_pylist()}
    return [
        {
            "site": found.when.site,
            "node_id": node_id,
            "name": name,
            "reports": name not in away,
            "silent_s": (silences[name].end - silences[name].start).total_seconds() if name in silences else None,
            "silent_since": silences[name].start if name in silences else None,
        }
        for node_id, name in [*nodes.items(), *(("", name) for name in found.unheard)]
    ]


def gaps(period: str = "7d", site: str = "", *, project: Project | None = None) -> "pd.DataFrame":
    """The stretches of a period in which no node reported: start, end, gap_s. Args as of `compared`."""
    found = answers(period, site, project=project)
    spans = without_records(found.bins, found.nodes)
    rows = [{"start": start, "end": end, "gap_s": (end - start).total_seconds()} for start, end in spans]
    return tidy(pa.Table.from_pylist(rows, GAPS))


def sites(*, project: Project | None = None) -> "pd.DataFrame":
    """The sites that have ever reported: site, name, first_seen, last_seen (UTC), silent_s until now."""
    project = project or here()
    with project.at_one_moment() as view:
        rows = [
            {
                "site": site,
                "name": project.site(site).name,
                "first_seen": view.first_us(site),
                "last_seen": view.last_us(site),
                "silent_s": (view.now_us - view.last_us(site)) / SECOND,
            }
            for site in view.sites()
        ]
    return tidy(pa.Table.from_pylist(rows, SITES))
