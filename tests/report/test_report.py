"""From a notebook to one file: what it holds, what it leaves out, what happens when a cell fails."""

import gzip
import json
import re
import threading
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from telltale import report
from telltale.contract import ConfigError
from telltale.page import pieces as show
from telltale.report import index, naming, page
from telltale.workbench.project import Project
from tests.report import report_page
from tests.served import said_by_us, telltale

HTML = report_page.html()


def test_the_file_needs_nothing_from_anywhere() -> None:
    assert "default-src 'none'" in HTML
    own = re.sub(r'<script id="(plotly|figures|recipe)".*?</script>', "", HTML, flags=re.DOTALL)
    assert not re.findall(r'(?:src|href)="(?!data:|#)[^"]*"', own)
    assert "url(" not in own


def test_plotly_is_packed_once_and_whole() -> None:
    (packed,) = re.findall(r'<script id="plotly" type="application/gzip">(.*?)</script>', HTML, flags=re.DOTALL)
    assert "plotly.js v" in gzip.decompress(b64decode(packed)).decode()[:200]


def test_a_page_without_charts_carries_no_plotly() -> None:
    html = page.render(report_page.notebook(show.Sentence("**All** well")), facts={})
    assert 'id="plotly"' not in html
    assert len(html) < 60_000


def test_code_notebook_prose_and_the_question_stay_out() -> None:
    for absent in ("secret_code", "For the notebook", "How many come in?"):
        assert absent not in HTML
    assert "<title>Presence and dwell · 9 to 15 November 2026</title>" in HTML


def test_headings_are_in_order_and_plots_have_names() -> None:
    body = HTML.split("</style>")[1]
    assert re.findall(r"<(h\d)", body) == ["h1"] + ["h2"] * 5
    assert 'role="img" aria-label="Wednesday was the busiest day. By day"' in body
    assert body.count("<summary>Show the numbers</summary>") == 4


def test_the_footer_joins_what_the_run_and_the_notebook_know() -> None:
    foot = HTML.split('<footer class="foot">')[1]
    assert re.findall(r"<dt>(.*?)</dt>", foot) == ["Period", "Made", "Data until"]


def test_data_cannot_break_out_of_its_script() -> None:
    card = show.Card("</script><script>alert(1)</script>", show.Table(("</script>",), [["<b>x</b>"]]))
    html = page.render(report_page.notebook(card), facts={"Site": "<i>71234</i>"})
    assert "<script>alert" not in html
    assert "<b>x</b>" not in html
    assert "<i>" not in html.split('<footer class="foot">')[1].split("</footer>")[0]


@pytest.mark.parametrize(
    ("output", "shown"),
    [
        ({"output_type": "stream", "name": "stdout", "text": "a < b"}, "<pre>a &lt; b</pre>"),
        ({"output_type": "stream", "name": "stderr", "text": "FutureWarning"}, None),
        ({"output_type": "execute_result", "metadata": {}, "data": {"text/html": "<hr>"}}, "<hr>"),
        ({"output_type": "display_data", "metadata": {}, "data": {"text/plain": "<x>"}}, "<pre>&lt;x&gt;</pre>"),
        ({"output_type": "display_data", "metadata": {}, "data": {"image/png": "iVBO"}}, "base64,iVBO"),
        ({"output_type": "display_data", "metadata": {show.LAB_ONLY: 1}, "data": {"text/html": "twice"}}, None),
    ],
)  # fmt: skip
def test_what_other_libraries_show_is_shown_and_warnings_are_not(output: dict[str, Any], shown: str | None) -> None:
    notebook = {"cells": [{"cell_type": "code", "metadata": {}, "source": "", "outputs": [output]}], "metadata": {}}
    body = page.read(notebook).body
    assert [shown in part for part in body if shown] == ([True] if shown else [])
    assert bool(body) == bool(shown)


def test_prose_of_a_notebook_of_ones_own_is_kept() -> None:
    cells = [_cell("markdown", text, []) for text in ("# Mine", "It was a *good* week.")]
    told = page.read({"cells": cells, "metadata": {}})
    assert told.title == "Mine"
    assert "<em>good</em>" in told.body[0]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "telltale.toml").write_text('[site]\ntimezone = "Europe/Berlin"\n')
    _write_notebook(tmp_path)
    return Project(tmp_path, now=lambda: 1_795_181_520_000_000)  # 2026-11-20 14:32 in Berlin


