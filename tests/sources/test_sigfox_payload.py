"""The custom payload config: every documented example, every rule of position, and laws over random configs."""

import math
import struct
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telltale.sources.sigfox.payload import BadConfigError, Slot, Unread, Value, bytes_read, layout, values

DOCUMENTED: list[tuple[str, str, list[Value]]] = [
    ("temp::int:8", "2A", [42]),
    ("temp::int:8", "F6", [-10]),
    ("temp::int:8", "80", [-128]),
    ("lightAmbi::uint:16 temp:2:int:8", "1713F6", [0x1713, -10]),
    ("lightAmbi::uint:16:little-endian temp::int:8", "1713F6", [0x1317, -10]),
    ("b1::bool:7 b2::bool:6 i:1:uint:16", "C01234", [True, True, 4660]),
    ("b::bool:7 raw::uint:8", "85", [True, 133]),
    ("lux::uint:16:little-endian on::bool:7", "280080", [40, True]),
    ("s::uint:8 d::uint:4 st:1:uint:4::3", "3C75", [60, 7, 5]),
    ("s::uint:8 d::uint:4 st::uint:4", "3C75A0", [60, 7, 10]),
    ("f:0:uint:1:big-endian:7 t:0:int:12:big-endian:3 h:2:uint:8", "0FF64B", [0, -10, 75]),
    ("v::float:32", "41BC0000", [23.5]),
    ("str::char:6 a::uint:16 b::uint:32", "41424344454601234567890A", ["ABCDEF", 291, 0x4567890A]),
    ("score::char:3", "313030", ["100"]),
    (
        "kind::uint:4 start:0:uint:12:big-endian:3 m0:2:uint:40 m1:7:uint:40",
        "121CFFFFF000000000000000",
        [1, 540, 0xFFFFF00000, 0],
    ),
]
"""Source: wire/sigfox.md 2.4, and the bitmap of section 3."""

RULES: list[tuple[str, str, str, list[Value]]] = [
    ("three spellings of a bit: full", "a:0:uint:4:big-endian:3", "0B", [11]),
    ("three spellings of a bit: empty endian", "a:0:uint:4::3", "0B", [11]),
    ("three spellings of a bit: direct", "a:0:uint:4:3", "0B", [11]),
    ("(c) a direct bit on a long field", "a::uint:32:2", "0720000001E0", [0xE4000000]),
    ("a value runs on from bit 7 of the next byte", "a:0:uint:4:1", "0380", [14]),
    (
        "eight bools share a byte",
        " ".join(f"b{n}::bool:{n}" for n in range(8)),
        "A5",
        [n in {0, 2, 5, 7} for n in range(8)],
    ),
    ("a bool with an index moves there", "b:1:bool:0 c::bool:7 d::uint:8", "0081", [True, True, 129]),
    ("after a field without a bit, the next byte", "a::uint:12 b::uint:8", "ABCDEF", [0xABC, 0xEF]),
    ("after a field with a bit, the byte it touched last", "a::uint:12:big-endian:7 b::uint:8", "ABCD", [0xABC, 0xCD]),
    ("(a) a bool after a field with a bit", "a::uint:12:7 b::bool:3", "ABCF", [0xABC, True]),
    ("(b) a field with a bit that ends on bit 0", "a::uint:4::3 b::uint:8", "3C75", [12, 0x3C]),
    ("indexes may go back, fields may overlap", "a:1:uint:8 b:0:uint:16", "0102", [2, 258]),
    ("little-endian of one byte", "a::uint:8:little-endian", "07", [7]),
    ("little-endian signed", "a::int:24:little-endian", "FEFFFF", [-2]),
    ("little-endian with bit 7", "a::int:16:little-endian:7 b::uint:8", "FEFF", [-2, 255]),
    ("little-endian float", "a::float:32:little-endian", "0000BC41", [23.5]),
    ("64 bits", "a::uint:64 b:0:int:64", "FFFFFFFFFFFFFFFF", [2**64 - 1, -1]),
    ("one bit signed", "a::int:1", "80", [-1]),
    ("double", "a::float:64", struct.pack(">d", -0.1).hex(), [-0.1]),
    ("a float may begin inside a byte", "a::float:32:3", "041BC0000F", [23.5]),
    ("characters beyond ASCII", "a::char:2", "C3A4", ["ä"]),
    ("characters filled up with zero bytes", "a::char:4", "41420000", ["AB"]),
    ("characters from bit 3", "a::char:1::3", "0410", ["A"]),
    ("names of every letter", "a-b#C_9::uint:8", "01", [1]),
    ("blanks of every kind", "  a::uint:8 \t\n b::uint:8 ", "0102", [1, 2]),
    ("no field", "", "0102", []),
]


