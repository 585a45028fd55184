"""Reports as they leave: every byte unpacked, the JSON and the tables of the HTML parsed, their CSV and the index.

One project with seven visitors a day and once three, and a team of seven of whom six worked: all addresses, names and
pseudonyms are known, so each is searched for in what leaves.
"""

import base64
import gzip
import json
import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from telltale import report
from telltale.report import index
from telltale.workbench import Project, load
from tests.worlds.building import built
from tests.worlds.projects import few_visitors, team_of_seven
from tests.worlds.world import World

pytestmark = pytest.mark.slow
WEEK, DAY = "2026-11-14/2026-11-20", "2026-11-18"
K = 5
REPORTS = [
    ("presence_dwell", WEEK),
    ("presence_dwell", DAY),
    ("ingest_cloudtrax", WEEK),
    ("activity_time", WEEK),
    ("ingest_pc_idle", WEEK),
    ("data_health", WEEK),
]
WORLD: World = replace(
    team_of_seven.WORLD, sent=[*few_visitors.SENT, *few_visitors.WORLD.sent, *team_of_seven.WORLD.sent], never={}
)
PERSONS = (*team_of_seven.NAMES, *(f"Desk {n}" for n in range(7)), *(f"desk-{n}" for n in range(7)))
STATIONS = [f"0200000000{day:02x}{visitor:02x}"[:12] for day in range(7) for visitor in range(7)]


class Left(NamedTuple):
    """A report's files, and what must not be in them."""

    html: dict[tuple[str, str], str]
    listing: str
    entries: list[index.Entry]
    pseudonyms: set[str]
    raw_ids: set[int]


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Left]:
    with pytest.MonkeyPatch.context() as patch:
        project = built(WORLD, tmp_path_factory.mktemp("leaves") / "project")
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[1] / "worlds" / "kernel"))
        patch.setenv("WORLD_NOW_US", str(project.now_us()))
        made = {
            (name, period): report.run(name, period, project=project, with_pdf=False).html.read_text(encoding="utf-8")
            for name, period in REPORTS
        }
        folder = project.settings.report_folder
        listed = (folder / "index.html").read_text(encoding="utf-8")
        yield Left(made, listed, [one for _, one in index.entries(folder)], *_known(project))
        project.close()


def _known(project: Project) -> tuple[set[str], set[int]]:
    sightings, activity = (load(name, engine="arrow", project=project) for name in ("sighting", "activity"))
    devices = sightings["device"].unique().to_pylist()
    assert len(devices) == 45
    assert activity.num_rows > 100
    pseudonyms = {text for value in devices for text in (f"{value & (2**64 - 1):016x}", str(value), str(value % 2**64))}
    return pseudonyms, {*sightings["raw_id"].to_pylist(), *activity["raw_id"].to_pylist()}


