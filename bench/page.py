"""docs/figures.md, its picture and the figures of README.md, from `measured.json`: `python -m bench.page`.

The table of what must not lose a record is that of `torture.json`, which `make torture ARGS=--keep` writes.

What no bench repeats stands in `by_hand.md`, above all each fault with what was seen before it was mended, and follows
word for word.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench import measured, picture
from bench.measured import Figure, Run, spelled, to_reach

ROOT = Path(__file__).parents[1]
FIGURES, README = ROOT / "docs" / "figures.md", ROOT / "README.md"
BY_HAND = Path(__file__).parent / "by_hand.md"
TORTURE = Path(__file__).parent / "torture.json"
HEAD = """# Figures

Measured on 2 cores and 24 GiB, with other work on the machine: compare within a row, not between rows. This page is
made by `make bench ARGS=--keep` from `bench/measured.json`; what no bench repeats is `bench/by_hand.md`.
"""
TITLES = {
    "ingest": "Storing over HTTP",
    "mqtt": "Storing over MQTT",
    "coap": "Storing over CoAP",
    "capture": "Live capture",
    "replay": "Capture files",
    "decode": "Decoding CloudTrax",
    "efento": "Decoding Efento",
    "settle": "Settling",
    "objects": "The lake on an object store",
    "analysis": "Presence analysis",
    "peers": "Visits by others",
    "spark": "Spark and Sail",
    "presses": "Presses of buttons",
    "fresh": "From the 2xx to an answer",
    "start": "Starting",
    "calls": "Calls about the last week, as the years go by",
    "pages": "Pages as the years go by",
    "reports": "Reports of the last week, as the years go by",
    "publish": "Reports and alerts",
    "dashboards": "Pages in a browser",
    "backfill": "Years of simulated records",
}
"""Headings by bench, in the order of the page; a bench that is not named here comes last, by its name."""
README_HEAD = "## How fast it is\n"


def text(runs: Mapping[str, Run]) -> str:
    """The whole page."""
    order = [*(name for name in TITLES if name in runs), *sorted(set(runs) - set(TITLES))]
    rows = [row for name in order for row in _rows(name, runs[name])]
    grids = [part for name in order for part in _grids(name, runs[name])]
    table = ["| what | seen | to reach | of |", "|---|---|---|---|", *rows, ""]
    parts = [HEAD, "## How fast it is\n", *table, *_machines(runs), *grids, *_torture()]
    return "\n".join([*parts, BY_HAND.read_text(encoding="utf-8")])


def readme(runs: Mapping[str, Run], present: str) -> str:
    """README.md with its figures as they were measured; the rest of it stays.

    Raises:
        KeyError: a figure it shows was not measured.
    """
    section = re.compile(rf"({re.escape(README_HEAD)}\n(?:[^-#].*\n)+\n)(?:- .*\n)+")
    found = section.search(present)
    if found is None:
        raise ValueError(f"README.md: expected {README_HEAD.strip()!r} with a list below it")
    return (
        present[: found.start()] + found[1] + "".join(f"- {line}\n" for line in _lines(runs)) + present[found.end() :]
    )


def write() -> None:
    """Make all three anew."""
    runs = measured.read()
    FIGURES.write_text(text(runs), encoding="utf-8")
    README.write_text(readme(runs, README.read_text(encoding="utf-8")), encoding="utf-8")
    picture.write(runs)


def _lines(runs: Mapping[str, Run]) -> Iterator[str]:
    seen = {figure.name: figure for run in runs.values() for figure in run.figures}

    def value(name: str) -> str:
        return spelled(seen[name].value, seen[name].unit)

    yield (
        f"durable POSTs, 64 connections: {value('durable POST ÷ one commit each')} times one commit each; a posted "
        f"sighting is in `tt.load` {value('a posted sighting is in tt.load after its 2xx')} after its 2xx"
    )
    yield (
        f"visits of 10 M sightings: {value('visits ÷ a scan of five columns')} times a scan of five columns, "
        f"{value('peak memory of the visits of 10 M sightings')}"
    )
    yield (
        "listed ARP frames captured and stored, none lost: 5,000/s with "
        f"{seen['a core for 5,000 listed ARP frames/s'].value:.0f} % of a core"
    )


def _rows(name: str, run: Run) -> list[str]:
    """The rows of a bench in the one table, below its title; ″ is the same as in the row above."""
    rows, of = [], ""
    for each in (figure for figure in run.figures if not figure.at):
        missed = " (missed)" if each.is_met is False else ""
        said = "″" if each.of == of else each.of
        rows.append(f"| {each.name} | {spelled(each.value, each.unit)}{missed} | {to_reach(each)} | {said} |")
        of = each.of
    return [f"| **{TITLES.get(name, name)}** | | | {_when(run)} |", *rows] if rows else []


def _when(run: Run) -> str:
    load, pace = run.machine.get("load"), run.machine.get("pace_ms")
    about = [run.date, "" if run.size == "default" else run.size, "" if load is None else f"load {load}"]
    about.append("" if pace is None else f"pace {pace} ms")
    return ", ".join(part for part in (*about, str(run.machine.get("note", ""))) if part)


def _machines(runs: Mapping[str, Run]) -> Iterator[str]:
    """Each machine once, with the versions that were on it."""
    benches: dict[str, list[str]] = {}
    for name, run in runs.items():
        about = {name: value for name, value in run.machine.items() if name not in {"load", "pace_ms", "note"}}
        parts = [f"{about.pop('cores')} cores", f"{about.pop('memory_gib')} GiB", str(about.pop("system", ""))]
        said = ", ".join(
            part for part in (*parts, *(f"{package} {version}" for package, version in about.items())) if part
        )
        benches.setdefault(said, []).append(name)
    yield (
        "Load is that of the machine's last minute before a bench began: 2 is both cores busy with other work. Pace is "
        "what a million additions in Python took it then: on one of twice the pace, expect twice the seconds.\n"
    )
    for said, names in benches.items():
        yield f"- {', '.join(names)}: {said}"
    yield ""


def _torture() -> Iterator[str]:
    """The table of `make torture`, as it was kept last; nothing before that."""
    if not TORTURE.exists():
        return
    kept = json.loads(TORTURE.read_text(encoding="utf-8"))
    yield "## What must not lose a record\n"
    yield (
        f"`make torture`, {kept['date']}, load {kept['machine']['load']}. Acknowledged: records whose senders were "
        "told that they are stored, or that were there before. Lost: those of them that were not there afterwards, as "
        "bytes or as rows; doubled: rows too many. A control is there to lose: it shows that a loss would be seen.\n\n"
        "Of a killed process: what was sent over HTTP and CoAP meanwhile, and the time until there is another one and "
        "HTTP is answered; no frame is sent to the capture. Of hostile bytes: batches that were decoded. The rows of "
        "the idle sender, the broker, the lock and the queue are of runs of their own, on the same day.\n"
    )
    yield "| fault | rounds | acknowledged | lost | doubled | recovered within | memory | recovers |"
    yield "|---|---|---|---|---|---|---|---|"
    yield from (_struck(row) for row in kept["rows"])
    yield ""


def _struck(row: Mapping[str, Any]) -> str:
    fault = f"{row['fault']} ({row['note']})" if row["note"] else row["fault"]
    took_s = row["recover_s"]
    recovered = "–" if took_s is None else "0.1 s" if took_s < 0.1 else f"{took_s:.1f} s"
    counts = (f"{row[name]:,}" for name in ("rounds", "acknowledged", "lost", "doubled"))
    memory = "–" if not row["memory_mb"] else spelled(row["memory_mb"], "MB")
    control = " (control)" if row["is_control"] else ""
    return f"| {fault}{control} | {' | '.join(counts)} | {recovered} | {memory} | {row['recovers']} |"


def _grids(name: str, run: Run) -> Iterator[str]:
    """What was measured of several sizes, with the picture where there is one."""
    figures = [figure for figure in run.figures if figure.at]
    if figures:
        yield f"## {TITLES.get(name, name)}\n\n{_when(run)}.\n"
        if name == picture.BENCH:
            yield f"![{picture.TITLE}](img/{picture.FILE.name})\n"
        yield _grid(figures)


def _grid(figures: Sequence[Figure]) -> str:
    """Figures of several sizes: a row for each name, a column for each size, and the last ÷ the first."""
    columns = list(dict.fromkeys(each.at for each in figures))
    ratio = [f"{columns[-1]} ÷ {columns[0]}"] if len(columns) > 1 else []
    rows = [f"| {' | '.join(['what', *columns, *ratio, 'to reach'])} |", "|---" * (2 + len(columns) + len(ratio)) + "|"]
    for name in dict.fromkeys(each.name for each in figures):
        of_name = {each.at: each for each in figures if each.name == name}
        cells = [_cell(of_name.get(column)) for column in columns]
        first, last = of_name.get(columns[0]), of_name.get(columns[-1])
        grown = spelled(last.value / first.value) if first and last and first.value else ""
        goals = [f"{to_reach(each)} at {each.at}" for each in of_name.values() if to_reach(each)]
        rows.append(f"| {' | '.join([name, *cells, *([grown] if ratio else []), '; '.join(goals)])} |")
    of = dict.fromkeys(each.of for each in figures)
    return "\n".join(rows) + f"\n\nOf: {'; '.join(of)}.\n"


def _cell(figure: Figure | None) -> str:
    if figure is None:
        return "–"
    return spelled(figure.value, figure.unit) + (" (missed)" if figure.is_met is False else "")


if __name__ == "__main__":
    write()
