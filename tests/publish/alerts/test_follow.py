"""From a record to a mail, by the process that `telltale up` keeps running: one when it begins, one when it is over."""

import datetime as dt
import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from telltale.publish.alerts.ledger import mark_of
from telltale.workbench.project import Project
from tests.operate.waiting import until
from tests.publish.alerts.replayed import Clock, project_of
from tests.publish.alerts.test_live import ALERT, LISTED
from tests.publish.delivered import mailing
from tests.smtp import MailServer, mail_server
from tests.worlds.building import hand_in
from tests.worlds.sent import Message

S = 1_000_000


@pytest.mark.slow
def test_a_record_becomes_a_mail_and_its_end_another_one(tmp_path: Path) -> None:
    with mail_server() as server:
        clock = Clock(int(time.time()) * S)
        project = project_of(tmp_path, LISTED, ALERT, clock, more=mailing(server.port))
        process = subprocess.Popen(
            [sys.executable, "-m", "telltale", "alerts", "--follow"],
            env={**os.environ, "TELLTALE_HOME": str(tmp_path), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
        )
        try:
            until(lambda: _is_watching(project), within_s=90)
            for number, value in enumerate((9.5, 5.0)):
                now = dt.datetime.now(dt.UTC)
                hand_in(project, [Message(now, "a1", {"temperature": value}, seq=number)])
                until(partial(_has, server, number + 1), within_s=60)

        finally:
            process.terminate()
            process.wait(60)
        project.close()
        subjects = [str(mail["Subject"]).strip() for mail in server.mails]
    assert subjects[0].startswith("Vaccine fridge: temperature above its limit since")
    assert subjects[1].startswith("Vaccine fridge: over after")
    assert server.recipients == ["ops@example.org"] * 2
    assert process.returncode == 0


def _has(server: MailServer, mails: int) -> bool:
    return len(server.mails) == mails


def _is_watching(project: Project) -> bool:
    with project.store.reader() as connection:
        return mark_of(connection, "fridges") is not None
