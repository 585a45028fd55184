"""The ids of Efento sensors: the serial number of 12 hex digits on their label, `efento:282c024156af` in tables.

Source: wire/efento.md 1.1 (serial number, known prefix 282C02).
"""

import re

_SPELT = re.compile(
    r"(?P<prefix>efento\s*:\s*)?(?P<serial>(?:[0-9a-f]{2}[:. -]?){5}[0-9a-f]{2})", re.IGNORECASE | re.ASCII
)
OWN = "282c02"
"""How every serial number known begins: other 12 digits without `efento:` may be the address of anything."""


def id_of(text: str) -> str | None:
    """The id of a text that is said to be an Efento sensor; None where it is none."""
    found = _SPELT.fullmatch(text.strip())
    return f"efento:{re.sub('[:. -]', '', found['serial']).lower()}" if found else None


def device_id(text: str) -> str | None:
    """The same of any text: one without the prefix has to begin as their serial numbers do."""
    found, read = _SPELT.fullmatch(text.strip()), id_of(text)
    return read if found and read and (found["prefix"] or read.startswith(f"efento:{OWN}")) else None
