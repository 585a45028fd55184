"""A Mosquitto of the test's own: on free loopback ports, in a folder of its own, stopped and killed by its process id.

A broker that happens to run on this machine is never used.
"""

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from telltale.net import free_port

HOST = "127.0.0.1"
USER = "t123/kanban"
PASSWORD = "correct horse %battery"  # with a blank and a %, which an INI file may trip over
LOCAL_NAMES = "DNS:localhost,IP:127.0.0.1"
PERSISTENT = "persistence true\nmax_queued_messages 0\nautosave_on_changes true\nautosave_interval 1\n"
"""What keeps acknowledged messages over a kill of the broker; by default they die with it."""


def program(name: str) -> str:
    """Where a Debian program lies; a skip that names its package where it is missing."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed (Debian: mosquitto, mosquitto-clients, openssl)")
    return found


@dataclass
class Broker:
    """A broker that can be started again on the same ports."""

    folder: Path
    port: int
    """In clear."""
    tls_port: int
    """0 without TLS."""
    ca_file: Path
    process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    def start(self) -> None:
        """Start it and wait until it accepts connections."""
        with (self.folder / "mosquitto.log").open("ab") as log:
            command = [program("mosquitto"), "-c", str(self.folder / "mosquitto.conf")]
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)
        for port in filter(None, (self.port, self.tls_port)):
            self._wait_for(port)

    def stop(self) -> None:
        """SIGTERM and wait."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """`kill -9` and wait."""
        self._end(signal.SIGKILL)

    def save(self) -> None:
        """Let it write its messages to disk (SIGUSR1), and wait until it has."""
        assert self.process is not None
        database = self.folder / "mosquitto.db"
        before = database.stat().st_mtime_ns
        self.process.send_signal(signal.SIGUSR1)
        deadline = time.monotonic() + 30
        while database.stat().st_mtime_ns == before:
            assert time.monotonic() < deadline, self.log
            time.sleep(0.02)

    @property
    def log(self) -> str:
        return (self.folder / "mosquitto.log").read_text(encoding="utf-8", errors="replace")

    def _end(self, how: signal.Signals) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError):
                self.process.send_signal(how)
            self.process.wait(30)
            self.process = None

    def _wait_for(self, port: int) -> None:
        deadline = time.monotonic() + 30
        while self.process is not None and self.process.poll() is None and time.monotonic() < deadline:
            with suppress(OSError), socket.create_connection((HOST, port), timeout=5):
                return
            time.sleep(0.02)
        raise AssertionError(f"mosquitto did not start: {self.log}")


@contextmanager
def mosquitto(
    folder: Path,
    *,
    tls: bool = False,
    login: tuple[str, str] | None = None,
    options: str = "",
    names: str = LOCAL_NAMES,
    days: int = 2,
) -> Iterator[Broker]:
    """A running broker, stopped at the end.

    Args:
        folder: for its configuration, files and log; made where it is missing.
        tls: a second listener with a certificate signed by `ca_file`.
        login: the user and password it asks for; None lets anyone in.
        options: further lines of its configuration, such as `PERSISTENT`.
        names: what that certificate is for.
        days: how long it is valid; below 0 it has expired.
    """
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port(HOST, 0)
    tls_port = _other_port(port) if tls else 0
    lines = ["per_listener_settings false", "user root", f"persistence_location {folder}/", options]
    lines += ["persistence false"] if "persistence true" not in options else []
    lines += [f"listener {port} {HOST}"]
    if tls:
        certificates(folder, names=names, days=days)
        lines += [f"listener {tls_port} {HOST}", f"certfile {folder}/server.crt", f"keyfile {folder}/server.key"]
    if login is None:
        lines += ["allow_anonymous true"]
    else:
        _run(program("mosquitto_passwd"), "-b", "-c", str(folder / "passwords"), *login)
        lines += ["allow_anonymous false", f"password_file {folder}/passwords"]
    (folder / "mosquitto.conf").write_text("\n".join(lines) + "\n", encoding="utf-8")
    broker = Broker(folder, port, tls_port, folder / "ca.crt")
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()


def certificates(folder: Path, *, name: str = "ca", names: str = LOCAL_NAMES, days: int = 2) -> None:
    """A certificate authority `<name>.crt`, and `server.crt` with `server.key` signed by it."""
    openssl = program("openssl")
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    extensions = folder / "server.ext"
    extensions.write_text(f"subjectAltName={names}\nextendedKeyUsage=serverAuth\n", encoding="utf-8")
    authority, key, request = folder / f"{name}.crt", folder / f"{name}.key", folder / "server.csr"
    own = ["-subj", "/CN=test-ca", "-days", "2", "-addext", "keyUsage=critical,keyCertSign,cRLSign"]
    _run(openssl, "req", "-x509", *new_key, *own, "-keyout", str(key), "-out", str(authority))
    _run(
        openssl, "req", *new_key, "-subj", "/CN=localhost", "-keyout", str(folder / "server.key"), "-out", str(request)
    )
    signing = ["-CA", str(authority), "-CAkey", str(key), "-CAcreateserial", "-days", str(days)]
    signed = ["-extfile", str(extensions), "-out", str(folder / "server.crt")]
    _run(openssl, "x509", "-req", "-in", str(request), *signing, *signed)


def _other_port(port: int) -> int:
    while (other := free_port(HOST, 0)) == port:
        pass
    return other


def _run(*command: str) -> None:
    ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
