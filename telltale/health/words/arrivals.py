"""What arrived of one source and what did not: sentence, tiles and titles, in the words the source has for its records.

A source whose messages are numbered tells how many were lost on the air; one whose devices report whether or not they
have something to say (access points), how long one was silent; one whose devices keep readings until they are
acknowledged, how many of those are here.
"""

from typing import Any, NamedTuple

import pyarrow.compute as pc

from telltale import wording
from telltale.contract import Source
from telltale.frames import arrow, rows
from telltale.health import claims
from telltale.health.lateness import PROMPT, Moments, prompt
from telltale.health.words.devices import clock_tile, health_text, lines
from telltale.health.words.silences import Silence, reporting
from telltale.health.words.sources import rejected, rejected_claim
from telltale.page import said
from telltale.page.claims import About, Claim
from telltale.page.pieces import Tile, Tiles
from telltale.page.said import Said, claimed, say
from telltale.tables import NODE_HEARTBEAT
from telltale.wording import is_known

FEWEST = 100
"""Of fewer rows no share is told."""


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
    about: About = claims.ABOUT
    """The stretch."""

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


def arrivals_sentence(given: Arrived) -> Said:
    """`**80,640 reports** from **4 nodes** arrived; **12 rows** could not be decoded; …`."""
    records = _sum(given.records, "records")
    if not records and not (given.has_nodes and reporting(given.heard).known):
        return say("**Nothing arrived** in this period.")
    parts = [_came(given), _lost(given), _complete(given), _set_aside(given), _longest_silence(given)]
    return say("{}{}.", _silent(given), said.together(parts, "; "))


def _came(given: Arrived) -> Said:
    count = say("**{}**", said.count(claims.arrived(given.about, _sum(given.records, "records")), given.source.noun))
    devices = say("**{}**", said.count(_known(given), given.device_noun))
    if given.is_numbered:
        told = said.count(claims.total(given.about, lines(given.devices), "reports"), "message")
        return say("{} told **{}** of {}", count, told, devices)
    return say("{} {} {} arrived", count, "from" if given.has_nodes else "of", devices)


def _known(given: Arrived) -> Claim:
    """Of how many devices something came."""
    if given.has_nodes:
        return claims.heard(given.about, reporting(given.heard).known)
    ids = [row["device_id"] for row in rows(given.devices, "device_id", "reports") if row["reports"] > 0]
    return claims.devices(given.about, len(ids), "devices_heard", device_id=sorted(ids))


def _silent(given: Arrived) -> Said:
    if not given.has_nodes:
        text = health_text(given.attention, given.devices, given.about)
        return say("{} ", text) if lines(given.attention) else Said()
    nodes = reporting(given.heard)
    if not nodes.now:
        return Said()
    now = said.number(claims.silences(given.about, len(nodes.now), "nodes_silent", is_open=True))
    known = said.number(claims.heard(given.about, nodes.known))
    return say("!!{} of {} nodes!! {} silent. ", now, known, "is" if len(nodes.now) == 1 else "are")


def _lost(given: Arrived) -> Said:
    if not given.is_numbered:
        return Said()
    lost = claims.total(given.about, lines(given.devices), "missing")
    if not lost.value:
        return say("no message was lost on the air")
    return say("**{}** {} lost on the air", said.count(lost, "message"), "was" if lost.value == 1 else "were")


def _complete(given: Arrived) -> Said:
    share = complete_share(given.completeness)
    return Said() if share is None else say("**{}** of the readings due are here", _complete_claim(given, share))


def _complete_claim(given: Arrived, share: float) -> Said:
    return claimed(
        claims.complete(given.about, rows(given.completeness, optional=("device_id",)), share), _percent(share)
    )


def _set_aside(given: Arrived) -> Said:
    if rejected(given.rejects):
        return say("**{}** could not be decoded", said.count(rejected_claim(given.rejects, given.about), "row"))
    return say("every row could be decoded") if given.has_nodes else Said()


def _longest_silence(given: Arrived) -> Said:
    silences = reporting(given.heard).silences if given.has_nodes else ()
    return say("the longest silence of a node was **{}**", _lasting(given, silences[0])) if silences else Said()


