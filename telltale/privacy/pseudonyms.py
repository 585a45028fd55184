"""Addresses into pseudonyms, by site and period, with what the lists say of them.

A pseudonym is the first 8 bytes, big-endian signed, of HMAC-SHA-256(key of site and period, site ‖ six octets).

Source: DESIGN section 11; wire/presence.md section 8.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from telltale.privacy.hashing import AddressHash, typed_address
from telltale.privacy.keys import KeyRefused, Keys
from telltale.privacy.lists import FIXED, LISTS, OPT_OUT, STAFF, Lists
from telltale.privacy.periods import SiteRule, period_of


class Pseudonyms(NamedTuple):
    """What became of each address of a batch, row by row."""

    device: NDArray[np.int64]
    """Its pseudonym; 0 where the key is destroyed or refused."""
    key_destroyed: NDArray[np.bool_]
    key_refused: NDArray[np.bool_]
    """Its key, or that of the lists, is not the one to use or cannot be read: the row has to wait."""
    opted_out: NDArray[np.bool_]
    staff: NDArray[np.bool_]
    fixed: NDArray[np.bool_]


class Candidate(NamedTuple):
    """What an address may be called, and the moments (µs UTC) between which it may be called so.

    They are those of the row's own time; of the moment of receipt where the row is flagged as late or of a wrong clock.
    """

    device: int
    since_us: int
    until_us: int


class Pseudonymizer:
    """Turns addresses into pseudonyms.

    Args:
        keys: where the keys are.
        lists: staff, fixed devices, opt-outs.
        site_of: timezone and rotation of a site.
    """

    def __init__(self, keys: Keys, lists: Lists, site_of: Callable[[str], SiteRule]) -> None:
        self.keys = keys
        self.lists = lists
        self.site_of = site_of

    def apply(self, sites: pa.StringArray, addresses: NDArray[np.int64], times_us: NDArray[np.int64]) -> Pseudonyms:
        """The pseudonyms of a batch, each distinct address hashed once a site and period.

        Args:
            sites: the site of each row.
            addresses: 48-bit addresses.
            times_us: the time that chooses the period, microseconds UTC.
        """
        device = np.zeros(len(addresses), np.int64)
        destroyed, refused = np.zeros(len(addresses), np.bool_), np.zeros(len(addresses), np.bool_)
        encoded = sites.dictionary_encode()
        codes = encoded.indices.to_numpy()
        for code, site in enumerate(encoded.dictionary.to_pylist()):
            rows = np.flatnonzero(codes == code)
            device[rows], destroyed[rows], refused[rows] = self._of_site(site, addresses[rows], times_us[rows])
        try:
            marks = self.lists.marks(addresses)
        except KeyRefused:  # who is on a list is not known: all wait
            refused[:] = True
            marks = dict.fromkeys(LISTS, np.zeros(len(addresses), np.bool_))
        return Pseudonyms(device, destroyed, refused, marks[OPT_OUT], marks[STAFF], marks[FIXED])

    def candidates(self, text: str, site: str) -> list[int]:
        """The pseudonyms a typed address has at a site under the keys there still are, oldest period first.

        Raises:
            TelltaleError: the text is no station's address.
        """
        return [each.device for each in self.candidates_of(text, site)]

    def candidates_of(self, text: str, site: str) -> list[Candidate]:
        """The same, each with the stretch its key is of.

        Raises:
            TelltaleError: the text is no station's address.
        """
        address = np.array([typed_address(text)], np.int64)
        return [
            Candidate(int(_hash(each.key, site).pseudonyms(address)[0]), each.since_us, each.until_us)
            for each in self.keys.existing(site)
        ]

    def _of_site(
        self, site: str, addresses: NDArray[np.int64], times_us: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]:
        device = np.zeros(len(addresses), np.int64)
        destroyed, refused = np.zeros(len(addresses), np.bool_), np.zeros(len(addresses), np.bool_)
        found = period_of(self.site_of(site), times_us)
        for code in np.flatnonzero(np.bincount(found.codes)):
            rows = np.flatnonzero(found.codes == code)
            try:
                key = self.keys.key(site, found.periods[code])
            except KeyRefused:  # the rest of the batch is none the worse
                refused[rows] = True
                continue
            if key is None:
                destroyed[rows] = True
            else:
                device[rows] = _hash(key, site).pseudonyms(addresses[rows])
        return device, destroyed, refused


def _hash(key: bytes, site: str) -> AddressHash:
    return AddressHash(key, site.encode())
