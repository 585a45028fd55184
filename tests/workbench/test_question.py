"""Every call asks through one question, and many calls may speak of one moment."""

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

import telltale as tt
from telltale.contract import ConfigError, Raw
from telltale.lake.purge import drop
from telltale.lake.settle import settle_all
from telltale.settings import load
from telltale.workbench.question import Question, ask, period
from telltale.workbench.times import DAY, Span, local_time, micros
from telltale.workbench.view import FilesGone, View, answered, whole

NOW = micros(dt.datetime(2026, 11, 20, 14, 30, tzinfo=ZoneInfo("Europe/Berlin")))
BODY = b'{"probe_requests":[],"network_id":7,"node_mac":"ac:86:74:00:00:01","version":2}'


@pytest.fixture
def project(tmp_path: Path) -> tt.Project:
    (tmp_path / "telltale.toml").write_text('[site]\ntimezone = "Europe/Berlin"\n[site.7]\ntimezone = "Asia/Tokyo"\n')
    return tt.Project(settings=load(tmp_path), now=lambda: NOW)


def _append(project: tt.Project, body: bytes = BODY, at_us: int = NOW - 1_000_000) -> None:
    landing = project.landing()
    landing.append(Raw(0, "cloudtrax", at_us, "", "{}", body))
    landing.close()


def _raws(view: View) -> int:
    return len(view.snapshot.hot)


def _starts(project: tt.Project, since: str, by: str, **how: object) -> list[tuple[str, str, bool]]:
    def answer(question: Question) -> list[tuple[str, str, bool]]:
        rows = question.periods(by).to_pylist()  # type: ignore[arg-type]
        return [(row["label"], f"{local_time(row['start_us'], question.zone):%d %H:%M}", row["so_far"]) for row in rows]

    return ask(answer, since, None, project=project, **how)  # type: ignore[arg-type]


def test_a_stretch_touches_whole_days_and_the_last_one_is_so_far(project: tt.Project) -> None:
    assert _starts(project, "26h", "day") == [("2026-11-19", "19 00:00", False), ("2026-11-20", "20 00:00", True)]
    assert _starts(project, "1d", "hour")[-1] == ("2026-11-20 14:00+01:00", "20 14:00", True)
    assert _starts(project, "5d", "week") == [("2026-W47", "16 00:00", True)]
    assert _starts(project, "26h", "stretch") == [("", "19 12:30", False)]


def test_days_begin_by_the_clock_of_the_site_asked_and_at_its_hour(project: tt.Project) -> None:
    assert _starts(project, "1d", "day", site="7") == [("2026-11-20", "20 00:00", True)]
    assert _starts(project, "1d", "day", day_starts_at=dt.time(4)) == [("2026-11-20", "20 04:00", True)]
    assert ask(lambda question: question.zone, "1d", None, site="7", project=project) == "Asia/Tokyo"


def test_a_table_of_rows_takes_those_that_begin_in_the_stretch_and_clips_none(project: tt.Project) -> None:
    begins = [NOW - 26 * 3_600_000_000, NOW - 3_600_000_000, NOW - 1, NOW]
    rows = pa.table({"start": pa.array(begins, pa.timestamp("us", "UTC"))})

    def answer(question: Question) -> list[int]:
        kept = question.begins_inside(question.engine.from_arrow(rows), "start").arrow()
        return [begins.index(at) for at in kept["start"].cast(pa.int64()).to_pylist()]

    assert ask(answer, "24h", None, project=project) == [1, 2], "what lies ahead is not in it"


@pytest.mark.parametrize(
    ("since", "until", "says"),
    [
        ("2026-11-21", None, "lies in the future|not before"),
        ("1d", "2026-11-10T00:00:00", None),
        ("2026-11-20", "2026-11-19", "not before until"),
    ],
)
def test_a_stretch_that_cannot_be_is_refused(
    project: tt.Project, since: str, until: str | None, says: str | None
) -> None:
    if says is None:
        assert ask(lambda question: question.span.until_us < NOW, since, until, project=project)
        return
    with pytest.raises(ConfigError, match=says):
        ask(lambda question: question.span, since, until, project=project)


