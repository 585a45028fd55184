"""One reading of ids for every entrance."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telltale import identity
from telltale.address import spelled
from telltale.sources import SOURCES

SPELT = [
    ("sigfox:2d24e6", "sigfox:2d24e6"),
    ("sigfox:2D24E6", "sigfox:2d24e6"),
    ("SIGFOX: 2D24E6", "sigfox:2d24e6"),
    (" sigfox:002D24E6 ", "sigfox:2d24e6"),
    ("sigfox:0x2D24E6", "sigfox:2d24e6"),
    ("2D24E6", "sigfox:2d24e6"),
    ("002d24e6", "sigfox:2d24e6"),
    ("sigfox:B", "sigfox:b"),
    ("sigfox:0", "sigfox:0"),
    ("B", "B"),  # too short to be told from a word
    ("efento:282c024156af", "efento:282c024156af"),
    ("Efento:282C024156AF", "efento:282c024156af"),
    ("efento: 28-2C-02-41-56-AF", "efento:282c024156af"),
    ("282C024156AF", "efento:282c024156af"),
    ("28:2c:02:41:56:af", "efento:282c024156af"),
    ("efento:AC8674614FC0", "efento:ac8674614fc0"),
    ("AC-86-74-61-4F-C0", "ac:86:74:61:4f:c0"),
    ("ac86.7461.4fc0", "ac:86:74:61:4f:c0"),
    ("AC8674614FC0", "ac:86:74:61:4f:c0"),
    ("\tac:86:74:61:4f:c0 ", "ac:86:74:61:4f:c0"),
    ("PC:desk-3", "pc:desk-3"),
    ("pc: Anna's MacBook", "pc:Anna-s-MacBook"),
    ("pc:DESK-3", "pc:DESK-3"),
    ("desk-3", "desk-3"),
    ("sigfox:2D24E6X", "sigfox:2D24E6X"),
    ("efento:282c", "efento:282c"),
    ("ff:ff:ff:ff:ff:ff", "ff:ff:ff:ff:ff:ff"),
    ("acme:7", "acme:7"),
    ("", ""),
]


@pytest.mark.parametrize(("text", "read"), SPELT)
def test_an_id_is_read_in_any_spelling(text: str, read: str) -> None:
    assert identity.device_id(text) == read


@given(st.text(max_size=40))
def test_what_was_read_is_read_as_itself(text: str) -> None:
    assert identity.device_id(identity.device_id(text)) == identity.device_id(text)


@given(st.integers(1, (1 << 32) - 1), st.integers(1, (1 << 40) - 1))
def test_an_id_of_tables_is_read_as_itself_in_either_case(device: int, address: int) -> None:
    for one in (f"sigfox:{device:x}", f"efento:{address:012x}", spelled(address)):
        assert {identity.device_id(one), identity.device_id(one.upper())} <= {one, f"efento:{one.replace(':', '')}"}
        assert identity.sources_of(one)


def test_every_source_reads_its_own_ids() -> None:
    assert [source.name for source in SOURCES if source.device_id is None] == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("sigfox:2d24e6", ["sigfox"]),
        ("282C024156AF", ["efento"]),
        ("pc:desk-3", ["pc_idle"]),
        ("AC-86-74-61-4F-C0", ["button", "cloudtrax", "meraki"]),
        ("fridge", []),
    ],
)
def test_an_id_says_whose_device_it_may_be(text: str, names: list[str]) -> None:
    assert sorted(source.name for source in identity.sources_of(text)) == names


@pytest.mark.parametrize(
    ("listed", "heard", "near"),
    [
        ("efento:282c024156af", ["efento:282c024156fa", "efento:282c02405501"], "efento:282c024156fa"),
        ("sigfox:2d24e6", ["sigfox:2d24e8", "sigfox:abc123"], "sigfox:2d24e8"),
        ("sigfox:2d24e6", ["sigfox:2d24e8", "sigfox:2d24e7"], ""),  # either may be meant
        ("pc:DESK-3", ["pc:desk-3"], "pc:desk-3"),
        ("pc:desk-3", ["pc:desk-33", "pc:lab"], "pc:desk-33"),
        ("sigfox:a", ["sigfox:b"], ""),  # nothing of it is alike
        ("ac:86:74:61:4f:c0", ["ac:86:74:61:4f:0c"], "ac:86:74:61:4f:0c"),
        ("ac:86:74:61:4f:c0", ["ac:86:74:11:22:33"], ""),  # only the maker is
        ("pc:desk-3", [], ""),
    ],
)
def test_the_nearest_is_the_one_that_differs_least(listed: str, heard: list[str], near: str) -> None:
    assert identity.nearest(listed, heard) == near
