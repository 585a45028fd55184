"""The packets' log: it outlives what cannot be written, and no sender fills it."""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from collectors.common.packetlog import MOST_SENDERS, REFUSED_LINES, Packet, PacketLog


def packet(status: int = 200, sender: str = "10.0.0.5", verdict: str = "stored") -> Packet:
    verdict = verdict if status == 200 else "refused"
    return Packet(1795160000.0, "cloudtrax", sender, 412, status, verdict, 0.0031, "")


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_log_that_could_not_be_written_once_is_written_again_and_says_what_is_missing() -> None:
    """Nobody reads a pipe until it is full."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    os.set_blocking(reading, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writing, bytes(65536))
    with os.fdopen(writing, "w") as stream:
        packets = PacketLog(stream)
        packets.add(packet(verdict="lost"))
        until(lambda: packets._unwritten == 1)
        with suppress(BlockingIOError):
            while True:
                os.read(reading, 65536)
        packets.add(packet(verdict="after"))
        packets.close()
    text = os.read(reading, 65536).decode()
    os.close(reading)
    assert "1 lines could not be written" in text
    assert " after " in text


def test_a_closed_pipe_ends_neither_the_log_nor_who_writes_it() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    stream = os.fdopen(writing, "w")
    packets = PacketLog(stream)
    for _ in range(3):
        packets.add(packet())
        until(lambda: not packets._waiting)
    assert packets._thread.is_alive()
    packets.close()
    with suppress(BrokenPipeError):
        stream.close()


@pytest.fixture
def log(tmp_path: Path) -> Callable[[list[Packet]], list[str]]:
    def written(packets: list[Packet]) -> list[str]:
        with (tmp_path / "log").open("w") as stream:
            kept = PacketLog(stream)
            for each in packets:
                kept.add(each)
            kept.close()
        return (tmp_path / "log").read_text().splitlines()

    return written


def test_refused_packets_of_one_sender_have_a_few_lines_and_a_number(
    log: Callable[[list[Packet]], list[str]],
) -> None:
    refused = [packet(403, "10.0.0.6", "bad_signature")] * 5000
    lines = log([*refused, *[packet(413, "10.0.0.7", "body_too_large")] * 3, *[packet()] * 200])
    assert len([line for line in lines if " 10.0.0.6 " in line]) == REFUSED_LINES
    assert len([line for line in lines if " 10.0.0.7 " in line]) == 3
    assert len([line for line in lines if " stored " in line]) == 200, "what is stored has its line"
    (counted,) = [line for line in lines if "more packets" in line]
    assert counted.endswith(f" 10.0.0.6: {5000 - REFUSED_LINES:,} more packets within a minute had no line")


def test_refused_packets_of_any_number_of_senders_have_a_bounded_number_of_lines(
    log: Callable[[list[Packet]], list[str]],
) -> None:
    senders = [f"2001:db8:0:{number:x}::1" for number in range(3 * MOST_SENDERS)]
    lines = log([packet(401, sender, "missing_signature") for sender in senders])
    assert len(lines) == MOST_SENDERS + 1
    assert lines[-1].endswith(f" other senders: {2 * MOST_SENDERS:,} more packets within a minute had no line")


def test_the_next_minute_has_lines_again(tmp_path: Path) -> None:
    now = [0.0]
    with (tmp_path / "log").open("w") as stream:
        packets = PacketLog(stream, lambda: now[0])
        for _ in range(2):
            for _ in range(REFUSED_LINES + 5):
                packets.add(packet(403))
            now[0] += 61
            until(lambda: not packets._refused)
        packets.close()
    lines = (tmp_path / "log").read_text().splitlines()
    assert len(lines) == 2 * (REFUSED_LINES + 1)
    assert len([line for line in lines if ": 5 more packets" in line]) == 2
