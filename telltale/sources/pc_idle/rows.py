"""Rows of `activity` as a chunk."""

from collections.abc import Sequence
from typing import Any

from telltale.contract import Chunk

TIME_MAX_US = 4_102_444_800_000_000
"""2100-01-01."""


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
