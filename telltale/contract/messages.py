"""What comes in, what is kept of it, and what is answered."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Raw(NamedTuple):
    """One record exactly as it arrived. `id` is 0 until the store has given one."""

    id: int
    source: str
    received_at: int
    """Microseconds since 1970, UTC; taken once, at the edge."""
    sender: str
    meta: str
    """JSON text: transport, method, path, query, chosen headers or CoAP options; never a secret."""
    body: bytes

    def __repr__(self) -> str:
        """Everything but the bytes: they may hold addresses, and what is shown in a notebook is kept there."""
        return (
            f"Raw(id={self.id}, source={self.source!r}, received_at={self.received_at}, sender={self.sender!r}, "
            f"meta={self.meta!r}, body=<{len(self.body)} bytes>)"
        )


class Memory(NamedTuple):
    """One thing a source remembers of a device, such as the configuration it last reported."""

    device_id: str
    name: str
    value: Mapping[str, Any]
    """JSON-able; replaces what was remembered under that name. Empty forgets it."""


Known = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""What a source remembers: value by device and name; to be read only."""


class Request(NamedTuple):
    """What a collector hands to the door. Header names are lower case.

    A CoAP request carries its type as header `coap-type` (CON or NON) and each option that is not the transport's own
    as `coap-<number>`, in hexadecimal digits.
    """

    source: str
    received_at: int
    sender: str
    transport: str
    method: str
    path: str
    headers: Mapping[str, str]
    query: str
    body: bytes
    known: Mapping[str, Mapping[str, Mapping[str, Any]]] = {}
    """What the source remembers (`Known`), filled in by the door; empty for a source that remembers nothing."""
    is_trusted: bool = False
    """The transport knows the sender, as a broker does by its login: no signature or secret is asked for."""

    def __repr__(self) -> str:
        """Where it came in, and how much: headers and query may hold a secret, the body addresses."""
        return f"Request(source={self.source!r}, sender={self.sender!r}, path={self.path!r}, <{len(self.body)} bytes>)"


class Reply(NamedTuple):
    """What a source answers to a request it accepts, sent only after the record is durable."""

    status: int = 200
    """The HTTP status; for CoAP its code without the point (201 is 2.01)."""
    body: bytes = b"ok"
    content_type: str = "text/plain; charset=utf-8"
    keep: bool = True
    """False for a request that carries no record (a validator's GET)."""
    redacted_body: bytes | None = None
    """The body to store where a secret in it was overwritten by `*` of the same length."""
    redacted: tuple[str, ...] = ()
    """The names of the overwritten fields, stored as `meta.redacted`."""
    query: str = ""
    """What to keep of the query, as `meta.query`, where a record stands in it; never a secret."""
    headers: tuple[tuple[str, str], ...] = ()
    """Further headers of the answer, such as a redirection's Location."""
    kept_headers: tuple[str, ...] = ()
    """Names of further headers of the request to keep with the record, in `meta.headers`; never one with a secret."""
    remember: tuple[Memory, ...] = ()
    """What to remember from now on, made durable in one transaction with the record."""
