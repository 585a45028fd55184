"""Where a source listens, and what who writes a sender must know of it."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Route(NamedTuple):
    """An address a source listens on; `alias` marks a spelling kept for older senders.

    A part of the path in angle brackets stands for any text without a slash: `/data/<sensor>`. The source finds the
    text in the path of the request, and in `meta.path` of the record.
    """

    method: str
    path: str
    alias: bool = False


class Proof(NamedTuple):
    """One way in which a request proves who sends it; where there are several, any one is enough."""

    name: str
    """By which a description refers to it."""
    kind: str
    """`bearer` or `basic`, in the header Authorization; `header`, in one of its own."""
    text: str
    """What is put there."""
    header: str = ""
    """Which header, where it is one of its own."""


class Answer(NamedTuple):
    """An answer of an address, as a description has it."""

    meaning: str
    content_type: str = "text/plain"
    """Empty where the answer has no body."""


class Interface(NamedTuple):
    """What who writes a sender must know of an address; the answers of every address stand beside it."""

    summary: str
    answers: Mapping[int, Answer]
    """By HTTP status, or by CoAP code without its point."""
    bodies: Mapping[str, Mapping[str, Any]] = {}
    """What may stand in a body: a JSON Schema by content type. Which type a sender states does not matter."""
    takes_query: bool = False
    """Whether the fields may stand in the query instead."""
    parts: Mapping[str, Mapping[str, Any]] = {}
    """The JSON Schema of each part of the path in angle brackets."""
    proofs: tuple[Proof, ...] = ()
    """How a sender proves who it is, once a secret is set; empty where the body holds it."""
