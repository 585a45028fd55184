"""What crosses the rooms: raw records, requests, replies, decoded chunks, sources, and the errors.

Standard library only. A collector turns a packet into a `Request`; the door asks the source's `accept` for a
`Reply` and keeps a `Raw`; the pipeline hands each `Raw` to the source's `decode`, which yields `Chunk`s and
`Reject`s.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, NamedTuple

Options = Mapping[str, Any]
"""The `[sources.<name>]` table of telltale.toml; never a secret."""


class TelltaleError(Exception):
    """One sentence: where, the value seen, what was expected, what to do."""

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows of it: the sentence, without the frames it came through (IPython asks for this)."""
        return [f"{type(self).__name__}: {self}"]


class ConfigError(TelltaleError):
    """A setting is missing or wrong; names the file and the key."""


class StoreError(TelltaleError):
    """The record could not be made durable; the sender is told to come back (HTTP 503, CoAP 5.00)."""


class Refused(TelltaleError):
    """The sender is at fault: not authentic, or not well-formed.

    Args:
        status: the HTTP status to answer (400 … 499).
        reason: a short name for the `refused` list, such as `bad_signature`.
        detail: what was seen and what was expected, for the log; never a secret, never a station's address.
        body: what may be kept of the body where it holds a secret (overwritten by `*`); None keeps the bytes received.
        remedy: lines to paste that put it right, for the answer; they are as good for a stranger, and hold no secret.
    """

    def __init__(
        self, status: int, reason: str, detail: str = "", *, body: bytes | None = None, remedy: str = ""
    ) -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.status = status
        self.reason = reason
        self.detail = detail
        self.body = body
        self.remedy = remedy


class DecodeError(TelltaleError):
    """The whole record cannot be decoded; the pipeline makes it one reject and goes on.

    Args:
        reason: a short name that reaches the user, such as `bad_json`.
        detail: the value seen and what was expected; never a station's address.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a sentence about a word nobody knows: `; did you mean "efento"?`, or nothing where none is near."""
    near = get_close_matches(word, list(known), n=1)
    return f'; did you mean "{near[0]}"?' if near else ""


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


class Chunk(NamedTuple):
    """Rows of one table, as equally long lists by column name.

    Columns the pipeline adds (`raw_id`, `source`, `received_at`) are absent; a missing nullable column is null.
    A column marked `station` in `telltale.tables` carries the address as a 48-bit integer; the pipeline turns it into a
    pseudonym. Times are integer microseconds UTC.
    """

    table: str
    columns: dict[str, list[Any]]


class Scaled(NamedTuple):
    """A column of numbers in short: (first of its run + number) / divisor of its run."""

    numbers: list[int]
    """One a row."""
    firsts: list[int]
    """One a run."""
    divisors: list[int]
    """One a run."""
    holes: list[int]
    """The rows that have no value, whatever their number."""


class Runs(NamedTuple):
    """Columns in short: what holds for each run of rows, and how long each run is."""

    columns: dict[str, list[Any]]
    """The value of each run."""
    lengths: Sequence[int]
    ramps: Mapping[str, tuple[list[int], list[int]]] = {}
    """Of whole numbers at equal steps: the first of each run, and the step to the next."""
    scaled: Mapping[str, Scaled] = {}


class Bulk(NamedTuple):
    """A chunk with the rows of several raw records, in their order."""

    chunk: Chunk
    counts: Sequence[int]
    """How many of the rows each record gave."""
    runs: Runs | None = None
    """Further columns of the rows, where one value holds for many of them."""


class Many(NamedTuple):
    """What many raw records decode to at once."""

    bulks: Sequence[Bulk]
    odd: Sequence[int] = ()
    """The places of those that have no rows in a bulk, because only `decode` understands them."""


class Reject(NamedTuple):
    """A part of a record that could not be decoded."""

    part: str
    """Where in the record: `row 3`, `envelope`."""
    reason: str
    """A short name, such as `group_address`."""
    excerpt: str
    """The bytes or value seen, station addresses masked, at most 200 characters."""


