"""The supervisor: crashes are restarted with back-off, the others run on, and the end is a drain."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from telltale.operate.supervise import Change, Child, Supervisor, print_line, running
from tests.operate.waiting import runs, until, with_word

SLEEPER = "import time\nprint('up')\ntime.sleep(60)"
DRAINS = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: (print("drained"), sys.exit(0)))
print("up")
time.sleep(60)
"""


def python(name: str, code: str) -> Child:
    return Child(name, (sys.executable, "-c", code))


def test_a_crashed_child_starts_again_while_the_others_run_on() -> None:
    said: list[tuple[str, str]] = []
    children = [python("steady", SLEEPER), python("crashes", "print('up')\nraise SystemExit(3)")]
    with running(children, say=lambda name, line: said.append((name, line))):
        until(lambda: said.count(("crashes", "up")) >= 2 and ("steady", "up") in said)
    assert said.count(("steady", "up")) == 1
    assert ("crashes", "ended with exit code 3, last said: up; starts again in 1 s") in said


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
    until(lambda: not runs(int((tmp_path / "pid").read_text())))


def test_what_is_to_run_may_change_meanwhile() -> None:
    """One is drained and started as it is wanted now, one ends, one begins, and one runs on."""
    said: list[tuple[str, str]] = []
    first = [python("steady", SLEEPER), python("other", DRAINS), python("goes", DRAINS)]
    then = [first[0], python("other", "print('as wanted now')\n" + SLEEPER), python("comes", SLEEPER)]
    changes = iter([Change(then, {"other"})])

    def follow() -> Change | None:
        ready = {("steady", "up"), ("other", "up"), ("goes", "up")} <= set(said)
        return next(changes, None) if ready else None

    supervisor = Supervisor(first, say=lambda name, line: said.append((name, line)), follow=follow)
    thread = threading.Thread(target=lambda: asyncio.run(supervisor.run()))
    thread.start()
    wanted = {("other", "as wanted now"), ("comes", "up"), ("goes", "drained")}
    until(lambda: wanted <= set(said), within_s=60)
    supervisor.stop()
    thread.join(30)
    assert said.index(("other", "drained")) < said.index(("other", "as wanted now")), "one after the other"
    assert said.count(("steady", "up")) == 1
    assert [line for name, line in said if name == "goes"] == ["up", "drained"]


def test_a_mistake_in_telling_what_is_to_run_ends_nothing() -> None:
    said: list[tuple[str, str]] = []

    def follow() -> Change | None:
        raise ValueError("no such part")

    supervisor = Supervisor([python("one", DRAINS)], say=lambda *line: said.append(line), follow=follow)
    thread = threading.Thread(target=lambda: asyncio.run(supervisor.run()))
    thread.start()
    until(lambda: ("up", "what is to run cannot be told (no such part)") in said and ("one", "up") in said)
    supervisor.stop()
    thread.join(30)
    assert said[-1] == ("one", "drained")


def test_who_was_not_drained_is_known() -> None:
    stubborn = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up')\ntime.sleep(60)"
    said: list[str] = []
    children = [python("drains", DRAINS), python("stubborn", stubborn)]
    supervisor = Supervisor(children, say=lambda _, line: said.append(line), stop_s=0.5)
    thread = threading.Thread(target=lambda: asyncio.run(supervisor.run()))
    thread.start()
    until(lambda: said.count("up") == 2)
    supervisor.stop()
    thread.join(30)
    assert supervisor.undrained == ["stubborn"]


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


def test_the_last_line_of_a_child_that_keeps_crashing_is_said_each_time_with_a_longer_wait() -> None:
    said: list[str] = []
    with running([python("crashes", "raise ValueError('no such port')")], say=lambda _, line: said.append(line)):
        until(lambda: sum("starts again" in line for line in said) == 3)
    ends = [line for line in said if "starts again" in line]
    how = "ended with exit code 1, last said: ValueError: no such port; starts again in"
    assert ends == [f"{how} {wait} s" for wait in (1, 2, 4)]


def test_a_child_ended_by_a_signal_is_said_by_its_name() -> None:
    said: list[str] = []
    code = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
    with running([python("killed", code)], say=lambda _, line: said.append(line)):
        until(lambda: bool(said))
    assert said == ["was ended by SIGKILL; starts again in 1 s"]


def test_a_child_that_cannot_be_started_is_tried_again_while_the_others_run() -> None:
    said: list[tuple[str, str]] = []
    children = [Child("missing", ("/no/such/program",)), python("steady", SLEEPER)]
    with running(children, say=lambda name, line: said.append((name, line))):
        until(lambda: [name for name, _ in said].count("missing") == 2 and ("steady", "up") in said)
    lines = [line for name, line in said if name == "missing"]
    assert lines[0].startswith("cannot be started ([Errno 2] No such file or directory: '/no/such/program'); starts")


def test_a_log_that_always_fails_ends_no_child() -> None:
    said: list[str] = []

    def fails(name: str, line: str) -> None:
        said.append(line)
        raise OSError(28, "No space left on device")

    with running([python("steady", SLEEPER), python("crashes", "print('x')\nraise SystemExit(1)")], say=fails):
        until(lambda: said.count("x") >= 2 and "up" in said)
    assert said.count("up") == 1


