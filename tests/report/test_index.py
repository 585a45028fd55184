"""The index of reports: the newest page by its other name and a version before are of the report they belong to."""

import json
import os
from pathlib import Path

import pytest

from telltale.report import index


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """A report made twice, and one of a person with the newest under another name too."""
    for name, told_of in (("sensor_report/2026-W46", []), ("sensor_report/2026-W47", []), ("hours/W47-anna", ["Anna"])):
        base = tmp_path / name
        base.parent.mkdir(exist_ok=True)
        entry = index.Entry(name, "2026-W47", "Well.", "", f"2026-11-2{len(name)}T08:00", pdf=False, told_of=told_of)
        base.with_suffix(".json").write_text(json.dumps(entry._asdict()))
        base.with_suffix(".html").write_text(f"<p>{name}</p>")
    (tmp_path / "sensor_report/2026-W47.before.html").write_text("<p>before</p>")
    os.link(tmp_path / "sensor_report/2026-W47.html", tmp_path / "sensor_report/latest.html")
    # A file system without links has a copy.
    (tmp_path / "hours/latest-anna.html").write_bytes((tmp_path / "hours/W47-anna.html").read_bytes())
    return tmp_path


def test_another_name_is_for_those_whose_the_report_is(reports: Path) -> None:
    told_of = {
        path: found and found.told_of
        for path in ("sensor_report/latest.html", "sensor_report/2026-W47.before.html", "hours/latest-anna.html")
        for found in [index.entry(reports, path)]
    }
    assert told_of == {
        "sensor_report/latest.html": [],
        "sensor_report/2026-W47.before.html": [],
        "hours/latest-anna.html": ["Anna"],
    }


@pytest.mark.parametrize(
    "path", ["sensor_report/2026-W46.before.html", "sensor_report/latest-mine.html", "sensor_report/latest.pdf"]
)
def test_what_is_not_there_is_none(reports: Path, path: str) -> None:
    assert index.entry(reports, path) is None


def test_a_newest_page_of_no_report_is_nobodys(reports: Path) -> None:
    (reports / "sensor_report/latest-mine.html").write_text("<p>whose is it?</p>")
    assert index.entry(reports, "sensor_report/latest-mine.html") is None


def test_the_index_leads_there(reports: Path) -> None:
    html = index.html(index.entries(reports), reports)
    rows = {row.split('href="')[1].split('"')[0]: row for row in html.split("<li>")[1:]}
    newest = 'href="sensor_report/latest.html">this address is always the newest</a>'
    before = 'href="sensor_report/2026-W47.before.html">the version before</a>'
    assert (newest in rows["sensor_report/2026-W47.html"], before in rows["sensor_report/2026-W47.html"]) == (
        True,
        True,
    )
    assert (newest in rows["sensor_report/2026-W46.html"], "before" in rows["sensor_report/2026-W46.html"]) == (
        False,
        False,
    )
    assert 'href="hours/latest-anna.html"' in rows["hours/W47-anna.html"]
