"""A Java machine that is killed: it is said once, and the next question is answered by a new one."""

import os
import subprocess
import sys

import pytest

from tests.engine.servers import SHORT_LIVED

KILLED = """
import os, signal, time
from pyspark import SparkContext
from telltale.engine.session import SparkLost
from telltale.engine.spark import SparkEngine

engine = SparkEngine("local[2]")
old = engine.run("select 1 as n", {})
print(old.arrow().to_pylist())
for _ in range(2):
    # Spark's script becomes Java, so the process that PySpark started is the Java machine.
    os.kill(SparkContext._gateway.proc.pid, signal.SIGKILL)
    SparkContext._gateway.proc.wait()
    try:
        engine.run("select 2 as n", {}).arrow()
    except SparkLost as error:
        print(error)
    print(engine.run("select 3 as n", {}).arrow().to_pylist())
try:
    old.arrow()
except SparkLost as error:
    print(error)
print(engine.run("select 4 as n", {}).arrow().to_pylist())
"""
LOST = '[engine] spark = "local[2]": Spark has stopped; ask again, and it is started anew'


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_java_machine_that_was_killed_is_started_anew() -> None:
    """An engine that was kept goes on with the new one, and what is left of the old one does not end the new."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED],
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
        env=os.environ | SHORT_LIVED,
    )
    assert done.stdout.splitlines() == [
        "[{'n': 1}]",
        *[LOST, "[{'n': 3}]"] * 2,
        LOST,
        "[{'n': 4}]",
    ], done.stderr[-3_000:]