class Parsed(HTMLParser):
    """Script elements by id, tables by cells, and all text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.scripts: dict[str, str] = {}
        self.tables: list[list[list[str]]] = []
        self._script: str | None = None
        self._cell: list[str] | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag == "script":
            self._script = told.get("id") or f"script {len(self.scripts)}"
            self.scripts[self._script] = ""
        elif tag == "table":
            self.tables.append([])
        elif tag == "tr" and self.tables:
            self.tables[-1].append([])
        elif tag in ("td", "th") and self.tables:
            self._cell = []

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._script = None
        elif tag in ("td", "th") and self._cell is not None:
            self.tables[-1][-1].append("".join(self._cell).replace("\N{NO-BREAK SPACE}", " "))
            self._cell = None

    def handle_data(self, data: str) -> None:
        if self._script is not None:
            self.scripts[self._script] += data
        elif self._cell is not None:
            self._cell.append(data)


def unpacked(html: str) -> str:
    """All text of a report, but plotly.js: packed parts and arrays of figures in plain numbers."""
    page = Parsed(html)
    packed = page.scripts.get("plotly", "")
    if packed:
        assert gzip.decompress(base64.b64decode(packed)).startswith(b"/**\n* plotly.js")
        drawn = page.scripts["figures"]
        html = html.replace(packed, "").replace(drawn, gzip.decompress(base64.b64decode(drawn)).decode())
    arrays = [
        json.dumps(values(found)) for found in walk(figures(page)) if isinstance(found, dict) and "bdata" in found
    ]
    return html + "\n".join(arrays)


def figures(page: Parsed) -> list[dict[str, Any]]:
    packed = page.scripts.get("figures")
    found: list[dict[str, Any]] = json.loads(gzip.decompress(base64.b64decode(packed))) if packed else []
    return found


def walk(value: Any) -> Iterator[Any]:
    yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        yield from walk(one)


TYPES = {"f8": "d", "f4": "f", "i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I", "i8": "q", "u8": "Q"}


def values(array: Mapping[str, Any]) -> list[float]:
    """The numbers of a packed array of a figure."""
    return [one for (one,) in struct.iter_unpack(f"<{TYPES[array['dtype']]}", base64.b64decode(array["bdata"]))]


def test_each_report_says_something(left: Left) -> None:
    for (name, period), html in left.html.items():
        page = Parsed(html)
        assert len(html) > 20_000, (name, period)
        if (name, period) != ("presence_dwell", DAY) and name not in ("activity_time", "ingest_pc_idle"):
            assert page.tables, (name, period)
    assert sum(len(figures(Parsed(html))) for html in left.html.values()) >= 5


def test_no_pseudonym_and_no_address_is_in_any_byte(left: Left) -> None:
    for about, html in [*left.html.items(), (("index", ""), left.listing)]:
        text = unpacked(html).lower()
        words = set(re.findall(r"-?[0-9a-f]{9,}", text))
        assert not words & left.pseudonyms, about
        bare = re.sub(r"[:.-]", "", text)
        assert not [station for station in STATIONS if station in bare], about


def test_no_single_person_is_in_any_byte(left: Left) -> None:
    for about, html in [*left.html.items(), (("index", ""), left.listing)]:
        text = unpacked(html)
        named = [name for name in PERSONS if re.search(rf"(?<![\w-]){name}(?!\w)", text)]
        assert named == [], about
    assert all(entry.told_of in ([], ["all PCs"]) for entry in left.entries)


def test_no_raw_id_of_people_is_in_any_json(left: Left) -> None:
    for about, html in left.html.items():
        page = Parsed(html)
        scripts = [script for script in page.scripts.values() if script.lstrip().startswith(("{", "["))]
        assert "recipe" in page.scripts
        for data in (figures(page), *map(json.loads, scripts)):
            keys = {key for found in walk(data) if isinstance(found, dict) for key in found}
            assert not {key for key in keys if "raw" in key.lower()}, about
        assert not re.search(r"\braw \d", re.sub(r"(?s)<script.*?</script>", "", html)), about
        if about[0] in ("presence_dwell", "activity_time"):
            cells = {cell.replace(",", "") for table in page.tables for row in table for cell in row}
            large = {str(one) for one in left.raw_ids if one >= 1000}
            assert not cells & large, about


COUNTED = re.compile(r"visitors|passers-by|devices|visits|moves|randomised|global", re.IGNORECASE)
NUMBER = re.compile(r"(\d[\d,]*(?:\.\d+)?)(?: (?:devices?|visits?|visitors?|moves?))?")


def test_no_cell_counts_fewer_than_k_devices(left: Left) -> None:
    checked = 0
    of_presence = {
        about: html for about, html in left.html.items() if about[0] in ("presence_dwell", "ingest_cloudtrax")
    }
    for about, html in of_presence.items():
        for head, *rows in filter(None, Parsed(html).tables):
            for at, name in enumerate(head):
                if not COUNTED.search(name) or re.search("among|share|nodes", name, re.IGNORECASE):
                    continue
                for row in rows:
                    found = NUMBER.fullmatch(row[at])
                    value = float(found[1].replace(",", "")) if found else 0.0
                    assert value == 0 or value >= K, (about, name, row)
                    checked += found is not None
    assert checked > 10


def test_no_figure_counts_fewer_than_k_devices_on_the_day_of_three(left: Left) -> None:
    page = Parsed(left.html["presence_dwell", DAY])
    numbers = {cell for table in page.tables for row in table for cell in row}
    assert "3" not in numbers
    for figure in figures(page):
        for trace in figure["data"]:
            for axis in ("x", "y", "z", "text", "customdata"):
                told = trace.get(axis)
                found = values(told) if isinstance(told, dict) and "bdata" in told else list(walk(told))
                assert not [one for one in found if one in (3, "3", "3 devices", "3 visits")], (axis, trace)
