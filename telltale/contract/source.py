"""A source: one vendor, as the rest of the house sees it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from telltale.contract.addresses import Interface, Route
from telltale.contract.messages import Known, Memory, Raw, Reply, Request
from telltale.contract.rows import Bulk, Chunk, Many, Reject, Shortened
from telltale.contract.simulated import Emission, Scenario

Options = Mapping[str, Any]
"""The `[sources.<name>]` table of telltale.toml; never a secret."""


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
    body: Mapping[str, Any] = {}
    """The JSON Schema of a body."""


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
    interface: Callable[[Route, Options], Interface] | None = None
    """What there is to know of each of its addresses, for `telltale sources --openapi`; None where it has none."""
    orders: Orders | None = None
    """How another program may queue something for its devices; None where none may."""
    remedy: Callable[[str, str], Remedy | None] | None = None
    """What puts right a reason of a refusal or a reject, from that and from its detail, which a sender may have chosen;
    None of reasons that only the bytes explain."""
    commands: tuple[tuple[str, str], ...] = ()
    """Its own commands, as the words after `telltale`, and the module of each, imported when it is asked for."""
