"""An alert of each kind: begins and ends once, as its page says it, and as the dry-run says it."""

import datetime as dt
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import telltale as tt
from telltale.health.clocks import wrong
from telltale.landing.schema import REFUSED
from telltale.publish.alerts.history import would_have_told
from telltale.workbench.project import Project
from tests.publish.alerts.replayed import Clock, episodes, messages, project_of, replay_sent, told, would
from tests.worlds.sent import Bytes, Frame, Message, Sent, Switch, alive, at, every, presses

START = "2026-11-16 06:00"
SERIAL = "282c02424f01"
MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
LISTED = f"""device_id,name,expected_interval_s,low,high,person
sigfox:a1,Vaccine fridge,600,2,8,
efento:{SERIAL},Cellar,180,,,
pc:desk-3,Desk 3,,,,Anna
"""


def us(moment: dt.datetime) -> int:
    return round(moment.timestamp() * 1_000_000)


def alert(on: str, more: str = "") -> str:
    return f'[alerts.watch]\non = "{on}"\nto = ["ops@example.org"]\n{more}'


def made(root: Path, on: str, *, more: str = "", listed: str = LISTED) -> tuple[Project, Clock]:
    clock = Clock(us(at(START)))
    return project_of(root, listed, alert(on, more), clock), clock


def each(sent: Sequence[Sent]) -> list[dt.datetime]:
    return [at(START), *(one.received for one in sent)]


def states(project: Project) -> list[tuple[Any, ...]]:
    return [(row["subject"], row["measure"], row["state"]) for row in episodes(project)]


def test_a_silent_device_is_told_when_its_patience_is_over_and_when_it_is_heard(tmp_path: Path) -> None:
    project, clock = made(tmp_path, "silent")
    regular = enumerate(every(10 * MINUTE, START, "2026-11-16 12:00"))
    sent = [
        *(Message(when, "a1", {"temperature": 5.0}, seq=number) for number, when in regular),
        Message(at("2026-11-16 14:00"), "a1", {"temperature": 5.0}, seq=37),
    ]  # fmt: skip
    looks = [
        *each(sent)[::9],
        sent[-1].received,
        at("2026-11-16 12:49"),
        at("2026-11-16 12:51"),
        at("2026-11-16 13:30"),
    ]
    assert replay_sent(project, clock, sent, looks) == 2
    (row,) = episodes(project)
    # Three intervals are late, six are silent: an hour after 11:50, the last message.
    assert (row["begins_at"], row["known_at"]) == (us(at("2026-11-16 11:50")), us(at("2026-11-16 12:50")))
    assert row["ends_at"] == us(at("2026-11-16 14:00"))
    assert [len(json.loads(row[name])) for name in ("raw_ids", "end_raw_ids")] == [1, 1]
    assert told(project) == would(project, "watch", us(at(START)))
    # The page says the same at each of these moments.
    for when, state in (("2026-11-16 12:49", "late"), ("2026-11-16 12:51", "silent")):
        clock.now_us = us(at(when))
        devices = tt.health.devices("24h", until=at(when), project=project)
        assert dict(zip(devices["device_id"], devices["state"], strict=True))["sigfox:a1"] == state


def test_what_learned_its_interval_is_silent_as_the_page_says(tmp_path: Path) -> None:
    project, clock = made(tmp_path, "silent", listed="device_id,name\n")
    sent = [
        Message(when, "b2", {"temperature": 5.0}, seq=number)
        for number, when in enumerate(every(10 * MINUTE, START, "2026-11-16 12:00"))
    ]
    looks = [*each(sent)[::9], sent[-1].received, at("2026-11-16 12:49"), at("2026-11-16 12:51")]
    assert replay_sent(project, clock, sent, looks) == 1
    assert [row["known_at"] for row in episodes(project)] == [us(at("2026-11-16 12:50"))]
    assert told(project) == would(project, "watch", us(at(START)))


def test_a_device_silent_for_weeks_is_over_when_it_is_heard(tmp_path: Path) -> None:
    project, clock = made(tmp_path, "silent")
    sent = [Message(at(START) + n * 10 * MINUTE, "a1", {"temperature": 5.0}, seq=n) for n in range(12)]
    sent.append(Message(at(START) + 30 * DAY, "a1", {"temperature": 5.0}, seq=99))
    looks = [*each(sent), at(START) + 5 * DAY, at(START) + 12 * DAY]
    assert replay_sent(project, clock, sent, looks) == 2
    assert states(project) == [("sigfox:a1", "not heard", "over")]
    assert told(project) == would(project, "watch", us(at(START)))


