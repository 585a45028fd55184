"""The agent with a clock that is handed in, real modems on terminals, the real budget and the real store."""

import json
import math
import time
from bisect import bisect_right
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from collectors import idle_sender
from collectors.idle.budget import Moment
from collectors.idle.command import payload_of
from collectors.idle.events import Events, check
from collectors.idle.lock import only_one
from collectors.idle.minutes import Frames
from collectors.idle.modem import Modem, Sent, Timeouts
from collectors.idle.probe import Look
from collectors.idle.sender import Plan, Sender, plan_of
from collectors.idle_sender import Agent, Connector, Memory, own_name, put
from telltale.contract import ConfigError, Raw
from telltale.door import open_door
from telltale.landing.schema import RAW
from telltale.settings import Settings
from telltale.settings.activity import IdleSettings
from telltale.simulate.modem import Pty, SimulatedModem, serving
from telltale.simulate.sigfox_network import Frame
from telltale.sources import pc_idle
from telltale.sources.pc_idle.decode import DEVICE
from telltale.sources.sigfox.minutes import MINUTE_US, level, minutes

START_S = 1_795_132_800.0
"""2026-11-20 00:00 UTC."""
DAY_S, HOUR_S = 86_400, 3600
QUICK = Timeouts(plain_s=10, uplink_s=3, downlink_s=10, quiet_s=0.01)
"""Only a silence takes as long; a busy machine may take its time to answer."""


class Office:
    """A PC with its person and its clocks; time passes only while the agent waits.

    Args:
        for_s: until when the agent runs.
        inputs: when keys were used, seconds from the start.
        asleep: spans in which the PC sleeps.
        counter_sleeps: whether the idle counter stands still then.
    """

    def __init__(
        self,
        for_s: float,
        inputs: list[float],
        asleep: tuple[tuple[float, float], ...] = (),
        *,
        counter_sleeps: bool = True,
    ) -> None:
        self.now_s = 0.0
        self._for_s, self._inputs, self._asleep = for_s, inputs, list(asleep)
        self._slept: list[tuple[float, float]] = []
        self._sleeps_too = counter_sleeps

    def wall_s(self) -> float:
        return START_S + self.now_s

    def steady_s(self) -> float:
        return 1000 + self.now_s - sum(end - start for start, end in self._slept)

    def asleep_s(self) -> float | None:
        return sum(end - start for start, end in self._slept)

    def moment(self) -> Moment:
        return Moment(self.wall_s(), 1000 + self.now_s, "boot")

    def wait(self, seconds: float) -> bool:
        self.now_s += seconds
        while self._asleep and self.now_s >= self._asleep[0][0]:
            start_s, end_s = self._asleep.pop(0)
            self._slept.append((start_s, end_s))
            self.now_s = max(self.now_s, end_s)
        return self.now_s >= self._for_s

    def look(self) -> Look:
        """As a counter that sleeps with the PC, or as one that does not."""
        before = bisect_right(self._inputs, self.now_s)
        if not before:
            return Look(self.now_s + 7200, "x11")
        at_s = self._inputs[before - 1]
        slept_s = sum(end - start for start, end in self._slept if start >= at_s) if self._sleeps_too else 0
        return Look(self.now_s - at_s - slept_s, "x11")


class AtOnce:
    """A worker that has no second thread."""

    def submit(self, call: Callable[[], Sent | None], /) -> "Future[Sent | None]":
        future: Future[Sent | None] = Future()
        future.set_result(call())
        return future


class Air:
    """A network that notes when it hears what; `answer` goes down."""

    def __init__(self, office: Office, answer: bytes | None = None) -> None:
        self.heard: list[tuple[float, Frame]] = []
        self._office = office
        self._answer = answer

    def __call__(self, frame: Frame) -> bytes | None:
        self.heard.append((self._office.now_s, frame))
        return self._answer


