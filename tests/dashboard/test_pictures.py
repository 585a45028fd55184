"""`make pictures` draws whole pages, the same each time."""

import re
import struct
from pathlib import Path

import pytest

from telltale.dashboard.pages import PAGES
from tests import pictures
from tests.lake_fixture import Lake

ROOT = Path(__file__).parents[2]


def size(picture: Path) -> tuple[int, int]:
    """Width and height of a PNG."""
    width, height = struct.unpack(">II", picture.read_bytes()[16:24])
    return int(width), int(height)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_a_picture_is_a_whole_page_and_the_same_each_time(lake: Lake, tmp_path: Path) -> None:
    drawn = []
    for turn in ("one", "two"):
        (tmp_path / turn).mkdir()
        [picture] = pictures.draw(lake.project, ["presence"], tmp_path / turn)
        drawn.append(picture.read_bytes())
        width, height = size(picture)
        assert width == pictures.WIDTH
        assert height > 1000, "tiles and two rows of charts"
    assert drawn[0] == drawn[1]


def test_what_is_drawn_is_what_the_readme_shows() -> None:
    assert set(pictures.SHOWN) <= set(PAGES)
    shown = re.findall(r"dashboards/img/([a-z]+)\.png", (ROOT / "README.md").read_text())
    assert shown
    assert set(shown) <= set(pictures.SHOWN)
    assert {picture.stem for picture in pictures.IMG.glob("*.png")} == set(pictures.SHOWN)
