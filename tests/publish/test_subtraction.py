"""Two reports of one period, and exports of any stretch: their difference never tells of fewer than k devices."""

import json
import threading
from collections.abc import Iterator
from contextlib import closing, nullcontext
from functools import partial
from pathlib import Path

import pytest

from telltale import cli
from telltale.publish import export, ledger, schedule, subtraction
from telltale.publish.making import Approve, Made, Step
from telltale.publish.readers import Readers
from telltale.publish.schedule import Done
from telltale.workbench.project import Project
from telltale.workbench.then import moment_in_the_past
from tests.lake_fixture import at, hear, set_clock, write_settings
from tests.publish.scheduled import World

TWO = """
[reports.narrow]
notebook = "presence_dwell"
period = "day"
parameters = { gap = "10min" }
to = ["ops@example.org"]
[reports.wide]
notebook = "presence_dwell"
period = "day"
parameters = { gap = "30min" }
to = ["city@example.org"]
"""


HOUR_US = 3_600 * 1_000_000
WEEK = 'wide]\nnotebook = "presence_dwell"\nperiod = "week"'


def world_with(folder: Path, *, parted: int) -> World:
    """Six and more devices that stay for ten minutes; some of them come back twenty minutes later."""
    world = World(folder, TWO, now="2026-11-14 02:00")
    minutes = range(0, 11, 5)
    heard = [(minute, device) for device in range(6 + parted) for minute in minutes]
    heard += [(minute + 30, device) for device in range(parted) for minute in minutes]
    world.hears_all([(f"2026-11-13 10:{minute:02}", device) for minute, device in heard])
    return world


def test_a_report_that_less_another_would_tell_of_one_device_is_held_back_and_says_so(tmp_path: Path) -> None:
    world = world_with(tmp_path, parted=1)
    assert world.passes() == Done(made=1, failed=1)
    runs = {run.report: run for run in world.ledger()}
    assert (runs["narrow"].state, runs["wide"].state) == ("done", "waiting")
    reason = runs["wide"].reason
    assert 'with gap = "30min" its visits of 2026-11-13 differ by fewer than 5' in reason
    assert 'report narrow with gap = "10min"' in reason
    toml = (tmp_path / "telltale.toml").read_text()
    (tmp_path / "telltale.toml").write_text(toml.replace("30min", "10min"))
    world.now_us += 60_000_000
    assert world.passes() == Done(made=1)


@pytest.mark.usefixtures("project_store")
def test_of_two_that_are_made_at_once_the_second_sees_the_first(tmp_path: Path) -> None:
    """Each was compared with what was published when it began, which was nothing, and both appeared."""
    world = world_with(tmp_path, parted=1)
    both_compared = threading.Barrier(2)

    def meet(project: Project, readers: Readers, period: str, *, before: str, approve: Approve, step: Step) -> Made:
        both_compared.wait(60)
        return world.make(project, readers, period, before=before, approve=approve, step=step)

    with closing(world.project()) as project:
        assert schedule.once(project, make=meet, at_once=2) == Done(made=1, failed=1)
        (held,) = (run for run in ledger.runs(project.store) if run.state == "waiting")
        assert "differ by fewer than 5" in held.reason
        world.now_us += 10 * HOUR_US
        assert schedule.once(project, make=world.make) == Done(failed=1), "what is published is published"


def test_what_is_being_made_by_hand_counts_until_it_has_failed(tmp_path: Path) -> None:
    world = world_with(tmp_path, parted=1)
    page = tmp_path / "data" / "reports" / "presence_dwell" / "by-hand.html"
    with closing(world.project()) as project:
        said = subtraction.check_by_hand(project, "presence_dwell", "2026-11-13", {"gap": "10min"})

        def fail() -> None:
            with subtraction.published_by_hand(project, said) as about_to_appear:
                about_to_appear(page)
                with pytest.raises(subtraction.TellsOfFew, match=r"delete data/reports/presence_dwell/by-hand\.html"):
                    subtraction.check_by_hand(project, "presence_dwell", "2026-11-13", {"gap": "30min"})
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            fail()
        subtraction.check_by_hand(project, "presence_dwell", "2026-11-13", {"gap": "30min"})


