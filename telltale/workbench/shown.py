"""How a table of `tt` looks in a notebook: few columns, what identifies a row first, times on the site's clock.

Only the look: the frame keeps all its columns, and its times are UTC. What is not shown is named below the table. A
frame that is no table of `tt`, or has lost its mark, looks as pandas shows it.
"""

import html
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

MARK = "telltale"
"""In the `attrs` of a frame that `tt` made; what pandas makes of it keeps them."""
MOST_COLUMNS = 12
FIRST = (
    *("name", "item", "source", "site", "label", "day", "state", "quantity", "channel", "unit"),
    *("value_last", "value_mean", "value_min", "value_max"),
    *("last_seen", "silent_s", "reports", "missing"),
)
"""The columns that are shown before all others, where there are more than fit."""
_zone = "UTC"
_said = ""
_heading: ContextVar[str] = ContextVar("heading", default="")
_registered: list[object] = []
"""The shell whose tables look so."""


def in_zone(zone: str, heading: str = "") -> None:
    """Show times on this clock from here on, that of the project found from here, and of which moment tables are."""
    global _zone, _said
    _zone, _said = zone, heading


@contextmanager
def headed(text: str) -> Iterator[None]:
    """Inside the block each table says so, such as of which moment it is."""
    token = _heading.set(text)
    try:
        yield
    finally:
        _heading.reset(token)


def marked(frame: "pd.DataFrame") -> "pd.DataFrame":
    """The frame as a table of `tt`, which a notebook shows as said above."""
    frame.attrs[MARK] = _heading.get() or _said or True
    _register()
    return frame


def looks(frame: "pd.DataFrame") -> str:
    """A frame as HTML."""
    made: str = (_readable(frame) if frame.attrs.get(MARK) else frame)._repr_html_()  # type: ignore[operator]
    note = _note(frame) if frame.attrs.get(MARK) else ""
    return f'{made}<p style="font-size: smaller">{html.escape(note)}</p>' if note else made


def chosen(frame: "pd.DataFrame") -> list[str]:
    """The columns that are shown: all where they fit, else `FIRST`, then others that have values."""
    names = list(map(str, frame.columns))
    if len(names) <= MOST_COLUMNS:
        return names
    told = [name for name in names if not len(frame) or _says(frame[name])]
    first = [name for name in FIRST if name in told]
    return [*first, *(name for name in told if name not in first)][:MOST_COLUMNS]


def _says(column: "pd.Series[Any]") -> bool:
    """Whether a column has any value."""
    return bool((column.notna() & (column.astype(str) != "")).any())


def _readable(frame: "pd.DataFrame") -> "pd.DataFrame":
    shown = frame[chosen(frame)].copy()
    for name in _times(shown):
        shown[name] = shown[name].dt.tz_convert(_zone).dt.strftime("%Y-%m-%d %H:%M:%S")
    for name in map(str, shown.select_dtypes("float").columns):
        shown[name] = shown[name].round(1 if name.endswith("_s") else 3)
    return shown


def _times(frame: "pd.DataFrame") -> list[str]:
    return list(map(str, frame.select_dtypes("datetimetz").columns))


def _note(frame: "pd.DataFrame") -> str:
    shown = chosen(frame)
    left = [str(name) for name in frame.columns if name not in shown]
    clock = f"times: {_zone}" if _times(frame[shown]) else ""
    more = f"{len(left)} more columns: {', '.join(left)}" if left else ""
    said = frame.attrs.get(MARK)
    return "; ".join(filter(None, (said if isinstance(said, str) else "", clock, more)))


def _register() -> None:
    """Once in each shell, where there is one."""
    interactive = sys.modules.get("IPython")
    shell = interactive.get_ipython() if interactive is not None and hasattr(interactive, "get_ipython") else None
    if shell is None or shell in _registered:
        return
    import pandas as pd

    shell.display_formatter.formatters["text/html"].for_type(pd.DataFrame, looks)
    _registered[:] = [shell]
