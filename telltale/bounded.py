"""JSON that cannot outgrow its bytes: arrays and objects keep their first entries, what is further is counted.

Two bytes such as `0,` become an object of Python of 28 bytes and a row or a reject of some hundred, so a body of a few
megabytes could take gigabytes and a minute. A text is therefore measured before it is read, by counting the marks
`, : [ {` in it, and only one that holds more than any record does is gone through and shortened.

Standard library only; it knows no vendor.
"""

import re
from typing import NamedTuple

from telltale.contract import DecodeError, Shortened

SMALL = 64 << 10
"""Bytes from which a body is measured: what a smaller one becomes is small too."""
BYTES_PER_MARK = 5
"""Fewer bytes a mark are dense: a list of [milliseconds, idle time, true] has 6. What `json` and msgspec make of one
mark is at most 90 bytes, so that the tree of a body is less than 20 times its size."""
FEW = 64
"""Members an object keeps though the text is dense: an envelope may follow its rows."""
DEEPEST = 512
"""Deeper nesting is read by no parser here."""

_MARKS = (b",", b":", b"[", b"{")
_STRING = rb'"(?:[^"\\]++|\\.)*+"'
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"?+|[\[\]{},:]', re.DOTALL)
_QUOTED = re.compile(_STRING, re.DOTALL)
_INSIDE = rb'[^"\[\]{}]++|' + _STRING
_FLAT = rb"[\[{](?:" + _INSIDE + rb")*+[\]}]"
_NESTED = rb"[\[{](?:" + _INSIDE + rb"|" + _FLAT + rb")*+[\]}]"
_ENTRY = rb'(?:[^"\[\]{},]++|' + _STRING + rb"|" + _NESTED + rb")*+,"
_ONE = re.compile(_ENTRY, re.DOTALL)
_RUN = re.compile(rb"(?:" + _ENTRY + rb"){1,256}+", re.DOTALL)
"""Entries that are nested twice at most, each with the comma behind it: most of what is passed over."""
_CLOSES = {b"[": b"]", b"{": b"}"}


class _Open(NamedTuple):
    """An array or object that is gone through."""

    kind: bytes
    entries: int = 1


def shortened_json(text: bytes, most: int) -> Shortened:
    """The text with at most `most` entries an array or object, and fewer where it is denser than any record.

    Args:
        text: JSON in UTF-8.
        most: entries an array or object keeps; the first do. A larger number lets a denser text pass too.

    Returns:
        the text and how many entries it lacks; as it is and 0 where nothing is to be left out.

    Raises:
        DecodeError: `bad_json`: it has to be shortened, and a string, array or object of it does not end.
    """
    most_marks = max(len(text), most) // BYTES_PER_MARK
    if text.count(b",") < most and sum(map(text.count, _MARKS)) <= most_marks:
        return Shortened(text, 0)
    return _Shortening(text, most, most_marks).done()


class _Shortening:
    """One walk through a text, token by token."""

    def __init__(self, text: bytes, most: int, most_marks: int) -> None:
        self._text, self._most, self._most_marks = text, most, most_marks
        self._out: list[bytes] = []
        self._copied = 0
        self._marks = 0
        self._left_out = 0
        self._open: list[_Open] = []
        self._is_near = False
        """Whether a limit is so near that entries are looked at one by one from here on."""

    def done(self) -> Shortened:
        """The text without the entries beyond the limits."""
        at = 0
        while found := _TOKEN.search(self._text, at := self._passed(at)):
            at, token = found.end(), found[0]
            if token[:1] == b'"':
                _whole(token)
                continue
            self._marks += 1
            if token in _CLOSES:
                self._enter(token)
            elif token == b",":
                if self._is_full():
                    at = self._pass_over(found.start())
            elif token != b":":
                self._leave(token)
        if self._open:
            raise _not_closed(self._open[-1].kind)
        return Shortened(b"".join([*self._out, self._text[self._copied :]]), self._left_out)

    def _passed(self, at: int) -> int:
        """Where the entries end that are kept in one go: none of them brings a limit nearer than it is."""
        while not self._is_near and self._open and self._open[-1].kind == b"[":
            run = _RUN.match(self._text, at)
            if run is None:
                break
            text, (kind, entries) = run[0], self._open[-1]
            bare = _QUOTED.sub(b"", text)  # a MAC address is one string, not six marks
            marks = self._marks + sum(map(bare.count, _MARKS))
            if entries + bare.count(b",") >= self._most or marks > self._most_marks:
                self._is_near = True
                break
            self._open[-1] = _Open(kind, entries + _ONE.subn(b"", text)[1])
            self._marks, at = marks, run.end()
        return at

    def _enter(self, kind: bytes) -> None:
        if len(self._open) >= DEEPEST:
            raise DecodeError("bad_json", "nested too deeply")
        self._open.append(_Open(kind))

    def _leave(self, token: bytes) -> None:
        if not self._open or _CLOSES[self._open.pop().kind] != token:
            raise DecodeError("bad_json", f"an unexpected {token.decode()}")

    def _is_full(self) -> bool:
        """Whether the innermost array or object keeps no further entry; counts this one where it does."""
        if not self._open:
            return False
        kind, entries = self._open[-1]
        is_dense = self._marks > self._most_marks and (kind == b"[" or entries >= FEW)
        if entries >= self._most or is_dense or self._marks > self._most_marks + self._most // 10:
            return True
        self._open[-1] = _Open(kind, entries + 1)
        return False

    def _pass_over(self, comma: int) -> int:
        """Leave out all from this comma to the end of its array or object; where that is."""
        self._out.append(self._text[self._copied : comma])
        at, depth = comma, 0
        while True:
            if depth == 0 and (run := _RUN.match(self._text, at)):
                self._left_out += _ONE.subn(b"", run[0])[1]
                at = run.end()
                continue
            found = _TOKEN.search(self._text, at)
            if found is None:
                raise _not_closed(self._open[-1].kind)
            at, token = found.end(), found[0]
            if token[:1] == b'"':
                _whole(token)
            elif token in _CLOSES:
                depth += 1
            elif token == b"," and depth == 0:
                self._left_out += 1
            elif token in b"]}":
                if depth == 0:
                    self._copied = found.start()
                    return found.start()
                depth -= 1


def _whole(string: bytes) -> None:
    if len(string) < 2 or not string.endswith(b'"'):
        raise DecodeError("bad_json", "a string that does not end")


def _not_closed(kind: bytes) -> DecodeError:
    return DecodeError("bad_json", f"an {'array' if kind == b'[' else 'object'} that does not end")
