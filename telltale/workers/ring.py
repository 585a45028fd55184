"""The keys and lists that a run on workers takes along, and whether they are still those when it is published."""

from collections.abc import Iterable
from typing import NamedTuple

from telltale.arrow import DAY_US
from telltale.lake import Changed
from telltale.privacy import KeyRefused, Keys, Lists, Period
from telltale.workers.given import Given, lists_given

_EARLIER_US = 2 * DAY_US
"""Records tell of what was up to a day or two before; a key of longer ago is asked for when it is needed."""
At = tuple[str, str, int]
"""Site, label and end of a period."""


class Ring(NamedTuple):
    """Keys by site and period, read at one moment."""

    keys: dict[At, bytes]
    refused: set[At]
    watermarks: dict[str, int]
    lists: Given

    def given(self) -> Given:
        """What a decoder needs of it."""
        return {
            "keys": dict(self.keys),
            "refused": sorted(self.refused),
            "watermarks": dict(self.watermarks),
            **self.lists,
        }


def ring_of(keys: Keys, lists: Lists, *, since_us: int, until_us: int) -> Ring:
    """The keys there are of a stretch of time, each checked as when it is used; none is made.

    Raises:
        StoreError: the store that knows which keys count is away.
    """
    ring = Ring({}, set(), {site: keys.destroyed_before(site) for site in keys.sites()}, lists_given(lists))
    for site in keys.sites():
        near = [
            period
            for period in keys.periods(site)
            if period.end_us > since_us - _EARLIER_US and period.start_us < until_us
        ]
        add(ring, keys, ((site, period) for period in near))
    return ring


def add(ring: Ring, keys: Keys, wanted: Iterable[tuple[str, Period]]) -> None:
    """Take the keys of these periods along, made where there is none yet."""
    for site, period in wanted:
        at = (site, period.label, period.end_us)
        try:
            key = keys.key(site, period)
        except KeyRefused:
            ring.refused.add(at)
            continue
        if key is None:
            ring.watermarks[site] = keys.destroyed_before(site)
        else:
            ring.keys[at] = key


def require_same(ring: Ring, keys: Keys, lists: Lists) -> None:
    """Check that nothing was destroyed, and nobody put on a list, since the ring was read.

    Raises:
        Changed: something was.
    """
    now = {site: keys.destroyed_before(site) for site in ring.watermarks}
    if now != ring.watermarks or lists_given(lists) != ring.lists:
        raise Changed("keys: some were destroyed, or a list was changed, while workers decoded; start again")
