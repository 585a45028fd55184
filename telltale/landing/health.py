"""Whether the store takes records just now: a thread of its own looks once a second, so that asking costs nothing.

What the writer last met counts first: a full disk or a damaged page shows nowhere else. While it failed last, something
small is written once a second, so that health returns with the store although no record comes.
"""

import logging
import threading
import time
from collections.abc import Callable

from telltale.contract import StoreError
from telltale.landing.store import Store

EVERY_S = 1.0
SILENT_S = 30.0
"""A look that takes longer hangs: a disk, or a network below it, does not answer."""

_log = logging.getLogger(__name__)


class Health:
    """What is wrong with a store, and what to do about it.

    Args:
        store: the store.
        clock: seconds that only rise.
    """

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._error = ""  # what the writer last met; empty after a success
        self._tried_at = clock()
        self._seen = ""  # what the last look saw
        self._looking_since = clock()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="health", daemon=True)
        self._thread.start()

    def say(self) -> str:
        """One sentence: what is wrong and what to do; empty where all is well. It neither waits nor writes."""
        if self._error or self._seen:
            return self._error or self._seen
        if not self._closing.is_set() and (silent_s := self._clock() - self._looking_since) > SILENT_S:
            return f"store: no answer for {silent_s:.0f} s; is its disk, or the network to it, away?"
        return ""

    def succeeded(self) -> None:
        """Something was made durable."""
        self._error = ""  # what was seen, such as a disk that is nearly full, the next look sees again or not

    def failed(self, error: StoreError) -> None:
        """Something could not be made durable."""
        self._tried_at = self._clock()
        self._error = str(error)

    def look(self) -> str:
        """Look now, and try to write where the last attempt failed more than a second ago; what `say` says then."""
        seen = self._store.trouble()
        if not seen and self._error and self._clock() - self._tried_at >= EVERY_S:
            try:
                self._store.try_write()
            except StoreError as error:
                self.failed(error)
            else:
                self.succeeded()
        self._seen = seen
        return self.say()

    def close(self) -> None:
        """Look no more."""
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        said = ""
        while not self._closing.wait(EVERY_S):
            self._looking_since = self._clock()
            try:
                now = self.look()
            except Exception as error:  # noqa: BLE001 whatever it is, the store cannot be looked at
                now = self._seen = f"store: cannot be looked at ({type(error).__name__}); telltale doctor may say more"
            if now != said:
                _log.warning("%s", now) if now else _log.info("the store takes records again")
            said = now
