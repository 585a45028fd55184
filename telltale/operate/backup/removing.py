"""Remove backups: those whose time is over, and those that hold what is forgotten.

A backup that is being made counts on files that earlier ones have. So while one is made none is removed, and none is
begun while some are removed: each side notes what it does before it looks for the other. What another clock than the
true one says is past stays: removed is removed.
"""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from telltale.contract import ConfigError, StoreError
from telltale.lake.gc import leased, leases
from telltale.lake.lock import Busy
from telltale.landing import Store
from telltale.lockfile import Held, hold
from telltale.operate import trust
from telltale.operate.backup import ledger
from telltale.operate.backup.claims import LEASE_US, claims, unfinished
from telltale.operate.backup.place import BACKUPS, Place
from telltale.workbench.project import Project

MAKING, REMOVING = "backup ", "removing backups "
"""How leases of the two begin."""
STAGED = (".backup-", ".restore-")
"""How the folders begin in which backups are put together, and taken apart, within the data folder."""
RESTORING = "restore.lock"
"""Held in the data folder while a backup is put back."""
_LEASE_US = 3600 * 10**6
"""Longer than removing takes; should its process die, a backup can be made then."""


def reached(project: Project, backup: ledger.Backup) -> Place | None:
    """Where a backup lies.

    None where that cannot be read: a disk that is not there, a bucket that nobody lets us into, a manifest that is
    damaged.
    """
    folder = Path(backup.place)
    if "://" not in backup.place and not (folder.is_dir() and any(folder.iterdir())):
        return None  # its disk may not be mounted: nothing is made there, and nothing is said of it
    try:
        place = Place(backup.place, project.settings.object_access)
        place.manifests()
    except (ConfigError, StoreError, OSError, pa.ArrowException):
        return None
    return place


def remove(project: Project, backup: ledger.Backup, *, now_us: int) -> bool:
    """Remove a backup, and the lake's files at its place that no other one has; False where it is out of reach.

    Raises:
        Busy: a backup is being made.
        StoreError: something of it cannot be removed.
    """
    place = reached(project, backup)
    if place is None:
        return False
    with _alone(project.store, now_us):
        _refuse_claimed(place, now_us, but=backup.name)
        whole = [manifest for manifest in place.manifests() if manifest.name == backup.name]
        for manifest in whole:
            place.remove(manifest)
        if not whole:
            _remove_unfinished(place, backup.name)
        ledger.note_gone(project.store, backup.place, backup.name, now_us=now_us)
    return True


def remove_due(project: Project, *, now_us: int) -> list[ledger.Backup]:
    """Remove the backups within reach whose time is over, and return them; none while a backup is being made.

    So goes what one left that was never finished: at its place after some hours, in the data folder at once, where a
    copy of the store lies with whoever was in it.
    """
    _sweep(project, now_us)
    removed = []
    due = ledger.past(project.store, now_us=now_us)
    due += [each for each in ledger.given_up(project.store, before_us=now_us - LEASE_US) if each not in due]
    for backup in due:
        try:
            if remove(project, backup, now_us=now_us):
                removed.append(backup)
        except (Busy, StoreError):  # the next purge comes back for it; until then doctor and purge name it
            continue
    return removed


def expire(project: Project, place: Place, now_us: int) -> list[str]:
    """Remove the backups at a place whose time is over, and return their names.

    None while one is being made, or the clock is not believed, or the manifest of one cannot be read.
    """
    manifests, unread = place.read()
    due = [each for each in manifests if each.expires_at is not None and each.expires_at <= now_us]
    if not due or unread or (believed_us := _believed(project, now_us)) is None:
        return []
    due = [each for each in due if each.expires_at is not None and each.expires_at <= believed_us]
    try:
        with _alone(project.store, now_us):
            _refuse_claimed(place, now_us)
            for manifest in due:
                place.remove(manifest)
                ledger.note_gone(project.store, place.shown, manifest.name, now_us=now_us)
    except Busy:
        return []
    return [manifest.name for manifest in due]


def clear(project: Project, place: Place, now_us: int) -> None:
    """Remove what backups left at a place that were never finished; nothing while one is being made there."""
    files, names = unfinished(place)
    if not (files or names) or (believed_us := _believed(project, now_us)) is None:
        return
    try:
        with _alone(project.store, believed_us):
            _refuse_claimed(place, believed_us)
            _remove_unfinished(place)
            for backup in ledger.given_up(project.store, before_us=now_us):
                if backup.place == place.shown:
                    ledger.note_gone(project.store, backup.place, backup.name, now_us=now_us)
    except Busy:
        return


def refuse_while_removing(store: Store, now_us: int) -> None:
    """For who has noted that a backup is being made.

    Raises:
        Busy: backups are being removed.
    """
    if any(name.startswith(REMOVING) for name in leases(store, now_us)):
        raise Busy("backup: earlier ones are being removed; make it again in a minute")


def _believed(project: Project, now_us: int) -> int | None:
    """The present as far as it is believed, as for retention; None while the clock is not."""
    clock = trust.look(project, now_us=now_us).now
    return None if clock.is_stepped else clock.trusted_us


def _refuse_claimed(place: Place, now_us: int, *, but: str = "") -> None:
    if running := claims(place, now_us, but=but):
        raise Busy(
            f"backup {place.shown} {running[0]}: it is being made, and none is removed meanwhile; run it again when it "
            "is over"
        )


def _remove_unfinished(place: Place, name: str = "") -> None:
    """Remove what no manifest lists; where a name is given, that backup even if its manifest cannot be read.

    Raises:
        StoreError: something of it cannot be removed.
    """
    if name:
        place.delete([found.path for found in place.root.walk() if found.path.startswith(f"{BACKUPS}/{name}/")])
        place.drop(name)
        if unread := place.read()[1]:
            raise StoreError(f"{unread[0].why}: nobody knows which files it needs, so none is removed until then")
    files, names = unfinished(place)
    place.delete(files)
    for each in names:
        place.drop(each)


def _sweep(project: Project, now_us: int) -> None:
    data = project.settings.data
    for staged in STAGED:
        left = [*data.glob(f"{staged}*")]
        if not left:
            continue
        try:
            with _alone(project.store, now_us), hold(data / RESTORING):
                for folder in left:
                    shutil.rmtree(folder, ignore_errors=True)
        except (Busy, Held):
            continue


@contextmanager
def _alone(store: Store, now_us: int) -> Iterator[None]:
    with leased(store, f"{REMOVING}{secrets.token_hex(4)}", until_us=now_us + _LEASE_US):
        if making := [name for name in leases(store, now_us) if name.startswith(MAKING)]:
            raise Busy(f"{making[0]}: it is being made, and none is removed meanwhile; run it again when it is over")
        yield
