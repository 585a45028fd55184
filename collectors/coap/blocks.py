"""Bodies that come block by block, put together in bounded memory.

A transfer begins with block 0, which also restarts it; each next block must continue where the last one ended.

Whoever sends block 0 of an upload and no more keeps memory busy, at the cost of one datagram from an address it may
have invented. So transfers of which one block came and those that went on have a budget each, in bytes: thousands of
the first cannot push out one of the second. Within a budget the one that has not moved for longest gives way, and first
one of the same network where that has more than its share; its device is told to begin again (4.08).

Source: RFC 7959 2.5 (Block1), 2.9.2 (4.08), 2.9.3 (4.13), 4 (Size1); the two budgets are those of a segmented LRU cache
(Karedla, Love, Wherry 1994).
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from aiocoap import Message
from aiocoap.numbers import codes

from telltale.net import network_of

MOST_BYTES = 16 << 20
"""Of the transfers of one kind: those begun, and those that went on."""
SHARE_OF_NETWORK = MOST_BYTES // 4
"""Many sensors may stand behind one address."""
OVERHEAD_BYTES = 1024
"""What a transfer costs beside its body."""
IDLE_S = 247.0
"""As long as a device may repeat itself (EXCHANGE_LIFETIME, RFC 7252 4.8.2)."""
_RESERVED_SIZE = 7


class BlockError(Exception):
    """A block that cannot be used.

    Args:
        code: what to answer.
        reason: a short name for the log.
    """

    def __init__(self, code: codes.Code, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(slots=True)
class _Transfer:
    network: str
    moved_s: float
    body: bytearray

    @property
    def cost(self) -> int:
        return len(self.body) + OVERHEAD_BYTES


class _Budget:
    """Transfers within so many bytes, the one that moved last at the end."""

    def __init__(self, most_bytes: int, share: int) -> None:
        self._most_bytes = most_bytes
        self._share = share
        self._bytes = 0
        self._transfers: OrderedDict[Hashable, _Transfer] = OrderedDict()
        self._keys_of: dict[str, OrderedDict[Hashable, None]] = {}
        self._bytes_of: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._transfers)

    def get(self, key: Hashable) -> _Transfer | None:
        return self._transfers.get(key)

    def add(self, key: Hashable, transfer: _Transfer) -> None:
        """Keep a transfer that moved just now; others give way where there is no room."""
        network = transfer.network
        self._transfers[key] = transfer
        self._keys_of.setdefault(network, OrderedDict())[key] = None
        self._bytes_of[network] = self._bytes_of.get(network, 0) + transfer.cost
        self._bytes += transfer.cost
        while self._bytes_of.get(network, 0) > self._share:
            self.drop(next(iter(self._keys_of[network])))
        while self._bytes > self._most_bytes:
            self.drop(next(iter(self._transfers)))

    def drop(self, key: Hashable) -> None:
        """Let go of a transfer, if it is there."""
        transfer = self._transfers.pop(key, None)
        if transfer is None:
            return
        network, keys = transfer.network, self._keys_of[transfer.network]
        del keys[key]
        self._bytes -= transfer.cost
        self._bytes_of[network] -= transfer.cost
        if not keys:
            del self._keys_of[network], self._bytes_of[network]

    def expire(self, before_s: float) -> None:
        """Let go of what has not moved since."""
        while self._transfers and next(iter(self._transfers.values())).moved_s < before_s:
            self.drop(next(iter(self._transfers)))


class Blocks:
    """The transfers under way, by sender and path.

    Args:
        max_body: bytes of a whole body.
        most_bytes: of all transfers begun, and again of all that went on.
        share: of these, of one network.
        clock: seconds that only rise.
    """

    def __init__(
        self,
        max_body: int,
        *,
        most_bytes: int = MOST_BYTES,
        share: int = SHARE_OF_NETWORK,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._max_body = max_body
        self._clock = clock
        self._begun = _Budget(most_bytes, share)
        self._going_on = _Budget(most_bytes, share)

    def __len__(self) -> int:
        return len(self._begun) + len(self._going_on)

    def whole(self, message: Message) -> bytes | None:
        """The body when this message completes it, else None.

        Raises:
            BlockError: it does not continue its transfer, or the body is or will be too large.
        """
        block = message.opt.block1
        size = len(message.payload)
        if block is None:
            if size > self._max_body:
                raise BlockError(codes.REQUEST_ENTITY_TOO_LARGE, "body_too_large")
            return bytes(message.payload)
        if block.size_exponent == _RESERVED_SIZE or size > block.size or (block.more and size != block.size):
            raise BlockError(codes.BAD_REQUEST, "bad_block")
        now_s = self._clock()
        for budget in (self._begun, self._going_on):
            budget.expire(now_s - IDLE_S)
        key = (message.remote.sockaddr, message.code, message.opt.uri_path)
        if max(block.start + size, message.opt.size1 or 0) > self._max_body:
            self._drop(key)
            raise BlockError(codes.REQUEST_ENTITY_TOO_LARGE, "body_too_large")
        network = network_of(message.remote.sockaddr[0])
        transfer = self._continued(key, block.start) or _Transfer(network, 0, bytearray())
        self._drop(key)
        transfer.body += message.payload
        transfer.moved_s = now_s
        if not block.more:
            return bytes(transfer.body)
        (self._going_on if block.start else self._begun).add(key, transfer)
        return None

    def _continued(self, key: Hashable, start: int) -> _Transfer | None:
        """The transfer that a block at `start` continues; None for a new one.

        Raises:
            BlockError: there is none that ended there; one that is elsewhere stays, as a late copy does it no harm.
        """
        if start == 0:
            return None
        transfer = self._going_on.get(key) or self._begun.get(key)
        if transfer is None or len(transfer.body) != start:
            raise BlockError(codes.REQUEST_ENTITY_INCOMPLETE, "block_missing")
        return transfer

    def _drop(self, key: Hashable) -> None:
        self._begun.drop(key)
        self._going_on.drop(key)
