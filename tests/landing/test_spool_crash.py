"""`kill -9` at each step of spool and drain: what was acknowledged is in the store exactly once, in its order."""

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from telltale.landing import Expiry, Spooling
from tests.landing.test_spool import away, bodies, landing_on, spool_in, until
from tests.sources.toy import open_store, raw

STEPS = ["drain:1 stored", "drain:2 committed", "drain:3 removed"]


def draining(folder: Path, step: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "tests.landing.draining", str(folder), step]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


@pytest.mark.slow
@pytest.mark.parametrize("step", STEPS)
def test_a_drain_killed_at_a_step_adds_nothing_twice(tmp_path: Path, step: str) -> None:
    with closing(open_store(tmp_path)) as store:
        (tmp_path / "url").write_text(store.url)
        with closing(spool_in(tmp_path)) as spool:
            spool.append([raw(number, f"{number}") for number in range(30)])  # three batches, the last not full
        for _ in range(2):
            with draining(tmp_path, step) as process:
                assert process.wait(60) == -signal.SIGKILL
        with landing_on(store, spool_in(tmp_path)) as landing:
            until(lambda: not landing.is_spooling)
        assert bodies(store) == [b"%d" % number for number in range(30)]


@pytest.mark.slow
def test_killed_while_the_store_comes_and_goes(tmp_path: Path) -> None:
    """Six times, at a random moment; who got no answer sends the record again, as another one here."""
    chance = random.Random(7)
    acknowledged: list[bytes] = []
    with closing(open_store(tmp_path)) as store:
        (tmp_path / "url").write_text(store.url)
        for round_ in range(6):
            (tmp_path / "first").write_text(f"{round_ * 1_000_000}")
            with draining(tmp_path, "spool") as process:
                assert process.stdout is not None
                acknowledged.append(process.stdout.readline().strip())
                with away(store):
                    time.sleep(chance.uniform(0.3, 0.6))
                    if round_ % 2:
                        process.kill()
                time.sleep(chance.uniform(0.0, 0.4))
                process.kill()
                acknowledged += process.stdout.read().split()
        with landing_on(store, spool_in(tmp_path, records=1 << 20, size=1 << 30)) as landing:
            until(lambda: not landing.is_spooling)
        stored = bodies(store)
    assert len(acknowledged) > 50
    assert set(acknowledged) <= set(stored)
    assert max(Counter(stored).values()) == 1
    assert stored == sorted(stored, key=int), "each process's records keep their order, and those before it are first"


def test_two_that_drain_the_same_file_store_it_once(tmp_path: Path) -> None:
    """As on a disk without locks, or where a copy of the file is put on another machine."""
    with closing(open_store(tmp_path)) as store:
        for name in ("a", "b"):
            (tmp_path / name).mkdir()
        with closing(spool_in(tmp_path / "a")) as spool:
            spool.append([raw(number, f"{number}") for number in range(40)])
        (tmp_path / "b" / "spool").mkdir()
        (tmp_path / "b" / "spool" / "http-1.db").write_bytes((tmp_path / "a" / "spool" / "http-1.db").read_bytes())
        first, second = (spool_in(tmp_path / name) for name in ("a", "b"))
        assert first.name == second.name
        expiry = Expiry(None, ())
        both = [Spooling(spool, store, group=2, expiry=expiry) for spool in (first, second)]
        until(lambda: not any(one.is_active for one in both))
        for one in both:
            one.close()
        assert sorted(bodies(store), key=int) == [b"%d" % number for number in range(40)]
