"""Planted faults: for each kind of untrue sentence a deliberately wrong version of one function, and who must notice.

A fault is planted by replacing what a dotted name stands for; a name that is gone fails its test, so that a fault is
planted anew where its function went. Kinds that no page can show (what a socket, a serial line or a broken capture file
does) are kept by tests of their own: tests/collectors (message ids, modem lines, what idle means) and tests/capture.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from typing import Any, NamedTuple

from pytest import MonkeyPatch  # noqa: PT013 - the type alone


class Fault(NamedTuple):
    """What is done wrong, in which world that shows, and how it is planted."""

    name: str
    world: str
    plant: Callable[[MonkeyPatch], None]


def put(target: str, value: Any) -> Callable[[MonkeyPatch], None]:
    """Let `module:name` (or `module:Class.name`) be something else."""

    def plant(patch: MonkeyPatch) -> None:
        holder, name = _held(target)
        assert hasattr(holder, name), f"{target} is gone: plant the fault where it went"
        patch.setattr(holder, name, value)

    return plant


def wrap(target: str, wrong: Callable[..., Any]) -> Callable[[MonkeyPatch], None]:
    """Let `wrong(right, *arguments)` answer for `module:name`."""

    def plant(patch: MonkeyPatch) -> None:
        holder, name = _held(target)
        right = getattr(holder, name)
        patch.setattr(holder, name, lambda *arguments, **named: wrong(right, *arguments, **named))

    return plant


def swap(target: str, right: str, wrong: str) -> Callable[[MonkeyPatch], None]:
    """Let a part of a text of SQL say something else."""

    def plant(patch: MonkeyPatch) -> None:
        holder, name = _held(target)
        text = getattr(holder, name)
        assert right in text, f"{target} no longer says {right!r}: plant the fault anew"
        patch.setattr(holder, name, text.replace(right, wrong))

    return plant


def _held(target: str) -> tuple[Any, str]:
    module, _, path = target.partition(":")
    holder: Any = import_module(module)
    *parts, name = path.split(".")
    for part in parts:
        holder = getattr(holder, part)
    return holder, name


def _same(text: str) -> str:
    return text


def _nobody(*_: Any, **__: Any) -> list[str]:
    return []


def _always(*_: Any, **__: Any) -> bool:
    return True


def _without_rejects(right: Callable[..., Iterator[Any]], *arguments: Any) -> Iterator[Any]:
    from telltale.contract import Reject

    return (item for item in right(*arguments) if not isinstance(item, Reject))


def _only_with_rows(right: Callable[..., Any], raw: Any, site: str, nodes: Any, kept: Any) -> Any:
    return right(raw, site, nodes, kept) if kept else iter(())


def _unclipped(right: Callable[..., Any], engine: Any, sightings: Any, rules: Any, _key_starts: Any) -> Any:
    return right(engine, sightings, rules, ())


def _none_hidden(_right: Callable[..., Any], counts: Any, *_: Any, **__: Any) -> list[bool]:
    return [False] * len(counts)


def _by_one_median(source: Any, now_us: int) -> bool:
    """Silent after ten minutes, or twenty times the pause between two records, whoever sent them."""
    return bool(source.age_s(now_us) > 600)


def _newest_wins(patch: MonkeyPatch) -> None:
    from telltale.tables import TABLES

    for name, table in TABLES.items():
        patch.setitem(TABLES, name, replace(table, prefer=()))


def _goes_on(patch: MonkeyPatch) -> None:
    """Without an end it runs on: here for some days, where it once went to the year 3111."""
    patch.setattr(import_module("telltale.workbench.project"), "FOREVER", 1_798_000_000_000_000)
    patch.setattr(import_module("telltale.workbench.reading"), "min", lambda first, _second: first, raising=False)


def _as_told(_right: Callable[..., Any], told: Any, _received_at: int) -> Any:
    return told


def _from_few(_right: Callable[..., Any], counts: Any, *_: Any, **__: Any) -> Any:
    from telltale.kanban.analysis.limits import Usual

    return Usual(0.0, 0.0, tuple(range(len(counts) - 3)))


def _inverted(right: Callable[..., Any], channel: Any) -> Any:
    return [point._replace(is_active=not point.is_active) for point in right(channel)]


FAULTS = (
    Fault(
        "working seconds told as time by the calendar",
        "dead_button_over_a_holiday",
        put("telltale.kanban.words.working_time:WorkingTime.is_alike", property(_always)),
    ),
    Fault(
        "limits of any quantity",
        "three_quantities",
        swap("telltale.sensors.analysis.steps:LIMITS", "case when m.quantity = p.quantity then", "case when true then"),
    ),
    Fault("ids as they are written", "ids_in_every_spelling", put("telltale.identity:device_id", _same)),
    Fault(
        "liveness by a device's own clock",
        "clock_three_days_ahead",
        swap("telltale.health.analysis.signals:HEARD", "then first_us else own_us", "then own_us else own_us"),
    ),
    Fault(
        "only a report with rows is life",
        "nobody_heard",
        wrap("telltale.sources.meraki.decode:_heartbeats", _only_with_rows),
    ),
    Fault(
        "copies are messages",
        "three_stations_a_message",
        swap("telltale.analysis.messages:STEPS", "then copy_s when", "then 0 when"),
    ),
    Fault(
        "of equal keys the newest row wins",
        "replayed_in_parts",
        _newest_wins,
    ),
    Fault(
        "a record without rows says nothing",
        "not_decoded",
        wrap("telltale.sources.sigfox.decode:_message", _without_rejects),
    ),
    Fault(
        "DHCP of a listed button is not told of", "dhcp_only_button", put("telltale.kanban.answers:only_dhcp", _nobody)
    ),
    Fault(
        "a row reaches over the change of keys",
        "stay_over_the_key_cut",
        wrap("telltale.presence.analysis.visits:usable", _unclipped),
    ),
    Fault(
        "an imported stretch grows with the clock",
        "afk_into_the_future",
        wrap("telltale.sources.pc_idle.activitywatch:_measured", _as_told),
    ),
    Fault("the other of two states", "door_open", wrap("telltale.sources.efento.readings:points", _inverted)),
    Fault(
        "one reading keeps limits for a day",
        "one_reading",
        put("telltale.sensors.words.kept:Sensor.is_known", property(_always)),
    ),
    Fault(
        "unknown minutes are within",
        "half_a_day_lost",
        put("telltale.sensors.words.kept:Sensor.is_whole", property(_always)),
    ),
    Fault("no cell is too small to be told", "few_visitors", wrap("telltale.analysis.publish:hidden", _none_hidden)),
    Fault(
        "one median over all devices",
        "together_every_half_hour",
        put("telltale.health.deliveries:Delivered.is_silent", _by_one_median),
    ),
    Fault("old is told as now", "collector_dead", put("telltale.sensors.words.tiles:_is_present", _always)),
    Fault("limits from one pull", "one_pull_in_four_weeks", wrap("telltale.kanban.analysis.limits:usual", _from_few)),
    Fault("a derived table goes on after now", "purged_days", _goes_on),
    Fault(
        "only who was heard is counted",
        "listed_and_never_heard",
        put("telltale.health.question:Signals.known", lambda _self, _seen: []),
    ),
)
"""By kind, in the order of what was seen."""
