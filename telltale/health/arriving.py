"""The newest records as they arrived, and what became of each.

Bodies that may tell of people are told by their size alone: those of stations, of frames with addresses, of PCs.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, pairwise

from telltale import wording
from telltale.arrow import Tables, arrow_to_raws
from telltale.contract import Raw
from telltale.health.refusals import TITLES
from telltale.landing import RefusedRow, refused_rows
from telltale.landing.refused import BODY_BYTES
from telltale.page.lines import Arrived, Lines
from telltale.page.pieces import Card
from telltale.sources import BY_NAME
from telltale.tables import ACTIVITY, FRAME, NODE_HEARTBEAT, REJECT, SIGHTING
from telltale.workbench.project import Project
from telltale.workbench.times import DAY, local_time

NEWEST, LOOKED_AT = 5, 60
"""So many are shown, of so many that are looked at."""
MOST_SAMPLES = 5
"""So few records with a whole day of silence after them are a sample."""
SHOWN_CHARACTERS, SHOWN_BYTES = 32, 8
"""Of a body that is text, and of one that is not."""
PERSONAL = {ACTIVITY.name, FRAME.name}
"""Tables of people and of addresses."""
NOUNS: Mapping[str, tuple[str, str]] = {
    "sighting": ("sighting", ""), "node_heartbeat": ("report", ""), "reading": ("reading", ""),
    "uplink": ("message", ""), "device_status": ("status", "statuses"), "device_config": ("configuration", ""),
    "frame": ("frame", ""), "collector_heartbeat": ("heartbeat", ""), "activity": ("sample", ""),
}  # fmt: skip
REFUSED, HEARTBEAT = "refused", f"1{wording.NBSP}heartbeat"
ALWAYS = ("uplink", "node_heartbeat")
"""Tables that say only that something came: told where nothing else was made of it."""


def card(project: Project, zone: str) -> Card:
    """The newest records as they arrived.

    Args:
        project: whose.
        zone: by whose clock moments are told.
    """
    lines, number = arrived(project, zone), kept(project)
    shown = sum(not line.became.startswith(REFUSED) for line in lines)
    of = f"Newest {shown} of {wording.count(number, 'record')}" if number else "No record is kept yet"
    of += ", one heartbeat at most" if any(line.became == HEARTBEAT for line in lines) else ""
    return Card(
        "What arrived, as it arrived", Lines(lines), f"{of}; each number on a page leads to records like these",
        empty="Nothing has arrived yet.",
    )  # fmt: skip


def arrived(project: Project, zone: str) -> list[Arrived]:
    """The newest records and refusals, newest first.

    Args:
        project: whose.
        zone: by whose clock moments are told.
    """
    since_us = project.now_us() - DAY
    newest = refused_rows(project.store, NEWEST, until_us=project.came_until_us)
    refused = [row for row in newest if row.received_at >= since_us]
    told = list(islice(_once(_telling(project, zone)), NEWEST))
    told += [(row.received_at, _refusal(row, zone)) for row in refused]
    return [line for _, line in sorted(told, key=lambda pair: -pair[0])[:NEWEST]]


def _telling(project: Project, zone: str) -> Iterator[tuple[int, Arrived]]:
    return ((raw.received_at, _record(project, raw, zone)) for raw in _newest(project))


def _once(lines: Iterable[tuple[int, Arrived]]) -> Iterator[tuple[int, Arrived]]:
    """The lines, of a capture that says each minute that it listens only the newest."""
    seen = False
    for at, line in lines:
        if line.became != HEARTBEAT or not seen:
            yield at, line
        seen |= line.became == HEARTBEAT


def kept(project: Project) -> int:
    """How many records are kept."""
    snapshot = project.view().snapshot
    return sum(file.rows for file in snapshot.of("raw")) + len(snapshot.hot)


def began_us(project: Project) -> int | None:
    """When the first record came; None before it. Of records that were removed what was made of them still tells.

    A few records of long before all others are a sample capture that was replayed, and begin nothing.
    """
    snapshot = project.view().snapshot
    came = [(raw.received_at, raw.received_at, 1) for raw in snapshot.hot]
    came += [(min(file.min_time, file.created_at), file.max_time, file.rows) for file in snapshot.of("raw")]
    moments = [file.created_at for file in snapshot.files]
    return min([began(sorted(came)), *moments] if came else moments, default=None)


def began(came: Sequence[tuple[int, int, int]]) -> int:
    """When what came began, samples aside.

    Args:
        came: first moment, last moment and number of records of each part, sorted; at least one.
    """
    number = 0
    for (_, last_us, records), (next_us, *_) in pairwise(came):
        number += records
        if number > MOST_SAMPLES:
            break
        if next_us - last_us > DAY:
            return next_us
    return came[0][0]


def _newest(project: Project) -> Iterator[Raw]:
    """The hot records and those of the newest files; only as many files are read as may hold one of the newest."""
    snapshot = project.view().snapshot
    found = sorted(snapshot.hot, key=lambda raw: -raw.received_at)[:LOOKED_AT]
    for file in sorted(snapshot.of("raw"), key=lambda file: -file.max_time):
        if len(found) >= LOOKED_AT and file.max_time < found[LOOKED_AT - 1].received_at:
            break
        raws = list(arrow_to_raws(project.lake.root.read(file.path)))
        found = sorted([*found, *raws], key=lambda raw: -raw.received_at)[:LOOKED_AT]
    yield from found


def _record(project: Project, raw: Raw, zone: str) -> Arrived:
    tables = project.decode(raw.source, [raw])
    became, level = _became(tables, k=project.settings.site.k)
    source = BY_NAME.get(raw.source)
    hides = (
        source is None or source.personal or bool(PERSONAL & tables.keys()) or bool(PERSONAL & set(source.tables[:1]))
    )
    body, is_code = (
        (wording.count(len(raw.body), "byte"), False) if hides or not raw.body else (_shortened(raw.body), True)
    )
    return Arrived(_clock(raw.received_at, zone), TITLES.get(raw.source, raw.source), body, became, is_code, level)


def _became(tables: Tables, *, k: int) -> tuple[str, str]:
    """`2 readings, 1 status`, and whether that needs somebody; of stations no count under k, not even none."""
    counts = {name: rows.num_rows for name, rows in tables.items() if rows.num_rows}
    if NODE_HEARTBEAT.name in counts and counts.get(SIGHTING.name, 0) < k:
        return f"fewer than {k} sightings", ""
    rejects = tables.get(REJECT.name)
    parts = [wording.count(counts[name], *NOUNS[name]) for name in NOUNS if name in counts and name not in ALWAYS]
    if parts:
        return ", ".join(parts), ""
    if rejects is not None and rejects.num_rows and not rejects["reason"][0].as_py().startswith("empty:"):
        return f"no reading yet: {rejects['reason'][0].as_py().replace('_', ' ')}", "warning"
    parts = [wording.count(counts[name], *NOUNS[name]) for name in ALWAYS if name in counts]
    return ", ".join(parts) or "nothing", ""


def _refusal(row: RefusedRow, zone: str) -> Arrived:
    size = len(row.body)
    body = wording.count(size, "byte") if size < BODY_BYTES else f"{size}{wording.NBSP}bytes or more"
    reason = row.reason.replace("_", " ")
    title = TITLES.get(row.source, row.source or "unknown")
    return Arrived(_clock(row.received_at, zone), title, body, f"{REFUSED}: {reason}", level="alarm")


def _shortened(body: bytes) -> str:
    """The begin of a body: as text where it is such, else in hex."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    if text and text.replace("\n", " ").replace("\r", " ").replace("\t", " ").isprintable():
        line = " ".join(text.split())
        return line if len(line) <= SHOWN_CHARACTERS else f"{line[:SHOWN_CHARACTERS]}…"
    return body[:SHOWN_BYTES].hex(" ") + (" …" if len(body) > SHOWN_BYTES else "")


def _clock(moment_us: int, zone: str) -> str:
    moment: dt.datetime = local_time(moment_us, zone)
    return f"{moment:%H:%M:%S}"
