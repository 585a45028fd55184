"""What goes wrong, and who is at fault."""

from collections.abc import Iterable
from difflib import get_close_matches


class TelltaleError(Exception):
    """One sentence: where, the value seen, what was expected, what to do."""

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows of it: the sentence, without the frames it came through (IPython asks for this)."""
        return [f"{type(self).__name__}: {self}"]


class ConfigError(TelltaleError):
    """A setting is missing or wrong; names the file and the key."""


class StoreError(TelltaleError):
    """The record could not be made durable; the sender is told to come back (HTTP 503, CoAP 5.00)."""


class Refused(TelltaleError):
    """The sender is at fault: not authentic, or not well-formed.

    Args:
        status: the HTTP status to answer (400 … 499).
        reason: a short name for the `refused` list, such as `bad_signature`.
        detail: what was seen and what was expected, for the log; never a secret, never a station's address.
        body: what may be kept of the body where it holds a secret (overwritten by `*`); None keeps the bytes received.
        remedy: lines to paste that put it right, for the answer; they are as good for a stranger, and hold no secret.
    """

    def __init__(
        self, status: int, reason: str, detail: str = "", *, body: bytes | None = None, remedy: str = ""
    ) -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.status = status
        self.reason = reason
        self.detail = detail
        self.body = body
        self.remedy = remedy


class DecodeError(TelltaleError):
    """The whole record cannot be decoded; the pipeline makes it one reject and goes on.

    Args:
        reason: a short name that reaches the user, such as `bad_json`.
        detail: the value seen and what was expected; never a station's address.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a sentence about a word nobody knows: `; did you mean "efento"?`, or nothing where none is near."""
    near = get_close_matches(word, list(known), n=1)
    return f'; did you mean "{near[0]}"?' if near else ""
