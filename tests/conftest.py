"""Slow tests run when TELLTALE_REQUIRE=all, and a skip is then a failure."""

import os
from collections.abc import Generator

import pytest

from tests.lake_fixture import lake  # noqa: F401 - the fixture of that name

REQUIRE_ALL = os.environ.get("TELLTALE_REQUIRE") == "all"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if REQUIRE_ALL or config.getoption("-m"):
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    named = {argument.split("::")[0] for argument in config.args if "::" in argument}
    slow = [item for item in slow if not named]
    config.hook.pytest_deselected(items=slow)
    items[:] = [item for item in items if item not in slow]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if REQUIRE_ALL and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, but TELLTALE_REQUIRE=all wants every test: {report.longrepr}"
    return report


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the settings of the person who runs it."""
    for name in list(os.environ):
        if name.startswith("TELLTALE_") and name != "TELLTALE_REQUIRE":
            monkeypatch.delenv(name)
