"""The clock of the machine itself: whether it is believed, what waits while it is not, and what confirms it."""

import datetime as dt
from typing import TYPE_CHECKING

import pyarrow as pa

from telltale import wording
from telltale.health import claims
from telltale.landing import HostClock, Look, host_clocks
from telltale.landing.clocks import DAY_US
from telltale.page import said
from telltale.page.attention import Notice
from telltale.page.claims import Claim, Subject
from telltale.page.lists import Concern
from telltale.page.said import Said, claimed, say
from telltale.sources import SOURCES
from telltale.workbench.here import here
from telltale.workbench.project import Project
from telltale.workbench.tidy import tidy
from telltale.workbench.times import SECOND, local_time

if TYPE_CHECKING:
    import pandas as pd

STALE_US = 7 * DAY_US
"""A host that was last believed so much longer ago than another is gone: a container that was made anew."""
CONFIRMING = ", ".join(source.short_title or source.title for source in SOURCES if source.tells_time)
RIGHT = "telltale doctor --clock-is-right"
_BECAUSE = {
    "line": "it is back where it was expected",
    "running": "it ran for a day without another step",
    "record": "a record with a time of its own agrees",
    "owner": "the owner says so",
}
COLUMNS = pa.schema(
    [
        *(("host", pa.string()), ("is_stepped", pa.bool_()), ("stepped_s", pa.float64())),
        *((name, pa.timestamp("us", "UTC")) for name in ("looked_at", "trusted_at")),
        *(("steady_s", pa.float64()), ("lag_s", pa.float64()), ("confirmed_by", pa.string())),
    ]
)


def host_clock(*, project: Project | None = None) -> "pd.DataFrame":
    """The clock of each machine that keeps this project in order, one row a machine; none before "upkeep" ran.

    Columns: host, is_stepped (nothing is closed, removed or destroyed by it), stepped_s (how far it is from what was
    expected; positive: ahead, 0: it is believed), looked_at (what it said when it was last looked at), trusted_at (the
    last moment that is believed: what is due by it goes), steady_s (how long it has been running since the last step;
    24 h confirm it), lag_s (how much later than usual things go, after the machine was off), confirmed_by (of the last
    step: `line`: it came back; `running`, `record`, `owner`; empty where there was none).

    Args:
        project: another project than the one found from here.
    """
    return tidy(host_clock_table(project or here()))


def host_clock_table(project: Project) -> pa.Table:
    """As `host_clock`, without pandas."""
    rows = [
        {
            "host": clock.host,
            "is_stepped": clock.is_stepped,
            "stepped_s": clock.stepped_us / SECOND,
            "looked_at": clock.wall_us,
            "trusted_at": clock.trusted_us,
            "steady_s": clock.steady_us / SECOND,
            "lag_s": clock.lag_us / SECOND,
            "confirmed_by": clock.confirmed_by,
        }
        for clock in present(project)
    ]
    return pa.Table.from_pylist(rows, COLUMNS)


def present(project: Project) -> list[HostClock]:
    """The clocks of machines that are still there."""
    noted = host_clocks(project.store)
    newest = max((clock.trusted_us for clock in noted), default=0)
    return [clock for clock in noted if clock.trusted_us >= newest - STALE_US]


def concerns(project: Project, *, now: dt.datetime) -> list[Notice]:
    """A line for each machine whose clock was stepped and is not confirmed.

    Args:
        project: whose.
        now: the present on the site's clock.
    """
    clocks = present(project)
    return [_notice(clock, now, names=len(clocks) > 1) for clock in clocks if clock.is_stepped]


def sentences(project: Project, *, now: dt.datetime) -> list[Said]:
    """For the page: a sentence for each machine whose clock was stepped and is not confirmed.

    Args:
        project: whose.
        now: the present on the site's clock.
    """
    return [
        say("{}, and until that is confirmed no day is closed and nothing is removed.", said.sentence_case(each.phrase))
        for each in concerns(project, now=now)
    ]


def sentence(clock: HostClock, zone: str) -> str:
    """What is held back by a clock that was stepped, since when, and what confirms it; for a log and a terminal."""
    far, steady = _off(clock), wording.duration(clock.steady_us / SECOND)
    return (
        f"the clock of {clock.host} was stepped: it is {far} what was expected, and was last believed at "
        f"{_moment(clock.trusted_us, zone)}; no day is closed, nothing is removed and no key destroyed until it is "
        f"confirmed, {_ways(steady)}"
    ).replace(wording.NBSP, " ")


def news(look: Look, zone: str) -> str:
    """What is new of a clock: that it was stepped, or is believed again; empty where nothing is."""
    before, clock = look
    if not look.is_news:
        return ""
    if clock.is_stepped:
        return f"clock: {sentence(clock, zone)}"
    since = _moment((before or clock).trusted_us, zone)
    return f"clock: believed again, {_BECAUSE[clock.confirmed_by]}; what waited since {since} goes on"


def _notice(clock: HostClock, now: dt.datetime, *, names: bool) -> Notice:
    since = dt.datetime.fromtimestamp(clock.trusted_us / 1e6, now.tzinfo)
    far = claimed(_claim(clock, "stepped_s", clock.stepped_us / SECOND, now), _off(clock))
    whose = f"of {clock.host} " if names else "of this machine "
    steady = said.duration(_claim(clock, "steady_s", clock.steady_us / SECOND, now))
    when = claimed(_claim(clock, "trusted_at", since, now), f"last believed {wording.short_moment(since)}")
    concern = Concern(
        "alarm",
        say("Clock {}is {} what was expected", whose, far),
        say("no day is closed, nothing removed, no key destroyed until it is confirmed: {}", _ways(steady)),
        when,
        "a clock that was set, or a machine that was off",
        "health",
    )
    return Notice(concern, say("the clock {}is !!{}!! what was expected", whose, far), since)


def _ways(steady: str) -> Said:
    return say(
        "by a day of running without another step ({} so far), by a record that bears the same time and whose sender "
        'proves itself by a secret ({}), or by "{}"',
        steady, CONFIRMING, RIGHT,
    )  # fmt: skip


def _claim(clock: HostClock, column: str, value: object, now: dt.datetime) -> Claim:
    subject = Subject("project", clock.host, clock.host)
    return claims.now(subject, column, value, now, call="health.host_clock", column=column, where={"host": clock.host})


def _off(clock: HostClock) -> str:
    length = wording.duration(abs(clock.stepped_us) / SECOND)
    return f"{length} {'ahead of' if clock.stepped_us > 0 else 'behind'}"


def _moment(at_us: int, zone: str) -> str:
    return f"{local_time(at_us, zone):%Y-%m-%d %H:%M}"