def read(config: str, payload: str) -> list[Value]:
    told = list(values(layout(config), bytes.fromhex(payload)))
    assert not any(isinstance(one, Unread) for one in told), told
    return [one[1] for one in told if not isinstance(one, Unread)]


@pytest.mark.parametrize(("config", "payload", "expected"), DOCUMENTED)
def test_the_documented_examples(config: str, payload: str, expected: list[Value]) -> None:
    found = read(config, payload)
    assert found == expected
    assert list(map(type, found)) == list(map(type, expected))


@pytest.mark.parametrize(("config", "payload", "expected"), [pytest.param(*row[1:], id=row[0]) for row in RULES])
def test_the_rules(config: str, payload: str, expected: list[Value]) -> None:
    assert read(config, payload) == expected


REFUSED = [
    ("temp", 'field "temp": expected name:index:type:size'),
    ("temp:int:8", 'field "temp:int:8": expected name:index:type:size'),
    (":0:int:8", "expected name:index:type:size"),
    ("tëmp::int:8", "expected name:index:type:size"),
    ("temp:-1:int:8", "expected name:index:type:size"),
    ("temp::bytes:8", 'field "temp": type "bytes" is none of bool, char, float, uint, int'),
    ("temp::float:16", 'field "temp": float:16, expected float:32 or float:64'),
    ("temp::int:0", 'field "temp": int:0, expected 1 to 64 bits'),
    ("temp::uint:65", 'field "temp": uint:65, expected 1 to 64 bits'),
    ("temp::int", "expected name:index:type:size"),
    ("temp::int:", 'field "temp": "int:" is not understood'),
    ("temp::int:8:", 'field "temp": "int:8:" is not understood'),
    ("temp::int:8:8", 'field "temp": "int:8:8" is not understood'),
    ("temp::int:8:middle-endian", "is not understood; expected int:size"),
    ("temp::int:8:big-endian::3", "is not understood"),
    ("door::bool:8", 'field "door": "bool:8" is not understood; expected its bit'),
    ("door::bool:", "expected its bit"),
    ("text::char:0", 'field "text": expected char:bytes from 1 on'),
    ("text::char:2:big-endian", 'field "text": expected char:bytes from 1 on, without endian'),
    ("a::uint:12:little-endian", 'field "a": little-endian is for whole bytes'),
    ("a::uint:16:little-endian:3", 'field "a": little-endian is for whole bytes'),
    ("a::uint:8 a::uint:8", 'field "a" is there twice'),
]


@pytest.mark.parametrize(("config", "sentence"), REFUSED)
def test_a_bad_config_is_refused_and_names_the_field(config: str, sentence: str) -> None:
    with pytest.raises(BadConfigError) as caught:
        layout(config)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_field_beyond_the_payload_is_missing_and_the_others_stay() -> None:
    slots = layout("a::uint:8 b::uint:16 c:1:int:8 d:1:uint:8:3")
    told = list(values(slots, bytes.fromhex("0102")))
    assert told == [("a", 1), Unread("b", "beyond_payload"), ("c", 2), Unread("d", "beyond_payload")]
    assert list(values(slots, b"")) == [Unread(slot.name, "beyond_payload") for slot in slots]


@pytest.mark.parametrize(
    ("config", "payload", "reason"),
    [
        ("a::float:32", "7FC00000", "not_finite"),
        ("a::float:64", "FFF0000000000000", "not_finite"),
        ("a::char:2", "C328", "not_utf8"),
    ],
)
def test_bits_that_hold_no_value_give_none(config: str, payload: str, reason: str) -> None:
    assert list(values(layout(config), bytes.fromhex(payload))) == [Unread("a", reason)]


def test_how_many_bytes_a_config_reads() -> None:
    assert bytes_read(layout("a:11:uint:8")) == 12
    assert bytes_read(layout("a:11:uint:8:6")) == 13
    assert bytes_read(layout("")) == 0


