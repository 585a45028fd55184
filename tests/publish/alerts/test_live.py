"""Alerts as records come: one message an episode and one on recovery, whatever the looks were."""

import json
from pathlib import Path

import pytest

from telltale.contract import Raw
from telltale.publish.alerts.episodes import Episode
from telltale.publish.alerts.kinds import KINDS
from telltale.publish.alerts.live import Alerts
from telltale.publish.alerts.watch import Watch
from tests.publish.alerts.replayed import START_US, Clock, S, episodes, messages, project_of, put, replay, told, would

LISTED = "device_id,name,expected_interval_s,low,high\nsigfox:a1,Vaccine fridge,600,2,8\n"
ALERT = '[alerts.fridges]\non = "excursion"\nto = ["ops@example.org"]\n'
STEP = 600


def sent(*values: float, device: str = "a1", delay_s: int = 1, since_s: int = 0) -> list[Raw]:
    """A temperature each ten minutes."""
    made = []
    for number, value in enumerate(values):
        at_s = START_US // S + since_s + number * STEP
        body = {"device": device.upper(), "time": at_s, "seqNumber": number, "temperature": value}
        meta = json.dumps({"path": "/sigfox/uplink"})
        made.append(Raw(0, "sigfox", (at_s + delay_s) * S, "", meta, json.dumps(body).encode()))
    return made


def moments(raws: list[Raw], each: int = 1) -> list[int]:
    """To look after every so many records."""
    received = sorted(raw.received_at for raw in raws)
    return [START_US, *received[each - 1 :: each], received[-1]]


def test_one_message_when_it_begins_and_one_when_it_is_over(tmp_path: Path) -> None:
    clock = Clock()
    project = project_of(tmp_path, LISTED, ALERT, clock)
    raws = sent(5, 9.5, 11.2, 9, 5, 5)
    assert replay(project, clock, raws, moments(raws)) == 2
    began, over = messages(project)
    assert (began["subject"], began["recipient"]) == (
        "Vaccine fridge: temperature above its limit since Fri 20 Nov 2026, 13:10",
        "ops@example.org",
    )
    assert over["subject"] == "Vaccine fridge: over after 30 min (temperature above its limit)"
    assert "Peak 11.2\N{NO-BREAK SPACE}°C" in over["body"]
    (row,) = episodes(project)
    assert (row["state"], row["peak"], json.loads(row["raw_ids"]), json.loads(row["end_raw_ids"])) == (
        "over", 11.2, [2], [5],
    )  # fmt: skip
    assert told(project) == would(project, "fridges", START_US)


def test_nothing_is_told_twice_by_another_process_that_looks_anew(tmp_path: Path) -> None:
    clock = Clock()
    project = project_of(tmp_path, LISTED, ALERT, clock)
    raws = sent(5, 9.5, 11.2)
    assert replay(project, clock, raws, moments(raws)) == 1
    assert replay(project, clock, [], [clock.now_us, clock.now_us + S]) == 0
    assert len(messages(project)) == 1


