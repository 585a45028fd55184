"""A day of simulated sensors through the real CoAP server into the lake: analysis finds what the simulator knew."""

import math
import signal
from pathlib import Path

import pytest

import telltale as tt
from telltale.arrow import Tables
from telltale.lake.settle import settle_all
from telltale.simulate.play import play
from tests.collectors.test_collect_coap import collecting
from tests.sensors import test_truth as truth
from tests.served import make_project


def _through_the_server(root: Path) -> Tables:
    emissions = list(truth.EFENTO.simulate(truth.MONDAY, truth.SETTINGS))
    with collecting(root) as (port, process):
        end_us = truth.MONDAY.end_s * 1_000_000
        url = f"coap://127.0.0.1:{port}"
        played = play(emissions, url, origin_us=end_us, speed=math.inf, connections=4)
        process.send_signal(signal.SIGTERM)
        assert process.wait(120) == 0  # it makes the last records durable first: a busy disk takes its time
    assert (played.accepted, played.refused, played.lost) == (len(emissions), 0, 0)
    project = tt.Project(root)
    try:
        settled = settle_all(project.lake, now_us=project.now_us())
        assert (settled.raws, settled.rejects) == (len(emissions), 0)
        names = ("reading", "device_status")
        return {name: tt.load(name, since=None, engine="arrow", project=project) for name in names}
    finally:
        project.close()


@pytest.mark.slow
def test_a_day_over_coap_is_found_again(tmp_path: Path) -> None:
    found = truth.Found(truth.MONDAY, _through_the_server(make_project(tmp_path, secrets="")))
    truth.test_excursions(found)
    truth.test_episodes(found)
    truth.test_consumption(found)
    truth.test_completeness(found)
