"""The supervisor's lines on the terminal and in files: nothing that happens to either holds anything up."""

import os
import re
import shutil
import stat
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

import click
import pytest

from telltale.operate.outlet import MOST_WAITING, LogFiles, Terminal, unfailing_output
from tests.operate.waiting import until

LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d{4} (.*)\n")


def kept(path: Path) -> list[str]:
    return LINE.findall(path.read_text(encoding="utf-8"))


def test_each_child_has_a_file_of_its_own_with_date_and_time(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        files = LogFiles(tmp_path / "data" / "logs")
        files.put("webhooks", "listens")
        files.put("simulate efento/../x", "sends")
        files.put("webhooks", "stored")
        files.close()
    finally:
        os.umask(before)
    folder = tmp_path / "data" / "logs"
    assert kept(folder / "webhooks.log") == ["listens", "stored"]
    assert kept(folder / "simulate-efento-..-x.log") == ["sends"]
    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / "webhooks.log")] == [0o700, 0o600]


def test_files_are_rotated_and_their_number_is_bounded(tmp_path: Path) -> None:
    for number in range(40):
        files = LogFiles(tmp_path, file_bytes=100, kept=2)
        files.put("coap", f"line {number}")
        files.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["coap.log", "coap.log.1", "coap.log.2"]
    assert all(path.stat().st_size <= 100 for path in tmp_path.iterdir())
    newest_last = [line for end in (".2", ".1", "") for line in kept(tmp_path / f"coap.log{end}")]
    assert newest_last == [f"line {number}" for number in range(40 - len(newest_last), 40)]


def test_a_child_that_prints_without_end_fills_no_memory_and_drowns_nobody(tmp_path: Path) -> None:
    files = LogFiles(tmp_path)
    for number in range(50_000):
        files.put("endless", f"line {number} {'x' * 80}")
        assert files._outlet._sizes["endless"] <= MOST_WAITING
    files.put("quiet", "still heard")
    files.put("endless", "the last")
    files.close()
    assert kept(tmp_path / "quiet.log") == ["still heard"]
    missing = re.findall(r"^\(([\d,]+) lines are missing here\)$", (tmp_path / "endless.log").read_text(), re.MULTILINE)
    assert missing
    count = sum(int(number.replace(",", "")) for number in missing)
    assert len(kept(tmp_path / "endless.log")) + count == 50_001


def test_a_folder_that_is_removed_is_made_again(tmp_path: Path) -> None:
    files = LogFiles(tmp_path / "logs")
    files.put("a", "before")
    until((tmp_path / "logs" / "a.log").exists)
    shutil.rmtree(tmp_path / "logs")
    files.put("a", "after")
    files.close()
    assert kept(tmp_path / "logs" / "a.log") == ["after"]


def test_what_could_not_be_written_is_counted_in_the_file(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file where the folder belongs")
    files = LogFiles(tmp_path / "logs")
    files.put("a", "lost")
    files.put("a", "lost too")
    until(lambda: "a" in files._files and files._files["a"]._lost == 2)
    (tmp_path / "logs").unlink()
    files.put("a", "written")
    files.close()
    assert (tmp_path / "logs" / "a.log").read_text().startswith("(2 lines could not be written here)\n2")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_print_and_click_work_with_a_full_output_and_leave_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    with ExitStack() as stack:
        full = stack.enter_context(Path("/dev/full").open("w"))
        monkeypatch.setattr(sys, "stdout", full)
        with unfailing_output():
            print("one", flush=True)
            click.echo("two")
            with unfailing_output():
                print("three")
        full.flush()  # nothing of it waits in a buffer that would fail at the end


def test_what_is_printed_comes_in_order() -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "w", encoding="ascii") as stream:
        terminal = Terminal(stream)
        for number in range(100):
            print(f"{number} │", file=terminal)
        terminal.finish()
    with os.fdopen(reading, encoding="ascii") as stream:
        assert stream.read() == "".join(f"{number} ?\n" for number in range(100))
    with pytest.raises(TypeError, match="texts"):
        terminal.write(b"bytes")  # type: ignore[arg-type] # as click tries, to tell the two apart


def test_a_terminal_that_nobody_reads_holds_nobody_up() -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "w", encoding="utf-8") as stream:
        terminal = Terminal(stream)
        printer = threading.Thread(target=lambda: [print("x" * 1_000, file=terminal) for _ in range(5_000)])
        printer.start()
        printer.join(20)
        assert not printer.is_alive()
        os.close(reading)  # the thread that writes ends with an error, and not us
        terminal.finish()
