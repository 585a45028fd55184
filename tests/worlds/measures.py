"""The figures of the oracle as `tt` tells them: the calls a user makes, nothing of their insides."""

import datetime as dt
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from telltale.workbench import Project

Asked = Callable[..., Any]
MEASURES: dict[str, tuple[Asked, float]] = {}
"""How each is asked, and how far it may be from the oracle's."""


def measure(tolerance: float = 0.0, *names: str) -> Callable[[Asked], Asked]:
    """Note how a figure is asked for."""

    def noted(asked: Asked) -> Asked:
        for name in names or (asked.__name__,):
            MEASURES[name] = (asked, tolerance)
        return asked

    return noted


def agrees(name: str, said: Any, true: Any) -> bool:
    """Whether what is said is what is true, as sharply as the figure can be known."""
    if isinstance(true, str) or true is None or said is None:
        return bool(said == true)
    lowest, highest = true if isinstance(true, tuple) else (true, true)
    slack = MEASURES[name][1] + 1e-6 * abs(highest)
    return bool(lowest - slack <= said <= highest + slack)


# health ---------------------------------------------------------------------------------------------------------------
@measure(90)
def newest(project: "Project", *, device: str = "", source: str = "") -> Any:
    row = _life(project, device, source)
    return None if row is None else _moment(row["last_seen"])


@measure(90)
def silent_s(project: "Project", *, device: str = "", source: str = "") -> Any:
    row = _life(project, device, source)
    return None if row is None else _value(row["silent_s"])


@measure()
def state(project: "Project", *, device: str) -> Any:
    row = _life(project, device)
    return "unheard" if row is None else row["state"]


@measure()
def reports(project: "Project", *, device: str, hours: float = 24) -> Any:
    row = _row(_health(project, device, f"{hours:g}h"), device_id=device)
    return 0 if row is None else _value(row["reports"])


@measure(2)
def interval_s(project: "Project", *, device: str) -> Any:
    row = _life(project, device)
    return None if row is None else _value(row["interval_s"])


@measure(90)
def longest_pause_s(project: "Project", *, device: str, hours: float = 24) -> Any:
    row = _row(_health(project, device, f"{hours:g}h"), device_id=device)
    return None if row is None else _value(row["longest_gap_s"])


@measure()
def numbers_left_out(project: "Project", *, device: str) -> Any:
    row = _row(_health(project, device, "24h"), device_id=device)
    return None if row is None else _value(row["missing"])


@measure(0.005)
def share_left_out(project: "Project", *, device: str) -> Any:
    row = _row(_health(project, device, "24h"), device_id=device)
    return None if row is None else _value(row["missing_share"])


@measure(5)
def clock_offset_s(project: "Project", *, device: str) -> Any:
    row = _life(project, device)
    return None if row is None else _value(row["clock_offset_s"])


@measure()
def records(project: "Project", *, source: str, days: int = 1) -> Any:
    import telltale as tt

    rows = tt.health.arrived(since=f"{days}d", source=source, project=project)
    return int(rows["records"].sum()) if len(rows) else 0


@measure()
def devices_known(project: "Project", *, source: str) -> Any:
    return _of_source(project, source, "devices")


@measure()
def devices_heard(project: "Project", *, source: str, hours: float = 24) -> Any:
    return _of_source(project, source, "heard", f"{hours:g}h")


@measure()
def devices_on_time(project: "Project", *, source: str) -> Any:
    return _of_source(project, source, "on_time")


# sensors --------------------------------------------------------------------------------------------------------------
def _stat(column: str) -> Asked:
    def asked(project: "Project", *, device: str, quantity: str, hours: float = 24) -> Any:
        rows = _stats(project, f"{hours:g}h", device, quantity)
        return (0 if column == "readings" else None) if rows.empty else _value(rows.iloc[0][column])

    return asked


measure(0, "readings")(_stat("readings"))
measure(0.001, "lowest")(_stat("value_min"))
measure(0.001, "highest")(_stat("value_max"))
measure(0.001, "mean")(_stat("value_mean"))
measure(0.001, "newest_value")(_stat("value_last"))


def _limit(side: str) -> Asked:
    def asked(project: "Project", *, device: str, quantity: str) -> Any:
        rows = _stats(project, "14d", device, quantity)
        return None if rows.empty else _value(rows.iloc[0][side])

    return asked


measure(0, "low")(_limit("low"))
measure(0, "high")(_limit("high"))


@measure(1)
def outside_s(project: "Project", *, device: str, quantity: str, hours: float = 24) -> Any:
    import telltale as tt

    rows = tt.sensors.excursions(since=f"{hours:g}h", device=device, quantity=quantity, project=project)
    return float(rows["outside_s"].sum())


@measure()
def excursions(project: "Project", *, device: str, quantity: str, hours: float = 24) -> Any:
    import telltale as tt

    return len(tt.sensors.excursions(since=f"{hours:g}h", device=device, quantity=quantity, project=project))


