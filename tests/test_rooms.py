"""Imports point one way: which room may know which.

A room is the longest name of `MAY_IMPORT` that a module lies in. A climb that is still there stands in `EXCEPTIONS`
with its reason; the list only shrinks.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

PURE = {"telltale.contract", "telltale.tables", "telltale.address", "telltale.bounded", "telltale.csv_text"}
SPINE = PURE | {
    *("telltale.arrow", "telltale.backoff", "telltale.extras", "telltale.frames", "telltale.lazy", "telltale.net"),
    *("telltale.wording", "telltale.identity", "telltale.private", "telltale.lockfile", "telltale.loglimit"),
    *("telltale.mqtt", "telltale.certificate", "telltale.masters"),
}
STORE = {"telltale.settings", "telltale.landing", "telltale.lake", "telltale.privacy"}
SUBJECTS = ("presence", "kanban", "activity", "sensors", "health")
ASKED = {"telltale.workbench.periods", "telltale.workbench.times"}
"""What a period is, in words and figures."""
RECEIVED = PURE | {
    *("telltale.backoff", "telltale.door", "telltale.extras", "telltale.landing", "telltale.net", "telltale.settings"),
    *("telltale.sources", "telltale.transports", "telltale.deadlines", "telltale.logs", "telltale.loglimit"),
    *("telltale.mqtt", "telltale.discreet", "telltale.certificate"),
}
"""What a collector knows of the library."""
ROOTS = ("telltale", "collectors")

MAY_IMPORT: dict[str, set[str]] = {
    "telltale": {"telltale"},  # the package's own file: names, imported when they are used
    "telltale.__main__": {"telltale.cli"},
    "telltale.contract": set(),
    "telltale.tables": set(),
    "telltale.address": set(),
    "telltale.bounded": {"telltale.contract"},
    "telltale.masters": set(),
    "telltale.csv_text": set(),
    "telltale.lazy": set(),
    "telltale.backoff": set(),
    "telltale.extras": set(),
    "telltale.net": PURE,
    "telltale.discreet": PURE,
    "telltale.private": set(),
    "telltale.lockfile": PURE | {"telltale.private"},
    "telltale.logs": {"telltale.settings"},
    "telltale.certificate": PURE,
    "telltale.loglimit": set(),
    "telltale.mqtt": set(),
    "telltale.wording": PURE,
    "telltale.arrow": PURE,
    "telltale.frames": PURE | {"telltale.arrow"},
    "telltale.engine": {
        "telltale.tables",
        "telltale.arrow",
        "telltale.contract",
        "telltale.extras",
        "telltale.masters",
    },
    "telltale.pb": set(),
    "telltale.sources": PURE | {"telltale.pb"},
    "telltale.sources.efento.commands": {"telltale"},  # command lines, imported only when one is asked for
    "telltale.sources.sigfox.commands": {"telltale"},
    # What each source calls its devices: lists take every spelling, and none of a vendor's knowledge stands twice.
    "telltale.identity": PURE | {"telltale.sources"},
    "telltale.settings": PURE | {"telltale.identity", "telltale.net", "telltale.masters"},
    "telltale.privacy": PURE,
    "telltale.pipeline": PURE | {"telltale.sources", "telltale.privacy", "telltale.arrow"},
    "telltale.landing": PURE
    | {"telltale.settings", "telltale.arrow", "telltale.net", "telltale.private"}
    | {"telltale.backoff", "telltale.lockfile"},
    "telltale.lake": PURE | {"telltale.settings", "telltale.landing", "telltale.arrow", "telltale.private"},
    "telltale.deadlines": set(),
    "telltale.tickets": PURE | {"telltale.deadlines"},
    "telltale.transports": PURE | {"telltale.sources", "telltale.settings", "telltale.net"},
    "telltale.openapi": PURE | {"telltale.sources", "telltale.settings", "telltale.net", "telltale.transports"},
    "telltale.readings": PURE | {"telltale.sources", "telltale.settings", "telltale.discreet"},
    "telltale.door": PURE
    | {"telltale.readings"}
    | {"telltale.sources", "telltale.landing", "telltale.settings", "telltale.tickets", "telltale.discreet"},
    "telltale.capture": SPINE | STORE | {"telltale.sources", "telltale.door", "telltale.workbench"},
    "telltale.workbench": SPINE
    | STORE
    | {"telltale.sources", "telltale.pipeline", "telltale.engine", "telltale.analysis"},
    # The decoder on the workers of Spark; the project it is of is asked in one place.
    "telltale.workers": SPINE | STORE | {"telltale.pipeline", "telltale.engine"},
    "telltale.workers.of_project": SPINE | STORE | {"telltale.workers", "telltale.engine", "telltale.workbench"},
    "telltale.analysis": {"telltale.tables", "telltale.engine", "telltale.arrow"},
    "telltale.look": {"telltale.wording"},
    "telltale.charts": SPINE | {"telltale.look", "telltale.page.table"},
    "telltale.page": SPINE | {"telltale.look", "telltale.workbench"},
    "telltale.report": SPINE
    | STORE
    | {"telltale.look", "telltale.page", "telltale.workbench", "telltale.sources", "telltale.engine.session"},
    "telltale.dashboard": SPINE
    | {"telltale.look", "telltale.page", "telltale.workbench", "telltale.settings", "telltale.charts", "telltale.lake"}
    | {"telltale.sources", "telltale.operate.supervise", "telltale.logs"}
    | {"telltale.report.index", "telltale.report.whose"}  # published reports, and whom each tells of
    # What is seen of alerts and scheduled reports, and answered to them.
    | {"telltale.publish.alerts.card", "telltale.publish.alerts.answers", "telltale.publish.cards"}
    | {f"telltale.{subject}" for subject in SUBJECTS},
    "telltale.forward": SPINE | STORE | {"telltale.workbench", "telltale.kanban", "telltale.sensors"},
    # What an alert says, and of whom nothing may leave: both are known where alerts are told.
    "telltale.forward.alerts": SPINE
    | STORE
    | {"telltale.workbench", "telltale.forward", "telltale.publish.alerts", "telltale.health"},
    "telltale.forward.efento": SPINE | STORE | {"telltale.workbench", "telltale.forward", "telltale.sources"},
    "telltale.publish": SPINE
    | STORE
    | {
        "telltale.workbench",
        "telltale.page",
        "telltale.report",
        "telltale.sources",
        "telltale.discreet",
        "telltale.look",
    }
    | {"telltale.charts", "telltale.engine", "telltale.logs"}
    | {"telltale.analysis.publish"}  # which counts a page withholds
    | {f"telltale.{subject}" for subject in SUBJECTS},
    "telltale.what_if": SPINE
    | {"telltale.settings", "telltale.workbench", "telltale.analysis", "telltale.charts", "telltale.look"}
    | {"telltale.presence.thresholds", "telltale.publish.alerts"}
    | {"telltale.sensors.analysis.steps"},  # which quantity a limit is of where the list names none
    "telltale.operate": SPINE
    | STORE
    | {"telltale.workbench", "telltale.sources", "telltale.door", "telltale.engine"}
    | {"telltale.forward"}
    | {f"telltale.{subject}" for subject in SUBJECTS}
    | {"telltale.transports", "telltale.logs", "telltale.discreet"}
    | {"telltale.capture.interfaces", "telltale.publish.exported", "telltale.publish.trial", "telltale.publish.ledger"},
    # Whatever is kept of a device anywhere: in the lake, the store, reports, spools, logs.
    "telltale.forget": SPINE
    | STORE
    | {"telltale.workbench", "telltale.sources", "telltale.publish", "telltale.report", "telltale.operate"},
    "telltale.simulate": {"telltale"},
    "telltale.cli": {"telltale"},
    "collectors": set(),
    "collectors.common": RECEIVED,
    "collectors.http": RECEIVED | {"collectors.common", "telltale.dashboard.links"},
    "collectors.http.opting_out": RECEIVED | {"collectors.http", "collectors.common", "telltale.privacy.lists"},
    "collectors.coap": RECEIVED | {"collectors.common"},
    "collectors.arp": RECEIVED | {"collectors.common", "telltale.capture.interfaces"},
    "collectors.arp.discover": {"collectors.arp", "telltale.capture", "telltale.cli.output", "telltale.settings"},
    "collectors.idle": RECEIVED | {"collectors.common", "telltale.lockfile"},
    "collectors.idle.command": PURE
    | {"collectors.idle", "telltale.cli.output", "telltale.settings", "telltale.simulate"},
    "collectors.webhooks": RECEIVED | {"collectors.http", "collectors.common"},
    "collectors.coap_server": RECEIVED | {"collectors.coap", "collectors.common"},
    "collectors.arp_sniffer": RECEIVED | {"collectors.arp", "collectors.common", "telltale.capture.interfaces"},
    "collectors.idle_sender": RECEIVED | {"collectors.idle", "collectors.common"},
    "collectors.mqtt_subscriber": RECEIVED | {"collectors.common"},
}
for _subject in SUBJECTS:
    _own = f"telltale.{_subject}"
    MAY_IMPORT |= {
        _own: SPINE
        | STORE
        | {"telltale.engine", "telltale.workbench", "telltale.analysis", "telltale.page", "telltale.charts"}
        | {"telltale.sources", "telltale.pipeline", "telltale.door", "telltale.health"},
        f"{_own}.analysis": {"telltale.tables", "telltale.engine", "telltale.arrow", "telltale.analysis"},
        f"{_own}.claims": SPINE | {"telltale.page", "telltale.sources", "telltale.health"},
        f"{_own}.words": SPINE
        | ASKED
        | {"telltale.page", "telltale.health", "telltale.analysis", f"{_own}.analysis", f"{_own}.claims"},
        f"{_own}.charts": SPINE
        | {"telltale.look", "telltale.charts", "telltale.page", f"{_own}.words", f"{_own}.analysis", f"{_own}.claims"},
    }

EXCEPTIONS: dict[tuple[str, str], str] = {}

NEVER = {
    "telltale.sources": {"sqlalchemy", "pyarrow", "pandas", "duckdb", "numpy", "socket", "time", "pathlib", "os"},
    "telltale": {"scapy", "serial", "Xlib", "jeepney"},
    "telltale.capture.classic": {"socket", "time"},
    "telltale.capture.packets": {"socket", "time"},
    "telltale.capture.reading": {"socket", "time"},
    "telltale.capture.writing": {"socket", "time"},
    "collectors": {"pyarrow", "pandas", "duckdb", "numpy"},
    "telltale.analysis": {"sqlalchemy", "time", "os", "pathlib", "pandas"},
} | {f"telltale.{subject}.analysis": {"sqlalchemy", "time", "os", "pathlib", "pandas"} for subject in SUBJECTS}

READS_NO_CLOCK = ["telltale.sources", "telltale.analysis", "telltale.tables", "telltale.pipeline"] + [
    f"telltale.{subject}.analysis" for subject in SUBJECTS
]


def _modules() -> dict[str, Path]:
    files = sorted(path for top in ROOTS for path in (ROOT / top).rglob("*.py"))
    return {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in files}


MODULES = _modules()


def _room(module: str) -> str:
    return max((room for room in MAY_IMPORT if _within(module, {room})), key=len, default="")


def _imports(path: Path) -> Iterator[str]:
    """What a file imports, to the module: `from telltale.page import html` is telltale.page.html."""
    return _named(path, ast.walk(ast.parse(path.read_text())))


def _imported(path: Path) -> Iterator[str]:
    """The same of the imports that run, and not only for a type checker."""
    return _named(path, _at_run_time(ast.parse(path.read_text())))


def _at_run_time(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"):
            yield node
            yield from _at_run_time(node)


def _named(path: Path, nodes: Iterator[ast.AST]) -> Iterator[str]:
    for node in nodes:
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
        if name.split(".")[0] in ROOTS
        and name != "telltale"
        and not _within(name, MAY_IMPORT[_room(module)] | {_room(module)})
    }


def _circles(graph: dict[str, set[str]]) -> list[set[str]]:
    """Modules that reach each other, by Tarjan's algorithm: each strongly connected component of more than one."""
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    circles = []

    def visit(module: str) -> None:
        order[module] = lowest[module] = len(order)
        stack.append(module)
        for name in graph[module]:
            if name not in order:
                visit(name)
            if name in stack:
                lowest[module] = min(lowest[module], lowest[name])
        if lowest[module] == order[module]:
            at = stack.index(module)
            circles.append(set(stack[at:]))
            del stack[at:]

    for module in graph:
        if module not in order:
            visit(module)
    return [circle for circle in circles if len(circle) > 1]


