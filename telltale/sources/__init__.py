"""The list of sources: one vendor a folder, each from wire layout to simulator; a new vendor is one line here."""

from telltale.contract import ConfigError, Source, did_you_mean
from telltale.sources import button, cloudtrax, efento, meraki, pc_idle, sigfox

SOURCES: tuple[Source, ...] = (
    cloudtrax.SOURCE,
    sigfox.SOURCE,
    efento.SOURCE,
    button.SOURCE,
    pc_idle.SOURCE,
    meraki.SOURCE,
)

BY_NAME: dict[str, Source] = {source.name: source for source in SOURCES}


def source(name: str) -> Source:
    """The source of that name.

    Raises:
        ConfigError: there is none; the message names those there are, and the nearest.
    """
    found = BY_NAME.get(name)
    if found is None:
        hint = did_you_mean(name, BY_NAME)
        raise ConfigError(f'no source "{name}"; known: {", ".join(sorted(BY_NAME))}{hint}')
    return found
