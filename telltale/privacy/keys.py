"""The keys of pseudonyms, one file a site and period; destroying one makes its pseudonyms nobody's.

    <folder>/site=71234/2026-11-20.until-1795320000.key    32 random bytes; the period's end in epoch seconds
    <folder>/site=71234/destroyed-before                   the watermark: no period that ended by then gets a key again

No clock is read: the end of a period is in the file's name, and the caller says up to when to destroy. Several
processes may share the folder, so nothing is held in memory.
"""

import re
from pathlib import Path
from urllib.parse import quote, unquote

from telltale.privacy.files import key_in, replace, shred
from telltale.privacy.periods import ALWAYS, Period

_WATERMARK = "destroyed-before"
_SITE = "site="
_SECOND_US = 1_000_000
_UNTIL = re.compile(r"\.until-(-?[0-9]+)\.key")


class Keys:
    """The keys below a folder, made when first needed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def key(self, site: str, period: Period) -> bytes | None:
        """The key of a site and period, made if there is none; None once the keys of that time are destroyed.

        Raises:
            ConfigError: the file of the key holds something else.
        """
        if period.end_us <= self.destroyed_before(site):
            return None
        path = self._folder(site) / _file_name(period)
        key = key_in(path)
        # Another process may have destroyed since the first look: it sets its mark, then removes what it finds.
        if period.end_us <= self.destroyed_before(site):
            shred(path)
            return None
        return key

    def existing(self, site: str) -> list[bytes]:
        """The keys a site has, oldest period first; none is made."""
        return [key_in(path) for path in self._paths(site)]

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

    def _folder(self, site: str) -> Path:
        # The prefix makes "." and ".." harmless, quoting the rest: the site is a text that some sender chose.
        return self.folder / f"{_SITE}{quote(site, safe='')}"

    def _paths(self, site: str) -> list[Path]:
        return sorted(self._folder(site).glob("[!.]*.key"))


def _file_name(period: Period) -> str:
    if period == ALWAYS:
        return f"{period.label}.key"
    return f"{period.label}.until-{period.end_us // _SECOND_US}.key"


def _end_us(path: Path) -> int:
    found = _UNTIL.search(path.name)
    return int(found[1]) * _SECOND_US if found else ALWAYS.end_us
