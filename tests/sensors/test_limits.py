"""Limits that judge nothing are told by doctor, with what to write."""

from pathlib import Path

import pytest

from telltale.contract import Raw
from telltale.operate.doctor import examine
from telltale.settings import load
from telltale.workbench.project import Project
from tests.served import make_project

NOW_US = 1_795_160_000_000_000
OPTIONS = """
[webhooks]
port = 0
[sources.sigfox]
payload = "humidity::uint:8 co2::uint:8"
"""


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A device that measured humidity and CO2."""
    root = make_project(tmp_path_factory.mktemp("limits"), OPTIONS)
    project = Project(settings=load(root), now=lambda: NOW_US)
    body = b'{"device":"2D24E7","time":"1795159000","data":"2a2b","seqNumber":"1"}'
    landing = project.landing()
    landing.append(Raw(0, "sigfox", NOW_US - 10**9, "", "{}", body))
    landing.close()
    project.close()
    return root


@pytest.mark.parametrize(
    ("listed", "told"),
    [
        (
            "device_id,name,low\nsigfox:2d24e7,Lab,2\n",
            [("Lab measures co2, humidity: low and high do not say which is meant", "low:co2 and high:co2")],
        ),
        (
            "device_id,low:humidty\nsigfox:2d24e7,2\n",
            [("sigfox:2d24e7 has limits for humidty, which it never measured", "it measured co2, humidity")],
        ),
        (
            "device_id,low:2:co2\nsigfox:2d24e7,2\n",
            [("has limits for co2 of channel 2, and has no channels", "name the columns low:co2 and high:co2")],
        ),
        ("device_id,low:co2\nsigfox:2d24e7,2\n", []),
        ("device_id,low\nsigfox:abc,2\n", []),
        ("device_id,name\nsigfox:2d24e7,Lab\n", []),
        ("device_id,low\na,warm\n", []),
    ],
)
def test_limits_that_hold_for_nothing_are_a_note(heard: Path, listed: str, told: list[tuple[str, str]]) -> None:
    (heard / "devices.csv").write_text(listed)
    found = [one for one in examine(Project(settings=load(heard), now=lambda: NOW_US)) if one.check == "limits"]
    assert len(found) == len(told)
    for one, (text, fix) in zip(found, told, strict=True):
        assert (one.state, text in one.found, fix in one.fix) == ("note", True, True), one
