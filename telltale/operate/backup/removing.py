"""Remove backups: those whose time is over, and those that hold what is forgotten."""

from collections.abc import Iterator

from telltale.landing import Store
from telltale.operate.backup import ledger
from telltale.operate.backup.place import Place
from telltale.workbench.project import Project


def remove(project: Project, backup: ledger.Backup, *, now_us: int) -> None:
    """Remove a backup, and the lake's files at its place that no other one has.

    Raises:
        ConfigError: the place cannot be reached.
        StoreError: a manifest there cannot be read.
    """
    place = Place(backup.place, project.settings.object_access)
    for manifest in place.manifests():
        if manifest.name == backup.name:
            place.remove(manifest)
    ledger.note_gone(project.store, backup.place, backup.name, now_us=now_us)


def expire(store: Store, place: Place, now_us: int) -> Iterator[str]:
    """Remove the backups at a place whose time is over, and yield their names."""
    for manifest in place.manifests():
        if manifest.expires_at is not None and manifest.expires_at <= now_us:
            place.remove(manifest)
            ledger.note_gone(store, place.shown, manifest.name, now_us=now_us)
            yield manifest.name
