"""What is kept of one, in a file: nothing of others, and where it cannot be written one sentence."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from telltale.contract import ConfigError
from telltale.forget import subject_of
from telltale.forget.about import about
from telltale.landing.schema import MESSAGE, REFUSED
from tests.forget.kept import MODEM, OTHER_PHONE, PC, PERSON, PHONE
from tests.forget.small import small_in, write


def test_below_a_file_it_is_one_sentence(tmp_path: Path) -> None:
    with closing(small_in(tmp_path)) as project:
        path = project.settings.root / "devices.csv" / "c.json"
        with pytest.raises(ConfigError, match=r"c\.json cannot be written: .*; name another file"):
            about(project, subject_of(project, PC), path, now_us=project.now_us())


def test_what_its_rows_and_files_are_and_nothing_that_others_said(tmp_path: Path) -> None:
    with closing(small_in(tmp_path)) as project:
        now_us, octets = project.now_us(), bytes.fromhex(PHONE.replace(":", ""))
        refused = {
            "source": "cloudtrax", "received_at": now_us, "sender": "192.0.2.9", "status": 400, "reason": "bad_json",
            "detail": f"near {OTHER_PHONE}", "meta": json.dumps({"q": OTHER_PHONE}), "body": b"\xff\xfe" + octets,
        }  # fmt: skip
        message = {
            "key": PERSON, "recipient": "q@example.org", "subject": f"Hours of Anna Abel and {PERSON}", "body": "",
            "html": "", "files": "[]", "created_at": 1, "state": "sent", "attempts": 0, "next_try": 0,
            "last_error": "", "sent_at": 1,
        }  # fmt: skip
        with project.store.writer() as connection:
            connection.execute(REFUSED.insert().values(**refused))
            connection.execute(MESSAGE.insert().values(**message))
        write(project.settings.data / "idle" / f"budget-{MODEM}.json", b"{}")
        write(project.settings.root / "secrets.toml", b'[activity]\n"Quentin Quist" = "tangerine-4711"\n')
        told = [
            about(project, subject_of(project, whom), tmp_path / name, now_us=now_us).path.read_text()
            for whom, name in ((PHONE, "phone.json"), (PERSON, "person.json"))
        ]
        phone, person = map(json.loads, told)
        assert len(phone["refused"]) == len(person["messages"]) == 1
        assert [Path(name).name for name in person["files"]] == [f"budget-{MODEM}.json"]
        assert "secrets.toml line 2" in person["listed"]
        for other in (OTHER_PHONE, "Anna Abel", "tangerine"):
            assert not any(other in text for text in told), other
