"""Lines out of what a child prints: of bounded length, whatever its bytes are."""

from collections.abc import Callable

LONGEST_LINE = 16 << 10
"""Bytes of a line that are shown; the rest is counted."""
SHORT = 300
"""Characters of a line that is quoted in another."""
_UNSEEN = {code: "\N{REPLACEMENT CHARACTER}" for code in (*range(32), *range(127, 160)) if chr(code) != "\t"}
"""Control characters: they could write anywhere on a terminal."""


class Lines:
    """Cuts bytes into lines.

    Args:
        hear: told each line, without its end.
    """

    def __init__(self, hear: Callable[[str], None]) -> None:
        self.last = ""
        """The last line that is not blank."""
        self._hear = hear
        self._begun = bytearray()
        self._cut = 0

    def feed(self, data: bytes) -> None:
        """The next bytes."""
        *whole, begun = data.split(b"\n")
        for piece in whole:
            self._add(piece)
            self._say()
        self._add(begun)

    def finish(self) -> None:
        """There are no more: what is begun is a line."""
        if self._begun:
            self._say()

    def _add(self, piece: bytes) -> None:
        room = LONGEST_LINE - len(self._begun)
        self._begun += piece[:room]
        self._cut += max(len(piece) - room, 0)

    def _say(self) -> None:
        line = self._begun.decode("utf-8", "replace").rstrip().translate(_UNSEEN)
        if self._cut:
            line += f" … ({self._cut:,} more bytes)"
        if line:
            self.last = line
        self._begun.clear()
        self._cut = 0
        self._hear(line)


def shortened(line: str) -> str:
    """The beginning of a line, to be quoted in another."""
    return line if len(line) <= SHORT else f"{line[:SHORT]} …"
