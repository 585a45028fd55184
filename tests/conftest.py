"""Three levels of tests: TELLTALE_REQUIRE=all runs the slow ones too, =long these and the long ones; a skip then fails.

No test of Hypothesis has a deadline: how long an example takes is the machine's matter.
"""

import gc
import os
import signal
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from telltale.settings import HOME_VARIABLE
from telltale.workbench.project import Project
from tests.lake_fixture import lake  # noqa: F401 - the fixture of that name
from tests.object_store import object_store  # noqa: F401 - the fixture of that name
from tests.stores import postgresql, project_store, store_url  # noqa: F401 - the fixtures of these names

REQUIRED = os.environ.get("TELLTALE_REQUIRE", "")
LEFT_OUT = {"long": (), "all": ("long",)}.get(REQUIRED, ("slow", "long"))

LONGEST_FIRST = (
    *("engine/test_equal.py", "dashboard/test_browser.py", "worlds/test_worlds.py", "worlds/test_faults.py"),
    *("simulate/test_demo.py", "simulate/test_demo_rotate.py", "workers/test_redecode.py", "worlds/test_reports.py"),
    *("lake/test_faults.py", "test_base_install.py", "publish/alerts/test_kinds.py", "torture/test_torture.py"),
)
"""Files of minutes, each of one worker: started last they would keep one busy while the other has nothing to do."""

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # started behind a `&`; what tests start is ended by Ctrl-C
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("without a deadline", settings(deadline=None))
settings.load_profile("without a deadline")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("-m") or any("::" in argument for argument in config.args):
        return
    left_out = [item for item in items if any(map(item.get_closest_marker, LEFT_OUT))]
    config.hook.pytest_deselected(items=left_out)
    first = {Path(__file__).parent / name: place for place, name in enumerate(LONGEST_FIRST)}
    assert all(path.is_file() for path in first), "a file of LONGEST_FIRST was renamed"
    items[:] = sorted(
        (item for item in items if item not in left_out), key=lambda item: first.get(item.path, len(first))
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if REQUIRED in {"all", "long"} and report.skipped:
        report.outcome = "failed"
        report.longrepr = (
            f"{item.nodeid} was skipped, but TELLTALE_REQUIRE={REQUIRED} wants every test: {report.longrepr}"
        )
    return report


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the settings of the person who runs it."""
    for name in list(os.environ):
        if name == "PORT" or (name.startswith("TELLTALE_") and name != "TELLTALE_REQUIRE"):
            monkeypatch.delenv(name)
    # "--project" says it to all that follows; the patch puts back what was there before the test.
    monkeypatch.setenv(HOME_VARIABLE, "")
    monkeypatch.delenv(HOME_VARIABLE)


@pytest.fixture(autouse=True, scope="module")
def _no_project_stays_open() -> Iterator[None]:
    """Projects left open hold address space: after some hundred of them a worker is too large to start a program."""
    yield
    for project in [each for each in gc.get_objects() if type(each) is Project]:
        project.close()
