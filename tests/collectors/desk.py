"""A simulated PC told by its modem: the real agent, budget and modem code on a real terminal, in a time of its own.

    office (sources/pc_idle) → agent → AT modem on a pseudo-terminal → network → callbacks over HTTP → collector

Time passes only while the agent waits, so that hours take seconds. The frames carry the scenario's times; the collector
receives them now, so a scenario that ends now looks as if its frames had come late, the more the earlier they are.
"""

from bisect import bisect_right
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from zoneinfo import ZoneInfo

from collectors.idle.budget import Moment
from collectors.idle.minutes import Frames
from collectors.idle.modem import Sent, Timeouts
from collectors.idle.probe import Look
from collectors.idle.sender import Plan, Sender
from collectors.idle_sender import Agent, Connector, Memory
from telltale.contract import Scenario
from telltale.simulate.modem import Pty, SimulatedModem, serving
from telltale.simulate.sigfox_network import Backend
from telltale.sources.pc_idle.simulate import days, samples
from telltale.sources.pc_idle.simulate.people import PCS, Pc, World, day_of

_TIMEOUTS = Timeouts(plain_s=5, uplink_s=15, downlink_s=30, quiet_s=0.02)


class Played(NamedTuple):
    """What was sent: frames on the air, and the PC they are of."""

    frames: int
    device_id: str
    """The modem's, as callbacks tell it: sigfox:<id>."""
    same_as: str
    """The PC's, for devices.csv."""


def play(
    url: str,
    scenario: Scenario,
    *,
    form: str = "levels",
    pc: str = PCS[0].name,
    device: str = "2D24F1",
    dialect: str = "wisol",
    secret: str = "",
    type_id: str = "",
) -> Played:
    """Live through a scenario as a PC of the invented office, and send what its agent would.

    Args:
        url: the running webhook collector.
        scenario: whose office, and from when to when.
        form: "levels" or "bitmap"; the collector knows of bitmaps by `[sources.sigfox.types.X] activity`.
        pc: which PC.
        device: the modem's id.
        dialect: of the modem.
        secret: the collector's, if it has one.
        type_id: told as deviceTypeId.

    Raises:
        KeyError: there is no such PC.
    """
    desk = Desk(scenario, {one.name: one for one in PCS}[pc])
    backend = Backend(url, secret=secret, type_id=type_id, now=desk.wall_s)
    modem = SimulatedModem(dialect, backend, device=device)
    try:
        with TemporaryDirectory() as folder, serving(modem, Pty(Path(folder, "modem"))) as port:
            frames = Frames()
            sender = Sender(
                Plan(form),
                connect=Connector(port, dialect, _TIMEOUTS),
                folder=Path(folder),
                clock=desk.moment,
                worker=_AtOnce(),
                frames=frames,
            )
            memory = Memory(Path(folder, "minutes.json"))
            agent = Agent(
                f"pc:{pc}",
                desk.every_s,
                look=desk.look,
                clock=desk,
                put=lambda *_: True,
                frames=frames,
                sender=sender,
                memory=memory,
            )
            agent.run()
    finally:
        backend.close()
    return Played(len(modem.frames), f"sigfox:{device.lower().lstrip('0')}", f"pc:{pc}")


class Desk:
    """A PC of the office with its clocks; it passes from sample to sample and sleeps between its days."""

    def __init__(self, scenario: Scenario, pc: Pc) -> None:
        world = World(scenario.seed, ZoneInfo(scenario.timezone))
        lived = [found for day in days(world, scenario) if (found := day_of(world, pc, day)) is not None]
        taken = [sample for day in lived for sample in samples(world, pc, day)]
        self.every_s = float(pc.every_s)
        self._idle_s = {
            at_ms / 1000: idle_ms / 1000
            for at_ms, idle_ms, *_ in taken
            if scenario.start_s <= at_ms / 1000 < scenario.end_s
        }
        self._times = sorted(self._idle_s)
        self._now_s = float(scenario.start_s)
        self._slept_s = 0.0

    def wall_s(self) -> float:
        """Seconds since 1970."""
        return self._now_s

    def steady_s(self) -> float:
        """The same without what the PC slept."""
        return self._now_s - self._slept_s

    def asleep_s(self) -> float | None:
        """What the PC slept."""
        return self._slept_s

    def moment(self) -> Moment:
        """For the budget."""
        return Moment(self._now_s, self._now_s, "simulated")

    def wait(self, _seconds: float) -> bool:
        """Pass to the next sample; True after the last."""
        after = bisect_right(self._times, self._now_s)
        if after == len(self._times):
            return True
        passed_s = self._times[after] - self._now_s
        self._slept_s += passed_s - self.every_s if passed_s > self.every_s else 0.0
        self._now_s = self._times[after]
        return False

    def look(self) -> Look:
        """The idle time now."""
        return Look(self._idle_s.get(self._now_s), "simulated")


class _AtOnce:
    """Sends while the PC's time stands still."""

    def submit(self, call: Callable[[], Sent | None], /) -> "Future[Sent | None]":
        future: Future[Sent | None] = Future()
        future.set_result(call())
        return future
