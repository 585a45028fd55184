"""Is every device heard as it should be: who is silent or late, in sentences, tiles and a table."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Literal
from urllib.parse import quote

from telltale import wording
from telltale.frames import arrow, local, rows
from telltale.health import claims
from telltale.page import said
from telltale.page.attention import Notice, since
from telltale.page.claims import PROJECT, About
from telltale.page.lists import Concern
from telltale.page.pieces import Footer, Table, Tile
from telltale.page.said import Said, claimed, say
from telltale.wording import is_known

STATES = {
    "on_time": "on time",
    "late": "late",
    "silent": "silent",
    "unheard": "never heard",
    "unknown": "too few to say",
}
CLOCK_S = 60.0
"""A clock this far off shifts what it stamps."""


def health_text(attention: Any, health: Any, about: About = claims.ABOUT) -> Said:
    """`All **ten devices** of **two sources** are heard as they should be.`, or who is silent.

    Args:
        attention: what is silent (`tt.health.attention`).
        health: each device (`tt.health.devices`).
        about: the stretch.
    """
    table, silent = rows(health, "source", "state"), lines(attention)
    if not table:
        return say("**Nothing has been heard** yet.")
    rest = _never(table, about) + _unknown(table, about)
    if not silent:
        return _nobody_silent(table, about) + rest
    phrases = [_phrase(line, health, about) for line in silent[:3]]
    more = Said()
    if len(silent) > 3:
        left = about.claim(PROJECT, "silences", len(silent), call="health.attention", how="count")
        more = say(" These are three of {} silences.", said.number(left))
    return say("{}.{}{}", said.sentence_case(said.joined(phrases)), more, rest)


def _nobody_silent(table: Sequence[Mapping[str, Any]], about: About) -> Said:
    """What is said of the devices whose interval is known, where none of them is silent."""
    states = [row["state"] for row in table]
    devices, judged = len(states), sum(state in ("on_time", "late") for state in states)
    names = sorted({row["source"] for row in table if row["source"]})
    of = Said()
    if len(names) > 1:
        of = say("of **{}** ", said.count(claims.sources_of_devices(about, names), "source"))
    late = states.count("late")
    told = Said()
    if late:
        count = claims.devices(about, late, "devices_late", state="late")
        told = say(", {} {} late", said.in_words(count), "is" if late == 1 else "are")
    whole = claims.devices(about, devices)
    if judged == devices and not late:
        if devices == 1:
            return say("The **{} device** is heard as it should be.", said.in_words(whole))
        return say("All **{}** {}are heard as they should be.", said.count(whole, "device"), of)
    if not judged:
        text = "**Nothing tells yet** how often a device reports." if "unknown" in states else "No device was heard."
        return say("{}", text)
    if devices == 1:
        return say("The **{} device** is late.", said.in_words(whole))
    known = "" if judged == devices or "unknown" not in states else ", as far as intervals are known"
    return say("No device {}is silent{}{}.", of, told, known)


def _never(table: Sequence[Mapping[str, Any]], about: About) -> Said:
    never = sum(row["state"] == "unheard" for row in table)
    if not never:
        return Said()
    count = said.count(claims.devices(about, never, "devices_never_heard", state="unheard"), "listed device")
    return say(" **{}** {} never been heard.", count, "has" if never == 1 else "have")


def _unknown(table: Sequence[Mapping[str, Any]], about: About) -> Said:
    unknown = sum(row["state"] == "unknown" for row in table)
    if not unknown:
        return Said()
    count = said.count(claims.devices(about, unknown, "devices_unknown", state="unknown"), "device")
    return say(" Of **{}** too few messages came to say how often one is due.", count)


def _phrase(one: Mapping[str, Any], health: Any, about: About) -> Said:
    name, title = name_of(one, health), one["title"]
    lasting = said.duration(claims.silence(about, one, name=name))
    if one["kind"] == "source":
        count = said.in_words(claims.silence(about, one, "devices"))
        return say("!!{}!! has been silent for !!{}!!, with all {} devices", title, lasting, count)
    if one["kind"] == "devices":
        silent, known = (said.number(claims.silence(about, one, column)) for column in ("devices", "of_devices"))
        return say("!!{} of {} devices!! of {} are silent, one for **{}**", silent, known, title, lasting)
    return say("!!{}!! has been silent for !!{}!!", wording.sentence_case(name), lasting)


def lines(table: Any) -> list[dict[str, Any]]:
    """The rows of a table of `tt.health`, all their columns; a list is taken as it is."""
    return list(table) if isinstance(table, Sequence) else rows(table, *arrow(table).column_names)


def name_of(one: Mapping[str, Any], health: Any) -> str:
    """The name of the device a line is about; its id without one."""
    names = {row["device_id"]: row["name"] for row in rows(health, "device_id", "name")}
    return str(names.get(one["device_id"], one["device_id"]))


def silent_devices(
    attention: Any, health: Any, *, now: dt.datetime, pages: Mapping[str, str], about: About = claims.ABOUT
) -> list[Notice]:
    """A line each for what is silent, for the list of what needs a look.

    Args:
        attention: what is silent (`tt.health.attention`).
        health: each device (`tt.health.devices`).
        now: the present on the site's clock.
        pages: the page of each source.
        about: the stretch.
    """
    notices = []
    for line in lines(attention):
        start = local(line["since"], str(now.tzinfo))
        title, page = line["title"], pages.get(line["source"], "health")
        name = name_of(line, health)
        count = said.number(claims.silence(about, line, "devices"))
        what, evidence, likely = (
            say("{} is silent", name),
            say("no message for {}", said.duration(claims.silence(about, line, name=name))),
            "battery or reception",
        )
        if line["kind"] == "source":
            what, evidence = say("{} is silent", title), say("all {} devices", count)
            likely = "sender, network or collector"
        elif line["kind"] == "devices":
            known = said.number(claims.silence(about, line, "of_devices"))
            what, likely = say("{} of {} devices silent", count, known), "reception, gateway or power"
            evidence = say("{}", title)
        level: Literal["alarm", "warning"] = "alarm" if line["kind"] == "source" else "warning"
        when = claimed(claims.silence(about, line, "since", name=name), since(start, now))
        concern = Concern(level, what, evidence, when, likely, page, _choice(line, page))
        notices.append(Notice(concern, _phrase(line, health, about), start))
    return notices


def _choice(line: Mapping[str, Any], page: str) -> str:
    """What the page is to show: of sensors the silent one, where it is a single one."""
    is_single = page == "sensors" and line["kind"] not in ("source", "devices") and line["device_id"]
    return f"device={quote(line['device_id'].replace(':', '-', 1))}" if is_single else ""


def clock_tile(health: Any, about: About = claims.ABOUT) -> Tile:
    """The clock that is furthest off; of a network that stamps itself, how late its messages are."""
    table = [
        row for row in rows(health, *_NAMED, "clock_offset_s", optional=("site",)) if is_known(row["clock_offset_s"])
    ]
    if not table:
        return Tile("Largest clock offset", "–", "", "no message to compare")
    row = max(table, key=lambda row: (abs(row["clock_offset_s"]), row["name"]))
    worst = abs(row["clock_offset_s"])
    value, _, unit = wording.duration(worst).rpartition(wording.NBSP)
    number = claimed(claims.device(about, row, "clock_offset_s"), value)
    if worst < CLOCK_S:
        return Tile("Largest clock offset", number, unit, "all within a minute")
    return Tile("Largest clock offset", number, unit, row["name"], state="warning")


def devices_table(health: Any, *, timezone: str = "UTC", about: About = claims.ABOUT) -> Table:
    """Every device: state, newest, messages, interval, longest gap, lost, how well it is heard, clock."""
    table = rows(health, *_DEVICE, optional=("site",))
    now = max((local(row["last_seen"], timezone) for row in table if row["last_seen"]), default=None)
    body = [
        [
            row["name"],
            STATES[row["state"]] if row["state"] != "silent" else f"!!{STATES['silent']}!!",
            claimed(
                claims.device(about, row, "last_seen"), wording.dated_moment(local(row["last_seen"], timezone), now)
            )
            if row["last_seen"] and now
            else "–",
            said.number(claims.device(about, row, "reports")),
            _duration(row, "interval_s", about) + ("" if row["is_given"] or not is_known(row["interval_s"]) else " *"),
            _duration(row, "longest_gap_s", about),
            _lost(row, about),
            _link(row, about),
            said.quantity(claims.device(about, row, "clock_offset_s"), signed=True)
            if is_known(row["clock_offset_s"])
            else "–",
        ]
        for row in table
    ]
    heads = ("Device", "State", "Newest", "Messages", "Interval", "Longest gap", "Lost", "Link", "Clock behind ours")
    return Table(heads, body, right=(3, 4, 5, 6, 7, 8), wide=(2, 4, 5, 7, 8))


_NAMED = ("source", "device_id", "name", "reports")
_DEVICE = (
    *(*_NAMED, "state", "last_seen", "interval_s", "is_given", "longest_gap_s", "missing", "missing_share"),
    *("resets", "rssi_dbm", "weak_share", "clock_offset_s"),
)


def _duration(row: Mapping[str, Any], column: str, about: About) -> Said:
    return said.duration(claims.device(about, row, column)) if is_known(row[column]) else say("–")


def _lost(row: Mapping[str, Any], about: About) -> Said:
    """Numbers left out of the device's count, and their share of all it sent; its count may have begun again."""
    if not is_known(row["missing"]):
        return say("–")
    share = Said()
    if row["missing"] and is_known(row["missing_share"]):
        share = say(" ({})", said.percent(claims.device(about, row, "missing_share")))
    return say("{}{}{}", said.number(claims.device(about, row, "missing")), share, " + reset" if row["resets"] else "")


