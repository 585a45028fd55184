"""What pages and reports ask: the same figures as `tt.presence`, of one moment, days that are over computed once."""

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

import telltale as tt
from telltale.health.words.silences import Reporting, Silence
from telltale.page.board import Ask
from telltale.page.pieces import Card
from telltale.presence import cards, concerns, page
from telltale.presence import question as questions
from telltale.presence.answers import Answers
from telltale.workbench.tidy import tidy
from tests.lake_fixture import Lake, at, hear, write_settings


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_what_is_asked_in_parts_is_what_is_asked_at_once(lake: Lake) -> None:
    """Days before yesterday are kept from the first question on; joined with the rest they are the whole answer."""
    for _ in range(2):
        answers = tt.presence.answers("7d", project=lake.project)
        figures = tt.presence.figures("7d", published=True, project=lake.project).query("address_kind == 'all'")
        pd.testing.assert_frame_equal(tidy(answers.days), figures.reset_index(drop=True), check_dtype=False)
        visits = tt.presence.visits("7d", project=lake.project)
        assert tidy(answers.visits).equals(visits)


def test_days_that_are_over_are_computed_once_until_a_row_of_them_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tt.Project(write_settings(tmp_path), now=lambda: at("2026-11-21 12:00"))
    hear(project, ("3c:06:30:aa:bb:01", "2026-11-18 10:00", "2026-11-18 10:20"))
    asked: list[str] = []
    figures = questions.figures

    def seen(question: Any, choices: Any, by: questions.By) -> pa.Table:
        asked.append(str(question.span.until_us))
        return figures(question, choices, by)

    monkeypatch.setattr(questions, "figures", seen)

    def questions_asked() -> int:
        asked.clear()
        assert tt.presence.answers("7d", project=project).days.num_rows > 0
        return len(asked)

    assert questions_asked() == 2
    assert questions_asked() == 1, "yesterday and today alone"
    hear(project, ("3c:06:30:aa:bb:02", "2026-11-21 10:00", "2026-11-21 10:20"))
    assert questions_asked() == 1, "a record of today changes no day that is over"
    hear(project, ("3c:06:30:aa:bb:02", "2026-11-19 10:00", "2026-11-19 10:20"))
    assert questions_asked() == 2
    project.close()


def test_a_project_that_began_today_has_answers(tmp_path: Path) -> None:
    project = tt.Project(write_settings(tmp_path), now=lambda: at("2026-11-21 12:00"))
    hear(project, *[(f"3c:06:30:aa:bb:0{n}", "2026-11-21 10:00", "2026-11-21 10:20") for n in range(6)])
    board = page.page(Ask(project))
    assert "**At least 6\N{NO-BREAK SPACE}visitor devices** today so far" in board.sentence.text
    assert "!!The node!! is silent since 10:20, so the counts are too low." in board.sentence.text
    made = [cell.make() for row in board.rows for cell in row]
    titles = [card.title for card in made]
    assert titles[:3:2] == [
        "Newest value of every device",
        "It was busiest at 10:00, with about 6 devices",
    ]
    assert not any("day by day" in title for title in titles), "there is no day yet"
    assert isinstance(cards.usual(tt.presence.answers("1d", looks_back=True, project=project)), Card)
    project.close()


def test_a_card_says_its_numbers_with_the_gap_and_interval_that_were_asked(lake: Lake) -> None:
    usual = tt.presence.answers("2026-11-20", project=lake.project)
    chosen = tt.presence.answers("2026-11-20", gap="2min", interval="30min", project=lake.project)
    assert "mean per 15 min" in cards.occupancy(usual).subtitle
    assert "mean per 30min" in cards.occupancy(chosen).subtitle
    assert "more than 15 min ends it" in plain(" ".join(cards.dwell(usual).notes))
    assert "more than 2min ends it" in plain(" ".join(cards.dwell(chosen).notes))
    minutes = tt.presence.answers("2026-11-20", gap=dt.timedelta(minutes=2), project=lake.project)
    assert "more than 2 min ends it" in plain(" ".join(cards.dwell(minutes).notes))
    assert chosen.visits.num_rows > usual.visits.num_rows


def test_the_dwell_card_withholds_with_the_k_of_the_site(tmp_path: Path) -> None:
    """Once 11 of 20 to 25 minutes stood beside a note that cells of fewer than 20 devices are not published."""
    project = tt.Project(write_settings(tmp_path, more="k = 20\n"), now=lambda: at("2026-11-21 12:00"))
    short = [(f"3c:06:30:aa:bb:{n:02x}", "2026-11-20 10:00", "2026-11-20 10:12") for n in range(40)]
    long = [(f"3c:06:30:aa:bc:{n:02x}", "2026-11-20 11:00", "2026-11-20 11:22") for n in range(11)]
    hear(project, *short, *long)
    card = cards.dwell(tt.presence.answers("2026-11-20", project=project))
    rows = {row[0]: row[1] for row in card.evidence.layout.meta["numbers"]["rows"]}
    assert (rows["10–15 min"], rows["20–25 min"]) == ("withheld", "withheld"), "40 of 51 would tell the 11"
    assert card.title == "Visits by length"
    project.close()


def silent(*names: str, known: int) -> Reporting:
    start, end = (dt.datetime(2026, 11, 20, hour, 10, tzinfo=dt.UTC) for hour in (12, 14))
    return Reporting(known, known - len(names), tuple(Silence(name, start, end) for name in names), end)


def test_nodes_that_are_silent_while_others_report_need_a_look() -> None:
    now = dt.datetime(2026, 11, 20, 14, 30, tzinfo=dt.UTC)
    (found,) = concerns.silent_nodes(silent("a", "b", "c", "d", known=8), now=now)
    assert found.phrase == "!!4 of 8 Wi-Fi nodes!! are silent since 12:10"
    assert (found.concern.level, found.concern.page) == ("warning", "presence")
    assert "a, b and c and 1 more" in found.concern.evidence
    assert concerns.silent_nodes(silent(known=8), now=now) == []
    assert concerns.silent_nodes(silent("a", known=1), now=now) == [], "a site that is silent whole is its source's"


def test_concerns_are_those_of_the_site(lake: Lake) -> None:
    answers = tt.presence.answers("1d", looks_back=True, project=lake.project)
    assert isinstance(answers, Answers)
    assert concerns.concerns(answers) == []
