"""The thresholds of visits and passers-by, as a project's telltale.toml has them and as one call may change them."""

from typing import TypedDict

from telltale.contract import ConfigError, did_you_mean
from telltale.presence.analysis import Rules
from telltale.settings import PresenceSettings
from telltale.workbench.times import Duration, seconds

MINUTE = 60


class Thresholds(TypedDict, total=False):
    """What a call may change of `[presence]` in telltale.toml."""

    gap: Duration
    """Silence that ends a session."""
    visit: Duration
    """Stay from which a session is a visit."""
    engaged: Duration
    """Stay from which a visitor is engaged."""
    visit_dbm: int
    """Strongest signal a visit needs."""
    passer_dbm: int
    """Strongest signal a passer-by needs."""


def rules(settings: PresenceSettings, changed: Thresholds | None = None) -> Rules:
    """The rules of the project, with what a call changes.

    Raises:
        ConfigError: an unknown name, or thresholds that contradict each other.
    """
    chosen: Thresholds = {
        "gap": MINUTE * settings.gap_min,
        "visit": MINUTE * settings.visit_min,
        "engaged": MINUTE * settings.engaged_min,
        "visit_dbm": settings.visit_dbm,
        "passer_dbm": settings.passer_dbm,
    }
    for name in changed or ():
        if name not in chosen:
            hint = did_you_mean(name, chosen)
            raise ConfigError(f'threshold "{name}": known are {", ".join(chosen)}{hint}')
    chosen |= changed or {}
    try:
        return Rules(
            gap_s=round(seconds(chosen["gap"])),
            visitor_s=round(seconds(chosen["visit"])),
            engaged_s=round(seconds(chosen["engaged"])),
            visitor_dbm=chosen["visit_dbm"],
            passer_dbm=chosen["passer_dbm"],
        )
    except ValueError as error:
        raise ConfigError(f"[presence] {error}") from error
