"""How long what is kept: closing local days, and removing what must go (DESIGN section 11).

`limits.py` says when, `closing.py` writes the visits and figures of a day, `purging.py` removes, `removing.py` is how,
`unlisted.py` is for files on no list; `guarded.py` does it by a clock that is believed.
"""

from telltale.operate.retention.closing import Closed, close_days, left_out
from telltale.operate.retention.guarded import Retained, purge_when_trusted
from telltale.operate.retention.purging import Purged, purge, sentence

__all__ = ["Closed", "Purged", "Retained", "close_days", "left_out", "purge", "purge_when_trusted", "sentence"]
