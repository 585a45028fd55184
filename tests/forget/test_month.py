"""A month of all simulated sources: nothing is found of who is forgotten, and nothing of whose time is over."""

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from telltale.csv_text import written
from telltale.forget import forget, subject_of
from telltale.operate import retention, spools
from telltale.simulate.demo.place import place
from telltale.simulate.demo.run import fill, scenario, truths
from telltale.workbench import Project
from telltale.workbench.times import DAY
from tests.forget.kept import forms_of, forms_of_pseudonym, searched
from tests.lake_fixture import at, set_clock

NOW_US = at("2026-11-20 14:00")
LISTED_PHONE = "02:7e:11:a0:00:20"
"""Of a person who is on the list of the frames' collector, with the role `presence`."""
PERSON, PC = "Quentin Quist", "pc:desk-1"
pytestmark = [pytest.mark.long, pytest.mark.timeout(3_000)]


@pytest.fixture
def month(tmp_path: Path) -> Iterator[tuple[Project, str]]:
    """Thirty days, nothing kept for longer than the defaults say; and the visitor who was there most often."""
    root = place(tmp_path / "demo", port=0)
    settings = root / "telltale.toml"
    told = settings.read_text().replace("keep = true\n", "").replace("[kanban]\n", "[kanban]\npresence = true\n")
    settings.write_text(told)
    project = Project(root, now=lambda: NOW_US)
    plan = scenario(project.settings.site.timezone, days=30, seed=7, now_us=NOW_US)
    known = truths(project, plan)
    fill(project, None, plan, known, tell=lambda *_: None)
    _give_to_a_person(root / "devices.csv")
    retention.close_days(project, now_us=NOW_US)
    often = Counter(stay["address"] for stay in known["cloudtrax"]["stays"] if stay["role"] == "visitor")
    yield project, often.most_common(1)[0][0]
    project.close()


def _give_to_a_person(devices: Path) -> None:
    rows = list(csv.DictReader(devices.read_text().splitlines()))
    (own,) = [row for row in rows if row["device_id"] == PC]
    own["person"] = PERSON
    devices.write_text(written(tuple(rows[0]), rows))


def _of_address(project: Project, address: str) -> list[bytes]:
    aliases = {each for site in project.keys.sites() for each in project.pseudonymizer.candidates(address, site)}
    return [*forms_of(address), *(form for each in aliases for form in forms_of_pseudonym(each))]


def test_forget_leaves_nothing_of_a_device_or_a_person(month: tuple[Project, str]) -> None:
    project, visitor = month
    wanted = {
        visitor: (_of_address(project, visitor), ("lake/raw", "lake/sighting")),
        LISTED_PHONE: (_of_address(project, LISTED_PHONE), ("buttons.csv", "lake/raw", "lake/frame", "captures/")),
        PERSON: ([b"quentinquist", b"pcdesk1"], ("devices.csv", "lake/raw", "lake/activity")),
    }
    for subject, (forms, places) in wanted.items():
        before = searched(project.settings.root, forms)
        for known_place in places:
            assert any(known_place in path for path in before), (subject, known_place, sorted(before))
    for subject, (forms, _) in wanted.items():
        forget(project, subject_of(project, subject), now_us=project.now_us())
        assert searched(project.settings.root, forms) == {}, subject


def test_purge_leaves_nothing_of_whose_time_is_over(month: tuple[Project, str]) -> None:
    project, visitor = month
    data = project.settings.data
    keys = [each.key for site in project.keys.sites() for each in project.keys.existing(site)]
    wanted = [*_of_address(project, visitor), *keys]
    before = searched(data, wanted)
    for known_place in ("lake/raw", "lake/sighting", "lake/visit", "keys/"):
        assert any(known_place in path for path in before), (known_place, sorted(before))
    for days in (2, 6, 45):
        set_clock(project, NOW_US + days * DAY)
        spools.expire(project)
        retention.purge(project, now_us=project.now_us())
    assert searched(data, wanted) == {}
