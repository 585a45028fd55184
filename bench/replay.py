"""A capture file of 50,000 frames into the store, against reading it with scapy and nothing else.

Two files: `network` is as a capture of a shop's network is, one frame in twenty of a listed device; in `listed` every
frame is one's. The replay reads, filters, makes records and commits them with synchronous=FULL, as `telltale replay`
does, and writes the heartbeats. `raw` is scapy's RawPcapReader, which hands out bytes; `dissected` is its PcapReader on
a twentieth of the file, times twenty. Repeats are interleaved. Settling is what comes later, per frame.
"""

import random
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import scapy.layers.l2  # noqa: F401 - without it PcapReader hands out bytes too
from scapy.utils import PcapReader, RawPcapReader

from bench.measured import note, sized
from telltale.capture import CaptureWriter
from telltale.capture.replay import replay
from telltale.cli.replay import GROUP
from telltale.lake.settle import settle_all
from telltale.settings import Settings
from telltale.sources.button.listed import Filter
from telltale.sources.button.simulate.frames import arp
from telltale.workbench.project import Project

FRAMES = 50_000
PART = 20
REPEATS = sized(3, 5)
LISTED = [bytes.fromhex("ac63be0000") + bytes([number]) for number in range(20)]
ROLES = dict.fromkeys((device.hex(":") for device in LISTED), "button")
START_US = 1_795_160_000_000_000
NETWORK, ALL, RAW, DISSECTED = "replay, network", "replay, listed", "scapy raw", "scapy dissected"


def main() -> None:
    took: dict[str, list[float]] = {name: [] for name in (NETWORK, ALL, RAW, DISSECTED)}
    with tempfile.TemporaryDirectory(prefix="telltale-bench-") as folder:
        root = Path(folder)
        network, listed = write(root / "network.pcap", 1 / PART), write(root / "listed.pcap", 1)
        part = write(root / "part.pcap", 1 / PART, FRAMES // PART)
        for number in range(REPEATS + 1):
            for name, work in (
                (NETWORK, partial(replayed, root / f"n{number}", network)),
                (ALL, partial(replayed, root / f"l{number}", listed)),
                (RAW, partial(read, RawPcapReader, network)),
                (DISSECTED, partial(read, PcapReader, part)),
            ):
                seconds = elapsed_s(work) * (PART if name == DISSECTED else 1)
                if number:  # the first is a warm-up
                    took[name].append(seconds)
        settle_us = settled_s(root / f"l{REPEATS}") / FRAMES * 1e6
    show(took, settle_us)


def write(path: Path, share: float, frames: int = FRAMES) -> Path:
    rng = random.Random(7)
    with path.open("wb") as file:
        writer = CaptureWriter(file)
        for number in range(frames):
            stranger = bytes.fromhex("3c0754") + rng.randbytes(3)
            device = rng.choice(LISTED) if rng.random() < share else stranger
            frame = arp(device, 1, b"\x0a\0\0\5", b"\x0a\0\0\1", is_padded=True)
            writer.write(START_US + number * 20_000, frame)
    return path


def replayed(root: Path, path: Path) -> None:
    project = Project(settings=Settings(root=root))
    landing = project.landing()
    landing.group = GROUP
    assert replay(path, Filter(ROLES), landing).packets == FRAMES
    landing.close()
    project.close()


def settled_s(root: Path) -> float:
    project = Project(settings=Settings(root=root))
    took_s = elapsed_s(partial(settle_all, project.lake, now_us=project.now_us()))
    project.close()
    return took_s


def read(reader: type[RawPcapReader], path: Path) -> None:
    with reader(str(path)) as packets:
        for _ in packets:
            pass


def elapsed_s(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def show(took: dict[str, list[float]], settle_us: float) -> None:
    raw = statistics.median(took[RAW])
    print(f"{FRAMES} frames, medians of {REPEATS} interleaved repeats; wanted <= 1 s a file")
    for name, seconds in took.items():
        median = statistics.median(seconds)
        print(f"{name:16} {median:6.2f} s ({min(seconds):.2f} to {max(seconds):.2f})   {median / raw:6.1f} x scapy raw")
    of = f"{FRAMES:,} frames, medians of {REPEATS} interleaved repeats"
    listed = statistics.median(took[ALL])
    note("capture file replayed, all frames listed", listed, "s", of=of, at_most=1)
    note("capture file replayed ÷ read with scapy, undissected", listed / raw, of=of)
    note("settling a frame of a capture file", settle_us, "µs", of=f"{FRAMES:,} frames, once")


if __name__ == "__main__":
    main()
