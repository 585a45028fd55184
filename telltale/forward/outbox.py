"""The outbox: what is to be passed on, in the store's database, until the other side has confirmed it.

Delivery is at least once. An event is written once (target and event id are unique) with its facts as they were; it is
`waiting`, then `sent`, or `parked` when the other side refuses it for good. Within a lane rows go out in the order of
their time: a lane whose first row has to wait waits with it, a parked row lets the next one pass. Watermarks move in
the transaction that adds the rows, and are times of events.

Source: wire/forwarding.md section 1.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from telltale.landing import Store
from telltale.landing.database import insert_new
from telltale.landing.schema import FORWARD_COUNT, FORWARD_MARK, OUTBOX

WAITING, SENT, PARKED = "waiting", "sent", "parked"
BATCH = 100
LONGEST_ERROR = 2048
"""Bytes of a reply that are kept."""
LONGEST_WAIT_US = 86_400_000_000
"""No other side is left alone for longer, whatever it asks: a wait beyond it was begun by a clock that was ahead."""
_PIECE = 1000  # rows of one transaction: others wait for the lock meanwhile


class Event(NamedTuple):
    """Something to pass on."""

    event_id: str
    device_id: str
    lane: str
    event_at: int
    """Microseconds UTC."""
    body: str
    """Its facts as JSON."""


class Row(NamedTuple):
    """An event in the outbox."""

    id: int
    target: str
    event_id: str
    device_id: str
    lane: str
    event_at: int
    body: str
    attempts: int
    last_error: str


class Sent(NamedTuple):
    """What a lane has had confirmed so far."""

    rows: int = 0
    last_at: int = 0
    """The newest of their times."""


class Standing(NamedTuple):
    """How a target stands."""

    waiting: int
    sent: int
    parked: int
    oldest_at: int | None
    """When the longest waiting row was written."""


class Outbox:
    """The rows of one target."""

    def __init__(self, store: Store, target: str) -> None:
        self.store = store
        self.target = target
        self._ours = OUTBOX.c.target == target

    def add(self, events: Iterable[Event], *, marks: Mapping[str, int], now_us: int) -> int:
        """Add what is not there yet, and move the watermarks; how many were new.

        Args:
            events: in any order.
            marks: where watermarks go that no event moves, by device.
            now_us: the present.

        Raises:
            StoreError: it could not be made durable.
        """
        ordered = sorted(events, key=lambda event: (event.event_at, event.event_id))
        pieces = [ordered[start : start + _PIECE] for start in range(0, len(ordered), _PIECE)] or [[]]
        return sum(self._add_piece(piece, marks if piece is pieces[-1] else {}, now_us) for piece in pieces)

    def mark(self, kind: str, device_id: str = "") -> int | None:
        """A mark: `started`, `held`, or the watermark of a device; None when there is none yet."""
        return self.marks(kind).get(device_id)

    def marks(self, kind: str) -> dict[str, int]:
        """The marks of a kind, by device."""
        query = sa.select(FORWARD_MARK.c.device_id, FORWARD_MARK.c.at).where(
            FORWARD_MARK.c.target == self.target, FORWARD_MARK.c.kind == kind
        )
        with self.store.reader() as connection:
            return {row.device_id: row[1] for row in connection.execute(query)}

    def start(self, at_us: int) -> int:
        """Note the moment from which on events are passed on, if it is the first time; the one that holds."""
        with self.store.writer() as connection:
            self._move(connection, "started", "", at_us, only_new=True)
        found = self.mark("started")
        return at_us if found is None else found

    def anchors(self, before_mark_us: int, now_us: int) -> dict[str, int]:
        """The newest event of each device that is at least so long before its watermark.

        A watermark beyond the present is that of a clock that was ahead, and counts as the present: what comes once the
        clock is right would lie before it.
        """
        joined = OUTBOX.join(
            FORWARD_MARK,
            (FORWARD_MARK.c.target == OUTBOX.c.target)
            & (FORWARD_MARK.c.kind == "watermark")
            & (FORWARD_MARK.c.device_id == OUTBOX.c.device_id),
        )
        query = (
            sa.select(OUTBOX.c.device_id, sa.func.max(OUTBOX.c.event_at))
            .select_from(joined)
            .where(self._ours, OUTBOX.c.event_at <= FORWARD_MARK.c.at - before_mark_us)
            .where(OUTBOX.c.event_at <= now_us - before_mark_us)
            .group_by(OUTBOX.c.device_id)
        )
        with self.store.reader() as connection:
            return {row.device_id: row[1] for row in connection.execute(query)}

    def times(self, since_us: int) -> dict[str, list[int]]:
        """The times of the events from a moment on, by device, ascending."""
        query = (
            sa.select(OUTBOX.c.device_id, OUTBOX.c.event_at)
            .where(self._ours, OUTBOX.c.event_at >= since_us)
            .order_by(OUTBOX.c.event_at)
        )
        found: dict[str, list[int]] = {}
        with self.store.reader() as connection:
            for device_id, at in connection.execute(query):
                found.setdefault(device_id, []).append(at)
        return found

    def known(self, event_ids: Sequence[str]) -> set[str]:
        """Those of the events that are in the outbox."""
        found: set[str] = set()
        with self.store.reader() as connection:
            for start in range(0, len(event_ids), _PIECE):
                piece = list(event_ids[start : start + _PIECE])
                query = sa.select(OUTBOX.c.event_id).where(self._ours, OUTBOX.c.event_id.in_(piece))
                found.update(connection.scalars(query))
        return found

    def hold(self, until_us: int) -> None:
        """Send nothing until then: the other side asked for it."""
        with self.store.writer() as connection:
            self._move(connection, "held", "", until_us)

    def due(self, now_us: int, limit: int = BATCH) -> list[Row]:
        """The next rows, in the order of their time; none of a lane whose turn it is to wait."""
        waiting = sa.and_(self._ours, OUTBOX.c.state == WAITING)
        other = OUTBOX.alias("other")
        held = sa.select(other.c.lane).where(
            other.c.target == self.target,
            other.c.state == WAITING,
            other.c.next_try > now_us,
            other.c.next_try <= now_us + LONGEST_WAIT_US,
        )
        query = (
            sa.select(*(OUTBOX.c[name] for name in Row._fields))
            .where(waiting, OUTBOX.c.lane.not_in(held))
            .order_by(OUTBOX.c.event_at, OUTBOX.c.id)
            .limit(limit)
        )
        with self.store.reader() as connection:
            return [Row(*found) for found in connection.execute(query)]

    def sent(self, row: Row, now_us: int) -> None:
        """The other side has confirmed the row."""
        with self.store.writer() as connection:
            values = {"state": SENT, "sent_at": now_us, "next_try": 0}
            waiting = (OUTBOX.c.id == row.id) & (OUTBOX.c.state == WAITING)
            if connection.execute(OUTBOX.update().where(waiting).values(**values)).rowcount:
                _count(connection, row)

    def counts(self) -> dict[str, Sent]:
        """What each lane has had confirmed."""
        query = sa.select(FORWARD_COUNT.c.lane, FORWARD_COUNT.c.sent, FORWARD_COUNT.c.last_at).where(
            FORWARD_COUNT.c.target == self.target
        )
        with self.store.reader() as connection:
            return {lane: Sent(rows, at) for lane, rows, at in connection.execute(query)}

    def note(self, row: Row, error: str) -> None:
        """Why the row waits, by no fault of its own."""
        self._change(row, {"last_error": cut(error)})

    def failed(self, row: Row, error: str, next_try: int) -> None:
        """A try has failed; the row waits, until `next_try` at least."""
        self._change(row, {"attempts": row.attempts + 1, "last_error": cut(error), "next_try": next_try})

    def park(self, row: Row, error: str) -> None:
        """The other side will never take the row; it is kept until it is released by hand."""
        self._change(row, {"attempts": row.attempts + 1, "last_error": cut(error), "state": PARKED})

    def standing(self) -> Standing:
        """How many rows there are in each state, and since when the oldest waits."""
        query = (
            sa.select(OUTBOX.c.state, sa.func.count(), sa.func.min(OUTBOX.c.created_at))
            .where(self._ours)
            .group_by(OUTBOX.c.state)
        )
        with self.store.reader() as connection:
            rows = {state: (count, at) for state, count, at in connection.execute(query)}
        waiting, sent, parked = (rows.get(state, (0, None)) for state in (WAITING, SENT, PARKED))
        return Standing(waiting[0], sent[0], parked[0], waiting[1])

    def forget_sent(self, before_us: int) -> int:
        """Remove rows that were sent and are older; each device's newest stay, for the next look starts there."""
        newest = OUTBOX.alias("newest")
        kept = (
            sa.select(sa.func.max(newest.c.event_at))
            .where(newest.c.target == self.target, newest.c.device_id == OUTBOX.c.device_id)
            .scalar_subquery()
        )
        old = sa.and_(self._ours, OUTBOX.c.state == SENT, OUTBOX.c.event_at < before_us)
        with self.store.writer() as connection:
            return connection.execute(OUTBOX.delete().where(old, OUTBOX.c.event_at < kept - 86_400_000_000)).rowcount

    def _add_piece(self, events: Sequence[Event], marks: Mapping[str, int], now_us: int) -> int:
        new = {"target": self.target, "created_at": now_us, "state": WAITING, "attempts": 0, "next_try": 0}
        reached = dict(marks)
        for event in events:
            reached[event.device_id] = max(reached.get(event.device_id, 0), event.event_at)
        with self.store.writer() as connection:
            new_rows = 0
            if events:
                before = self._total(connection)
                values = [{**event._asdict(), **new, "last_error": ""} for event in events]
                insert_new(connection, OUTBOX, values)
                new_rows = self._total(connection) - before
            for device_id, at in reached.items():
                self._move(connection, "watermark", device_id, at)
        return new_rows

    def _total(self, connection: sa.Connection) -> int:
        return connection.scalar(sa.select(sa.func.count()).select_from(OUTBOX).where(self._ours)) or 0

    def _move(
        self, connection: sa.Connection, kind: str, device_id: str, at_us: int, *, only_new: bool = False
    ) -> None:
        """Move a mark forwards, never back."""
        key = {"target": self.target, "kind": kind, "device_id": device_id}
        insert_new(connection, FORWARD_MARK, [{**key, "at": at_us}])
        if not only_new:
            this = [FORWARD_MARK.c[name] == value for name, value in key.items()]
            connection.execute(FORWARD_MARK.update().where(*this, FORWARD_MARK.c.at < at_us).values(at=at_us))

    def _change(self, row: Row, values: Mapping[str, Any]) -> None:
        with self.store.writer() as connection:
            connection.execute(OUTBOX.update().where(OUTBOX.c.id == row.id, OUTBOX.c.state == WAITING).values(**values))


