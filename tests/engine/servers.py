"""Servers of Spark Connect and of Sail, of the tests' own."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from telltale.net import free_port
from telltale.workbench.project import Project

STARTS_S = 300
SHORT_LIVED = {"JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}
"""For a Java machine of a few minutes: a third of its work would go into compiling for hours to come."""


def on_spark(project: Project, master: str) -> Iterator[Project]:
    """The project, answered by the Spark of a master."""
    told = project.settings.engine.model_copy(update={"spark": master})
    made = Project(settings=project.settings.model_copy(update={"engine": told}), now=project.clock, runs_on="spark")
    yield made
    made.close()


@contextmanager
def connect_server(more: Mapping[str, str] = {}) -> Iterator[str]:
    """A server of Spark Connect on this machine, from the package of Spark; the master to ask it."""
    import pyspark

    home = Path(pyspark.__file__).parent
    port = free_port("127.0.0.1", 0)
    settings = {
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": str(port),
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.shuffle.partitions": "4",
        "spark.ui.enabled": "false",
        **more,
    }
    given = [f"--conf={name}={value}" for name, value in settings.items()]
    command = [str(home / "bin" / "spark-submit"), "--master=local[2]", "--driver-memory=1g", *given]
    of_connect = ["--class=org.apache.spark.sql.connect.service.SparkConnectServer", "spark-internal"]
    variables = {"SPARK_HOME": str(home), "PYSPARK_PYTHON": sys.executable} | SHORT_LIVED
    with _running([*command, *of_connect], port, variables) as master:
        yield master


@contextmanager
def standalone() -> Iterator[str]:
    """A standalone cluster on loopback, of a master and a worker of two cores; the master to ask."""
    import pyspark

    home = Path(pyspark.__file__).parent
    port, at = free_port("127.0.0.1", 0), ["--host", "127.0.0.1", "--webui-port", "0"]
    variables = {"SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable}
    of_deploy = [str(home / "bin" / "spark-class"), "org.apache.spark.deploy"]
    master = [of_deploy[0], f"{of_deploy[1]}.master.Master", *at, "--port", str(port)]
    with tempfile.TemporaryDirectory() as folder, _running(master, port, variables):
        place, given = f"spark://127.0.0.1:{port}", ["--cores", "2", "--memory", "1g", "--work-dir", folder]
        own = free_port("127.0.0.1", 0)
        worker = [of_deploy[0], f"{of_deploy[1]}.worker.Worker", *at, "--port", str(own), *given, place]
        with _running(worker, own, variables):
            yield place


@contextmanager
def sail_server() -> Iterator[str]:
    """A server of Sail on this machine; the master to ask it."""
    port = free_port("127.0.0.1", 0)
    sail = str(Path(sys.executable).parent / "sail")
    with _running([sail, "spark", "server", "--ip", "127.0.0.1", "--port", str(port)], port, {}) as master:
        yield master


@contextmanager
def _running(command: Sequence[str], port: int, variables: dict[str, str]) -> Iterator[str]:
    # A session of its own: what is meant for the tests, such as an interrupt, is not for the server.
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(
            command, env=os.environ | variables, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        ) as server,
    ):
        try:
            _wait(server, port, log)
            yield f"sc://127.0.0.1:{port}"
            assert server.poll() is None, _ended(server, log)
        finally:
            server.terminate()


def _ended(server: "subprocess.Popen[bytes]", log: IO[bytes]) -> str:
    log.seek(0)
    said = log.read().decode(errors="replace")[-3_000:]
    return f"{server.args!r} ended with {server.returncode}: {said}"


def _wait(server: "subprocess.Popen[bytes]", port: int, log: IO[bytes]) -> None:
    end = time.monotonic() + STARTS_S
    while time.monotonic() < end:
        assert server.poll() is None, _ended(server, log)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise AssertionError(f"{server.args!r} does not listen on {port} after {STARTS_S} s")
