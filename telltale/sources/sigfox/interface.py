"""What is to be known of its addresses: the fields, the secret and the answers, as `accept.py` gives them."""

from collections.abc import Mapping
from typing import Any

from telltale.contract import Answer, Interface, Options, Proof, Route
from telltale.sources.sigfox.kinds import KINDS
from telltale.sources.sigfox.plan import plan

_FIELDS: Mapping[str, Any] = {
    "type": "object",
    "description": "The variables of the callback, under their usual names or those of [sources.sigfox.endpoints].",
    "properties": {
        "device": {"type": "string", "description": "1 to 8 hex digits"},
        "time": {"description": "Unix seconds of reception"},
        "data": {"type": "string", "description": "0 to 24 hex digits"},
        "seqNumber": {"description": "0 to 4095"},
        "ack": {"type": "boolean", "description": "the device listens for an answer"},
    },
}
_BODIES = {
    "application/json": _FIELDS,
    "application/x-www-form-urlencoded": {"type": "object", "additionalProperties": {"type": "string"}},
    "text/plain": {"type": "string", "description": "a batch: a line for each message"},
}
_PARTS: Mapping[str, Mapping[str, Any]] = {
    "kind": {"enum": list(KINDS)},
    "endpoint": {"type": "string", "pattern": "^[^/]+$", "description": "a name of the owner's choice"},
    "sensor": {"type": "string", "pattern": "^[A-Za-z0-9_. -]{1,64}$"},
}


def interface(route: Route, options: Options) -> Interface:
    """Of callbacks of the backend, or of the two tutorials."""
    header = plan(options).secret_header
    by_path = {
        "/data/<sensor>": {200: Answer("stored")},
        "/messages/create": {201: Answer("stored")},
        "/sigfox/uplink": {204: Answer("stored", "")},
    }
    stored = by_path.get(
        route.path,
        {
            200: Answer("stored, and the downlink that was queued for the device", "application/json"),
            204: Answer("stored; of a device that listens: nothing is queued for it", ""),
        },
    )
    return Interface(
        "A callback, whatever its template made of it: what is wrong with it decoding says, later",
        stored
        | {
            400: Answer("neither body nor query, or the body did not come whole"),
            401: Answer("no secret; where none is set: the callback came through a proxy"),
            403: Answer("a wrong secret"),
            404: Answer("no such kind of callback, or no name of a sensor"),
        },
        bodies={} if route.method == "GET" else _BODIES,
        takes_query=True,
        parts=_PARTS,
        proofs=(
            Proof("sigfox_bearer", "bearer", "a secret of secrets.toml [sigfox]"),
            Proof("sigfox_basic", "basic", "the secret as the password; the user does not matter"),
            Proof("sigfox_header", "header", "a secret of secrets.toml [sigfox]", header),
        ),
    )
