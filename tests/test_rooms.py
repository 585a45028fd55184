"""Imports point one way: which room may know which.

A room is the longest name of `MAY_IMPORT` that a module lies in. A climb that is still there stands in `EXCEPTIONS`
with its reason; the list only shrinks.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

PURE = {"telltale.contract", "telltale.tables", "telltale.address"}
SPINE = PURE | {"telltale.arrow", "telltale.frames", "telltale.wording", "telltale.lazy", "telltale.net"}
STORE = {"telltale.settings", "telltale.landing", "telltale.lake", "telltale.privacy"}
SUBJECTS = ("presence", "kanban", "activity", "sensors", "health")
ASKED = {"telltale.workbench.periods", "telltale.workbench.times"}
"""What a period is, in words and figures."""
ANYTHING = {"telltale", "collectors"}

MAY_IMPORT: dict[str, set[str]] = {
    "telltale": {"telltale"},  # the package's own file: names, imported when they are used
    "telltale.__main__": {"telltale.cli"},
    "telltale.contract": set(),
    "telltale.tables": set(),
    "telltale.address": set(),
    "telltale.lazy": set(),
    "telltale.net": PURE,
    "telltale.wording": PURE,
    "telltale.arrow": PURE,
    "telltale.frames": PURE | {"telltale.arrow"},
    "telltale.engine": {"telltale.tables", "telltale.arrow"},
    "telltale.pb": set(),
    "telltale.sources": PURE | {"telltale.pb"},
    "telltale.settings": PURE,
    "telltale.privacy": PURE,
    "telltale.pipeline": PURE | {"telltale.sources", "telltale.privacy", "telltale.arrow"},
    "telltale.landing": PURE | {"telltale.settings", "telltale.arrow"},
    "telltale.lake": PURE | {"telltale.settings", "telltale.landing", "telltale.arrow"},
    "telltale.door": PURE | {"telltale.sources", "telltale.landing", "telltale.settings", "telltale.net"},
    "telltale.capture": SPINE | STORE | {"telltale.sources", "telltale.door", "telltale.workbench"},
    "telltale.workbench": SPINE
    | STORE
    | {"telltale.sources", "telltale.pipeline", "telltale.engine", "telltale.analysis"},
    "telltale.analysis": {"telltale.tables", "telltale.engine", "telltale.arrow"},
    "telltale.look": {"telltale.wording"},
    "telltale.charts": SPINE | {"telltale.look"},
    "telltale.page": SPINE | {"telltale.look", "telltale.charts", "telltale.workbench"},
    "telltale.report": SPINE | STORE | {"telltale.look", "telltale.page", "telltale.workbench", "telltale.sources"},
    "telltale.dashboard": SPINE
    | {"telltale.look", "telltale.page", "telltale.workbench", "telltale.settings", "telltale.charts", "telltale.lake"}
    | {"telltale.sources", "telltale.operate.supervise"}
    | {f"telltale.{subject}" for subject in SUBJECTS},
    "telltale.forward": SPINE | STORE | {"telltale.workbench", "telltale.kanban", "telltale.sensors"},
    "telltale.operate": SPINE
    | STORE
    | {"telltale.workbench", "telltale.sources", "telltale.door", "telltale.engine"}
    | {"telltale.presence", "telltale.forward"},
    "telltale.simulate": ANYTHING,
    "telltale.cli": ANYTHING,
    "telltale.findings": {"telltale"},
    "collectors": PURE | {"telltale.door", "telltale.settings", "telltale.landing", "telltale.sources", "telltale.net"},
}
for _subject in SUBJECTS:
    _own = f"telltale.{_subject}"
    MAY_IMPORT |= {
        _own: SPINE
        | STORE
        | {"telltale.engine", "telltale.workbench", "telltale.analysis", "telltale.page", "telltale.charts"}
        | {"telltale.sources", "telltale.pipeline", "telltale.door"},
        f"{_own}.analysis": {"telltale.tables", "telltale.engine", "telltale.arrow", "telltale.analysis"},
        f"{_own}.words": SPINE | ASKED | {"telltale.page", "telltale.analysis", f"{_own}.analysis"},
        f"{_own}.charts": SPINE
        | {"telltale.look", "telltale.charts", "telltale.page", f"{_own}.words", f"{_own}.analysis"},
    }

EXCEPTIONS: dict[tuple[str, str], str] = {
    ("telltale.activity.page", "telltale.dashboard.concerns"): "moved, not yet cut",
    ("telltale.activity.page", "telltale.findings"): "moved, not yet cut",
    ("telltale.activity.words.page", "telltale.activity.charts.panels"): "moved, not yet cut",
    ("telltale.activity.words.page", "telltale.presence.words.today"): "moved, not yet cut",
    ("telltale.activity.words.report", "telltale.activity.charts.panels"): "moved, not yet cut",
    ("telltale.activity.words.report", "telltale.presence.words.titles"): "moved, not yet cut",
    ("telltale.activity.words.titles", "telltale.activity.charts.hours"): "moved, not yet cut",
    ("telltale.activity.words.titles", "telltale.activity.charts.panels"): "moved, not yet cut",
    ("telltale.analysis.placing", "telltale.presence.analysis.overlaps"): "moved, not yet cut",
    ("telltale.charts", "telltale.activity.charts.hours"): "moved, not yet cut",
    ("telltale.charts", "telltale.activity.charts.levels"): "moved, not yet cut",
    ("telltale.charts", "telltale.activity.charts.strips"): "moved, not yet cut",
    ("telltale.charts", "telltale.health.charts.arrivals"): "moved, not yet cut",
    ("telltale.charts", "telltale.kanban.charts.control"): "moved, not yet cut",
    ("telltale.charts", "telltale.kanban.charts.items"): "moved, not yet cut",
    ("telltale.charts", "telltale.kanban.charts.leads"): "moved, not yet cut",
    ("telltale.charts", "telltale.kanban.charts.rates"): "moved, not yet cut",
    ("telltale.charts", "telltale.kanban.charts.risk"): "moved, not yet cut",
    ("telltale.charts", "telltale.presence.charts.dwell"): "moved, not yet cut",
    ("telltale.charts", "telltale.presence.charts.moves"): "moved, not yet cut",
    ("telltale.charts", "telltale.presence.charts.occupancy"): "moved, not yet cut",
    ("telltale.charts", "telltale.presence.charts.usual"): "moved, not yet cut",
    ("telltale.charts", "telltale.presence.charts.visitors"): "moved, not yet cut",
    ("telltale.charts", "telltale.sensors.charts.days"): "moved, not yet cut",
    ("telltale.charts", "telltale.sensors.charts.doors"): "moved, not yet cut",
    ("telltale.charts", "telltale.sensors.charts.readings"): "moved, not yet cut",
    ("telltale.charts.base", "telltale.page.table"): "moved, not yet cut",
    ("telltale.dashboard.operations", "telltale.findings"): "moved, not yet cut",
    ("telltale.health.calls", "telltale.activity.calls"): "moved, not yet cut",
    ("telltale.health.calls", "telltale.presence.analysis"): "moved, not yet cut",
    ("telltale.health.calls", "telltale.sensors.calls"): "moved, not yet cut",
    ("telltale.health.page", "telltale.dashboard.concerns"): "moved, not yet cut",
    ("telltale.health.page", "telltale.dashboard.operations"): "moved, not yet cut",
    ("telltale.health.page", "telltale.findings"): "moved, not yet cut",
    ("telltale.health.page", "telltale.kanban.page_answers"): "moved, not yet cut",
    ("telltale.health.page", "telltale.presence.stations"): "moved, not yet cut",
    ("telltale.health.page", "telltale.sensors.page_answers"): "moved, not yet cut",
    ("telltale.health.words.devices", "telltale.presence.words.titles"): "moved, not yet cut",
    ("telltale.health.words.devices", "telltale.sensors.words.tiles"): "moved, not yet cut",
    ("telltale.health.words.uplinks", "telltale.presence.words.titles"): "moved, not yet cut",
    ("telltale.kanban.calls", "telltale.sensors.question"): "moved, not yet cut",
    ("telltale.kanban.page", "telltale.dashboard.concerns"): "moved, not yet cut",
    ("telltale.kanban.page", "telltale.findings"): "moved, not yet cut",
    ("telltale.kanban.page_answers", "telltale.findings"): "moved, not yet cut",
    ("telltale.kanban.question", "telltale.sensors.question"): "moved, not yet cut",
    ("telltale.kanban.words.tables", "telltale.kanban.charts.risk"): "moved, not yet cut",
    ("telltale.kanban.words.tables", "telltale.presence.words.titles"): "moved, not yet cut",
    ("telltale.kanban.words.tiles", "telltale.kanban.charts.items"): "moved, not yet cut",
    ("telltale.kanban.words.tiles", "telltale.kanban.charts.leads"): "moved, not yet cut",
    ("telltale.kanban.words.tiles", "telltale.presence.words.titles"): "moved, not yet cut",
    ("telltale.kanban.words.titles", "telltale.kanban.charts.control"): "moved, not yet cut",
    ("telltale.kanban.words.titles", "telltale.kanban.charts.items"): "moved, not yet cut",
    ("telltale.kanban.words.titles", "telltale.kanban.charts.risk"): "moved, not yet cut",
    ("telltale.kanban.words.titles", "telltale.presence.words.titles"): "moved, not yet cut",
    ("telltale.operate.doctor", "collectors.arp.capture"): "moved, not yet cut",
    ("telltale.operate.doctor", "collectors.arp.interfaces"): "moved, not yet cut",
    ("telltale.operate.doctor", "collectors.mqtt_subscriber"): "moved, not yet cut",
    ("telltale.page.attention", "telltale.presence.words.gaps"): "moved, not yet cut",
    ("telltale.presence.page", "telltale.dashboard.concerns"): "moved, not yet cut",
    ("telltale.presence.page", "telltale.findings"): "moved, not yet cut",
    ("telltale.sensors.page", "telltale.dashboard.concerns"): "moved, not yet cut",
    ("telltale.sensors.page", "telltale.findings"): "moved, not yet cut",
    ("telltale.sensors.page_answers", "telltale.findings"): "moved, not yet cut",
    ("telltale.sensors.page_answers", "telltale.health.calls"): "moved, not yet cut",
    ("telltale.sensors.words.arrivals", "telltale.health.words.devices"): "moved, not yet cut",
    ("telltale.sensors.words.arrivals", "telltale.presence.words.titles"): "moved, not yet cut",
    ("telltale.sensors.words.conditions", "telltale.presence.words.titles"): "moved, not yet cut",
    ("telltale.sensors.words.tiles", "telltale.presence.words.titles"): "moved, not yet cut",
    ("telltale.sensors.words.titles", "telltale.presence.words.titles"): "moved, not yet cut",
    ("telltale.workbench.reading", "telltale.presence.stays"): "moved, not yet cut",
}

NEVER = {
    "telltale.sources": {"sqlalchemy", "pyarrow", "pandas", "duckdb", "numpy", "socket", "time", "pathlib", "os"},
    "telltale.capture.classic": {"scapy", "socket", "time"},
    "telltale.capture.packets": {"scapy", "socket", "time"},
    "telltale.capture.reading": {"scapy", "socket", "time"},
    "telltale.capture.writing": {"scapy", "socket", "time"},
    "collectors": {"pyarrow", "pandas", "duckdb", "numpy"},
    "telltale.analysis": {"sqlalchemy", "time", "os", "pathlib", "pandas"},
} | {f"telltale.{subject}.analysis": {"sqlalchemy", "time", "os", "pathlib", "pandas"} for subject in SUBJECTS}

READS_NO_CLOCK = ["telltale.sources", "telltale.analysis", "telltale.tables", "telltale.pipeline"] + [
    f"telltale.{subject}.analysis" for subject in SUBJECTS
]


def _modules() -> dict[str, Path]:
    files = sorted(path for top in ("telltale", "collectors") for path in (ROOT / top).rglob("*.py"))
    return {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in files}


MODULES = _modules()


def _room(module: str) -> str:
    return max((room for room in MAY_IMPORT if _within(module, {room})), key=len, default="")


def _imports(path: Path) -> Iterator[str]:
    """What a file imports, to the module: `from telltale.page import html` is telltale.page.html."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                assert "pb" in path.parts, f"{path.name}: imports are absolute"
                continue
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            yield from ({name if name in MODULES else str(node.module) for name in names})


