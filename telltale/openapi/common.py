"""The collector's own pages: how it is, its figures, where the chart is, and the form by which a device is left out."""

from collections.abc import Mapping
from typing import Any

from telltale.settings import Settings

_TOKEN = "token"  # noqa: S105 - the name of a scheme
_NAMES = {"schema": {"type": "string"}}
_FORM = {
    "type": "object",
    "required": ["address"],
    "properties": {"address": {"type": "string", "maxLength": 40, "description": "the Wi-Fi address of a device"}},
}


def own_pages(settings: Settings, schemes: dict[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Operations by path and method; the scheme of the token is put into `schemes` where one is set."""
    pages = {"/healthz": {"get": _health()}, "/metrics": {"get": _metrics()}, "/graph": {"get": _graph()}}
    if settings.token:
        text = "the token of secrets.toml; from this machine none is needed"
        schemes[_TOKEN] = {"type": "http", "scheme": "bearer", "description": text}
        for path in ("/healthz", "/metrics"):
            pages[path]["get"]["security"] = [{}, {_TOKEN: []}]
    if settings.privacy.optout_page:
        pages["/optout"] = {"get": _form(), "post": _opting_out()}
    return pages


def _health() -> dict[str, Any]:
    body = {"type": "object", "required": ["status"], "properties": {"status": {"type": "string"}}}
    content = {"application/json": {"schema": body}}
    return {
        "operationId": "health",
        "summary": "Whether records are taken; details for this machine, or with the token",
        "tags": ["collector"],
        "responses": {
            "200": {"description": "Records are taken, into the store or into the spool.", "content": content},
            "503": {"description": "No record can be stored now.", "content": content},
        },
    }


def _metrics() -> dict[str, Any]:
    return {
        "operationId": "metrics",
        "summary": "Figures for Prometheus",
        "tags": ["collector"],
        "responses": {
            "200": {"description": "The figures.", "content": {"text/plain": _NAMES}},
            "401": {"description": "From elsewhere, without the token.", "content": {"text/html": _NAMES}},
            "403": {
                "description": "For a name that is none of ours, or a web page's.",
                "content": {"text/plain": _NAMES},
            },
        },
    }


def _graph() -> dict[str, Any]:
    return {
        "operationId": "graph",
        "summary": "Where the live page of the sensors is",
        "tags": ["collector"],
        "responses": {
            "302": {
                "description": "There.",
                "headers": {"Location": {"required": True, **_NAMES}},
                "content": {"text/plain": _NAMES},
            },
            "404": {
                "description": "No dashboards run, or their address is not set.",
                "content": {"text/plain": _NAMES},
            },
        },
    }


def _page(text: str) -> dict[str, Any]:
    return {"description": text, "content": {"text/html": _NAMES}}


def _form() -> dict[str, Any]:
    return {
        "operationId": "optout_form",
        "summary": "The form by which anybody has a device left out",
        "tags": ["collector"],
        "responses": {"200": _page("The form.")},
    }


def _opting_out() -> dict[str, Any]:
    both = {"text/html": _NAMES, "text/plain": _NAMES}
    return {
        "operationId": "optout",
        "summary": "Leave a device out: the same answer whether or not it was before",
        "tags": ["collector"],
        "parameters": [
            {"name": "Origin", "in": "header", "required": True, "description": "this page's own", **_NAMES},
        ],
        "requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": _FORM}}},
        "responses": {
            "200": _page("It is on the list."),
            "400": {"description": "No address of a device, or the body did not come whole.", "content": both},
            "403": _page("It came from another page, or from none."),
            "408": {"$ref": "#/components/responses/TooSlow"},
            "413": {"description": "More than a form holds.", "content": both},
            "429": _page("Too many forms of one sender within an hour."),
            "503": {"description": "It could not be written down.", "content": both},
        },
    }
