"""What an alert says: one line, and a few more below it; plain text, its numbers with their units."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from telltale import wording
from telltale.publish.alerts.episodes import Episode
from telltale.workbench.times import SECOND, local_time

MOST_LISTED, MOST_NUMBERS, MOST_IDS = 200, 50, 3
"""Of a message that tells many: lines, numbers to acknowledge at once, records of each."""


class Told(NamedTuple):
    """A subject line and a text."""

    subject: str
    body: str


class Part(NamedTuple):
    """An episode of a message."""

    name: str
    """Of the device, item or source."""
    episode: Episode
    number: int
    """To acknowledge it by."""
    raw_ids: Sequence[int] = ()
    """The records that made it known, or told its end; none where they are of people."""


def began(parts: Sequence[Part], *, alert: str, zone: str, after: str = "") -> Told:  # noqa: ARG001 - as the others
    """That something began and lasts, or was over when it was known.

    Args:
        parts: what is told, the most urgent first.
        alert: the alert's name in telltale.toml.
        zone: of the site's clock.
        after: how long nobody has acknowledged it; for `escalated`.
    """
    see = f'Alert "{alert}". To say that somebody sees to it: telltale alerts ack '
    if len(parts) > 1:
        numbers = " ".join(str(part.number) for part in parts)
        body = _listed(
            parts, zone, f"{see}{numbers if len(parts) <= MOST_NUMBERS else 'and the numbers above, or all'}"
        )
        return Told(_line(_of_many(parts)), body)
    (one,) = parts
    since = _moment(one.episode.begins_us, zone)
    lines = [f"Since {since} ({zone})."]
    if peak := _peak(one.episode):
        lines.append(f"{peak} until then.")
    if one.raw_ids:
        lines.append(f"Records: {_ids(one.raw_ids)} (telltale: tt.raw(id) shows the bytes).")
    lines.append(f"{see}{one.number}")
    body = "\n".join([what_of(one.name, one.episode), "", *lines])
    return Told(_line(f"{one.name}: {what(one.episode)} since {since}"), body)


def recovered(parts: Sequence[Part], *, alert: str, zone: str, after: str = "") -> Told:  # noqa: ARG001 - see there
    """That it is over; arguments as for `began`."""
    if len(parts) > 1:
        return Told(_line(f"Over: {_of_many(parts)}"), _listed(parts, zone, f'Alert "{alert}".', is_over=True))
    (one,) = parts
    begins, ends, lasted = _ended(one.episode)
    lines = [f"From {_moment(begins, zone)} to {_moment(ends, zone)} ({zone}), {lasted}."]
    if peak := _peak(one.episode):
        lines.append(f"{peak}.")
    if one.raw_ids:
        lines.append(f"Record: {_ids(one.raw_ids)}.")
    lines.append(f'Alert "{alert}".')
    return Told(
        _line(f"{one.name}: over after {lasted} ({what(one.episode)})"),
        "\n".join([f"{one.name}: {what(one.episode)} is over.", "", *lines]),
    )


def escalated(parts: Sequence[Part], *, alert: str, zone: str, after: str = "") -> Told:
    """That nobody has acknowledged it; arguments as for `began`."""
    told = began(parts, alert=alert, zone=zone)
    of = _of_many(parts) if len(parts) > 1 else f"{parts[0].name}: {what(parts[0].episode)}"
    text = f"Nobody has acknowledged this for {after}.\n\n{told.body}"
    return Told(_line(f"Not acknowledged: {of}"), text)


TELLS: Mapping[str, Callable[..., Told]] = {"began": began, "escalated": escalated, "over": recovered}
"""What is said at each step, in the order in which the steps follow each other."""


def _of_many(parts: Sequence[Part]) -> str:
    """`Fridge and 11 more: not heard`: what is the most urgent, and how many more."""
    first, more = parts[0], f"{len(parts) - 1} more"
    if len({what(part.episode) for part in parts}) == 1:
        return f"{first.name} and {more}: {what(first.episode)}"
    return f"{first.name}: {what(first.episode)}, and {more}"


def _listed(parts: Sequence[Part], zone: str, last: str, *, is_over: bool = False) -> str:
    """Each in a line with its number."""
    lines = [_one_line(part, zone, is_over=is_over) for part in parts[:MOST_LISTED]]
    if more := len(parts) - len(lines):
        lines.append(f"and {more} more: telltale alerts")
    over = " over" if is_over else ""
    return "\n".join([f"{len(parts)} alerts{over}, times of {zone}:", "", *lines, "", last])


def _one_line(part: Part, zone: str, *, is_over: bool) -> str:
    episode = part.episode
    begins, ends, lasted = _ended(episode)
    when = f"since {_moment(begins, zone)}"
    if is_over:
        when = f"from {_moment(begins, zone)} to {_moment(ends, zone)}, {lasted}"
    peak = _peak(episode)
    said = [f"{part.name}: {what(episode)} {when}", *([peak[:1].lower() + peak[1:]] if peak else [])]
    if part.raw_ids:
        said.append(f"records {_ids(part.raw_ids[:MOST_IDS])}")
    return f"- {_line('; '.join(said))} ({part.number})"


def _ended(episode: Episode) -> tuple[int, int, str]:
    """From when, until when, and how long that is."""
    begins, ends = episode.begins_us, episode.ends_us or episode.begins_us
    return begins, ends, wording.duration((ends - begins) / SECOND)


def _ids(raw_ids: Sequence[int]) -> str:
    return ", ".join(str(raw_id) for raw_id in raw_ids)


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
