"""Whether what a project keeps is whole, and making whole again what can be.

`looking.py` finds, `repairing.py` mends the lake's files, `store_again.py` a SQLite store, `aside.py` is where what was
damaged goes.
"""

from telltale.operate.check.looking import examine, files_from_outside
from telltale.operate.check.repairing import repair

__all__ = ["examine", "files_from_outside", "repair"]
