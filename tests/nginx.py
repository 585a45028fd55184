"""An nginx of the test's own in front of a server: on a free loopback port, in a folder of its own, ended by its id."""

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

CONF = """
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 64; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location {path} {{
            proxy_pass {passes_to};
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade";
            {host}
        }}
    }}
}}
"""
KEPT = "proxy_set_header Host $http_host;"


@contextmanager
def proxying(folder: Path, port: int, *, path: str, passes_to: str, keeps_host: bool) -> Iterator[None]:
    """What comes to `port` below `path` is passed on; nginx takes the path off where `passes_to` ends with a slash."""
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("nginx is not installed (Debian: nginx-light)")
    folder.mkdir(parents=True, exist_ok=True)
    user = (
        f"user {pwd.getpwuid(0).pw_name};" if os.geteuid() == 0 else ""
    )  # its worker may not read the folder otherwise
    conf = folder / "nginx.conf"
    conf.write_text(
        CONF.format(
            folder=folder, port=port, path=path, passes_to=passes_to, host=KEPT if keeps_host else "", user=user
        )
    )
    command = [program, "-c", str(conf), "-p", str(folder), "-e", str(folder / "error.log"), "-g", "daemon off;"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, process, folder)
        yield
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(port: int, process: "subprocess.Popen[bytes]", folder: Path) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        assert process.poll() is None, (folder / "error.log").read_text()
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    raise AssertionError("nginx does not listen")
