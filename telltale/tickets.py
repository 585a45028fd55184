"""Waiting for tickets of the landing on an event loop.

The writer's thread resolves up to 512 tickets after each commit. Waking the loop for each of them gives the interpreter
lock away each time, and getting it back is what costs: here a loop is woken once for all that were resolved meanwhile.
"""

import asyncio
from collections import deque
from concurrent.futures import CancelledError, Future
from functools import partial

from telltale.contract import StoreError
from telltale.deadlines import Deadlines

_Outcome = asyncio.Future[BaseException | None]


class Tickets:
    """The tickets that tasks of one event loop wait for."""

    def __init__(self) -> None:
        self._resolved: deque[tuple[_Outcome, Future[int]]] = deque()
        self._is_called = False
        self._deadlines: dict[float, Deadlines[Future[int]]] = {}

    async def durable(self, ticket: Future[int], timeout_s: float) -> None:
        """Wait for a ticket.

        Raises:
            StoreError: its record is not stored, and will not be later.
        """
        loop = asyncio.get_running_loop()
        outcome: _Outcome = loop.create_future()
        deadlines = self._deadlines.get(timeout_s)
        if deadlines is None:
            # One whose commit is under way or over cannot be cancelled: only the outcome is a true answer.
            deadlines = self._deadlines[timeout_s] = Deadlines(timeout_s, Future.cancel)
        deadlines.add(ticket)
        ticket.add_done_callback(partial(self._note, loop, outcome))
        try:
            error = await outcome
        finally:
            deadlines.remove(ticket)
        if isinstance(error, CancelledError):
            raise StoreError(f"landing: not durable after {timeout_s} s; send it again")
        if error is not None:
            raise error

    def _note(self, loop: asyncio.AbstractEventLoop, outcome: _Outcome, ticket: Future[int]) -> None:
        """Note a ticket that is resolved, in the writer's thread."""
        self._resolved.append((outcome, ticket))
        if not self._is_called:
            self._is_called = True
            loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        """Wake every task whose ticket is resolved."""
        self._is_called = False  # first: what is resolved from here on calls again
        while self._resolved:
            outcome, ticket = self._resolved.popleft()
            try:
                error = ticket.exception(0)
            except CancelledError as cancelled:
                error = cancelled
            if not outcome.done():  # its task may have been cancelled
                outcome.set_result(error)
