"""The time zone this machine is set to, by its IANA name."""

import os
from pathlib import Path
from zoneinfo import available_timezones

_LINK, _NAME = Path("/etc/localtime"), Path("/etc/timezone")


def machine_zone(link: Path = _LINK, name: Path = _NAME) -> str:
    """Such as Europe/Berlin; empty where the system does not tell it by such a name, as Windows does not.

    Source: tzset(3), localtime(5).
    """
    told = [os.environ.get("TZ", "").lstrip(":")]
    if link.is_symlink():
        told.append(link.resolve().as_posix().partition("zoneinfo/")[2])
    if name.is_file():
        told.append(name.read_text(encoding="ascii", errors="replace").strip())
    known = available_timezones()
    return next((each for each in told if each in known), "")
