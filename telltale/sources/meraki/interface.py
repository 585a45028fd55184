"""What is to be known of its addresses: bodies with the secret in them, and answers, as `accept.py` gives them."""

from collections.abc import Mapping
from typing import Any

from telltale.contract import Answer, Interface, Options, Route
from telltale.sources.meraki.wire import RADIOS, SITE_TEXT

_PARTS = {"network": {"type": "string", "pattern": f"^{SITE_TEXT}$"}}
_BODY: Mapping[str, Any] = {
    "type": "object",
    "required": ["version", "type", "secret", "data"],
    "properties": {
        "version": {"enum": ["2.0", "2.1", "3.0"]},
        "secret": {"type": "string", "description": "that of the dashboard; it is overwritten before a body is kept"},
        "type": {"enum": sorted({name for _major, name in RADIOS})},
        "data": {"type": "object", "description": "observations; one that cannot be read costs no other"},
    },
}


def interface(route: Route, _options: Options) -> Interface:
    """Of the dashboard's question, or of its reports."""
    if route.method == "GET":
        answers = {
            200: Answer("the validator of telltale.toml"),
            404: Answer("no validator is set, or no such name of a network"),
        }
        return Interface("The dashboard's question whether this address is its owner's", answers, parts=_PARTS)
    return Interface(
        "Observations of a minute",
        {
            200: Answer("stored"),
            400: Answer("the body is no JSON, or did not come whole"),
            403: Answer("the secret in the body is none of ours, or none is set"),
            404: Answer("no such name of a network: expected 1 to 64 letters, digits and _.:-"),
            422: Answer("a field is missing or of another type, or a version that is neither 2 nor 3"),
        },
        bodies={"application/json": _BODY},
        parts=_PARTS,
    )
