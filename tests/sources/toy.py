"""A toy source for the tests of landing and lake, and a process that stops where it is told.

A body is lines of `node device seconds frames`; each line is a sighting, each record a heartbeat. The body `boom`
makes the decoder raise. The decoder's version shows in `flags`.
"""

import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa

from telltale.arrow import TIMESTAMP, Decode, Tables, schema
from telltale.contract import Raw
from telltale.lake import Lake
from telltale.lake.merge import merge
from telltale.lake.purge import drop
from telltale.lake.redecode import redecode
from telltale.lake.settle import settle_all
from telltale.landing import Landing, Store
from telltale.pipeline.whole import whole
from telltale.tables import NODE_HEARTBEAT, SIGHTING
from tests.object_store import access
from tests.stores import url_of

BUCKET_FILE = "bucket.url"
"""Of a test's folder: the lake's URL and the address of its object store."""

HOUR = 3_600_000_000
DAY = 24 * HOUR
MONDAY = 1_763_942_400_000_000  # 2025-11-24 00:00 UTC


def raw(seconds: int, body: str = "", *, source: str = "toy") -> Raw:
    """A record received so many seconds after Monday's midnight."""
    at = MONDAY + seconds * 1_000_000
    return Raw(0, source, at, "192.0.2.1", "{}", (body or f"n1 7 {seconds - 5} 3").encode())


def decoder(version: int) -> Decode:
    """Decode a batch; the rows differ by version only in `flags`."""

    def decode(source: str, raws: Sequence[Raw]) -> Tables:
        if any(raw.body == b"boom" for raw in raws):
            raise RuntimeError("address 02:00:5e:00:53:01 made me fail")
        lines = [(raw, line.split()) for raw in raws for line in raw.body.decode().splitlines()]
        seen = pa.array([MONDAY + int(words[2]) * 1_000_000 for _, words in lines], TIMESTAMP)
        sightings = {
            "raw_id": [raw.id for raw, _ in lines],
            "source": [source] * len(lines),
            "received_at": pa.array([raw.received_at for raw, _ in lines], TIMESTAMP),
            "site": ["s"] * len(lines),
            "node_id": [words[0] for _, words in lines],
            "device": [int(words[1]) for _, words in lines],
            "radio": ["wifi"] * len(lines),
            "first_seen": seen,
            "last_seen": seen,
            "frames": [int(words[3]) for _, words in lines],
            **{f"rssi_{name}_dbm": pa.nulls(len(lines), pa.int32()) for name in ("min", "max", "avg", "last")},
            "associated": [False] * len(lines),
            "address_kind": ["global"] * len(lines),
            "flags": [f"v{version}"] * len(lines),
        }
        received = pa.array([raw.received_at for raw in raws], TIMESTAMP)
        heartbeats = {
            "raw_id": [raw.id for raw in raws],
            "source": [source] * len(raws),
            "received_at": received,
            "site": ["s"] * len(raws),
            "node_id": [f"n{raw.id}" for raw in raws],
            "observed_at": received,
            "clock_offset_s": pa.nulls(len(raws), pa.float64()),
        }
        return {
            "sighting": pa.table(sightings, schema=schema(SIGHTING)),
            "node_heartbeat": pa.table(heartbeats, schema=schema(NODE_HEARTBEAT)),
        }

    return decode


def open_store(folder: Path, *, busy_timeout_s: float = 5.0) -> Store:
    """The store of a test's folder."""
    return Store(url_of(folder), busy_timeout_s=busy_timeout_s)


def open_lake(
    folder: Path,
    store: Store,
    *,
    version: int = 1,
    on_step: Callable[[str], None] = lambda _name: None,
    keeps_bodies: bool = False,
) -> Lake:
    """The lake of a test's folder, or of the bucket that it names; `toy` is personal."""
    versions = {"toy": version, "plain": version}
    named = folder / BUCKET_FILE
    url, endpoint = named.read_text().split() if named.exists() else ("", "")
    return Lake(
        store,
        url or folder / "lake",
        whole(decoder(version)),
        versions,
        personal_sources=["toy"],
        keeps_bodies=keeps_bodies,
        on_step=on_step,
        access=access(endpoint),
    )


def fill(store: Store, raws: Sequence[Raw]) -> None:
    """Make records durable."""
    landing = Landing(store)
    landing.put_many(raws)
    landing.close()


def rows_of(lake: Lake, table_name: str) -> pa.Table:
    """All listed rows of a table, by path and then as filed."""
    return pa.concat_tables([lake.root.read(file.path) for file in lake.snapshot().of(table_name)])


def job(lake: Lake, name: str) -> None:
    """Run a job of the lake on a Thursday, when Monday's day is long over."""
    now_us = MONDAY + 3 * DAY
    if name == "settle":
        settle_all(lake, now_us=now_us)
    elif name == "merge":
        merge(lake, now_us=now_us)
    elif name == "decode":
        redecode(lake, now_us=now_us)
    elif name == "drop":
        drop(lake, lake.snapshot().of("raw")[:1], now_us=now_us, freeze=True)
    else:
        raise ValueError(f"no job {name!r}")


def main() -> None:
    """`python -m tests.sources.toy FOLDER JOB VERSION STEP`: run a job and die, as by a power cut, after a step."""
    folder, name, version, last = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]

    def die(step: str) -> None:
        if step == last:
            os.kill(os.getpid(), signal.SIGKILL)

    job(open_lake(folder, open_store(folder), version=version, on_step=die), name)


if __name__ == "__main__":
    main()
