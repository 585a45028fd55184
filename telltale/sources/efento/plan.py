"""What telltale.toml says of Efento sensors.

    [sources.efento]
    cloud_token_option = 65000             the CoAP option with the cloud token; 65000: it is in the payload
    payload_signature_option = 65000       the option with the signature, kept with the record; 65000: none
    modem_identification_option = 65000    the option with the IMEI, which may serve as token; 65000: none
    current_time = "daily"                 how often a reply sets the sensor's clock: daily, always, never
    device_info_h = 24                     hours after which device info is asked for again; 0: only after a change

The numbers are those set in the sensor (its fields 40, 41 and 52). An odd one is critical: it must be known here, or
the sensor is answered 4.02. Names and prefix of the endpoints are the collector's: `[coap]`.

Source: wire/efento.md 4 (fields 40, 41, 52), 7.
"""

import json
from functools import lru_cache
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from telltale.contract import ConfigError, Options

IN_PAYLOAD = 65000
_Option = Annotated[int, Meta(ge=1, le=IN_PAYLOAD)]


class Plan(Struct, frozen=True, forbid_unknown_fields=True):
    """The options, checked and ready to use."""

    cloud_token_option: _Option = IN_PAYLOAD
    payload_signature_option: _Option = IN_PAYLOAD
    modem_identification_option: _Option = IN_PAYLOAD
    current_time: Literal["daily", "always", "never"] = "daily"
    device_info_h: Annotated[int, Meta(ge=0, le=8760)] = 24

    @property
    def token_headers(self) -> tuple[str, ...]:
        """The headers that may carry a token."""
        return header(self.cloud_token_option), header(self.modem_identification_option)

    @property
    def known_headers(self) -> frozenset[str]:
        """The headers of all options a sensor may send."""
        return frozenset((*self.token_headers, header(self.payload_signature_option)))


def header(number: int) -> str:
    """The name under which the collector hands an option in."""
    return f"coap-{number}"


def plan(options: Options) -> Plan:
    """The plan of these options.

    Raises:
        ConfigError: a key or value is not understood; the sentence names it.
    """
    return _plan(json.dumps(options, sort_keys=True, default=str))


@lru_cache(maxsize=64)
def _plan(options: str) -> Plan:
    try:
        return msgspec.json.decode(options, type=Plan)
    except msgspec.ValidationError as error:
        raise ConfigError(
            f"telltale.toml [sources.efento]: {error}; known: {', '.join(Plan.__struct_fields__)}"
        ) from None