def arrivals_tiles(given: Arrived) -> Tiles:
    """Records kept, rows rejected, sent again, what is missing, the clock that is furthest off."""
    return Tiles(
        (_kept_tile(given), *_again_tiles(given), *_missing_tiles(given), clock_tile(given.devices, given.about))
    )


def _kept_tile(given: Arrived) -> Tile:
    by_day = [float(row["records"]) for row in rows(given.records, "records")]
    size = claims.arrived(given.about, _sum(given.records, "bytes"), "bytes")
    volume = say("{} as received", claimed(size, wording.quantity(_sum(given.records, "bytes") / 1e6, "MB", 1)))
    note = volume if given.has_nodes else _aside(given)
    label = f"{wording.sentence_case(given.source.noun)}s kept"
    count = said.number(claims.arrived(given.about, _sum(given.records, "records")))
    return Tile(label, count, "", note, by_day[-31:], bars=True)


def _aside(given: Arrived) -> Said:
    reasons = lines(given.rejects)
    if not reasons:
        return say("none rejected")
    count = said.number(rejected_claim(reasons, given.about))
    return say("**{}** rejected, most often {}", count, reasons[0]["reason"])


def _again_tiles(given: Arrived) -> list[Tile]:
    """What came more than once; of numbered messages, how many there were."""
    about = given.about
    if given.is_numbered:
        return [
            Tile("Messages", said.number(claims.total(about, lines(given.devices), "reports")), "", "each counted once")
        ]
    repeated = said.number(claims.arrived(about, _sum(given.records, "repeated"), "repeated"))
    if not given.has_nodes:
        return [Tile("Sent again", repeated, "", "not acknowledged in time")]
    reasons = lines(given.rejects)
    first = say("most often {}", reasons[0]["reason"]) if reasons else say("every row could be decoded")
    return [
        Tile("Rows rejected", said.number(rejected_claim(reasons, about)), "", first),
        Tile("Sent again", repeated, "", "same sightings twice, counted once"),
    ]


def _missing_tiles(given: Arrived) -> list[Tile]:
    if given.is_numbered:
        return [_lost_tile(given)]
    if given.has_nodes:
        return [_silence_tile(given)]
    complete = [] if given.completeness is None else [_complete_tile(given)]
    return complete + ([] if given.overdue is None else [_overdue_tile(given)])


def _lost_tile(given: Arrived) -> Tile:
    lost = claims.total(given.about, lines(given.devices), "missing")
    sent = _sum(given.devices, "reports") + _sum(given.devices, "missing")
    worst = max(rows(given.devices, "name", "missing"), key=lambda row: row["missing"] or 0, default=None)
    note = say("nothing was sent")
    if sent:
        share = claims.lost_share(given.about, _sum(given.devices, "missing") / sent)
        note = say("{} of those sent", said.percent(share))
    if worst and worst["missing"]:
        note = say("{}; most: {}", note, worst["name"])
    return Tile("Lost on the air", said.number(lost), "", note)


def _silence_tile(given: Arrived) -> Tile:
    nodes = reporting(given.heard)
    if not nodes.silences:
        return Tile("Longest silence", "–", "", "no node was silent for an hour")
    longest = nodes.silences[0]
    lasting = _lasting(given, longest)
    value, _, unit = str(lasting).rpartition(wording.NBSP)
    number = claimed(said.claims_of(lasting)[0], value)
    return Tile("Longest silence", number, unit, longest.name, state="warning" if nodes.now else "")


def _complete_tile(given: Arrived) -> Tile:
    share = complete_share(given.completeness)
    if share is None:
        return Tile("Readings complete", "–", "", "nothing tells how many are due")
    table = rows(given.completeness, "name", "due", "received", optional=("device_id",))
    lost = max(table, key=lambda row: row["due"] - row["received"])
    note = f"most missing: {lost['name']}" if lost["due"] > lost["received"] else "none is missing"
    number = claimed(claims.complete(given.about, table, share), wording.number(_tenths(share), 1))
    return Tile("Readings complete", number, "%", note)


