"""A small project that keeps the same devices in every place there is, and a search that shares no code with telltale.

A phone that is heard by access points of two vendors and captured as a listed device; a PC of a person, by itself and
by its modem; a sensor; and of each kind another one, which must stay.
"""

import base64
import gzip
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.worlds.building import built
from tests.worlds.sent import HOUR, MINUTE, Frame, Heard, Message, Minute, Press, Report, Scan, Sent, at, every
from tests.worlds.world import World

if TYPE_CHECKING:
    from telltale.workbench import Project

PHONE, OTHER_PHONE = "3e:06:30:aa:bb:01", "3e:06:30:aa:bb:02"
PERSON, PC, MODEM = "Quentin Quist", "pc:desk-q7", "sigfox:7d24e6"
SENSOR, OTHER_SENSOR = "282c024156af", "282c024156b0"
NODE = "ac:86:74:11:22:33"
NOW = at("2026-11-20 14:00")


def _sent() -> Iterator[Sent]:
    for moment in every(10 * MINUTE, "2026-11-16 10:00", "2026-11-16 12:00"):
        both = tuple(Heard(address, moment - MINUTE, moment) for address in (PHONE, OTHER_PHONE))
        yield Report(moment, NODE, both)
        yield Report(moment + MINUTE, NODE, both[:1])
    for moment in every(30 * MINUTE, "2026-11-20 12:00", NOW):
        both = tuple(Heard(address, moment - MINUTE, moment) for address in (PHONE, OTHER_PHONE))
        yield Report(moment, NODE, both)
        yield Scan(moment, NODE, both)
        yield Press(moment, PHONE, 1)
        yield Press(moment + MINUTE, OTHER_PHONE, 1)
        yield Message(moment, "7d24e6", {"temperature": 20.5}, seq=int(moment.timestamp()) // 1800)
        yield Message(moment, "7d24e7", {"temperature": 21.5}, seq=int(moment.timestamp()) // 1800)
        for pc in ("desk-q7", "desk-8"):
            yield Minute(moment, pc, tuple((moment - n * MINUTE, 5.0) for n in (3, 2, 1)), 60)
        for serial in (SENSOR, OTHER_SENSOR):
            yield Frame(moment, serial, ((1, (200, 201)),), moment - HOUR)


WORLD = World(
    "the same devices in every place",
    NOW,
    sent=tuple(_sent()),
    settings="[lake]\nkeep_superseded = true\n[kanban]\npresence = true\n",
    devices=(
        "device_id,name,person,same_as\n"
        f"{PC},Quist's PC,{PERSON},\n"
        f"{MODEM},Quist's modem,{PERSON},{PC}\n"
        "pc:desk-8,Other PC,Anna Abel,\n"
        f"efento:{SENSOR},Cellar fridge,,\n"
        f"efento:{OTHER_SENSOR},Shop fridge,,\n"
    ),
    buttons=f"Name,MAC-Address,role\nQ phone,{PHONE},presence\nOther phone,{OTHER_PHONE},presence\n",
    settles=at("2026-11-20 13:00"),
)


def project_in(folder: Path) -> "Project":
    """The project, half of the last day settled, half hot."""
    return built(WORLD, folder)


def searched(folder: Path, wanted: list[bytes]) -> dict[str, int]:
    """By file: in how many unpacked pieces one of these stands, whatever its case and what separates its octets."""
    found: dict[str, int] = {}
    is_in = Wanted(wanted).is_in
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        pieces = [path.name.encode(), *unpacked(path.read_bytes())]
        hits = sum(any(is_in(form) for form in _forms(piece)) for piece in pieces)
        if hits:
            found[path.relative_to(folder).as_posix()] = hits
    return found


class Wanted:
    """Byte strings that are looked for all at once: a hundred, in gigabytes."""

    def __init__(self, wanted: list[bytes]) -> None:
        self._wanted = tuple(wanted)
        self._length = min(map(len, wanted))
        heads = np.array([list(each[: self._length]) for each in wanted], np.uint8)
        self._pairs = []
        for second in range(1, self._length, 2):
            known = np.zeros(1 << 16, np.bool_)
            known[heads[:, second - 1].astype(np.uint16) << 8 | heads[:, second]] = True
            self._pairs.append(known)

    def is_in(self, data: bytes) -> bool:
        """Whether one of them stands in the data."""
        step = 1 << 18
        return any(
            data.startswith(self._wanted, begin + start)
            for begin in range(0, max(0, len(data) - self._length + 1), step)
            for start in self._candidates(data[begin : begin + step + self._length - 1])
        )

    def _candidates(self, piece: bytes) -> list[int]:
        octets = np.frombuffer(piece, np.uint8)
        pairs = octets[:-1].astype(np.uint16) << 8 | octets[1:]
        starts = np.flatnonzero(self._pairs[0][pairs[: len(octets) - self._length + 1]])
        for number, known in enumerate(self._pairs[1:], 1):
            starts = starts[known[pairs[starts + 2 * number]]]
        return starts.tolist()


def forms_of(address: str) -> list[bytes]:
    """An address, or a serial number: hex without separators, its octets both ways, in base64 by itself."""
    octets = bytes.fromhex(address.replace(":", ""))
    return [octets.hex().encode(), octets, octets[::-1], base64.b64encode(octets)]


def forms_of_pseudonym(device: int) -> list[bytes]:
    """A pseudonym as hex, number and bytes."""
    unsigned = device % 2**64
    signed = np.array([device], np.int64)
    return [b"%016x" % unsigned, str(unsigned).encode(), str(device).encode(), signed.astype(">i8").tobytes()]


def unpacked(data: bytes) -> Iterator[bytes]:
    """A file's bytes, and what is packed in them: Parquet, zip, gzip, Arrow of the store, base64."""
    yield data
    if data[:4] == data[-4:] == b"PAR1":
        for column in pq.read_table(io.BytesIO(data), partitioning=None).columns:
            kind = column.type
            if pa.types.is_integer(kind):
                yield column.drop_null().cast(pa.int64()).to_numpy().astype(">i8").tobytes()
            elif pa.types.is_binary(kind) or pa.types.is_string(kind):
                texts = [each if isinstance(each, bytes) else each.encode() for each in column.drop_null().to_pylist()]
                yield b"\n".join(texts)
    elif data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            for name in packed.namelist():
                yield from unpacked(packed.read(name))
    elif data[:2] == b"\x1f\x8b":
        yield from unpacked(gzip.decompress(data))
    else:
        for run in re.findall(rb"[A-Za-z0-9+/]{16,}={0,2}", data):
            try:
                inner = base64.b64decode(run)
            except ValueError:
                continue
            yield from unpacked(inner) if inner[:2] == b"\x1f\x8b" else [inner]


def _forms(piece: bytes) -> list[bytes]:
    lower = piece.lower()
    return [piece, lower, lower.replace(b"%3a", b"").translate(None, b":-._ ")]


def page_with(text: str) -> bytes:
    """A page that holds a text packed as the figures of a report are."""
    packed = base64.b64encode(gzip.compress(json.dumps({"figures": [text]}).encode())).decode()
    return f'<html><script id="figures">{packed}</script></html>'.encode()