def test_what_is_asked_at_one_moment_sees_one_state_and_one_present(project: tt.Project) -> None:
    _append(project)
    clock = iter(range(NOW, NOW + 100))
    project.clock = lambda: next(clock)
    with project.at_one_moment():
        first, at_us = answered(project, _raws), project.now_us()
        _append(project)
        assert (answered(project, _raws), project.now_us()) == (first, at_us) == (1, NOW)
        with project.at_one_moment():
            assert answered(project, _raws) == 1, "a block inside another is of its moment"
    assert answered(project, _raws) == 2
    assert project.now_us() > at_us


def test_a_held_moment_is_held_until_it_is_taken_again(project: tt.Project) -> None:
    tt.hold(project)
    _append(project)
    assert answered(project, _raws) == 0
    tt.hold(project)
    assert answered(project, _raws) == 1
    project.close()
    _append(project)
    assert answered(project, _raws) == 2


def _gone(project: tt.Project) -> None:
    _append(project)
    settle_all(project.lake, now_us=NOW)


def _read(project: tt.Project) -> int:
    """Read all files of the raw table; one that is gone raises as the engine would."""

    def read(view: View) -> int:
        return sum(project.lake.root.read(file.path).num_rows for file in view.snapshot.files)

    return answered(project, read)


def test_of_a_newer_moment_everything_is_asked_anew_when_a_file_has_gone(project: tt.Project) -> None:
    _gone(project)
    asked: list[int] = []

    def page() -> tuple[int, int]:
        first = _read(project)
        asked.append(first)
        if len(asked) == 1:  # a purge between two questions of the page
            files = project.lake.snapshot().files
            drop(project.lake, list(files), now_us=NOW, freeze=False)
            for file in files:
                project.lake.root.delete(file.path)
        return first, _read(project)

    assert whole(project, page) == (0, 0), "both answers are of the newer moment"
    assert len(asked) == 2


def test_who_holds_a_moment_is_told_that_its_files_have_gone(project: tt.Project) -> None:
    _gone(project)
    with project.at_one_moment() as view:
        drop(project.lake, view.snapshot.files, now_us=NOW, freeze=False)
        for file in view.snapshot.files:
            project.lake.root.delete(file.path)
        with pytest.raises(FilesGone, match="ask again, of a newer moment"):
            _read(project)


def test_an_answer_about_ended_days_is_kept_until_a_row_of_them_comes(project: tt.Project) -> None:
    made: list[int] = []
    day = Span(NOW - 2 * DAY, NOW - DAY)

    def asked() -> int:
        view = project.view()
        return view.kept("heartbeats", lambda: made.append(1) or len(made), tables=["node_heartbeat"], span=day)  # type: ignore[func-returns-value]

    assert [asked(), asked()] == [1, 1]
    _append(project)
    assert asked() == 1, "a record of today is none of that day"
    _append(project, at_us=NOW - DAY - 1)
    assert [asked(), asked()] == [2, 2]
    settle_all(project.lake, now_us=NOW)
    assert [asked(), asked()] == [3, 3], "the rows are in a file now, which may have been joined with others"
    drop(project.lake, list(project.lake.snapshot().of("node_heartbeat")), now_us=NOW, freeze=False)
    assert asked() == 4


def test_a_period_is_of_whole_days_and_of_the_only_site(project: tt.Project) -> None:
    assert period("2w", None, project=project).first == dt.date(2026, 11, 7)
    assert period("7d", project=project).site == ""
    _append(project)
    when = period("1d", project=project)
    assert (when.site, when.timezone) == ("7", "Asia/Tokyo")
    with pytest.raises(ConfigError, match=r"1.5d"):
        period("1.5d", None, project=project)
    with pytest.raises(ConfigError, match="expected a week 2026-W47"):
        period("26h", None, project=project)
