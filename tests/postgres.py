"""A PostgreSQL of the test's own: on a free loopback port, in a folder of its own, ended by its process id."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from telltale.net import free_port

HOST, USER = "127.0.0.1", "telltale"
NOBODY = 65534


def program(name: str) -> str:
    """Where a program of PostgreSQL lies, which Debian puts beside the path; a skip where it is missing."""
    folders = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)
    found = shutil.which(name) or shutil.which(name, path=os.pathsep.join(folders))
    if found is None:
        pytest.skip(f"{name} is not installed (Debian: postgresql)")
    return found


@contextmanager
def postgres() -> Iterator[str]:
    """The store URL of a running, empty server."""
    initdb, server = program("initdb"), program("postgres")
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    # It does not run as root.
    options: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    if options:
        os.chown(folder, NOBODY, NOBODY)
    port, data = free_port(HOST, 0), str(folder / "data")
    try:
        made = [initdb, "-D", data, "-U", USER, "-A", "trust", "--no-sync", "-E", "UTF8"]
        subprocess.run(made, check=True, capture_output=True, cwd=folder, **options)
        command = [server, "-D", data, "-p", str(port), "-c", f"listen_addresses={HOST}"]
        command += ["-c", f"unix_socket_directories={folder}"]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, **options)
        try:
            _wait_for(port, folder / "log")
            yield f"postgresql+psycopg://{USER}@{HOST}:{port}/postgres"
        finally:
            process.send_signal(signal.SIGINT)  # ends sessions, and itself
            process.wait(60)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(port: int, log: Path) -> None:
    deadline = time.monotonic() + 120
    while True:
        try:
            psycopg.connect(host=HOST, port=port, user=USER, dbname="postgres").close()
        except psycopg.OperationalError:
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        else:
            return
