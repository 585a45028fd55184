"""The cards about devices and sources: what arrived, who is silent, what is missing or could not be decoded."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Literal, Protocol

from telltale import wording
from telltale.health.answers import Answers
from telltale.health.charts.arrivals import arrivals as arrivals_chart
from telltale.health.charts.arrivals import lateness as lateness_chart
from telltale.health.charts.missing import missing_by_day
from telltale.health.concerns import PAGE_OF, silent_after_s
from telltale.health.deliveries import Delivered
from telltale.health.trends import card as trends_card
from telltale.health.words.arrivals import (
    arrivals_sentence,
    arrivals_tiles,
    arrivals_title,
    completeness_title,
    lateness_title,
    losses_title,
)
from telltale.health.words.devices import devices_table, devices_title, interval_note, records_footer, silent_devices
from telltale.health.words.missing import due_note, missing_title
from telltale.health.words.rejects import rejects_table
from telltale.health.words.sources import health_sentence, health_tiles, rejected, sources_table
from telltale.page import attention, common
from telltale.page.lists import Attention, Delivering, Sources
from telltale.page.pieces import Card, Footer, Sentence, Tiles
from telltale.workbench.times import local_time

__all__ = [
    "arrivals",
    "arrived",
    "arrived_tiles",
    "batteries",
    "delivering",
    "devices",
    "footer",
    "lateness",
    "missing",
    "rejects",
    "sentence",
    "silent",
    "sources",
    "tiles",
]


def __dir__() -> list[str]:
    return __all__


def sentence(answers: Answers) -> Sentence:
    """Is every device heard as it should be?"""
    return Sentence(health_sentence(answers.attention, answers.devices, answers.rejects), answers.over)


def tiles(answers: Answers) -> Tiles:
    """Sources delivering, devices on time, messages received, rejects, clocks."""
    return health_tiles(answers.devices, answers.sources, answers.rejects, answers.missing)


def arrived(answers: Answers, *, completeness: Any = None) -> Sentence:
    """What arrived of one source, in one sentence; see `Answers.arrived`."""
    return Sentence(arrivals_sentence(answers.arrived(completeness=completeness)), answers.over)


def arrived_tiles(answers: Answers, *, completeness: Any = None, overdue: Any = None) -> Tiles:
    """The figures that tell whether the collection of one source can be trusted; see `Answers.arrived`."""
    return arrivals_tiles(answers.arrived(completeness=completeness, overdue=overdue))


def sources(answers: Answers) -> Card:
    """Each source as a whole."""
    return Card(
        "Sources by what they delivered",
        sources_table(answers.sources, timezone=answers.zone),
        "Devices heard, messages (each once), time without any device, lost on the air, late, rejected",
        ["Late: more than an hour after its own time."],
        empty="Nothing has been heard in this period. Check that the collector runs: telltale doctor.",
    )


def delivering(sources: Sequence[Delivered], now: dt.datetime) -> Card:
    """What each source delivered in 24 hours.

    Args:
        sources: of `Answers.delivered`.
        now: the present on the site's clock.
    """
    silent = [source for source in sources if freshness(source, now) == "hang"]
    count = len(sources) - len(silent)
    title = f"{wording.sentence_case(wording.in_words(count))} of {wording.in_words(len(sources))} sources deliver"
    if not count:
        title = "No source delivers"
    elif not silent:
        title = "All sources deliver" if len(sources) > 1 else f"{sources[0].title} delivers"
    partly = [source for source in sources if source.devices < source.known and not source.rests]
    if len(partly) == 1 and not silent:
        title += f", {partly[0].title} with {partly[0].devices} of {partly[0].known} devices"
    return Card(
        title,
        Sources([_row(source, now) for source in sources]),
        "Age of the newest record; records per hour, gaps and rejects of 24 hours",
        _at_rest(sources, now),
    )


def silent(answers: Answers) -> Card:
    """What is silent, many devices of one cause in one line."""
    notices = silent_devices(answers.attention, answers.devices, now=answers.now, pages=PAGE_OF)
    return Card(
        attention.list_title(notices) if notices else "No device is silent",
        Attention([notice.concern for notice in notices], attention.TITLES),
        "One line where many devices have one cause; late ones are not told here",
        empty="Every device that is known is heard. One that is late is in the table below.",
    )


def arrivals(answers: Answers) -> Card:
    """When something of one source came, and when each device was heard."""
    given = answers.arrived()
    noun = "message" if given.is_numbered else given.source.noun
    nodes = given.has_nodes
    return Card(
        arrivals_title(given) if nodes else devices_title(answers.devices),
        arrivals_chart(_observed(answers), answers.heard, timezone=answers.zone, noun=noun),
        f"{wording.sentence_case(noun)}s received from all {given.device_noun}s. Below: when each {given.device_noun} "
        f"{'reported' if nodes else 'was heard'}",
        [
            "The sender does not try again later: what is missing stays missing."
            if nodes
            else "A device is silent when it is not heard for more than three of its usual intervals."
        ],
    )


def lateness(answers: Answers) -> Card:
    """How long after their own time rows of one source came."""
    late = answers.lateness
    of_sightings = late.table == "sighting"
    what = "the last frame" if of_sightings else "a message's own time"
    count = wording.count(late.rows.num_rows, "row" if of_sightings else "message")
    return Card(
        lateness_title(late.rows, table=late.table, own=late.own),
        lateness_chart(late.rows, own=late.own),
        f"Time from {what} to the receipt, share of {count}",
        ["Sightings are kept for a day after their day has closed; earlier ones are not in this figure."]
        if of_sightings
        else [],
    )


def devices(answers: Answers, *, completeness: Any = None) -> Card:
    """Each device: how it reports, what it lost, how well it is heard."""
    return Card(
        _devices_title(answers, completeness),
        devices_table(answers.devices, timezone=answers.zone),
        "State, newest, messages, usual interval, longest gap, numbers left out (of all it sent), median RSSI and how "
        "often the network called the link weak, clock",
        [interval_note(answers.devices)],
        empty="No device has been heard in this period. Check that the collector runs: telltale doctor.",
    )


def _devices_title(answers: Answers, completeness: Any) -> str:
    if completeness is not None:
        return completeness_title(answers.own(completeness))
    if answers.source is not None and answers.source.numbering is not None:
        return losses_title(answers.devices)
    return devices_title(answers.devices)


class Complete(Protocol):
    """What is known of the messages that were due from some devices."""

    @property
    def missing(self) -> Any:
        """Which share did not come, by device and day."""

    @property
    def devices(self) -> Any:
        """How each of these devices reports."""

    @property
    def zone(self) -> str:
        """By whose clock days begin."""


def missing(answers: Complete) -> Card:
    """Is the data complete?"""
    return Card(
        missing_title(answers.missing),
        missing_by_day(answers.missing, timezone=answers.zone),
        "Missing messages, % of those due, by device and day. Pale: none missing",
        [due_note(answers.devices, answers.missing)],
    )


def batteries(answers: Answers) -> Card:
    """How long batteries last, and whether the network holds."""
    return trends_card(answers.trends)


def rejects(answers: Answers) -> Card:
    """What could not be decoded, and why."""
    count = rejected(answers.rejects)
    notes = ["The bytes are kept: telltale rejected shows them."] if count else []
    if count and answers.source is not None and answers.source.personal:
        notes = ["Rejects of stations go after a day, like the bodies they came from."]
    return Card(
        f"{wording.count(count, 'row')} could not be decoded" if count else "Everything could be decoded",
        rejects_table(answers.rejects, timezone=answers.zone),
        "Rows by reason, most frequent first",
        notes,
        empty="Every row of this period could be decoded.",
    )


def footer(answers: Answers) -> Footer:
    """What the page rests on: data until, messages used and rejected, decoders."""
    site = {"Site": answers.site or "–"}
    return records_footer(site, answers.decoders, heard=answers.sources, timezone=answers.zone)


def freshness(source: Delivered, now: dt.datetime) -> Literal["fly", "droop", "rest", "hang"]:
    """How fresh a source is, as the streamer shows it."""
    age_s = now.timestamp() - (source.newest_us or 0) / 1e6
    late = age_s > max(common.SHORTEST_LATE_S, common.PATIENCE * source.interval_s) or source.devices < source.known
    if source.rests:
        return "rest" if late else "fly"
    if age_s >= silent_after_s(source):
        return "hang"
    return "droop" if late else "fly"


def _observed(answers: Answers) -> Any:
    came = answers.came
    return came.rows.rename_columns(["received_at", "observed_at"])


def _row(source: Delivered, now: dt.datetime) -> Delivering:
    age_s = now.timestamp() - (source.newest_us or 0) / 1e6
    return Delivering(
        freshness(source, now),
        source.title,
        wording.duration(max(0.0, age_s)),
        f"{source.devices} of {source.known}" if source.devices < source.known else str(source.devices),
        list(source.hours),
        "–" if source.rests else wording.duration(source.gap_s) if source.gap_s else "0",
        wording.number(source.rejects),
    )


def _at_rest(sources: Sequence[Delivered], now: dt.datetime) -> list[str]:
    """Why the silence of a source is no alarm."""
    notes = []
    for source in sources:
        if freshness(source, now) != "rest":
            continue
        if not source.is_live:
            notes.append(f"{source.title}: nothing listens now{_file_end(source, now)}.")
        else:
            notes.append(f"{source.title}: a PC that is off tells nothing; that is no fault.")
    return notes


def _file_end(source: Delivered, now: dt.datetime) -> str:
    if source.file_end_us is None:
        return "; what there is was entered by hand"
    return f"; newest capture file ends {wording.short_moment(local_time(source.file_end_us, str(now.tzinfo)))}"
