"""A thing done again and again until somebody says stop: what goes wrong is said once, and ends nothing."""

import threading
from collections.abc import Callable

from telltale import discreet
from telltale.contract import TelltaleError


def again(each: Callable[[], None], stop: threading.Event, say: Callable[[str], None], *, every_s: float) -> None:
    """Do something until `stop` is set; the store may go away and come back meanwhile.

    Args:
        each: what is done.
        stop: ends it.
        say: told why it failed; the same reason once, until it has worked.
        every_s: seconds between two times.
    """
    complaint = ""
    while not stop.is_set():
        try:
            each()
            complaint = ""
        except Exception as error:  # noqa: BLE001 - a mistake in one pass must not end the next
            told = why(error)
            if told != complaint:
                complaint = told
                say(told)
        stop.wait(every_s)


def why(error: Exception) -> str:
    """A failure in a line: ours in its own words, of any other the place alone, for its text may quote a record."""
    return str(error) if isinstance(error, TelltaleError) else f"{discreet.place(error)}; please report this line"
