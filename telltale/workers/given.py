"""What a decoder needs beside its records, as plain values in memory: keys, lists, rules of sites, options.

The one who asks reads keys and lists, checks each key as any decode does, and hands them on; a worker reads none and
makes none. A key that a worker lacks it asks for: its rows wait, and the run is made again with it.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from telltale.arrow import Decode
from telltale.contract import Limits
from telltale.pipeline.batch import decoder
from telltale.privacy.keys import KeyRefused, Keys
from telltale.privacy.lists import Lists
from telltale.privacy.periods import Period, SiteRule
from telltale.privacy.pseudonyms import Pseudonymizer

Given = dict[str, Any]
"""Plain values only: they go to workers, where nothing of telltale is until the code that came along is imported."""


class Rule(NamedTuple):
    """What privacy knows of a site."""

    timezone: str
    rotation: str


class CarriedKeys(Keys):
    """The keys that came along.

    Args:
        keys: by site, label and end of the period.
        refused: those periods whose key is refused.
        watermarks: by site, before which keys are destroyed.
    """

    def __init__(
        self,
        keys: Mapping[tuple[str, str, int], bytes],
        refused: Iterable[tuple[str, str, int]],
        watermarks: Mapping[str, int],
    ) -> None:
        super().__init__(Path())
        self._keys, self._not_to_use, self._watermarks = keys, frozenset(refused), watermarks
        self.wanted: set[tuple[str, Period]] = set()
        """The periods a key is missing of."""

    def key(self, site: str, period: Period) -> bytes | None:
        """The key of a site and period; None once the keys of that time are destroyed.

        Raises:
            KeyRefused: it is refused, or did not come along; then it is among `wanted`.
        """
        if period.end_us <= self._watermarks.get(site, 0):
            return None
        at = (site, period.label, period.end_us)
        if (key := self._keys.get(at)) is not None:
            return key
        if at not in self._not_to_use:
            self.wanted.add((site, period))
        raise KeyRefused(f"site {site}: the key of {period.label} is not here")


class CarriedLists(Lists):
    """The lists that came along: hashes of addresses, and the key they are made with."""

    def __init__(self, key: bytes, hashes: Mapping[str, Iterable[str]]) -> None:
        super().__init__(Path())
        self._given = key
        self._carried = {name: frozenset(listed) for name, listed in hashes.items()}

    def _hashes(self) -> dict[str, frozenset[str]]:
        return self._carried

    def key(self) -> bytes:
        """The one that came along."""
        return self._given


def lists_given(lists: Lists) -> Given:
    """The lists as they go along; no key where they are empty.

    Raises:
        KeyRefused: their key is gone or damaged.
    """
    hashes: dict[str, list[str]] = {name: [] for name in lists.counts()}
    for name, each in sorted(lists.state()):
        hashes[name].append(each)
    return {"list_key": lists.key() if any(hashes.values()) else b"", "lists": hashes}


def decoder_given(given: Given) -> tuple[Decode, CarriedKeys]:
    """The decoder of what came along, and its keys, which tell what they lack."""
    keys = CarriedKeys(given["keys"], given["refused"], given["watermarks"])
    rules = {site: Rule(*rule) for site, rule in given["sites"].items()}
    usual = Rule(*given["site"])

    def site_of(site: str) -> SiteRule:
        return rules.get(site, usual)

    pseudonymizer = Pseudonymizer(keys, CarriedLists(given["list_key"], given["lists"]), site_of)
    return decoder(pseudonymizer, given["options"].__getitem__, limits=Limits(*given["limits"])), keys
