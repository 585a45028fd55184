"""The sources as wholes: sentence and tiles over all of them, their table, what a page rests on."""

from collections.abc import Mapping, Sequence
from typing import Any

from telltale import wording
from telltale.frames import local, rows
from telltale.health import claims
from telltale.health.words.devices import STATES, clock_tile, health_text, lines
from telltale.health.words.rejects import is_sound
from telltale.health.words.tiles import on_time_tile, received_tile
from telltale.page import said
from telltale.page.claims import About
from telltale.page.pieces import Table, Tile, Tiles
from telltale.page.said import Said, claimed, say
from telltale.wording import is_known


def health_sentence(attention: Any, health: Any, rejects: Any, about: About = claims.ABOUT) -> Said:
    """Who is silent, or that nobody is, and what could not be decoded.

    Args:
        attention: what is silent (`tt.health.attention`).
        health: each device (`tt.health.devices`).
        rejects: by source and reason (`tt.health.rejects`).
        about: the stretch.
    """
    text = health_text(attention, health, about)
    if not rejected(rejects):
        return text
    return say("{} **{}** could not be decoded.", text, said.count(rejected_claim(rejects, about), "row"))


def rejected(rejects: Any) -> int:
    """How many rows could not be decoded; a sound record that gave none is no such thing."""
    return sum(int(row["rejects"]) for row in _wrong(rejects))


def rejected_claim(rejects: Any, about: About) -> Any:
    """The same as a claim."""
    return claims.rejected(about, _wrong(rejects), rejected(rejects))


def _wrong(rejects: Any) -> list[dict[str, Any]]:
    return [row for row in lines(rejects) if not is_sound(row["reason"])]


def health_tiles(
    health: Any,
    sources: Any,
    rejects: Any,
    missing: Any,
    *,
    about: About = claims.ABOUT,
    days: About | None = None,
) -> Tiles:
    """Sources delivering, devices on time, messages received, rejects, clocks.

    Args:
        health: each device (`tt.health.devices`).
        sources: each source (`tt.health.sources_heard`).
        rejects: by source and reason (`tt.health.rejects`).
        missing: what was due (`tt.health.missing`).
        about: the stretch.
        days: that of `missing`.
    """
    reporting = sum(not row["rests"] for row in rows(health, "rests"))
    known = claims.devices(about, reporting, "devices_that_report", rests=False)
    return Tiles(
        (
            _sources_tile(lines(sources), about),
            on_time_tile(health, about=about),
            received_tile(missing, known=known, about=days or about),
            _rejects_tile(rejects, lines(sources), about),
            clock_tile(health, about),
        )
    )


def _sources_tile(sources: Sequence[Mapping[str, Any]], about: About) -> Tile:
    if not sources:
        return Tile("Sources delivering", "–", "", "nothing has been heard")
    silent = [one for one in sources if one["state"] == "silent"]
    rests = [one for one in sources if not one["reports"] and one not in silent]
    known = [one for one in sources if is_known(one["gap_s"])]
    gaps = claims.total(about, sources, "gap_s", call="health.sources_heard")
    note = say("without any device **{}**", said.duration(gaps)) if gaps.value else say("no silence of a whole source")
    if len(known) < len(sources):
        told = claims.sources(about, len(known), "sources_due", source=[one["source"] for one in known])
        whole = claims.sources(about, len(sources))
        of = say("{}, of {} of {}", note, said.number(told), said.number(whole))
        note = of if known else say("nothing tells how often a source is due")
    if silent or rests:
        words = [f"{one['title']} {'silent' if one in silent else 'not heard'}" for one in (*silent, *rests)]
        note = said.joined(words)
    delivering = [one["source"] for one in sources if one not in silent and one not in rests]
    count = said.number(claims.sources(about, len(delivering), "sources_delivering", source=delivering))
    of = say("of {}", said.number(claims.sources(about, len(sources))))
    return Tile("Sources delivering", count, of, note, state="alarm" if silent else "")


def _rejects_tile(rejects: Any, sources: Sequence[Mapping[str, Any]], about: About) -> Tile:
    wrong = _wrong(rejects)
    reports = claims.total(about, sources, "reports", call="health.sources_heard")
    note = say("most often {}", wrong[0]["reason"]) if wrong else say("of {}", said.count(reports, "message"))
    return Tile("Rows rejected", said.number(rejected_claim(rejects, about)), "", note)


def _gap(row: Mapping[str, Any], about: About) -> Said:
    """Zero where there was none, a dash where nothing tells."""
    if not is_known(row["gap_s"]):
        return say("–")
    told = claims.source(about, row, "gap_s")
    return said.duration(told) if row["gap_s"] else claimed(told, "0")


def sources_table(sources: Any, *, timezone: str = "UTC", about: About = claims.ABOUT) -> Table:
    """Every source: devices heard of known, messages, time without any of its devices, lost, late, rejects."""
    body = []
    for one in lines(sources):
        told = {name: said.number(claims.source(about, one, name)) for name in _COUNTS}
        newest = wording.short_moment(local(one["last_seen"], timezone))
        body.append(
            [
                one["title"],
                f"!!{STATES['silent']}!!" if one["state"] == "silent" else STATES[one["state"]],
                claimed(claims.source(about, one, "last_seen"), newest),
                say("{} of {}", told["heard"], told["devices"]) if one["heard"] < one["devices"] else told["devices"],
                told["reports"],
                _gap(one, about),
                told["missing"] if is_known(one["missing"]) else "–",
                told["late"],
                told["rejects"],
            ]
        )
    heads = ("Source", "State", "Newest", "Devices", "Messages", "Without any", "Lost", "Late", "Rejects")
    return Table(heads, body, right=(3, 4, 5, 6, 7, 8), wide=(2, 5, 6, 7))


_COUNTS = ("heard", "devices", "reports", "missing", "late", "rejects")
