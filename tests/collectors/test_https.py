"""The HTTP collector with a certificate, by a real TLS client."""

import ssl
import subprocess
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from telltale.operate.store_state import health_of
from tests.collectors.sockets import HEAD, connect, count
from tests.served import VECTOR, collecting, make_project, telltale


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a certificate for localhost, its key, and a key that is another's."""
    folder = tmp_path_factory.mktemp("pem")
    for name in ("own", "other"):
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
        names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
        files = ["-keyout", str(folder / f"{name}.key"), "-out", str(folder / f"{name}.pem")]
        subprocess.run([*command, *names, *files], check=True, capture_output=True)
    return folder


def secured(root: Path, pem: Path, key: str = "own.key") -> Path:
    return make_project(root, f'[webhooks]\ncertificate = "{pem}/own.pem"\nkey = "{pem}/{key}"\n')


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_record_comes_over_https(tmp_path: Path, pem: Path, version: ssl.TLSVersion) -> None:
    trusting = ssl.create_default_context(cafile=str(pem / "own.pem"))
    trusting.maximum_version = trusting.minimum_version = version
    with ExitStack() as stack:
        running = stack.enter_context(collecting(secured(tmp_path, pem), trusting=trusting))
        for _ in range(200):  # whoever never begins the handshake, or is in the middle of it
            silent = stack.enter_context(connect(running))
            silent.sendall(b"\x16\x03\x01\x02\x00")
        assert running.post_vector().status == 200
        plain = stack.enter_context(connect(running))
        plain.sendall(HEAD + VECTOR)
        assert not plain.recv(100).startswith(b"HTTP"), "nothing is answered in clear"
        assert health_of(f"https://127.0.0.1:{running.port}")["status"] == "ok", "doctor does not find it"
        assert f"https://127.0.0.1:{running.port}" in running.log.read_text()
    assert count(tmp_path) == 1


def test_the_key_may_be_in_the_file_of_the_certificate(tmp_path: Path, pem: Path) -> None:
    both = tmp_path / "both.pem"
    both.write_bytes((pem / "own.pem").read_bytes() + (pem / "own.key").read_bytes())
    root = make_project(tmp_path / "project", f'[webhooks]\ncertificate = "{both}"\n')
    with collecting(root, trusting=ssl.create_default_context(cafile=str(pem / "own.pem"))) as running:
        assert running.post_vector().status == 200
    assert count(root) == 1


def test_wrong_certificate_files_are_one_sentence(tmp_path: Path, pem: Path) -> None:
    (pem / "text.key").write_text("no key")
    wanted = {
        "none.key": f'key = "{pem}/none.key": No such file or directory; expected a PEM file to read',
        "other.key": "key values mismatch; expected a PEM certificate and the key that belongs to it",
        "text.key": "expected a PEM certificate and the key that belongs to it, without a password",
    }
    for key, sentence in wanted.items():
        failed = telltale(secured(tmp_path, pem, key), "collect", "webhooks", "--port", "0")
        assert (failed.returncode, failed.stderr.count("\n")) == (1, 1), failed.stderr
        assert sentence in failed.stderr
    alone = telltale(make_project(tmp_path, f'[webhooks]\nkey = "{pem}/own.key"\n'), "collect", "webhooks")
    assert 'certificate = "": expected a PEM file too where key is set' in alone.stderr


@pytest.mark.slow
def test_a_burst_of_handshakes_that_takes_the_last_file_ends_it_loudly(tmp_path: Path, pem: Path) -> None:
    """The server does not count them, and accepts nobody any more afterwards: started again, it does."""
    trusting = ssl.create_default_context(cafile=str(pem / "own.pem"))
    with collecting(secured(tmp_path, pem), trusting=trusting, open_files=(300, 400)) as running, ExitStack() as stack:
        for _ in range(450):
            with suppress(OSError):  # it has ended already
                stack.enter_context(connect(running))
        assert running.process.wait(60) == 1
        assert "webhooks has no file left to open and ends" in running.log.read_text()