class Limits(NamedTuple):
    """What is kept of one record: a body of a few megabytes could come to millions of rows or rejects."""

    rows: int = 100_000
    """Rows at most, the first of the body: more than a sensor can store, far more than a report of any source has."""
    rejects: int = 100
    """Rejects at most, the first."""


class Shortened(NamedTuple):
    """A body that lacks its last entries."""

    body: bytes
    left_out: int
    """How many entries it lacks; 0 of one that is as it came."""


class Secrets(dict[str, str]):
    """Secrets of one source by their key (such as a network's id); never shown."""

    def __repr__(self) -> str:
        """How many, never which."""
        return f"Secrets({len(self)} kept)"

    __str__ = __repr__


class SourceSettings(NamedTuple):
    """What `accept` and `simulate` may know of the settings: the source's own options and secrets."""

    options: Options
    secrets: Secrets


class Route(NamedTuple):
    """An address a source listens on; `alias` marks a spelling kept for older senders.

    A part of the path in angle brackets stands for any text without a slash: `/data/<sensor>`. The source finds the
    text in the path of the request, and in `meta.path` of the record.
    """

    method: str
    path: str
    alias: bool = False


SIMULATED_HEADER, SIMULATED_OPTION = "telltale-simulated", "coap-65000"
"""What a simulated message bears, over HTTP and over CoAP (an elective option for experiments, RFC 7252 12.2)."""


class Emission(NamedTuple):
    """One simulated message on the real wire: when a device sends it, and the exact request."""

    at: int
    """Microseconds UTC of the moment the device sends it."""
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Scenario(NamedTuple):
    """What to simulate: one seed and one scenario give one byte stream."""

    seed: int
    start_s: int
    """Epoch seconds UTC, inclusive."""
    end_s: int
    """Epoch seconds UTC, exclusive."""
    timezone: str
    """The site's zone: people come by its clock."""


class Transport(StrEnum):
    """Which kind of collector receives the records of a source."""

    HTTP = "http"
    COAP = "coap"
    CAPTURE = "capture"
    """Frames on a network, live or from a file."""
    AGENT = "agent"
    """A program on the device itself."""


class Numbering(NamedTuple):
    """How the devices of a source number their messages, and how many they can send."""

    wrap: int
    """How many numbers there are before they start again at 0."""
    per_day: float
    """The most messages a device may send a day: a number that went further was reset."""
    burst: int
    """How many it may send on top, as several at once."""
    copy_s: int = 0
    """The same number with the same payload again within so many seconds is another copy of the message."""
    bare_copy_s: int = 0
    """The same payload without a number again within so many."""


class Remedy(NamedTuple):
    """What puts right why a request was refused, or a record gave no rows."""

    name: str
    """What is wrong, in two or three words: `wrong secret`."""
    text: str
    """Why, and what to do: a sentence or two."""
    line: str = ""
    """What to paste; `…` stands for what only the user knows."""
    file: str = ""
    """Where it goes."""


class Pending(NamedTuple):
    """Something that waits for a device, or was sent to it."""

    device_id: str
    content: str
    state: str
    """`waiting`, `sent`, or what became of it."""
    queued_at: int
    """Unix seconds."""
    sent_at: int | None
    outcome: str
    """What the device or the network said of it; empty while nothing was said."""
    details: Mapping[str, Any] = {}
    """What else there is, for programs; JSON-able."""


class Order(NamedTuple):
    """What comes of something asked of a source from outside."""

    remember: tuple[Memory, ...]
    """What to remember from now on."""
    answer: Mapping[str, Any]
    """What whoever asked is answered, as JSON."""


class Orders(NamedTuple):
    """Where a source takes what its devices are to be told, by HTTP POST from who knows the secret `configure`.

    It is a secret apart: who may send as a device may not change it, and who may change it proves no record.
    """

    path: str
    take: Callable[[bytes, Known, int], Order]
    """Of a body, of what is remembered, and of the Unix second; raises Refused with a sentence that holds no secret."""


