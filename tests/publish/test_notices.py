"""What a summary and a failure say, and what goes with them."""

from collections.abc import Sequence
from typing import Any

import pytest

from telltale.publish.changes import Moved
from telltale.publish.notices import LISTED, MOST_ATTACHED, News, failed, summaries
from telltale.publish.readers import Readers

MOVED = [Moved("Fridge", "outside_s", 720, 2820, "s")]


def _readers(report: str, *to: str, attach: bool = True) -> Readers:
    return Readers(report, "", to, "sensor_report", "day", {}, 0, attach, even_empty=False, pdf=False)


def _place(page: str, attach: bool) -> tuple[Sequence[str], str]:
    return ((page,), "attached") if attach else ((), f"at {page}")


def _news(report: str, run: int, *to: str, **more: Any) -> News:
    day = f"2026-11-{run:02}"
    return News(_readers(report, *to), run, day, 1, "**All** well", (f"{report}/{day}.html",))._replace(**more)


def test_a_summary_lists_each_period_and_attaches_the_newest_of_each_report() -> None:
    news = [_news("cold", 1, "a"), _news("cold", 2, "a", revision=2, changes=MOVED), _news("hot", 3, "a", "b")]
    to_a, to_b = summaries(news, _place, left_out=2)
    assert (to_a.recipient, to_a.subject) == ("a", "3 reports made: 2026-11-01 to 2026-11-03")
    assert (
        "Cold\n  2026-11-01: All well\n  2026-11-02: All well (late data: Fridge, outside: 12 min → 47 min)"
        in to_a.body
    )
    assert "2 older periods were left out" in to_a.body
    assert to_a.files == ("cold/2026-11-02.html", "hot/2026-11-03.html")
    assert (to_b.subject, to_b.files) == ("1 report made", ("hot/2026-11-03.html",))
    assert "Cold" not in to_b.body
    assert "<" not in to_a.body
    assert "**" not in to_a.html


def test_of_many_reports_none_is_attached_and_of_many_periods_the_newest_are_listed() -> None:
    (summary,) = summaries([_news(f"r{number}", number, "a") for number in range(1, MOST_ATTACHED + 2)], _place)
    assert summary.files == ()
    assert "at r1/2026-11-01.html" in summary.body
    (summary,) = summaries([_news("cold", number, "a") for number in range(1, LISTED + 4)], _place)
    assert "3 earlier periods, all in the list of reports\n  2026-11-04" in summary.body


def test_who_may_not_have_it_is_not_told() -> None:
    news = _news("hours", 1, "a", "b", withheld=("a",))
    assert [message.recipient for message in summaries([news], _place)] == ["b"]
    assert [message.recipient for message in failed(news._replace(failed="cell 7"))] == ["b"]


@pytest.mark.parametrize(("attach", "files"), [(True, ("x.shared.ipynb",)), (False, ())])
def test_a_failure_brings_its_notebook_only_where_files_go(attach: bool, files: tuple[str, ...]) -> None:
    of = _readers("cold", "a", attach=attach)
    (message,) = failed(News(of, 1, "2026-11-01", 0, files=("x.shared.ipynb",), failed="failed at cell 7: KeyError"))
    assert message.files == files
    assert ("attached" in message.body) == attach
    assert message.key == "report cold 2026-11-01 failed 0 a"
    (again,) = failed(News(of, 1, "2026-11-01", 2, failed="failed at cell 7: KeyError"))
    assert "could not be made again, though late data came; what was published stands" in again.body


def test_a_summary_has_one_key_for_the_same_periods() -> None:
    news = [_news("cold", 1, "a"), _news("cold", 2, "a")]
    (first,), (second,), (other,) = (summaries(each, _place) for each in (news, news, news[:1]))
    assert first.key == second.key != other.key
