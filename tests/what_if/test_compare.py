"""`tt.compare`: what a call would say otherwise, beside what it says; for its owner alone."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import telltale as tt
from telltale.contract import ConfigError
from telltale.lake.purge import drop
from telltale.lake.settle import settle_all
from telltale.what_if.choices import with_setting
from telltale.workbench.here import standing_at
from telltale.workbench.project import Project
from telltale.workbench.unpublished import OF_PAGES
from tests.lake_fixture import at, hear, set_clock, write_settings
from tests.sensors.small import STEP_S, UNITS, small

MANY = 9
FEW = 2


def stations(count: int, *, of: int) -> list[str]:
    return [f"3c:06:30:aa:{of:02x}:{number:02x}" for number in range(count)]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A morning: nine come and stay, nine leave for 22 minutes and come back, two do for 12."""
    project = Project(write_settings(tmp_path))
    set_clock(project, at("2026-11-20 15:00"))
    stays = [(each, "2026-11-20 09:00", "2026-11-20 10:00") for each in stations(MANY, of=1)]
    for away, of, count in (("09:52", 2, MANY), ("09:42", 3, FEW)):
        stays += [(each, "2026-11-20 09:00", "2026-11-20 09:30") for each in stations(count, of=of)]
        stays += [(each, f"2026-11-20 {away}", "2026-11-20 10:22") for each in stations(count, of=of)]
    hear(project, *stays)
    return project


def test_as_set_comes_first_and_what_is_tried_beside_it(project: Project) -> None:
    found = tt.compare(tt.presence.figures, "1d", gap=["30min", "1h"], project=project)
    assert list(dict.fromkeys(found.table["choice"])) == ["as set", "gap = 30min", "gap = 1h"]
    beside = found.beside("visits").set_index("address_kind").loc["all"]
    assert beside["as set"] == 2 * MANY + MANY + FEW
    assert beside["gap = 30min"] == beside["gap = 1h"] == 2 * MANY + FEW
    assert found.hidden == 0


def test_a_difference_of_a_few_is_withheld_with_all_that_adds_up_with_it(project: Project) -> None:
    """At 10 minutes the two who were away for 12 come twice: nobody but them does."""
    found = tt.compare(tt.presence.figures, "1d", gap=["11min", "30min"], project=project)
    counts = found.table.set_index(["choice", "address_kind"])[["seen", "visitors", "visits", "device_s"]]
    assert counts.loc["gap = 11min"].isna().to_numpy().all()
    assert counts.loc[("gap = 30min", "all"), "visits"] == 2 * MANY + FEW
    assert (found.hidden, "withheld" in repr(found)) == (1, True)


def test_a_chart_has_a_bar_for_each_choice(project: Project) -> None:
    chart = tt.compare(tt.presence.figures, "1d", gap=["30min"], project=project).chart("visits")
    assert [bar.name for bar in chart.data] == ["as set", "gap = 30min"]
    assert max(chart.data[0].y) == 3 * MANY + FEW


REFUSED: dict[str, tuple[Callable[[Project], Any], str]] = {
    "a list of single devices": (
        lambda p: tt.compare(tt.presence.visits, gap=["1min"], project=p), "visits cannot be compared"),
    "people": (lambda p: tt.compare(tt.activity.totals, x=[1], project=p), "totals cannot be compared"),
    "nothing": (lambda p: tt.compare(tt.presence.figures, gap="1min", project=p), "nothing is tried"),
    "what is set nowhere": (
        lambda p: tt.compare(tt.kanban.items, dead_tme=[3], project=p), 'no "dead_tme" is set anywhere; did you mean'),
    "what cannot stand there": (
        lambda p: tt.compare(tt.kanban.items, service_level=[2], project=p), "service_level = 2: expected less than 1"),
    "a limit of a device that is not listed": (
        lambda p: tt.compare(tt.sensors.days_outside, device="Cellar", high=[3], project=p), "Cellar"),
    "a list with nothing in it": (
        lambda p: tt.compare(tt.presence.figures, gap=[], project=p), r"gap = \[\]: nothing is tried"),
    "an alert that is none": (lambda p: tt.compare("alerts.x", above=[1], project=p), 'no "alerts.x"'),
    "too many": (
        lambda p: tt.compare(tt.presence.figures, gap=[f"{n}min" for n in range(1, 30)], project=p), "29 answers"),
}  # fmt: skip


def test_where_nothing_is_listed_nothing_differs(project: Project) -> None:
    found = tt.compare(tt.sensors.days_outside, high=[3], project=project)
    assert found.rows.num_rows == 0


def test_a_limit_that_no_listed_device_has_is_said(project: Project) -> None:
    (project.settings.root / "devices.csv").write_text("device_id,name\nsigfox:a1,Cellar\n")
    with pytest.raises(ConfigError, match=r"devices\.csv: no device with high; expected one that is listed"):
        tt.compare(tt.sensors.days_outside, high=[3], project=project)


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_compared_is_said(project: Project, what: str) -> None:
    ask, said = REFUSED[what]
    with pytest.raises(ConfigError, match=said):
        ask(project)


@pytest.mark.parametrize("variable", ["TELLTALE_AS_OF", OF_PAGES])
def test_nothing_of_it_is_published(project: Project, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "1:")
    with pytest.raises(ConfigError, match="for the owner alone"):
        tt.compare(tt.presence.figures, gap=["1min"], project=project)


