"""aiocoap's message layer as battery devices need it: answers ride on the ACK, repeated packets cost bounded memory.

aiocoap sends an empty ACK after 0.1 s and the answer apart; a modem then stays awake for it, or misses it. Here an
answer has 1.5 s, below the 2 s after which a device repeats itself. And aiocoap remembers each message for 247 s
whatever their number, with a timer each; here the newest are remembered.

A message id alone does not tell that a packet came again: a modem that restarts, or many behind one translated address,
use an id anew within 247 s, and aiocoap would give the earlier answer to a request it never handled. Here a repetition
has the same bytes, id and token among them; each request, of whatever id and token, gets the answer to itself.

Source: RFC 7252 4.2 (retransmission), 4.5 (deduplication), 4.8.2 (EXCHANGE_LIFETIME), 5.2.1 (piggybacked).
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from hashlib import blake2b
from typing import Any, NamedTuple

from aiocoap import ACK, CON, NON, Context, Message
from aiocoap.messagemanager import MessageManager
from aiocoap.numbers import TransportTuning, codes
from aiocoap.numbers.contentformat import ContentFormat
from aiocoap.numbers.optionnumbers import OptionNumber
from aiocoap.pipe import Pipe
from aiocoap.tokenmanager import TokenManager

from collectors.coap.datagrams import fault
from collectors.coap.discards import Discards

EMPTY_ACK_S = 1.5
MOST_REMEMBERED = 16_384
"""Messages whose repetition is answered from memory, about 16 MB of them; an older one is handled as a new one, which
stores it twice and decodes it once."""
LIFETIME_S = 247.0
MOST_REPEATED = 8
"""How often an answer is sent again to who repeats itself; a device does so four times (MAX_RETRANSMIT)."""
MOST_APART = 1024
"""Answers that go apart and are repeated until they are acknowledged; each further one is sent once. Who invents an
address makes its owner get a repeated answer five times."""
MOST_QUEUED = 16
"""And of one sender, which gets one at a time (NSTART, RFC 7252 4.7)."""
MOST_NUMBERS = 1024
"""Option numbers and formats without a name that aiocoap remembers."""
BURST = 32
_DATAGRAM = 65_535
"""Bytes read of a datagram: aiocoap's 4,096 would cut a longer one, and it would be stored cut."""
_ANCILLARY = 1024
MOST_ERRORS = 32
"""Errors of earlier datagrams that are taken before one is given up: as many as a burst has answers."""
RECEIVE_BUFFER = 4 << 20
"""Bytes of the socket's queue: what arrives while a commit takes its time."""


class _Tuning(TransportTuning):  # type: ignore[misc] # aiocoap has no types
    EMPTY_ACK_DELAY = EMPTY_ACK_S


_TUNING = _Tuning()


class Heard(NamedTuple):
    """What tells one request from another: two with the same are one that was sent twice."""

    remote: Any
    mid: int
    digest: bytes
    """Of all bytes: type, token, options and payload too."""


class _Answered(NamedTuple):
    """What became of a request."""

    at_s: float
    answer: Message | None = None
    """As it rode on the ACK."""
    repeated: int = 0


class Tokens(TokenManager):  # type: ignore[misc]
    """aiocoap's token manager, which answers also the older of two requests with one token."""

    def process_request(self, request: Message) -> None:
        """Take a request; an earlier one of the same token and sender keeps its answer."""
        self.incoming_requests.pop((request.token, request.remote), None)
        super().process_request(request)

    def dispatch_error(self, exception: Exception, remote: Any) -> None:
        """Let requests go on though an earlier answer could not be delivered: what arrived is to be stored."""


class Exchanges(MessageManager):  # type: ignore[misc]
    """aiocoap's message manager with a late empty ACK and a bounded memory of recent messages."""

    def __init__(self, token_manager: TokenManager) -> None:
        super().__init__(token_manager)
        self._heard: OrderedDict[Heard, _Answered] = OrderedDict()
        self._unanswered: dict[Heard, asyncio.TimerHandle] = {}
        """Confirmable requests whose answer may still ride on the ACK, with the timer of the empty one."""

    def dispatch_message(self, message: Message) -> None:
        """Take a message from the wire."""
        message.transport_tuning = _TUNING
        super().dispatch_message(message)

    def send_message(self, message: Message, messageerror_monitor: Callable[[], None]) -> Any:
        """Send a message; an answer on the ACK of its own request, where aiocoap takes the newest of the token."""
        request = message.request
        timer = None if request is None else self._unanswered.pop(request.heard, None)
        if timer is not None:
            self._piggyback_opportunities[message.remote, message.token] = (request.mid, timer)
        elif request is not None and self._is_crowded(message.remote):
            message.mtype = NON
        return super().send_message(message, messageerror_monitor)

    def _is_crowded(self, remote: Any) -> bool:
        """Whether so many answers wait for their ACK, of all or of one, that the next is sent once."""
        return len(self._active_exchanges or ()) >= MOST_APART or len(self._backlogs.get(remote, ())) >= MOST_QUEUED

    def _process_request(self, request: Message) -> None:
        if request.mtype is CON:
            self._unanswered[request.heard] = self.loop.call_later(EMPTY_ACK_S, self._acknowledge, request)
        self.token_manager.process_request(request)

    def _acknowledge(self, request: Message) -> None:
        """The answer takes longer, and will come apart."""
        if self._unanswered.pop(request.heard, None) is not None:
            self._send_empty_ack(request.remote, request.mid, "the answer takes longer")

    def _deduplicate_message(self, message: Message) -> bool:
        """Whether the request came before; then its answer, if there is one already, is sent again."""
        message.heard = heard = _heard(message)
        now = time.monotonic()
        self._forget(now)
        before = self._heard.get(heard)
        if before is None:
            self._heard[heard] = _Answered(now)
            return False
        if before.repeated >= MOST_REPEATED:
            return True
        self._heard[heard] = before._replace(repeated=before.repeated + 1)
        if message.mtype is CON and before.answer is not None:
            self._send_via_transport(before.answer)
        elif message.mtype is CON and heard not in self._unanswered:
            self._send_empty_ack(message.remote, message.mid, "the answer goes apart")
        return True

    def _store_response_for_duplicates(self, message: Message) -> None:
        request = message.request
        # An answer that goes apart has an id of our own, and is repeated by its own timer.
        if message.mtype is ACK and request is not None and request.heard in self._heard:
            message.request = None  # it holds the whole request
            self._heard[request.heard] = self._heard[request.heard]._replace(answer=message)

    def _forget(self, now: float) -> None:
        """Forget what is too old or too much."""
        heard = self._heard
        while heard and (len(heard) >= MOST_REMEMBERED or next(iter(heard.values())).at_s < now - LIFETIME_S):
            heard.popitem(last=False)