def test_no_file_imports_itself_over_others() -> None:
    """Imports inside functions count too: a circle hidden there is one all the same."""
    graph = {module: set(_imported(path)) & set(MODULES) - {module} for module, path in MODULES.items()}
    assert _circles(graph) == []
    assert _circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a", "c"}}) == [{"b", "c"}], "the search itself"


def test_the_library_never_names_a_collector() -> None:
    """Neither in an import nor in a text given to one: pyproject.toml registers them, and they are found by name."""
    for module, path in MODULES.items():
        if module.startswith("telltale"):
            texts = [node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant)]
            named = [text for text in texts if isinstance(text, str) and re.match(r"collectors(\.\w*)+$", text)]
            assert [*named, *(name for name in _imports(path) if _within(name, {"collectors"}))] == [], module


def test_every_module_has_a_room() -> None:
    assert [module for module in MODULES if _room(module) in ("", *ROOTS) and module not in ROOTS] == []


def test_a_room_imports_only_the_rooms_below_it() -> None:
    climbs = _climbs()
    assert sorted(climbs - set(EXCEPTIONS)) == []
    assert sorted(set(EXCEPTIONS) - climbs) == [], "mended: take it off the list"


@pytest.mark.parametrize("room", NEVER)
def test_a_room_stays_free_of(room: str) -> None:
    for module, path in MODULES.items():
        if _within(module, {room}) and MAY_IMPORT[_room(module)] != {"telltale"}:
            assert {name for name in _imports(path) if name.split(".")[0] in NEVER[room]} == set(), module


@pytest.mark.parametrize("room", READS_NO_CLOCK)
def test_a_pure_room_reads_no_clock(room: str) -> None:
    for module, path in MODULES.items():
        if _within(module, {room}):
            calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
            names = {call.attr for call in calls if isinstance(call, ast.Attribute)}
            assert names.isdisjoint({"now", "utcnow", "today", "time", "time_ns", "monotonic"}), module