def _link(row: Mapping[str, Any], about: About) -> Said:
    """The median of how strongly it is heard, and how often the network called it weak."""
    strength = said.quantity(claims.device(about, row, "rssi_dbm")) if is_known(row["rssi_dbm"]) else ""
    weak = ""
    if is_known(row["weak_share"]) and row["weak_share"]:
        weak = say("{} weak", said.percent(claims.device(about, row, "weak_share")))
    return said.together([strength, weak], ", ") or say("–")


def devices_title(health: Any, about: About = claims.ABOUT) -> Said:
    """`Nine of ten devices are on time`."""
    states = [row["state"] for row in rows(health, "state")]
    if not states:
        return say("Devices by their messages")
    on_time, unknown = states.count("on_time"), states.count("unknown")
    whole = said.in_words(claims.devices(about, len(states)))
    if unknown == len(states):
        return say("Too few messages came to say how often a device is due")
    if on_time == len(states):
        return say("The device is on time") if len(states) == 1 else say("All {} devices are on time", whole)
    if len(states) == 1:
        return say("The device is not on time")
    told = claims.devices(about, on_time, "devices_on_time", state="on_time")
    count = said.in_words(told) if on_time else claimed(told, "none")
    title = said.sentence_case(say("{} of {} devices {} on time", count, whole, "is" if on_time < 2 else "are"))
    if not unknown:
        return title
    few = said.in_words(claims.devices(about, unknown, "devices_unknown", state="unknown"))
    return title + say(", of {} too few messages came to say", few)


