"""An OpenAPI 3.1 document of the HTTP collector of a project: `telltale sources --openapi`.

It is made of what the project serves: of each source its routes and what its `interface` says of them, where orders are
taken, and the collector's own pages. What comes over CoAP no OpenAPI document can describe; it stands below
`x-telltale-coap` in the same words.

Source: OpenAPI Specification 3.1.1.
"""

from collections.abc import Mapping
from typing import Any

from telltale.contract import Transport
from telltale.net import is_loopback
from telltale.openapi.common import own_pages
from telltale.openapi.operations import PLAIN, coap_operation, operation, order, templated
from telltale.settings import Settings
from telltale.transports import ordering, served

_ABOUT = (
    "A 2xx is given only after the record is durable. Paths may end with a slash. Bodies are kept as bytes: which "
    "Content-Type is stated does not matter. At most {most:,} bytes of a body, all of it within {body_s:g} s, all of a "
    "header within {header_s:g} s; of one sender {per_sender} bodies may be slow at once. What is no HTTP the server "
    "beneath answers or ends by itself. Where nobody listens: 404, or 405 with Allow."
)


def document(settings: Settings, version: str) -> dict[str, Any]:
    """The document, JSON-able.

    Args:
        settings: of the project; they say what is served, where, and with which limits.
        version: of this telltale.

    Raises:
        ConfigError: no source may be served there (`telltale.transports.served`).
    """
    webhooks = settings.webhooks
    about = _ABOUT.format(
        most=webhooks.max_body,
        body_s=webhooks.body_timeout_s,
        header_s=webhooks.header_timeout_s,
        per_sender=webhooks.bodies_per_sender,
    )
    schemes: dict[str, Mapping[str, Any]] = {}
    return {
        "openapi": "3.1.1",
        "info": {"title": "HTTP collector of telltale", "version": version, "description": about},
        "servers": [{"url": webhooks.url}],
        "paths": _paths(settings, schemes),
        "components": {"securitySchemes": schemes, "responses": PLAIN},
        "x-telltale-coap": _over_coap(settings),
    }


def _paths(settings: Settings, schemes: dict[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Operations by path and method; the schemes they name are put beside them."""
    paths: dict[str, dict[str, Any]] = {}
    host = settings.webhooks.host
    for source in served(Transport.HTTP, host, settings):
        for route in source.routes:
            methods = paths.setdefault(templated(route.path), {})
            methods[route.method.lower()] = operation(source, route, settings.source(source.name), schemes)
    for source in ordering(host, settings):
        if source.orders is not None:
            paths[source.orders.path] = {"post": order(source, source.orders, schemes)}
    return paths | own_pages(settings, schemes)


def _over_coap(settings: Settings) -> dict[str, Any]:
    """What its collector serves, by path and method; on a public address only what has a secret."""
    coap = settings.coap
    is_open = coap.is_open or is_loopback(coap.host)
    prefix = [part for part in coap.prefix.split("/") if part]
    paths: dict[str, dict[str, Any]] = {}
    for source in served(Transport.COAP, coap.host, settings, is_open=True):
        proved = settings.source(source.name)
        for route in source.routes if is_open or proved.secrets else ():
            name = route.path.strip("/")
            path = "/".join(["", *prefix, coap.endpoints.get(name, name)])
            paths.setdefault(path, {})[route.method.lower()] = coap_operation(source, route, proved)
    return paths
