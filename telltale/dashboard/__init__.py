"""Dashboards: pages that answer one question each, live, for whoever has the token.

Each subject has its page (`telltale/<subject>/page.py`); `pages.py` lists them, `operations.py` and `owner_health.py`
join several subjects, `concerns.py` gathers what needs a look, `newest.py` the newest values. `boards.py` computes
pages for all viewers in one process (`figures.py`); the kernels Voilà starts only pass them on (`show.py`, `client.py`,
`widget.py`). `server.py` is Voilà with our template, login and limits; `serve.py` runs both.
"""

from typing import TYPE_CHECKING, Any

from telltale.dashboard.show import show

if TYPE_CHECKING:
    from telltale.dashboard.concerns import attention_table as attention
    from telltale.dashboard.newest import last as last
    from telltale.page.board import Ask as Ask
    from telltale.page.board import Board as Board
    from telltale.page.board import Cell as Cell
    from telltale.page.board import Control as Control
    from telltale.page.board import Freshness as Freshness

_PARTS = ("Ask", "Board", "Cell", "Control", "Freshness")
__all__ = ["Ask", "Board", "Cell", "Control", "Freshness", "attention", "last", "show"]


def __getattr__(name: str) -> Any:
    """What a page is made of, imported when asked for: a kernel that only passes a page on needs none of it."""
    if name in _PARTS:
        from telltale.page import board

        return getattr(board, name)
    if name == "attention":
        from telltale.dashboard.concerns import attention_table

        return attention_table
    if name == "last":
        from telltale.dashboard.newest import last

        return last
    raise AttributeError(f"telltale.dashboard has no {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return __all__
