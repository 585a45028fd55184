"""A project of every source, with settled, merged, closed and hot rows, that engines are compared on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from telltale.operate import retention
from telltale.simulate.demo.place import place
from telltale.simulate.demo.run import fill, plan_of, scenario, truths
from telltale.simulate.play import backfill
from telltale.sources import source
from telltale.workbench.project import Project
from tests.lake_fixture import at

NOW_US = at("2026-11-21 15:00")
HOT_S = 1_800
"""The newest part, which nobody has settled."""


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two days of all simulated sources and eight weeks of buttons, until a Saturday at 15:00; half an hour is hot."""
    root = place(tmp_path_factory.mktemp("engines") / "demo", port=0)
    project = Project(root, now=lambda: NOW_US)
    plan = scenario(project.zone(), days=2, seed=5, now_us=NOW_US)
    settled = plan._replace(end_s=plan.end_s - HOT_S)
    fill(project, None, settled, truths(project, settled), tell=lambda *_: None)
    retention.purge(project, now_us=NOW_US)
    landing = project.landing()
    try:
        for name in ("cloudtrax", "sigfox", "efento"):
            newest = plan_of(name, plan)._replace(start_s=settled.end_s)
            for _ in backfill(source(name), newest, project.settings.source(name), landing):
                pass
    finally:
        landing.close()
    project.close()
    return root


@pytest.fixture(scope="module")
def project(filled: Path) -> Iterator[Project]:
    """The project, answered by DuckDB."""
    made = Project(filled, now=lambda: NOW_US)
    yield made
    made.close()
