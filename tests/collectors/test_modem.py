"""Each dialect over a real pseudo-terminal and a real socket: ids, frames, answers from below, and what fails."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest

from collectors.idle.modem import DIALECTS, Modem, Outcome, Timeouts, connect, opened
from collectors.idle.serial_line import Line, ModemError
from telltale.contract import ConfigError
from telltale.simulate.modem import FAULTS, SPEECHES, Pty, SimulatedModem, Tcp, Wire, serving
from telltale.simulate.sigfox_network import Frame

QUICK = Timeouts(plain_s=15, uplink_s=15, downlink_s=15, quiet_s=0.05)
"""For those who answer: nobody waits that long, but a busy machine may."""
BRIEF = QUICK._replace(uplink_s=0.5)
"""For those who do not."""
DOWN = bytes.fromhex("0123456789ABCDEF")
each_dialect = pytest.mark.parametrize("dialect", list(SPEECHES))


class Heard:
    """A network that notes what it hears, and sends the same answer down to whoever asks."""

    def __init__(self, answer: bytes | None = DOWN) -> None:
        self.frames: list[Frame] = []
        self._answer = answer

    def __call__(self, frame: Frame) -> bytes | None:
        self.frames.append(frame)
        return self._answer


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def link(tmp_path: Path) -> Path:
    return tmp_path / "modem"


def test_the_stand_in_speaks_every_dialect() -> None:
    assert set(SPEECHES) == set(DIALECTS)


@each_dialect
def test_a_modem_is_known_by_its_answers(dialect: str, heard: Heard, link: Path) -> None:
    with (
        serving(SimulatedModem(dialect, heard, device="2D24E6"), Pty(link)) as port,
        opened(port, timeouts=QUICK) as modem,
    ):
        assert modem.dialect.name == dialect
        assert modem.device() == "2d24e6"
        if dialect == "td1207":
            with pytest.raises(ModemError, match="a td1207 modem does not tell its PAC; see its label"):
                modem.pac()
        else:
            assert modem.pac() == "0123456789ABCDEF"


@each_dialect
def test_a_frame_is_sent_and_its_ok_read(dialect: str, heard: Heard, link: Path) -> None:
    """The seed's level of 100 is 313030 on the line, not the text of a bytes literal."""
    with serving(SimulatedModem(dialect, heard), Pty(link)) as port, opened(port, dialect=dialect) as modem:
        assert modem.send(b"100") == (Outcome.SENT, None, ("OK",))
        assert modem.send(bytes(12)).outcome is Outcome.SENT
    assert heard.frames == [Frame("002D24E6", b"100", 0, False), Frame("002D24E6", bytes(12), 1, False)]


WIRES = [
    ("uplynx", "auto", b"\rAT$ID?\r\n"),
    ("uplynx", "cr", b"AT$ID?\r"),
    ("uplynx", "crlf", b"AT$ID?\r\n"),
    ("wisol", "auto", b"AT$I=10\r"),
    ("wisol", "crlf", b"AT$I=10\r\n"),
]


