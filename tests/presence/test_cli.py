"""`telltale presence`: the answers of `tt.presence` as tables and JSON."""

import re
from typing import Any

import pytest

import telltale as tt
from telltale.cli import run
from tests.commands import agrees, answer, live_at
from tests.lake_fixture import Lake, lake

__all__ = ["lake"]

CASES: list[tuple[list[str], str, dict[str, Any]]] = [
    (["figures", "--since", "3d"], "figures", {"since": "3d"}),
    (["figures", "--since", "2d", "--by", "hour"], "figures", {"since": "2d", "by": "hour"}),
    (["figures", "--since", "3d", "--published"], "figures", {"since": "3d", "published": True}),
    (["visits", "--since", "26h", "--gap", "20min"], "visits", {"since": "26h", "gap": 1200}),
    (["occupancy", "--until", "2026-11-21", "--bin", "1h"], "occupancy", {"until": "2026-11-21", "bin": "1h"}),
    (["moves", "--since", "3d"], "moves", {"since": "3d"}),
    (["zones", "--since", "3d", "--site", "71234"], "zones", {"since": "3d", "site": "71234"}),
    (["excluded", "--since", "3d"], "excluded", {"since": "3d"}),
    (["sightings", "--since", "3h", "--limit", "5"], "sightings", {"since": "3h", "limit": 5}),
    (
        ["sightings", "--limit", "5", "--min-dbm", "-80", "--avg-dbm", "-70"],
        "sightings",
        {"limit": 5, "min_dbm": -80, "avg_dbm": -70},
    ),
]


@pytest.fixture(autouse=True)
def _home(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    live_at(lake.project.settings.root, lake.project.now_us(), monkeypatch)


@pytest.mark.parametrize(("arguments", "name", "options"), CASES, ids=[" ".join(case[0]) for case in CASES])
def test_a_command_prints_what_the_function_answers(
    lake: Lake, arguments: list[str], name: str, options: dict[str, Any]
) -> None:
    agrees(answer("presence", *arguments), getattr(tt.presence, name)(**options, project=lake.project))
    text = answer("presence", *arguments, as_json=False)
    assert len(text.splitlines()) > 1
    assert "_s " not in text.splitlines()[0]


def test_a_day_that_is_not_over_says_so() -> None:
    assert answer("presence", "figures", "--since", "2d", as_json=False).count("2026-11-21 so far") == 3
    assert "so far" not in answer("presence", "figures", "--until", "2026-11-21", as_json=False)


def test_seconds_are_durations_for_people() -> None:
    text = answer("presence", "visits", "--since", "2d", as_json=False)
    assert "dwell" in text.splitlines()[0].split()
    assert re.search(r" \d+ min ", text)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["figures", "--site", "9"], 'no site "9" has reported; known: 71234'),
        (["figures", "--since", "1.5d"], '"1.5d": expected whole days'),
        (["visits", "--gap", "soon"], '"soon" is no length of time; expected one such as 15min'),
        (["sightings", "--last-seen"], "--nodes-that-heard and --last-seen need --station"),
    ],
)
def test_errors_are_one_sentence(arguments: list[str], problem: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["presence", *arguments]) == 1
    error = capsys.readouterr().err
    assert problem in error
    assert error.count("\n") == 1
