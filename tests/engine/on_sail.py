"""Sail, with the client of Spark 4.2, gives the answers of DuckDB to every call; `make test-sail` runs it.

It is an environment of its own (`requirements-sail.lock`): the client is the package `pyspark` too.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from telltale.engine.session import SparkLost
from telltale.engine.spark import SparkEngine
from telltale.workbench.project import Project
from tests.engine.calls import calls, plain
from tests.engine.deaf import way_to
from tests.engine.servers import on_spark, sail_server

CALLS = calls()
pytestmark = pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas")


@pytest.fixture(scope="module")
def master() -> Iterator[str]:
    """A server of Sail."""
    with sail_server() as running:
        yield running


@pytest.fixture(scope="module")
def sail(master: str, project: Project) -> Iterator[Project]:
    """The project on a server of Sail."""
    yield from on_spark(project, master)


@pytest.mark.parametrize("name", CALLS)
def test_each_call_is_answered_alike(name: str, project: Project, sail: Project) -> None:
    expected = plain(CALLS[name](project))
    assert expected not in ({}, [], "")
    assert plain(CALLS[name](sail)) == expected


def test_a_server_too_busy_to_answer_is_waited_for_and_one_that_is_gone_is_not(master: str) -> None:
    at = urlsplit(master)
    assert at.hostname
    assert at.port
    with way_to((at.hostname, at.port)) as way, ThreadPoolExecutor(1) as pool:
        engine = SparkEngine(f"sc://127.0.0.1:{way.port}")
        way.fall_deaf()
        asked = pool.submit(lambda: engine.run("select 1 as one", {}).arrow().to_pylist())
        while way.refused < 5:  # the client waits longer each time: some eight seconds
            assert not asked.done(), asked.result()
            time.sleep(0.1)
        way.is_deaf = False
        assert asked.result(timeout=60) == [{"one": 1}]
        way.close()
        began = time.monotonic()
        with pytest.raises(SparkLost, match="nothing answers there"):
            engine.run("select 2 as two", {}).arrow()
        assert time.monotonic() - began < 30, "a minute is for one that listens"
