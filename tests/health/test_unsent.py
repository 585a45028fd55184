"""Messages that did not reach anybody are said, without saying to whom or what they tell."""

import datetime as dt
from pathlib import Path

import pytest
import sqlalchemy as sa

import telltale as tt
from telltale.health.concerns import concerns as all_concerns
from telltale.health.unsent import concerns
from telltale.landing.schema import MESSAGE
from telltale.page.marked import bare
from telltale.workbench import Project
from telltale.workbench.times import local_time
from tests.publish.delivered import HOUR, NOW_US, Clock, decide, numbered, project

NOW: dt.datetime = local_time(NOW_US, "UTC")
CASES = [
    # state, tries that failed, hours ago, what is said
    ("failed", 1, 1, ["1 message could not be sent"]),
    ("waiting", 3, 1, []),
    ("waiting", 4, 1, ["1 message tried in vain so far"]),
    ("sending", 5, 1, ["1 message tried in vain so far"]),
    ("sent", 4, 1, []),
    ("failed", 27, 8 * 24, []),
]


def noted(folder: Path, *, state: str, attempts: int, hours_ago: int) -> Project:
    clock = Clock(NOW_US - hours_ago * HOUR)
    made = project(folder, "", clock=clock)
    decide(made, *numbered(1, "secret@example.org"))
    values = {"state": state, "attempts": attempts, "last_error": "550 secret@example.org"}
    with made.store.writer() as connection:
        connection.execute(sa.update(MESSAGE).values(**values))
    clock.now_us = NOW_US
    return made


@pytest.mark.parametrize(("state", "attempts", "hours_ago", "said"), CASES)
def test_what_did_not_leave_is_said_and_to_whom_is_not(
    tmp_path: Path, state: str, attempts: int, hours_ago: int, said: list[str]
) -> None:
    ours = noted(tmp_path, state=state, attempts=attempts, hours_ago=hours_ago)
    found = concerns(ours, now=NOW)
    assert [bare(notice.concern.what).replace("\xa0", " ") for notice in found] == said
    assert "secret" not in str([notice.concern.texts for notice in found])
    assert "Subject" not in str([notice.concern.texts for notice in found])
    assert len(all_concerns(ours, now=NOW)) == len(said)


def test_the_owner_is_told_to_whom_and_why(tmp_path: Path) -> None:
    ours = noted(tmp_path, state="failed", attempts=1, hours_ago=1)
    (row,) = tt.health.undelivered(project=ours).to_dict("records")
    assert (row["recipient"], row["state"], row["tries"]) == ("secret@example.org", "failed", 1)
    assert row["why"] == "550 secret@example.org"
