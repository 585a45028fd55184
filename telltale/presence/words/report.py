"""The top and the foot of a presence page: the sentence, the tiles, the facts, from the same figures."""

import datetime as dt
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from telltale import wording
from telltale.frames import local, rows
from telltale.health.words.silences import Reporting, Silence, reporting
from telltale.page import said
from telltale.page.claims import Claim
from telltale.page.pieces import Footer, Sentence, Tile, Tiles
from telltale.page.said import Said, say
from telltale.presence.claims import NO_CLAIMS, Claims
from telltale.presence.words.gaps import without_records
from telltale.presence.words.titles import RECORDED, change_of, comparable, lacks_days, of_all, visits_overall
from telltale.presence.words.today import who_is_silent
from telltale.wording import is_known

if TYPE_CHECKING:
    from telltale.workbench.periods import Period


def presence_sentence(
    now: Any,
    before: Any,
    nodes: Any,
    bins: Any,
    period: "Period",
    *,
    found: Reporting | None = None,
    claims: Claims = NO_CLAIMS,
) -> Sentence:
    """What needs a look, else the headline figure; then what is missing.

    Args:
        now: summary of the period (`tt.presence.summary`).
        before: summary of the period before.
        nodes: when each node reported (`tt.presence.node_uptime`).
        bins: occupancy (`tt.presence.occupancy`).
        period: what `tt.period` gave.
        found: how the nodes reported; None is as `nodes` tell it.
        claims: make the numbers claims.
    """
    row, found = of_all(now), found or reporting_of(nodes, period)
    name = row["name"] if row else ""
    if not found.known or (row and row["recorded_share"] == 0):
        text: str = "**No node reported** in this period, so nothing is known about visitors."
    else:
        missing_s = unrecorded_s(bins, nodes)
        is_lower = bool(missing_s or found.silences)
        text = visits_overall(now, before, period=period, at_least=is_lower, claims=claims)
        text += _missing(found, missing_s, claims, running=period.running is not None)
    return Sentence(text, f"{period.head} · {name}" if name else period.head)


def reporting_of(nodes: Any, period: "Period") -> Reporting:
    """Which nodes reported until the period ended, or until now; where all fell silent before, all are silent."""
    end = dt.datetime.combine(period.last + dt.timedelta(days=1), dt.time(), ZoneInfo(period.timezone))
    return reporting(nodes, min(end, period.now))


def unrecorded_s(bins: Any, nodes: Any) -> float:
    """Seconds in which no node reported."""
    return float(sum((end - start).total_seconds() for start, end in without_records(bins, nodes)))


def _missing(found: Reporting, missing_s: float, claims: Claims, *, running: bool) -> Said:
    if found.now:
        longest = found.now[0]
        lasting = said.duration(claims.silence(longest.name, (longest.end - longest.start).total_seconds()))
        which = who_is_silent(found, claims)
        if running:
            verb = "has" if len(found.now) == 1 else "have"
            return say(" {} {} been silent for {}, so the counts are too low.", which, verb, lasting)
        verb = "was" if len(found.now) == 1 else "were"
        return say(" {} {} silent for its last {}, so the counts are too low.", which, verb, lasting)
    if missing_s:
        gap = said.duration(claims.missing(missing_s))
        return say(" No node reported for **{}**, so the counts are too low.", gap)
    return Said()


def presence_tiles(
    now: Any,
    before: Any,
    days: Any,
    found: Reporting,
    period: "Period",
    *,
    at_least: bool = False,
    claims: Claims = NO_CLAIMS,
) -> Tiles:
    """Visitors, median stay, visitors per 100 seen, peak, nodes reporting.

    Args:
        now: summary of the period.
        before: summary of the period before.
        days: figures of its days.
        found: how the nodes reported.
        period: what all is of.
        at_least: some of the period is not recorded.
        claims: make the numbers claims.
    """
    row = of_all(now) or dict.fromkeys((*_ROW, "rotation"))
    earlier = comparable(before, period, row)
    table = [day for day in rows(days, *_DAY, optional=("node_share",)) if day["address_kind"] == "all"]
    table.sort(key=lambda day: day["day"])
    since = dt.datetime.combine(period.first, dt.time(), ZoneInfo(period.timezone))
    return Tiles(
        (
            _visitors(row, earlier, table, (period, claims), at_least=at_least or lacks_days(row)),
            _stay(row, earlier, table, claims),
            _capture(row, earlier, table, (period, claims)),
            _peak(table, period, claims),
            nodes_tile(found, since=since, claims=claims),
        )
    )


