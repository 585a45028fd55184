"""Was the capture alive: stretches and gaps of it, what it kept, counted and dropped; sentences, tiles, tables."""

import datetime as dt
from collections.abc import Mapping, Sequence
from math import floor
from typing import Any

from telltale import wording
from telltale.frames import local, rows
from telltale.kanban.analysis.coverage import ENOUGH, Coverage
from telltale.kanban.words.claims import (
    ABOUT,
    Items,
    gap,
    of_capture,
    of_pressed,
    of_stretch,
    records_kept,
    rejected,
)
from telltale.page import said
from telltale.page.claims import Claim
from telltale.page.pieces import Footer, Sentence, Table, Tile, Tiles
from telltale.page.said import Said, say

MOST_GAPS = 2
_OBSERVED = ("collector", "interface", "start", "end", "frames", "unlisted", "drops")


def capture_note(covered: Coverage | None, *, timezone: str = "UTC", about: Items = ABOUT) -> str:
    """`**Gap** Thu 12 Nov, 03:10–03:25: no capture. …`; what it dropped; empty when all is well."""
    if covered is None:
        return ""
    lost = say("{} dropped by the capture.", _drops(covered, about)) if covered.drops else Said()
    if not covered.gaps:
        return lost
    longest = sorted(sorted(covered.gaps, key=lambda gap: gap[0] - gap[1])[:MOST_GAPS])
    told = said.together([_gap(start, end, timezone, about) for start, end in longest], "; ")
    more = len(covered.gaps) - len(longest)
    others = say("; {} in all", said.in_words(of_capture(about, covered, "gaps"))) if more else ""
    word = "Gap" if len(covered.gaps) == 1 else "Gaps"
    return say("**{}** {}{}: no capture. Rates use the time it was alive. {}", word, told, others, lost).rstrip()


def _gap(start: dt.datetime, end: dt.datetime, timezone: str, about: Items) -> Said:
    """`Thu 12 Nov, 03:10–03:25`, a claim of where it begins."""
    return said.claimed(
        gap(about, start, end, "start"), wording.clock_span(local(start, timezone), local(end, timezone))
    )


def _drops(covered: Coverage, about: Items) -> Said:
    return said.count(of_capture(about, covered, "drops"), "frame")


def away(covered: Coverage | None, *, timezone: str = "UTC", about: Items = ABOUT) -> str:
    """`No capture listened after **Thu 12 Nov, 03:10**.`; empty where one did until the end."""
    if covered is None:
        return "No capture listened in this time."
    if covered.silent_since is None:
        return ""
    return say("No capture listened after **{}**.", silent_since(covered, timezone, about))


def silent_since(covered: Coverage, timezone: str, about: Items) -> Said:
    """`Thu 12 Nov, 03:10`: after that no capture listened."""
    moment = wording.UNKNOWN
    if covered.silent_since is not None:
        moment = wording.short_moment(local(covered.silent_since, timezone))
    return said.claimed(of_capture(about, covered, "silent_since"), moment)


def capture_tile(covered: Coverage | None, *, days: int = 0, timezone: str = "UTC", about: Items = ABOUT) -> Tile:
    """How much of the period, or of the time since the first capture, one listened, and what it dropped."""
    if covered is None:
        return Tile("Capture running", "–", "", "no heartbeat of a capture")
    # Rounded down: what is short of all is never called all.
    share = "100" if covered.share == 1 else wording.number(floor(1000 * covered.share) / 10, 1)
    value = said.claimed(of_capture(about, covered, "share"), share)
    bad = covered.share < ENOUGH or covered.drops > 0
    lost = say("{} dropped", _drops(covered, about))
    note = say("of {}; {}", _share_of(covered, days, timezone, about), lost) if days else lost
    return Tile("Capture running", value, "%", note, state="warning" if bad else "")


def _share_of(covered: Coverage, days: int, timezone: str, about: Items) -> str:
    """`28 days`, or `the 1 d 2 h since it began, Thu 19 Nov, 12:30`."""
    if covered.is_whole:
        return wording.count(days, "day")
    began = wording.short_moment(local(covered.start, timezone))
    lasted = said.duration(of_capture(about, covered, "lasted_s"))
    return say("the {} since it began, {}", lasted, said.claimed(of_capture(about, covered, "start"), began))