def _heard(message: Message) -> Heard:
    """What tells this request from others; aiocoap writes out only what it sends."""
    told = bytes((message.mtype, message.code, len(message.token))) + message.token + message.opt.encode()
    return Heard(message.remote, message.mid, blake2b(told + b"\xff" + message.payload, digest_size=16).digest())


class ServerContext(Context):  # type: ignore[misc]
    """An aiocoap server on these exchanges."""

    def __init__(self, *args: Any, **told: Any) -> None:
        super().__init__(*args, **told)
        self._tasks: set[asyncio.Task[None]] = set()

    async def _append_tokenmanaged_messagemanaged_transport(
        self, message_interface_constructor: Callable[[Exchanges], Awaitable[Any]]
    ) -> None:
        tokens = Tokens(self)
        exchanges = Exchanges(tokens)
        exchanges.message_interface = await message_interface_constructor(exchanges)
        tokens.token_interface = exchanges
        self.request_interfaces.append(tokens)

    def render_to_pipe(self, pipe: Pipe) -> None:
        """Let the site answer, in a task of its own.

        Unlike aiocoap's, it is not cancelled when the sender uses its token again: what arrived is to be stored. And
        it has no second pipe for errors and no spelt-out name, which cost a fifth of the time.
        """
        task = asyncio.create_task(self._render(pipe))
        self._tasks.add(task)  # asyncio itself holds tasks weakly
        task.add_done_callback(self._tasks.discard)

    async def _render(self, pipe: Pipe) -> None:
        try:
            await self.serversite.render_to_pipe(pipe)
        except Exception:  # one request's fault must not end the server, and its sender may try again
            self.log.exception("a request could not be answered")
            pipe.add_response(Message(code=codes.INTERNAL_SERVER_ERROR), is_last=True)

    @property
    def socket(self) -> Any:
        """The one UDP socket of the server."""
        return self._transport.get_extra_info("socket")

    @property
    def _transport(self) -> Any:
        return self.request_interfaces[0].token_interface.message_interface.transport

    def read_in_bursts(self, discards: Discards) -> None:
        """Take up to `BURST` datagrams each time there are some, where aiocoap takes one.

        What is taken together is stored together, in one transaction.

        Args:
            discards: told of each datagram that is no message.
        """
        transport, waiting = self._transport, self.socket
        protocol = transport._protocol
        transport.max_size = _DATAGRAM
        dispatch = protocol.datagram_msg_received

        def take(datagram: bytes, ancillary: Any, flags: int, address: tuple[Any, ...]) -> None:
            reason = fault(datagram)
            if reason:
                discards.add(address[0], reason)
                return
            dispatch(datagram, ancillary, flags, address)

        def read() -> None:
            try:
                transport._read_ready()  # also what the network could not deliver
                for _ in range(BURST - 1):
                    try:
                        datagram = waiting.recvmsg(_DATAGRAM, _ANCILLARY)
                    except OSError:  # nothing more waits
                        break
                    take(*datagram)
                _forget_numbers()
            except Exception:  # one datagram's fault must not end the reading of others, and its sender may try again
                self.log.exception("a datagram could not be taken")

        protocol.datagram_msg_received = take
        self.loop.remove_reader(waiting)
        self.loop.add_reader(waiting, read)

    def send_past_errors(self) -> None:
        """Send though an earlier datagram reached nobody.

        The system tells that whoever sends next, whomever to, and does not send; aiocoap takes it for an error of that
        next receiver and gives up all that waits to be repeated to it. What cannot be sent at all is lost as on any
        network: who waits for it says its request again. Who is gone shows in the error queue, by address.
        """
        transport, waiting = self._transport, self.socket

        def sendmsg(datagram: bytes, ancillary: Any, flags: int, address: tuple[Any, ...]) -> None:
            for _ in range(MOST_ERRORS):
                try:
                    waiting.sendmsg((datagram,), ancillary, flags, address)
                except BlockingIOError:  # the system's queue is full
                    return
                except OSError:
                    continue
                return

        transport.sendmsg = sendmsg


_NAMED = {kind: frozenset(kind._value2member_map_) for kind in (OptionNumber, ContentFormat)}


def _forget_numbers() -> None:
    """Let go of nameless option numbers and formats: aiocoap keeps each it ever saw, and a sender may invent many."""
    for kind, named in _NAMED.items():
        known = kind._value2member_map_
        if len(known) > len(named) + MOST_NUMBERS:
            for number in known.keys() - named:
                del known[number]
