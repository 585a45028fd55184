"""What a page or report asks about PCs: of which days, whom it may tell of, and that nothing old is shown."""

import datetime as dt
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import telltale as tt
from telltale.activity import cards
from telltale.activity.answers import Answers, period_of
from telltale.contract import ConfigError
from telltale.lake.settle import settle_all
from telltale.page.pieces import Table
from telltale.settings import load
from telltale.workbench import Project
from tests.activity.test_calls import keep, minute
from tests.activity.test_page import NOW, PEOPLE, office
from tests.lake_fixture import ZONE, at, set_clock, write_settings

TEAM = {"sentence", "team_days", "team_hours", "work_hours_sentence", "footer"}
"""Cards that tell of no single PC."""
OF_AGENTS = {name for name in cards.__all__ if name.startswith("agents_")}
"""Cards of the report on what arrived, for the owner of the data."""
CARDS = sorted(set(cards.__all__) - OF_AGENTS)


@pytest.fixture(scope="module")
def five(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return office(tmp_path_factory.mktemp("five"), pcs=5)


def made(name: str, answers: Answers) -> Any:
    card: Callable[[Answers], Any] = getattr(cards, name)
    return card(answers)


def words(piece: Any) -> str:
    """All that a card says, its figure and table included."""
    figure = piece.evidence.to_json() if hasattr(getattr(piece, "evidence", None), "to_json") else ""
    return f"{piece.data()} {figure}"


@pytest.mark.parametrize("name", CARDS)
def test_a_card_of_nobody_tells_of_no_single_pc(name: str, five: Project) -> None:
    piece = made(name, tt.activity.answers("7d", project=five))
    if name in TEAM:
        assert not any(text in words(piece) for text in (*PEOPLE, *PEOPLE.values()))
    else:
        assert piece is None


@pytest.mark.parametrize("name", CARDS)
def test_a_card_of_one_person_tells_of_that_person_only(name: str, five: Project) -> None:
    piece = made(name, tt.activity.answers("7d", "Anna", project=five))
    assert not any(text in words(piece) for text in ("Ben", "Cleo", "Dan", "Eva"))


@pytest.mark.parametrize("is_live", [False, True])
@pytest.mark.parametrize(("k", "people"), [(5, "5"), (20, "")])
def test_a_team_smaller_than_k_is_withheld(tmp_path: Path, k: int, people: str, *, is_live: bool) -> None:
    project = office(tmp_path, pcs=5, more=f"k = {k}\n")
    answers = Answers(project, period_of("7d", project), is_live=is_live)
    shown = people != ""
    for card in (cards.team_days(answers), cards.team_hours(answers)):
        assert f"fewer than {k} people" in card.subtitle
        assert ("numbers" in card.evidence.layout.meta) == shown
        assert ("Too few people" in str(card.evidence.layout.meta.get("empty"))) != shown
    assert ("No activity is shown here" in cards.sentence(answers).text) != shown


@pytest.mark.parametrize(("pcs", "k", "least"), [(4, 1, 5), (4, 4, 5), (5, 1, 5), (5, 5, 5), (5, 6, 6)])
def test_no_team_of_fewer_than_five_is_told_whatever_k_is(tmp_path: Path, pcs: int, k: int, least: int) -> None:
    project = office(tmp_path, pcs=pcs, more=f"k = {k}\n")
    answers = Answers(project, period_of("7d", project))
    assert answers.k == least
    shown = pcs >= least
    for by in ("day", "hour", "week"):
        assert (tt.activity.team("7d", by=by, project=project).empty) != shown
    assert f"fewer than {least} people" in cards.team_days(answers).subtitle
    assert ("No activity is shown here" in cards.sentence(answers).text) != shown


def test_charts_and_words_know_no_k_of_their_own() -> None:
    from telltale.activity.words import page, ranges, report, titles

    functions = [getattr(tt.activity.charts, name) for name in tt.activity.charts.__all__]
    functions += [made for module in (page, ranges, report, titles) for made in vars(module).values()]
    defaults = {"k", "timezone", "zone", "away_after_s", "now"}
    for function in filter(inspect.isfunction, functions):
        if not function.__module__.startswith("telltale.activity"):
            continue
        parameters = inspect.signature(function).parameters
        assert not any(parameters[name].default is not inspect.Parameter.empty for name in defaults & set(parameters))


def test_a_page_keeps_no_old_figure_of_earlier_days(tmp_path: Path) -> None:
    project = office(tmp_path, pcs=2)

    def active_s() -> float:
        answers = Answers(project, period_of("7d", project), of="Anna", is_live=True)
        seconds: float = sum(row["active_s"] for row in answers.totals.to_pylist())
        return seconds

    before = active_s()
    direct = tt.activity.totals("7d", device="Anna", project=project)["active_s"].sum()
    assert before == direct
    tt.activity.correct("pc:desk-1", "2026-11-17 20:00", "2026-11-17 21:00", active=True, project=project)
    assert active_s() == before + 3600
    set_clock(project, project.now_us() + 10**6)
    tt.activity.correct("pc:desk-1", "2026-11-17 20:00", "2026-11-17 21:00", active=False, project=project)
    assert active_s() == pytest.approx(before, abs=1e-5), "the second one begins a microsecond later"
    strips = tt.activity.strips("28d", device="Anna", project=project)
    answers = Answers(project, period_of("1d", project), of="Anna", is_live=True)
    assert answers.history.to_pylist() == strips.to_dict("records")
    assert answers.kept["records"].to_pylist() == list(tt.activity.kept(device="Anna", project=project)["records"])


def test_what_is_kept_is_counted_whole_settled_or_not(tmp_path: Path) -> None:
    project = Project(settings=load(write_settings(tmp_path)), now=lambda: at(NOW))
    for number, start in enumerate(("2026-11-19 09:00", "2026-11-20 09:00", "2026-11-20 10:00"), 1):
        keep(project, minute(start, "pc:desk-1", float))
        (row,) = tt.activity.kept(project=project).to_dict("records")
        assert (row["records"], row["first_at"].timestamp()) == (6 * number, at("2026-11-19 09:00") / 10**6)
        settle_all(project.lake, now_us=project.now_us())
        assert tt.activity.kept(project=project)["records"].to_list() == [6 * number]


def test_at_night_the_day_is_still_yesterdays(tmp_path: Path) -> None:
    more = '[activity]\nday_starts_at = "04:00"\n'
    project = Project(settings=load(write_settings(tmp_path, more=more)), now=lambda: at("2026-11-20 02:00"))
    keep(project, minute("2026-11-19 23:59", "pc:desk-1", lambda _n: 0.0))
    answers = tt.activity.answers("1d", project=project)
    assert (answers.when.first, answers.when.now.date()) == (dt.date(2026, 11, 19), dt.date(2026, 11, 19))
    (row,) = answers.totals.to_pylist()
    assert (row["label"], row["active_s"], row["so_far"]) == ("2026-11-19", 50.0, True)
    assert (row["end"] - row["start"]).total_seconds() == 22 * 3600
    assert answers.now == dt.datetime(2026, 11, 20, 2, tzinfo=ZoneInfo(ZONE))


def test_a_report_of_one_moment_misses_what_comes_later(tmp_path: Path) -> None:
    project = Project(settings=load(write_settings(tmp_path)), now=lambda: at(NOW))
    keep(project, minute("2026-11-20 09:00", "pc:desk-1", float))
    project.hold()
    answers = tt.activity.answers("1d", "pc:desk-1", project=project)
    first = cards.kept(answers)
    keep(project, minute("2026-11-20 10:00", "pc:desk-1", float))
    assert first is not None
    assert isinstance(first.evidence, Table)
    assert first.evidence.rows[0][3] == "6"
    assert sum(answers.totals["samples"].to_pylist()) == 6


def test_what_makes_no_sense_is_refused(five: Project) -> None:
    with pytest.raises(ConfigError, match="expected input, seed, seed_web"):
        tt.activity.answers("7d", rule="sead", project=five)  # type: ignore[arg-type]  # that is the point
    with pytest.raises(ConfigError, match="no PC"):
        cards.sentence(tt.activity.answers("7d", "Zoe", project=five))
    with pytest.raises(ConfigError, match="duration"):
        tt.activity.totals("7d", away_after="3 fortnights", project=five)


@pytest.mark.parametrize("away_after", ["15min", 900, dt.timedelta(minutes=15)])
def test_the_longest_pause_is_a_length(five: Project, away_after: Any) -> None:
    found = tt.activity.totals("7d", away_after=away_after, project=five)
    usual = tt.activity.totals("7d", project=five)
    assert found["active_s"].sum() > usual["active_s"].sum()
    assert found.equals(tt.activity.totals("7d", away_after=900, project=five))