def _overdue_tile(given: Arrived) -> Tile:
    table = rows(given.overdue, "name", "overdue_s", "is_open", optional=("device_id",))
    now = [row for row in table if row["is_open"]]
    if now:
        names = wording.joined([row["name"] for row in now[:2]] + (["others"] if len(now) > 2 else []))
        count = said.number(claims.overdue(given.about, table, len(now), is_open=True))
        return Tile("Past their moment", count, "now", f"{names} not heard", state="warning")
    longest = max((row["overdue_s"] for row in table), default=None)
    note = say("each device was heard when it had said")
    if longest:
        note = say("longest {}, none now", said.duration(claims.longest_overdue(given.about, table, longest)))
    return Tile("Past their moment", said.number(claims.overdue(given.about, table, len(table))), "", note)


def arrivals_title(given: Arrived) -> Said:
    """`All 4 nodes reported all through`, or how many were silent for an hour."""
    nodes = reporting(given.heard)
    if not nodes.known:
        return say("{}s received", wording.sentence_case(given.source.noun))
    noun, known = given.device_noun, claims.heard(given.about, nodes.known)
    if not nodes.silences:
        if nodes.known == 1:
            return say("The {} reported all through", noun)
        return say("All {} {}s reported all through", said.number(known), noun)
    silent = said.in_words(claims.silences(given.about, len(nodes.silences), "nodes_with_silences"))
    text = say("{} of {} {}s had a silence of an hour or more", silent, said.in_words(known), noun)
    return said.sentence_case(text)


def losses_title(devices: Any, about: About = claims.ABOUT) -> Said:
    """`Dock lost 23 of 129 messages`: the device that lost most, where that is more than a few."""
    names = ("source", "device_id", "name", "reports", "missing")
    table = [row for row in rows(devices, *names, optional=("site",)) if is_known(row["missing"])]
    worst = max(table, key=lambda row: row["missing"], default=None)
    if worst is None:
        return say("Messages received")
    worst = worst | {"sent": int(worst["missing"] + worst["reports"])}
    if worst["missing"] < 5 or worst["missing"] < 0.03 * worst["sent"]:
        return say("Hardly any message was lost")
    lost, sent = (claims.device(about, worst, name) for name in ("missing", "sent"))
    return say("{} lost {} of {}", wording.sentence_case(worst["name"]), said.number(lost), said.count(sent, "message"))


def completeness_title(completeness: Any, about: About = claims.ABOUT) -> Said:
    """`99.8 % of the readings due are here`."""
    share = complete_share(completeness)
    if share is None:
        return say("Readings received of those due")
    claim = claims.complete(about, rows(completeness, optional=("device_id",)), share)
    return say("{} of the readings due are here", claimed(claim, _percent(share)))


def lateness_title(moments: Any, *, table: str, own: str, about: About = claims.ABOUT) -> Said:
    """`99 % of rows came within five minutes of their last frame`, `… of messages came within a minute`.

    Args:
        moments: received_at, and the rows' own time.
        table: whose rows.
        own: the column of their own time.
        about: the stretch.
    """
    of_sightings = table in PROMPT
    times = Moments(table, own, arrow(moments))
    if times.rows.num_rows < FEWEST:
        return say("How late {} came", "rows" if of_sightings else "messages")
    count = pc.sum(prompt(times)).as_py()
    share = said.percent(claims.prompt(about, count / times.rows.num_rows, times.rows.num_rows))
    if of_sightings:
        return say("{} of rows came within five minutes of their last frame", share)
    return say("{} of messages came within a minute", share)


def complete_share(completeness: Any) -> float | None:
    """Which share of the readings due are here; None where nothing tells how many are due."""
    due = 0 if completeness is None else _sum(completeness, "due")
    return _sum(completeness, "received") / due if due else None


def _lasting(given: Arrived, silence: Silence) -> Said:
    return said.duration(claims.silence_of(given.about, silence.node_id, silence.name, silence.lasting_s))


def _percent(share: float) -> str:
    return wording.quantity(_tenths(share), "%", 1)


def _tenths(share: float) -> float:
    """Rounded down: 100 % is said of nothing that lacks a reading."""
    return int(1000 * share) / 10


def _sum(frame: Any, name: str) -> int:
    return sum(int(row[name]) for row in rows(frame, name) if is_known(row[name]))
