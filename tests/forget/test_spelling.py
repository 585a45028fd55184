"""In which spellings a device is found, and that nothing but it is written over."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telltale.privacy.spelling import Spellings

ADDRESS = bytes.fromhex("3c0630aabb01")
OF_ADDRESS = Spellings(octets=[ADDRESS])


@pytest.mark.parametrize(
    "written",
    [
        b"3c:06:30:aa:bb:01",
        b"3C-06-30-AA-BB-01",
        b"3c0630aabb01",
        b"3C06.30AA.BB01",
        b"3c%3A06%3a30%3Aaa%3Abb%3A01",
        b"3c 06 30 aa bb 01",
        rb"3c\u003a06\u003A30\u003aaa\u003abb\u003a01",
        b"3c_06_30_aa_bb_01",
        ADDRESS,
        ADDRESS[::-1],
        base64.b64encode(ADDRESS),
    ],
)
def test_an_address_is_found_and_written_over_however_it_is_written(written: bytes) -> None:
    data = b'{"mac":"' + written + b'","other":"3c:06:30:aa:bb:02"}'
    assert OF_ADDRESS.found_in(data)
    assert OF_ADDRESS.overwritten(data) == data.replace(written, b"*" * len(written))


@pytest.mark.parametrize("before", range(3))
def test_in_base64_of_more_than_itself_too(before: int) -> None:
    encoded = base64.b64encode(b"abc"[:before] + ADDRESS + b"tail")
    assert OF_ADDRESS.found_in(encoded)
    left = OF_ADDRESS.overwritten(encoded)
    assert len(left) == len(encoded)
    assert left.count(b"*") >= 7


@pytest.mark.parametrize("other", [b"3c:06:30:aa:bb:02", b"3c0630aabb0", b"3c06:30aa;bb01", b"aabb01", b""])
def test_what_differs_is_none(other: bytes) -> None:
    assert not OF_ADDRESS.found_in(other)
    assert OF_ADDRESS.overwritten(other) == other


@pytest.mark.parametrize(
    ("word", "inside", "is_it"),
    [
        ("pc:desk-1", b'{"device_id": "pc:desk-1"}', True),
        ("pc:desk-1", b"activity-pc-desk-1-2026-W47.html", True),
        ("pc:desk-1", b"device=PC%3ADESK-1&x", True),
        ("pc:desk-1", b'"pc:desk-11"', False),
        ("pc:desk-1", b'"xpc:desk-1"', False),
        ("Zo\u00eb", "Zo\u00eb's PC".encode(), True),
        ("Zo\u00eb", b"Zoe", False),
        ("Zo\u00eb", rb"\nZo\u00eb", True),
        ("Zo\u00eb", b"who=ZO%C3%AB&", True),
        ("Zo\u00eb", "zo\u0065\u0308".encode(), True),
        ("Zo\u00eb", "Zo\u00eb".encode("latin-1"), True),
        ("Zo\u00eb", b"Zo&#235;", True),
        ("Zo\u00eb", b"Zo&#xeb;", True),
        ("J O'Neil", b"J O&#x27;Neil", True),
        ("\u0418\u0432\u0430\u043d", rb"\u0418\u0432\u0430\u043D", True),
        ("pc:desk", b'"pc:desk-2"', False),
        ("pc:desk", b'"pc:desk.3"', False),
        ("pc:desk", b'"pc:desk_4"', False),
        ("pc:desk", b"2026-W47-device-pc-desk.html", True),
        ("pc:desk", b"activity-pc-desk-2026-W47.html", True),
        ("pc:desk", b"activity-pc-desk-2-2026-W47.html", False),
        ("pc:desk", b"It was pc:desk.", True),
    ],
)
def test_another_id_is_found_as_a_word(word: str, inside: bytes, *, is_it: bool) -> None:
    spelt = Spellings(words=[word])
    assert spelt.found_in(inside) == is_it
    assert (b"*" in spelt.overwritten(inside)) == is_it


@pytest.mark.parametrize(
    ("inside", "left"),
    [
        (b"Max and Anna", b"*** and Anna"),
        (b"MAX", b"***"),
        (b"Math.max(1, 2)", b"Math.max(1, 2)"),
        (b"max-width", b"max-width"),
        (b"Max Muster and Max", b"Max Muster and ***"),
    ],
)
def test_a_name_is_no_word_and_no_part_of_anothers(inside: bytes, left: bytes) -> None:
    assert Spellings(names=["Max"], not_meant=["Max Muster"]).overwritten(inside) == left


@pytest.mark.parametrize(
    ("inside", "left"),
    [
        (b'{"device":"20","temperature":20.5}', b'{"device":"**","temperature":20.5}'),
        (b"?id=20&t=20", b"?id=**&t=20"),
        (b"sigfox:0020", b"sigfox:****"),
    ],
)
def test_a_number_of_few_digits_is_a_device_only_where_it_is_said(inside: bytes, left: bytes) -> None:
    assert Spellings(numbers=["20"]).overwritten(inside) == left


@pytest.mark.parametrize(
    ("inside", "is_it"),
    [(b'{"device":"002D24E6"}', True), (b"id=2d24e6&", True), (b'"data":"aa2d24e6"', False), (b"2d24e61", False)],
)
def test_a_short_number_is_found_as_a_word_with_zeros_before_it(inside: bytes, *, is_it: bool) -> None:
    assert Spellings(numbers=["2d24e6"]).found_in(inside) == is_it


def test_a_pseudonym_is_found_as_text_and_number() -> None:
    alias = -1234567890123456789
    spelt = Spellings(pseudonyms=[alias])
    unsigned = alias % 2**64
    for written in (f"{unsigned:016x}", f"{unsigned:016X}", str(alias), str(unsigned)):
        assert spelt.found_in(f"x {written} y".encode())
    assert spelt.found_in(alias.to_bytes(8, "little", signed=True))
    assert not spelt.found_in(b"1234567890123456780")


@given(st.binary(max_size=40), st.binary(min_size=6, max_size=6), st.binary(max_size=40))
def test_nothing_moves_and_afterwards_nothing_is_found(before: bytes, octets: bytes, after: bytes) -> None:
    spelt = Spellings(octets=[octets])
    for written in (octets, octets.hex(":").encode(), base64.b64encode(octets)):
        data = before + written + after
        left = spelt.overwritten(data)
        assert spelt.found_in(data)
        assert len(left) == len(data)
        assert left.startswith(before[:-1] if before else b"") or b"*" in left
        assert octets == b"*" * 6 or not spelt.found_in(left) or spelt.overwritten(left) != left


def test_of_nothing_there_is_nothing() -> None:
    assert not Spellings()
    assert not Spellings().found_in(b"anything")