def interval_note(health: Any) -> str:
    """What the star beside an interval means, and why others have none."""
    learned = any(not row["is_given"] and is_known(row["interval_s"]) for row in rows(health, "is_given", "interval_s"))
    text = "* learned: the median of its own messages. devices.csv may say expected_interval_s." if learned else ""
    if "unknown" in [row["state"] for row in rows(health, "state")]:
        text += " An interval is learned from eleven messages at least."
    return text.strip()


def records_footer(
    facts: Mapping[str, str], sources: Any, *, heard: Any, timezone: str, about: About = claims.ABOUT
) -> Footer:
    """What a page on devices rests on: data until, messages used and rejected, decoders.

    Args:
        facts: more, shown first.
        sources: source, decoder, records (`tt.sources`).
        heard: each source as a whole (`tt.health.sources_heard`).
        timezone: of the site.
        about: the stretch.
    """
    wholes = lines(heard)
    newest = max((one["last_seen"] for one in wholes), default=None)
    used, rejects = (
        said.number(claims.total(about, wholes, name, call="health.sources_heard")) for name in ("reports", "rejects")
    )
    told = {one["source"] for one in wholes}
    decoders = [
        f"{row['source']} {row['decoder']}" for row in rows(sources, "source", "decoder") if row["source"] in told
    ]
    return Footer(
        {
            **facts,
            "Data until": wording.full_moment(local(newest, timezone)) if newest else "no record yet",
            "Days": f"local days in {timezone}",
            "Records": say("{} messages, each counted once; {} rows rejected", used, rejects),
            "Decoders": wording.joined(decoders) or "none used",
        }
    )
