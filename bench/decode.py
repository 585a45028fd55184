"""Bulk decode of CloudTrax reports into Arrow tables, against parsing the same bodies with msgspec and nothing else.

Data: for every repeat a fresh batch of 20,000 reports, as many as a settle takes, of five rows each, by four nodes,
half of them in the newer row shape; one row in ten has an address not met before. Decoding validates every row, adds
flags and origin, and makes Arrow tables; with pseudonyms it hashes each distinct address under the key of its site and
day. Times are CPU times.
"""

import random
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bench.measured import note, sized
from telltale.address import spelled
from telltale.contract import Raw
from telltale.pipeline.batch import decoder
from telltale.privacy import Keys, Lists, Pseudonymizer, Pseudonyms
from telltale.sources.cloudtrax.wire import Report, Row

REPORTS = 20_000
ROWS = 5
NODES = 4
REPEATS = sized(3, 7)
START_S = 1_795_160_000
PARSE, CLEAR, PSEUDONYMS, ODD = "msgspec parse only", "decode, clear", "decode, pseudonyms", "the same, 1 % odd"

_parse = msgspec.json.Decoder(Report).decode


class Rule(NamedTuple):
    """A site with keys of a day."""

    timezone: str = "Europe/Berlin"
    rotation: str = "day"


class ClearStations:
    """Leaves addresses as they are, to see what pseudonyms cost."""

    def apply(self, _sites: pa.StringArray, addresses: NDArray[np.int64], _times: NDArray[np.int64]) -> Pseudonyms:
        """The addresses, and no row on any list."""
        none = np.zeros(len(addresses), np.bool_)
        return Pseudonyms(addresses, none, none, none, none, none)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        keys = Path(folder)
        pseudonymizer = Pseudonymizer(Keys(keys), Lists(keys), lambda _site: Rule())
        clear = decoder(ClearStations(), lambda _source: {})
        hidden = decoder(pseudonymizer, lambda _source: {})
        took: dict[str, list[float]] = {name: [] for name in (PARSE, CLEAR, PSEUDONYMS, ODD)}
        for repeat in range(REPEATS):
            raws, odd = batch(2 * repeat), batch(2 * repeat + 1, odd_share=0.01)
            took[PARSE].append(cpu_s(partial(parse, raws)))
            took[CLEAR].append(cpu_s(partial(clear, "cloudtrax", batch(1000 + repeat))))
            took[PSEUDONYMS].append(cpu_s(partial(hidden, "cloudtrax", raws)))
            took[ODD].append(cpu_s(partial(hidden, "cloudtrax", odd)))
    show(took)


def batch(seed: int, *, odd_share: float = 0.0) -> list[Raw]:
    """Reports half a second apart; `odd_share` of them hold a count spelt as text."""
    chance, known = random.Random(seed), [(0x3C06 << 32) + (seed << 20)]
    return [Raw(n + 1, "cloudtrax", at_us(n), "", "{}", body(n, chance, known, odd_share)) for n in range(REPORTS)]


def at_us(number: int) -> int:
    return START_S * 1_000_000 + number * 500_000


def body(number: int, chance: random.Random, known: list[int], odd_share: float) -> bytes:
    last_s = START_S + number // 2
    rows = [row(last_s - place, chance, known, newer=number % 2 == 0) for place in range(ROWS)]
    report = Report(network_id=71234, node_mac=f"AC:86:74:00:00:0{number % NODES}", version=1, probe_requests=rows)
    told = msgspec.json.encode(report)
    return told.replace(b'"count":1', b'"count":"1"', 1) if chance.random() < odd_share else told


def row(last_s: int, chance: random.Random, known: list[int], *, newer: bool) -> Row:
    if chance.random() < 0.1:
        known.append(known[0] + len(known))
    level = chance.randint(-90, -50)
    return Row(
        mac=spelled(chance.choice(known)),
        count=chance.randint(1, 19),
        min_signal=level - 5,
        max_signal=level + 4,
        avg_signal=level,
        last_seen_signal=level + 1 if newer else None,
        first_seen=last_s - chance.randint(0, 25),
        last_seen=last_s,
        associated=chance.random() < 0.2,
    )


def parse(raws: list[Raw]) -> None:
    for raw in raws:
        _parse(raw.body)


def cpu_s(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def show(took: dict[str, list[float]]) -> None:
    parsed = statistics.median(took[PARSE])
    of = f"{REPORTS:,} reports of {ROWS} rows, CPU, medians of {REPEATS} interleaved repeats"
    for name, seconds in took.items():
        median = statistics.median(seconds)
        print(f"{name:20} {median / REPORTS * 1e6:7.2f} µs a report")
    for what, name, least in (
        ("CloudTrax parse ÷ decode, without pseudonyms", CLEAR, None),
        ("CloudTrax parse ÷ decode, with pseudonyms", PSEUDONYMS, 0.25),
        ("CloudTrax parse ÷ decode, with pseudonyms, 1 % odd rows", ODD, 0.20),
    ):
        note(what, parsed / statistics.median(took[name]), of=of, at_least=least)


if __name__ == "__main__":
    main()
