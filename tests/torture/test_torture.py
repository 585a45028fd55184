"""The short form of `make torture`, and that the whole of it would see a loss."""

import shutil
from pathlib import Path

import pytest

from tests.landing.test_store_health import MOUNTS
from tests.torture.__main__ import FAULTS
from tests.torture.row import Fault, Row, table


@pytest.mark.slow
@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.is_short], ids=lambda fault: fault.name)
def test_nothing_is_lost_or_doubled(tmp_path: Path, fault: Fault) -> None:
    if fault.name == "power" and shutil.which("strace") is None:
        pytest.skip("strace is not installed (Debian: strace)")
    if fault.name == "disk" and not MOUNTS:
        pytest.skip("needs the right to mount a small disk")
    rows = list(fault.run(tmp_path / fault.name, 1))
    assert rows
    assert all(row.is_good for row in rows), table(rows)


def test_a_loss_is_no_good_and_a_control_has_to_lose() -> None:
    row = Row("x", 1, 10, 0, 0, 0.1, 50.0)
    assert row.is_good
    assert not row._replace(lost=1).is_good
    assert not row._replace(doubled=1).is_good
    assert not row._replace(acknowledged=0).is_good
    assert row._replace(lost=1, is_control=True).is_good
    assert not row._replace(is_control=True).is_good
    assert "10" in table([row])
