"""Sensors' records as events: the JSON an earlier ThingWorx server made of them, fixed when it is written.

With `[forward.thingworx] compat` it has the faults of that server, as `telltale export efento-json --compat` has, so
that what reads it sees no jump where telltale takes over. What is in the outbox stays as it was written.

Source: wire/forwarding.md section 3, wire/efento.md section 8.
"""

import base64
import hashlib
import json
from collections.abc import Iterator

from telltale.contract import Raw
from telltale.forward.outbox import Event
from telltale.sources.efento.thingworx import spoken
from telltale.workbench.project import Project
from telltale.workbench.raw_records import records
from telltale.workbench.times import FOREVER, SECOND, Span

SOURCE = "efento"
DEVICE_PREFIX = f"{SOURCE}:"
WATERMARK = DEVICE_PREFIX
"""The device whose watermark is that of all sensors: records are found by when they arrived."""
_NOBODY = f"{DEVICE_PREFIX}unknown"


def events(project: Project, since_us: int) -> Iterator[Event]:
    """The records received from a moment on."""
    compat = project.settings.forward.thingworx.compat
    for raw, told in spoken(records(project, SOURCE, Span(since_us, FOREVER)), compat=compat):
        if told != {"measurements": []}:
            device = _device(told)
            yield Event(_id(raw), device, device, raw.received_at, json.dumps(told))


def slack_us(project: Project) -> int:
    """How long after the moment it was received a record may become visible: its collector waits no longer."""
    return round(max(60.0, 2 * project.settings.landing.ticket_timeout_s) * SECOND)


def _device(told: dict[str, object]) -> str:
    measured = told.get("measurements")
    if isinstance(measured, list):
        serial = str(measured[0].get("serial") or "")
    elif "serialNum" in told:  # device info tells it in base64
        serial = base64.b64decode(str(told["serialNum"])).hex()
    else:
        serial = str(told.get("serialNumber") or "")
    return f"{DEVICE_PREFIX}{serial.lower()}" if serial else _NOBODY


def _id(raw: Raw) -> str:
    return hashlib.sha256(f"{raw.received_at} {raw.sender} {raw.meta} ".encode() + raw.body).hexdigest()[:32]