def parked(store: Store) -> list[Row]:
    """The parked rows of all targets, in the order of their time."""
    query = sa.select(*(OUTBOX.c[name] for name in Row._fields)).where(OUTBOX.c.state == PARKED)
    with store.reader() as connection:
        return [Row(*found) for found in connection.execute(query.order_by(OUTBOX.c.event_at, OUTBOX.c.id))]


def release(store: Store, ids: Collection[int] | None, *, target: str | None = None) -> int:
    """Let parked rows go out again; None is all of them. How many there were."""
    chosen = [OUTBOX.c.state == PARKED]
    chosen += [] if ids is None else [OUTBOX.c.id.in_(list(ids))]
    chosen += [] if target is None else [OUTBOX.c.target == target]
    with store.writer() as connection:
        values = {"state": WAITING, "attempts": 0, "next_try": 0}
        return connection.execute(OUTBOX.update().where(*chosen).values(**values)).rowcount


def cut(text: str) -> str:
    """The beginning of a text, cut at a character's border."""
    return text.encode("utf-8", "replace")[:LONGEST_ERROR].decode("utf-8", "ignore")


def _count(connection: sa.Connection, row: Row) -> None:
    key = {"target": row.target, "lane": row.lane}
    insert_new(connection, FORWARD_COUNT, [{**key, "sent": 0, "last_at": 0}])
    newer = sa.case((FORWARD_COUNT.c.last_at < row.event_at, row.event_at), else_=FORWARD_COUNT.c.last_at)
    this = [FORWARD_COUNT.c[name] == value for name, value in key.items()]
    connection.execute(FORWARD_COUNT.update().where(*this).values(sent=FORWARD_COUNT.c.sent + 1, last_at=newer))
