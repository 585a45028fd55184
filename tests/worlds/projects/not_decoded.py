"""Payloads nobody named the fields of, a nested body, a text where a number should be: kept, and said to be unread."""

import datetime as dt
import json

from tests.worlds.projects.common import UNITS, listed
from tests.worlds.sent import MINUTE, Bytes, Message, Sent, at, every
from tests.worlds.world import World, figure


def nested(moment: dt.datetime, n: int) -> Sent:
    """A body whose numbers stand one level down."""
    told = {"device": "2D24E7", "time": int(moment.timestamp()), "seqNumber": n, "data_in": {"temperature": 6.5}}
    headers = {"content-type": "application/json"}
    return Bytes(moment, "sigfox", "POST", "/sigfox/uplink", json.dumps(told).encode(), headers, device="sigfox:2d24e7")


MOMENTS = list(every(10 * MINUTE, "2026-11-20 08:00", "2026-11-20 14:01"))
WORLD = World(
    story=__doc__,
    now=at("2026-11-20 14:02"),
    sent=[
        *(Message(moment, "2d24e6", {}, n, data="00c8002d") for n, moment in enumerate(MOMENTS)),
        *(nested(moment, n) for n, moment in enumerate(MOMENTS)),
        *(Message(moment, "2d24e8", {"temp": "abc"}, n) for n, moment in enumerate(MOMENTS)),
    ],
    settings=UNITS,
    devices=listed("sigfox:2d24e6,Fridge,600,2,8", "sigfox:2d24e7,Freezer,600,2,8", "sigfox:2d24e8,Cellar,600,2,8"),
    says={"health": ["no_payload_config", "not_a_number", "gave no rows"], "sensors": ["Freezer", "6.5"]},
    never={
        "*": ["Every row of this period could be decoded", "All three sensors kept", "Both sensors kept"],
    },
    figures=[
        figure("reports", device="sigfox:2d24e6"),
        figure("state", device="sigfox:2d24e6"),
        figure("state", device="sigfox:2d24e8"),
        figure("records", source="sigfox"),
        figure("devices_known", source="sigfox"),
    ],
)
