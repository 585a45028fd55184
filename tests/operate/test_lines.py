"""Lines out of bytes: whole, of bounded length, harmless on a terminal."""

import random

import pytest

from telltale.operate.lines import LONGEST_LINE, Lines, shortened


def heard(*pieces: bytes) -> list[str]:
    said: list[str] = []
    lines = Lines(said.append)
    for piece in pieces:
        lines.feed(piece)
    lines.finish()
    return said


@pytest.mark.parametrize(
    ("pieces", "lines"),
    [
        ((b"one\ntwo\n",), ["one", "two"]),
        ((b"on", b"e\r\n\ntw", b"o"), ["one", "", "two"]),
        ((b"caf\xc3", b"\xa9\n"), ["café"]),
        ((b"\xff\xfe not UTF-8\n",), ["\ufffd\ufffd not UTF-8"]),
        ((b"\x1b[2J\x9b\x00a\tb\n",), ["\ufffd[2J\ufffd\ufffda\tb"]),
        ((), []),
    ],
)
def test_bytes_become_lines(pieces: tuple[bytes, ...], lines: list[str]) -> None:
    assert heard(*pieces) == lines


def test_how_the_bytes_are_cut_makes_no_difference() -> None:
    chosen = random.Random(11)
    text = b"".join(chosen.choice([b"\n", b"a", b"\xc3\xa9", b"b" * 5_000]) for _ in range(2_000))
    whole = heard(text)
    cuts = sorted(chosen.sample(range(len(text)), 300))
    assert heard(*(text[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(text)], strict=True))) == whole


def test_a_line_without_end_is_cut_and_the_rest_counted() -> None:
    said: list[str] = []
    lines = Lines(said.append)
    for _ in range(48):
        lines.feed(b"x" * 65_536)
        assert len(lines._begun) <= LONGEST_LINE
    lines.feed(b"\nnext\n")
    assert said == ["x" * LONGEST_LINE + f" … ({(3 << 20) - LONGEST_LINE:,} more bytes)", "next"]
    assert lines.last == "next"
    assert shortened(said[0]) == "x" * 300 + " …"
