"""What puts right why a callback was refused, or a message gave no readings."""

import re

from telltale.contract import Remedy
from telltale.sources.sigfox.texts import SET_AT

_LINE = '[sigfox]\nbackend = "…"'
_HEX = re.compile(r"(?:[0-9a-f]{2}){1,12}", re.ASCII)


def remedy(reason: str, detail: str) -> Remedy | None:
    """What to do about a refusal or a reject; the detail of a message without a meaning begins with its bytes.

    Source: accept.py and decode.py, where the reasons and details come from; wire/sigfox.md 2 (payload config).
    """
    if reason == "bad_secret":
        text = f"The secret that is sent is none of secrets.toml. It is set in {SET_AT}."
        return Remedy("wrong secret", text, _LINE, "secrets.toml")
    if reason == "no_secret":
        text = f"A callback from elsewhere needs a secret: take a long one, and set the same in {SET_AT}."
        return Remedy("no secret is set", text, _LINE, "secrets.toml")
    if reason == "missing_secret":
        text = f"The callback carries no secret, and secrets.toml asks for one. It is set in {SET_AT}."
        return Remedy("no secret sent", text, "Authorization: Bearer …", "the callback’s headers")
    if reason == "no_payload_config":
        found = _HEX.match(detail)
        newest = f", newest {found[0]}" if found else ""
        text = (
            f"Nothing names the fields of its bytes{newest}. Say what they are, such as this; then telltale redecode "
            "makes readings of those that are kept."
        )
        line = f'[sources.sigfox]\npayload = "{_config(len(found[0]) // 2 if found else 2)}"'
        return Remedy("bytes without a meaning", text, line, "telltale.toml")
    return None


def _config(size: int) -> str:
    """A payload config of so many bytes: numbers of 16 bits, a last one of 8."""
    pairs = ["temperature::int:16", "level::uint:16", *(f"value{n}::uint:16" for n in range(3, size))][: size // 2]
    return " ".join([*pairs, *(["flags::uint:8"] if size % 2 else [])])