def test_a_note_of_what_was_killed_before_it_appeared_counts_for_an_hour(tmp_path: Path) -> None:
    world = world_with(tmp_path, parted=1)
    page = tmp_path / "data" / "reports" / "presence_dwell" / "by-hand.html"
    with closing(world.project()) as project:
        said = subtraction.check_by_hand(project, "presence_dwell", "2026-11-13", {"gap": "10min"})
        subtraction.claim(project, said._replace(page="presence_dwell/by-hand.html"), is_scheduled=False)
        for later_us, is_there, is_held in ((0, False, True), (HOUR_US, False, False), (HOUR_US, True, True)):
            world.now_us = at("2026-11-14 02:00") + later_us
            page.parent.mkdir(parents=True, exist_ok=True)
            page.touch() if is_there else page.unlink(missing_ok=True)
            with pytest.raises(subtraction.TellsOfFew) if is_held else nullcontext():
                subtraction.check_by_hand(project, "presence_dwell", "2026-11-13", {"gap": "30min"})


@pytest.mark.parametrize("parted", [0, 5])
def test_reports_that_are_alike_or_differ_by_k_are_both_made(tmp_path: Path, parted: int) -> None:
    world = world_with(tmp_path, parted=parted)
    assert world.passes() == Done(made=2)


def test_a_report_by_hand_is_one_of_the_two_whichever_came_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world = world_with(tmp_path, parted=1)
    monkeypatch.setenv("TELLTALE_HOME", str(tmp_path))
    asked = ("report", "presence_dwell", "--no-pdf", "--period", "2026-11-13")
    assert cli.run([*asked, "-p", "gap=10min", "--json"]) == 0
    page = Path(json.loads(capsys.readouterr().out)["html"])
    with closing(world.project()) as project:
        by_hand = partial(subtraction.check_by_hand, project, "presence_dwell")
        by_hand("2026-11-13", {"gap": "10min"})
        by_hand("2026-11-12", {"gap": "30min"})
        for period in ("2026-11-13", "2026-W46"):
            with pytest.raises(subtraction.TellsOfFew, match=f"or delete data/reports/presence_dwell/{page.name}"):
                by_hand(period, {"gap": "30min"})
        folder = page.parent.rename(tmp_path / "elsewhere")
        by_hand("2026-11-13", {"gap": "30min"})
        folder.rename(page.parent)
    assert cli.run([*asked, "-p", "gap=30min"]) == 1
    assert "fewer than 5" in capsys.readouterr().err
    assert not [*page.parent.glob("*30min*")]
    assert world.passes() == Done(made=1, failed=1)
    assert {run.report: run.state for run in world.ledger()} == {"narrow": "done", "wide": "waiting"}


def test_a_report_by_hand_beside_a_scheduled_one(tmp_path: Path) -> None:
    world = world_with(tmp_path, parted=1)
    assert world.passes() == Done(made=1, failed=1)
    with closing(world.project()) as project:
        with pytest.raises(subtraction.TellsOfFew, match='those of report narrow with gap = "10min"'):
            subtraction.check_by_hand(project, "presence_dwell", "2026-11-13", {"gap": "30min"})
        subtraction.check_by_hand(project, "presence_dwell", "2026-11-13", {"gap": "10min"})
        subtraction.check_by_hand(project, "sensor_report", "2026-11-13", {})
        assert not subtraction.check_by_hand(project, "presence_dwell", "2026-11-14", {}).counts, "it still runs"


@pytest.mark.parametrize("parameters", ['{ gap = "30min", site = "71234" }', '{ gap = "30min" }'])
@pytest.mark.parametrize("period", ["day", "week"])
def test_reports_of_one_site_are_compared_however_it_is_named_and_long_they_are(
    tmp_path: Path, parameters: str, period: str
) -> None:
    world = world_with(tmp_path, parted=1)
    wide = f'[reports.wide]\nnotebook = "presence_dwell"\nperiod = "{period}"\nparameters = {parameters}\n'
    toml = (tmp_path / "telltale.toml").read_text()
    (tmp_path / "telltale.toml").write_text(toml[: toml.index("[reports.wide]")] + wide)
    world.now_us = at("2026-11-17 02:00")
    world.passes()
    assert {run.report for run in world.ledger() if run.revision} == {"narrow"}
    (reason,) = (run.reason for run in world.ledger() if run.report == "wide" and run.reason != "no record came")
    assert "its visits of 2026-11-13 differ by fewer than 5 from those of report narrow" in reason


def test_thresholds_of_telltale_toml_are_kept_with_what_was_published_by_them(tmp_path: Path) -> None:
    world = world_with(tmp_path, parted=1)
    settings = tmp_path / "telltale.toml"
    site = settings.read_text().partition("[reports.narrow]")[0]
    first = '[reports.first]\nnotebook = "presence_dwell"\nperiod = "day"\n'
    settings.write_text(f"{site}[presence]\ngap_min = 10\n{first}")
    assert world.passes() == Done(made=1)
    settings.write_text(f"{site}[presence]\ngap_min = 30\n{first}{first.replace('first', 'second')}")
    assert world.passes() == Done(failed=1)
    (reason,) = (run.reason for run in world.ledger() if run.report == "second")
    assert 'with gap = "30min" its visits of 2026-11-13 differ by fewer than 5' in reason
    assert 'from those of report first with gap = "10min"' in reason