def test_a_line_of_3_mib_without_end_and_bytes_that_are_no_text_end_nothing() -> None:
    said: list[str] = []
    code = (
        "import os, time\n"
        "line = b'y' * (1 << 20)\n"
        "for _ in range(3):\n    done = 0\n    while done < len(line): done += os.write(1, line[done:])\n"
        "os.write(2, b'\\nafter \\xff\\n')\ntime.sleep(60)"
    )
    with running([python("long", code)], say=lambda _, line: said.append(line)):
        until(lambda: len(said) == 2)
    assert said[0].endswith(" more bytes)")
    assert said[1] == "after \ufffd"


def test_a_child_is_restarted_though_what_it_left_behind_still_holds_its_output(tmp_path: Path) -> None:
    said: list[str] = []
    left = f"import os, time; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    code = (
        "import os, subprocess, sys, time\n"
        f"if not os.path.exists({str(tmp_path / 'pid')!r}):\n"
        f"    subprocess.Popen([sys.executable, '-c', {left!r}], start_new_session=True)\n"
        f"while not os.path.exists({str(tmp_path / 'pid')!r}): time.sleep(0.01)\n"
        "print('ends')"
    )
    with running([python("leaves", code)], say=lambda _, line: said.append(line)):
        until(lambda: said.count("ends") == 2)
    # Where it can be found, it does not outlive the supervisor either, though it has a session of its own.
    assert not sys.platform.startswith("linux") or not runs(int((tmp_path / "pid").read_text()))


PROGRAM = """
import sys
from telltale.operate.supervise import Child, supervise
supervise([Child(name, (sys.executable, '-c', code)) for name, code in {children!r}])
"""
PARENT = """
import subprocess, sys, time
subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])
subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], start_new_session=True)
print('up', flush=True)
time.sleep(60)
"""
DEAF = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up')\ntime.sleep(60)"


def started(tmp_path: Path, children: list[tuple[str, str]], **how: Any) -> "subprocess.Popen[str]":
    """A supervisor of its own; its processes are known by TELLTALE_HOME, which is the test's folder."""
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.format(children=children))
    environment = {**os.environ, "TELLTALE_HOME": str(tmp_path)}
    return subprocess.Popen([sys.executable, str(program)], text=True, env=environment, **how)


def pythons(tmp_path: Path) -> dict[int, str]:
    return with_word(f"TELLTALE_HOME={tmp_path}\0")


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks for the processes in /proc")
def test_kill_9_of_the_supervisor_leaves_no_child_and_no_grandchild(tmp_path: Path) -> None:
    """Neither one in a session of its own, as a kernel is, nor one that does not listen to SIGTERM."""
    with started(tmp_path, [("parent", PARENT), ("deaf", DEAF)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert {process.stdout.readline().split("│")[1] for _ in range(2)} == {" up\n"}
        assert len(pythons(tmp_path)) == 6, "the supervisor, its warden, two children and two of theirs"
        process.kill()
    until(lambda: not pythons(tmp_path))


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks for the processes in /proc")
def test_a_warden_that_was_killed_is_replaced(tmp_path: Path) -> None:
    def wardens() -> set[int]:
        return {pid for pid, command in pythons(tmp_path).items() if "warden.py" in command}

    with started(tmp_path, [("parent", PARENT)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        (killed,) = wardens()
        os.kill(killed, signal.SIGKILL)
        until(lambda: bool(wardens() - {killed}))
        process.kill()
    until(lambda: not pythons(tmp_path))


@pytest.mark.parametrize("output", ["/dev/full", "closed pipe", "none"])
def test_children_run_on_whatever_becomes_of_standard_output(tmp_path: Path, output: str) -> None:
    if output == "/dev/full" and not Path(output).exists():
        pytest.skip("this system has no device that is always full")
    seen = tmp_path / "seen"
    counts = f"n = 0\nwhile True:\n    n += 1\n    print('x' * 10_000)\n    open({str(seen)!r}, 'w').write(str(n))\n"
    stack = ExitStack()
    reading, writing = os.pipe()
    how: dict[str, Any] = {"stdout": writing}
    if output == "/dev/full":
        how = {"stdout": stack.enter_context(Path(output).open("w"))}  # noqa: SIM115 - the stack closes it
    elif output == "none":
        how = {"preexec_fn": lambda: os.close(1)}
    with stack, started(tmp_path, [("counts", counts)], stderr=subprocess.PIPE, **how) as process:
        os.close(writing)
        os.close(reading)
        # More than a pipe holds, so somebody still reads what the child prints.
        until(lambda: seen.exists() and int(seen.read_text() or 0) > 100)
        process.send_signal(signal.SIGTERM)
        assert process.stderr is not None
        assert process.stderr.read() == ""
    assert process.returncode == 0


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="this system has no SIGHUP")
def test_a_terminal_that_is_closed_drains_but_nohup_goes_on(tmp_path: Path) -> None:
    heeding = {
        "preexec_fn": lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL)
    }  # the tests themselves may have nohup
    with started(tmp_path, [("drains", DRAINS)], stdout=subprocess.PIPE, **heeding) as process:
        assert process.stdout is not None
        assert process.stdout.readline().endswith("│ up\n")
        process.send_signal(signal.SIGHUP)
        assert process.stdout.read().endswith("│ drained\n")
    assert process.returncode == 0
    ignoring = {"preexec_fn": lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)}
    code = f"import os, signal\nos.kill(os.getppid(), signal.SIGHUP)\n{DRAINS}"
    with started(tmp_path, [("drains", code)], stdout=subprocess.PIPE, **ignoring) as process:
        assert process.stdout is not None
        assert process.stdout.readline().endswith("│ up\n")
        process.send_signal(signal.SIGTERM)
        assert process.stdout.read().endswith("│ drained\n")
