"""Each way of asking for the idle time: on Xvfb with real input, on buses and sockets with a service behind them."""

import os
import shutil
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from jeepney import DBusAddress, MessageType, new_error, new_method_call, new_method_return
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection

from collectors.idle import kde, locked, logind, macos, mutter, wayland, windows, x11
from collectors.idle.backend import Unavailable
from collectors.idle.probe import NAMES, Idle, Look, first, order

needs_xvfb = pytest.mark.skipif(not (shutil.which("Xvfb") and shutil.which("xdotool")), reason="needs Xvfb and xdotool")
needs_dbus = pytest.mark.skipif(shutil.which("dbus-daemon") is None, reason="needs dbus-daemon")


def until(true: Callable[[], bool], *, within_s: float = 20.0) -> None:
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.02)


@contextmanager
def screen() -> Iterator[str]:
    """An X server of our own; its display."""
    reading, writing = os.pipe()
    process = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "64x64x24", "-nolisten", "tcp", "-noreset"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as file:
            yield f":{file.readline().strip()}"
    finally:
        process.terminate()
        process.wait(20)


def touch(display: str, *what: str) -> None:
    subprocess.run(["xdotool", *what], env={**os.environ, "DISPLAY": display}, check=True, timeout=20)


@needs_xvfb
def test_x11_typing_resets_and_stopping_counts_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with screen() as display:
        monkeypatch.setenv("DISPLAY", display)
        saver = x11.connect()
        until(lambda: (saver.idle_s() or 0) > 0.5)
        for what in (("key", "a"), ("mousemove", "9", "9"), ("click", "1")):
            began = time.monotonic()
            touch(display, *what)
            idle_s = saver.idle_s()
            assert idle_s is not None
            assert idle_s <= time.monotonic() - began + 0.05, what
        before, first_s, after = time.monotonic(), saver.idle_s() or 0.0, time.monotonic()
        until(lambda: time.monotonic() - after > 0.5)
        least_s = time.monotonic() - after
        grown_s = (saver.idle_s() or 0.0) - first_s
        assert least_s - 0.05 <= grown_s <= time.monotonic() - before + 0.05
        saver.close()


@needs_xvfb
def test_a_screen_that_ends_is_unknown_and_one_that_comes_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    idle = Idle(("x11",), retry_s=30, clock=lambda: now[0])
    with screen() as display:
        monkeypatch.setenv("DISPLAY", display)
        assert idle.look().idle_s is not None
    until(lambda: idle.look() == Look(None, "x11"))
    assert "the display is gone" in idle.reasons["x11"]
    assert idle.look() == Look(None, "unknown"), "not asked again before the half minute is over"
    with screen() as display:
        monkeypatch.setenv("DISPLAY", display)
        now[0] = 31
        assert idle.look().idle_s is not None
        idle.close()


