"""Is every device heard as it should be: who is silent or late, in sentences, tiles and a table."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from telltale import wording
from telltale.frames import arrow, local, rows
from telltale.page.attention import Notice, since
from telltale.page.lists import Concern
from telltale.page.pieces import Footer, Table, Tile
from telltale.wording import is_known

STATES = {
    "on_time": "on time",
    "late": "late",
    "silent": "silent",
    "unheard": "never heard",
    "unknown": "heard once",
}
CLOCK_S = 60.0
"""A clock this far off shifts what it stamps."""


def health_text(attention: Any, health: Any) -> str:
    """`All **ten devices** of **two sources** are heard as they should be.`, or who is silent.

    Args:
        attention: what is silent (`tt.health.attention`).
        health: each device (`tt.health.devices`).
    """
    table, silent = rows(health, "source", "state"), lines(attention)
    if not table:
        return "**Nothing has been heard** yet."
    devices, sources = len(table), len({row["source"] for row in table})
    never = sum(row["state"] == "unheard" for row in table)
    rest = (
        f" **{wording.count(never, 'listed device')}** {'has' if never == 1 else 'have'} never been heard."
        if never
        else ""
    )
    of = f"of **{wording.count(sources, 'source')}** " if sources > 1 else ""
    if not silent:
        late = sum(row["state"] == "late" for row in table)
        told = f", {wording.in_words(late)} {'is' if late == 1 else 'are'} late" if late else ""
        if devices == 1:
            return f"The **one device** is heard as it should be{told}.{rest}"
        all_of = "All" if not never and not late else "No"
        if all_of == "All":
            return f"All **{wording.count(devices, 'device')}** {of}are heard as they should be."
        return f"No device {of}is silent{told}.{rest}"
    phrases = [_phrase(line, health) for line in silent[:3]]
    more = f" {wording.sentence_case(wording.in_words(len(silent) - 3))} more are." if len(silent) > 3 else ""
    return f"{wording.sentence_case(wording.joined(phrases))}.{more}{rest}"


def _phrase(one: Mapping[str, Any], health: Any) -> str:
    lasting, title = wording.duration(one["silent_s"]), one["title"]
    if one["kind"] == "source":
        return f"!!{title}!! has been silent for !!{lasting}!!, with all {wording.in_words(one['devices'])} devices"
    if one["kind"] == "devices":
        return f"!!{one['devices']} of {one['of_devices']} devices!! of {title} are silent, one for **{lasting}**"
    return f"!!{wording.sentence_case(name_of(one, health))}!! has been silent for !!{lasting}!!"


def lines(table: Any) -> list[dict[str, Any]]:
    """The rows of a table of `tt.health`, all their columns; a list is taken as it is."""
    return list(table) if isinstance(table, Sequence) else rows(table, *arrow(table).column_names)


def name_of(one: Mapping[str, Any], health: Any) -> str:
    """The name of the device a line is about; its id without one."""
    names = {row["device_id"]: row["name"] for row in rows(health, "device_id", "name")}
    return str(names.get(one["device_id"], one["device_id"]))


def silent_devices(
    attention: Any, health: Any, *, now: dt.datetime,
    pages: Mapping[str, str],
) -> list[Notice]:  # fmt: skip
    """A line each for what is silent, for the list of what needs a look.

    Args:
        attention: what is silent (`tt.health.attention`).
        health: each device (`tt.health.devices`).
        now: the present on the site's clock.
        pages: the page of each source.
    """
    notices = []
    for line in lines(attention):
        start = local(line["since"], str(now.tzinfo))
        title, page = line["title"], pages.get(line["source"], "health")
        lasting = wording.duration(line["silent_s"])
        if line["kind"] == "source":
            what, evidence, likely = (
                f"{title} is silent",
                f"all {line['devices']} devices",
                "sender, network or collector",
            )
        elif line["kind"] == "devices":
            what, likely = f"{line['devices']} of {line['of_devices']} devices silent", "reception, gateway or power"
            evidence = title
        else:
            what, evidence, likely = (
                f"{name_of(line, health)} is silent",
                f"no message for {lasting}",
                "battery or reception",
            )
        level: Literal["alarm", "warning"] = "alarm" if line["kind"] == "source" else "warning"
        concern = Concern(level, what, evidence, since(start, now), likely, page)
        notices.append(Notice(concern, _phrase(line, health), start))
    return notices


def clock_tile(health: Any) -> Tile:
    """The clock that is furthest off; of a network that stamps itself, how late its messages are."""
    offsets = [
        (abs(row["clock_offset_s"]), row["name"])
        for row in rows(health, "name", "clock_offset_s")
        if is_known(row["clock_offset_s"])
    ]
    if not offsets:
        return Tile("Largest clock offset", "–", "", "no message to compare")
    worst, name = max(offsets)
    value, _, unit = wording.duration(worst).rpartition(wording.NBSP)
    if worst < CLOCK_S:
        return Tile("Largest clock offset", value, unit, "all within a minute")
    return Tile("Largest clock offset", value, unit, name, state="warning")


def devices_table(health: Any, *, timezone: str = "UTC") -> Table:
    """Every device: state, newest, messages, interval, longest gap, lost, how well it is heard, clock."""
    body = [
        [
            row["name"],
            STATES[row["state"]] if row["state"] != "silent" else f"!!{STATES['silent']}!!",
            wording.short_moment(local(row["last_seen"], timezone)) if row["last_seen"] else "–",
            wording.number(row["reports"]),
            _duration(row["interval_s"]) + ("" if row["is_given"] or not is_known(row["interval_s"]) else " *"),
            _duration(row["longest_gap_s"]),
            _lost(row),
            _link(row),
            wording.quantity(row["clock_offset_s"], "s", signed=True) if is_known(row["clock_offset_s"]) else "–",
        ]
        for row in rows(health, *_DEVICE)
    ]
    heads = ("Device", "State", "Newest", "Messages", "Interval", "Longest gap", "Lost", "Link", "Clock behind ours")
    return Table(heads, body, right=(3, 4, 5, 6, 7, 8), wide=(2, 4, 5, 7, 8))


_DEVICE = (
    *("name", "state", "last_seen", "reports", "interval_s", "is_given", "longest_gap_s", "missing", "missing_share"),
    *("resets", "rssi_dbm", "weak_share", "clock_offset_s"),
)


def _duration(seconds: float | None) -> str:
    return wording.duration(seconds) if is_known(seconds) else "–"


def _lost(row: Mapping[str, Any]) -> str:
    """Numbers left out of the device's count, and their share of all it sent; its count may have begun again."""
    if not is_known(row["missing"]):
        return "–"
    share = f" ({wording.percent(row['missing_share'])})" if row["missing"] and is_known(row["missing_share"]) else ""
    return f"{wording.number(row['missing'])}{share}{' + reset' if row['resets'] else ''}"


