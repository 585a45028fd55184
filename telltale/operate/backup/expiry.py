"""How long a backup may be kept: as long as the shortest-lived rows about people in it may be, from its making on.

Source: DESIGN section 11: what retention removes here must not live on in a copy.
"""

from collections.abc import Collection

from telltale.lake import RAW_TABLE, File
from telltale.operate.retention.limits import HARMLESS, HOUR
from telltale.settings import Settings
from telltale.tables import REJECT, TABLES, VISIT
from telltale.workbench.times import DAY


def expires_at(settings: Settings, files: Collection[File], *, has_hot: bool, now_us: int) -> int | None:
    """When a backup has to be gone; None where nothing in it is about people, or everything is kept for ever.

    Args:
        settings: of the project.
        files: of the lake that are in it.
        has_hot: whether records that are not settled yet, refused or spooled ones of people's devices are in it.
        now_us: when it is made.
    """
    sites = [site for site in (settings.site, *settings.sites.values()) if not site.keep]
    if not sites:
        return None
    spans = []
    if has_hot or any(_holds_bodies(file) for file in files):
        spans.append(min(site.raw_retention_h for site in sites) * HOUR)
    personal = {file.table_name for file in files if file.table_name in TABLES and TABLES[file.table_name].personal}
    if personal - {VISIT.name}:
        spans.append(min(site.sighting_retention_h for site in sites) * HOUR)
    if VISIT.name in personal:
        spans.append(min(site.visit_retention_d for site in sites) * DAY)
    return now_us + min(spans) if spans else None


def _holds_bodies(file: File) -> bool:
    return file.table_name in {RAW_TABLE, REJECT.name} and file.source not in HARMLESS