def test_why_nobody_tells_is_said_once(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    now = [0.0]
    idle = Idle(("x11", "windows"), retry_s=30, clock=lambda: now[0])
    for now[0] in (0, 10, 40, 80):
        assert idle.look() == Look(None, "unknown")
    why = "x11: no display: DISPLAY is not set; windows: this is linux"
    assert caplog.messages == [f"nobody tells the idle time, asked again every 30 s: {why}"]


def test_without_a_display_it_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    found, reasons = first(("x11",))
    assert found is None
    assert reasons == {"x11": "no display: DISPLAY is not set"}
    monkeypatch.setenv("DISPLAY", ":987")
    assert first(("x11",)) == (None, {"x11": "no display: DISPLAY is :987"})


class Service:
    """An object on a bus of our own that answers each method with what `answers` gives for it."""

    def __init__(
        self, address: str, name: str, answers: Callable[[str, tuple[Any, ...]], tuple[str, Any] | None]
    ) -> None:
        self._connection = open_dbus_connection(address)
        self._connection.send_and_get_reply(message_bus.RequestName(name))
        self._answers = answers
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                call = self._connection.receive(timeout=0.05)
            except TimeoutError:
                continue
            if call.header.message_type is not MessageType.method_call:
                continue
            answer = self._answers(str(call.header.fields[3]), call.body)
            if answer is None:
                self._connection.send(new_error(call, "org.example.Error", "s", ("nothing here",)))
            else:
                self._connection.send(new_method_return(call, answer[0], (answer[1],)))

    def close(self) -> None:
        self._stop.set()
        self._thread.join(5)
        self._connection.close()


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bus daemon of our own, as session and as system bus."""
    config = tmp_path / "bus.conf"
    config.write_text(
        f"<busconfig><listen>unix:path={tmp_path / 'bus'}</listen><auth>EXTERNAL</auth><policy context='default'>"
        "<allow send_destination='*' eavesdrop='true'/><allow eavesdrop='true'/><allow own='*'/></policy></busconfig>"
    )
    daemon = subprocess.Popen(
        ["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert daemon.stdout is not None
    address = daemon.stdout.readline().strip()
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
    yield address
    daemon.terminate()
    daemon.wait(20)
    daemon.stdout.close()


@needs_dbus
def test_mutter_tells_milliseconds(bus: str) -> None:
    service = Service(
        bus, "org.gnome.Mutter.IdleMonitor", lambda method, _: ("t", 12_345) if method == "GetIdletime" else None
    )
    monitor = mutter.connect()
    assert monitor.idle_s() == 12.345
    monitor.close()
    service.close()


@needs_dbus
@pytest.mark.parametrize("units_per_s", [1000, 1])
def test_kde_tells_milliseconds_or_seconds(bus: str, units_per_s: int) -> None:
    began = time.monotonic() - 300
    service = Service(
        bus, "org.freedesktop.ScreenSaver", lambda *_: ("u", int((time.monotonic() - began) * units_per_s))
    )
    saver = kde.connect()
    assert saver.idle_s() == pytest.approx(time.monotonic() - began, abs=20), "300 s, and not a thousand times of it"
    saver.close()
    service.close()


@needs_dbus
def test_logind_tells_since_when_the_session_is_idle(bus: str) -> None:
    hints: dict[str, tuple[str, Any]] = {
        "IdleHint": ("b", True),
        "IdleSinceHint": ("t", int((time.time() - 600) * 1e6)),
    }
    service = Service(bus, "org.freedesktop.login1", lambda _, names: ("v", hints[names[1]]))
    session = logind.connect()
    assert session.idle_s() == pytest.approx(600, abs=60)
    hints["IdleHint"] = ("b", False)
    assert session.idle_s() == 0
    session.close()
    hints["IdleSinceHint"] = ("t", 0)
    with pytest.raises(Unavailable, match="the desktop never set the idle hint of this session"):
        logind.connect()
    service.close()


@needs_dbus
def test_a_lock_is_known_while_logind_tells_it(bus: str) -> None:
    hints: dict[str, tuple[str, Any]] = {"LockedHint": ("b", False)}
    now = [0.0]
    lock = locked.Lock(retry_s=30, clock=lambda: now[0])
    assert not lock.is_locked(), "nobody tells"
    service = Service(bus, "org.freedesktop.login1", lambda _, names: ("v", hints[names[1]]))
    hints["LockedHint"] = ("b", True)
    now[0] = 31
    assert lock.is_locked()
    hints["LockedHint"] = ("b", False)
    assert not lock.is_locked()
    service.close()
    assert not lock.is_locked(), "logind is gone"
    assert not lock.is_locked()
    lock.close()


@needs_dbus
def test_a_service_that_errs_or_ends_is_unavailable(bus: str) -> None:
    with pytest.raises(Unavailable, match=r"org\.gnome\.Mutter\.IdleMonitor"):
        mutter.connect()
    refusing = Service(bus, "org.gnome.Mutter.IdleMonitor", lambda *_: None)
    with pytest.raises(Unavailable, match=r"org\.gnome\.Mutter\.IdleMonitor.*nothing here"):
        mutter.connect()
    refusing.close()
    service = Service(bus, "org.gnome.Mutter.IdleMonitor", lambda *_: ("t", 1000))
    monitor = mutter.connect()
    service.close()
    with pytest.raises(Unavailable):
        monitor.idle_s()
    monitor.close()


@pytest.mark.parametrize("module", [mutter, kde, logind], ids=["mutter", "kde", "logind"])
def test_without_a_bus_they_are_unavailable(module: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    nowhere = f"unix:path={tmp_path / 'nobody'}"
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", nowhere)
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", nowhere)
    with pytest.raises(Unavailable, match=r"no (session|system) bus"):
        module.connect()


class Compositor:
    """The part of a Wayland compositor that tells of idleness; `interfaces` are what it has, each of that version."""

    def __init__(self, path: Path, interfaces: tuple[str, ...], *, version: int = 1) -> None:
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(path))
        self._server.listen()
        self._interfaces = interfaces
        self._version = version
        self.bound: list[tuple[str, int]] = []
        self.asked: list[int] = []
        """Opcodes of the notifier: 1 what a film holds back, 2 input alone."""
        self.after_ms = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def tell(self, opcode: int) -> None:
        """0: nothing was touched for `after_ms`; 1: something was."""
        self._caller.sendall(struct.pack("=II", 6, 8 << 16 | opcode))

    def close(self) -> None:
        with suppress(OSError):  # the other side may have hung up
            self._caller.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._caller.close()
        self._server.close()

    def _serve(self) -> None:
        self._caller = self._server.accept()[0]
        file = self._caller.makefile("rb")
        while head := file.read(8):
            receiver, size_and_opcode = struct.unpack("=II", head)
            told = file.read((size_and_opcode >> 16) - 8)
            self._take(receiver, size_and_opcode & 0xFFFF, told)
        file.close()

    def _take(self, receiver: int, opcode: int, told: bytes) -> None:
        if (receiver, opcode) == (1, 1):  # get_registry
            for number, name in enumerate(self._interfaces, 20):
                text = name.encode() + b"\0"
                body = struct.pack("=II", number, len(text)) + text + bytes(-len(text) % 4)
                body += struct.pack("=I", self._version)
                self._caller.sendall(struct.pack("=II", 2, (8 + len(body)) << 16) + body)
        elif (receiver, opcode) == (1, 0):  # sync: done
            self._caller.sendall(struct.pack("=III", 3, 12 << 16, 0))
        elif (receiver, opcode) == (2, 0):  # bind
            number, length = struct.unpack_from("=II", told)
            name = told[8 : 8 + length - 1].decode()
            assert self._interfaces[number - 20] == name
            version, _ = struct.unpack_from("=II", told, len(told) - 8)
            assert version <= self._version, "a fatal error otherwise"
            self.bound.append((name, version))
        elif receiver == 5 and opcode in (
            1,
            2,
        ):  # get_idle_notification, get_input_idle_notification: id, timeout, seat
            self.asked.append(opcode)
            notification, self.after_ms, seat = struct.unpack("=III", told)
            assert (notification, seat) == (6, 4)


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-7")
    return tmp_path / "wayland-7"


def test_wayland_counts_from_what_it_is_told(session: Path) -> None:
    compositor = Compositor(session, ("wl_output", "wl_seat", "ext_idle_notifier_v1"))
    now = [100.0]
    notifications = wayland.connect(clock=lambda: now[0])
    until(lambda: compositor.after_ms == 1000)
    assert compositor.bound == [("wl_seat", 1), ("ext_idle_notifier_v1", 1)]
    assert notifications.idle_s() is None, "nothing is known before the first second is over"
    now[0] = 101.6
    assert notifications.idle_s() == 0
    compositor.tell(0)
    until(lambda: notifications.idle_s() == 1.0)
    now[0] = 161.6
    assert notifications.idle_s() == pytest.approx(61.0)
    compositor.tell(1)
    until(lambda: notifications.idle_s() == 0)
    compositor.close()

    def is_gone() -> bool:
        try:
            notifications.idle_s()
        except Unavailable:
            return True
        return False

    until(is_gone)
    notifications.close()


@pytest.mark.parametrize(
    ("offered", "spoken", "warned"),
    [(1, 1, True), (2, 2, False), (3, 2, False)],
)
def test_wayland_asks_for_input_alone_where_it_can(
    session: Path, caplog: pytest.LogCaptureFixture, offered: int, spoken: int, warned: bool
) -> None:
    """A film holds back the notification of version 1: the person in front of it would count as active."""
    compositor = Compositor(session, ("wl_seat", "ext_idle_notifier_v1"), version=offered)
    notifications = wayland.connect()
    until(lambda: compositor.after_ms == 1000)
    assert (compositor.bound, compositor.asked) == ([("wl_seat", 1), ("ext_idle_notifier_v1", spoken)], [spoken])
    assert ("a film counts as activity" in caplog.text) is warned
    compositor.close()
    notifications.close()


def test_a_compositor_without_the_protocol_is_told(session: Path) -> None:
    compositor = Compositor(session, ("wl_seat",))
    with pytest.raises(Unavailable, match="the compositor lacks ext_idle_notifier_v1"):
        wayland.connect()
    compositor.close()


def test_without_a_compositor_it_is_unavailable(session: Path) -> None:
    with pytest.raises(Unavailable, match=r"no compositor at .*wayland-7"):
        wayland.connect()


@pytest.mark.parametrize(
    ("tick", "last", "idle_ms"),
    [
        (5000, 1000, 4000),
        (1000, 0xFFFF_FC18, 2000),  # 2^32 - 1000: wrapped between, 1000 + 1000
        (1000, 1005, 0),  # the input slightly ahead of the tick
        (0, 0, 0),
        (3_000_000_000, 0, 3_000_000_000),  # 34.7 days, past the middle of the wrap
    ],
)
def test_windows_ticks_wrap(tick: int, last: int, idle_ms: int) -> None:
    assert windows.idle_ms(tick, last) == idle_ms


@pytest.mark.parametrize("module", [windows, macos], ids=["windows", "macos"])
def test_other_systems_say_that_they_are_others(module: Any) -> None:
    with pytest.raises(Unavailable, match="this is linux"):
        module.connect()


@pytest.mark.parametrize(
    ("chosen", "platform", "environment", "expected"),
    [
        ("auto", "win32", {}, ("windows",)),
        ("auto", "darwin", {}, ("macos",)),
        ("auto", "linux", {"DISPLAY": ":0"}, ("x11", "mutter", "kde", "logind")),
        ("auto", "linux", {"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}, ("mutter", "kde", "wayland", "logind")),
        ("auto", "linux", {"XDG_SESSION_TYPE": "wayland"}, ("mutter", "kde", "wayland", "logind")),
        ("kde", "win32", {}, ("kde",)),
    ],
)
def test_the_order_of_trying(
    chosen: str, platform: str, environment: dict[str, str], expected: tuple[str, ...]
) -> None:
    assert order(chosen, platform=platform, environment=environment) == expected
    assert set(expected) <= set(NAMES)


def test_jeepney_calls_are_as_used() -> None:
    """The stand-in's header field 3 is the member's name."""
    call = new_method_call(DBusAddress("/a", bus_name="a.b", interface="a.b"), "Name")
    assert call.header.fields[3] == "Name"


def test_a_file_that_is_touched_at_every_input(tmp_path: Path) -> None:
    path = tmp_path / "input"
    names = order("file", file=str(path))
    idle = Idle(names, retry_s=0.0, clock=time.monotonic)
    assert idle.look() == Look(None, "unknown")
    assert "No such file" in idle.reasons[names[0]]

    path.touch()
    os.utime(path, (time.time() - 500, time.time() - 500))
    told = idle.look()
    assert told.backend == "file"
    assert told.idle_s is not None
    assert 500 <= told.idle_s < 600

    path.touch()
    told = idle.look()
    assert told.idle_s is not None
    assert told.idle_s < 100

    path.unlink()
    assert idle.look() == Look(None, "file")
    assert first(order("file"))[1] == {"file:": "[idle] file names no file"}
