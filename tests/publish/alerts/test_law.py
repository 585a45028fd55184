"""The dry-run of a history says what its replay by `received_at` sends, whatever the looks were."""

import datetime as dt
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.lake_fixture import ZONE
from tests.publish.alerts.replayed import (
    Clock,
    S,
    Told,
    messages,
    project_of,
    replay,
    replay_sent,
    told,
    told_of,
    would,
)
from tests.worlds.sent import Message, Sent, at

START = at("2026-11-16 06:00")
MINUTE = dt.timedelta(minutes=1)
HOUR = 3_600 * S
LISTED = "device_id,name,expected_interval_s,low,high\nsigfox:a1,Fridge,600,2,8\nsigfox:b2,Freezer,600,,4\n"
RULES = ("", 'lasts = "20min"\n', "clears_by = 1.5\n", 'lasts = "15min"\nquiet = ["06:30-07:40"]\n')


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Sent], list[dt.datetime]]:
    """Messages each ten minutes or so, some of them hours late or never sent, and when is looked."""
    sent: list[Sent] = []
    for device in ("a1", "b2"):
        values = draw(st.lists(st.sampled_from([1.0, 3.0, 5.0, 7.0, 7.5, 9.0, 12.0]), min_size=4, max_size=14))
        for number, value in enumerate(values):
            measured = START + number * 10 * MINUTE
            late = draw(st.sampled_from([0, 0, 0, 0, 25, 180]))
            if draw(st.integers(0, 7)):
                received = measured + dt.timedelta(seconds=2 + number) + late * MINUTE
                sent.append(Message(received, device, {"temperature": value}, seq=number, measured=measured))
    last = max((one.received for one in sent), default=START)
    between = draw(st.lists(st.integers(1, 600), max_size=4))
    looks = [START, *(START + minutes * MINUTE for minutes in between), last, last + 12 * 60 * MINUTE]
    return sent, looks


def _law(history: tuple[list[Sent], list[dt.datetime]], rule: str, on: str) -> None:
    sent, looks = history
    with tempfile.TemporaryDirectory() as folder:
        clock = Clock(round(START.timestamp() * 1e6))
        alert = f'[alerts.watch]\non = "{on}"\nto = ["ops@example.org"]\n{rule}'
        project = project_of(Path(folder), LISTED, alert, clock)
        try:
            made = replay_sent(project, clock, sent, looks)
            planned = would(project, "watch", round(START.timestamp() * 1e6))
            assert told(project) == planned
            assert made == len(messages(project))
            assert told_of(project, "began") + told_of(project, "over") == _steps(planned)
        finally:
            project.close()


worlds = given(histories(), st.sampled_from(RULES), st.sampled_from(["excursion", "silent"]))
UNHURRIED = list(HealthCheck)


@pytest.mark.slow
@settings(max_examples=4, deadline=None, suppress_health_check=UNHURRIED)
@worlds
def test_the_dry_run_says_what_the_replay_sends(
    history: tuple[list[Sent], list[dt.datetime]], rule: str, on: str
) -> None:
    _law(history, rule, on)


@pytest.mark.long
@settings(max_examples=100, deadline=None, suppress_health_check=UNHURRIED)
@worlds
def test_the_dry_run_says_what_the_replay_sends_of_a_hundred_histories(
    history: tuple[list[Sent], list[dt.datetime]], rule: str, on: str
) -> None:
    _law(history, rule, on)


@pytest.mark.slow
def test_a_day_of_the_demo(tmp_path: Path) -> None:
    """The demo's sensors by their receipt, with the faults they have."""
    from telltale.contract import Scenario
    from tests.sensors.sensed import hand_in, list_devices, truth_of

    start_s = int(START.timestamp())
    plan, clock = Scenario(7, start_s, start_s + 40 * 3_600, ZONE), Clock(start_s * S)
    kinds = ("excursion", "silent", "wrong_clock", "battery", "leak")
    alerts = "\n".join(f'[alerts.{on}]\non = "{on}"\nto = ["ops@example.org"]' for on in kinds)
    source = project_of(tmp_path / "sent", LISTED, alerts, clock)
    for name in ("sigfox", "efento"):
        hand_in(source, name, plan)
    raws = list(source.view().snapshot.hot)
    list_devices(tmp_path, truth_of(source, "sigfox", plan))
    source.close()
    project = project_of(tmp_path / "replayed", (tmp_path / "devices.csv").read_text(), alerts, clock)
    end_us = max(raw.received_at for raw in raws)
    replay(project, clock, raws, [start_s * S, start_s * S + 11 * HOUR, start_s * S + 23 * HOUR, end_us])
    planned = sorted(one for on in kinds for one in would(project, on, start_s * S))
    assert told(project) == planned
    assert planned, "the simulated sensors have faults"
    assert told_of(project, "began") + told_of(project, "over") == _steps(planned)
    project.close()


def _steps(planned: Told) -> int:
    """How often an episode began or was over, and somebody was told."""
    return sum(len(one[-1].split(" and ")) for one in planned if one[-1])
