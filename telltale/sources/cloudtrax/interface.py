"""What is to be known of its address: the body, the signature and the answers, as `accept.py` gives them."""

from collections.abc import Mapping
from typing import Any

from telltale.contract import Answer, Interface, Options, Proof, Route
from telltale.sources.cloudtrax.wire import COUNT_MAX

_WHOLE: Mapping[str, Any] = {"type": "integer"}
_STAMP: Mapping[str, Any] = {"type": "integer", "description": "epoch seconds, UTC"}
_ROW: Mapping[str, Any] = {
    "type": "object",
    "description": "One station; a row of another shape is set aside and costs no other row of the report.",
    "properties": {
        "mac": {"type": "string"},
        **dict.fromkeys(("count", "min_signal", "max_signal", "avg_signal", "last_seen_signal"), _WHOLE),
        **dict.fromkeys(("first_seen", "last_seen"), _STAMP),
        "associated": {"type": "boolean"},
    },
}
_BODY: Mapping[str, Any] = {
    "type": "object",
    "required": ["network_id", "node_mac", "probe_requests"],
    "properties": {
        "network_id": {
            "description": "chooses the secret",
            "oneOf": [
                {"type": "integer", "minimum": 0, "maximum": COUNT_MAX},
                {"type": "string", "pattern": "^[0-9A-Za-z_.:-]{1,64}$"},
            ],
        },
        "node_mac": {"type": "string", "minLength": 1, "description": "the access point"},
        "version": {"type": "integer"},
        "probe_requests": {"type": "array", "items": _ROW},
    },
}
_HEX = "HMAC-SHA-256 of the bytes of the body under the network's secret, as 64 hex digits"


def interface(_route: Route, options: Options) -> Interface:
    """One and the same under each of its spellings."""
    more = "" if options.get("signature", "hex") == "hex" else ", or as base64 of the 32 bytes"
    return Interface(
        "A report of an access point",
        {
            200: Answer("stored"),
            400: Answer("the body is no JSON, or did not come whole"),
            401: Answer("no header Signature; without any secret: the report came through a proxy"),
            403: Answer("a wrong signature, or of a network without a secret"),
            422: Answer("a field is missing or of another type"),
        },
        bodies={"application/json": _BODY},
        proofs=(Proof("cloudtrax_signature", "header", f"{_HEX}{more}", "Signature"),),
    )
