"""Was the capture alive: stretches and gaps of it, what it kept, counted and dropped; sentences, tiles, tables."""

import datetime as dt
from collections.abc import Mapping, Sequence
from math import floor
from typing import Any, NamedTuple

from telltale import wording
from telltale.frames import local, rows
from telltale.page.pieces import Footer, Sentence, Table, Tile, Tiles

GRACE = dt.timedelta(minutes=5)
"""A shorter pause of the capture, or a heartbeat due so lately, is no gap worth a word."""
ENOUGH = 0.95
"""Less of a period captured than this needs a word."""
MOST_GAPS = 2


class Coverage(NamedTuple):
    """What of a period some capture listened to, from its first stretch in it on."""

    start: dt.datetime
    end: dt.datetime
    covered_s: float
    gaps: tuple[tuple[dt.datetime, dt.datetime], ...]
    frames: int
    unlisted: int
    drops: int
    interfaces: tuple[str, ...]

    @property
    def missing_s(self) -> float:
        """Seconds between its first stretch and its end without a capture."""
        return max(0.0, (self.end - self.start).total_seconds() - self.covered_s)

    @property
    def share(self) -> float:
        """Of the time from its first stretch on, 0 … 1."""
        whole = (self.end - self.start).total_seconds()
        return min(1.0, self.covered_s / whole) if whole > 0 else 1.0


def coverage(observed: Any, *, until: dt.datetime | None = None) -> Coverage | None:
    """The stretches of all interfaces taken together; None when there is none.

    Args:
        observed: collector, interface, start, end, frames, unlisted, drops (`tt.kanban.capture_coverage`).
        until: the present, in a period that is running: silence since the newest heartbeat is a gap too.
    """
    table = sorted(rows(observed, *_OBSERVED), key=lambda row: row["start"])
    if not table:
        return None
    covered, gaps, reached = 0.0, [], table[0]["start"]
    for row in table:
        if row["start"] - reached >= GRACE:
            gaps.append((reached, row["start"]))
        covered += max(0.0, (row["end"] - max(row["start"], reached)).total_seconds())
        reached = max(reached, row["end"])
    end = reached
    if until is not None and until - reached >= GRACE:
        gaps.append((reached, until))
        end = until
    frames, unlisted, drops = (sum(int(row[name]) for row in table) for name in ("frames", "unlisted", "drops"))
    names = tuple(sorted({row["interface"] for row in table}))
    return Coverage(table[0]["start"], end, covered, tuple(gaps), frames, unlisted, drops, names)


_OBSERVED = ("collector", "interface", "start", "end", "frames", "unlisted", "drops")


def capture_note(covered: Coverage | None, *, timezone: str = "UTC") -> str:
    """`**Gap** Thu 12 Nov, 03:10–03:25: no capture. …`; what it dropped; empty when all is well."""
    if covered is None:
        return ""
    lost = f"{wording.count(covered.drops, 'frame')} dropped by the capture." if covered.drops else ""
    if not covered.gaps:
        return lost
    longest = sorted(sorted(covered.gaps, key=lambda gap: gap[0] - gap[1])[:MOST_GAPS])
    told = "; ".join(wording.clock_span(local(start, timezone), local(end, timezone)) for start, end in longest)
    more = len(covered.gaps) - len(longest)
    others = f" and {wording.in_words(more)} more" if more else ""
    word = "Gap" if len(covered.gaps) == 1 else "Gaps"
    return f"**{word}** {told}{others}: no capture. Rates use the time it was alive. {lost}".rstrip()


def capture_tile(covered: Coverage | None, *, days: int = 0) -> Tile:
    """How much of the period the capture listened, and what it dropped."""
    if covered is None:
        return Tile("Capture running", "–", "", "no heartbeat of a capture")
    # Rounded down: what is short of all is never called all.
    value = "100" if covered.share == 1 else wording.number(floor(1000 * covered.share) / 10, 1)
    bad = covered.share < ENOUGH or covered.drops > 0
    period = f"of {wording.count(days, 'day')}; " if days else ""
    note = f"{period}{wording.count(covered.drops, 'frame')} dropped"
    return Tile("Capture running", value, "%", note, state="warning" if bad else "")


