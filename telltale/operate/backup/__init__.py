"""Backups of a project: the lake's files once each, and for every backup the store, spools and settings of its moment.

    <place>/files/<path in the lake>               immutable, named by what they hold: a later backup adds what is new
    <place>/backups/2026-12-01T071900Z/store.db    every table of the store, as SQLite, whatever the store is
                                       spool/      what waited for the store on this machine
                                       settings/   telltale.toml, devices.csv, buttons.csv, as they lie in the project
                                       manifest.json    written last: what has none is no backup

Secrets are left out, and so are pseudonym keys; where that is asked `keys.py` writes them into a file apart.
`making.py` and `restoring.py` are the two ways, `place.py` where they lie, `apart.py` where they may not, `claims.py`
who makes one there, `expiry.py` how long, `removing.py` takes them away, `ledger.py` is what the store knows of them.
"""

from telltale.operate.backup.keys import Locker
from telltale.operate.backup.ledger import UNFINISHED, Backup, backups, past, reminder
from telltale.operate.backup.making import Made, make
from telltale.operate.backup.removing import reached, remove, remove_due
from telltale.operate.backup.restoring import Restored, restore

__all__ = [
    "UNFINISHED", "Backup", "Locker", "Made", "Restored", "backups", "make", "past", "reached", "reminder", "remove",
    "remove_due", "restore",
]  # fmt: skip
