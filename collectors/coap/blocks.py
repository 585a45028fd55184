"""Bodies that come block by block, put together in bounded memory.

A transfer begins with block 0, which also restarts it; each next block must continue where the last one ended.

Source: RFC 7959 2.5 (Block1), 2.9.2 (4.08), 2.9.3 (4.13).
"""

from collections import OrderedDict

from aiocoap import Message
from aiocoap.numbers import codes

MOST_TRANSFERS = 256
"""Transfers under way; the one begun first gives way, and its device starts again."""


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


class Blocks:
    """The transfers under way, by sender and path."""

    def __init__(self, max_body: int) -> None:
        self._max_body = max_body
        self._transfers: OrderedDict[tuple[object, ...], bytes] = OrderedDict()

    def whole(self, message: Message) -> bytes | None:
        """The body when this message completes it, else None.

        Raises:
            BlockError: it does not continue its transfer, or the body is too large.
        """
        block = message.opt.block1
        if block is None:
            return self._bounded(message.payload)
        key = (message.remote.sockaddr, message.code, message.opt.uri_path)
        before = b"" if block.block_number == 0 else self._transfers.pop(key, b"")
        if block.more and len(message.payload) != block.size:
            raise BlockError(codes.BAD_REQUEST, "bad_block")
        if block.start != len(before):
            raise BlockError(codes.REQUEST_ENTITY_INCOMPLETE, "block_missing")
        body = self._bounded(before + message.payload)
        if not block.more:
            self._transfers.pop(key, None)
            return body
        self._transfers[key] = body
        if len(self._transfers) > MOST_TRANSFERS:
            self._transfers.popitem(last=False)
        return None

    def _bounded(self, body: bytes) -> bytes:
        if len(body) > self._max_body:
            raise BlockError(codes.REQUEST_ENTITY_TOO_LARGE, "body_too_large")
        return body
