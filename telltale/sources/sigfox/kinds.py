"""What arrives at which address: the kind of a callback, and the endpoint whose options hold for it.

    address             callback                      says
    /sigfox/uplink      DATA UPLINK                   a message
    /sigfox/downlink    DATA BIDIR                    a message whose device listens for an answer
    /sigfox/batch       DATA UPLINK, channel BATCH    many messages, a line each
    /sigfox/advanced    SERVICE DATA_ADVANCED         link quality and place of a message told before
    /sigfox/status      SERVICE STATUS                battery and temperature, about daily
    /sigfox/ack         SERVICE ACKNOWLEDGE           what became of a downlink
    /sigfox/geoloc      SERVICE GEOLOC                a place, in the older form
    /sigfox/repeater    SERVICE REPEATER              a repeater's counters
    /sigfox/error       ERROR                         silence, or a base station in trouble
    /sigfox/event       EVENT                         what happened to a device, a type or a group

Each may be followed by a name of the owner's choice (/sigfox/uplink/fridges): that is then the endpoint, else the kind
is. Beside them stand the addresses of two tutorials, which are endpoints too.

Source: wire/sigfox.md 1.1, 1.2, 7.2, 7.3.
"""

import re
from typing import NamedTuple

UPLINK, DOWNLINK, BATCH, ADVANCED = "uplink", "downlink", "batch", "advanced"
STATUS, ACK, GEOLOC, REPEATER, ERROR, EVENT = "status", "ack", "geoloc", "repeater", "error", "event"
KINDS = (UPLINK, DOWNLINK, BATCH, ADVANCED, STATUS, ACK, GEOLOC, REPEATER, ERROR, EVENT)
DATA, MESSAGES = "data", "messages"

_SENSOR = re.compile(r"[\w. -]{1,64}")


class Place(NamedTuple):
    """What the path says: the kind (empty for none of ours), the endpoint, and of `/data/<sensor>` the sensor."""

    kind: str = UPLINK
    endpoint: str = UPLINK
    sensor: str = ""
    is_known: bool = True


def place(path: str) -> Place:
    """The kind, endpoint and sensor of a path; `/sigfox/uplink` where it says nothing."""
    parts = path.strip("/").split("/", 2)
    if parts[0] == DATA:
        sensor = parts[1] if len(parts) == 2 else ""
        return Place(UPLINK, DATA, sensor, _SENSOR.fullmatch(sensor) is not None)
    if parts[0] == MESSAGES:
        return Place(UPLINK, MESSAGES)
    kind = parts[1] if len(parts) > 1 else UPLINK
    endpoint = parts[2] if len(parts) == 3 else kind
    return Place(kind, endpoint) if kind in KINDS else Place("", endpoint, is_known=False)
