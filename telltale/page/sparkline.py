"""The small course beside a tile's number, as inline SVG: no axis, last value marked, gaps open."""

from collections.abc import Iterator, Sequence

WIDTH, HEIGHT = 92, 28
_INSET = 4


def svg(values: Sequence[float | None], *, bars: bool = False, alarm: bool = False) -> str:
    """The course of up to some dozen values; nothing when fewer than three are known."""
    known = [value for value in values if value is not None]
    if len(known) < 3:
        return ""
    last = "last alarm" if alarm else "last"
    body = _bars(values, last) if bars else _line(values, last)
    return (
        f'<svg class="spark" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" aria-hidden="true">'
        f"{body}</svg>"
    )


def _line(values: Sequence[float | None], last: str) -> str:
    points = list(_points(values))
    runs: list[list[tuple[float, float]]] = [[]]
    for point in points:
        if point is not None:
            runs[-1].append(point)
        elif runs[-1]:
            runs.append([])
    lines = "".join(f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in run)}"/>' for run in runs if run)
    end = points[-1]
    return lines + (f'<circle class="{last}" cx="{end[0]:.1f}" cy="{end[1]:.1f}" r="2.6"/>' if end else "")


def _points(values: Sequence[float | None]) -> Iterator[tuple[float, float] | None]:
    known = [value for value in values if value is not None]
    low, spread = min(known), max(known) - min(known)
    step = (WIDTH - 2 * _INSET) / max(1, len(values) - 1)
    for index, value in enumerate(values):
        level = 0.5 if not spread or value is None else (value - low) / spread
        y = HEIGHT - _INSET - level * (HEIGHT - 2 * _INSET)
        yield None if value is None else (_INSET + index * step, y)


def _bars(values: Sequence[float | None], last: str) -> str:
    top = max((value for value in values if value is not None), default=0) or 1
    step = min((WIDTH - 2) / len(values), 17)
    kinds = [""] * (len(values) - 1) + [f' class="{last}"']
    return "".join(
        f'<rect{kind} x="{index * step:.1f}" y="{HEIGHT - 2 - height:.1f}" '
        f'width="{min(max(2.0, step * 0.72), 12):.1f}" height="{height:.1f}"/>'
        for index, (value, kind) in enumerate(zip(values, kinds, strict=True))
        if value is not None
        for height in (max(1.0, value / top * (HEIGHT - 6)),)
    )
