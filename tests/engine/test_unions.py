"""Unions of parts that are grouped or windowed come to an end, however many rows there are for each thread.

Read as a result of `execute`, the third part of such a union waited for the second, and the second for the third, and
nothing could interrupt it: with one thread the health page of a week, with two a million rows.
"""

import subprocess
import sys

import pytest

ROWS = 1_000_000
ENDS_WITHIN_S = 60
PLAIN = "select x, y from a"
GROUPED = "select x, count(*) as y from {} group by x"
WINDOWED = "select x, row_number() over (partition by x order by y) as y from {}"
UNIONS = {
    "two grouped": ([PLAIN, GROUPED.format("b"), GROUPED.format("c")], ROWS + 22 + 22),
    "a grouped one and a windowed one": ([PLAIN, GROUPED.format("b"), WINDOWED.format("c")], ROWS + 22 + ROWS),
    "of a union": (
        [f"select * from ({PLAIN} union all {GROUPED.format('b')}) part", GROUPED.format("c")],
        ROWS + 22 + 22,
    ),
    "that groups a union": (
        [PLAIN, GROUPED.format("(select * from b union all select * from d) either"), GROUPED.format("c")],
        ROWS + 22 + 22,
    ),
}
PROGRAM = """
import sys
from telltale.engine import DuckEngine

engine = DuckEngine(threads=int(sys.argv[1]))
for name in "abcd":
    rows = f"select i % 22 as x, i as y from range({int(sys.argv[2])}) numbers(i)"
    engine._connection.execute(f"create table {name} as {rows}")
print(engine.fetch(sys.argv[3]).num_rows)
"""


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize(("parts", "expected"), UNIONS.values(), ids=UNIONS.keys())
def test_a_union_comes_to_an_end(parts: list[str], expected: int, threads: int) -> None:
    """In a process of its own, which can be ended."""
    arguments = [str(threads), str(ROWS), " union all ".join(parts)]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, timeout=ENDS_WITHIN_S, check=True
    )
    assert int(done.stdout) == expected
