"""The stages of Spark as a line; what they are of is tried on a real one in test_equal.py."""

import pytest

from telltale.engine.stages import Stage, told, words


@pytest.mark.parametrize(
    ("stages", "line"),
    [
        ([], ""),
        ([Stage(12, 400, 143)], "Spark: stage 12, 143 of 400 tasks"),
        ([Stage(13, 1_000, 0), Stage(12, 400, 143)], "Spark: stages 12, 13, 143 of 1,400 tasks"),
    ],
)
def test_stages_are_a_line(stages: list[Stage], line: str) -> None:
    assert words(stages) == line


def test_where_nobody_looks_no_session_is_asked() -> None:
    with told(None, None, is_remote=False):
        pass
