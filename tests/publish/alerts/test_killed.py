"""An alert of each kind under `kill -9`: exactly one message, and one when it is over."""

import datetime as dt
import random
from pathlib import Path

import pytest

from telltale.landing.schema import REFUSED
from telltale.publish import ledger
from telltale.publish.due import Stretch
from telltale.workbench.times import Span
from tests.publish.alerts.killed import Looks, looks
from tests.publish.alerts.replayed import Clock, episodes, messages, project_of, told, told_of, would
from tests.worlds.building import hand_in
from tests.worlds.sent import Bytes, Frame, Message, Sent, Switch, alive, at, presses

ROUNDS = 8
MOST_S = 1.5
"""A look at alerts of each kind takes a second here; a machine that is slower is killed earlier in it."""
START, SERIAL, OTHER = at("2026-10-12 06:00"), "282c02424f01", "282c02424f02"
MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
KINDS = (
    "excursion", "silent", "wrong_clock", "battery", "leak", "stock_out", "dead_button", "rejects", "refusals",
    "report_late",
)  # fmt: skip
ALERTS = "\n".join(f'[alerts.{kind}]\non = "{kind}"\nto = ["ops@example.org"]' for kind in KINDS)
REPORT = '[reports.weekly]\nnotebook = "sensor_report"\nperiod = "week"\ngrace = "1h"\n'
LISTED = f"device_id,name,expected_interval_s,low,high\nsigfox:a1,Fridge,600,2,8\nefento:{SERIAL},Cellar,180,,\n"
BUTTONS = """Name, MAC-Address, role, item, ack_for, container_qty, cards, lead_time_days
Bolts, 02:7e:11:a0:00:01, button, bolts, , 200, 5, 1
Nuts, 02:7e:11:a0:00:02, button, nuts, , 200, 3, 1
"""


def us(moment: dt.datetime) -> int:
    return round(moment.timestamp() * 1_000_000)


def sent() -> list[Sent]:
    """Five weeks of buttons, and at their end a day of sensors."""
    bolts = [f"{START + n * 6 * HOUR:%Y-%m-%d %H:%M:%S}" for n in range(21 * 4)]
    nuts = [f"{START + n * 6 * HOUR:%Y-%m-%d %H:%M:%S}" for n in range(8 * 4)]
    nuts += [f"{START + n * DAY:%Y-%m-%d %H:%M:%S}" for n in range(10, 100, 4)]
    end = START + 32 * DAY
    temperatures = [5.0] * 6 + [9.5] * 4 + [5.0] * 6
    ahead = [*((n, 0) for n in range(25)), *((n, 60) for n in range(60, 90)), *((n, 0) for n in range(120, 160))]
    return [
        *alive("2026-10-12 00:00", f"{START + 100 * DAY:%Y-%m-%d %H:%M:%S}", step_s=43_200),
        *presses("02:7e:11:a0:00:01", *bolts, f"{START + 33 * DAY:%Y-%m-%d %H:%M:%S}"),
        *presses("02:7e:11:a0:00:02", *nuts),
        *(Message(end + n * 10 * MINUTE, "a1", {"temperature": value}, seq=n) for n, value in enumerate(temperatures)),
        Message(end + 6 * HOUR, "a1", {"temperature": 5.0}, seq=17),
        *(_frame(end + n * 3 * MINUTE, by * MINUTE) for n, by in ahead),
        Message(end, "a1", {"batt": 2.9}, kind="status"),
        Message(end + HOUR, "a1", {"batt": 3.5}, kind="status"),
        Switch(end + HOUR, OTHER, 7, ((end, False), (end + 5 * MINUTE, True))),
        Switch(end + 2 * HOUR, OTHER, 7, ((end + HOUR, True), (end + HOUR + MINUTE, False))),
        *(
            Bytes(end + n * MINUTE, "sigfox", "POST", "/sigfox/uplink", b'{"device":"A1","time":"x","temperature":1}')
            for n in range(7)
        ),
    ]  # fmt: skip


def _frame(when: dt.datetime, ahead: dt.timedelta) -> Frame:
    return Frame(when, SERIAL, ((1, (215,)),), when + ahead)


def put_others(root: Path, clock: Clock) -> None:
    """What is refused, and a report that was made a day late."""
    project = project_of(root, LISTED, ALERTS, clock, more=REPORT)
    values = {"source": "cloudtrax", "sender": "", "status": 403, "reason": "bad_signature", "detail": "", "meta": "{}"}
    with project.store.writer() as connection:
        rows = [values | {"received_at": us(START + 32 * DAY + n * MINUTE), "body": b""} for n in range(25)]
        connection.execute(REFUSED.insert(), rows)
    week = Stretch("2026-W46", Span(us(at("2026-11-09 00:00")), us(at("2026-11-16 00:00"))))
    run = ledger.claim(project.store, "weekly", "", week, now_us=us(at("2026-11-17 01:00")))
    assert run is not None
    with project.store.writer() as connection:
        ledger.finish(connection, run, "done", made_at=us(at("2026-11-17 01:00")), revision=1)
    project.close()


def _killed(running: Looks, root: Path, rounds: int) -> None:
    chance, waiting = random.Random(17), sorted(sent(), key=lambda one: one.received)
    clock = Clock(us(START))
    put_others(root, clock)
    (root / "buttons.csv").write_text(BUTTONS)
    assert running.run(root, us(START)) == 0
    end, killed = START + 100 * DAY, 0
    # Most of it lies within two days.
    moments = sorted(
        [START + 32 * DAY + chance.random() * 50 * HOUR for _ in range(rounds - 4)]
        + [START + chance.random() * 100 * DAY for _ in range(4)]
    )
    project = project_of(root, LISTED, ALERTS, clock, more=REPORT)
    for moment in moments:
        hand_in(project, [one for one in waiting if one.received <= moment])
        waiting = [one for one in waiting if one.received > moment]
        killed += running.run(root, us(moment), after_s=chance.uniform(0.05, MOST_S)) < 0
    hand_in(project, waiting)
    for _ in range(2):
        assert running.run(root, us(end)) == 0
    assert killed, "no kill met a look under way"
    clock.now_us = us(end)
    rows = episodes(project)
    expected = sorted(one for kind in KINDS for one in would(project, kind, us(START)))
    assert told(project) == expected
    rows_over = [row for row in rows if row["state"] == "over"]
    over = [row["alert"] for row in rows_over]
    keys = [message["key"].split() for message in messages(project)]
    assert set(over) == set(KINDS), "each kind began, and ended"
    assert (told_of(project, "began"), told_of(project, "over")) == (len(rows), len(over))
    # One episode is in one message of each step.
    for step, numbers in (("began", {row["id"] for row in rows}), ("over", {row["id"] for row in rows_over})):
        first = [int(key[1].partition("+")[0]) for key in keys if key[2] == step]
        assert len(first) == len(set(first))
        assert set(first) <= numbers
    project.close()


@pytest.mark.slow
def test_kills_tell_each_kind_once_and_its_end_once(tmp_path: Path) -> None:
    with looks() as running:
        _killed(running, tmp_path, ROUNDS)


@pytest.mark.long
def test_two_hundred_kills_tell_each_kind_once_and_its_end_once(tmp_path: Path) -> None:
    with looks() as running:
        _killed(running, tmp_path, 200)