def _write_notebook(root: Path, failing: str = "") -> None:
    sources = [
        ("markdown", "# My week\n\nHow was it?", []),
        ("code", 'period: str = "7d"  # which days\nlimit: int = 3  # how many\nname = "x"', ["parameters"]),
        ("code", 'import telltale as tt\ntt.page.Sentence(f"**{period}** with {limit + 1}")', []),
        ("code", failing or "tt.page.Footer({'Data until': 'now'})", []),
    ]
    cells = [_cell(kind, text, tags) for kind, text, tags in sources]
    (root / "notebooks").mkdir(exist_ok=True)
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (root / "notebooks" / "my_week.ipynb").write_text(json.dumps(notebook))


def _cell(kind: str, text: str, tags: list[str]) -> dict[str, Any]:
    cell = {"cell_type": kind, "id": f"c{len(text)}", "metadata": {"tags": tags}, "source": text}
    return cell | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def test_a_run_keeps_notebook_page_and_index_and_a_failed_one_keeps_them(project: Project) -> None:
    told: list[str] = []
    done = report.run("my_week", "2026-W46", {"limit": "41"}, project, progress=told.append, with_pdf=False)
    folder = project.settings.report_folder / "my_week"
    name = "2026-W46-limit-41"
    shown = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    assert shown == [*(f"{name}{end}" for end in (".html", ".ipynb", ".json", ".recipe.json")), "latest-limit-41.html"]
    text = done.html.read_text()
    assert "<b>2026-W46</b> with 42" in text
    assert re.findall(r"<dt>(.*?)</dt>", text) == ["Period", "Clock", "Parameters", "Made", "Data until"]
    assert told[:2] == ["my_week: cell 1 of 4", "my_week: cell 2 of 4"]  # papermill adds the injected one
    listed = (project.settings.report_folder / "index.html").read_text()
    assert f'href="my_week/{name}.html"' in listed
    assert " · limit = 41</p>" in listed
    usual = report.run("my_week", "2026-W46", {"limit": "3", "name": "x"}, project, with_pdf=False)
    assert usual.html.name == "2026-W46.html"  # what the notebook says anyway is no other report
    assert "<b>2026-W46</b> with 42" in done.html.read_text()

    _write_notebook(project.settings.root, failing="1 / 0")
    with pytest.raises(report.ReportError, match=r"my_week.ipynb failed at cell \d+: ZeroDivisionError") as raised:
        report.run("my_week", "2026-W46", {"limit": 41}, project, with_pdf=False)
    failed = folder / f"{name}.failed.ipynb"
    assert str(failed) in str(raised.value)
    outputs = [cell.get("outputs", []) for cell in json.loads(failed.read_text())["cells"]]
    assert show.MIME in json.dumps(outputs)  # the cells before the failing one are kept
    assert done.html.read_text() == text


GONE = """
from pathlib import Path
from telltale.workbench.view import FilesGone
tried = Path("tried.txt")
tried.write_text((tried.read_text() if tried.exists() else "") + "x")
if len(tried.read_text()) < {runs}:
    raise FilesGone("purged")
"""


@pytest.mark.parametrize(("runs", "is_made"), [(1, True), (2, True), (3, False)])
def test_a_report_whose_files_a_purge_removed_is_made_anew_once(project: Project, runs: int, is_made: bool) -> None:
    root = project.settings.root
    _write_notebook(root, failing=GONE.format(runs=runs))
    if is_made:
        report.run("my_week", "2026-W46", {}, project, with_pdf=False)
    else:
        with pytest.raises(report.ReportError, match="FilesGone: purged"):
            report.run("my_week", "2026-W46", {}, project, with_pdf=False)
    assert len((root / "tried.txt").read_text()) == min(runs, 2)


STATION = "02:7e:11:a0:00:01"


@pytest.mark.parametrize(
    ("values", "part", "words"),
    [
        ({}, "", ""),
        ({"site": "71234", "period": "7d", "rule": "input"}, "", ""),
        ({"device": "pc:desk-3"}, "device-pc-desk-3", "device = pc:desk-3"),
        ({"quantity": "temperature", "device": "Cold room"}, "device-cold-room-quantity-temperature",
         "device = Cold room, quantity = temperature"),
        ({"away_after_s": 1.5}, "away-after-s-1.5", "away_after_s = 1.5"),
        ({"device": "efento:282c024156af"}, "device-efento-282c024156af", "device = efento:282c024156af"),
        ({"device": STATION.upper()}, "device-gloves", "device = Gloves"),
        ({"device": "02-7E-11-A0-00-02"}, "device-address", "device = address"),
        ({"rule": ""}, "rule-none", "rule = none"),
    ],
)  # fmt: skip
def test_parameters_are_part_of_the_name_and_addresses_are_not(values: dict[str, Any], part: str, words: str) -> None:
    told = naming.asked(values, {"rule": "input", "device": ""}, {STATION: "Gloves"})
    assert (naming.file_part(told), naming.words(told)) == (part, words)


