"""Staff, fixed devices and opt-outs: addresses kept only as hashes under a key of their own.

    <folder>/lists/key                  32 random bytes, never rotated: a list must outlive every period
    <folder>/lists/opt_out/<32 hex>     one empty file an address, so that two writers never undo each other

Where the key is gone or damaged none is made in its place: nobody would be on any list any more.

Source: DESIGN section 11; wire/presence.md section 8.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from telltale.contract import ConfigError, TelltaleError
from telltale.privacy.files import key_in, private_folder, replace, sync_folder
from telltale.privacy.hashing import AddressHash, distinct, typed_address
from telltale.privacy.keys import KeyRefused

STAFF, FIXED, OPT_OUT = "staff", "fixed", "opt_out"
LISTS = (STAFF, FIXED, OPT_OUT)

LISTS_KEY = "lists/key"
HASH_BYTES = 16


class Lists:
    """The lists below a folder; none of them need exist."""

    def __init__(self, folder: Path) -> None:
        self.folder = (folder / LISTS_KEY).parent

    def add(self, name: str, text: str) -> bool:
        """Put an address, in any usual spelling, on a list; False where it was on it.

        Raises:
            TelltaleError: the text is no address, or there is no such list.
        """
        path = self._path(name, text)
        if path.exists():
            return False
        private_folder(path.parent)
        path.touch(mode=0o600)
        sync_folder(path.parent)
        return True

    def put(self, name: str, text: str) -> None:
        """Put an address on a list, with the same work whether or not it was on it: how long it took tells nothing.

        Raises:
            TelltaleError: the text is no address, or there is no such list.
        """
        replace(self._path(name, text), b"")

    def remove(self, name: str, text: str) -> bool:
        """Take an address off a list; False where it was not on it.

        Raises:
            TelltaleError: the text is no address, or there is no such list.
        """
        path = self._path(name, text)
        if not path.exists():
            return False
        path.unlink()
        sync_folder(path.parent)
        return True

    def holds(self, name: str, text: str) -> bool:
        """Whether an address is on a list.

        Raises:
            TelltaleError: the text is no address, or there is no such list.
        """
        return self._path(name, text).exists()

    def counts(self) -> dict[str, int]:
        """How many addresses each list holds."""
        return {name: len(hashes) for name, hashes in self._hashes().items()}

    def state(self) -> frozenset[tuple[str, str]]:
        """Another one whenever a list has changed."""
        return frozenset((name, each) for name, hashes in self._hashes().items() for each in hashes)

    def marks(self, addresses: NDArray[np.int64]) -> dict[str, NDArray[np.bool_]]:
        """For each list, which of the addresses are on it.

        Read afresh every time, because a command in another process may have changed the lists; hashed once for every
        distinct address, and not at all while the lists are empty.

        Raises:
            KeyRefused: the key is gone or damaged.
        """
        lists = self._hashes()
        if not any(lists.values()):
            return dict.fromkeys(LISTS, np.zeros(len(addresses), np.bool_))
        found = distinct(addresses)
        hashes = self._hash(found.addresses)
        return {
            name: np.array([each in listed for each in hashes], np.bool_)[found.codes] for name, listed in lists.items()
        }

    def key(self) -> bytes:
        """What addresses are hashed with; made where nothing is listed yet.

        Raises:
            KeyRefused: it is gone or damaged, and addresses are listed under it.
        """
        path = self.folder / "key"
        is_used = bool(self.state())  # first: who lists an address has made the key by then
        try:
            if path.exists() or not is_used:
                return key_in(path)
        except ConfigError as error:
            raise KeyRefused(str(error)) from error
        raise KeyRefused(
            f"{path}: is not there, and addresses of staff, fixed devices or opt-outs are listed under it; "
            f"bring it back as it was, or empty {self.folder} and list them again"
        )

    def refused(self) -> tuple[str, ...]:
        """A sentence where addresses are listed and their key is gone or damaged."""
        if not self.state():
            return ()
        try:
            self.key()
        except KeyRefused as refusal:
            return (str(refusal),)
        return ()

    def _hashes(self) -> dict[str, frozenset[str]]:
        return {name: frozenset(path.name for path in (self.folder / name).glob("[!.]*")) for name in LISTS}

    def _hash(self, addresses: list[int]) -> list[str]:
        return [digest[:HASH_BYTES].hex() for digest in AddressHash(self.key()).digests(addresses)]

    def _path(self, name: str, text: str) -> Path:
        if name not in LISTS:
            raise TelltaleError(f'no list "{name}"; there are: {", ".join(LISTS)}')
        return self.folder / name / self._hash([typed_address(text)])[0]
