"""What `--opt-out` says of itself: sightings are dropped from then on, raw records hold it for their time."""

import datetime as dt
from contextlib import closing
from pathlib import Path

from telltale.lake.settle import settle_all
from telltale.operate import retention
from telltale.workbench import Project
from telltale.workbench.times import DAY
from tests.forget.kept import NODE, NOW, OTHER_PHONE, PHONE, forms_of, searched
from tests.forget.small import forgotten, small_in
from tests.lake_fixture import set_clock
from tests.worlds.building import hand_in
from tests.worlds.sent import MINUTE, Heard, Report


def _sightings(project: Project) -> int:
    return sum(file.rows for file in project.lake.snapshot().of("sighting"))


def test_it_is_so(tmp_path: Path) -> None:
    with closing(small_in(tmp_path, site="")) as project:
        forgotten(project, PHONE, opt_out=True)
        before, later = _sightings(project), NOW + dt.timedelta(hours=1)
        set_clock(project, round(later.timestamp() * 1e6))
        hand_in(
            project, [Report(later, NODE, tuple(Heard(each, later - MINUTE, later) for each in (PHONE, OTHER_PHONE)))]
        )
        settle_all(project.lake, now_us=project.now_us())
        assert _sightings(project) == before + 1
        held = searched(project.settings.root, forms_of(PHONE))
        assert held
        assert all("lake/raw/source=cloudtrax" in path or "landing/telltale.db" in path for path in held), held
        for _ in range(2):  # the first takes the file off the list, the second removes it
            set_clock(project, project.now_us() + 2 * DAY)
            retention.purge(project, now_us=project.now_us())
        assert searched(project.settings.root, forms_of(PHONE)) == {}