def buttons_sentence(records: int, presses: Any, covered: Coverage | None, period: Any, name: str = "") -> Sentence:
    """`**1,204 frames** of **seven devices** made **310 presses**; …`.

    Args:
        records: how many are kept of the period.
        presses: device_id, frames (`tt.kanban.presses`).
        covered: what `coverage` gave.
        period: what `tt.period` gave.
        name: of the site.
    """
    over = f"{period.head} · {name}" if name else period.head
    table = rows(presses, "device_id", "frames", "is_manual")
    if not table:
        listening = "The capture listened, but no listed device was heard" if covered else "No capture was running"
        kept = f"; {wording.count(records, 'record')} kept" if records else ""
        return Sentence(f"**No press** in this period. {listening}{kept}.", over)
    frames, devices = sum(int(row["frames"]) for row in table), len({row["device_id"] for row in table})
    by_hand = sum(bool(row["is_manual"]) for row in table)
    hand = f", {wording.number(by_hand)} of them by hand" if by_hand else ""
    text = (
        f"**{wording.count(frames, 'frame')}** of **{wording.in_words(devices)} device{'' if devices == 1 else 's'}** "
        f"made **{wording.count(len(table), 'press', 'presses')}**{hand}{_capture(covered)}."
    )
    return Sentence(text, over)


def _capture(covered: Coverage | None) -> str:
    if covered is None:
        return "; no heartbeat of a capture is there"
    lost = f"!!{wording.count(covered.drops, 'frame')}!! were dropped" if covered.drops else "nothing was dropped"
    away = f" and the capture was away for **{wording.duration(covered.missing_s)}**" if covered.gaps else ""
    return f"; {lost}{away}"


def buttons_tiles(presses: Any, rejects: Sequence[Mapping[str, Any]], covered: Coverage | None) -> Tiles:
    """Presses, frames of others, drops, capture running, rejects."""
    table = rows(presses, "device_id", "pressed_at", "frames")
    frames = sum(int(row["frames"]) for row in table)
    refused = sum(int(one["rejects"]) for one in rejects)
    others = wording.number(covered.unlisted) if covered else "–"
    dropped = wording.number(covered.drops) if covered else "–"
    per = wording.number(frames / len(table), 1) if table else "–"
    first = f"most often {rejects[0]['reason']}" if rejects else "every frame could be decoded"
    return Tiles(
        (
            Tile("Presses", wording.number(len(table)), "", f"{per} frames each" if table else "no press"),
            Tile("Frames of others", others, "", "counted, never kept"),
            Tile("Frames dropped", dropped, "", "lost before they could be read",
                 state="warning" if covered and covered.drops else ""),
            capture_tile(covered),
            Tile("Rows rejected", wording.number(refused), "", first),
        )
    )  # fmt: skip


def devices_pressed_table(presses: Any, *, timezone: str = "UTC") -> Table:
    """Each device: presses, frames, the most frames of one press, of what kinds, where, newest."""
    by_device: dict[str, list[dict[str, Any]]] = {}
    for row in rows(presses, "device_id", "name", "role", "pressed_at", "frames", "kinds", "interface"):
        by_device.setdefault(row["device_id"], []).append(row)
    body = []
    for device_id, found in sorted(by_device.items(), key=lambda one: (one[1][0]["name"] or one[0], one[0])):
        kinds = sorted({kind for row in found for kind in (row["kinds"] or "").split(",") if kind})
        newest = max(row["pressed_at"] for row in found)
        body.append(
            [
                found[0]["name"] or device_id,
                found[0]["role"] or "–",
                wording.number(len(found)),
                wording.number(sum(int(row["frames"]) for row in found)),
                wording.number(max(int(row["frames"]) for row in found)),
                ", ".join(kinds) or "–",
                ", ".join(sorted({row["interface"] for row in found if row["interface"]})) or "by hand",
                wording.short_moment(local(newest, timezone)),
            ]
        )
    heads = ("Device", "Role", "Presses", "Frames", "Most in one", "Kinds", "Interface", "Newest")
    return Table(heads, body, right=(2, 3, 4), wide=(1, 4, 5, 6))