@pytest.mark.parametrize(("late", "revision", "done"), [(1, 1, Done(held=1)), (5, 2, Done(made=1))])
def test_late_data_of_few_devices_is_not_told_by_another_revision(
    tmp_path: Path, late: int, revision: int, done: Done
) -> None:
    world = World(tmp_path, now="2026-11-14 02:00")
    world.hears_all([(f"2026-11-13 10:{minute:02}", device) for device in range(7) for minute in (0, 5, 10)])
    assert world.passes() == Done(made=1)
    for device in range(100, 100 + late):
        for minute in (0, 5, 10):
            world.hears(f"2026-11-13 10:{minute:02}", device, received="2026-11-14 02:30")
    world.now_us = at("2026-11-14 03:00")
    world.settles()
    assert world.passes() == done
    (run,) = world.ledger()
    assert (run.state, run.revision, len(world.messages())) == ("done", revision, revision)
    page = (tmp_path / "data/reports/presence_dwell/2026-11-13.html").read_text()
    assert page == ("<p>7</p>" if revision == 1 else "<p>12</p>")
    if revision == 1:
        assert run.reason.startswith("other rows came, and what is published stands: report visitors 2026-11-13")
        assert world.passes() == Done(), "until other rows come"


def test_a_week_is_told_though_a_late_record_moved_one_of_its_days(tmp_path: Path) -> None:
    week = TWO.replace('"30min"', '"10min"').replace('wide]\nnotebook = "presence_dwell"\nperiod = "day"', WEEK)
    world = World(tmp_path, week, now="2026-11-14 02:00")
    world.hears_all([(f"2026-11-13 10:{minute:02}", device) for device in range(7) for minute in (0, 5, 10)])
    assert world.passes() == Done(made=1)
    for minute in (0, 5, 10):
        world.hears(f"2026-11-13 10:{minute:02}", 100, received="2026-11-14 02:30")
    world.now_us = at("2026-11-14 03:00")
    world.hears_all([(f"2026-11-14 01:{minute:02}", device) for device in range(200, 208) for minute in (0, 5, 10)])
    for now in ("2026-11-14 03:00", "2026-11-17 02:00"):
        world.now_us = at(now)
        world.settles()
        world.passes()
    reports = {run.report: run for run in world.ledger() if run.revision}
    assert (reports["narrow"].revision, reports["wide"].state, reports["wide"].revision) == (1, "done", 1)


def test_another_report_by_the_same_rule_is_made_though_a_late_record_came_between(tmp_path: Path) -> None:
    """Nobody could do anything about its being held back."""
    world = World(tmp_path, TWO[: TWO.index("[reports.wide]")], now="2026-11-14 02:00")
    world.hears_all([(f"2026-11-13 10:{minute:02}", device) for device in range(7) for minute in (0, 5, 10)])
    assert world.passes() == Done(made=1)
    for minute in (0, 5, 10):
        world.hears(f"2026-11-13 10:{minute:02}", 100, received="2026-11-14 02:30")
    toml = tmp_path / "telltale.toml"
    toml.write_text(toml.read_text() + TWO[TWO.index("[reports.wide]") :].replace("30min", "10min"))
    world.now_us = at("2026-11-14 03:00")
    world.settles()
    world.passes()
    assert {run.report: run.revision for run in world.ledger()} == {"narrow": 1, "wide": 1}


def test_a_report_of_what_was_known_earlier_is_compared_with_what_is_published_since(tmp_path: Path) -> None:
    world = World(tmp_path, now="2026-11-14 03:00")
    world.hears_all([(f"2026-11-13 10:{minute:02}", device) for device in range(7) for minute in (0, 5, 10)])
    for minute in (0, 5, 10):
        world.hears(f"2026-11-13 10:{minute:02}", 7, received="2026-11-14 02:30", settle=True)
    assert world.passes() == Done(made=1)
    with closing(world.project()) as project:
        by_hand = partial(subtraction.check_by_hand, project, "presence_dwell", "2026-11-13", {})
        by_hand(moment=moment_in_the_past("2026-11-14 02:45", project))
        with pytest.raises(subtraction.TellsOfFew, match="those of report visitors"):
            by_hand(moment=moment_in_the_past("2026-11-14 02:15", project))