def test_values_that_look_alike_in_a_name_stay_apart_and_harmless() -> None:
    values = ["5", "-5", "<5", "../../etc/passwd", "x" * 24, "x" * 25, "x" * 26, "冷蔵庫", "a\x00b", "a?b"]
    parts = [naming.file_part({"device": value}) for value in values]
    assert len(set(parts)) == len(values)
    assert all(re.fullmatch(r"device-[\w.-]*\w", part) and len(part) < 48 for part in parts)
    assert len(naming.file_part({f"name{n}": "value" for n in range(20)})) == naming.LONGEST


@pytest.mark.parametrize(
    ("name", "parameters", "complaint"),
    [
        ("my_weak", {}, 'no report "my_weak"; known: .*my_week.*; did you mean "my_week"?'),
        ("my_week", {"limits": "3"}, 'has no parameter "limits"; it has limit, name, period; did you mean "limit"?'),
        ("my_week", {"limit": "three"}, 'limit = "three": expected int, such as 3'),
    ],
)
def test_what_the_notebook_does_not_know_is_refused(
    project: Project, name: str, parameters: dict[str, str], complaint: str
) -> None:
    with pytest.raises(ConfigError, match=complaint.replace("?", r"\?")):
        report.run(name, "2026-W46", parameters, project)
    assert not project.settings.report_folder.exists()


REPORTS = [
    *("activity_time", "data_health", "ingest_button", "ingest_cloudtrax", "ingest_efento", "ingest_pc_idle"),
    *("ingest_sigfox", "kanban_trends", "my_week", "presence_dwell", "sensor_report", "work_hours"),
]


def test_notebooks_that_take_a_period_are_the_reports(project: Project) -> None:
    assert list(report.notebooks(project)) == REPORTS


def test_the_index_lists_the_newest_first_and_leaves_out_what_is_gone(tmp_path: Path) -> None:
    for name, made in (("a", "2026-11-09T06:00:00+01:00"), ("b", "2026-11-16T06:00:00+01:00"), ("gone", "2026-11-20")):
        folder = tmp_path / name
        folder.mkdir()
        entry = index.Entry(name, "**Week**", f"**{name}** said", "now", made, pdf=name == "b")
        (folder / "w.json").write_text(json.dumps(entry._asdict()))
        if name != "gone":
            (folder / "w.html").write_text("")
    html = index.write(tmp_path).read_text()
    assert re.findall(r'href="([^"#]*w\.\w+)"', html) == ["b/w.html", "b/w.pdf", "a/w.html"]
    assert "2\xa0reports, newest first" in html


def test_of_two_reports_that_appear_at_once_the_index_lists_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One was listing them when the other appeared, and wrote last."""

    def appear(name: str) -> None:
        (tmp_path / name).mkdir()
        entry = index.Entry(name, "**Week**", "said", "now", "2026-11-09T06:00:00+01:00", pdf=False)
        (tmp_path / name / "w.json").write_text(json.dumps(entry._asdict()))
        (tmp_path / name / "w.html").write_text("")

    listed, is_written = threading.Event(), threading.Event()
    entries = index.entries

    def slow(reports: Path) -> list[tuple[Path, index.Entry]]:
        found = entries(reports)
        if not listed.is_set():
            listed.set()
            is_written.wait(1)  # in vain, where the other has to wait for this one
        return found

    monkeypatch.setattr(index, "entries", slow)
    appear("a")
    first = threading.Thread(target=index.write, args=(tmp_path,))
    first.start()
    assert listed.wait(30)
    appear("b")
    index.write(tmp_path)
    is_written.set()
    first.join(30)
    html = (tmp_path / "index.html").read_text()
    assert sorted(re.findall(r'href="([^"#]*w\.\w+)"', html)) == ["a/w.html", "b/w.html"]


def test_the_command_lists_runs_and_says_what_is_wrong(project: Project) -> None:
    root = project.settings.root
    listed = json.loads(telltale(root, "report", "--list", "--json").stdout)
    assert [one["report"] for one in listed] == REPORTS

    done = telltale(root, "report", "my_week", "--period", "2025-W46", "-p", "limit=41", "--no-pdf")
    assert done.stdout == f"{root / 'data/reports/my_week/2025-W46-limit-41.html'}\n"
    assert said_by_us(done.stderr) == ""

    failed = telltale(root, "report", "my_week", "-p", "limit")
    assert failed.returncode == 1
    assert '-p "limit": expected NAME=VALUE' in failed.stderr
