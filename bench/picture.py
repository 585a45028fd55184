"""The picture of docs/figures.md: what each page costs with a week, a year and three years behind it.

Plain SVG: a bar for each size, a group for each page, without a renderer that differs from machine to machine.
"""

from collections.abc import Mapping
from pathlib import Path

from bench.measured import Run, spelled

BENCH = "pages"
FILE = Path(__file__).parents[1] / "docs" / "img" / "pages.svg"
TITLE = "CPU seconds of each page after a change, with a week, a year and three years of records"
SUFFIX = ", after a change"
COLOURS = ("#9db4c8", "#4d7ea8", "#1d3d5c")
WIDTH, LEFT, BAR, GAP, TOP = 760, 120, 12, 14, 64


def svg(runs: Mapping[str, Run]) -> str:
    """The picture; empty where pages were not measured."""
    figures = [each for each in (runs[BENCH].figures if BENCH in runs else ()) if each.name.endswith(SUFFIX)]
    names = list(dict.fromkeys(each.name for each in figures))
    sizes = list(dict.fromkeys(each.at for each in figures))
    if not figures:
        return ""
    most = max(each.value for each in figures)
    height = TOP + len(names) * (len(sizes) * BAR + GAP) + 8
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif">',
        f"<title>{TITLE}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="12" y="22" font-size="14" fill="#1c2733">{TITLE}</text>',
    ]
    for at, size in enumerate(sizes):
        x = 12 + 90 * at
        parts.append(f'<rect x="{x}" y="36" width="12" height="12" fill="{COLOURS[at % len(COLOURS)]}"/>')
        parts.append(f'<text x="{x + 18}" y="46" font-size="12" fill="#1c2733">{size}</text>')
    values = {(each.name, each.at): each for each in figures}
    for row, name in enumerate(names):
        top = TOP + row * (len(sizes) * BAR + GAP)
        middle = top + len(sizes) * BAR / 2 + 4
        label = name.removesuffix(SUFFIX).removeprefix("page ")
        parts.append(
            f'<text x="{LEFT - 10}" y="{middle:g}" text-anchor="end" font-size="12" fill="#1c2733">{label}</text>'
        )
        for at, size in enumerate(sizes):
            if (figure := values.get((name, size))) is None:
                continue
            length, y = (WIDTH - LEFT - 80) * figure.value / most, top + at * BAR
            fill = COLOURS[at % len(COLOURS)]
            parts.append(f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR - 2}" fill="{fill}"/>')
            seen = spelled(figure.value, figure.unit)
            parts.append(f'<text x="{LEFT + length + 6:.1f}" y="{y + 9}" font-size="10" fill="#1c2733">{seen}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def write(runs: Mapping[str, Run]) -> None:
    """Draw it, where there is something to draw."""
    if drawn := svg(runs):
        FILE.parent.mkdir(exist_ok=True)
        FILE.write_text(drawn, encoding="utf-8")
