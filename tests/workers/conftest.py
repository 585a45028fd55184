"""One project to decode again for all tests of a run."""

import pytest

from tests.workers.filled import Filled


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    """What decoding here makes is made once."""
    return Filled(tmp_path_factory.mktemp("again"))
