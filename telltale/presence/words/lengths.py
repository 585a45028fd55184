"""Visits by length, fit to show: one table from which chart, shares, n and sentence take their figures.

Bars add up to bands, bands to the visits that ended, these and those that may go on to all; each kind of address is a
part of all. What is withheld of one is withheld so that no sum or difference of the others gives it away.

Source: wire/presence.md 6.2 (engagement bands), 8 (small counts, complementary suppression).
"""

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any, NamedTuple

from telltale.analysis.publish import TOTAL
from telltale.analysis.withheld import Count, hidden_of_kinds
from telltale.frames import local, rows

BANDS = ((0, 20, "up to 20 min"), (20, 60, "20–60 min"), (60, None, "1 h and more"))
"""Engagement bands of visits, minutes, lower edge inclusive (wire/presence.md 6.2)."""
BIN_MIN = 5
TAIL_MIN = 60, 120
"""The last bar is open. It begins where bars get too small to show, within these bounds."""
OPEN, ENDED, BAND = "open", "ended", "band"
REST = "rest"
"""Visits of days of which all kinds together are shown, but not each."""


class Stay(NamedTuple):
    """A visit."""

    dwell_s: float
    device: object
    """Whose it is; where the frame does not say, each is another's."""
    open: bool = False
    kind: str = "all"
    """Of which address kind, or `rest`."""
    day: str = ""
    """The label of the local day it began on."""
    is_recent: bool = True
    """Whether it is of the shorter of the stretches a page shows."""


class Bar(NamedTuple):
    """Visits of some length."""

    low: int
    high: int | None
    """Minutes; None is the last bar, without an upper end."""
    visits: int | None
    """None is withheld: of fewer than k devices, or it would tell of such."""


class Lengths(NamedTuple):
    """What may be said of the lengths of visits of one kind of address."""

    bars: tuple[Bar, ...]
    bands: tuple[int | None, ...]
    """Visits in each of `BANDS`; None is withheld."""
    ended: int | None
    """Visits that have ended, which all of this is about; None is withheld."""
    open: int | None
    """Visits that may not have ended; None is withheld."""
    some_open: bool
    """Whether there are any."""
    left_out: tuple[str, ...]
    """Days of which no visit is in here: a few of theirs may not have ended, which day less ended ones would tell."""
    median_s: float | None
    """Of the visits that have ended; None where they are of fewer than k devices."""

    @property
    def shares(self) -> tuple[float | None, ...]:
        """The share of the ended visits in each of `BANDS`; None where that would tell of few."""
        return tuple(self.share(band) for band in self.bands)

    def share(self, visits: int | None) -> float | None:
        """The share of the ended visits that some of them are; None where either is withheld."""
        return None if visits is None or not self.ended else visits / self.ended


def lengths(visits: Any, *, k: int) -> Lengths:
    """What may be said of the lengths of some visits.

    Args:
        visits: dwell_s, optionally open and device (`tt.presence.visits`), or what this or `by_kind` gave.
        k: the smallest number of devices that is shown.
    """
    if isinstance(visits, Lengths):
        return visits
    table = rows(visits, "dwell_s", optional=("open", "device"))
    stays = [
        Stay(row["dwell_s"], at if row["device"] is None else row["device"], bool(row["open"]))
        for at, row in enumerate(table)
    ]
    return _judged({"all": stays}, k, {})["all"]


def by_kind(stays: Iterable[Stay], *, k: int) -> dict[str, Lengths]:
    """What may be said of each address kind (global, local, all), each beside the others.

    Args:
        stays: of kind global, local or rest, each visit once.
        k: the smallest number of devices that is shown.
    """
    return by_stretch([stay._replace(is_recent=True) for stay in stays], k=k)[0]


def by_stretch(stays: Iterable[Stay], *, k: int) -> tuple[dict[str, Lengths], dict[str, Lengths]]:
    """What may be said of each address kind: of all the visits, and of the recent ones, each beside the other.

    A page that shows both tells by subtraction of those that are not recent. It shows how many began each day, too:
    where so few may go on that their number is withheld, the day is left out.

    Args:
        stays: of kind global, local or rest, each visit once.
        k: the smallest number of devices that is shown.
    """
    every, left_out = _without_few_open(list(stays), k)
    kinds = ["global", "local", *([REST] if any(stay.kind == REST for stay in every) else [])]
    parts = {kind: [stay for stay in every if stay.kind == kind] for kind in kinds} | {"all": every}
    over = {"all": kinds}
    if all(stay.is_recent for stay in every):
        whole = _judged(parts, k, over, left_out)
        return whole, whole
    split: dict[str, list[Stay]] = dict(parts)
    for kind, part in parts.items():
        split[kind + RECENT] = [stay for stay in part if stay.is_recent]
        split[kind + EARLIER] = [stay for stay in part if not stay.is_recent]
    # The kinds of each stretch add up to all of it, and the two stretches of each kind to the kind.
    over = {f"all{stretch}": [kind + stretch for kind in kinds] for stretch in (RECENT, EARLIER)}
    over |= {kind: [kind + RECENT, kind + EARLIER] for kind in parts}
    found = _judged(split, k, over, left_out)
    return found, {kind: found[kind + RECENT] for kind in parts}


RECENT, EARLIER = " recent", " earlier"


