"""Reports: a notebook run for a period, kept as one offline HTML file, listed in an index.

`periods.py` reads what people type, `execute.py` runs the notebook and keeps its files, `page.py` makes the page,
`naming.py` names it, `pdf.py` prints it, `index.py` lists all.
"""

from typing import TYPE_CHECKING

from telltale.lazy import lazily

if TYPE_CHECKING:
    from telltale.report.execute import Report, ReportError, notebooks, run
    from telltale.report.page import render
    from telltale.workbench.periods import Period

__all__ = ["Period", "Report", "ReportError", "notebooks", "render", "run"]
_FROM_EXECUTE = dict.fromkeys(("Period", "Report", "ReportError", "notebooks", "run"), "execute")

__getattr__, __dir__ = lazily(__name__, {**_FROM_EXECUTE, "render": "page"})
