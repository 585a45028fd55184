"""Imports point one way: which room may know which (DESIGN section 3, STYLE section 2)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PURE = {"telltale.contract", "telltale.tables", "telltale.address"}
MAY_IMPORT = {
    "telltale/contract.py": set(),
    "telltale/tables.py": set(),
    "telltale/address.py": set(),
    "telltale/arrow.py": PURE,
    "telltale/sources": PURE | {"telltale.sources", "telltale.pb"},
    "telltale/settings.py": PURE,
    "telltale/settings": PURE | {"telltale.settings"},
    "telltale/privacy.py": PURE,
    "telltale/privacy": PURE | {"telltale.privacy"},
    "telltale/landing": PURE | {"telltale.settings", "telltale.landing", "telltale.arrow"},
    "telltale/lake": PURE | {"telltale.settings", "telltale.landing", "telltale.lake", "telltale.arrow"},
    "telltale/capture": PURE | {"telltale.capture"},
    "telltale/door.py": PURE | {"telltale.sources", "telltale.landing", "telltale.settings"},
    "telltale/columns.py": PURE | {"telltale.arrow"},
    "telltale/pipeline.py": PURE | {"telltale.sources", "telltale.privacy", "telltale.arrow", "telltale.columns"},
    "telltale/engine.py": {"telltale.tables", "telltale.arrow"},
    "telltale/analysis": {"telltale.tables", "telltale.engine", "telltale.analysis", "telltale.arrow"},
    "telltale/charts.py": {"telltale.tables", "telltale.look", "telltale.wording"},
    "telltale/charts": {"telltale.tables", "telltale.look", "telltale.wording", "telltale.charts"},
    "telltale/forward": PURE
    | {"telltale.forward", "telltale.workbench", "telltale.settings", "telltale.lake", "telltale.landing"}
    | {"telltale.analysis.kanban"},
    "collectors": PURE
    | {"telltale.door", "telltale.settings", "telltale.landing", "telltale.sources"}
    # shared; never another collector
    | {"collectors.listening", "collectors.meters", "collectors.packetlog", "collectors.receiver"}
    # of the CoAP collector
    | {"collectors.blocks", "collectors.exchanges"}
    # of the capture
    | {"collectors.capture", "collectors.capture_filter", "collectors.capture_scapy", "collectors.interfaces"}
    | {"collectors.keeping", "collectors.listed", "collectors.rights", "collectors.sniffing", "collectors.tap"}
    # of the agent on a PC
    | {"collectors.budget", "collectors.idle", "collectors.modem", "collectors.serial_line"},
}
NEVER = {
    "telltale/sources": {
        "sqlalchemy",
        "pyarrow",
        "pandas",
        "duckdb",
        "numpy",
        "socket",
        "time",
        "pathlib",
        "os",
    },
    "telltale/capture": {"scapy", "socket", "time"},
    "telltale/analysis": {"sqlalchemy", "time", "os", "pathlib", "pandas"},
    "collectors": {"pyarrow", "pandas", "duckdb", "numpy"},
}


def _modules(room: str) -> list[Path]:
    path = ROOT / room
    return sorted(path.rglob("*.py")) if path.is_dir() else [path] if path.exists() else []


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: imports are absolute"
            yield f"{node.module}.{node.names[0].name}" if node.module == "telltale" else str(node.module)


def _within(name: str, rooms: set[str]) -> bool:
    return any(name == room or name.startswith(f"{room}.") for room in rooms)


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_the_rooms_below_it(room: str) -> None:
    for path in _modules(room):
        ours = {name for name in _imports(path) if name.split(".")[0] in {"telltale", "collectors"}}
        assert {name for name in ours if not _within(name, MAY_IMPORT[room])} == set(), path.relative_to(ROOT)


@pytest.mark.parametrize("room", NEVER)
def test_a_room_stays_free_of(room: str) -> None:
    for path in _modules(room):
        assert {name for name in _imports(path) if name.split(".")[0] in NEVER[room]} == set(), path.relative_to(ROOT)


@pytest.mark.parametrize(
    "room", ["telltale/sources", "telltale/analysis", "telltale/tables.py", "telltale/pipeline.py"]
)
def test_a_pure_room_reads_no_clock(room: str) -> None:
    for path in _modules(room):
        calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        names = {call.attr for call in calls if isinstance(call, ast.Attribute)}
        assert names.isdisjoint({"now", "utcnow", "today", "time", "time_ns", "monotonic"}), path.relative_to(ROOT)
