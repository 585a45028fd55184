"""The settings, devices.csv and buttons.csv of a moment that has passed, from the versions the store keeps of them.

Kept are the settings that answers depend on, with their defaults, and the two lists. Not kept are the other sections
(where things lie, ports, who is told) and nothing that is a secret. What protects people is never that of then: the
stricter k of both counts, and whether everybody may see single PCs, what is removed and when are as they are today.
"""

import json
import re
from typing import Any

from telltale import wording
from telltale.contract import ConfigError
from telltale.landing import Store, Version, note, versions_at
from telltale.settings import DEVICES_FILE, SETTINGS_FILE, Settings, SiteSettings, buttons, devices
from telltale.settings.section import Section
from telltale.workbench.times import local_time

SECTIONS = ("site", "sites", "presence", "sensors", "kanban", "activity", "sources")
"""The sections of telltale.toml that answers depend on."""
TODAYS_OF_SITE = ("raw_retention_h", "sighting_retention_h", "visit_retention_d", "keep")
TODAYS = {"activity": ("mine", "show_everyone")}
BUTTONS = "buttons.csv"
"""What the list of `[arp] allow_list` is called among the versions, whatever its name."""
_NEWEST = 2**63 - 1
_SECRET = re.compile(r"secret|token|password|(^|_)key$", re.IGNORECASE)


class Emptied(ConfigError):
    """telltale.toml holds nothing, and said something before."""


def require_whole(settings: Settings, store: Store) -> None:
    """Refuse a telltale.toml of no bytes that said something before: a full disk or a loss of power empties files.

    By its defaults all would be removed that `keep = true` has kept.

    Raises:
        Emptied: so it is.
        StoreError: it is empty, and the store that knows what it said is away.
    """
    path = settings.root / SETTINGS_FILE
    if not path.is_file() or path.stat().st_size:
        return
    kept = versions_at(store, _NEWEST).get(SETTINGS_FILE)
    if kept is not None and _is_another(json.loads(kept.content or b"{}"), json.loads(_content(settings))):
        raise Emptied(
            f"{path}: is empty, and said something before; nothing is noted or removed by it: put back what it said, "
            "as a backup has it, or write a comment into it"
        )


def _is_another(kept: Any, now: Any) -> bool:
    """Whether what was kept says something else of what both know: a key that a newer telltale brings is no change."""
    if not (isinstance(kept, dict) and isinstance(now, dict)):
        return bool(kept != now)
    if not now:
        return bool(kept)
    return any(_is_another(kept[name], now[name]) for name in kept.keys() & now.keys())


def note_settings(settings: Settings, store: Store, *, now_us: int) -> list[str]:
    """Keep what telltale.toml, devices.csv and buttons.csv say where it is another than before; which of them are.

    A list that cannot be read now is left for later: somebody is writing it.

    Raises:
        Emptied: telltale.toml is empty, and was not.
    """
    require_whole(settings, store)
    listed: dict[str, bytes | None] = {}
    for name, file in ((DEVICES_FILE, DEVICES_FILE), (BUTTONS, settings.arp.allow_list)):
        try:
            (devices if name == DEVICES_FILE else buttons)(settings)
            listed[name] = settings.file(file)
        except (ConfigError, OSError):
            continue
    return note(store, {SETTINGS_FILE: _content(settings), **listed}, now_us=now_us)


def settings_then(settings: Settings, store: Store, *, at_us: int) -> tuple[Settings, tuple[str, ...]]:
    """The settings of a moment, and a sentence for each file of which none is kept that reaches back so far.

    Args:
        settings: those of today.
        store: where the versions are.
        at_us: the moment.
    """
    kept = versions_at(store, at_us)
    unknown = [_unknown(name, kept.get(name), at_us, settings) for name in (SETTINGS_FILE, DEVICES_FILE, BUTTONS)]
    then = settings
    if SETTINGS_FILE in kept:
        then = _restored(settings, json.loads(kept[SETTINGS_FILE].content or b"{}"))
    names = {DEVICES_FILE: DEVICES_FILE, BUTTONS: settings.arp.allow_list}
    files = {file: kept[name].content for name, file in names.items() if name in kept}
    return then.with_files(files), tuple(filter(None, unknown))


def _content(settings: Settings) -> bytes:
    told = settings.model_dump(mode="json", include=set(SECTIONS))
    return json.dumps(_without_secrets(told), sort_keys=True, ensure_ascii=False).encode()


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_secrets(inner) for name, inner in value.items() if not _SECRET.search(str(name))}
    return [_without_secrets(inner) for inner in value] if isinstance(value, list) else value


def _restored(today: Settings, kept: dict[str, Any]) -> Settings:
    found: dict[str, Any] = {name: kept[name] for name in ("sources",) if name in kept}
    for name in ("presence", "sensors", "kanban", "activity"):
        now = getattr(today, name)
        same = {key: getattr(now, key) for key in TODAYS.get(name, ())}
        found[name] = _section(now, kept.get(name, {})).model_copy(update=same)
    site = _section(today.site, kept.get("site", {}))
    own = kept.get("sites", {})
    found["site"] = _guarded(site, today.site)
    # A site that has a table of its own today had that of all then, and is guarded as today all the same.
    found["sites"] = {
        name: _guarded(_section(site, own.get(name, {})), today.sites.get(name, today.site))
        for name in {**own, **today.sites}
    }
    return today.model_copy(update=found)


def _section(now: Section, said: dict[str, Any]) -> Any:
    """A section as it was; a key that nobody knows any more has no effect, one that came since is as today."""
    fields = type(now).model_fields
    return type(now).model_validate(now.model_dump() | {key: value for key, value in said.items() if key in fields})


def _guarded(then: SiteSettings, now: SiteSettings) -> SiteSettings:
    same = {key: getattr(now, key) for key in TODAYS_OF_SITE}
    return then.model_copy(update={"k": max(then.k, now.k), **same})


def _unknown(name: str, kept: Version | None, at_us: int, settings: Settings) -> str:
    if kept is None:
        return f"{name} is that of today: what it said before was not kept"
    if kept.at > at_us:
        since = wording.full_date(local_time(kept.at, settings.site.timezone).date())
        return f"what {name} said is not known before {since}: its earliest version is used"
    return ""