def buttons_sentence(
    records: int, presses: Any, covered: Coverage | None, period: Any, name: str = "", *, about: Items = ABOUT
) -> Sentence:
    """`**1,204 frames** of **seven devices** made **310 presses**; …`.

    Args:
        records: how many are kept of the period.
        presses: device_id, frames (`tt.kanban.presses`).
        covered: what `coverage` gave.
        period: what `tt.period` gave.
        name: of the site.
        about: what the claims share.
    """
    over = f"{period.head} · {name}" if name else period.head
    table = rows(presses, "device_id", "frames", "is_manual")
    heard = [row for row in table if not row["is_manual"]]
    if not heard:
        return Sentence(_no_press(records, len(table), covered, about), over)
    devices = len({row["device_id"] for row in heard})
    text = say(
        "**{}** of **{} device{}** made **{}**{}{}.",
        said.count(_frames(heard, about), "frame"),
        said.in_words(of_pressed(about, devices, "devices_pressed", "distinct", "device_id", is_manual=False)),
        "" if devices == 1 else "s",
        said.count(_presses(len(heard), about), "press", "presses"),
        _by_hand(len(table) - len(heard), about),
        _capture(covered, about),
    )
    return Sentence(text, over)


def _no_press(records: int, by_hand: int, covered: Coverage | None, about: Items) -> Said:
    listening = "The capture listened, but no listed device was heard" if covered else "No capture was running"
    kept = say("; {} kept", said.count(records_kept(about, records), "record")) if records else ""
    return say("**No press** in this period{}. {}{}.", _by_hand(by_hand, about), listening, kept)


def _presses(count: int, about: Items) -> Claim:
    """Presses of devices: entries by hand are none."""
    return of_pressed(about, count, "presses", "count", is_manual=False)


def _by_hand(count: int, about: Items) -> str:
    """`, 10 more were entered by hand`."""
    claim = of_pressed(about, count, "entries_by_hand", "count", is_manual=True)
    return say(", {} more {} entered by hand", said.number(claim), "was" if count == 1 else "were") if count else ""


def _frames(table: Sequence[Mapping[str, Any]], about: Items) -> Claim:
    return of_pressed(about, sum(int(row["frames"]) for row in table), "frames", "sum", "frames", is_manual=False)


def _capture(covered: Coverage | None, about: Items) -> str:
    if covered is None:
        return "; no heartbeat of a capture is there"
    were = "was" if covered.drops == 1 else "were"
    lost = say("!!{}!! {} dropped", _drops(covered, about), were) if covered.drops else "nothing was dropped"
    missing = said.duration(of_capture(about, covered, "missing_s"))
    away_for = say(" and the capture was away for **{}**", missing) if covered.gaps else ""
    return say("; {}{}", lost, away_for)


def buttons_tiles(
    presses: Any,
    rejects: Sequence[Mapping[str, Any]],
    covered: Coverage | None,
    *,
    days: int = 0,
    timezone: str = "UTC",
    about: Items = ABOUT,
) -> Tiles:
    """Presses, frames of others, drops, capture running, rejects."""
    every = rows(presses, "device_id", "pressed_at", "frames", "is_manual")
    table = [row for row in every if not row["is_manual"]]
    refused = sum(int(one["rejects"]) for one in rejects)
    others = said.number(of_capture(about, covered, "unlisted")) if covered else "–"
    dropped = said.number(of_capture(about, covered, "drops")) if covered else "–"
    frames = sum(int(row["frames"]) for row in table)
    usual = frames / len(table) if table else None
    per = of_pressed(about, usual, "frames_a_press", "mean", "frames", is_manual=False)
    first = f"most often {rejects[0]['reason']}" if rejects else "every frame could be decoded"
    each = say("{} frames each", said.number(per, 1)) if table else "no press"
    return Tiles(
        (
            Tile("Presses", said.number(_presses(len(table), about)), "",
                 say("{}{}", each, _by_hand(len(every) - len(table), about))),
            Tile("Frames of others", others, "", "counted, never kept"),
            Tile("Frames dropped", dropped, "", "lost before they could be read",
                 state="warning" if covered and covered.drops else ""),
            capture_tile(covered, days=days, timezone=timezone, about=about),
            Tile("Rows rejected", said.number(rejected(about, refused)), "", first),
        )
    )  # fmt: skip


