"""What puts right why a frame was refused."""

from telltale.contract import Remedy
from telltale.sources.efento.texts import SET_AT

_ORDERS = '[efento]\nconfigure = "…"'
_LINE = '[efento]\nhall = "…"'


def remedy(reason: str, _detail: str) -> Remedy | None:
    """What to do about a refusal.

    Source: accept.py, where the reasons come from.
    """
    if reason == "bad_token":
        text = f"The cloud token that is sent is none of secrets.toml. It is set in {SET_AT}."
        return Remedy("wrong cloud token", text, _LINE, "secrets.toml")
    if reason == "missing_token":
        text = f"The sensor sends no cloud token, and secrets.toml asks for one. It is set in {SET_AT}."
        return Remedy("no cloud token", text, _LINE, "secrets.toml")
    if reason in {"no_secret", "missing_secret", "bad_secret"}:
        text = (
            "Another program asked to change a sensor, without the secret for that. It belongs into its header "
            "Authorization, behind the word Bearer."
        )
        return Remedy("orders without their secret", text, _ORDERS, "secrets.toml")
    return None