def _within(name: str, rooms: set[str]) -> bool:
    return any(name == room or name.startswith(f"{room}.") for room in rooms)


def _climbs() -> set[tuple[str, str]]:
    """Each import of a room that its room may not know."""
    return {
        (module, name)
        for module, path in MODULES.items()
        for name in _imports(path)
        if name.split(".")[0] in ANYTHING
        and name != "telltale"
        and not _within(name, MAY_IMPORT[_room(module)] | {_room(module)})
    }


def test_every_module_has_a_room() -> None:
    assert [module for module in MODULES if _room(module) in ("", "telltale") and module != "telltale"] == []


def test_a_room_imports_only_the_rooms_below_it() -> None:
    climbs = _climbs()
    assert sorted(climbs - set(EXCEPTIONS)) == []
    assert sorted(set(EXCEPTIONS) - climbs) == [], "mended: take it off the list"


@pytest.mark.parametrize("room", NEVER)
def test_a_room_stays_free_of(room: str) -> None:
    for module, path in MODULES.items():
        if _within(module, {room}):
            assert {name for name in _imports(path) if name.split(".")[0] in NEVER[room]} == set(), module


@pytest.mark.parametrize("room", READS_NO_CLOCK)
def test_a_pure_room_reads_no_clock(room: str) -> None:
    for module, path in MODULES.items():
        if _within(module, {room}):
            calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
            names = {call.attr for call in calls if isinstance(call, ast.Attribute)}
            assert names.isdisjoint({"now", "utcnow", "today", "time", "time_ns", "monotonic"}), module
