"""The workshop's network going on: every few seconds a capture file of what was on it, replayed.

So a router's tcpdump rotates its files. `python -m telltale.simulate.demo.rotate SEED SINCE` (epoch s) runs until it is
ended. Each file begins with the last packet of the one before it, so that the time observed has no hole between
two files.
"""

import signal
import sys
import threading
import time
from collections.abc import Iterator

from telltale.capture.writing import CaptureWriter
from telltale.contract import Scenario
from telltale.simulate.demo.pressed import CAPTURES, replayed
from telltale.simulate.frames import on_air
from telltale.workbench.project import Project

EVERY_S = 2.0
ENDLESS_S = 10 * 365 * 86_400


def main() -> None:
    """Replay what comes until SIGTERM or Ctrl-C."""
    seed, since_s = (int(text) for text in sys.argv[1:3])
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    project = Project()
    try:
        rotate(project, Scenario(seed, since_s, since_s + ENDLESS_S, project.settings.site.timezone), stop)
    finally:
        project.close()


def rotate(project: Project, plan: Scenario, stop: threading.Event) -> None:
    """Write and replay a file of what came since the one before, every few seconds, until `stop`."""
    path = project.settings.data / CAPTURES / "live.pcap"
    path.parent.mkdir(parents=True, exist_ok=True)
    air = _Air(iter(on_air(plan)))
    last: list[tuple[int, bytes]] = []
    while not stop.is_set():
        came = air.until(time.time_ns() // 1000)
        if came:
            with path.open("wb") as file:
                writer = CaptureWriter(file)
                for at_us, frame in [*last, *came]:
                    writer.write(at_us, frame)
            kept = replayed(project, path)
            print(f"{len(came)} frames, {kept} of listed devices", flush=True)
            last = came[-1:]
        stop.wait(EVERY_S)


class _Air:
    """Frames in time order, taken as their moment comes."""

    def __init__(self, frames: Iterator[tuple[int, bytes]]) -> None:
        self._frames = frames
        self._next = next(frames)

    def until(self, now_us: int) -> list[tuple[int, bytes]]:
        """Those up to a moment that were not taken yet."""
        came = []
        while self._next[0] <= now_us:
            came.append(self._next)
            self._next = next(self._frames)
        return came


if __name__ == "__main__":
    main()
