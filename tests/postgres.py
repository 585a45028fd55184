"""A PostgreSQL of the test's own: on a free loopback port, in a folder of its own, ended by its process id."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from telltale.net import free_port

HOST, USER = "127.0.0.1", "telltale"
NOBODY = 65534


def installed(name: str) -> str | None:
    """Where a program of PostgreSQL lies, which Debian puts beside the path; None where it is missing."""
    folders = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)
    return shutil.which(name) or shutil.which(name, path=os.pathsep.join(folders))


def program(name: str) -> str:
    """The same; a skip where it is missing."""
    path = installed(name)
    if path is None:
        pytest.skip(f"{name} is not installed (Debian: postgresql)")
    return path


@contextmanager
def postgres(*settings: str) -> Iterator[str]:
    """The store URL of a running, empty server; `settings` are lines of its configuration."""
    with own_server(*settings) as server:
        yield server.url


@contextmanager
def own_server(*settings: str) -> Iterator["Server"]:
    """A running, empty server that can be stopped and started again."""
    initdb = program("initdb")
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    # It does not run as root.
    options: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    if options:
        os.chown(folder, NOBODY, NOBODY)
    server = Server(folder, free_port(HOST, 0), settings, options)
    try:
        made = [initdb, "-D", server.data, "-U", USER, "-A", "trust", "--no-sync", "-E", "UTF8", "--locale", "C.UTF-8"]
        subprocess.run(made, check=True, capture_output=True, cwd=folder, **options)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Server:
    """A server in a folder of its own."""

    def __init__(self, folder: Path, port: int, settings: Sequence[str], options: Mapping[str, Any]) -> None:
        self.data = str(folder / "data")
        self.url = f"postgresql+psycopg://{USER}@{HOST}:{port}/postgres"
        self._folder, self._port, self._settings, self._options = folder, port, settings, options
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [program("postgres"), "-D", self.data, "-p", str(self._port), "-c", f"listen_addresses={HOST}"]
        command += ["-c", f"unix_socket_directories={self._folder}"]
        command += [word for setting in self._settings for word in ("-c", setting)]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self._folder, **self._options)
        _wait_for(self._port, self._folder / "log")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it and its sessions; SIGQUIT leaves it as a crash does."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(60)
            self._process = None

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """All its processes stand still inside the block."""
        assert self._process is not None
        with hanging(self._process.pid):
            yield


@contextmanager
def hanging(server: int) -> Iterator[None]:
    """The processes of a server stand still inside the block: connections are taken, and nothing is answered."""
    os.kill(server, signal.SIGSTOP)  # first: from now on it begins no other
    processes = [server, *map(int, Path(f"/proc/{server}/task/{server}/children").read_text().split())]
    try:
        for process in processes:
            with suppress(ProcessLookupError):  # some live for a moment only
                os.kill(process, signal.SIGSTOP)
        yield
    finally:
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGCONT)


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
