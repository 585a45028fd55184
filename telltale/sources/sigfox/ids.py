"""The ids of Sigfox devices: `2D24E6` on a modem, `002D24E6` in a list, `sigfox:2d24e6` in tables."""

import re

_SPELT = re.compile(r"(?P<prefix>sigfox\s*:\s*)?(?:0x)?(?P<digits>[0-9a-f]{1,8})", re.IGNORECASE | re.ASCII)
FEWEST_DIGITS = 5
"""Without its prefix an id is known by so many digits: fewer may be a word or a number of anything."""


def id_of(text: str) -> str | None:
    """The id of a text that is said to be a Sigfox device: lower case, no leading zeros; None where it is none."""
    found = _SPELT.fullmatch(text.strip())
    return f"sigfox:{found['digits'].lower().lstrip('0') or '0'}" if found else None


def device_id(text: str) -> str | None:
    """The same of any text: one without the prefix has to have five digits at least."""
    found = _SPELT.fullmatch(text.strip())
    if found is None or not (found["prefix"] or len(found["digits"]) >= FEWEST_DIGITS):
        return None
    return id_of(text)
