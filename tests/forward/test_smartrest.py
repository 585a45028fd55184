"""SmartREST rows: quoting, what cannot open a second row, and what fits into a message."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telltale.forward.facts import Press, iso_ms
from telltale.forward.smartrest import LARGEST, child, hardware, identifier, press_row, quoted, registration, rows

MAC = "02:7e:11:a0:00:01"


def press(name: str, at_us: int = 1_795_161_600_123_456) -> Press:
    return Press(MAC, name, "button", name, at_us, 1, "probe")


def test_the_row_of_a_press_is_that_of_the_sheet() -> None:
    # 1795161600 s is 2026-11-20T08:00:00Z; 123456 µs are cut to 123 ms.
    expected = "400,c8y_MAC_Event,bolts-M8/02:7e:11:a0:00:01,2026-11-20T08:00:00.123Z"
    assert press_row(press("bolts-M8"), "s/us") == expected


QUOTED = [
    ("plain", "plain", "plain"),
    ("", "", ""),
    ("a,b", '"a,b"', '"a,b"'),
    ('5" pipe', '"5"" pipe"', '"5\\" pipe"'),
    ("a\nb", '"a\nb"', '"a\nb"'),
    ("a\rb", '"a\rb"', '"a\rb"'),
    ("a\tb", '"a\tb"', '"a\tb"'),
    (" a", '" a"', '" a"'),
    ("a ", '"a "', '"a "'),
    ("a b", "a b", "a b"),
    ("a\\nb", "a\\nb", "a\\nb"),  # two characters stay two
    ("a\x00\x07\x7f\x85b", "ab", "ab"),
    ("Mü/€", "Mü/€", "Mü/€"),
]


@pytest.mark.parametrize(("value", "double", "backslash"), QUOTED)
def test_values_are_quoted_where_they_must(value: str, double: str, backslash: str) -> None:
    assert quoted(value) == double
    assert quoted(value, "backslash") == backslash


@given(st.text())
def test_no_name_opens_a_second_row_or_value(name: str) -> None:
    for line, values in ((press_row(press(name), "s/us"), 4), (registration(press(name), "c8y_MACDevice"), 3)):
        found = list(csv.reader(io.StringIO(line, newline=""), strict=True))
        assert [len(row) for row in found] == [values]
        assert rows(line.encode()) == found
    (event,) = rows(press_row(press(name), "s/us").encode())
    assert event[2].endswith(f"/{MAC}")
    assert event[3] == "2026-11-20T08:00:00.123Z"


def test_a_name_of_several_rows_arrives_as_one_text() -> None:
    evil = 'x\n999,"y",\r\n306,c8y_Alarm'
    assert rows(press_row(press(evil), "s/us").encode()) == [
        ["400", "c8y_MAC_Event", f"{evil}/{MAC}", "2026-11-20T08:00:00.123Z"]
    ]


@pytest.mark.parametrize("name", ["x" * 20_000, "€" * 20_000, '"' * 20_000, "\U0001f527," * 9_000])
def test_a_name_too_long_is_cut_between_characters_and_nothing_else(name: str) -> None:
    topic = "s/us/027e11a00001"
    line = press_row(press(name), topic)
    # 5 bytes for type and length, 2 for the topic's length, 2 for the message id
    message_bytes = 5 + 2 + len(topic) + 2 + len(line.encode())
    assert LARGEST - 64 <= message_bytes <= LARGEST
    (event,) = rows(line.encode())
    text, _, rest = event[2].partition("/")
    assert rest == MAC
    assert name.startswith(text)
    assert event[3] == "2026-11-20T08:00:00.123Z"


def test_devices_are_made_by_rows() -> None:
    assert identifier(MAC) == "027e11a00001"
    assert registration(press("bolts, M8"), "c8y_MACDevice") == '100,"bolts, M8",c8y_MACDevice'
    assert child(press("bolts-M8"), "c8y_MACDevice") == "101,027e11a00001,bolts-M8,c8y_MACDevice"
    assert child(press(""), "c8y_MACDevice") == f"101,027e11a00001,{MAC},c8y_MACDevice"
    assert hardware(press("bolts-M8")) == "110,027e11a00001,Dash button,"


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"124,4711", [["124", "4711"]]),
        (
            b'50,100,"a\nb"\n41,100,Device already existing',
            [["50", "100", "a\nb"], ["41", "100", "Device already existing"]],
        ),
        (b"\xff,\x00", [["\N{REPLACEMENT CHARACTER}", ""]]),
        (b"", []),
    ],
)
def test_received_rows_are_not_split_by_hand(payload: bytes, expected: list[list[str]]) -> None:
    assert rows(payload) == expected


@given(st.binary())
def test_whatever_is_received_gives_rows(payload: bytes) -> None:
    assert all(rows(payload))


def test_a_value_no_row_has_room_for_is_one_text() -> None:
    assert rows(b"x" * 200_000) == [["x" * 200_000]]


@pytest.mark.parametrize(
    ("at_us", "expected"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (999_999, "1970-01-01T00:00:00.999Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (1_795_161_600_000_000, "2026-11-20T08:00:00.000Z"),
    ],
)
def test_times_are_utc_with_milliseconds(at_us: int, expected: str) -> None:
    assert iso_ms(at_us) == expected
