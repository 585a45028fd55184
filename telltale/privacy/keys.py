"""The keys of pseudonyms, one file a site and period; destroying one makes its pseudonyms nobody's.

    <folder>/site=71234/2026-11-20.until-1795320000.key    32 random bytes; the period's end in epoch seconds
    <folder>/site=71234/destroyed-before                   the watermark: no period that ended by then gets a key again

No clock is read: the end of a period is in the file's name, and the caller says up to when to destroy. Several
processes may share the folder, so no key is held in memory.

Whoever decodes for one store must use the same keys, or one device is two. The store therefore notes a fingerprint of
each: HMAC-SHA-256 of a constant under the key, which says nothing of the key and nothing of any address. A key that is
not the one noted, or whose file is gone, is refused, and the records that need it wait until it is mended.
"""

import glob
import hmac
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Protocol
from urllib.parse import quote, unquote

from telltale.contract import ConfigError
from telltale.privacy.files import key_in, replace, shred
from telltale.privacy.periods import ALWAYS, Period

_WATERMARK = "destroyed-before"
_SITE = "site="
_SECOND_US = 1_000_000
_UNTIL = re.compile(r"\.until-(-?[0-9]+)\.key")


_FINGERPRINT_OF = b"telltale presence key"
_FINGERPRINT_BYTES = 16
_LONGEST_D = {"always": None, r"\d{4}-\d{2}-\d{2}": 2, r"\d{4}-W\d{2}": 8, r"\d{4}-\d{2}": 32}
"""Days that no period is longer than, by its label: the clock may be set back in it."""
_DAY_US = 86_400 * _SECOND_US


class Existing(NamedTuple):
    """A key, and the moments between which its period lies (µs UTC); the period may begin later."""

    key: bytes
    since_us: int
    until_us: int


class KeyRefused(ConfigError):
    """The key of a site and period is not the one its rows were decoded with, or cannot be read."""


class Noted(Protocol):
    """What is noted of the key of a site and period."""

    @property
    def site(self) -> str:
        """The site."""

    @property
    def period(self) -> str:
        """The label of the period."""

    @property
    def ends_at(self) -> int:
        """End of the period, microseconds UTC."""

    @property
    def fingerprint(self) -> str:
        """Of the key that counts."""

    @property
    def host(self) -> str:
        """Who decoded with it first."""


class Ledger(Protocol):
    """Where fingerprints are noted, for all who decode for one store: `telltale.landing.PresenceKeys`."""

    host: str
    """The name of this machine."""

    def noted(self, site: str, period: str, /) -> Noted | None:
        """What was noted of a site and period; None where nothing was."""

    def note(self, site: str, period: str, ends_at: int, fingerprint: str, /) -> Noted:
        """Note a key unless one is noted; the one that counts."""

    def ended(self, site: str, before_us: int, /) -> None:
        """Forget the keys of the periods that ended by then."""


class Trouble(NamedTuple):
    """What is wrong with a key that is noted."""

    noted: Noted
    path: Path | None
    """Its file; None where there is none here: it was deleted, or this machine never decoded."""
    is_key: bool
    """Whether the file holds a key, if another one."""
    sentence: str