@measure(0.03)
def share_received(project: "Project", *, device: str, days: int = 1) -> Any:
    import telltale as tt

    rows = tt.sensors.completeness(since=f"{days}d", device=device, project=project)
    return None if rows.empty else _value(rows.iloc[0]["share"])


@measure(0.001)
def consumed(project: "Project", *, device: str, quantity: str, days: int = 1) -> Any:
    import telltale as tt

    rows = tt.sensors.consumption(since=f"{days}d", by="stretch", device=device, quantity=quantity, project=project)
    return None if rows.empty else _value(rows.iloc[0]["consumed"])


@measure(60)
def active_time_s(project: "Project", *, device: str, hours: float = 24) -> Any:
    import telltale as tt

    rows = tt.sensors.episodes(since=f"{hours:g}h", device=device, project=project)
    return float(rows["lasted_s"].sum())


# kanban ---------------------------------------------------------------------------------------------------------------
@measure()
def presses(project: "Project", *, item: str, days: int) -> Any:
    import telltale as tt

    return len(tt.kanban.presses(since=f"{days}d", item=item, project=project))


@measure()
def pulls(project: "Project", *, item: str, days: int) -> Any:
    return _of_item(project, item, days, "pulls")


@measure(1)
def observed_s(project: "Project", *, item: str, days: int) -> Any:
    return _of_item(project, item, days, "observed_s")


@measure(0.001)
def rate_per_day(project: "Project", *, item: str, days: int) -> Any:
    return _of_item(project, item, days, "rate_per_day")


@measure()
def open_pulls(project: "Project", *, item: str, days: int) -> Any:
    return _of_item(project, item, days, "open_pulls")


@measure(60)
def unpressed_s(project: "Project", *, item: str) -> Any:
    return _of_item(project, item, 365, "silent_s")


@measure(1)
def last_press(project: "Project", *, item: str) -> Any:
    return _moment(_item(project, item, 365)["last_press_at"])


@measure(2)
def lead_median_s(project: "Project", *, item: str, days: int, working: bool = True) -> Any:
    return _lead(project, item, days, "median_s") if working else _calendar_lead(project, item, days).median()


@measure(2)
def lead_mean_s(project: "Project", *, item: str, days: int, working: bool = True) -> Any:
    return _lead(project, item, days, "mean_s") if working else _calendar_lead(project, item, days).mean()


# activity -------------------------------------------------------------------------------------------------------------
@measure(120)
def active_s(project: "Project", *, pc: str, days: int = 1) -> Any:
    return _of_pc(project, pc, days, "active_s")


@measure(60)
def known_s(project: "Project", *, pc: str, days: int = 1) -> Any:
    return _of_pc(project, pc, days, "active_s") + _of_pc(project, pc, days, "away_s")


@measure(60)
def unknown_s(project: "Project", *, pc: str, days: int = 1) -> Any:
    return _of_pc(project, pc, days, "unknown_s")


@measure(60)
def last_active(project: "Project", *, pc: str) -> Any:
    import telltale as tt

    rows = tt.activity.totals(since="14d", by="stretch", device=f"pc:{pc}", project=project)
    return _moment(rows.iloc[0]["last_active_at"])


@measure()
def pcs(project: "Project") -> Any:
    import telltale as tt

    return len(tt.activity.listed(project=project))


@measure(60)
def told_active_s(project: "Project", *, pc: str) -> Any:
    return _of_pc(project, pc, 1, "active_s")


@measure(60)
def told_known_s(project: "Project", *, pc: str) -> Any:
    return _of_pc(project, pc, 1, "active_s") + _of_pc(project, pc, 1, "away_s")


@measure()
def team_people(project: "Project", *, days: int = 1) -> Any:
    import telltale as tt

    return _value(tt.activity.team(since=f"{days}d", by="day", project=project).iloc[-1]["people"])


@measure(120)
def team_mean_s(project: "Project", *, days: int = 1) -> Any:
    import telltale as tt

    return _value(tt.activity.team(since=f"{days}d", by="day", project=project).iloc[-1]["active_s"])


# presence -------------------------------------------------------------------------------------------------------------
@measure()
def visits(project: "Project", *, days: int = 1, site: str = "71234") -> Any:
    return len(_visits(project, days, site))


@measure()
def newest_day(project: "Project") -> Any:
    import telltale as tt

    days = tt.load("presence_day", since="7d", project=project)["day"]
    return days.max().tz_convert(project.zone()).date().isoformat()


@measure()
def visitors(project: "Project", *, days: int = 1, site: str = "71234") -> Any:
    import telltale as tt

    rows = tt.presence.figures(since=f"{days}d", site=site, project=project)
    return int(rows.loc[rows["address_kind"] == "all", "visitors"].sum())


