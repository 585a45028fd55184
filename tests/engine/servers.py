"""Servers of Spark Connect and of Sail, of the tests' own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from telltale.net import free_port

STARTS_S = 300


@contextmanager
def connect_server() -> Iterator[str]:
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
    }
    given = [f"--conf={name}={value}" for name, value in settings.items()]
    command = [str(home / "bin" / "spark-submit"), "--master=local[2]", "--driver-memory=1g", *given]
    of_connect = ["--class=org.apache.spark.sql.connect.service.SparkConnectServer", "spark-internal"]
    with _running([*command, *of_connect], port, {"SPARK_HOME": str(home), "PYSPARK_PYTHON": sys.executable}) as master:
        yield master


@contextmanager
def sail_server() -> Iterator[str]:
    """A server of Sail on this machine; the master to ask it."""
    port = free_port("127.0.0.1", 0)
    sail = str(Path(sys.executable).parent / "sail")
    with _running([sail, "spark", "server", "--ip", "127.0.0.1", "--port", str(port)], port, {}) as master:
        yield master


@contextmanager
def _running(command: Sequence[str], port: int, variables: dict[str, str]) -> Iterator[str]:
    with subprocess.Popen(
        command, env=os.environ | variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            _wait(server, port)
            yield f"sc://127.0.0.1:{port}"
        finally:
            server.terminate()


def _wait(server: "subprocess.Popen[bytes]", port: int) -> None:
    end = time.monotonic() + STARTS_S
    while time.monotonic() < end:
        assert server.poll() is None, f"{server.args!r} ended with {server.returncode}"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise AssertionError(f"{server.args!r} does not listen on {port} after {STARTS_S} s")
