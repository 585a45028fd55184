"""What arrived of sensors that keep their readings until they are acknowledged: frames, repeats, what is complete."""

from typing import TYPE_CHECKING, Any

from telltale import wording
from telltale.frames import rows
from telltale.health.words.devices import clock_tile, health_text
from telltale.page.pieces import Sentence, Tile, Tiles
from telltale.wording import is_known

if TYPE_CHECKING:
    from telltale.workbench.periods import Period


def frames_sentence(arrived: Any, health: Any, completeness: Any, period: "Period", name: str = "") -> Sentence:
    """`**1,234 frames** of **8 devices** arrived; **99.8 %** of the readings due are here.`.

    Args:
        arrived: records (`tt.report.arrived`).
        health: each device, with its `attrs` (`tt.health`), of the same source and period.
        completeness: due and received of each device (`tt.sensors.completeness`).
        period: what `tt.period` gave.
        name: of the site.
    """
    over = f"{period.head} · {name}" if name else period.head
    records = _sum(arrived, "records")
    if not records:
        return Sentence("**Nothing arrived** in this period.", over)
    devices = sum(row["reports"] > 0 for row in rows(health, "reports"))
    silent = health_text(health.attrs["attention"], health) + " " if health.attrs["attention"] else ""
    share = _share(completeness)
    here = f"; **{_percent(share)}** of the readings due are here" if share is not None else ""
    rejects = sum(int(one["rejects"]) for one in health.attrs["rejects"])
    aside = f", **{wording.count(rejects, 'part')}** could not be decoded" if rejects else ""
    told = f"**{wording.count(records, 'frame')}** of **{wording.count(devices, 'device')}** arrived"
    return Sentence(f"{silent}{told}{here}{aside}.", over)


def frames_tiles(arrived: Any, health: Any, completeness: Any, overdue: Any) -> Tiles:
    """Frames kept, sent again, readings complete, silences past the announced moment, how late frames come.

    Args:
        arrived: see `frames_sentence`, `health` and `completeness` too.
        health: see there.
        completeness: see there.
        overdue: silences (`tt.sensors.overdue`).
    """
    by_day = [float(row["records"]) for row in rows(arrived, "records")]
    rejects = health.attrs["rejects"]
    count = sum(int(one["rejects"]) for one in rejects)
    aside = f"**{wording.number(count)}** rejected, most often {rejects[0]['reason']}" if rejects else "none rejected"
    return Tiles(
        (
            Tile("Frames kept", wording.number(sum(by_day)), "", aside, by_day[-31:], bars=True),
            Tile("Sent again", wording.number(_sum(arrived, "repeated")), "", "not acknowledged in time"),
            _complete_tile(completeness),
            _overdue_tile(overdue),
            clock_tile(health),
        )
    )


def completeness_title(completeness: Any) -> str:
    """`99.8 % of the readings due are here`."""
    share = _share(completeness)
    return "Readings received of those due" if share is None else f"{_percent(share)} of the readings due are here"


def _complete_tile(completeness: Any) -> Tile:
    share = _share(completeness)
    if share is None:
        return Tile("Readings complete", "–", "", "nothing tells how many are due")
    table = rows(completeness, "name", "due", "received")
    lost = max(table, key=lambda row: row["due"] - row["received"])
    note = f"most missing: {lost['name']}" if lost["due"] > lost["received"] else "none is missing"
    return Tile("Readings complete", wording.number(_tenths(share), 1), "%", note)


def _overdue_tile(overdue: Any) -> Tile:
    table = rows(overdue, "name", "overdue_s", "is_open")
    now = [row["name"] for row in table if row["is_open"]]
    if now:
        names = wording.joined(now[:2] + (["others"] if len(now) > 2 else []))
        return Tile("Past their moment", wording.number(len(now)), "now", f"{names} not heard", state="warning")
    longest = max((row["overdue_s"] for row in table), default=None)
    note = f"longest {wording.duration(longest)}, none now" if longest else "each device was heard when it had said"
    return Tile("Past their moment", wording.number(len(table)), "", note)


def _share(completeness: Any) -> float | None:
    due = _sum(completeness, "due")
    return _sum(completeness, "received") / due if due else None


def _percent(share: float) -> str:
    return wording.quantity(_tenths(share), "%", 1)


def _tenths(share: float) -> float:
    """Rounded down: 100 % is said of nothing that lacks a reading."""
    return int(1000 * share) / 10


def _sum(frame: Any, name: str) -> int:
    return sum(int(row[name]) for row in rows(frame, name) if is_known(row[name]))