def devices_pressed_table(presses: Any, listed: Any = None, *, timezone: str = "UTC", about: Items = ABOUT) -> Table:
    """Each device: presses, frames, the most frames of one press, of what kinds, where, newest.

    Args:
        presses: `tt.kanban.presses`.
        listed: device_id, name, role of buttons.csv: those that were not heard stand at the end.
        timezone: of the site.
        about: what the claims share.
    """
    by_device: dict[str, list[dict[str, Any]]] = {}
    for row in rows(presses, "device_id", "name", "role", "pressed_at", "frames", "kinds", "interface"):
        by_device.setdefault(row["device_id"], []).append(row)
    body = []
    for device_id, found in sorted(by_device.items(), key=lambda one: (one[1][0]["name"] or one[0], one[0])):
        kinds = sorted({kind for row in found for kind in (row["kinds"] or "").split(",") if kind})
        newest, frames = max(row["pressed_at"] for row in found), [int(row["frames"]) for row in found]
        last = of_pressed(about, newest, "newest_press", "max", "pressed_at", device_id=device_id)
        body.append(
            [
                found[0]["name"] or device_id,
                found[0]["role"] or "–",
                said.number(of_pressed(about, len(found), "presses", "count", device_id=device_id)),
                said.number(of_pressed(about, sum(frames), "frames", "sum", "frames", device_id=device_id)),
                said.number(of_pressed(about, max(frames), "most_frames", "max", "frames", device_id=device_id)),
                ", ".join(kinds) or "–",
                ", ".join(sorted({row["interface"] for row in found if row["interface"]})) or "by hand",
                said.claimed(last, wording.short_moment(local(newest, timezone))),
            ]
        )
    silent = [] if listed is None else rows(listed, "device_id", "name", "role")
    for row in sorted(silent, key=lambda row: row["name"]):
        if body and row["device_id"] not in by_device:
            body.append([row["name"], row["role"], "0", "0", "–", "–", "–", "not heard in this period"])
    heads = ("Device", "Role", "Presses", "Frames", "Most in one", "Kinds", "Interface", "Newest")
    return Table(heads, body, right=(2, 3, 4), wide=(1, 4, 5, 6))


def capture_table(observed: Any, *, timezone: str = "UTC", most: int = 20, about: Items = ABOUT) -> Table:
    """Each stretch of the capture, the newest first: from, until, how long, frames kept and counted, drops."""
    table = sorted(rows(observed, *_OBSERVED), key=lambda row: row["start"], reverse=True)
    body = [
        [
            row["interface"] or "–",
            said.claimed(of_stretch(about, row, "start"), wording.short_moment(local(row["start"], timezone))),
            said.claimed(of_stretch(about, row, "end"), wording.short_moment(local(row["end"], timezone))),
            wording.duration((row["end"] - row["start"]).total_seconds()),
            *(said.number(of_stretch(about, row, column)) for column in ("frames", "unlisted", "drops")),
        ]
        for row in table[:most]
    ]
    heads = ("Interface", "From", "Until", "Listened", "Kept", "Of others", "Dropped")
    return Table(heads, body, right=(3, 4, 5, 6), wide=(2, 4, 5))


def capture_title(covered: Coverage | None, *, timezone: str = "UTC", about: Items = ABOUT) -> Said:
    """`The capture listened all through`, or for how long it was away, and that it still is."""
    if covered is None:
        return say("No capture was running")
    if not covered.gaps:
        return say("The capture listened all through{}", "" if covered.is_whole else " since it began")
    if covered.silent_since is not None:
        return say("No capture listened after {}", silent_since(covered, timezone, about))
    gaps = said.in_words(of_capture(about, covered, "gaps"))
    times = "once" if len(covered.gaps) == 1 else say("{} times", gaps)
    missing = said.duration(of_capture(about, covered, "missing_s"))
    return say("The capture was away {}, {} in all", times, missing)


def pressed_title(presses: Any, about: Items = ABOUT) -> Said:
    """`Seven devices were pressed, most often Gaskets`."""
    counts: dict[str, int] = {}
    ids: dict[str, set[str]] = {}
    for row in rows(presses, "name", "device_id", "is_manual"):
        if row["is_manual"]:
            continue
        name = row["name"] or row["device_id"]
        counts[name] = counts.get(name, 0) + 1
        ids.setdefault(name, set()).add(row["device_id"])
    if not counts:
        return say("No listed device was heard")
    most = max(counts, key=lambda name: (counts[name], name))
    devices = of_pressed(
        about, len(set().union(*ids.values())), "devices_pressed", "distinct", "device_id", is_manual=False
    )
    if len(counts) == 1:
        pressed = _presses(counts[most], about)
        return say("{} was pressed {}", wording.sentence_case(most), said.count(pressed, "time"))
    return said.sentence_case(say("{} devices were pressed, most often {}", said.in_words(devices), most))


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
