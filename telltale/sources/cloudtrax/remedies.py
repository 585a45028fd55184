"""What puts right why a report was refused."""

import re

from telltale.contract import Remedy
from telltale.sources.cloudtrax.texts import SET_AT

_NETWORK = re.compile(r"network ([\w.-]{1,32})[: ]", re.ASCII)
_LINE_TO_ADD = re.compile(r'add the line "?([\w.-]{1,32})"? =', re.ASCII)


def remedy(reason: str, detail: str) -> Remedy | None:
    """What to do about a refusal; its detail names the network.

    Source: accept.py, where the reasons and details come from.
    """
    found = _NETWORK.match(detail) or _LINE_TO_ADD.search(detail)
    line = f'[cloudtrax]\n"{found[1] if found else "network id"}" = "…"'
    of = f"of network {found[1]} " if found else ""
    if reason == "bad_signature":
        text = (
            f"The signature {of}does not fit the secret in secrets.toml; a report that is refused does not come again."
        )
        return Remedy("wrong secret", f"{text} The right one stands in {SET_AT}.", line, "secrets.toml")
    if reason == "unknown_network":
        text = f"secrets.toml has no secret {of}yet: the one of {SET_AT}."
        return Remedy("network without a secret", text, line, "secrets.toml")
    if reason == "no_secret":
        text = f"A report from elsewhere needs a secret: take a long one, and set the same in {SET_AT}."
        return Remedy("no secret is set", text, line, "secrets.toml")
    if reason == "missing_signature":
        text = f"The sender signs nothing: set a secret in {SET_AT}; the same goes into secrets.toml."
        return Remedy("no signature", text, line, "secrets.toml")
    return None