_ROW = ("visitors", "dwell_median_s", "dwell_p90_s", "capture_rate", "recorded_share")
_DAY = ("day", "address_kind", "visitors", "capture_rate", "dwell_median_s", "peak")


def _visitors(
    row: dict[str, Any],
    earlier: dict[str, Any],
    table: list[dict[str, Any]],
    of: "tuple[Period, Claims]",
    *,
    at_least: bool,
) -> Tile:
    period, claims = of
    change = change_of(row["visitors"], earlier.get("visitors"))
    note: str = "distinct devices" if period.days == 1 or row["rotation"] != "day" else "a device counts anew each day"
    if change is not None:
        note = say(
            "**{}** on {}", said.percent(claims.compared("visitors", "change", change), signed=True), period.basis
        )
    if not is_known(row["visitors"]):
        note = "withheld, as small counts are" if row["recorded_share"] else "no node reported"
    value = _count(claims.summary("visitors", row["visitors"]))
    least = "≥ " if at_least and row["visitors"] else ""
    return Tile("Visitor devices", say("{}{}", least, value), "", note, _course(table, "visitors"))


def _stay(row: dict[str, Any], earlier: dict[str, Any], table: list[dict[str, Any]], claims: Claims) -> Tile:
    length_s, before_s, longest_s = row["dwell_median_s"], earlier.get("dwell_median_s"), row["dwell_p90_s"]
    value, unit = value_and_unit(claims.summary("dwell_median_s", length_s, "s"))
    parts: list[str] = []
    if is_known(length_s) and is_known(before_s):
        change = claims.compared("dwell_median_s", "difference", length_s - before_s, "s")
        parts.append(
            say("**{}**", said.claimed(change, wording.quantity((length_s - before_s) / 60, "min", signed=True)))
        )
    if is_known(longest_s):
        parts.append(say("p90 {}", said.duration(claims.summary("dwell_p90_s", longest_s, "s"))))
    return Tile("Median stay", value, unit, said.together(parts, "; "), _course(table, "dwell_median_s"))


def _capture(
    row: dict[str, Any], earlier: dict[str, Any], table: list[dict[str, Any]], of: "tuple[Period, Claims]"
) -> Tile:
    period, claims = of
    rate, former = row["capture_rate"], earlier.get("capture_rate")
    note: str = "each device in its best class"
    if is_known(rate) and is_known(former) and former is not None:
        change = claims.compared("capture_rate", "difference", rate - former)
        note = say(
            "**{}** on {}", said.claimed(change, wording.number(100 * (rate - former), signed=True)), period.basis
        )
    value = per_hundred(claims.summary("capture_rate", rate))
    return Tile("Visitors per 100 seen", value, "", note, _course(table, "capture_rate"))


def per_hundred(claim: Claim) -> Said:
    """A share as a number of a hundred; a dash where it is not known."""
    rate = claim.value
    return said.claimed(claim, wording.number(100 * rate) if isinstance(rate, float) and is_known(rate) else "–")


def _peak(table: list[dict[str, Any]], period: "Period", claims: Claims) -> Tile:
    peaks = [(day["peak"], day["day"]) for day in table if is_known(day["peak"])]
    if not peaks:
        recorded = any(day["node_share"] is None or day["node_share"] for day in table)
        return Tile("Peak present", "–", "", "too few to say" if recorded else "no node reported")
    most, day = max(peaks)
    when = wording.short_date(local(day, period.timezone))
    partly = sum(day["node_share"] is not None and day["node_share"] < RECORDED for day in table)
    note = f"{when}; {wording.count(partly, 'day')} recorded in part" if partly else when
    labels = [local(one["day"], period.timezone).date().isoformat() for one in table]
    value = _count(claims.days(labels, "peak", most, how="max"))
    return Tile("Peak present", value, "at once", note, _course(table, "peak"), bars=True)


