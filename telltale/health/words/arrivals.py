"""What arrived of one source and what did not: sentence, tiles and titles, in the words the source has for its records.

A source whose messages are numbered tells how many were lost on the air; one whose devices report whether or not they
have something to say (access points), how long one was silent; one whose devices keep readings until they are
acknowledged, how many of those are here.
"""

import datetime as dt
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from telltale import wording
from telltale.contract import Source
from telltale.frames import arrow, rows
from telltale.health.words.devices import clock_tile, health_text, lines
from telltale.health.words.silences import Silence, reporting
from telltale.health.words.sources import rejected
from telltale.page.pieces import Tile, Tiles
from telltale.tables import NODE_HEARTBEAT
from telltale.wording import is_known

FEWEST = 100
"""Of fewer rows no share is told."""
PROMPT = {"sighting": dt.timedelta(minutes=5)}
"""What counts as prompt for the rows of a table; a minute for all others."""


class Arrived(NamedTuple):
    """What is known of one source over a stretch."""

    source: Source
    records: Any
    """records, bytes, repeated by day (`tt.health.arrived`)."""
    devices: Any
    """`tt.health.devices`, `attention`, `rejects` and `heard` too."""
    attention: Any
    rejects: Any
    heard: Any
    completeness: Any = None
    """device_id, name, due, received of each series, where readings are kept until acknowledged."""
    overdue: Any = None
    """name, overdue_s, is_open: silences past the moment that a device had named."""

    @property
    def device_noun(self) -> str:
        """What its devices are called."""
        return "node" if NODE_HEARTBEAT.name in self.source.tables else "device"

    @property
    def is_numbered(self) -> bool:
        """Whether lost messages can be counted."""
        return self.source.numbering is not None

    @property
    def has_nodes(self) -> bool:
        """Whether its devices report all the time."""
        return self.device_noun == "node"


def arrivals_sentence(given: Arrived) -> str:
    """`**80,640 reports** from **4 nodes** arrived; **12 rows** could not be decoded; …`."""
    records = _sum(given.records, "records")
    if not records and not (given.has_nodes and reporting(given.heard).known):
        return "**Nothing arrived** in this period."
    parts = [_came(given, records), _lost(given), _complete(given), _set_aside(given), _longest_silence(given)]
    return f"{_silent(given)}{'; '.join(filter(None, parts))}."


def _came(given: Arrived, records: int) -> str:
    count = f"**{wording.count(records, given.source.noun)}**"
    known = reporting(given.heard).known if given.has_nodes else _heard(given.devices)
    devices = f"**{wording.count(known, given.device_noun)}**"
    if given.is_numbered:
        return f"{count} told **{wording.count(_sum(given.devices, 'reports'), 'message')}** of {devices}"
    return f"{count} {'from' if given.has_nodes else 'of'} {devices} arrived"


def _silent(given: Arrived) -> str:
    if not given.has_nodes:
        return f"{health_text(given.attention, given.devices)} " if lines(given.attention) else ""
    nodes = reporting(given.heard)
    if not nodes.now:
        return ""
    return f"!!{len(nodes.now)} of {nodes.known} nodes!! {'is' if len(nodes.now) == 1 else 'are'} silent. "


def _lost(given: Arrived) -> str:
    if not given.is_numbered:
        return ""
    lost = _sum(given.devices, "missing")
    count = f"**{wording.count(lost, 'message')}** {'was' if lost == 1 else 'were'}" if lost else "no message was"
    return f"{count} lost on the air"


def _complete(given: Arrived) -> str:
    share = complete_share(given.completeness)
    return f"**{_percent(share)}** of the readings due are here" if share is not None else ""


def _set_aside(given: Arrived) -> str:
    count = rejected(given.rejects)
    if count:
        return f"**{wording.count(count, 'row')}** could not be decoded"
    return "every row could be decoded" if given.has_nodes else ""


def _longest_silence(given: Arrived) -> str:
    silences = reporting(given.heard).silences if given.has_nodes else ()
    return f"the longest silence of a node was **{_lasting(silences[0])}**" if silences else ""


def arrivals_tiles(given: Arrived) -> Tiles:
    """Records kept, rows rejected, sent again, what is missing, the clock that is furthest off."""
    return Tiles((_kept_tile(given), *_again_tiles(given), *_missing_tiles(given), clock_tile(given.devices)))


def _kept_tile(given: Arrived) -> Tile:
    by_day = [float(row["records"]) for row in rows(given.records, "records")]
    volume = f"{wording.quantity(_sum(given.records, 'bytes') / 1e6, 'MB', 1)} as received"
    note = volume if given.has_nodes else _aside(given)
    label = f"{wording.sentence_case(given.source.noun)}s kept"
    return Tile(label, wording.number(sum(by_day)), "", note, by_day[-31:], bars=True)


def _aside(given: Arrived) -> str:
    reasons = lines(given.rejects)
    if not reasons:
        return "none rejected"
    return f"**{wording.number(rejected(reasons))}** rejected, most often {reasons[0]['reason']}"


def _again_tiles(given: Arrived) -> list[Tile]:
    """What came more than once; of numbered messages, how many there were."""
    if given.is_numbered:
        messages = _sum(given.devices, "reports")
        again = max(0, _sum(given.records, "records") - messages - rejected(given.rejects))
        return [
            Tile("Messages", wording.number(messages), "", "each counted once"),
            Tile("Told again", wording.number(again), "", "copies, retries, and what was told later"),
        ]
    repeated = wording.number(_sum(given.records, "repeated"))
    if not given.has_nodes:
        return [Tile("Sent again", repeated, "", "not acknowledged in time")]
    reasons = lines(given.rejects)
    first = f"most often {reasons[0]['reason']}" if reasons else "every row could be decoded"
    return [
        Tile("Rows rejected", wording.number(rejected(reasons)), "", first),
        Tile("Sent again", repeated, "", "same sightings twice, counted once"),
    ]


