"""The top and the foot of a presence page: the sentence, the tiles, the facts, from the same figures."""

from typing import TYPE_CHECKING, Any

from telltale import wording
from telltale.frames import local, rows
from telltale.health.words.silences import Reporting, reporting
from telltale.page.pieces import Footer, Sentence, Tile, Tiles
from telltale.presence.words.gaps import without_records
from telltale.presence.words.titles import change_of, comparable, of_all, visits_overall
from telltale.wording import is_known

if TYPE_CHECKING:
    from telltale.workbench.periods import Period


def presence_sentence(now: Any, before: Any, nodes: Any, bins: Any, period: "Period") -> Sentence:
    """What needs a look, else the headline figure; then what is missing.

    Args:
        now: summary of the period (`tt.presence.summary`).
        before: summary of the period before.
        nodes: when each node reported (`tt.presence.node_uptime`).
        bins: occupancy (`tt.presence.occupancy`).
        period: what `tt.period` gave.
    """
    row, found = of_all(now), reporting(nodes, period.now if period.running else None)
    name = row["name"] if row else ""
    if not found.known:
        text = "**No node reported** in this period, so nothing is known about visitors."
    else:
        text = visits_overall(now, before, period=period) + _missing(found, bins, nodes)
    return Sentence(text, f"{period.head} · {name}" if name else period.head)


def _missing(found: Reporting, bins: Any, nodes: Any) -> str:
    if found.now:
        since = wording.duration((found.now[0].end - found.now[0].start).total_seconds())
        verb = "has" if len(found.now) == 1 else "have"
        return (
            f" !!{len(found.now)} of {found.known} nodes!! {verb} been silent for {since}, so the counts are too low."
        )
    seconds = sum((end - start).total_seconds() for start, end in without_records(bins, nodes))
    if seconds >= 3600:
        return f" No node reported for **{wording.duration(seconds)}**, so the counts are too low."
    return ""


def presence_tiles(now: Any, before: Any, days: Any, nodes: Any, period: "Period") -> Tiles:
    """Visitors, median stay, visitors per 100 seen, peak, nodes reporting."""
    row = of_all(now) or dict.fromkeys(("visitors", "dwell_median_s", "dwell_p90_s", "capture_rate", "rotation"))
    earlier = comparable(before, period)
    table = [day for day in rows(days, *_DAY) if day["address_kind"] == "all"]
    table.sort(key=lambda day: day["day"])
    return Tiles(
        (
            _visitors(row, earlier, table, period),
            _stay(row, earlier, table),
            _capture(row, earlier, table, period),
            _peak(table, period),
            nodes_tile(reporting(nodes, period.now if period.running else None)),
        )
    )


_DAY = ("day", "address_kind", "visitors", "capture_rate", "dwell_median_s", "peak")


def _visitors(row: dict[str, Any], earlier: dict[str, Any], table: list[dict[str, Any]], period: "Period") -> Tile:
    change = change_of(row["visitors"], earlier.get("visitors"))
    note = "distinct devices" if period.days == 1 or row["rotation"] != "day" else "a device counts anew each day"
    if change is not None:
        note = f"**{wording.percent(change, signed=True)}** on {period.basis}"
    return Tile("Visitor devices", _count(row["visitors"]), "", note, _course(table, "visitors"))


def _stay(row: dict[str, Any], earlier: dict[str, Any], table: list[dict[str, Any]]) -> Tile:
    value, unit = value_and_unit(row["dwell_median_s"])
    parts = []
    if is_known(row["dwell_median_s"]) and is_known(earlier.get("dwell_median_s")):
        change = (row["dwell_median_s"] - earlier["dwell_median_s"]) / 60
        parts.append(f"**{wording.quantity(change, 'min', signed=True)}**")
    if is_known(row["dwell_p90_s"]):
        parts.append(f"p90 {wording.duration(row['dwell_p90_s'])}")
    return Tile("Median stay", value, unit, "; ".join(parts), _course(table, "dwell_median_s"))