def frames(n: int, *, since: dt.datetime, ahead: dt.timedelta = dt.timedelta(0), ok: bool = True) -> list[Sent]:
    whens = [since + number * 3 * MINUTE for number in range(n)]
    return [Frame(when, SERIAL, ((1, (215,)),), when + ahead, battery_ok=ok) for when in whens]


def test_a_wrong_clock_is_told_and_that_it_is_right_again(tmp_path: Path) -> None:
    project, clock = made(tmp_path, "wrong_clock")
    start = at(START)
    sent = [*frames(10, since=start), *frames(30, since=start + HOUR, ahead=HOUR), *frames(30, since=start + 4 * HOUR)]
    assert replay_sent(project, clock, sent, each(sent)[::3] + each(sent)[-1:]) == 2
    assert states(project) == [(f"efento:{SERIAL}", "clock", "over")]
    (row,) = episodes(project)
    assert row["peak"] == pytest.approx(-3600, abs=2)
    assert told(project) == would(project, "watch", us(start))
    known = us(start + 2 * HOUR)
    assert row["known_at"] < known < row["ends_at"]
    clock.now_us = known
    project.hold()
    assert [one.device_id for one in wrong(project)] in ([], [f"efento:{SERIAL}"])


def test_a_pcs_clock_is_told_to_its_person_alone(tmp_path: Path) -> None:
    from tests.worlds.sent import Minute

    def minutes(n: int, since: dt.datetime, ahead: dt.timedelta) -> list[Sent]:
        return [Minute(since + k * MINUTE, "desk-3", ((since + k * MINUTE + ahead, 2.0),)) for k in range(n)]

    start = at(START)
    sent = minutes(25, start, HOUR)
    project, clock = made(tmp_path / "without", "wrong_clock")
    assert replay_sent(project, clock, sent, [start, sent[-1].received]) == 0
    assert [row["note"] for row in episodes(project)] == ["not told: no address of its person in [publish] people"]
    more = '[publish]\npeople = { Anna = "anna@example.org" }\n'
    project = project_of(tmp_path / "with", LISTED, alert("wrong_clock"), clock, more=more)
    clock.now_us = us(start)
    assert replay_sent(project, clock, sent, [start, sent[-1].received]) == 1
    (message,) = messages(project)
    assert message["recipient"] == "anna@example.org"
    assert "Records" not in message["body"]


def test_a_battery_that_its_device_calls_low(tmp_path: Path) -> None:
    project, clock = made(tmp_path, "battery")
    start = at(START)
    sent = [
        *frames(3, since=start),
        *frames(3, since=start + HOUR, ok=False),
        *frames(3, since=start + 2 * HOUR),
        Message(start, "a1", {"batt": 3.4}, kind="status"),
        Message(start + HOUR, "a1", {"batt": 2.9}, kind="status"),
        Message(start + 2 * HOUR, "a1", {"batt": 3.5}, kind="status"),
    ]
    # Both are known at the same moment, and over at the same: one message of their beginning, one of their end.
    assert replay_sent(project, clock, sent, each(sent)) == 2
    assert sorted(states(project)) == [
        (f"efento:{SERIAL}", "battery judged by the device", "over"),
        ("sigfox:a1", "battery voltage below", "over"),
    ]
    assert told(project) == would(project, "watch", us(start))


def test_water_on_the_floor(tmp_path: Path) -> None:
    project, clock = made(tmp_path, "leak")
    start = at(START)
    sent = [
        Switch(start + 2 * HOUR, SERIAL, 7, ((start + HOUR, False), (start + HOUR + 5 * MINUTE, True))),
        Switch(start + 4 * HOUR, SERIAL, 7, ((start + 3 * HOUR, True), (start + 3 * HOUR + MINUTE, False))),
    ]
    assert replay_sent(project, clock, sent, each(sent)) == 2
    assert told(project) == would(project, "watch", us(start))
    assert states(project) == [(f"efento:{SERIAL}", "flooding of channel 1", "over")]
    page = tt.sensors.episodes(START, project=project)
    (row,) = episodes(project)
    assert [us(when) for when in page["started_at"][:1]] == [row["begins_at"]]


