"""What telltale.toml says of Meraki.

    [sources.meraki]
    validator = "…"                    what GET /meraki answers: the string the dashboard shows for the network
    site = "meraki"                    the network's name of version 2, which does not tell it; version 3 does
    [sources.meraki.validators]        further networks: what GET /meraki/<name> answers
    branch = "…"
    [sources.meraki.sites]             of version 2, where one address serves several networks: access point = name
    "00:18:0a:13:dd:b0" = "branch"

Without a line in `sites` a body of version 2 belongs to the name in its address (/meraki/branch), else to `site`.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta, Struct

from telltale.address import spelled, station
from telltale.contract import ConfigError, Options
from telltale.sources.meraki.wire import SITE_TEXT

_SECTION = "telltale.toml [sources.meraki]"
_Site = Annotated[str, Meta(pattern=rf"^{SITE_TEXT}\Z")]


class _Options(Struct, frozen=True, forbid_unknown_fields=True):
    validator: str = ""
    site: _Site = "meraki"
    validators: dict[str, str] = {}
    sites: dict[str, _Site] = {}


class Plan(NamedTuple):
    """The options, checked; `sites` by access point in lower-case colon form."""

    validator: str
    site: str
    validators: Mapping[str, str]
    sites: Mapping[str, str]

    def site_of(self, node_id: str, network: str) -> str:
        """The network of an access point of version 2."""
        return self.sites.get(node_id) or network or self.site


def plan(options: Options) -> Plan:
    """The plan of these options.

    Raises:
        ConfigError: a key or value is not understood; the sentence names it.
    """
    return _plan(json.dumps(options, sort_keys=True, default=str))


@lru_cache(maxsize=64)
def _plan(options: str) -> Plan:
    try:
        told = msgspec.json.decode(options, type=_Options)
    except msgspec.DecodeError as error:
        raise ConfigError(f"{_SECTION}: {error}") from None
    sites = {}
    for text, site in told.sites.items():
        address = station(text)
        if address < 0:
            raise ConfigError(f'{_SECTION[:-1]}.sites] "{text}": expected the six octets of an access point')
        sites[spelled(address)] = site
    return Plan(told.validator, told.site, told.validators, sites)