def _link(row: Mapping[str, Any]) -> str:
    """The median of how strongly it is heard, and how often the network called it weak."""
    strength = wording.quantity(row["rssi_dbm"], "dBm") if is_known(row["rssi_dbm"]) else ""
    weak = f"{wording.percent(row['weak_share'])} weak" if is_known(row["weak_share"]) and row["weak_share"] else ""
    return ", ".join(filter(None, (strength, weak))) or "–"


def devices_title(health: Any) -> str:
    """`Nine of ten devices are on time`."""
    states = [row["state"] for row in rows(health, "state")]
    if not states:
        return "Devices by their messages"
    on_time = sum(state in ("on_time", "unknown") for state in states)
    if on_time == len(states):
        return (
            "The device is on time" if len(states) == 1 else f"All {wording.in_words(len(states))} devices are on time"
        )
    count = wording.sentence_case(wording.in_words(on_time)) if on_time else "None"
    return f"{count} of {wording.in_words(len(states))} devices {'is' if on_time < 2 else 'are'} on time"


def interval_note(health: Any) -> str:
    """What the star beside an interval means."""
    learned = any(not row["is_given"] and is_known(row["interval_s"]) for row in rows(health, "is_given", "interval_s"))
    return "* learned: the median of its own messages. devices.csv may say expected_interval_s." if learned else ""


def records_footer(facts: Mapping[str, str], sources: Any, *, heard: Any, timezone: str) -> Footer:
    """What a page on devices rests on: data until, messages used and rejected, decoders.

    Args:
        facts: more, shown first.
        sources: source, decoder, records (`tt.sources`).
        heard: each source as a whole (`tt.health.sources_heard`).
        timezone: of the site.
    """
    wholes = lines(heard)
    newest = max((one["last_seen"] for one in wholes), default=None)
    used, rejects = (sum(int(one[name]) for one in wholes) for name in ("reports", "rejects"))
    told = {one["source"] for one in wholes}
    decoders = [
        f"{row['source']} {row['decoder']}" for row in rows(sources, "source", "decoder") if row["source"] in told
    ]
    return Footer(
        {
            **facts,
            "Data until": wording.full_moment(local(newest, timezone)) if newest else "no record yet",
            "Days": f"local days in {timezone}",
            "Records": f"{wording.number(used)} messages, each counted once; {wording.number(rejects)} rows rejected",
            "Decoders": wording.joined(decoders) or "none used",
        }
    )