class Keys:
    """The keys below a folder, made when first needed.

    Args:
        folder: where they lie.
        ledger: where fingerprints are noted; None checks nothing.
    """

    def __init__(self, folder: Path, ledger: Ledger | None = None) -> None:
        self.folder = folder
        self._ledger = ledger
        self._checked: set[tuple[str, str, str]] = set()
        self._refused: dict[tuple[str, Period], str] = {}

    def key(self, site: str, period: Period) -> bytes | None:
        """The key of a site and period, made if there is none; None once the keys of that time are destroyed.

        Raises:
            KeyRefused: the file of the key holds something else, is gone, or is not the key rows were decoded with.
            StoreError: the store that knows which key counts is away.
        """
        if period.end_us <= self.destroyed_before(site):
            self._refused.pop((site, period), None)
            return None
        path = self._folder(site) / _file_name(period)
        try:
            key = self._usable(site, period, path)
        except KeyRefused as refusal:
            if period.end_us <= self.destroyed_before(site):
                return None
            self._refused[site, period] = str(refusal)
            raise
        self._refused.pop((site, period), None)
        # Another process may have destroyed since the first look: it sets its mark, then removes what it finds.
        if period.end_us <= self.destroyed_before(site):
            shred(path)
            return None
        return key

    def refused(self) -> tuple[str, ...]:
        """A sentence for each key that was refused when it was last needed and is not mended since."""
        for site, period in tuple(self._refused):
            with suppress(KeyRefused):
                self.key(site, period)
        return tuple(sorted(self._refused.values()))

    def trouble(self, noted: Iterable[Noted]) -> list[Trouble]:
        """What is wrong with the keys that are noted; none is made."""
        found = []
        for each in noted:
            if each.ends_at <= self.destroyed_before(each.site):
                continue
            path = next(iter(self._folder(each.site).glob(f"{glob.escape(each.period)}.*key")), None)
            if path is None:
                found.append(Trouble(each, None, False, self._gone(each)))
                continue
            is_key = False
            try:
                key = _key_in(path)
                is_key = True
                self._compare(each, key, path)
            except KeyRefused as refusal:
                found.append(Trouble(each, path, is_key, str(refusal)))
        return found

    def existing(self, site: str) -> list[Existing]:
        """The keys a site has, oldest period first; none is made."""
        return [Existing(key_in(path), _longest_us(path), _end_us(path)) for path in self._paths(site)]

    def periods(self, site: str) -> list[Period]:
        """The periods a site has a key of, oldest first; each may begin later than it says."""
        return [Period(_label(path), _longest_us(path), _end_us(path)) for path in self._paths(site)]

    def sites(self) -> list[str]:
        """The sites that have or had keys, sorted."""
        return sorted(unquote(path.name.removeprefix(_SITE)) for path in self.folder.glob(f"{_SITE}*"))

    def destroy(self, site: str, before_us: int) -> int:
        """Destroy the keys of every period that ended at or before `before_us`, for good; how many there were.

        The key of rotation `never` has no end and stays.
        """
        if before_us > self.destroyed_before(site):
            replace(self._folder(site) / _WATERMARK, str(before_us).encode())
        ended = [path for path in self._paths(site) if _end_us(path) <= before_us]
        for path in ended:
            shred(path)
        if self._ledger is not None:
            self._ledger.ended(site, before_us)
        return len(ended)

    def take_back(self, site: str, before_us: int) -> None:
        """Lower the watermark of a site that a clock ahead of the truth has set; what it destroyed stays destroyed.

        A period that has not ended by `before_us` gets a new key when a record of it comes.
        """
        if before_us < self.destroyed_before(site):
            replace(self._folder(site) / _WATERMARK, str(before_us).encode())

    def destroyed_before(self, site: str) -> int:
        """The watermark of a site, microseconds UTC; 0 while nothing was destroyed."""
        try:
            return int((self._folder(site) / _WATERMARK).read_bytes())
        except FileNotFoundError:
            return 0

    def _usable(self, site: str, period: Period, path: Path) -> bytes:
        """The key in its file, made where no key is noted yet."""
        if self._ledger is None:
            return _key_in(path)
        if not path.exists() and (noted := self._ledger.noted(site, period.label)) is not None and not path.exists():
            # Looked at again, because a file is made before it is noted.
            raise KeyRefused(self._gone(noted))
        key = _key_in(path)
        check = (site, period.label, fingerprint(key))
        if check not in self._checked:
            self._compare(self._ledger.note(site, period.label, period.end_us, check[2]), key, path)
            self._checked.add(check)
        return key

    def _compare(self, noted: Noted, key: bytes, path: Path) -> None:
        if noted.fingerprint != fingerprint(key):
            raise KeyRefused(
                f"{path}: another key than the one {noted.host} decodes site {noted.site} with, by which one device "
                "would be two; let [paths] keys be one folder for all that decode, or put its file in place of this one"
            )

    def _gone(self, noted: Noted) -> str:
        folder, host = self._folder(noted.site), noted.host
        found = f"{folder}: the key of {noted.period} is not here, with which {host} decodes site {noted.site}"
        if self._ledger is not None and host != self._ledger.host:
            return f"{found}; let [paths] keys be one folder for all that decode, or put its file here"
        return (
            f"{found}; bring its file back, or begin anew by telltale presence new-key {noted.site}: "
            "devices then count as others"
        )

    def _folder(self, site: str) -> Path:
        # The prefix makes "." and ".." harmless, quoting the rest: the site is a text that some sender chose.
        return self.folder / f"{_SITE}{quote(site, safe='')}"

    def _paths(self, site: str) -> list[Path]:
        return sorted(self._folder(site).glob("[!.]*.key"))


def fingerprint(key: bytes) -> str:
    """What is told of a key: the same for the same key, and nothing that leads to it or to an address."""
    return hmac.digest(key, _FINGERPRINT_OF, "sha256")[:_FINGERPRINT_BYTES].hex()


def period_of_file(path: Path) -> tuple[str, int] | None:
    """The site and the end of the period (µs UTC) of a file of `Keys`; None where it has none, or is no key."""
    end_us = _end_us(path)
    if not path.parent.name.startswith(_SITE) or path.suffix != ".key" or end_us == ALWAYS.end_us:
        return None
    return unquote(path.parent.name.removeprefix(_SITE)), end_us


def _key_in(path: Path) -> bytes:
    try:
        return key_in(path)
    except ConfigError as error:
        raise KeyRefused(str(error)) from None


def _file_name(period: Period) -> str:
    if period == ALWAYS:
        return f"{period.label}.key"
    return f"{period.label}.until-{period.end_us // _SECOND_US}.key"


def _label(path: Path) -> str:
    return path.name.removesuffix(".key").split(".until-")[0]


def _longest_us(path: Path) -> int:
    """No time of its period lies before this."""
    label = _label(path)
    longest = next((days for pattern, days in _LONGEST_D.items() if re.fullmatch(pattern, label)), None)
    return ALWAYS.start_us if longest is None else _end_us(path) - longest * _DAY_US


def _end_us(path: Path) -> int:
    found = _UNTIL.search(path.name)
    return int(found[1]) * _SECOND_US if found else ALWAYS.end_us
