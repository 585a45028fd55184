"""Moving a project's store from one database to another, as SQLite to PostgreSQL once a second host comes.

`held.py` opens a database and keeps everybody else out, `copying.py` copies and compares tables, `moving.py` is both.
"""

from telltale.operate.moving.moving import Moved, move

__all__ = ["Moved", "move"]
