"""Where Spark is, as a setting says it: what of that may be shown, and what a client of Spark Connect is given.

`sc://host:443/;token=…` holds a secret, and so may what was meant to be one.

Source: Spark Connect client connection string, 4.2 and 4.3.
"""

import re
from urllib.parse import unquote

EXPECTED = '"local[2]", "local-cluster[2,1,1024]", "spark://host:7077", "sc://host:15002", or nothing'
_KNOWN = re.compile(r"local\[(\d+|\*)\]|local-cluster\[\d+, *\d+, *\d+\]|(spark|sc)://\S+")
_URL = re.compile(r"([A-Za-z]*:/*)(.*)", re.DOTALL)
_HOST = r"(?:[\w.-]+|\[[0-9A-Fa-f:.]+\])"
_PLACE = re.compile(rf"{_HOST}?(?::\d*)?(?:,{_HOST}(?::\d*)?)*/?")


def is_remote(master: str) -> bool:
    """Whether it is a server of Spark Connect."""
    return master.startswith("sc://")


def is_here(master: str) -> bool:
    """Whether all of it, workers too, runs on this machine."""
    return master.startswith("local")


def shown(master: str) -> str:
    """The master without a user, a password and what follows its place, where a token stands; of a misspelt one too."""
    scheme, place = _parted(master)
    if not scheme:
        return re.split("[;@]", master, maxsplit=1)[0]
    place = re.split(r"/?[;?#]", place, maxsplit=1)[0].rpartition("@")[2]
    return scheme + (place if _PLACE.fullmatch(place) else "…")  # who knows what it is: a password may hold any sign


def complaint(master: str) -> str | None:
    """What was expected instead of this master, None where it is one; nothing of it is repeated."""
    if not master:
        return None
    if not _KNOWN.fullmatch(master):
        return EXPECTED
    for place in _parted(master)[1].partition(";")[0].rstrip("/").rpartition("@")[2].split(","):
        port = re.fullmatch(rf"{_HOST}(?::(.*))?", place) if "://" in master else None
        if port and port[1] is not None and not (re.fullmatch("[0-9]{1,5}", port[1]) and 1 <= int(port[1]) <= 65_535):
            return "a port from 1 to 65535 behind the host"
    if is_remote(master) and any("=" not in each for each in _parameters(master)):
        return "each parameter behind the ; as name=value"
    return None


def for_client(master: str) -> str:
    """A server as PySpark's client reads it: what a token may hold is escaped, for there it would end the token."""
    place = master.partition(";")[0].rstrip("/")
    given = [each.partition("=") for each in _parameters(master)]
    return f"{place}/" + "".join(f";{name}={re.sub('[=/?#]', _escaped, value)}" for name, _, value in given)


def without_secrets(master: str, text: str) -> str:
    """A text of others about a master, without what of the master is not shown."""
    place = re.split(r"/?[;?#]", _parted(master)[1], maxsplit=1)[0]
    user, _, password = place.rpartition("@")[0].partition(":")
    secrets = {user, password, *(each.rpartition("=")[2] for each in _parameters(master))}
    for each in _parameters(master):
        value = each.partition("=")[2]
        secrets |= {each, value, unquote(value)}
    for secret in sorted(secrets - {""}, key=len, reverse=True):
        text = text.replace(secret, "…")
    return text


def _parted(master: str) -> tuple[str, str]:
    found = _URL.fullmatch(master)
    return (found[1], found[2]) if found else ("", master)


def _parameters(master: str) -> list[str]:
    return [each for each in master.partition(";")[2].split(";") if each]


def _escaped(sign: re.Match[str]) -> str:
    return f"%{ord(sign[0]):02X}"
