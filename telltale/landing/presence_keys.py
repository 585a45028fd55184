"""Which pseudonym key each site and period has, as far as a fingerprint tells: all who decode for a store must agree.

A fingerprint is made from the key by a one-way function (`telltale.privacy.keys`). It goes when the key is destroyed.
"""

import socket
from collections.abc import Callable
from typing import NamedTuple

import sqlalchemy as sa

from telltale.landing.database import insert_new
from telltale.landing.schema import PRESENCE_KEY
from telltale.landing.store import Store


class NotedKey(NamedTuple):
    """The key rows of a site and period are decoded with."""

    site: str
    period: str
    ends_at: int
    """End of the period, microseconds UTC."""
    fingerprint: str
    host: str
    """Who decoded with it first."""
    at: int
    """When, microseconds UTC."""


class PresenceKeys:
    """The fingerprints a store holds.

    Args:
        store: where they lie; opened when first asked.
        now: the clock, microseconds UTC.
        host: the name of this machine.
    """

    def __init__(self, store: Callable[[], Store], now: Callable[[], int], host: str = socket.gethostname()) -> None:
        self._store, self._now, self.host = store, now, host

    def noted(self, site: str, period: str) -> NotedKey | None:
        """What was noted of a site and period; None where nothing was."""
        with self._store().reader() as connection:
            row = connection.execute(sa.select(PRESENCE_KEY).where(*_of(site, period))).first()
        return None if row is None else NotedKey(*row)

    def note(self, site: str, period: str, ends_at: int, fingerprint: str) -> NotedKey:
        """Note a key unless one is noted; the one that counts."""
        if (noted := self.noted(site, period)) is None:
            ours = NotedKey(site, period, ends_at, fingerprint, self.host, self._now())
            with self._store().writer() as connection:
                insert_new(connection, PRESENCE_KEY, [ours._asdict()])
            noted = self.noted(site, period) or ours
        return noted

    def every(self) -> list[NotedKey]:
        """All that are noted, by site and end of the period."""
        query = sa.select(PRESENCE_KEY).order_by(PRESENCE_KEY.c.site, PRESENCE_KEY.c.ends_at)
        with self._store().reader() as connection:
            return [NotedKey(*row) for row in connection.execute(query)]

    def ended(self, site: str, before_us: int) -> None:
        """Forget the keys of the periods that ended by then."""
        self._forget(PRESENCE_KEY.c.site == site, PRESENCE_KEY.c.ends_at <= before_us)

    def forget(self, site: str, period: str) -> None:
        """Forget the key of a site and period: whichever is used next counts."""
        self._forget(*_of(site, period))

    def _forget(self, *where: sa.ColumnElement[bool]) -> None:
        with self._store().reader() as connection:
            there = connection.execute(sa.select(PRESENCE_KEY.c.site).where(*where).limit(1)).first()
        if there is not None:
            with self._store().writer() as connection:
                connection.execute(PRESENCE_KEY.delete().where(*where))


def _of(site: str, period: str) -> tuple[sa.ColumnElement[bool], ...]:
    return PRESENCE_KEY.c.site == site, PRESENCE_KEY.c.period == period
