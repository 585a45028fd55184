"""Whatever lies in the data folder as plain bytes: written over, removed or named, and that of others stays."""

import base64
import gzip
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from telltale.contract import ConfigError
from telltale.landing.schema import REFUSED
from telltale.workbench import Project
from tests.forget.kept import MODEM, OTHER_PHONE, PERSON, PHONE, forms_of, page_with, searched
from tests.forget.small import forgotten, small_in, write


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with closing(small_in(tmp_path / "project")) as made:
        yield made


@pytest.mark.parametrize("store", ["data/telltale.db", "data/logs/telltale.db"])
def test_a_store_elsewhere_in_the_data_folder_hides_no_log(tmp_path: Path, store: str) -> None:
    with closing(small_in(tmp_path, settings=f'[paths]\nstore_url = "sqlite:///{store}"\n')) as project:
        log = write(project.settings.logs / "webhooks.log", f"refused {PHONE}\n".encode())
        capture = write(project.settings.data / "captures" / "a.pcap", bytes.fromhex(PHONE.replace(":", "")))
        done = forgotten(project, PHONE)
        assert log.read_text() == f"refused {'*' * 17}\n"
        assert capture.read_bytes() == b"*" * 6
        assert not any("database" in note for note in done.notes)
        assert searched(project.settings.root, forms_of(PHONE)) == {}


def test_what_is_packed_in_a_log_is_written_over_and_what_cannot_be_unpacked_goes(project: Project) -> None:
    logs = project.settings.logs
    lines = "\n".join(f"line {number} {PHONE} {os.urandom(9).hex()}" for number in range(500)).encode()
    cut = write(logs / "a.log.1.gz", gzip.compress(lines)[:-30])
    whole = write(logs / "a.log.2.gz", gzip.compress(base64.b64encode(f"mac={PHONE};".encode())))
    texts = [f"mac={PHONE};and {OTHER_PHONE} too".encode(), PHONE.encode(), b"of nobody, a long line"]
    packed = write(logs / "b.log", b"\n".join(b"body " + base64.b64encode(text) + b" came" for text in texts))
    size = packed.stat().st_size
    figures = write(project.settings.data / "page.html", page_with(f"mac {PHONE}"))
    theirs = write(project.settings.data / "other.html", page_with("mac of nobody"))
    before = theirs.read_bytes()

    trial = forgotten(project, PHONE, is_trial=True)
    assert cut.exists()
    done = forgotten(project, PHONE)

    assert [line for line in trial.lines if line.place == "logs"] == [
        line for line in done.lines if line.place == "logs"
    ]
    assert not cut.exists()
    assert whole.exists()
    assert packed.stat().st_size == size
    left = [base64.b64decode(line.split()[1]) for line in packed.read_bytes().splitlines()]
    assert left == [f"mac={'*' * 17};and {OTHER_PHONE} too".encode(), b"*" * 17, b"of nobody, a long line"]
    assert figures.read_bytes().startswith(b'<html><script id="figures">***')
    assert theirs.read_bytes() == before
    assert searched(project.settings.root, forms_of(PHONE)) == {}


def test_what_is_called_by_its_id_goes(project: Project) -> None:
    idle = project.settings.data / "idle"
    own = write(idle / f"budget-{MODEM}.json", b'{"uplinks": [1, 2, 3]}')
    others = write(idle / "budget-sigfox:7d24e7.json", b'{"uplinks": [1, 2, 3]}')
    log = write(project.settings.logs / "webhooks.log", b"of nobody\n")
    for typed in ("logs", "idle", "pc:"):  # no id of a device: a word that folders are called by
        with pytest.raises(ConfigError, match="no list names it"):
            forgotten(project, typed)
    assert own.exists()
    forgotten(project, PERSON)
    assert (own.exists(), others.exists(), log.exists()) == (False, True, True)


def test_logs_behind_a_link_are_written_over_and_other_links_named(project: Project, tmp_path: Path) -> None:
    settings = project.settings
    elsewhere = tmp_path / "elsewhere"
    log = write(elsewhere / "logs" / "a.log", f"came {PHONE}\n".encode())
    closed = write(elsewhere / "logs" / "system.gz", b"\x1f\x8b cut off")
    table = write(elsewhere / "table.csv", PHONE.encode())
    settings.logs.symlink_to(elsewhere / "logs")
    (settings.data / "mine").symlink_to(elsewhere)
    (settings.data / "table.csv").symlink_to(table)
    notes = forgotten(project, PHONE).notes
    assert log.read_text() == f"came {'*' * 17}\n"
    assert closed.exists()
    assert table.read_text() == PHONE
    for name in ("system.gz", "mine", "table.csv"):
        assert any(str(settings.data) in note and name in note and "by hand" in note for note in notes), name


def test_the_line_of_a_secret_is_named_and_never_shown(project: Project) -> None:
    write(
        project.settings.root / "secrets.toml", b'[activity]\n"Quentin Quist" = "tangerine-4711"\n"Anna Abel" = "x"\n'
    )
    for is_trial in (True, False):
        done = forgotten(project, PERSON, is_trial=is_trial)
        assert "secrets.toml line 2 names it: see to it by hand" in done.notes
        assert "tangerine" not in repr(done)


def test_a_file_that_is_being_compressed_is_left_and_named(project: Project) -> None:
    """Whoever compresses it takes the whole one away afterwards."""
    logs = project.settings.logs
    whole = write(logs / "c.log", f"line {PHONE}\n".encode() * 400)
    half = write(logs / "c.log.gz", gzip.compress(whole.read_bytes())[:40])
    done = forgotten(project, PHONE)
    assert half.exists()
    assert any(note.startswith(f"{half} is being compressed") for note in done.notes)


@pytest.mark.parametrize("length", [None, 60])
def test_a_refused_body_that_is_packed_is_written_over_whole(project: Project, length: int | None) -> None:
    bodies = [gzip.compress(f"mac {mac} was refused".encode())[:length] for mac in (PHONE, OTHER_PHONE)]
    with project.store.writer() as connection:
        for number, body in enumerate(bodies, 1):
            row = {"source": "cloudtrax", "received_at": number, "sender": "192.0.2.1", "status": 401, "meta": "{}"}
            connection.execute(REFUSED.insert().values(**row, reason="bad_signature", detail="", body=body))
    forgotten(project, PHONE)
    with project.store.reader() as connection:
        left = list(connection.scalars(sa.select(REFUSED.c.body).order_by(REFUSED.c.id)))
    assert left == [b"*" * len(bodies[0]), bodies[1]]
