"""The supervisor: crashes are restarted with back-off, the others run on, and the end is a drain."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from telltale.operate.supervise import Child, Supervisor, print_line, running

SLEEPER = "import time\nprint('up')\ntime.sleep(60)"
DRAINS = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: (print("drained"), sys.exit(0)))
print("up")
time.sleep(60)
"""


def python(name: str, code: str) -> Child:
    return Child(name, (sys.executable, "-c", code))


def until(happened: Callable[[], bool], *, within_s: float = 20.0) -> None:
    deadline = time.monotonic() + within_s
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def test_a_crashed_child_starts_again_while_the_others_run_on() -> None:
    said: list[tuple[str, str]] = []
    children = [python("steady", SLEEPER), python("crashes", "print('up')\nraise SystemExit(3)")]
    with running(children, say=lambda name, line: said.append((name, line))):
        until(lambda: said.count(("crashes", "up")) >= 2 and ("steady", "up") in said)
    assert said.count(("steady", "up")) == 1
    assert ("crashes", "ended with exit code 3; starts again in 1 s") in said


def test_stopping_lets_a_child_drain() -> None:
    said: list[str] = []
    with running([python("drains", DRAINS)], say=lambda _, line: said.append(line)):
        until(lambda: "up" in said)
    assert said == ["up", "drained"]


def test_a_child_that_does_not_end_is_killed_with_what_it_started(tmp_path: Path) -> None:
    grandchild = (
        f"import time; open({str(tmp_path / 'pid')!r}, 'w').write(str(__import__('os').getpid())); time.sleep(60)"
    )
    stubborn = (
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"subprocess.Popen([sys.executable, '-c', {grandchild!r}])\n"
        "time.sleep(60)"
    )
    supervisor = Supervisor([python("stubborn", stubborn)], say=lambda *_: None, stop_s=0.2)
    thread = threading.Thread(target=lambda: asyncio.run(supervisor.run()))
    thread.start()
    until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text() != "")
    supervisor.stop()
    thread.join(20)
    assert not thread.is_alive()
    until(lambda: not _runs(int((tmp_path / "pid").read_text())))


def test_a_child_gets_its_environment() -> None:
    said: list[str] = []
    child = Child("told", (sys.executable, "-c", "import os; print(os.environ['A'])"), {"A": "word"})
    with running([child], say=lambda _, line: said.append(line)):
        until(lambda: "word" in said)


def test_a_line_has_the_time_and_the_name(capsys: pytest.CaptureFixture[str]) -> None:
    print_line("settle", "settled 5 records")
    assert re.fullmatch(r"\d\d:\d\d:\d\d settle     │ settled 5 records\n", capsys.readouterr().out)


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_supervisor_drains_and_ends_cleanly(tmp_path: Path, ending: signal.Signals) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import sys\nfrom telltale.operate.supervise import Child, supervise\n"
        f"supervise([Child('drains', (sys.executable, '-c', {DRAINS!r}))])\n"
    )
    with subprocess.Popen([sys.executable, str(program)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().endswith("│ up\n")
        process.send_signal(ending)
        assert process.stdout.read().endswith("│ drained\n")
    assert process.returncode == 0


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A killed process whose new parent has not taken note of it is still listed, as a zombie.
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().split(")")[-1].split()[0]
