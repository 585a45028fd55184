"""A cluster gives the answers of DuckDB: workers in processes of their own, as Spark starts them for trying, and a
standalone one of a master and a worker on loopback."""

from collections.abc import Iterator

import pytest

from telltale.engine import session
from telltale.workbench.project import Project
from tests.engine.calls import plain
from tests.engine.servers import on_spark, standalone
from tests.engine.test_equal import CALLS, CHOSEN

LOCAL_CLUSTER = "local-cluster[2,1,1024]"
pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(1_200),
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # py4j leaves sockets to the collector
]


@pytest.fixture(scope="module", params=[LOCAL_CLUSTER, "standalone"])
def cluster(request: pytest.FixtureRequest, project: Project) -> Iterator[Project]:
    """The project on a cluster."""
    if request.param == LOCAL_CLUSTER:
        yield from on_spark(project, LOCAL_CLUSTER)
        session.stop(LOCAL_CLUSTER)
        return
    with standalone() as master:
        yield from on_spark(project, master)
        session.stop(master)


@pytest.mark.parametrize("name", CHOSEN)
def test_a_cluster_answers_alike(name: str, project: Project, cluster: Project) -> None:
    assert plain(CALLS[name](cluster)) == plain(CALLS[name](project))
