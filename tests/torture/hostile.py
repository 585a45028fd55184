"""Hostile bytes at the decoders, and hostile requests made from the description of the HTTP addresses."""

import random
from collections.abc import Iterator
from pathlib import Path

from tests.openapi.test_described import all_of_it
from tests.sources.hostile_bytes import NAMES, try_one
from tests.torture.counting import own_mb
from tests.torture.row import Row

BATCHES = 40
"""Of each source in a round."""


def hostile_bytes(_folder: Path, rounds: int) -> Iterator[Row]:
    """Batches with one hostile record each: no other record of them is lost, none raises what a decoder must not."""
    wrong = [
        fault for seed in range(rounds * BATCHES) for name in NAMES if (fault := try_one(name, random.Random(seed)))
    ]
    count = rounds * BATCHES * len(NAMES)
    assert not wrong, wrong[:3]
    note = f"{count:,} batches of {len(NAMES)} sources, decoded with and without the hostile record"
    yield Row("hostile bytes", count, count, len(wrong), 0, None, own_mb(), note=note)


def described_requests(folder: Path, rounds: int) -> Iterator[Row]:
    """Schemathesis on the running collector; the answers are held against the document, the 2xx against the store."""
    seen = all_of_it(folder, 4 * rounds)
    note = ", ".join(f"{count:,} × {status}" for status, count in sorted(seen.answers.items()))
    told = seen.acknowledged.total()
    yield Row("requests made from the description", seen.answers.total(), told, 0, 0, None, seen.memory_mb, note=note)