def _without_few_open(stays: list[Stay], k: int) -> tuple[list[Stay], tuple[str, ...]]:
    """The visits without those of days on which few of them may not have ended, and these days."""
    going_on = [stay for stay in stays if stay.open]
    counts = [
        len({stay.device for stay in going_on if kind in ("all", stay.kind)}) for kind in ("all", "global", "local")
    ]
    if not any(0 < count < k for count in counts):
        return stays, ()
    days = sorted({stay.day for stay in going_on})
    return [stay for stay in stays if stay.day not in days], tuple(days)


def shown_days(days: Iterable[Mapping[str, Any]]) -> dict[str, set[str]]:
    """The labels of the days whose visits may be told, by address kind: only their visits may be in other figures.

    Args:
        days: label, address_kind, visits (null: withheld or not known) of every kind.
    """
    found: dict[str, set[str]] = {kind: set() for kind in ("all", "global", "local")}
    for day in days:
        if day["visits"] is not None:
            found[day["address_kind"]].add(day["label"])
    return {kind: labels & found["all"] for kind, labels in found.items()}


def stays(visits: Any, shown: Mapping[str, set[str]], *, timezone: str) -> list[Stay]:
    """The visits that began on days that may be told, for `by_kind`.

    Args:
        visits: device, address_kind, entered_at, dwell_s, open (`tt.presence.visits`).
        shown: of `shown_days`.
        timezone: the site's zone.
    """
    found = []
    for row in rows(visits, "device", "address_kind", "entered_at", "dwell_s", "open"):
        day, kind = local(row["entered_at"], timezone).date().isoformat(), row["address_kind"]
        if day in shown["all"]:
            kind = kind if day in shown[kind] else REST
            found.append(Stay(row["dwell_s"], row["device"], row["open"], kind, day))
    return found


def _judged(
    parts: Mapping[str, Sequence[Stay]],
    k: int,
    over: Mapping[str, Sequence[str]],
    left_out: tuple[str, ...] | None = None,
) -> dict[str, Lengths]:
    """The verdict on a table whose totals are shown elsewhere, as those of days are, but for None as `left_out`."""
    edges = _edges([stay for stay in parts["all"] if not stay.open], k)
    split = {kind: _split(part, edges) for kind, part in parts.items()}
    within = {
        f"{BAND} {low}": [_name(edge) for edge in edges if low <= edge[0] < (high or 10**9)] for low, high, _ in BANDS
    }
    within |= {ENDED: list(within)} | ({} if left_out is None else {TOTAL: [ENDED, OPEN]})
    counts = {
        (kind, name): Count(len(part), len({stay.device for stay in part}))
        for kind, names in split.items()
        for name, part in names.items()
    }
    few = hidden_of_kinds(counts, within=within, over=over, k=k, elsewhere=(TOTAL,))
    found = {kind: _lengths(kind, names, edges, few, k) for kind, names in split.items()}
    return {kind: one._replace(left_out=left_out or ()) for kind, one in found.items()}


def _edges(ended: Sequence[Stay], k: int) -> list[tuple[int, int | None]]:
    """The bars of five minutes: from the first small one in the tail on, a single open one."""
    shortest = min((stay.dwell_s for stay in ended), default=0.0)
    first = min(BIN_MIN, int(shortest // (60 * BIN_MIN)) * BIN_MIN)
    devices: dict[int, set[object]] = {low: set() for low in range(TAIL_MIN[0], TAIL_MIN[1], BIN_MIN)}
    for stay in ended:
        low = int(stay.dwell_s // (60 * BIN_MIN)) * BIN_MIN
        if low in devices:
            devices[low].add(stay.device)
    tail = next((low for low, seen in devices.items() if len(seen) < k), TAIL_MIN[1])
    return [*((low, low + BIN_MIN) for low in range(first, tail, BIN_MIN)), (tail, None)]


def _split(stays: Sequence[Stay], edges: Sequence[tuple[int, int | None]]) -> dict[str, list[Stay]]:
    """The visits of each cell: those that go on, each bar, each band, all that have ended."""
    ended = [stay for stay in stays if not stay.open]
    found: dict[str, list[Stay]] = {OPEN: [stay for stay in stays if stay.open]}
    found |= {_name(edge): _between(ended, *edge) for edge in edges}
    found |= {f"{BAND} {low}": _between(ended, low, high) for low, high, _ in BANDS}
    return found | {ENDED: ended, TOTAL: list(stays)}


def _between(stays: Sequence[Stay], low: int, high: int | None) -> list[Stay]:
    return [stay for stay in stays if 60 * low <= stay.dwell_s and (high is None or stay.dwell_s < 60 * high)]


def _name(edge: tuple[int, int | None]) -> str:
    return f"bar {edge[0]}"


def _lengths(
    kind: str,
    split: Mapping[str, list[Stay]],
    edges: Sequence[tuple[int, int | None]],
    few: set[tuple[str, str]],
    k: int,
) -> Lengths:
    def shown(name: str) -> int | None:
        return None if (kind, name) in few else len(split[name])

    ended = split[ENDED]
    enough = bool(ended) and len({stay.device for stay in ended}) >= k
    return Lengths(
        tuple(Bar(*edge, shown(_name(edge))) for edge in edges),
        tuple(shown(f"{BAND} {low}") for low, _, _ in BANDS),
        shown(ENDED),
        shown(OPEN),
        bool(split[OPEN]),
        (),
        median(stay.dwell_s for stay in ended) if enough else None,
    )
