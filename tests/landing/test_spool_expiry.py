"""What must not be kept longer in a spool, where the stamps of its records do not rise: a clock was set meanwhile."""

from contextlib import closing
from pathlib import Path

import pytest

from tests.landing.test_spool import NOVEMBER, Clocks, dated, spool_in
from tests.sources.toy import HOUR


@pytest.mark.parametrize(
    ("ages_h", "stays"),
    [
        pytest.param([0.02, 0.02, 0.01, 48], [1, 2, 3], id="the clock was set back for one record"),
        pytest.param([0.02, 48, 0.01], [1, 3], id="and then right again"),
        pytest.param([23.9, 30], [1], id="a plausible stamp that is younger than the limit"),
        pytest.param([-5000, 25], [], id="a stamp that lies ahead goes with what came after it"),
        pytest.param([-5000, 23], [1, 2], id="but not before that is due"),
        pytest.param([25, -5000], [2], id="nor with what came before it"),
        pytest.param([-5000, 1, 25, 1], [2, 4], id="both at once"),
        pytest.param([-0.05, 25], [1], id="ahead by less than a clock may be slewed"),
        pytest.param([25, 24.01, 24], [3], id="stamps that rise"),
    ],
)
def test_what_goes_is_what_bears_an_old_stamp_or_an_impossible_one_before_it(
    tmp_path: Path, ages_h: list[float], stays: list[int]
) -> None:
    """Ages by the stamp, hours before the present; 24 are the limit."""
    clocks = Clocks(NOVEMBER - HOUR)
    with closing(spool_in(tmp_path)) as spool:
        clocks.expiry().apply(spool)
        spool.append([dated(-age) for age in ages_h])
        clocks.pass_(HOUR)
        assert clocks.expiry().apply(spool) == len(ages_h) - len(stays)
        assert [one.id for one in spool.first(10, 1 << 20)] == stays
        assert (spool.waiting.records, spool.waiting.expired) == (len(stays), len(ages_h) - len(stays))


def test_what_came_after_the_machine_was_off_does_not_lie_ahead(tmp_path: Path) -> None:
    """The trusted moment is ten hours behind the clock then, which is believed all the same."""
    clocks = Clocks(NOVEMBER)
    with closing(spool_in(tmp_path)) as spool:
        clocks.expiry().apply(spool)
        clocks.now_us += 10 * HOUR
        clocks.running_us, clocks.boot = HOUR // 60, "next boot"
        spool.append([dated(10), dated(-100)])
        assert clocks.expiry().apply(spool) == 1
        assert [one.id for one in spool.first(10, 1 << 20)] == [1]
