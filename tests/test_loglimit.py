"""A log takes so many lines a minute and says how many it left out."""

import logging

import pytest

from telltale.loglimit import MINUTE_S, LogLimit


def test_lines_are_limited_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    now_s = 0.0
    logger = logging.getLogger("limited")
    limit = LogLimit(3, lambda: now_s)
    logger.addFilter(limit)
    try:
        for number in range(1000):
            logger.warning("odd %d", number)
        logger.error("of another level")
        now_s = MINUTE_S
        logger.warning("odd %s", "again")
    finally:
        logger.removeFilter(limit)
    assert [record.getMessage() for record in caplog.records] == [
        "odd 0", "odd 1", "odd 2", "of another level", "odd again (997 lines of limited were left out)",
    ]  # fmt: skip
