"""The cards about devices and sources: what arrived, who is silent, what is missing or could not be decoded."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Literal, Protocol

from telltale import wording
from telltale.health import claims
from telltale.health.answers import Answers
from telltale.health.charts.arrivals import arrivals as arrivals_chart
from telltale.health.charts.arrivals import lateness as lateness_chart
from telltale.health.charts.missing import missing_by_day
from telltale.health.claims import devices as device_claim
from telltale.health.concerns import PAGE_OF, clocks_and_lists
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
from telltale.health.words.rejects import is_sound, rejects_table
from telltale.health.words.sources import health_sentence, health_tiles, rejected, rejected_claim, sources_table
from telltale.page import attention, common, said
from telltale.page.claims import About
from telltale.page.lists import Attention, Delivering, Sources
from telltale.page.pieces import Card, Footer, Sentence, Tiles
from telltale.page.said import Said, claimed, say
from telltale.settings import Settings
from telltale.workbench.times import local_time, micros

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
    return Sentence(health_sentence(answers.attention, answers.devices, answers.rejects, answers.about), answers.over)


def tiles(answers: Answers) -> Tiles:
    """Sources delivering, devices on time, messages received, rejects, clocks."""
    return health_tiles(
        answers.devices, answers.sources, answers.rejects, answers.missing, about=answers.about, days=answers.about_days
    )  # fmt: skip


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
        sources_table(answers.sources, timezone=answers.zone, about=answers.about),
        "Devices heard, messages (each once), time without any device, lost on the air, late, rejected",
        ["Late: more than an hour after its own time."],
        empty="Nothing has been heard in this period. Check that the collector runs: telltale doctor.",
    )


def delivering(sources: Sequence[Delivered], now: dt.datetime, *, settings: Settings | None = None) -> Card:
    """What each source delivered in 24 hours.

    Args:
        sources: of `Answers.delivered`.
        now: the present on the site's clock.
        settings: say of which sources a secret is missing; None says it of none.
    """
    silent = [source for source in sources if freshness(source, now) == "hang"]
    count = len(sources) - len(silent)
    told = claims.delivering("sources_delivering", count, now, is_silent=False)
    whole = claims.delivering("sources", len(sources), now)
    title = said.sentence_case(say("{} of {} sources deliver", said.in_words(told), said.in_words(whole)))
    if not count:
        title = say("No source delivers")
    elif not silent:
        title = say("All sources deliver") if len(sources) > 1 else say("{} delivers", sources[0].title)
    partly = [source for source in sources if source.devices < source.known and not source.rests]
    if len(partly) == 1 and not silent:
        title += say(", {} with {} devices", partly[0].title, _of_known(partly[0], now))
    return Card(
        title,
        Sources([_row(source, now) for source in sources]),
        "Age of the newest record; records per hour, gaps and rejects of 24 hours",
        [*_at_rest(sources, now), *_unproved(sources, settings)],
    )


def silent(answers: Answers, *, shows_persons: bool = True) -> Card:
    """What is silent, was never heard, or has a wrong clock; many devices of one cause in one line.

    Args:
        answers: of the period.
        shows_persons: name PCs and phones too, for the owner.
    """
    notices = silent_devices(
        answers.attention, answers.devices, now=answers.now, pages=PAGE_OF, about=answers.about
    )  # fmt: skip
    if answers.source is None:
        notices += clocks_and_lists(answers.project, now=answers.now, shows_persons=shows_persons)
    return Card(
        _silent_title(answers),
        Attention([notice.concern for notice in notices], attention.TITLES),
        "One line where many devices have one cause; late ones are not told here",
        empty=_nobody_silent(answers),
    )


def _silent_title(answers: Answers) -> Said:
    """`Three of eight devices are silent`."""
    states = answers.devices["state"].to_pylist()
    silent = states.count("silent")
    if not silent:
        return say("No device is silent")
    count = said.in_words(device_claim(answers.about, silent, "devices_silent", state="silent"))
    whole = said.in_words(device_claim(answers.about, len(states)))
    if len(states) == 1:
        return say("The {} device is silent", whole)
    return said.sentence_case(say("{} of {} devices {} silent", count, whole, "is" if silent == 1 else "are"))


def _nobody_silent(answers: Answers) -> Said:
    states = answers.devices["state"].to_pylist()
    unknown = states.count("unknown")
    if not states:
        return say("No device is known yet.")
    if unknown:
        few = said.in_words(device_claim(answers.about, unknown, "devices_unknown", state="unknown"))
        whole = said.count(device_claim(answers.about, len(states)), "device")
        return say("Of {} of {} too few messages came to say.", few, whole)
    return say("Every device that is known is heard. One that is late is in the table below.")


def arrivals(answers: Answers) -> Card:
    """When something of one source came, and when each device was heard."""
    given = answers.arrived()
    noun = "message" if given.is_numbered else given.source.noun
    nodes = given.has_nodes
    return Card(
        arrivals_title(given) if nodes else devices_title(answers.devices, answers.about),
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
    rows = claims.late_rows(answers.about, late.rows.num_rows)
    count = said.count(rows, "row" if of_sightings else "message")
    return Card(
        lateness_title(late.rows, table=late.table, own=late.own, about=answers.about),
        lateness_chart(late.rows, own=late.own),
        say("Time from {} to the receipt, share of {}", what, count),
        ["Sightings are kept for a day after their day has closed; earlier ones are not in this figure."]
        if of_sightings
        else [],
    )


def devices(answers: Answers, *, completeness: Any = None) -> Card:
    """Each device: how it reports, what it lost, how well it is heard."""
    return Card(
        _devices_title(answers, completeness),
        devices_table(answers.devices, timezone=answers.zone, about=answers.about),
        "State, newest, messages, usual interval, longest gap, numbers left out (of all it sent), median RSSI and how "
        "often the network called the link weak, clock",
        [interval_note(answers.devices)],
        empty="No device has been heard in this period. Check that the collector runs: telltale doctor.",
    )


def _devices_title(answers: Answers, completeness: Any) -> str:
    if completeness is not None:
        return completeness_title(answers.own(completeness), answers.about)
    if answers.source is not None and answers.source.numbering is not None:
        return losses_title(answers.devices, answers.about)
    return devices_title(answers.devices, answers.about)


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


def missing(answers: Complete, *, about: About | None = None) -> Card:
    """Is the data complete?

    Args:
        answers: what was due, and of which devices.
        about: the stretch of `missing`; of `Answers` of this subject it is known.
    """
    if about is None:
        about = answers.about_days if isinstance(answers, Answers) else claims.ABOUT
    return Card(
        missing_title(answers.missing, about),
        missing_by_day(answers.missing, timezone=answers.zone, about=about),
        "Missing messages, % of those due, by device and day. Pale: none missing",
        [due_note(answers.devices, answers.missing)],
    )


def batteries(answers: Answers) -> Card:
    """How long batteries last, and whether the network holds."""
    return trends_card(answers.trends, answers.about_trends)


def rejects(answers: Answers) -> Card:
    """What could not be decoded, and why."""
    count = rejected(answers.rejects)
    notes = ["The bytes are kept: telltale rejected shows them."] if count else []
    if count and answers.source is not None and answers.source.personal:
        notes = ["Rejects of stations go after a day, like the bodies they came from."]
    sound = [row for row in answers.rejects.to_pylist() if is_sound(row["reason"])]
    title = say("Everything could be decoded")
    if count:
        title = say("{} could not be decoded", said.count(rejected_claim(answers.rejects, answers.about), "row"))
    if sound:
        parts = claims.rejected(answers.about, sound, sum(row["rejects"] for row in sound), "sound_rejects")
        title += say(", {} gave no rows", said.count(parts, "part"))
    return Card(
        title,
        rejects_table(answers.rejects, timezone=answers.zone, about=answers.about),
        "Rows by reason, most frequent first",
        notes,
        empty="Every row of this period could be decoded.",
    )


def footer(answers: Answers) -> Footer:
    """What the page rests on: data until, messages used and rejected, decoders."""
    site = {"Site": answers.site or "–"}
    return records_footer(site, answers.decoders, heard=answers.sources, timezone=answers.zone, about=answers.about)


def freshness(source: Delivered, now: dt.datetime) -> Literal["fly", "droop", "rest", "hang"]:
    """How fresh a source is, as the streamer shows it."""
    age_s = now.timestamp() - (source.newest_us or 0) / 1e6
    late_s = common.SHORTEST_LATE_S if source.late_after_s is None else source.late_after_s
    late = age_s > late_s or source.devices < source.known
    if source.rests:
        return "rest" if late else "fly"
    if source.is_silent(micros(now)):
        return "hang"
    return "droop" if late else "fly"


def _observed(answers: Answers) -> Any:
    came = answers.came
    return came.rows.rename_columns(["received_at", "observed_at"])


def _row(source: Delivered, now: dt.datetime) -> Delivering:
    return Delivering(
        freshness(source, now),
        source.title,
        said.duration(claims.delivered(source, "age_s", source.age_s(micros(now)), now)),
        _of_known(source, now),
        list(source.hours),
        _gaps(source, now),
        said.number(claims.delivered(source, "rejects", source.rejects, now)),
    )


def _of_known(source: Delivered, now: dt.datetime) -> Said:
    heard = said.number(claims.delivered(source, "devices", source.devices, now))
    if source.devices >= source.known:
        return heard
    return say("{} of {}", heard, said.number(claims.delivered(source, "known", source.known, now)))


def _gaps(source: Delivered, now: dt.datetime) -> Said:
    if source.rests or source.gap_s is None:
        return say("–")
    told = claims.delivered(source, "gap_s", source.gap_s, now)
    return said.duration(told) if source.gap_s else claimed(told, "0")


def _at_rest(sources: Sequence[Delivered], now: dt.datetime) -> list[str]:
    """Why the silence of a source is no alarm."""
    notes: list[str] = []
    for source in sources:
        if freshness(source, now) != "rest":
            continue
        if not source.is_live:
            notes.append(say("{}: nothing listens now{}.", source.title, _file_end(source, now)))
        else:
            notes.append(say("{}: a PC that is off tells nothing; that is no fault.", source.title))
    return notes


def _unproved(sources: Sequence[Delivered], settings: Settings | None) -> list[str]:
    """Of which sources anybody on this machine may send, because no secret is set."""
    return [
        say(
            "{}: nothing proves who sends, and nothing from elsewhere is let in, for no secret is set. Put one into "
            "secrets.toml below [{}], and into {}.",
            source.title,
            source.source.name,
            source.source.secret_place,
        )
        for source in sources
        if settings is not None and source.source.secret_lines and not settings.source(source.source.name).secrets
    ]


def _file_end(source: Delivered, now: dt.datetime) -> Said:
    if source.file_end_us is None:
        return say("; what there is was entered by hand")
    end = local_time(source.file_end_us, str(now.tzinfo))
    told = claimed(claims.delivered(source, "file_end", end, now), wording.short_moment(end))
    return say("; newest capture file ends {}", told)
