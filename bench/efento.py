"""Bulk decode of Efento frames of twelve samples into Arrow tables, against parsing the same frames and nothing else.

Data: for every repeat a fresh batch of 20,000 frames of 40 sensors, each frame with twelve samples; of one channel
(temperature, an hour of them), of two (temperature and humidity, six each), and of two where one sample in fifty is an
error. Decoding gives a row for each sample and one of device status, with origin, as Arrow tables. Times are CPU times.
"""

import random
import statistics
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bench.measured import note, sized
from telltale.contract import Raw
from telltale.pb.efento.measurements_pb2 import ProtoChannel, ProtoMeasurements
from telltale.pipeline.batch import decoder
from telltale.privacy import Pseudonyms

FRAMES, SAMPLES, SENSORS, REPEATS = 20_000, 12, 40, sized(3, 7)
START_S, STEP_S = 1_795_160_000, 300
META = '{"transport":"coap","method":"POST","path":"/m","headers":{"coap-type":"CON"}}'
SENSOR_FAILED = 8_388_557
PARSE, ONE, TWO, ERRORS = "protobuf parse only", "decode, 1 channel", "decode, 2 channels", "the same, errors"


class NoStations:
    """These tables hold no addresses."""

    def apply(self, _sites: pa.StringArray, _addresses: NDArray[np.int64], _times: NDArray[np.int64]) -> Pseudonyms:
        """Never asked."""
        raise AssertionError


def main() -> None:
    decode = decoder(NoStations(), lambda _source: {})
    took: dict[str, list[float]] = {name: [] for name in (PARSE, ONE, TWO, ERRORS)}
    for repeat in range(REPEATS):
        one, two = batch(repeat, (1,)), batch(repeat, (1, 27))
        odd = batch(repeat, (1, 27), error_share=0.02)
        took[PARSE].append(cpu_s(partial(parse, one)))
        took[ONE].append(cpu_s(partial(decode, "efento", one)))
        took[TWO].append(cpu_s(partial(decode, "efento", two)))
        took[ERRORS].append(cpu_s(partial(decode, "efento", odd)))
    show(took)


def batch(seed: int, types: tuple[int, ...], error_share: float = 0.0) -> list[Raw]:
    """Frames of one sensor after another, each continuing where the last one of that sensor ended."""
    rng = random.Random(seed)
    return [Raw(n + 1, "efento", 0, "192.0.2.1", META, frame(rng, n, types, error_share)) for n in range(FRAMES)]


def frame(rng: random.Random, number: int, types: tuple[int, ...], error_share: float) -> bytes:
    each = SAMPLES // len(types)
    start_s = START_S + number // SENSORS * each * STEP_S
    offsets = [
        [SENSOR_FAILED if rng.random() < error_share else rng.randint(-9, 9) for _ in range(each)] for _ in types
    ]
    body: bytes = ProtoMeasurements(
        serial_number=(0x282C02000000 + number % SENSORS).to_bytes(6, "big"),
        battery_status=True,
        measurement_period_base=60,
        measurement_period_factor=5,
        channels=[
            ProtoChannel(type=kind, timestamp=start_s, start_point=215, sample_offsets=some)  # type: ignore[arg-type]
            for kind, some in zip(types, offsets, strict=True)
        ],
        next_transmission_at=start_s + 3600,
        configuration_hash=119,
        signal=rng.randint(10, 30),
    ).SerializeToString()
    return body


def parse(raws: list[Raw]) -> None:
    for raw in raws:
        ProtoMeasurements.FromString(raw.body)


def cpu_s(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def show(took: dict[str, list[float]]) -> None:
    parsed = statistics.median(took[PARSE])
    of = f"{FRAMES:,} frames of {SAMPLES} samples, CPU, medians of {REPEATS} interleaved repeats"
    for name, most in ((ONE, 6.0), (TWO, 7.5), (ERRORS, None)):
        note(f"Efento frame, {name}", statistics.median(took[name]) / FRAMES * 1e6, "µs", of=of, at_most=most)
    note("Efento frame, 1 channel ÷ the bare protobuf parse", statistics.median(took[ONE]) / parsed, of=of)


if __name__ == "__main__":
    main()
