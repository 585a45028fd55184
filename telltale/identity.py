"""Which device a text means: one reading of ids for every entrance.

devices.csv and buttons.csv, telltale.toml, the command line and `tt` all take an id in any spelling people use; tables
have one. Each source knows the spellings of its own devices (`Source.device_id`); nothing is asked of a store.
"""

from collections.abc import Iterable

from telltale.address import station
from telltale.contract import Source
from telltale.sources import SOURCES

MOST_WRONG = 2
"""Two ids that differ in more characters than this are no typing error of each other."""


def device_id(text: str) -> str:
    """The id as tables have it: `sigfox:2D24E6` is `sigfox:2d24e6`, `AC-86-74-61-4F-C0` is `ac:86:74:61:4f:c0`.

    Twelve digits may be an address or a serial number: they are what a source knows as its own, else an address. A text
    that is no device of any source stays as it is, but for blanks around it.
    """
    spelt = " ".join(text.split())
    read = [found for source in SOURCES if source.device_id and (found := source.device_id(spelt))]
    return next((found for found in read if station(found) < 0), read[0] if read else spelt)


def sources_of(text: str) -> tuple[Source, ...]:
    """The sources whose device an id may be: several of an address, none of a text that is no device."""
    spelt = device_id(text)
    return tuple(source for source in SOURCES if source.device_id and source.device_id(spelt) == spelt)


def nearest(text: str, heard: Iterable[str]) -> str:
    """The one id among those heard that differs least, in two characters at most; empty where none or several do.

    Letters of either case are alike: of PCs the case is kept, and people do not keep to it.
    """
    wanted = device_id(text).casefold()
    ranked = sorted((_differing(wanted, other.casefold()), other) for other in set(heard) - {text})
    if not ranked or ranked[0][0] > MOST_WRONG or ranked[0][0] * 2 >= len(wanted.partition(":")[2] or wanted):
        return ""
    return ranked[0][1] if len(ranked) == 1 or ranked[1][0] > ranked[0][0] else ""


def _differing(one: str, other: str) -> int:
    """How many characters to change, add or leave out; `MOST_WRONG` + 1 stands for more.

    Source: V. I. Levenshtein, Soviet Physics Doklady 10 (1966) 707.
    """
    if abs(len(one) - len(other)) > MOST_WRONG:
        return MOST_WRONG + 1
    row = list(range(len(other) + 1))
    for line, left in enumerate(one, 1):
        former, row[0] = row[0], line
        for at, right in enumerate(other, 1):
            former, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, former + (left != right))
    return min(row[-1], MOST_WRONG + 1)
