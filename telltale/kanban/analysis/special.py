"""The special functions of statistics: SciPy's where it is installed, else those beside this file."""

from importlib.util import find_spec

__all__ = ["bdtr", "bdtrc", "betainc", "gammainc", "gammaincinv", "ndtri"]

if find_spec("scipy"):
    from scipy.special import bdtr, bdtrc, betainc, gammainc, gammaincinv, ndtri
else:
    from telltale.kanban.analysis.without_scipy import bdtr, bdtrc, betainc, gammainc, gammaincinv, ndtri