def run(
    folder: Path,
    office: Office,
    plan: Plan | None,
    *,
    network: Any = None,
    script: tuple[str, ...] = (),
    every_s: float = 30,
    keeps: bool = False,
    store: Callable[[bytes, int], bool] | None = None,
    on: tuple[str, ...] = (),
) -> SimulatedModem:
    """An agent's life from its start to its SIGTERM, with a modem beside it; where it `keeps`, with the real store."""
    settings = Settings(root=folder)
    memory = Memory(settings.data / "idle" / "minutes.json")
    frames = Frames(memory.read())
    door = open_door(settings, [pc_idle.SOURCE]) if keeps else None
    there = SimulatedModem("wisol", network or Air(office), script=script, away_s=0)
    try:
        with serving(there, Pty(folder / "modem")) as port:
            sender = plan and Sender(
                plan,
                connect=lambda: connect(Connector(port, "wisol", QUICK), Path(port)),
                folder=settings.data / "idle",
                clock=office.moment,
                worker=AtOnce(),
                frames=frames,
            )
            Agent(
                "pc:desk-3",
                every_s,
                look=office.look,
                clock=office,
                put=store or (lambda record, at_us: door is None or put(door, record, at_us)),
                frames=frames,
                sender=sender,
                memory=memory,
                events=Events(on),
            ).run()
    finally:
        if door is not None:
            door.close()
    return there


def connect(connector: Connector, port: Path) -> Modem:
    """The modem, once it is plugged in again: the office's hours are milliseconds to it."""
    deadline = time.monotonic() + 20
    while not port.exists():
        assert time.monotonic() < deadline, "the modem did not come back"
        time.sleep(0.001)
    return connector()


def stored(folder: Path) -> list[Raw]:
    door = open_door(Settings(root=folder), [pc_idle.SOURCE])
    columns = RAW.c.id, RAW.c.source, RAW.c.received_at, RAW.c.sender, RAW.c.meta, RAW.c.body
    with door.landing.store.reader() as connection:
        raws = [Raw(*row) for row in connection.execute(sa.select(*columns).order_by(RAW.c.id))]
    door.close()
    return raws


def most_in(window_s: float, times: list[float]) -> int:
    return max((sum(at - window_s < one <= at for one in times) for at in times), default=0)


