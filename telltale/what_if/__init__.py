"""`tt.compare`: what a call would say with other thresholds, limits or cards, beside what it says.

`asking.py` asks, `choices.py` makes the projects in which something is set otherwise, `measures.py` knows which calls
can be compared and by what, `comparison.py` is the answer: table, chart. Nothing of it is published.
"""

from telltale.what_if.asking import compare
from telltale.what_if.comparison import Comparison

__all__ = ["Comparison", "compare"]
