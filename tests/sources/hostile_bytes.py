"""Batches in which one record is hostile: random bytes, or a sample cut, doubled, overwritten or grafted on another.

The others are samples as they came. Whatever the one is, it gives rows or rejects of its own, and theirs stay.
"""

import random
from collections import Counter
from collections.abc import Sequence

from telltale.arrow import Tables
from telltale.contract import Raw
from telltale.sources import SOURCES
from tests.sources.sampled import Sample, decoded, samples

OWN_FAULT = "decoder_failed"
"""The reject of a decoder that raised what it must not: a mistake of ours."""


def of(name: str) -> list[Sample]:
    """The samples of a source that are stored as they came."""
    return [sample for sample in samples() if sample.source == name and sample.refused is None]


def hostile(dice: random.Random, body: bytes, other: bytes) -> bytes:  # noqa: PLR0911 - a way a line
    """A body that is hostile in one of the ways."""
    place = dice.randrange(len(body) + 1)
    match dice.randrange(7):
        case 0:
            return dice.randbytes(dice.randrange(200))
        case 1:
            return body[:place]
        case 2:
            return body + body
        case 3:
            return body[:place] + body[dice.randrange(place + 1) :]
        case 4:
            return body[:place] + other[dice.randrange(len(other) + 1) :]
        case 5:
            return body[:place] + bytes([dice.randrange(256)] * dice.choice((1, 8, 300))) + body[place:]
        case _:
            changed = bytearray(body or b"\0")
            for _ in range(dice.randrange(1, 6)):
                changed[dice.randrange(len(changed))] = dice.randrange(256)
            return bytes(changed)


def numbered(kept: Sequence[Raw]) -> list[Raw]:
    """The records with numbers of their own."""
    return [raw._replace(id=number) for number, raw in enumerate(kept, 1)]


def rows_of(tables: Tables, *, without: int = 0) -> Counter[str]:
    """The rows of every table as texts, but those of one record."""
    return Counter(
        f"{name} {row}" for name, rows in tables.items() for row in rows.to_pylist() if row["raw_id"] != without
    )


def try_one(name: str, dice: random.Random) -> str:
    """Decode a batch of a source with one hostile record in it; what is wrong with that, empty where nothing is."""
    known = of(name)
    chosen = [dice.choice(known) for _ in range(dice.randrange(1, 5))]
    settings = chosen[0].settings
    place = dice.randrange(len(chosen))
    bad = chosen[place].raw._replace(body=hostile(dice, chosen[place].body, dice.choice(known).body))
    batch = numbered([bad if number == place else sample.raw for number, sample in enumerate(chosen)])
    tables = decoded(name, batch, settings)
    others = [raw for raw in batch if raw.id != place + 1]
    alone = decoded(name, others, settings) if others else {}
    if rows_of(tables, without=place + 1) != rows_of(alone):
        return f"rows of other records changed beside {bad.body!r}"
    reasons = tables["reject"].column("reason").to_pylist() if "reject" in tables else []
    return f"the decoder raised what it must not at {bad.body!r}" if OWN_FAULT in reasons else ""


NAMES = [source.name for source in SOURCES]