def nodes_tile(found: Reporting, *, since: dt.datetime | None = None, claims: Claims = NO_CLAIMS) -> Tile:
    """How many nodes report, and who does not.

    Args:
        found: how they reported.
        since: beginning of the period: one that is silent since then has been so for longer.
        claims: make the numbers claims.
    """

    def lasting(silence: Silence) -> Said:
        least = "≥ " if since is not None and silence.start <= since else ""
        seconds = claims.silence(silence.name, (silence.end - silence.start).total_seconds())
        return say("{}{}", least, said.duration(seconds))

    if not found.known:
        return Tile("Nodes reporting", "–", "", "no node has reported")
    unit = say("of {}", said.number(claims.nodes("nodes", found.known)))
    value = said.number(claims.nodes("nodes_reporting", found.last, reports=True))
    if found.now:
        names = wording.joined([silence.name for silence in found.now[:2]] + (["others"] if len(found.now) > 2 else []))
        return Tile(
            "Nodes reporting", value, unit, say("{} silent **{}**", names, lasting(found.now[0])), state="warning"
        )
    if found.silences:
        return Tile("Nodes reporting", value, unit, say("longest silence **{}**", lasting(found.silences[0])))
    return Tile("Nodes reporting", value, unit, "no silence of an hour")


def nodes_title(found: Reporting, claims: Claims = NO_CLAIMS) -> Said:
    """`All eight nodes report`, or how many do."""
    if not found.last:
        return say("No node reports")
    if found.last < found.known:
        verb = "reports" if found.last == 1 else "report"
        last, known = claims.nodes("nodes_reporting", found.last, reports=True), claims.nodes("nodes", found.known)
        return said.sentence_case(say("{} of {} nodes {}", said.in_words(last), said.in_words(known), verb))
    return said.sentence_case(all_report(found.known, claims, words=True))


def all_report(known: int, claims: Claims = NO_CLAIMS, *, words: bool = False) -> Said:
    """`all 8 nodes report`, `both nodes report`, `the one node reports`."""
    claim = claims.nodes("nodes", known)
    if known == 1:
        return say("the {} node reports", said.claimed(claim, "one"))
    if known == 2:
        return say("{} nodes report", said.claimed(claim, "both"))
    return say("all {} nodes report", said.in_words(claim) if words else said.number(claim))


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
            f"{wording.number(used)} used, {_plain(row['rejected'])} rows rejected, "
            f"{_plain(row['flagged'])} with a wrong clock, {_plain(row['late'])} late"
        )
    heard = [source for source in rows(sources, "source", "decoder", "records") if source["records"]]
    decoders = [f"{source['source']} {source['decoder']}" for source in heard]
    return Footer(facts | ({"Decoders": wording.joined(decoders)} if decoders else {}))


def _course(table: list[dict[str, Any]], name: str) -> list[float | None]:
    return [float(day[name]) if is_known(day[name]) else None for day in table][-31:]


def _count(claim: Claim) -> Said:
    value = claim.value
    return said.number(claim) if isinstance(value, int | float) and is_known(value) else said.claimed(claim, "–")


def value_and_unit(claim: Claim) -> tuple[Said, str]:
    """A duration as a tile's number and unit: `14` and `min`; `1 h 5` and `min`; a dash where it is not known."""
    seconds = claim.value if isinstance(claim.value, int | float) and is_known(claim.value) else None
    value, _, unit = ("–" if seconds is None else wording.duration(seconds)).rpartition(wording.NBSP)
    return (said.claimed(claim, value), unit) if value else (said.claimed(claim, unit), "")


def _plain(value: float | None) -> str:
    return wording.number(value) if is_known(value) else "–"
