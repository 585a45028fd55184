"""The custom payload config of a Sigfox device type: which bits of up to 12 bytes mean what.

    config   = field { blanks field }
    field    = name ":" [ index ] ":" type
    name     = one or more of letters, digits, "_", "-", "#"
    index    = byte number from 0
    type     = "bool:" bit  |  "char:" bytes [ ":" [ ":" ] bit ]
             | "float:" ( 32 | 64 ) [ tail ]  |  ( "uint:" | "int:" ) bits(1..64) [ tail ]
    tail     = ":" endian [ ":" bit ]  |  "::" bit  |  ":" bit
    endian   = "big-endian" | "little-endian"
    bit      = 0..7, 7 is the most significant

A value starts at its bit (7 if none is given) and runs downward, then on from bit 7 of the next byte. Without an index:

    the first field           starts in byte 0
    a bool                    takes the current byte and spends nothing, so that any number of them share it
    any other, after a bool   starts in that same byte
    after a field without bit starts in the byte after it, even if that field ended inside its last byte
    after a field with a bit  starts in the last byte that field touched

After an index reading goes on from there. Three points are settled nowhere; telltale reads the rules literally:
(a) a bool after a field with a bit takes the last byte that field touched; (b) a field with a bit that ends on bit 0
still leaves its last byte as the current one; (c) of `uint:32:2` the 2 is the bit, as in `uint:32::2`.

Source: wire/sigfox.md section 2; the help of the Sigfox backend.
"""

import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

PAYLOAD_BYTES = 12
"""The longest uplink; a config that reads beyond it is legal and useless."""

_FIELD = re.compile(r"(?P<name>[A-Za-z0-9_#-]+):(?P<index>[0-9]{0,4}):(?P<type>[a-z]+):(?P<rest>[a-z0-9:-]*)", re.ASCII)
_TAIL = re.compile(
    r"(?P<size>[0-9]{1,4})(?::(?P<endian>big-endian|little-endian)(?::(?P<bit>[0-7]))?|::?(?P<direct>[0-7]))?"
)
_FLOATS = {32: ">f", 64: ">d"}
_TOP_BIT = 7

Value = bool | int | float | str


class BadConfigError(ValueError):
    """One sentence that names the field; the caller knows where the config stands."""


class Slot(NamedTuple):
    """A field with its place in the payload."""

    name: str
    kind: str
    """bool, char, float, uint or int."""
    start: int
    """Bits from the top bit of byte 0."""
    bits: int
    is_little: bool = False

    @property
    def end(self) -> int:
        """The first bit behind the field."""
        return self.start + self.bits


class Unread(NamedTuple):
    """A field that the payload does not hold, and why."""

    name: str
    reason: str


def layout(config: str) -> tuple[Slot, ...]:
    """The fields of a config with their places, in its order; none for an empty one.

    Raises:
        BadConfigError: a field is not understood, or is there twice; the sentence names it.
    """
    slots: list[Slot] = []
    byte = 0
    for text in config.split():
        slot, byte = _slot(text, byte)
        if any(slot.name == other.name for other in slots):
            raise BadConfigError(f'field "{slot.name}" is there twice; expected each name once')
        slots.append(slot)
    return tuple(slots)


def bytes_read(slots: tuple[Slot, ...]) -> int:
    """How many bytes a payload needs so that every field is there."""
    return max(((slot.end + 7) // 8 for slot in slots), default=0)


def values(slots: tuple[Slot, ...], payload: bytes) -> Iterator[tuple[str, Value] | Unread]:
    """Each field with its value as the payload holds it; a field beyond its end, or that holds none, as unread.

    Of a text the zero bytes that fill it up are left out.
    """
    number, length = int.from_bytes(payload, "big"), 8 * len(payload)
    for slot in slots:
        if slot.end > length:
            yield Unread(slot.name, "beyond_payload")
            continue
        bits = number >> (length - slot.end) & ((1 << slot.bits) - 1)
        value = _value(slot, bits)
        yield value if isinstance(value, Unread) else (slot.name, value)


def _value(slot: Slot, bits: int) -> Value | Unread:
    if slot.kind == "bool":
        return bool(bits)
    if slot.is_little:
        bits = int.from_bytes(bits.to_bytes(slot.bits // 8, "little"), "big")
    if slot.kind == "uint":
        return bits
    if slot.kind == "int":
        return bits - (1 << slot.bits) if bits >> (slot.bits - 1) else bits
    encoded = bits.to_bytes(slot.bits // 8, "big")
    return _text(slot, encoded) if slot.kind == "char" else _float(slot, encoded)


def _text(slot: Slot, encoded: bytes) -> str | Unread:
    try:
        return encoded.rstrip(b"\0").decode("utf-8")
    except UnicodeDecodeError:
        return Unread(slot.name, "not_utf8")


def _float(slot: Slot, encoded: bytes) -> float | Unread:
    value: float = struct.unpack(_FLOATS[slot.bits], encoded)[0]
    is_finite = value - value == 0
    return value if is_finite else Unread(slot.name, "not_finite")


def _slot(text: str, byte: int) -> tuple[Slot, int]:
    """The field of a text that starts at `byte` unless it says otherwise, and the current byte after it."""
    found = _FIELD.fullmatch(text)
    if found is None:
        raise BadConfigError(
            f'field "{text}": expected name:index:type:size, such as temperature::int:16 or door::bool:7'
        )
    name, kind = found["name"], found["type"]
    byte = int(found["index"] or byte)
    if kind == "bool":
        return Slot(name, kind, _start(byte, _bool_bit(name, found["rest"])), 1), byte
    if kind not in {"char", "float", "uint", "int"}:
        raise BadConfigError(f'field "{name}": type "{kind}" is none of bool, char, float, uint, int')
    tail = _TAIL.fullmatch(found["rest"])
    if tail is None:
        raise BadConfigError(
            f'field "{name}": "{kind}:{found["rest"]}" is not understood; expected {kind}:size, then :big-endian or '
            ":little-endian, then the bit 7 to 0 it starts at, such as uint:12:big-endian:3"
        )
    bit = tail["bit"] or tail["direct"]
    bits, is_little = _size(name, kind, tail), tail["endian"] == "little-endian"
    if is_little and (bits % 8 or bit not in {None, "7"}):
        raise BadConfigError(f'field "{name}": little-endian is for whole bytes that start at bit 7')
    slot = Slot(name, kind, _start(byte, bit), bits, is_little and bits > 8)
    last = (slot.end - 1) // 8
    return slot, last + (bit is None)


def _start(byte: int, bit: str | None) -> int:
    return 8 * byte + _TOP_BIT - int(bit or _TOP_BIT)


def _bool_bit(name: str, text: str) -> str:
    if not re.fullmatch("[0-7]", text):
        raise BadConfigError(f'field "{name}": "bool:{text}" is not understood; expected its bit, bool:7 to bool:0')
    return text


def _size(name: str, kind: str, tail: "re.Match[str]") -> int:
    """The field's length in bits, where its type may be so long."""
    size = int(tail["size"])
    if kind == "char":
        if size == 0 or tail["endian"]:
            raise BadConfigError(f'field "{name}": expected char:bytes from 1 on, without endian')
        return 8 * size
    if kind == "float" and size not in _FLOATS:
        raise BadConfigError(f'field "{name}": float:{size}, expected float:32 or float:64')
    if not 1 <= size <= 64:
        raise BadConfigError(f'field "{name}": {kind}:{size}, expected 1 to 64 bits')
    return size