def test_what_lasts_when_the_alert_is_first_looked_at_is_told_and_what_was_over_is_not(tmp_path: Path) -> None:
    clock = Clock()
    project = project_of(tmp_path, LISTED, ALERT, clock)
    raws = sent(9, 5, 9, 9)
    assert replay(project, clock, raws, [raws[-1].received_at]) == 1
    assert [row["begins_at"] for row in episodes(project)] == [(START_US // S + 2 * STEP) * S]


def test_a_sensor_that_uploads_a_week_later_is_judged_by_what_it_tells(tmp_path: Path) -> None:
    clock = Clock()
    project = project_of(tmp_path, LISTED, ALERT, clock)
    first, later = sent(5), sent(9, 9, 5, since_s=STEP)
    late = [raw._replace(received_at=raw.received_at + 12 * 86_400 * S) for raw in later]
    assert replay(project, clock, [*first, *late], [START_US, first[0].received_at, late[-1].received_at]) == 2
    assert told(project) == would(project, "fridges", START_US)


def test_an_episode_that_lasts_for_weeks_ends_once(tmp_path: Path) -> None:
    clock = Clock()
    project = project_of(tmp_path, LISTED, ALERT, clock)
    raws = [*sent(9, 9), *sent(9, since_s=20 * 86_400), *sent(5, since_s=40 * 86_400)]
    assert replay(project, clock, raws, [raw.received_at for raw in raws]) == 2
    assert [(row["begins_at"], row["state"]) for row in episodes(project)] == [(START_US, "over")]


def test_a_limit_of_its_own_and_a_duration(tmp_path: Path) -> None:
    clock = Clock()
    alert = ALERT + 'above = 6\nlasts = "20min"\nclears_by = 1\n'
    project = project_of(tmp_path, LISTED, alert, clock)
    raws = sent(5, 7, 7, 5.5, 7, 5)
    assert replay(project, clock, raws, moments(raws)) == 2
    assert told(project) == would(project, "fridges", START_US)
    assert [(row["known_at"] - row["begins_at"]) // S for row in episodes(project)] == [1201]


def test_quiet_hours_hold_what_lasts_and_drop_what_does_not(tmp_path: Path) -> None:
    clock = Clock()  # 13:00 in Berlin
    project = project_of(tmp_path, LISTED, ALERT + 'quiet = ["13:05-14:15"]\n', clock)
    raws = sent(5, 9, 5, 9, 9, 9, 9, 9, 5)
    looks = [*moments(raws), START_US + 76 * 60 * S]
    assert replay(project, clock, raws, looks) == 2
    assert [(row["state"], row["note"]) for row in episodes(project)] == [
        ("dropped", "over before the quiet hours were"),
        ("over", ""),
    ]
    assert told(project) == would(project, "fridges", START_US)


def test_nobody_is_told_where_nobody_is_named_and_the_ledger_says_so(tmp_path: Path) -> None:
    clock = Clock()
    project = project_of(tmp_path, LISTED, ALERT.replace('to = ["ops@example.org"]', ""), clock)
    raws = sent(5, 9)
    assert replay(project, clock, raws, moments(raws)) == 0
    assert [row["note"] for row in episodes(project)] == ["not told: the alert has no recipient"]


def test_a_new_threshold_begins_anew(tmp_path: Path) -> None:
    clock = Clock()
    raws = sent(5, 7.5, 7.5, 9)
    project = project_of(tmp_path, LISTED, ALERT + "above = 7\n", clock)
    assert replay(project, clock, raws[:3], moments(raws[:3])) == 1
    project.close()
    project = project_of(tmp_path, LISTED, ALERT + "above = 8\n", clock)
    assert replay(project, clock, raws[3:], [clock.now_us, raws[3].received_at]) == 1
    notes = [(row["state"], row["note"]) for row in episodes(project)]
    assert notes == [("dropped", "no longer watched: the rule was changed"), ("told", "")]


def test_an_alert_that_was_removed_is_watched_no_more(tmp_path: Path) -> None:
    clock = Clock()
    raws = sent(5, 9)
    project = project_of(tmp_path, LISTED, ALERT, clock)
    replay(project, clock, raws, moments(raws))
    project.close()
    project = project_of(tmp_path, LISTED, ALERT.replace("fridges", "others"), clock)
    replay(project, clock, [], [clock.now_us])
    assert [row["state"] for row in episodes(project)] == ["dropped", "told"]


def test_an_alert_that_cannot_be_judged_leaves_the_others_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said once, in words that quote no data, and tried again."""
    clock, said = Clock(), list[str]()
    project = project_of(tmp_path, LISTED, f'[alerts.broken]\non = "leak"\n{ALERT}', clock)

    def fails(_watch: Watch) -> list[Episode]:
        raise ValueError("02:7e:11:a0:00:01")

    monkeypatch.setitem(KINDS, "leak", KINDS["leak"]._replace(episodes=fails))
    alerts = Alerts(project, said.append)
    alerts.look()
    raws = sent(5, 9.5)
    put(project, raws)
    clock.now_us = raws[-1].received_at
    assert alerts.look() == 1
    assert [line for line in said if "broken" in line] == [said[0]]
    assert "cannot be judged" in said[0]
    assert "02:7e" not in said[0]
    monkeypatch.undo()
    clock.now_us += 11 * S
    alerts.look()
    assert said[-1] == 'alert "broken" is judged again'
