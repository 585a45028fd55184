"""Requests to paths where nobody listens: counted by method and path, in bounded memory, and told what is near.

A device that posts to a mistyped address would else be heard of nowhere. Of a path, which anybody may choose, only a
plain first part is shown, no number, secret or address that stands in it. In the refused list a path has a row at its
first, tenth, hundredth … request within an hour, so that who knocks at every door pushes nothing out of it.
"""

import re
import time
from collections import Counter
from collections.abc import Callable, Collection

from telltale.contract import Refused, Reply, Request, did_you_mean
from telltale.door import Door, Entry

NAME = "webhooks"
"""Stands for a source in the refused list."""
MOST_PATHS = 20
"""Told apart within an hour; all further ones are one."""
OTHERS = "other paths"
HOUR_S = 3600.0
MOST_HINTS, LONGEST_HINTED = 100, 100
"""Answers of an hour, for one path as it is shown, that name what is near, and the characters of such a path."""
_METHODS = frozenset(("GET", "POST", "PUT", "HEAD", "PATCH", "DELETE", "OPTIONS"))
_PLAIN = re.compile(r"[A-Za-z_.-]{1,30}\d{0,2}", re.ASCII)


class Unknown:
    """Answers and counts them.

    Args:
        door: knows the paths there are, and notes what is refused.
        count: told each request: method and path as they are shown.
        more: paths of pages.
        clock: seconds that only rise.
    """

    def __init__(
        self,
        door: Door,
        count: Callable[[str], None],
        *,
        more: Collection[str] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._door = door
        self._count = count
        self._clock = clock
        self._entries = door.routes()
        self._paths = [*(entry.route.path for entry in self._entries), *more]
        self._seen: Counter[str] = Counter()
        self._total: Counter[str] = Counter()
        self._hour_ends = clock() + HOUR_S

    @property
    def counts(self) -> dict[str, int]:
        """How many requests since the start came to each path, as it is shown."""
        return dict(self._total)

    def answer(self, request: Request, others: Collection[Entry]) -> tuple[Reply, str]:
        """The refusal of a request, and what it says of it.

        Args:
            request: without its body.
            others: the entries of its path, for other methods.
        """
        methods = sorted({entry.route.method for entry in others})
        shown = self._shown(request)
        name = self._counted(shown, self._seen)
        self._count(self._counted(shown, self._total))
        number = self._seen[name]
        if methods:
            reason, status = "wrong_method", 405
            hint = f"; expected {' or '.join(methods)}"
        else:
            reason, status = "unknown_path", 404
            # What is near takes a moment to find: it is done for people, not for a flood.
            is_cheap = number <= MOST_HINTS and len(request.path) <= LONGEST_HINTED
            hint = self._near(request.path) if is_cheap else ""
        detail = f"{name}: nothing is received there{hint if name == shown else ''}"
        if str(number).strip("0") == "1":
            often = f" (asked {number:,} times within an hour)" if number > 1 else ""
            # Without the sender and its headers: whoever asks, all of one path are counted together.
            blank = request._replace(source=NAME, sender="", path="/", query="", headers={}, body=b"")
            self._door.turn_away(blank, Refused(status, reason, detail + often, body=b""))
        allowed = (("Allow", ", ".join(methods)),) if methods else ()
        return Reply(status, f"{reason}\nnothing is received here{hint}\n".encode(), headers=allowed), detail

    def _near(self, path: str) -> str:
        below = next((known for known in self._paths if known.startswith(f"{path}/")), None)
        return f'; did you mean "{below}"?' if below and path != "/" else did_you_mean(path, self._paths)

    def _counted(self, shown: str, counts: Counter[str]) -> str:
        """The name by which it is counted, once more."""
        if counts is self._seen and self._clock() >= self._hour_ends:
            counts.clear()
            self._hour_ends = self._clock() + HOUR_S
        name = shown if shown in counts or len(counts) < MOST_PATHS else OTHERS
        counts[name] += 1
        return name

    def _shown(self, request: Request) -> str:
        method = request.method if request.method in _METHODS else "?"
        first, slash, rest = request.path.removeprefix("/").partition("/")
        if not _PLAIN.fullmatch(first):
            return f"{method} /{'…' if first else ''}"
        return f"{method} /{first}{'/…' if slash and rest else ''}"