names = st.text("abcXYZ019_#-", min_size=1, max_size=8)
indexes = st.one_of(st.just(""), st.integers(0, 14).map(str))
bits = st.integers(0, 7).map(str)
endians = st.sampled_from(["big-endian", "little-endian"])
tails = st.one_of(
    st.just(""),
    endians.map(lambda endian: f":{endian}"),
    st.builds(lambda endian, bit: f":{endian}:{bit}", endians, bits),
    bits.map(lambda bit: f"::{bit}"),
    bits.map(lambda bit: f":{bit}"),
)
kinds = st.one_of(
    bits.map(lambda bit: f"bool:{bit}"),
    st.builds(
        lambda size, tail: f"char:{size}{tail}", st.integers(1, 13), tails.filter(lambda tail: "endian" not in tail)
    ),
    st.builds(lambda size, tail: f"float:{size}{tail}", st.sampled_from([32, 64]), tails),
    st.builds(
        lambda kind, size, tail: f"{kind}:{size}{tail}", st.sampled_from(["uint", "int"]), st.integers(1, 64), tails
    ),
)
configs = st.lists(
    st.builds(lambda name, index, kind: f"{name}:{index}:{kind}", names, indexes, kinds), max_size=8
).map(" ".join)
payloads = st.binary(max_size=14)


@settings(max_examples=1500)
@given(config=configs, payload=payloads)
def test_a_well_formed_config_gives_what_a_plain_reader_of_bit_strings_gives(config: str, payload: bytes) -> None:
    """Nothing crashes and nothing is invented: each value is a second, naive reader's, or missing there too."""
    slots = understood(config)
    if slots is None:
        return
    told = [None if isinstance(one, Unread) else one[1] for one in values(slots, payload)]
    assert repr(told) == repr(naive(config, payload))


@settings(max_examples=1500)
@given(config=st.text("abi:ntucharlofe0123468 -#_", max_size=60) | st.text(max_size=40) | configs, payload=payloads)
def test_any_text_is_a_config_or_refused(config: str, payload: bytes) -> None:
    try:
        slots = layout(config)
    except BadConfigError:
        return
    told = list(values(slots, payload))
    assert [one.name if isinstance(one, Unread) else one[0] for one in told] == [slot.name for slot in slots]
    for slot, one in zip(slots, told, strict=True):
        assert isinstance(one, Unread) or slot.end <= 8 * len(payload)


def understood(config: str) -> tuple[Slot, ...] | None:
    """The layout, unless the config mixes what the grammar allows and the sheet refuses."""
    try:
        return layout(config)
    except BadConfigError as error:
        if "little-endian is for whole bytes" in str(error) or "is there twice" in str(error):
            return None
        raise


@given(payload=payloads, config=configs, more=st.binary(max_size=4))
def test_more_payload_never_changes_what_was_read(payload: bytes, config: str, more: bytes) -> None:
    slots = understood(config) or ()
    short, long = list(values(slots, payload)), list(values(slots, payload + more))
    for before, after in zip(short, long, strict=True):
        assert before == after or (isinstance(before, Unread) and before.reason == "beyond_payload")


def naive(config: str, payload: bytes) -> list[Value | None]:
    """The same by slicing a string of 0 and 1, one field after the other, as the rules of section 2.2 are worded."""
    string = "".join(f"{byte:08b}" for byte in payload)
    found: list[Value | None] = []
    current = 0
    for field in config.split():
        _name, index, kind, *tail = field.split(":")
        byte = int(index) if index else current
        if kind == "bool":
            found.append(cut(string, byte, 7 - int(tail[0]), 1, lambda piece: piece == "1"))
            current = byte
            continue
        size = int(tail[0]) * (8 if kind == "char" else 1)
        given_bits = [int(part) for part in tail[1:] if part in set("01234567")]
        first = 7 - given_bits[0] if given_bits else 0
        is_little = "little-endian" in tail
        found.append(cut(string, byte, first, size, lambda piece: valued(kind, piece, is_little=is_little)))  # noqa: B023
        touched = byte + (first + size - 1) // 8
        current = touched if given_bits else touched + 1
    return found


def cut(string: str, byte: int, first: int, size: int, make: Callable[[str], Value | None]) -> Value | None:
    piece = string[8 * byte + first : 8 * byte + first + size]
    return make(piece) if len(piece) == size else None


def valued(kind: str, piece: str, *, is_little: bool) -> Value | None:
    if is_little:
        piece = "".join(reversed([piece[n : n + 8] for n in range(0, len(piece), 8)]))
    number = int(piece, 2)
    if kind == "uint":
        return number
    if kind == "int":
        return number - (1 << len(piece)) * (piece[0] == "1")
    octets = bytes(int(piece[n : n + 8], 2) for n in range(0, len(piece), 8))
    if kind == "char":
        try:
            return octets.rstrip(b"\0").decode()
        except UnicodeDecodeError:
            return None
    (value,) = struct.unpack(">f" if len(piece) == 32 else ">d", octets)
    return float(value) if math.isfinite(value) else None
