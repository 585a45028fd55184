"""The demo's buttons go on: small capture files, replayed one after the other, are the same as one long one."""

import threading
import time
from pathlib import Path

from telltale.contract import Scenario
from telltale.settings import load
from telltale.simulate.demo import place
from telltale.simulate.demo.pressed import list_buttons
from telltale.simulate.demo.rotate import _Air, rotate
from telltale.simulate.frames import on_air
from telltale.workbench import Project


def test_frames_are_taken_once_each_as_their_moment_comes() -> None:
    frames = [(1, b"a"), (5, b"b"), (5, b"c"), (9, b"d"), (20, b"e")]
    air = _Air(iter(frames))
    assert [air.until(at) for at in (0, 5, 5, 10)] == [[], frames[:3], [], frames[3:4]]


def test_what_was_on_the_network_is_replayed_up_to_now(tmp_path: Path) -> None:
    project = Project(settings=load(place(tmp_path / "demo", port=1)))
    list_buttons(project)
    now_s = int(time.time())
    # Four days, so that one of them is no weekend.
    plan = Scenario(7, now_s - 4 * 86_400, now_s + 86_400, "Europe/Berlin")
    stop = threading.Event()
    stop.set()
    rotate(project, plan, stop)  # told to end before it began
    assert not (project.settings.data / "captures" / "live.pcap").exists()
    stop.clear()
    worker = threading.Thread(target=rotate, args=(project, plan, stop))
    worker.start()
    try:
        deadline = time.monotonic() + 60
        while not project.lake.snapshot().hot:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        stop.set()
        worker.join(60)
    frames = [at_us for at_us, _ in on_air(plan) if at_us <= now_s * 1_000_000]
    kept = [raw.received_at for raw in project.lake.snapshot().hot if "/frame/" in raw.meta]
    assert set(kept) <= set(frames) | {at_us for at_us, _ in on_air(plan)}
    assert len(kept) == len(set(kept)) > 20
    project.close()
