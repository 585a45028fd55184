"""The newest value of every device: what subjects tell of theirs, and the words and claims of it."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

import pyarrow as pa

from telltale import wording
from telltale.page import said
from telltale.page.claims import About, Claim, Records, Subject
from telltale.page.said import Said, say

Kind = Literal["sensor", "access point", "button", "PC", "device"]

SINCE = "14d"
"""How far back values are looked for, where nothing else is said."""
ABOUT = About("dashboard", arguments={"since": SINCE})
"""What the numbers of pages are claims of (`tt.dashboard.last`)."""
NEWEST = pa.schema(
    [
        *((name, pa.string()) for name in ("name", "device_id", "source", "kind", "channel", "quantity")),
        *(("value", pa.float64()), ("unit", pa.string()), ("newest", pa.string())),
        *(("at", pa.timestamp("us", "UTC")), ("age_s", pa.float64()), ("received", pa.int64())),
        *((name, pa.string()) for name in ("counted", "says", "level")),
    ]
)
"""The columns of `tt.dashboard.last`."""


class Newest(NamedTuple):
    """The newest value of a device; of one that measures several things there are several."""

    device_id: str
    name: str
    """As devices.csv or buttons.csv has it; empty where neither does."""
    kind: Kind
    source: str
    quantity: str = ""
    channel: str = ""
    value: float | None = None
    unit: str = ""
    text: str = ""
    """What is told where there is no number: a state, a count under k."""
    at: dt.datetime | None = None
    so_far: int | None = None
    """How many came in the stretch; None where that may not be told."""
    counted: str = ""
    """What was counted, such as `reading`."""
    says: str = ""
    """What the value means: against its limits, or when the next one is due."""
    level: Literal["", "alarm", "warning"] = ""

    @property
    def words(self) -> str:
        """The value as people read it, without its unit."""
        return self.text or number(self.value)

    @property
    def newest(self) -> str:
        """The value with its unit."""
        return f"{self.words}{wording.NBSP}{self.unit}".rstrip(wording.NBSP)

    @property
    def called(self) -> str:
        """The name, or the id of a device without one."""
        return self.name or self.device_id


def number(value: float | None) -> str:
    """`21.5`, `4`, `101,325`: a tenth at most, and none where the value has none."""
    if value is None:
        return "–"
    return wording.number(value, 0 if value == int(value) or abs(value) >= 10_000 else 1)


def table(rows: Iterable[Newest], now: dt.datetime) -> pa.Table:
    """The rows as `tt.dashboard.last` gives them; ages by our clock, never negative.

    Args:
        rows: of all subjects.
        now: the present.
    """
    told = [
        row._asdict()
        | {"name": row.called, "newest": row.newest, "received": row.so_far}
        | {"age_s": None if row.at is None else age_s(row, now)}
        for row in rows
    ]
    return pa.Table.from_pylist(told, NEWEST)


def age_s(row: Newest, now: dt.datetime) -> float:
    """How old the value is; 0 of one that bears a moment of the future."""
    return 0.0 if row.at is None else max(0.0, (now - row.at).total_seconds())


def value_said(row: Newest, about: About = ABOUT) -> Said:
    """The value without its unit, as a claim where it is a number that was measured."""
    if row.text or row.value is None:
        return say("{}", row.words)
    return said.claimed(_claim(about, row, "value", row.value, row.unit), row.words)


def so_far_said(row: Newest, about: About = ABOUT) -> Said:
    """`5 readings`; empty where that may not be told."""
    if row.so_far is None:
        return Said()
    plural = f"{row.counted}es" if row.counted.endswith("s") else ""
    return said.count(_claim(about, row, "received", row.so_far), row.counted, plural)


def _claim(about: About, row: Newest, column: str, value: float, unit: str = "") -> Claim:
    where: Mapping[str, Any] = {"device_id": row.device_id, "channel": row.channel, "quantity": row.quantity}
    records = Records("reading", where) if row.kind == "sensor" else None
    return about.claim(
        Subject("device", row.device_id, row.called), f"newest_{column}", value, unit, call="last", where=where,
        column=column, records=records,
    )  # fmt: skip