@pytest.mark.parametrize(("dialect", "line_end", "sent"), WIRES)
def test_a_command_goes_out_as_the_dialect_or_the_setting_has_it(dialect: str, line_end: str, sent: bytes) -> None:
    """Of the Uplynx as its maker's tutorial sends it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = f"socket://127.0.0.1:{server.getsockname()[1]}"
        with opened(port, dialect=dialect, line_end=line_end, timeouts=QUICK) as modem:
            wire, _ = server.accept()
            wire.settimeout(30)
            asked = threading.Thread(target=modem.device)
            asked.start()
            heard = b""
            while len(heard) < len(sent):
                heard += wire.recv(100)
            wire.sendall(b"\r\n002D24E6\r\nOK\r\n")
            asked.join()
            wire.close()
    assert heard == sent


@pytest.mark.parametrize("line_end", ["cr", "crlf"])
@each_dialect
def test_a_modem_is_known_whatever_ends_its_lines(dialect: str, line_end: str, heard: Heard, link: Path) -> None:
    there = SimulatedModem(dialect, heard, device="2D24E6")
    with serving(there, Pty(link)) as port, opened(port, line_end=line_end, timeouts=QUICK) as modem:
        assert (modem.dialect.name, modem.device()) == (dialect, "2d24e6")


@each_dialect
def test_an_answer_comes_down(dialect: str, heard: Heard, link: Path) -> None:
    with serving(SimulatedModem(dialect, heard), Pty(link)) as port, opened(port, dialect=dialect) as modem:
        sent = modem.send(b"0", downlink=True)
    assert (sent.outcome, sent.downlink) == (Outcome.SENT, DOWN)
    assert heard.frames[0].wants_answer


@each_dialect
def test_no_answer_from_below_is_no_failed_frame(dialect: str, link: Path) -> None:
    """A time-out of the downlink is told as an error, but the uplink was sent."""
    network = Heard(None)
    with serving(SimulatedModem(dialect, network), Pty(link)) as port, opened(port, dialect=dialect) as modem:
        sent = modem.send(b"0", downlink=True)
    assert (sent.outcome, sent.downlink) == (Outcome.SENT, None)
    assert len(sent.said) > 1
    assert len(network.frames) == 1


@pytest.mark.parametrize("dialect", ["wisol", "td1207"])
@pytest.mark.parametrize(
    ("fault", "outcome", "on_air"),
    [
        ("error", Outcome.NOT_SENT, 0),
        ("silence", Outcome.UNKNOWN, 1),
        ("garbage", Outcome.UNKNOWN, 1),
        ("split", Outcome.SENT, 1),
        ("lost", Outcome.SENT, 1),
        ("unplug", Outcome.UNKNOWN, 0),
    ],
)
def test_what_goes_wrong_is_told_apart(dialect: str, fault: str, outcome: Outcome, on_air: int, link: Path) -> None:
    modem_there = SimulatedModem(dialect, Heard(), script=[fault], away_s=0.1)
    timeouts = BRIEF if fault in ("silence", "garbage") else QUICK
    with serving(modem_there, Pty(link)) as port, opened(port, dialect=dialect, timeouts=timeouts) as modem:
        assert modem.send(b"50").outcome is outcome
    assert len(modem_there.frames) == on_air


@each_dialect
def test_a_refused_frame_is_not_sent(dialect: str, heard: Heard, link: Path) -> None:
    there = SimulatedModem(dialect, heard, script=["error"])
    with serving(there, Pty(link)) as port, opened(port, dialect=dialect, timeouts=QUICK) as modem:
        assert modem.send(b"50").outcome is Outcome.NOT_SENT
    assert heard.frames == []


def test_after_ok_an_unplugged_modem_has_sent() -> None:
    """The answer is what is missing, and it stays missing."""
    wire = Tcp()  # what a socket carried before it closed still arrives; a terminal drops it
    stop = threading.Event()

    def network(_frame: Frame) -> None:
        wire.write(b"\r\nOK\r\n")
        wire.replug(0, stop)

    there = SimulatedModem("wisol", network)
    with serving(there, wire) as port, opened(port, dialect="wisol", timeouts=QUICK) as modem:
        sent = modem.send(b"50", downlink=True)
    assert (sent.outcome, sent.downlink) == (Outcome.SENT, None)
    assert sent.said[0] == "OK"
    assert "replug the modem" in sent.said[1]


def test_a_replugged_modem_is_there_again(heard: Heard, link: Path) -> None:
    there = SimulatedModem("wisol", heard, script=["unplug"], away_s=0.1)
    with serving(there, Pty(link)) as port:
        with opened(port, dialect="wisol", timeouts=QUICK) as modem:
            assert modem.send(b"50").outcome is Outcome.UNKNOWN
            with pytest.raises(ModemError, match="cannot be written"):
                modem.send(b"50")
        until = time.monotonic() + 10
        while not link.exists() and time.monotonic() < until:
            time.sleep(0.01)
        with opened(port, timeouts=QUICK) as modem:
            assert modem.send(b"50").outcome is Outcome.SENT
    assert [frame.payload for frame in heard.frames] == [b"50"]


@pytest.mark.parametrize("dialect", ["wisol", "td1207"])
def test_a_socket_does_where_there_is_no_terminal(dialect: str, heard: Heard) -> None:
    with serving(SimulatedModem(dialect, heard, script=["ok", "split", "error"]), Tcp()) as port:
        assert port.startswith("socket://127.0.0.1:")
        with opened(port, timeouts=QUICK) as modem:
            assert modem.device() == "2d24e6"
            outcomes = [modem.send(b"25").outcome for _ in range(3)]
        with opened(port, timeouts=QUICK) as modem:
            assert modem.device() == "2d24e6", "a second caller after the first"
    assert outcomes == [Outcome.SENT, Outcome.SENT, Outcome.NOT_SENT]


def test_a_closed_socket_is_a_modem_that_went_away(heard: Heard) -> None:
    with serving(SimulatedModem("wisol", heard, script=["unplug"], away_s=0.05), Tcp()) as port:
        with opened(port, dialect="wisol", timeouts=QUICK) as modem:
            assert modem.send(b"25").outcome is Outcome.UNKNOWN
        with back_again(port) as modem:
            assert modem.send(b"25").outcome is Outcome.SENT


def back_again(port: str) -> AbstractContextManager[Modem]:
    """The modem as soon as it listens again."""
    until = time.monotonic() + 20
    while True:
        try:
            return closing(connect(port, timeouts=QUICK))
        except ModemError:
            assert time.monotonic() < until, "it did not come back"
            time.sleep(0.01)


@pytest.fixture
def mute(link: Path) -> Iterator[Pty]:
    wire = Pty(link)
    yield wire
    wire.close()


def test_a_silent_port_is_told_and_does_not_hang(mute: Pty) -> None:
    with (
        pytest.raises(
            ModemError, match=r"modem: silent; check that it is plugged in, powered, and speaks at 9600 baud"
        ),
        opened(mute.port, timeouts=QUICK._replace(plain_s=0.1)),
    ):
        pass


def test_a_stranger_is_told(heard: Heard, link: Path) -> None:
    class Stranger(SimulatedModem):
        def _reply(self, command: str) -> str:
            return "OK" if command == "AT" else "ERROR"

    told = pytest.raises(ModemError, match=r"answers AT with OK, but no id as wisol, uplynx, td1207, snt would")
    with serving(Stranger("snt", heard), Pty(link)) as port, told, opened(port, timeouts=QUICK):
        pass


def test_a_wrong_dialect_in_the_settings_is_told(heard: Heard, link: Path) -> None:
    told = pytest.raises(
        ModemError, match=r"AT\$ID\? of a uplynx modem gave ATCMD_NOT_SUPPORTED, expected an id of 8 hex digits"
    )
    there = SimulatedModem("wisol", heard)
    with serving(there, Pty(link)) as port, opened(port, dialect="uplynx", timeouts=QUICK) as modem, told:
        modem.device()


def test_a_tracker_is_not_taken_for_an_uplynx(heard: Heard, link: Path) -> None:
    """Its AT$ID? is the send interval; even one of 8 digits is no id without a PAC beside it."""

    class Odd(SimulatedModem):
        def _reply(self, command: str) -> str:
            return "00000600\nOK" if command == "AT$ID?" else super()._reply(command)

    with serving(Odd("snt", heard), Pty(link)) as port, opened(port, timeouts=QUICK) as modem:
        assert (modem.dialect.name, modem.device()) == ("snt", "2d24e6")


def test_a_port_is_opened_by_one_program(heard: Heard, link: Path) -> None:
    told = pytest.raises(ModemError, match=r"cannot be opened .*; is the modem plugged in, and free\?")
    with serving(SimulatedModem("wisol", heard), Pty(link)) as port, opened(port, dialect="wisol"), told:
        Line(port)


@pytest.mark.parametrize(("port", "error"), [("/dev/no-such-modem", ModemError), ("soket://x:1", ConfigError)])
def test_a_port_that_is_none_is_told(port: str, error: type[Exception]) -> None:
    with pytest.raises(error, match="modem" if error is ModemError else r'\[idle\] port = "soket://x:1"'):
        Line(port)


@pytest.mark.parametrize("payload", [b"", bytes(13)])
def test_a_frame_has_one_to_twelve_bytes(payload: bytes, mute: Pty) -> None:
    line = Line(mute.port)
    with pytest.raises(ValueError, match="a frame has 1 to 12"):
        Modem(line, DIALECTS["wisol"]).send(payload)
    line.close()


def test_a_late_ok_of_one_command_is_not_the_next_ones(link: Path) -> None:
    """The id is read from the line before its OK; that OK must not confirm a frame that is refused."""
    there = SimulatedModem("uplynx", Heard(), script=["silence"])
    with serving(there, Pty(link)) as port, opened(port, dialect="uplynx", timeouts=BRIEF) as modem:
        assert modem.device() == "2d24e6"
        assert modem.send(b"0").outcome is Outcome.UNKNOWN


class Answers(SimulatedModem):
    """A modem that answers some commands with these bytes, each in so many writes with a pause between them."""

    def __init__(self, dialect: str, network: Heard, *, to: dict[str, tuple[bytes, ...]], pause_s: float = 0.0) -> None:
        super().__init__(dialect, network)
        self._to, self._pause_s = to, pause_s
        self.heard: list[str] = []

    def _answer(self, command: str, wire: Wire, stop: threading.Event) -> None:
        self.heard.append(command)
        if command not in self._to:
            return super()._answer(command, wire, stop)
        for number, part in enumerate(self._to[command]):
            stop.wait(self._pause_s if number else 0)
            wire.write(part)
        return None


VIEW = (b"SNT V1.1\r\n", b"SW 20160404\r\n", b"ID: 00101A2B\r\n", b"PAC: A1B2C3D4E5F60718\r\n", b"OK\r\n")
MORE = (b"HW 2.1\r\n", b"UL 868130000\r\n", b"DL 869525000\r\n", b"BAT 3.3\r\n")


@pytest.mark.parametrize(
    ("view", "pause_s"),
    [
        pytest.param((b"".join(VIEW),), 0.0, id="in one packet"),
        pytest.param((*VIEW[:2], *MORE, *VIEW[2:]), 0.1, id="line by line, longer in all than a silence"),
        pytest.param((b"".join(VIEW[:2]), b"".join(VIEW[2:])), 0.02, id="software, then the id"),
        pytest.param((b"\x00\xfe".join((b"", *VIEW)),), 0.0, id="with noise at each line"),
    ],
)
def test_a_line_that_names_the_id_goes_before_one_that_looks_like_it(
    view: tuple[bytes, ...], pause_s: float, heard: Heard, link: Path
) -> None:
    there = Answers("snt", heard, to={"AT&V": view}, pause_s=pause_s)
    with serving(there, Pty(link)) as port, opened(port, dialect="snt", timeouts=QUICK._replace(quiet_s=0.4)) as modem:
        assert modem.device() == "101a2b"
        assert modem.pac() == "A1B2C3D4E5F60718"


@pytest.mark.parametrize(
    ("said", "downlink", "expected"),
    [
        (b"\xf8OK\r\n", False, (Outcome.SENT, None)),
        (b"\r\n\x00OK\xff\x07\r\n", False, (Outcome.SENT, None)),
        (b"\x00OK\r\n\xfeRX=01 23 45 67 89 AB CD EF\x80\r\n", True, (Outcome.SENT, DOWN)),
        (b"\x80ERROR: parse error\r\n", False, (Outcome.NOT_SENT, None)),
        (b"\xf8\x00\x9c\r\n", False, (Outcome.UNKNOWN, None)),
        (b"O\x80K\r\n", False, (Outcome.UNKNOWN, None)),
    ],
)
def test_noise_around_a_line_is_no_part_of_it(
    said: bytes, downlink: bool, expected: tuple[Outcome, bytes | None], heard: Heard, link: Path
) -> None:
    command = "AT$SF=30,1" if downlink else "AT$SF=30"
    there = Answers("wisol", heard, to={command: (said,)})
    with serving(there, Pty(link)) as port, opened(port, dialect="wisol", timeouts=BRIEF) as modem:
        sent = modem.send(b"0", downlink=downlink)
    assert (sent.outcome, sent.downlink) == expected


@pytest.mark.parametrize(
    ("channels", "reset", "commands"),
    [
        # a frame twice: zones 1 and 3 are asked once
        (b"ATCMD_NOT_SUPPORTED", b"OK", ["AT$GI?", "AT$SF=30", "AT$SF=30"]),
        (b"1,3", b"OK", ["AT$GI?", "AT$SF=30"] * 2),
        (b"1,2", b"OK", ["AT$GI?", "AT$RC", "AT$SF=30"] * 2),
        (b"0,6", b"OK", ["AT$GI?", "AT$RC", "AT$SF=30"] * 2),
        (b"0,0", b"ERROR", ["AT$GI?", "AT$RC"] * 2),
    ],
)
def test_a_wisol_outside_zones_1_and_3_gets_its_channels_before_a_frame(
    channels: bytes, reset: bytes, commands: list[str], heard: Heard, link: Path
) -> None:
    there = Answers("wisol", heard, to={"AT$GI?": (channels + b"\r\n",), "AT$RC": (reset + b"\r\n",)})
    with serving(there, Pty(link)) as port, opened(port, dialect="wisol", timeouts=QUICK) as modem:
        sent = [modem.send(b"0") for _ in range(2)]
    outcome = Outcome.NOT_SENT if reset == b"ERROR" else Outcome.SENT
    assert [each.outcome for each in sent] == [outcome] * 2
    assert there.heard == commands
    assert len(heard.frames) == commands.count("AT$SF=30"), "none on the air that the modem was not ready for"


def test_a_script_knows_its_words(heard: Heard) -> None:
    with pytest.raises(ConfigError, match=r'script "boom": expected of ok, error'):
        SimulatedModem("wisol", heard, script=["boom"])
    with pytest.raises(ConfigError, match=r'dialect "wsol": expected one of uplynx, wisol, td1207, snt'):
        SimulatedModem("wsol", heard)
    assert "ok" in FAULTS
    for device in ("XYZ", "", "123456789"):
        with pytest.raises(ConfigError, match=f'id "{device}": expected 1 to 8 hex digits'):
            SimulatedModem("wisol", heard, device=device)


def test_a_link_that_was_left_behind_is_replaced_and_nothing_else(heard: Heard, link: Path) -> None:
    link.symlink_to("/dev/pts/no-such-terminal")
    with serving(SimulatedModem("wisol", heard), Pty(link)) as port, opened(port, timeouts=QUICK) as modem:
        assert modem.device() == "2d24e6"
        with pytest.raises(ConfigError, match="modem is there already; end what uses it, remove it, or choose another"):
            Pty(link)
        assert modem.send(b"1").outcome is Outcome.SENT, "the first one still answers"
    assert not link.is_symlink()
    link.write_text("mine")
    with pytest.raises(ConfigError, match="is there already"):
        Pty(link)
    assert link.read_text() == "mine"