def test_rows_that_cannot_be_decoded(tmp_path: Path) -> None:
    project, clock = made(tmp_path, "rejects")
    start = at(START)
    bad = [
        Bytes(start + n * MINUTE, "sigfox", "POST", "/sigfox/uplink", b'{"device":"A1","time":"x","temperature":1}')
        for n in range(7)
    ]
    good = [Message(start + 10 * MINUTE, "a1", {"temperature": 5.0})]
    sent: list[Sent] = [*bad, *good]
    looks = [*each(sent), start + 20 * HOUR, start + 26 * HOUR]
    assert replay_sent(project, clock, sent, looks) == 2
    assert states(project) == [("sigfox", "rows not decoded in 24 hours", "over")]
    assert [row["known_at"] for row in episodes(project)] == [us(start + 4 * MINUTE)]  # the fifth
    assert told(project) == would(project, "watch", us(start))


def test_requests_that_were_refused(tmp_path: Path) -> None:
    project, clock = made(tmp_path, "refusals")
    start = at(START)
    values = {"source": "cloudtrax", "sender": "", "status": 403, "reason": "bad_signature", "detail": "", "meta": "{}"}
    with project.store.writer() as connection:
        rows = [values | {"received_at": us(start + n * MINUTE), "body": b""} for n in range(25)]
        connection.execute(REFUSED.insert(), rows)
    looks = [start, start + 10 * MINUTE, start + 30 * MINUTE, start + 26 * HOUR]
    assert replay_sent(project, clock, [], looks) == 2
    assert [row["known_at"] for row in episodes(project)] == [us(start + 19 * MINUTE)]  # the twentieth
    assert told(project) == would(project, "watch", us(start))


BUTTONS = """Name, MAC-Address, role, item, ack_for, container_qty, cards, lead_time_days
Bolts, 02:7e:11:a0:00:01, button, bolts, , 200, 2, 3
"""


@pytest.fixture(scope="module")
def pressed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Sent]]:
    """A button pressed four times a day for three weeks, then not for two weeks, then once."""
    first = at("2026-10-12 06:00")
    moments = [f"{first + n * 6 * HOUR:%Y-%m-%d %H:%M:%S}" for n in range(21 * 4)]
    again = f"{first + 35 * DAY:%Y-%m-%d %H:%M:%S}"
    sent = [
        *alive("2026-10-12 00:00", "2026-11-17 00:00", step_s=21_600),
        *presses("02:7e:11:a0:00:01", *moments, again),
    ]
    return tmp_path_factory.mktemp("pressed"), sent


def days(first: str, last: str) -> list[dt.datetime]:
    return [when + HOUR for when in every(DAY, first, last)]


@pytest.mark.slow
@pytest.mark.parametrize(("on", "most"), [("dead_button", 1), ("stock_out", 1)])
def test_buttons_and_items_are_judged_as_each_day_ends(pressed: tuple[Path, list[Sent]], on: str, most: int) -> None:
    root, sent = pressed
    clock = Clock(us(at("2026-10-12 06:00")))
    project = project_of(root / on, "device_id,name\n", alert(on), clock)
    (root / on / "buttons.csv").write_text(BUTTONS)
    looks = sorted([*days("2026-10-12 00:00", "2026-11-18 00:00"), at("2026-11-16 04:00") + MINUTE])
    replay_sent(project, clock, sent, looks)
    rows = episodes(project)
    assert len(rows) == most
    assert told(project) == would(project, "watch", us(looks[0]))
    (row,) = rows
    assert (row["subject"], row["known_at"] % 3_600_000_000) == ("bolts", 0)  # a local midnight
    if on == "dead_button":
        assert row["recovered_at"] == us(at("2026-11-16 04:00"))  # the press itself
        before = [would_have_told(project.view(), "watch", project.settings.alerts["watch"], us(looks[0]))]
        assert before[0][0].episode.peak == row["peak"]


def test_the_pages_excursions_are_the_alerts(tmp_path: Path) -> None:
    project, clock = made(tmp_path, "excursion")
    values = [5, 5, 9, 9.5, 5, 1, 1, 5, 5, 9, 5, 5]
    sent = [
        Message(at(START) + n * 10 * MINUTE, "a1", {"temperature": value}, seq=n) for n, value in enumerate(values)
    ]  # fmt: skip
    replay_sent(project, clock, sent, each(sent))
    page = tt.sensors.excursions(START, project=project)
    rows = page.to_dict("records")
    expected = [(f"{row['quantity']} {row['side']}", us(row["started_at"]), row["peak"]) for row in rows]
    assert [(row["measure"], row["begins_at"], row["peak"]) for row in episodes(project)] == expected
    assert told(project) == would(project, "watch", us(at(START)))