def _capture(row: dict[str, Any], earlier: dict[str, Any], table: list[dict[str, Any]], period: "Period") -> Tile:
    rate, former = row["capture_rate"], earlier.get("capture_rate")
    note = "each device in its best class"
    if is_known(rate) and is_known(former) and former is not None:
        note = f"**{wording.number(100 * (rate - former), signed=True)}** on {period.basis}"
    value = wording.number(100 * rate) if is_known(rate) else "–"
    return Tile("Visitors per 100 seen", value, "", note, _course(table, "capture_rate"))


def _peak(table: list[dict[str, Any]], period: "Period") -> Tile:
    peaks = [(day["peak"], day["day"]) for day in table if is_known(day["peak"])]
    if not peaks:
        return Tile("Peak present", "–", "", "too few to say")
    most, day = max(peaks)
    when = wording.short_date(local(day, period.timezone))
    return Tile("Peak present", _count(most), "at once", when, _course(table, "peak"), bars=True)


def nodes_tile(found: Reporting) -> Tile:
    """How many nodes report, and who does not."""
    unit = f"of {found.known}"
    if found.now:
        names = wording.joined([silence.name for silence in found.now[:2]] + (["others"] if len(found.now) > 2 else []))
        lasting = wording.duration((found.now[0].end - found.now[0].start).total_seconds())
        return Tile("Nodes reporting", str(found.last), unit, f"{names} silent **{lasting}**", state="warning")
    if found.silences:
        longest = found.silences[0]
        lasting = wording.duration((longest.end - longest.start).total_seconds())
        return Tile("Nodes reporting", str(found.last), unit, f"longest silence **{lasting}**")
    return Tile("Nodes reporting", str(found.last), unit, "no silence of an hour")


def nodes_title(found: Reporting) -> str:
    """`All eight nodes report`, or how many do."""
    if found.now:
        return f"{wording.sentence_case(wording.in_words(found.last))} of {wording.in_words(found.known)} nodes report"
    return f"All {wording.in_words(found.known)} nodes report" if found.known else "No node reports"


def presence_footer(summary: Any, reports: Any, sources: Any, period: "Period") -> Footer:
    """What the page rests on: data until, records used and rejected, decoders, site.

    Args:
        summary: of the period.
        reports: how each node reported (`tt.health`): reports.
        sources: source, decoder and records (`tt.sources`); those without records are left out.
        period: what `tt.period` gave.
    """
    row = next(iter(rows(summary, "site", "name", "newest", "timezone", "rejected", "late", "flagged")), None)
    used = sum(int(node["reports"]) for node in rows(reports, "reports"))
    facts = {"Days": f"local days in {period.timezone}"}
    if row:
        newest = wording.full_moment(local(row["newest"], period.timezone)) if row["newest"] else "no record yet"
        site = f"{row['name']} ({row['site']})" if row["name"] != row["site"] else row["site"]
        facts = {"Site": site, "Data until": newest} | facts
        facts["Records"] = (
            f"{wording.number(used)} used, {_count(row['rejected'])} rows rejected, "
            f"{_count(row['flagged'])} with a wrong clock, {_count(row['late'])} late"
        )
    heard = [source for source in rows(sources, "source", "decoder", "records") if source["records"]]
    decoders = [f"{source['source']} {source['decoder']}" for source in heard]
    return Footer(facts | ({"Decoders": wording.joined(decoders)} if decoders else {}))


def _course(table: list[dict[str, Any]], name: str) -> list[float | None]:
    return [float(day[name]) if is_known(day[name]) else None for day in table][-31:]


def _count(value: float | None) -> str:
    return wording.number(value) if is_known(value) else "–"


def value_and_unit(seconds: float | None) -> tuple[str, str]:
    """A duration as a tile's number and unit: `14` and `min`; `1 h 5` and `min`; a dash where it is not known."""
    value, _, unit = (wording.duration(seconds) if is_known(seconds) else "–").rpartition(wording.NBSP)
    return (value, unit) if value else (unit, "")
