"""An address in any spelling is one number, and none is shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telltale.address import BAD, GROUP, ZERO, masked, masked_json, spelled, station, stations


@given(st.integers(1, 2**48 - 1).filter(lambda number: not number >> 40 & 1), st.sampled_from(":-."), st.booleans())
def test_every_spelling_is_one_address(number: int, separator: str, upper: bool) -> None:
    text = spelled(number)
    fours = separator.join(text.replace(":", "")[at : at + 4] for at in (0, 4, 8))
    for spelling in (text, text.replace(":", separator), text.replace(":", ""), fours):
        assert station(spelling.upper() if upper else spelling) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3c",
        "3c:06:30:aa:bb",
        "3c:06:30:aa:bb:01:02",
        "3c:06-30:aa:bb:01",
        "3c:06:30:aa:bb:0g",
        "0x3c0630aabb",
        "3c:06:30:aa:bb:01\n",
        "\uff13c:06:30:aa:bb:01",
        "3c_06_30_aa_bb_01",
    ],
)
def test_what_is_not_six_octets_is_no_address(text: str) -> None:
    assert station(text) < 0


def test_what_is_no_station_says_why() -> None:
    texts = ["3c:06:30:aa:bb:01", "nonsense", "01:00:5e:00:00:fb", "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00"]
    assert stations(texts) == [0x3C0630AABB01, BAD, GROUP, GROUP, ZERO]


def test_more_addresses_than_are_remembered_are_read_all_the_same() -> None:
    numbers = range(2, 2 + 3 * 2**14)
    assert stations(map(spelled, numbers)) == list(numbers)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("3c:06:30:aa:bb:01", "xx:xx:xx:xx:xx:xx"),
        ("saw 3C0630AABB01 twice", "saw xxxxxxxxxxxx twice"),
        ("3c06.30aa.bb", "xxxx.xxxx.xx"),
        ("aa-bb-01", "xx-xx-xx"),
        ("aa:bb", "aa:bb"),
        ("last_seen_signal", "last_seen_signal"),
    ],
)
def test_what_looks_like_an_address_is_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


def test_json_keeps_its_numbers() -> None:
    told = '{"mac":"3c:06:30:aa:bb:01","first_seen":1795160000000,"cut":"3c:06:30:aa'
    assert masked_json(told) == '{"mac":"xx:xx:xx:xx:xx:xx","first_seen":1795160000000,"cut":"xx:xx:xx:xx'
