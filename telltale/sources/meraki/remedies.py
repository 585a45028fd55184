"""What puts right why a report was refused."""

from telltale.contract import Remedy
from telltale.sources.meraki.texts import SET_AT

_LINE = '[meraki]\noffice = "…"'


def remedy(reason: str, _detail: str) -> Remedy | None:
    """What to do about a refusal.

    Source: accept.py, where the reasons come from.
    """
    if reason == "bad_secret":
        text = f"The secret that is sent is none of secrets.toml. The right one stands in {SET_AT}."
        return Remedy("wrong secret", text, _LINE, "secrets.toml")
    if reason == "no_secret":
        return Remedy("no secret is set", f"secrets.toml has none yet: the one of {SET_AT}.", _LINE, "secrets.toml")
    if reason == "no_validator":
        text = "The dashboard asks for its validator, which stands beside the Post URL there."
        return Remedy("no validator", text, '[sources.meraki]\nvalidator = "…"', "telltale.toml")
    return None