@measure(1)
def median_dwell_s(project: "Project", *, days: int = 1, site: str = "71234") -> Any:
    return float(_visits(project, days, site)["dwell_s"].median())


@measure(1)
def longest_dwell_s(project: "Project", *, days: int = 1, site: str = "71234") -> Any:
    return float(_visits(project, days, site)["dwell_s"].max())


@measure()
def peak(project: "Project", *, days: int = 1, site: str = "71234") -> Any:
    import telltale as tt

    rows = tt.presence.occupancy(since=f"{days}d", site=site, project=project)
    return int(rows.loc[rows["address_kind"] == "all", "peak"].max())


@measure()
def sightings(project: "Project", *, hours: float = 24) -> Any:
    import telltale as tt

    return tt.presence.count_sightings(since=f"{hours:g}h", project=project)


@measure()
def strongest_dbm(project: "Project", *, address: str) -> Any:
    import telltale as tt

    return int(tt.presence.sightings(limit=10_000, station=address, project=project)["rssi_max_dbm"].max())


@measure()
def nodes_known(project: "Project", *, site: str = "71234") -> Any:
    rows = _devices(project, "24h", None)
    # A node that never reported is of no site yet.
    never = (rows["state"] == "unheard") & rows["source"].isin(["cloudtrax", "meraki"])
    return int(((rows["site"] == site) | never).sum())


@measure()
def nodes_reporting(project: "Project", *, site: str = "71234", minutes: float = 60) -> Any:
    rows = _devices(project, "24h", None)
    return int(((rows["site"] == site) & (rows["silent_s"] <= minutes * 60)).sum())


# ----------------------------------------------------------------------------------------------------------------------
def _health(project: "Project", device: str, since: str) -> "pd.DataFrame":
    return _devices(project, since, "pc_idle" if device.startswith("pc:") else None)


@lru_cache(maxsize=8)  # the figures of a project ask for the same rows one after the other
def _devices(project: "Project", since: str, source: str | None) -> "pd.DataFrame":
    import telltale as tt

    return tt.health.devices(since=since, source=source, project=project)


@lru_cache(maxsize=8)
def _sources(project: "Project", since: str) -> "pd.DataFrame":
    import telltale as tt

    return tt.health.sources_heard(since=since, project=project)


@lru_cache(maxsize=8)
def _stats(project: "Project", since: str, device: str, quantity: str) -> "pd.DataFrame":
    import telltale as tt

    return tt.sensors.stats(since=since, device=device, quantity=quantity, project=project)


@lru_cache(maxsize=8)
def _items(project: "Project", since: str, item: str) -> "pd.DataFrame":
    import telltale as tt

    return tt.kanban.items(since=since, item=item, project=project)


def _life(project: "Project", device: str, source: str = "") -> Any:
    if device:
        return _row(_health(project, device, "24h"), device_id=device)
    return _row(_sources(project, "24h"), source=source)


def _of_source(project: "Project", source: str, column: str, since: str = "24h") -> Any:
    row = _row(_sources(project, since), source=source)
    return 0 if row is None else _value(row[column])


def _item(project: "Project", item: str, days: int) -> Any:
    return _row(_items(project, f"{days}d", item), item=item)


def _of_item(project: "Project", item: str, days: int, column: str) -> Any:
    return _value(_item(project, item, days)[column])


def _lead(project: "Project", item: str, days: int, column: str) -> Any:
    import telltale as tt

    return _value(_row(tt.kanban.lead_time_summary(since=f"{days}d", item=item, project=project), item=item)[column])


def _calendar_lead(project: "Project", item: str, days: int) -> Any:
    import telltale as tt

    rows = tt.kanban.lead_times(since=f"{days}d", item=item, project=project)
    closed = rows[rows["acknowledged_at"].notna() & rows["pulled_at"].notna()]
    return (closed["acknowledged_at"] - closed["pulled_at"]).dt.total_seconds()


def _of_pc(project: "Project", pc: str, days: int, column: str) -> Any:
    import telltale as tt

    rows = tt.activity.totals(since=f"{days}d", by="stretch", device=f"pc:{pc}", project=project)
    return float(rows[column].sum())


def _visits(project: "Project", days: int, site: str) -> "pd.DataFrame":
    import telltale as tt

    return tt.presence.visits(since=f"{days}d", site=site, classes=("visitor", "engaged"), project=project)


def _row(rows: "pd.DataFrame", **wanted: str) -> Any:
    for name, value in wanted.items():
        rows = rows[rows[name] == value]
    return None if rows.empty else rows.iloc[0]


def _value(value: Any) -> Any:
    import pandas as pd

    return None if pd.isna(value) else float(value)


def _moment(value: Any) -> Any:
    import pandas as pd

    return value.timestamp() if isinstance(value, dt.datetime) and not pd.isna(value) else None
