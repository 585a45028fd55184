"""One figure of one thing: what the analysis found, and what the simulator knows."""

import math
from typing import NamedTuple


class Figure(NamedTuple):
    """One figure of one device or item; `true` is the simulator's."""

    name: str
    figure: str
    found: float | None
    true: float | None
    tolerance: float = 0.0
    """How far they may be apart, where what is measured is sure to no more."""

    @property
    def agrees(self) -> bool:
        """Equal counts; values equal but for the order in which they add up."""
        if self.found is None or self.true is None:
            return self.found is self.true
        return math.isclose(self.found, self.true, rel_tol=1e-9, abs_tol=self.tolerance)
