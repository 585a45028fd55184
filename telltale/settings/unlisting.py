"""Lines of devices.csv and buttons.csv that are about some devices: taken out of a file, or written over.

The other lines stay as they are, byte for byte: separator, quotes, comments, encoding.
"""

import codecs
import csv
from collections.abc import Callable, Sequence

from telltale import identity
from telltale.csv_text import decoded, lines

_WIDE = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"), (codecs.BOM_UTF8, "utf-8"))

IsMeant = Callable[[Sequence[str]], bool]
"""Whether a line is meant, by its cells."""


def names_one(devices: Sequence[str], person: str = "") -> IsMeant:
    """Lines with a cell that is one of these devices, in any spelling, or this person."""
    ids, who = {device.casefold() for device in devices}, person.casefold()

    def is_meant(cells: Sequence[str]) -> bool:
        texts = [cell.strip() for cell in cells if cell.strip()]
        if not texts or texts[0].startswith("#"):
            return False
        return any(identity.device_id(text).casefold() in ids or (who and text.casefold() == who) for text in texts)

    return is_meant


def numbers_of(data: bytes, is_meant: IsMeant) -> list[int]:
    """The numbers of the lines that are meant, from 1; none of a file that is no table."""
    found: list[int] = []
    try:
        reader = lines(decoded(data))
        before = 0
        for cells in reader:
            if is_meant(cells):
                found += range(before + 1, reader.line_num + 1)
            before = reader.line_num
    except (csv.Error, UnicodeDecodeError):
        return []
    return found


def without(data: bytes, is_meant: IsMeant) -> bytes:
    """The file without the lines that are meant."""
    return _changed(data, is_meant, lambda _line: "")


def written_over(data: bytes, is_meant: IsMeant) -> bytes:
    """The file with each such line as a comment of `*`, as long as it was."""
    return _changed(data, is_meant, _stars)


def _stars(line: str) -> str:
    body = line.rstrip("\r\n")
    return ("#" + "*" * (len(body) - 1))[: len(body)] + line[len(body) :]


def _changed(data: bytes, is_meant: IsMeant, change: Callable[[str], str]) -> bytes:
    meant = set(numbers_of(data, is_meant))
    if not meant:
        return data
    mark, encoding = next(((mark, name) for mark, name in _WIDE if data.startswith(mark)), (b"", "utf-8"))
    text = data[len(mark) :].decode(encoding)
    kept = [change(line) if at in meant else line for at, line in enumerate(_lines(text), 1)]
    return mark + "".join(kept).encode(encoding)


def _lines(text: str) -> list[str]:
    """Lines with their ends, by line feeds alone, as `csv` counts them of the files editors save."""
    return [line for line in text.replace("\n", "\n\0").split("\0") if line]
