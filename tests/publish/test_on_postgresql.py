"""Whole passes of the schedule, and looks at alerts, where the store is a PostgreSQL."""

import datetime as dt
from contextlib import closing
from pathlib import Path

import pytest

from telltale.publish.alerts.answers import acknowledge, journal
from tests.publish.alerts.replayed import Clock, S, episodes, messages, project_of, replay_sent, told_of
from tests.publish.scheduled import DAILY, World
from tests.stores import Server
from tests.worlds.sent import Message, at

pytestmark = pytest.mark.slow
MINUTE, HOUR = dt.timedelta(minutes=1), dt.timedelta(hours=1)


def test_what_was_missed_is_made_and_late_data_makes_its_day_again(postgresql: Server, tmp_path: Path) -> None:
    with postgresql.one() as url:
        world = World(tmp_path, f'{DAILY}[paths]\nstore_url = "{url}"\n', now="2026-11-13 06:00")
        world.hears_all([(f"2026-11-{day} 11:00", day) for day in (10, 11, 12)])
        done = world.passes()
        assert (done.made, done.failed) == (3, 0)
        assert world.states() == {f"2026-11-{day}": "done" for day in (10, 11, 12)}
        assert [subject for subject, _ in world.messages()], "they are told of"
        told = len(world.messages())
        assert world.passes() == type(done)()
        world.hears("2026-11-11 12:00", 99, received="2026-11-13 07:00")
        world.now_us += 2 * 3_600 * S
        again = world.passes()
        assert (again.made, again.same) == (1, 0)
        assert len(world.messages()) == told + 1
        assert [run.revision for run in world.ledger() if run.period == "2026-11-11"] == [2]


def test_alerts_begin_are_acknowledged_and_end(postgresql: Server, tmp_path: Path) -> None:
    start = at("2026-11-16 06:00")
    listed = "device_id,name,expected_interval_s,low,high\nsigfox:a1,Fridge,600,2,8\nsigfox:b2,Freezer,600,2,8\n"
    alerts = '[alerts.limits]\non = "excursion"\nto = ["ops@example.org"]\n'
    clock = Clock(round(start.timestamp() * S))
    with postgresql.one() as url:
        more = f'[paths]\nstore_url = "{url}"\n'
        with closing(project_of(tmp_path, listed, alerts, clock, more=more)) as project:
            warm = [Message(start, device, {"temperature": 9.5}, seq=1) for device in ("a1", "b2")]
            assert replay_sent(project, clock, warm, [start, start + MINUTE]) == 1
            assert told_of(project, "began") == 2
            assert acknowledge(project, ["all"], who="anna") == [row["id"] for row in episodes(project)]
            calm = [Message(start + HOUR, device, {"temperature": 5.0}, seq=2) for device in ("a1", "b2")]
            assert replay_sent(project, clock, calm, [start + HOUR]) == 1
            assert told_of(project, "over") == 2
            assert [row["state"] for row in episodes(project)] == ["over", "over"]
            assert {row["who"] for row in journal(project)} == {"anna"}
            assert [row["key"].split()[2] for row in messages(project)] == ["began", "over"]