SENSOR = "device_id,name,role,low,high\nsigfox:2d24e6,Fridge,sensor,2,8\nsigfox:2d24e7,Freezer,sensor,,-15\n"
BUTTONS = "Name,MAC-Address,item,cards\nGloves left,02:7e:11:a0:00:01,Gloves,3\nMasks,02:7e:11:a0:00:02,Masks,2\n"


def test_limits_and_cards_are_tried_where_they_are_set(project: Project) -> None:
    from telltale.settings import buttons, devices

    settings = project.settings.with_files({"devices.csv": SENSOR.encode(), "buttons.csv": BUTTONS.encode()})
    fridge = with_setting(settings, "high", 6, only="Fridge")
    assert [(one.name, one.low, one.high) for one in devices(fridge)] == [("Fridge", 2, 6), ("Freezer", None, -15)]
    assert [one.high for one in devices(with_setting(settings, "high", 9))] == [9, 9]
    fewer = with_setting(settings, "cards", 1, only="Gloves")
    assert [(one.item, one.cards) for one in buttons(fewer).buttons] == [("Gloves", 1), ("Masks", 2)]
    assert with_setting(settings, "dead_time", 5).file("buttons.csv") != settings.file("buttons.csv")
    assert [one.high for one in devices(settings)] == [8, -15]
    with pytest.raises(ConfigError, match="low = 7 is above high = 6"):
        with_setting(fridge, "low", 7, only="Fridge")


def test_the_notebook_runs(project: Project) -> None:
    """Its cells, in this process, on a project with visitors, buttons and limits; it is no report."""
    root = project.settings.root
    (root / "devices.csv").write_text(SENSOR)
    (root / "buttons.csv").write_text(BUTTONS)
    cells = json.loads((Path(__file__).parents[2] / "notebooks/what_if.ipynb").read_text())["cells"]
    names: dict[str, Any] = {}
    with standing_at(project):
        for cell in cells:
            if cell["cell_type"] == "code":
                exec("".join(cell["source"]), names)
    assert "what_if" not in tt.report.notebooks(project)
    assert names["gaps"].table["visits"].notna().any()


def test_a_limit_that_does_not_count_is_not_tried(tmp_path: Path) -> None:
    """A limit of the temperature goes before one of nothing: `high` would change no figure."""
    listed = "device_id,name,role,high,high:temperature,high:co2\n"
    listed += "sigfox:a1,Fridge,sensor,8,8,\nsigfox:a2,Hall,sensor,,,900\n"
    sent = [(STEP_S * number, {"temperature": 5}) for number in range(24)]
    project = small(tmp_path, listed, a1=sent, a2=[(at, {"co2": 950}) for at, _ in sent])
    for device, name in (("Fridge", "high:temperature"), ("Hall", "high:co2")):
        with pytest.raises(ConfigError, match=f'of {device} the column "{name}" counts, not "high"'):
            tt.compare(tt.sensors.minutes_outside, "1d", device=device, high=[3, 20], project=project)
    limits: dict[str, Any] = {"high:temperature": [3, 20]}
    found = tt.compare(tt.sensors.minutes_outside, "1d", device="Fridge", project=project, **limits)
    outside = found.table.groupby("choice")["outside_s"].sum()
    assert outside["as set"] == outside["high:temperature = 20"] == 0
    assert outside["high:temperature = 3"] == 22 * STEP_S  # the reading of this very moment is not before it


def test_a_purge_meanwhile_lets_all_of_it_be_asked_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = [(STEP_S * number, {"temperature": 9}) for number in range(24)]
    project = small(tmp_path, SENSOR.replace("2d24e6", "a1"), a1=sent)
    settle_all(project.lake, now_us=project.now_us())
    tries: list[int] = []

    def purged(*given: Any, **named: Any) -> Any:
        tries.append(1)
        if len(tries) == 1:
            files = project.lake.snapshot().files
            drop(project.lake, list(files), now_us=project.now_us(), freeze=False)
            for file in files:
                project.lake.root.delete(file.path)
        return with_setting(*given, **named)

    monkeypatch.setattr("telltale.what_if.asking.with_setting", purged)
    found = tt.compare(tt.sensors.minutes_outside, "1d", device="Fridge", high=[6], project=project)
    assert found.rows.num_rows == 0
    assert len(tries) == 2


ALERT = '[alerts.fridge]\non = "excursion"\nquantity = "temperature"\nabove = 8\nlasts = "20min"\nto = ["me@x.org"]\n'


def test_an_alert_is_tried_with_another_threshold(tmp_path: Path) -> None:
    """Nine degrees for an hour, later seven for another: above 8 it told once, above 6 twice, above 10 never."""
    values = [*[4] * 12, *[9] * 7, *[4] * 6, *[7] * 7, *[4] * 6]
    sent = [(STEP_S * number, {"temperature": value}) for number, value in enumerate(reversed(values))]
    project = small(tmp_path, SENSOR.replace("2d24e6", "a1"), units=f"{UNITS}{ALERT}", a1=sent)
    table = tt.compare("alerts.fridge", "1d", above=[6, 10], project=project).table.set_index("choice")
    assert table.index.tolist() == ["as set", "above = 6", "above = 10"]
    assert table["episodes"].tolist() == table["told"].tolist() == [1, 2, 0]
    assert table["longest_s"].tolist()[:2] == [6 * STEP_S + STEP_S] * 2
    for given, named, said in ((["1d", "2d"], {}, "'2d'"), (["1d"], {"until": "1h"}, "until"), ([], {"x": 1}, "x")):
        with pytest.raises(ConfigError, match=f"lists to try, not {said}; leave that out"):
            tt.compare("alerts.fridge", *given, **named, above=[6], project=project)
