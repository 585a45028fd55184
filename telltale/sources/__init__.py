"""The list of sources: one vendor a file, each from wire layout to simulator; a new vendor is one line here."""

from difflib import get_close_matches

from telltale.contract import ConfigError, Source
from telltale.sources import button, cloudtrax, efento, meraki, pc_idle, sigfox

SOURCES: tuple[Source, ...] = (
    cloudtrax.SOURCE,
    sigfox.SOURCE,
    efento.SOURCE,
    button.SOURCE,
    pc_idle.SOURCE,
    meraki.SOURCE,
)

_BY_NAME = {source.name: source for source in SOURCES}


def source(name: str) -> Source:
    """The source of that name.

    Raises:
        ConfigError: there is none; the message names those there are, and the nearest.
    """
    found = _BY_NAME.get(name)
    if found is None:
        near = get_close_matches(name, _BY_NAME, n=1)
        hint = f'; did you mean "{near[0]}"?' if near else ""
        raise ConfigError(f'no source "{name}"; known: {", ".join(sorted(_BY_NAME))}{hint}')
    return found
