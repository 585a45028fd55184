"""Rows of `activity` as a chunk, and the ids of PCs."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from telltale.contract import Chunk

TIME_MAX_US = 4_102_444_800_000_000
"""2100-01-01."""
_NAME_MAX = 64


def pc_id(host: str) -> str | None:
    """The id of a PC by its name on the network: what an id cannot hold becomes a dash; None where nothing is left."""
    name = re.sub(r"[^\w.-]+", "-", unicodedata.normalize("NFC", host))[:_NAME_MAX].strip("-")
    return f"pc:{name}" if name else None


def device_id(text: str) -> str | None:
    """The id of a PC in tables, of `pc:` and its name on the network as people write it; None of any other text.

    The case of the name is kept: tables have it as the PC tells it.
    """
    prefix, colon, host = text.partition(":")
    return pc_id(host.strip()) if colon and prefix.strip().casefold() == "pc" else None


def rows(
    kind: str, devices: Sequence[str], times: Sequence[int], periods_s: Sequence[float], **columns: list[Any]
) -> Chunk:
    """Rows of one kind; of `idle_s`, `active` and `note` those that are given, the others null."""
    nothing: list[Any] = [None] * len(times)
    return Chunk(
        "activity",
        {
            "device_id": list(devices),
            "kind": [kind] * len(times),
            "observed_at": list(times),
            "idle_s": nothing,
            "score_pct": nothing,
            "active": nothing,
            "period_s": list(periods_s),
            "note": nothing,
            **columns,
        },
    )
