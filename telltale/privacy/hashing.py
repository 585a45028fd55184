"""Addresses under a key: HMAC-SHA-256 of a prefix and the six octets, many at a time.

Source: RFC 2104; wire/presence.md section 8.
"""

from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from telltale.address import station
from telltale.contract import TelltaleError

PSEUDONYM_BYTES = 8

_BLOCK = 64
_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))


class Distinct(NamedTuple):
    """The distinct addresses of a batch, and for each row which one it has."""

    addresses: list[int]
    codes: NDArray[np.int32]


class AddressHash:
    """HMAC-SHA-256 with the key and the prefix fed once, so that an address costs two copies and two blocks.

    Args:
        key: at most 64 bytes.
        prefix: hashed before the address.
    """

    def __init__(self, key: bytes, prefix: bytes = b"") -> None:
        padded = key.ljust(_BLOCK, b"\0")
        self._inner = sha256(padded.translate(_INNER) + prefix)
        self._outer = sha256(padded.translate(_OUTER))

    def digests(self, addresses: Iterable[int]) -> list[bytes]:
        """The 32 bytes of each address."""
        new_inner, new_outer, digests = self._inner.copy, self._outer.copy, []
        for address in addresses:
            inner, outer = new_inner(), new_outer()
            inner.update(address.to_bytes(6))
            outer.update(inner.digest())
            digests.append(outer.digest())
        return digests

    def pseudonyms(self, addresses: NDArray[np.int64]) -> NDArray[np.int64]:
        """The first eight bytes, big-endian and signed, of each; every distinct address is hashed once."""
        found = distinct(addresses)
        first = b"".join(digest[:PSEUDONYM_BYTES] for digest in self.digests(found.addresses))
        return np.frombuffer(first, ">i8").astype(np.int64)[found.codes]


def distinct(addresses: NDArray[np.int64]) -> Distinct:
    """The distinct addresses, in order of appearance."""
    encoded = pa.array(addresses).dictionary_encode()
    return Distinct(encoded.dictionary.to_pylist(), encoded.indices.to_numpy())


def typed_address(text: str) -> int:
    """The address somebody typed, as 48 bits.

    Raises:
        TelltaleError: it is none; the text is not repeated, for it may be most of one.
    """
    address = station(text.strip())
    if address < 0:
        raise TelltaleError(
            f"the address typed has {len(text)} characters and is no station's: expected six octets in hex with an"
            " even first one, such as 3c:06:30:aa:bb:01"
        )
    return address