def typed(*spans: tuple[float, float]) -> list[float]:
    """An input every 20 s."""
    return [start + n * 20 for start, end in spans for n in range(int((end - start) / 20) + 1)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("form", "slot_s"),
    [
        ("levels", 0), ("bitmap", 200),
        *(pytest.param(*day, marks=pytest.mark.long) for day in (("bitmap", 0), ("levels", 200))),
    ],
)  # fmt: skip
def test_a_day_keeps_every_limit_and_loses_nothing(tmp_path: Path, form: str, slot_s: int) -> None:
    """24 hours with work, sleep, an unplugged and a silent modem, and an agent that is restarted at noon."""
    inputs = typed((8 * HOUR_S, 11 * HOUR_S), (12.5 * HOUR_S, 17 * HOUR_S))
    plan = Plan(form, slot_s=slot_s, downlink=True)
    heard: list[tuple[float, Frame]] = []
    for begin, end in ((0, DAY_S / 2), (DAY_S / 2, DAY_S)):
        office = Office(end, inputs, asleep=((11.1 * HOUR_S, 11.9 * HOUR_S),) if begin == 0 else ())
        office.now_s = begin
        air = Air(office, bytes(8))
        run(tmp_path, office, plan, network=air, script=("ok", "unplug", "ok", "silence", "error", "lost"), every_s=30)
        heard += air.heard
    times = [at for at, _ in heard]
    assert len(heard) <= 140
    assert most_in(HOUR_S, times) <= 6
    assert sum(frame.wants_answer for _, frame in heard) <= 4
    if form == "bitmap":
        told = {one.at_us // MINUTE_US - int(START_S) // 60: one.is_active for one in known(heard)}
        for minute, is_active in told.items():
            assert is_active == any(minute * 60 <= at < minute * 60 + 60 for at in inputs), minute
        asleep = range(int(11.1 * 60) + 1, int(11.9 * 60))
        assert not set(asleep) & set(told), "nobody watched while the PC slept"
        assert set(told) >= set(range(1, 11 * 60)) - set(asleep), "what is long past has come, whatever was lost"
    elif not slot_s:
        assert len(heard) > 120


def known(heard: list[tuple[float, Frame]]) -> list[Any]:
    return [one for at, frame in heard for one in minutes(frame.payload, round((START_S + at) * 1e6)) or []]


def test_levels_go_out_each_slot_and_say_what_the_pc_saw(tmp_path: Path) -> None:
    """Input until 10:00 min; slots of 618 s: the first look, then the first look at or after each 618 s."""
    office = Office(2 * HOUR_S, typed((0, 600)))
    air = Air(office)
    run(tmp_path, office, Plan("levels"), network=air)
    expected_at = [30 + n * 630 for n in range(math.ceil((2 * HOUR_S - 30) / 630))]
    assert [at for at, _ in air.heard][:6] == expected_at[:6]
    assert [frame.payload for _, frame in air.heard][:4] == [b"100", b"100", b"0", b"0"]
    # At 660 s the last input is 60 s ago; at 1290 s it is 690 s ago.
    assert [level(60), level(690)] == [b"100", b"0"]


def test_a_level_nobody_knows_is_not_sent(tmp_path: Path) -> None:
    office = Office(HOUR_S, [])
    air = Air(office)
    office.look = lambda: Look(None, "unknown")  # type: ignore[method-assign]
    run(tmp_path, office, Plan("levels"), network=air, keeps=True)
    assert air.heard == []
    assert stored(tmp_path) == []


def test_each_minute_is_kept_and_the_partial_one_at_the_end(tmp_path: Path) -> None:
    office = Office(200, typed((0, 200)))
    run(tmp_path, office, None, every_s=10, keeps=True)
    records = [json.loads(raw.body) for raw in stored(tmp_path)]
    times = [[(at - START_S * 1000) / 1000 for at, _ in record["samples"]] for record in records]
    assert times == [[10, 20, 30, 40, 50], [60, 70, 80, 90, 100, 110], [120, 130, 140, 150, 160, 170], [180, 190]]
    assert [raw.received_at / 1e6 - START_S for raw in stored(tmp_path)] == [60, 120, 180, 200]
    assert {raw.source for raw in stored(tmp_path)} == {"pc_idle"}
    assert json.loads(stored(tmp_path)[0].meta)["path"] == "/samples"


@pytest.mark.parametrize("counter_sleeps", [True, False])
@pytest.mark.parametrize("last_s", [300, 304])
def test_a_sleep_leaves_a_gap_in_what_is_kept(tmp_path: Path, *, counter_sleeps: bool, last_s: float) -> None:
    """Asleep at 310 s; the last input is seen by the look at 300 s, or by none before the sleep."""
    inputs = [*typed((0, 280)), last_s]
    office = Office(HOUR_S + 100, inputs, asleep=((310.0, HOUR_S),), counter_sleeps=counter_sleeps)
    run(tmp_path, office, None, every_s=10, keeps=True)
    samples = [sample for raw in stored(tmp_path) for sample in json.loads(raw.body)["samples"]]
    times = [(at - START_S * 1000) / 1000 for at, _ in samples]
    assert [at for at in times if 300 < at < HOUR_S + 5] == []
    after = [(at / 1000 - START_S, idle / 1000) for at, idle in samples if at / 1000 - START_S > HOUR_S]
    assert len(after) > 5
    assert {round(at - idle, 3) for at, idle in after} == {last_s}, "the last input is where it was, before the sleep"


class Locking(Office):
    """A PC whose screen is locked in some spans."""

    def __init__(self, for_s: float, inputs: list[float], *locked: tuple[float, float]) -> None:
        super().__init__(for_s, inputs)
        self._locked = locked

    def look(self) -> Look:
        return super().look()._replace(is_locked=any(start <= self.now_s < end for start, end in self._locked))


@pytest.mark.parametrize(
    ("on", "plan", "heard_at"),
    [
        (("lock",), Plan("levels", is_slotted=False), [300]),
        (("unlock",), Plan("levels", is_slotted=False), [900]),
        (("start",), Plan("levels", is_slotted=False), [30]),
        (("lock", "unlock", "start"), Plan("levels", is_slotted=False), [30, 300, 900]),
        # A slot is counted from the frame before it, whatever sent that: 300 + 630, 930 + 630.
        (("lock",), Plan("levels"), [30, 300, 930, 1560]),
        ((), Plan("levels"), [30, 660, 1290]),
    ],
)
def test_an_event_sends_a_level_at_once(tmp_path: Path, on: tuple[str, ...], plan: Plan, heard_at: list[float]) -> None:
    office = Locking(1600, typed((0, 300), (900, 1600)), (300, 900))
    air = Air(office)
    run(tmp_path, office, plan, network=air, on=on)
    assert [at for at, _ in air.heard] == heard_at
    assert {frame.payload for at, frame in air.heard if at in {30, 300, 900}} <= {b"100"}


def test_events_keep_within_the_budget(tmp_path: Path) -> None:
    """A screen locked every minute of two hours: six frames an hour all the same."""
    office = Locking(2 * HOUR_S, typed((0, 2 * HOUR_S)), *((at, at + 30) for at in range(60, 2 * HOUR_S, 60)))
    air = Air(office)
    run(tmp_path, office, Plan("levels", is_slotted=False), network=air, on=("lock", "unlock"))
    times = [at for at, _ in air.heard]
    assert (len(times), most_in(HOUR_S, times)) == (12, 6)


def test_a_frame_of_an_event_that_could_not_go_out_goes_out_later(tmp_path: Path) -> None:
    office, folder = Locking(0, []), tmp_path / "idle"
    connector = Connector(str(tmp_path / "modem"), "wisol", QUICK)
    plan, air = Plan("levels", is_slotted=False), Air(office)
    sender = Sender(plan, connect=connector, folder=folder, clock=office.moment, worker=AtOnce(), frames=Frames())
    sender.look(office.wall_s(), 0.0, 5.0, is_called=True)  # the modem is not there
    with serving(SimulatedModem("wisol", air), Pty(tmp_path / "modem")):
        for steady_s in (100.0, 617.0, 618.0, 1300.0):
            sender.look(office.wall_s(), steady_s, 5.0)
    assert len(air.heard) == 1


@pytest.mark.parametrize(
    ("idle", "platform", "sentence"),
    [
        (IdleSettings(on=("lock",)), "linux", "[idle] on = lock: sends by a modem; set [idle] port"),
        (IdleSettings(on=("start",), send="bitmap", port="x"), "linux", 'send = "bitmap" tells minutes'),
        (IdleSettings(on=("start", "lock"), port="x"), "win32", "start, lock: only Linux tells the agent of a lock"),
        (IdleSettings(on=("start",), port="x"), "win32", ""),
        (IdleSettings(on=("unlock",), port="x"), "linux", ""),
        (IdleSettings(), "darwin", ""),
    ],
)
def test_an_event_that_cannot_come_is_refused(idle: IdleSettings, platform: str, sentence: str) -> None:
    if not sentence:
        check(idle, platform=platform)
        return
    with pytest.raises(ConfigError) as told:
        check(idle, platform=platform)
    assert sentence in str(told.value)


def test_without_slots_only_events_send() -> None:
    assert plan_of(IdleSettings(on=("lock",), port="x")) == Plan("levels", is_slotted=False)
    assert plan_of(IdleSettings(send="bitmap")) == Plan("bitmap")


@pytest.mark.parametrize(
    ("typed_text", "is_text", "payload"),
    [
        ("313030", None, b"100"),
        ("31 30 30", None, b"100"),
        ("313030", True, b"313030"),
        ("100", True, b"100"),
        ("door open", None, b"door open"),
        ("Tür", None, "Tür".encode()),
        ("fade", None, b"\xfa\xde"),
        ("fade", True, b"fade"),
        ("0" * 24, None, bytes(12)),
    ],
)
def test_a_payload_is_a_text_or_hex(typed_text: str, is_text: bool | None, payload: bytes) -> None:
    assert payload_of(typed_text, is_text=is_text) == payload


@pytest.mark.parametrize(
    ("typed_text", "is_text", "sentence"),
    [
        ("100", None, '"100": hex digits, but not in pairs; add --text'),
        ("door", False, '"door": expected 1 to 12 bytes in hex'),
        ("313", False, '"313": expected 1 to 12 bytes in hex'),
        ("the door is open", None, "is 16 bytes; expected 1 to 12"),
        ("0" * 26, None, "is 13 bytes; expected 1 to 12"),
        ("", None, '"" is 0 bytes; expected 1 to 12'),
        ("", True, '"" is 0 bytes'),
    ],
)
def test_a_payload_that_is_no_frame_is_refused(typed_text: str, is_text: bool | None, sentence: str) -> None:
    with pytest.raises(ConfigError) as told:
        payload_of(typed_text, is_text=is_text)
    assert sentence in str(told.value)


def test_an_answer_sets_the_slot(tmp_path: Path) -> None:
    """01 0708: 0x0708 = 1800 s. The first frame asks, the next comes half an hour later."""
    office = Office(2 * HOUR_S, typed((0, 2 * HOUR_S)))
    air = Air(office, bytes.fromhex("0107080000000000"))
    run(tmp_path, office, Plan("levels", downlink=True), network=air)
    assert [at for at, _ in air.heard] == [30, 1830, 3630, 5430]
    assert [frame.wants_answer for _, frame in air.heard] == [True, False, False, False]


@pytest.mark.parametrize("answer", ["0000000000000000", "0200000000000000", "0107080000000001"])
def test_an_answer_that_says_nothing_known_changes_nothing(tmp_path: Path, answer: str) -> None:
    office = Office(1300, typed((0, 1300)))
    air = Air(office, bytes.fromhex(answer))
    run(tmp_path, office, Plan("levels", downlink=True), network=air)
    assert [at for at, _ in air.heard] == [30, 660, 1290]


def test_a_spent_budget_sends_nothing_and_goes_on_later(tmp_path: Path) -> None:
    """Slots of 300 s: six frames in half an hour, the seventh when the first is an hour old."""
    office = Office(HOUR_S + 300, typed((0, HOUR_S + 300)))
    air = Air(office)
    run(tmp_path, office, Plan("levels", slot_s=300), network=air)
    times = [at for at, _ in air.heard]
    assert times[:6] == [30, 330, 630, 930, 1230, 1530]
    assert times[6] == 30 + HOUR_S


def test_what_was_refused_costs_nothing_and_what_is_unknown_does(tmp_path: Path) -> None:
    """Of six frames an hour two are refused: eight are tried, six are on the air, one of them without an answer."""
    office = Office(HOUR_S, typed((0, HOUR_S)))
    there = run(tmp_path, office, Plan("levels", slot_s=300), script=("error", "silence", "ok", "error"))
    assert len(there.frames) == 6


def test_minutes_of_a_lost_answer_go_again(tmp_path: Path) -> None:
    """Nobody knows whether the first frame went out: it goes in the next slot as if it had not."""
    office = Office(2 * HOUR_S + 60, typed((0, 2 * HOUR_S)))
    air = Air(office)
    run(tmp_path, office, Plan("bitmap"), network=air, script=("silence",))
    frames = [frame.payload for _, frame in air.heard]
    assert frames[0] == frames[1]
    assert len(frames) == 4  # at 40 min, again in the next slot, at 80 and at 120


def test_a_modem_that_is_not_there_is_waited_for(tmp_path: Path) -> None:
    office = Office(1300, typed((0, 1300)))
    settings = Settings(root=tmp_path)
    sender = Sender(
        Plan("levels"),
        connect=Connector(str(tmp_path / "no-modem"), "wisol", QUICK),
        folder=settings.data / "idle",
        clock=office.moment,
        worker=AtOnce(),
        frames=Frames(),
    )
    for at in (0.0, 700.0):
        office.now_s = at
        sender.look(office.wall_s(), office.steady_s(), 5.0)
    air = Air(office)
    office.now_s = 1400.0
    with serving(SimulatedModem("wisol", air), Pty(tmp_path / "no-modem")):
        sender.look(office.wall_s(), office.steady_s(), 5.0)
    assert [frame.payload for _, frame in air.heard] == [b"100"]


@pytest.mark.parametrize("form", ["levels", "bitmap"])
def test_files_that_cannot_be_written_stop_nothing_but_the_sending(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, form: str
) -> None:
    """Folders stand where the budget and the minutes should: a full disk, to the agent."""
    for name in ("budget-2d24e6.json", "minutes.json"):
        (tmp_path / "data" / "idle" / name).mkdir(parents=True)
    office = Office(HOUR_S, typed((0, HOUR_S)))
    air = Air(office)
    run(tmp_path, office, Plan(form), network=air, keeps=True)
    assert air.heard == [], "without a budget nothing may go out"
    times = [at / 1000 - START_S for raw in stored(tmp_path) for at, _ in json.loads(raw.body)["samples"]]
    assert times == list(range(30, HOUR_S, 30)), "every look is kept"
    assert any("waits for the next slot" in text and "budget-2d24e6" in text for text in caplog.messages)
    told = [text for text in caplog.messages if "minutes.json cannot be written" in text]
    assert len(told) == (form == "bitmap"), "said once"


def test_levels_gather_no_minutes(tmp_path: Path) -> None:
    """They would never be sent, nor forgotten."""
    run(tmp_path, Office(2 * HOUR_S, typed((0, 2 * HOUR_S))), Plan("levels"))
    assert Memory(tmp_path / "data" / "idle" / "minutes.json").read() == {}


def test_what_goes_wrong_in_a_look_costs_no_look_before_it(tmp_path: Path) -> None:
    office = Office(HOUR_S, typed((0, 200)))

    def look() -> Look:
        if office.now_s >= 200:
            raise RuntimeError("a bug")
        return Look(1.0, "x11")

    office.look = look  # type: ignore[method-assign]
    with pytest.raises(RuntimeError, match="a bug"):
        run(tmp_path, office, None, every_s=10, keeps=True)
    times = [at / 1000 - START_S for raw in stored(tmp_path) for at, _ in json.loads(raw.body)["samples"]]
    assert times == list(range(10, 200, 10))


def test_minutes_that_a_store_away_costs_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A day of records waits; in 24 h and 10 min, 10 or 11 of the oldest are lost, and said to be; so are the last."""
    office = Office(DAY_S + 600, typed((0, DAY_S)))
    run(tmp_path, office, None, every_s=30, store=lambda *_: False)
    lost = [text for text in caplog.messages if "the oldest minute is lost" in text]
    assert 10 <= len(lost) <= 11
    assert "1440 minutes are not stored: the store is away" in caplog.messages[-1]


@pytest.mark.parametrize(
    ("idle", "sentence"),
    [
        (IdleSettings(send="levels"), '[idle] send = "levels" needs port, such as "/dev/ttyUSB0" or "COM3"'),
        (IdleSettings(send="bitmap", port="soket://x:1"), '[idle] port = "soket://x:1": invalid URL'),
        (IdleSettings(device_id="desk 3"), '[idle] device_id = "desk 3": expected one such as pc:desk-3'),
    ],
)
def test_a_wrong_setting_is_told_before_the_first_look(tmp_path: Path, idle: IdleSettings, sentence: str) -> None:
    with pytest.raises(ConfigError) as told:
        idle_sender.run(Settings(root=tmp_path, idle=idle))
    assert sentence in str(told.value)
    assert list(tmp_path.iterdir()) == []


def test_the_machines_own_name_is_a_device() -> None:
    assert DEVICE.fullmatch(own_name())


def test_another_modem_on_the_port_is_known_by_its_own_dialect(tmp_path: Path) -> None:
    link = tmp_path / "modem"
    connector = Connector(str(link), "auto", QUICK)
    for dialect in ("wisol", "snt", "td1207"):
        with serving(SimulatedModem(dialect, lambda _: None), Pty(link)):
            for _ in range(2):
                with closing(connector()) as modem:
                    assert (modem.dialect.name, modem.device()) == (dialect, "2d24e6")


def test_a_name_is_held_by_one_process(tmp_path: Path) -> None:
    with only_one(tmp_path, "/dev/ttyUSB0"), only_one(tmp_path, "/dev/ttyUSB1"):
        told = pytest.raises(ConfigError, match=r"/dev/ttyUSB0 is used by another process \(pid \d+\); stop that one")
        with told, only_one(tmp_path, "/dev/ttyUSB0"):
            pass
    with only_one(tmp_path, "/dev/ttyUSB0"):
        pass


@pytest.mark.parametrize("content", ["", "{", "[[1]]", '[["a", true, 0]]'])
def test_minutes_that_cannot_be_read_are_left_out(tmp_path: Path, content: str) -> None:
    path = tmp_path / "minutes.json"
    path.write_text(content)
    assert Memory(path).read() == {}
    Memory(path).write({5: (True, 1)})
    assert Memory(path).read() == {5: (True, 1)}
