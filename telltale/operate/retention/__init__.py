"""How long what is kept: closing local days, and removing what must go (DESIGN section 11).

`limits.py` says when, `closing.py` writes the visits and figures of a day, `purging.py` removes, `removing.py` is how.
"""

from telltale.operate.retention.closing import Closed, close_days
from telltale.operate.retention.purging import Purged, purge, sentence

__all__ = ["Closed", "Purged", "close_days", "purge", "sentence"]