def test_bands_of_days_less_those_of_one_of_them_do_not_tell_of_the_other(tmp_path: Path) -> None:
    world = World(tmp_path, now="2026-11-16 12:00")
    heard = [("2026-11-13", device) for device in range(7)] + [("2026-11-14", 100)]
    world.hears_all([(f"{day} 10:{minute:02}", device) for day, device in heard for minute in (0, 5, 10)])
    assert world.passes() == Done(made=2, nothing=1), "of the 14th all is withheld"
    with closing(world.project()) as project:
        reason = (
            "its visits of 5 to 20 min in 2026-11-13--2026-11-14 differ .* from those of report visitors 2026-11-13"
        )
        with pytest.raises(subtraction.TellsOfFew, match=reason):
            subtraction.check_by_hand(project, "presence_dwell", "2026-11-13/2026-11-14", {})
        subtraction.check_by_hand(project, "presence_dwell", "2026-11-13", {})


def test_intervals_of_occupancy_are_compared_where_days_and_bands_are_alike(tmp_path: Path) -> None:
    """Twelve devices of six hours, five of them silent for half of one, each of another hour."""
    world = World(tmp_path, TWO.replace("30min", "40min"), now="2026-11-14 02:00")
    times = [(device, minute) for device in range(12) for minute in range(0, 360, 5)]
    heard = [(d, m) for d, m in times if d >= 5 or not 60 * d + 15 < m < 60 * d + 45]
    world.hears_all([(f"2026-11-13 {10 + minute // 60}:{minute % 60:02}", device) for device, minute in heard])
    assert world.passes() == Done(made=1, failed=1)
    (reason,) = (run.reason for run in world.ledger() if run.report == "wide")
    assert "its devices present of 2026-11-13 10:30" in reason


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Six phones for an hour, and a seventh for half of it; it is noon."""
    made = Project(write_settings(tmp_path))
    set_clock(made, at("2026-11-20 12:00"))
    for number in range(6):
        hear(made, (f"3c:06:30:aa:bb:0{number}", "2026-11-19 10:00", "2026-11-19 11:00"))
    hear(made, ("3c:06:30:aa:bb:07", "2026-11-19 10:30", "2026-11-19 11:00"))
    with closing(made):
        yield made


@pytest.mark.parametrize(
    ("since", "until"),
    [("2026-11-19 10:00", "2026-11-19 10:30"), ("2026-11-19", "2026-11-19 23:00"), ("2026-11-19 10:31", "2026-11-20")],
)
def test_figures_leave_for_whole_days_alone(project: Project, since: str, until: str) -> None:
    whole = export.asked("presence.dwell_bands", since="2026-11-19", until="2026-11-20", project=project)
    part = export.asked("presence.dwell_bands", since=since, until=until, project=project)
    assert part.table.to_pylist() == whole.table.to_pylist()
    assert part.about["Asked"] == "since = 2026-11-19, until = 2026-11-20"
    own = export.asked("presence.dwell_bands", since=since, until=until, is_owner=True, project=project)
    assert until in own.about["Asked"], "the owner's own is of what was asked"


def test_an_export_is_compared_with_reports_and_with_files_of_earlier_ones(tmp_path: Path) -> None:
    world = world_with(tmp_path / "reports", parted=1)
    assert world.passes() == Done(made=1, failed=1)
    of_day = partial(export.asked, "presence.figures", since="2026-11-13", until="2026-11-14")
    with closing(world.project()) as project:
        figures = partial(of_day, project=project)
        reason = r"export presence.figures 2026-11-13/2026-11-14: .* those of report narrow 2026-11-13 with"
        with pytest.raises(subtraction.TellsOfFew, match=reason):
            figures(values={"gap": "30min"})
        assert figures(values={"gap": "10min"}).table.num_rows == 3
    world = world_with(tmp_path / "files", parted=1)
    with closing(world.project()) as project:
        figures = partial(of_day, project=project)
        path = tmp_path / "ten.csv"
        export.write(figures(values={"gap": "10min"}), path, "csv", project=project, now_us=project.now_us())
        with pytest.raises(subtraction.TellsOfFew, match=f"or delete {path}"):
            figures(values={"gap": "30min"})
        with pytest.raises(subtraction.TellsOfFew, match=f"or delete {path}"):
            subtraction.check_by_hand(project, "presence_dwell", "2026-11-13", {"gap": "30min"})
        path.unlink()
        figures(values={"gap": "30min"})