@dataclass(frozen=True, slots=True)
class Source:
    """One vendor: its wire, its rules, its simulator. A source opens no file, no socket and reads no clock."""

    name: str
    title: str
    transport: Transport
    wire: str
    """The transport in words: method and format."""
    routes: tuple[Route, ...]
    tables: tuple[str, ...]
    decoder_version: int
    """Raised whenever the same bytes decode to other rows; `telltale redecode` then rebuilds."""
    personal: bool
    """True where bodies hold addresses of people's devices: the presence retention applies."""
    accept: Callable[[Request, SourceSettings], Reply]
    decode: Callable[[Raw, Options], Iterator[Chunk | Reject]]
    simulate: Callable[[Scenario, SourceSettings], Iterator[Emission]]
    truth: Callable[[Scenario, SourceSettings], Mapping[str, Any]]
    """What the simulator knows and analysis must find again; JSON-able."""
    decode_many: Callable[[Sequence[Raw], Options], Sequence[Bulk] | Many | None] | None = None
    """Optional, where volume asks for it: the rows of many records at once, equal to what `decode` yields for each. One
    that is odd goes through `decode`: it is named in `Many`, or sought by halves where None is given."""
    shorten: Callable[[Raw, Options, int], Shortened] | None = None
    """The body of a large record with so many entries at most, before anything is made of it: what `decode` makes of a
    body must not take 20 times its size. Raises DecodeError. None where a record is one row."""
    block: int = 64
    """How many records `decode_many` is offered at once: as many as pays for that source, measured."""
    short_title: str = ""
    """What it is called in tables and sentences: at most twenty characters."""
    noun: str = "record"
    """What one of its records is called: report, callback, frame."""
    rests: bool = False
    """True where its silence is no fault, because its devices are off at times."""
    remembers: bool = False
    """True where replies depend on what devices said before: `accept` is handed `Request.known`."""
    queue: str = ""
    """The name under which it remembers what a command queued for a device; while the store is away nothing is."""
    device_id: Callable[[str], str | None] | None = None
    """The id that a text means in tables, in any spelling people use for a device of this source, such as on its label;
    None of a text that is none. None where its devices have no ids of their own."""
    minutes: Callable[[bytes, int], Sequence[tuple[int, bool]] | None] | None = None
    """The minutes a message tells of, and whether there was input in each, from its payload and the moment of receipt
    (both µs UTC): what people read of it. None of a payload that tells none."""
    tells_time: str = ""
    """The table whose rows bear a time of a clock that is not ours, nor set by us, and that only who knows a secret can
    send: a record of it can confirm our own clock. Empty where there is none such."""
    numbering: Numbering | None = None
    """How its devices number their messages; None where they do not, so that nothing can be said to be missing."""
    amounts: tuple[str, ...] = ()
    """Quantities of which each reading is what was counted since the one before: they are added up."""
    first_record: str = ""
    """How to send a first one, such as "send reports to {http}/acme"; also `{coap}` is a collector's address."""
    options_text: str = ""
    """Its part of a new telltale.toml: every option with its default, commented."""
    secrets_text: str = ""
    """Its part of a new secrets.toml."""
    secret_place: str = ""
    """Where its secret is changed at the vendor's or in its devices; empty where it knows none."""
    secret_lines: str = ""
    """What to paste where while it has no secret, `<secret>` standing for one; empty where nobody needs to."""
    pending: Callable[[Known], Iterable[Pending]] | None = None
    """What is queued for its devices, of what it remembers; None where nothing can be sent to them."""
    orders: Orders | None = None
    """How another program may queue something for its devices; None where none may."""
    remedy: Callable[[str, str], Remedy | None] | None = None
    """What puts right a reason of a refusal or a reject, from that and from its detail, which a sender may have chosen;
    None of reasons that only the bytes explain."""
    commands: tuple[tuple[str, str], ...] = ()
    """Its own commands, as the words after `telltale`, and the module of each, imported when it is asked for."""