def _missing_tiles(given: Arrived) -> list[Tile]:
    if given.is_numbered:
        return [_lost_tile(given)]
    if given.has_nodes:
        return [_silence_tile(given)]
    complete = [] if given.completeness is None else [_complete_tile(given.completeness)]
    return complete + ([] if given.overdue is None else [_overdue_tile(given.overdue)])


def _lost_tile(given: Arrived) -> Tile:
    lost = _sum(given.devices, "missing")
    sent = _sum(given.devices, "reports") + lost
    worst = max(rows(given.devices, "name", "missing"), key=lambda row: row["missing"] or 0, default=None)
    note = f"{wording.percent(lost / sent)} of those sent" if sent else "nothing was sent"
    if worst and worst["missing"]:
        note += f"; most: {worst['name']}"
    return Tile("Lost on the air", wording.number(lost), "", note)


def _silence_tile(given: Arrived) -> Tile:
    nodes = reporting(given.heard)
    if not nodes.silences:
        return Tile("Longest silence", "–", "", "no node was silent for an hour")
    longest = nodes.silences[0]
    value, _, unit = _lasting(longest).rpartition(wording.NBSP)
    return Tile("Longest silence", value, unit, longest.name, state="warning" if nodes.now else "")


def _complete_tile(completeness: Any) -> Tile:
    share = complete_share(completeness)
    if share is None:
        return Tile("Readings complete", "–", "", "nothing tells how many are due")
    table = rows(completeness, "name", "due", "received")
    lost = max(table, key=lambda row: row["due"] - row["received"])
    note = f"most missing: {lost['name']}" if lost["due"] > lost["received"] else "none is missing"
    return Tile("Readings complete", wording.number(_tenths(share), 1), "%", note)


def _overdue_tile(overdue: Any) -> Tile:
    table = rows(overdue, "name", "overdue_s", "is_open")
    now = [row["name"] for row in table if row["is_open"]]
    if now:
        names = wording.joined(now[:2] + (["others"] if len(now) > 2 else []))
        return Tile("Past their moment", wording.number(len(now)), "now", f"{names} not heard", state="warning")
    longest = max((row["overdue_s"] for row in table), default=None)
    note = f"longest {wording.duration(longest)}, none now" if longest else "each device was heard when it had said"
    return Tile("Past their moment", wording.number(len(table)), "", note)


def arrivals_title(given: Arrived) -> str:
    """`All 4 nodes reported all through`, or how many were silent for an hour."""
    nodes = reporting(given.heard)
    if not nodes.known:
        return f"{wording.sentence_case(given.source.noun)}s received"
    noun = given.device_noun
    if not nodes.silences:
        many = f"All {nodes.known} {noun}s reported all through"
        return f"The {noun} reported all through" if nodes.known == 1 else many
    silent = wording.sentence_case(wording.in_words(len(nodes.silences)))
    return f"{silent} of {wording.in_words(nodes.known)} {noun}s had a silence of an hour or more"


def losses_title(devices: Any) -> str:
    """`Dock lost 23 of 129 messages`: the device that lost most, where that is more than a few."""
    table = [row for row in rows(devices, "name", "reports", "missing") if is_known(row["missing"])]
    worst = max(table, key=lambda row: row["missing"], default=None)
    if worst is None:
        return "Messages received"
    lost, sent = int(worst["missing"]), int(worst["missing"] + worst["reports"])
    if lost < 5 or lost < 0.03 * sent:
        return "Hardly any message was lost"
    return f"{wording.sentence_case(worst['name'])} lost {wording.number(lost)} of {wording.number(sent)} messages"


def completeness_title(completeness: Any) -> str:
    """`99.8 % of the readings due are here`."""
    share = complete_share(completeness)
    return "Readings received of those due" if share is None else f"{_percent(share)} of the readings due are here"


def lateness_title(moments: Any, *, table: str, own: str) -> str:
    """`99 % of rows came within five minutes of their last frame`, `… of messages came within a minute`.

    Args:
        moments: received_at, and the rows' own time.
        table: whose rows.
        own: the column of their own time.
    """
    of_sightings = table in PROMPT
    times = arrow(moments)
    if times.num_rows < FEWEST:
        return f"How late {'rows' if of_sightings else 'messages'} came"
    received, seen = (times[name].cast(pa.timestamp("us", "UTC")) for name in ("received_at", own))
    prompt = pa.scalar(PROMPT.get(table, dt.timedelta(minutes=1)), pa.duration("us"))
    share = wording.percent(pc.sum(pc.less(pc.subtract(received, seen), prompt)).as_py() / times.num_rows)
    if of_sightings:
        return f"{share} of rows came within five minutes of their last frame"
    return f"{share} of messages came within a minute"


def complete_share(completeness: Any) -> float | None:
    """Which share of the readings due are here; None where nothing tells how many are due."""
    due = 0 if completeness is None else _sum(completeness, "due")
    return _sum(completeness, "received") / due if due else None


def _heard(devices: Any) -> int:
    return sum(row["reports"] > 0 for row in rows(devices, "reports"))


def _lasting(silence: Silence) -> str:
    return wording.duration((silence.end - silence.start).total_seconds())


def _percent(share: float) -> str:
    return wording.quantity(_tenths(share), "%", 1)


def _tenths(share: float) -> float:
    """Rounded down: 100 % is said of nothing that lacks a reading."""
    return int(1000 * share) / 10


def _sum(frame: Any, name: str) -> int:
    return sum(int(row[name]) for row in rows(frame, name) if is_known(row[name]))
