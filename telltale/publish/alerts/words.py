"""What an alert says: one line, and a few more below it; plain text, its numbers with their units."""

from collections.abc import Sequence
from typing import NamedTuple

from telltale import wording
from telltale.publish.alerts.episodes import Episode
from telltale.workbench.times import SECOND, local_time


class Told(NamedTuple):
    """A subject line and a text."""

    subject: str
    body: str


def began(name: str, episode: Episode, *, alert: str, number: int, zone: str, raw_ids: Sequence[int] = ()) -> Told:
    """That something began and lasts, or was over when it was known.

    Args:
        name: of the device, item or source.
        episode: what is told.
        alert: the alert's name in telltale.toml.
        number: of the episode, to acknowledge it by.
        zone: of the site's clock.
        raw_ids: the records that made it known; none where they are of people.
    """
    since = _moment(episode.begins_us, zone)
    lines = [f"Since {since} ({zone})."]
    if peak := _peak(episode):
        lines.append(f"{peak} until then.")
    if raw_ids:
        lines.append(f"Records: {', '.join(str(raw_id) for raw_id in raw_ids)} (telltale: tt.raw(id) shows the bytes).")
    lines.append(f'Alert "{alert}". To say that somebody sees to it: telltale alerts ack {number}')
    return Told(_line(f"{name}: {what(episode)} since {since}"), "\n".join([what_of(name, episode), "", *lines]))


def recovered(name: str, episode: Episode, *, alert: str, zone: str, raw_ids: Sequence[int] = ()) -> Told:
    """That it is over; arguments as for `began`."""
    begins, ends = episode.begins_us, episode.ends_us or episode.begins_us
    lasted = wording.duration((ends - begins) / SECOND)
    lines = [f"From {_moment(begins, zone)} to {_moment(ends, zone)} ({zone}), {lasted}."]
    if peak := _peak(episode):
        lines.append(f"{peak}.")
    if raw_ids:
        lines.append(f"Record: {', '.join(str(raw_id) for raw_id in raw_ids)}.")
    lines.append(f'Alert "{alert}".')
    return Told(
        _line(f"{name}: over after {lasted} ({what(episode)})"),
        "\n".join([f"{name}: {what(episode)} is over.", "", *lines]),
    )


def escalated(name: str, episode: Episode, told: Told, *, after: str) -> Told:
    """That nobody has acknowledged it."""
    text = f"Nobody has acknowledged this for {after}.\n\n{told.body}"
    return Told(_line(f"Not acknowledged: {name}: {what(episode)}"), text)


def what(episode: Episode) -> str:
    """What is the matter, in words: `temperature above its limit`."""
    measure = episode.measure
    for side in (" above", " below"):
        if measure.endswith(side):
            return f"{measure} its limit"
    return {"clock": "clock wrong"}.get(measure, measure)


def what_of(name: str, episode: Episode) -> str:
    """The same as a sentence."""
    return f"{name}: {what(episode)}."


def peak_words(episode: Episode) -> str:
    """The worst value with its unit; empty where there is none, or where it says nothing more."""
    if episode.peak is None or episode.measure == "not heard":
        return ""
    if episode.unit == "s":
        return wording.duration(episode.peak)
    digits = 0 if float(episode.peak).is_integer() else 2 if abs(episode.peak) < 10 else 1
    if not episode.unit:
        return wording.number(episode.peak, digits)
    return wording.quantity(episode.peak, episode.unit, digits)


def _peak(episode: Episode) -> str:
    worst = peak_words(episode)
    label = {"clock": "Behind ours by", "button silent": "Silent for"}.get(episode.measure, "Peak")
    return f"{label} {worst}" if worst else ""


def _moment(at_us: int, zone: str) -> str:
    return wording.full_moment(local_time(at_us, zone))


def _line(text: str) -> str:
    """One line: a name may hold anything."""
    return " ".join(text.split())