def capture_table(observed: Any, *, timezone: str = "UTC", most: int = 20) -> Table:
    """Each stretch of the capture, the newest first: from, until, how long, frames kept and counted, drops."""
    table = sorted(rows(observed, *_OBSERVED), key=lambda row: row["start"], reverse=True)
    body = [
        [
            row["interface"] or "–",
            wording.short_moment(local(row["start"], timezone)),
            wording.short_moment(local(row["end"], timezone)),
            wording.duration((row["end"] - row["start"]).total_seconds()),
            wording.number(row["frames"]),
            wording.number(row["unlisted"]),
            wording.number(row["drops"]),
        ]
        for row in table[:most]
    ]
    heads = ("Interface", "From", "Until", "Listened", "Kept", "Of others", "Dropped")
    return Table(heads, body, right=(3, 4, 5, 6), wide=(2, 4, 5))


def capture_title(covered: Coverage | None) -> str:
    """`The capture listened all through`, or for how long it was away."""
    if covered is None:
        return "No capture was running"
    if not covered.gaps:
        return "The capture listened all through"
    times = "once" if len(covered.gaps) == 1 else f"{wording.in_words(len(covered.gaps))} times"
    return f"The capture was away {times}, {wording.duration(covered.missing_s)} in all"


def pressed_title(presses: Any) -> str:
    """`Seven devices were pressed, most often Gaskets`."""
    counts: dict[str, int] = {}
    for row in rows(presses, "name", "device_id"):
        name = row["name"] or row["device_id"]
        counts[name] = counts.get(name, 0) + 1
    if not counts:
        return "No listed device was heard"
    most = max(counts, key=lambda name: (counts[name], name))
    if len(counts) == 1:
        return f"{wording.sentence_case(most)} was pressed {wording.count(counts[most], 'time')}"
    return f"{wording.sentence_case(wording.in_words(len(counts)))} devices were pressed, most often {most}"


FLAGS = {
    "sender_differs": "came through a repeater",
    "random_address": "had a random address",
    "truncated": "were cut short by the capture",
}
"""What is odd about a frame, in words."""


def flags_note(frames: Any) -> str:
    """What is odd about how many frames; empty where nothing is.

    Args:
        frames: flags (table `frame`).
    """
    told = [flag for row in rows(frames, "flags") for flag in (row["flags"] or "").split(",") if flag]
    counts = {flag: told.count(flag) for flag in sorted(set(told))}
    parts = [f"{wording.count(count, 'frame')} {FLAGS.get(flag, flag)}" for flag, count in counts.items()]
    return f"{wording.joined(parts)}." if parts else ""


def kanban_footer(
    facts: Mapping[str, str], presses: Any, observed: Any, sources: Any, *, rejected: int = 0, timezone: str = "UTC"
) -> Footer:
    """What a page on buttons rests on: data until, presses and frames used and rejected, decoder.

    Args:
        facts: more, shown first.
        presses: `tt.kanban.presses`.
        observed: `tt.kanban.capture_coverage`.
        sources: source, decoder (`tt.sources`).
        rejected: rows of the source that could not be decoded.
        timezone: of the site.
    """
    table = rows(presses, "last_frame_at", "frames")
    ends = [row["last_frame_at"] for row in table] + [row["end"] for row in rows(observed, "end")]
    frames = wording.count(sum(int(row["frames"]) for row in table), "frame")
    decoders = [f"button {row['decoder']}" for row in rows(sources, "source", "decoder") if row["source"] == "button"]
    return Footer(
        {
            **facts,
            "Data until": wording.full_moment(local(max(ends), timezone)) if ends else "no record yet",
            "Days": f"local days in {timezone}",
            "Records": f"{wording.count(len(table), 'press', 'presses')} of {frames}; "
            f"{wording.count(rejected, 'row')} rejected",
            "Decoders": wording.joined(decoders),
        }
    )
