"""Alerts as records come: what is new is judged, written and told; nothing is done where nothing is new."""

import datetime as dt
import threading
from collections.abc import Callable, Hashable, Mapping
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from telltale.lake import snapshot
from telltale.publish.alerts import ledger, outgoing
from telltale.publish.alerts.episodes import Episode
from telltale.publish.alerts.kinds import KINDS, Kind
from telltale.publish.alerts.kinds.devices import records_of
from telltale.publish.alerts.ledger import Mark
from telltale.publish.alerts.outgoing import Alert
from telltale.publish.alerts.subjects import Subjects
from telltale.publish.alerts.watch import Watch
from telltale.publish.clock import believed_us
from telltale.publish.going_on import again, why
from telltale.settings import DEVICES_FILE
from telltale.settings.publish import AlertSettings
from telltale.tables import TABLES
from telltale.workbench.project import Project
from telltale.workbench.times import DAY, SECOND, Span, local_day, midnight
from telltale.workbench.view import View, whole

LOOK_S = 1.0
AGAIN_S = 10.0
STEPPED_S = 60.0
"""How often is looked while our clock is not believed."""
FIRST_DAYS = 7
"""How far back the first look at an alert goes: what began before is told as if it began then."""
FOREVER_US = 1 << 60
LATEST_DAYS = 400
"""What comes later than so long after its own time is judged no more."""
SLACK_US = 3_600 * SECOND
"""A record may become visible a little later than one that was received after it."""
Say = Callable[[str], None]


def begin(project: Project, since_us: int) -> None:
    """Let the alerts that were never looked at begin at a moment that is past: what was known since then is told.

    For a project whose records are older than its alerts, such as an invented one.
    """
    with project.store.writer() as connection:
        for name, settings in project.settings.alerts.items():
            if ledger.mark_of(connection, name) is None:
                ledger.put_mark(connection, name, Mark(ledger.rule_of(settings), since_us, since_us - FIRST_DAYS * DAY))


class _State(NamedTuple):
    """What an alert's episodes depend on; equal as long as no row of its tables came or was removed."""

    files: tuple[str, ...]
    hot: tuple[Hashable, ...]
    lists: tuple[int, ...]


class _Seen(NamedTuple):
    """What an alert was looked at for the last time."""

    state: _State
    due_us: int
    lasting: frozenset[str]
    """Of whom an episode lasts, which a new row of theirs may end."""
    at_us: int

    def is_news(self, state: _State, kind: Kind, view: View) -> bool:
        """Whether there is something to judge."""
        if state.lists != self.state.lists:
            return True
        if kind.begins_with_rows or state == self.state:
            return state != self.state
        return any(self._came(view, name) for name in kind.tables)

    def _came(self, view: View, name: str) -> bool:
        """Whether a row of a table came since of whom an episode lasts."""
        rows = view.hot.get(name)
        if rows is None or not self.lasting:
            return False
        device = "node_id" if "node_id" in rows.column_names else "device_id"
        new = rows.filter(pc.greater(rows["received_at"].cast(pa.int64()), self.at_us))
        return device in rows.column_names and not self.lasting.isdisjoint(new[device].to_pylist())


class Looked(NamedTuple):
    """What a look at an alert did."""

    messages: int
    """New ones in the outbox."""
    due_us: int
    """When it is to be looked at again without anything new."""
    lasting: frozenset[str]
    """Of whom an episode lasts."""


class Alerts:
    """The alerts of a project while one process keeps an eye on them.

    Args:
        project: whose; its clock says when something is due.
        say: told of each episode and of each alert that cannot be judged.
    """

    def __init__(self, project: Project, say: Say = lambda _line: None) -> None:
        self._project, self._say = project, say
        self._change: int | None = None
        self._seen: dict[str, _Seen] = {}
        self._complaints: dict[str, str] = {}

    def look(self) -> int:
        """Judge what is new, and tell it.

        Returns:
            how many messages are new in the outbox.

        Raises:
            StoreError: the store is away.
        """
        alerts = self._project.settings.alerts
        now_us = self._project.now_us()
        change = snapshot.change(self._project.store)
        is_due = any(name not in self._seen or self._seen[name].due_us <= now_us for name in alerts)
        if change == self._change and not is_due and not self._lists_changed():
            return 0
        made = whole(self._project, lambda: self._look_at(alerts))
        self._change = change
        return made

    def _look_at(self, alerts: Mapping[str, AlertSettings]) -> int:
        view = self._project.view()
        view.pin()  # what one alert fails of is its own fault, then, or that of a purge
        made = 0
        if not self._seen:
            with self._project.store.writer() as connection:
                ledger.end_removed(connection, alerts, now_us=view.now_us)
        for name, settings in alerts.items():
            try:
                messages = self._one(view, name, settings)
                made += messages or 0
                if messages is not None and self._complaints.pop(name, ""):
                    self._say(f'alert "{name}" is judged again')
            except Exception as error:  # whatever it is, the other alerts are judged
                if view.lost_files():
                    raise
                self._failed(name, error, view.now_us)
        return made

    def _failed(self, name: str, error: Exception, now_us: int) -> None:
        """Say once why an alert cannot be judged; it is tried again soon, and whenever something comes."""
        self._seen[name] = _Seen(_State((), (), ()), now_us + round(AGAIN_S * SECOND), frozenset(), now_us)
        told = why(error)
        if self._complaints.get(name) != told:
            self._complaints[name] = told
            self._say(f'alert "{name}" cannot be judged: {told}')

    def _one(self, view: View, name: str, settings: AlertSettings) -> int | None:
        """How many messages an alert made; None where there was nothing to judge."""
        kind, seen = KINDS[settings.on], self._seen.get(name)
        state = _state(view, kind)
        if seen is not None and view.now_us < seen.due_us and not seen.is_news(state, kind, view):
            return None
        horizon_us = believed_us(self._project, view.now_us)
        looked = look_at(self._project, view, name, settings, horizon_us=horizon_us, say=self._say)
        # While a clock is not believed, time stands still for the alerts.
        soon_us = view.now_us + (LOOK_S if horizon_us == view.now_us else STEPPED_S) * SECOND
        self._seen[name] = _Seen(state, max(looked.due_us, round(soon_us)), looked.lasting, horizon_us)
        return looked.messages

    def _lists_changed(self) -> bool:
        lists = _lists(self._project)
        return any(seen.state.lists != lists for seen in self._seen.values())


def look_at(
    project: Project, view: View, name: str, settings: AlertSettings, *, horizon_us: int, say: Say = lambda _line: None
) -> Looked:
    """Judge one alert and write what is new, with its messages, in one transaction.

    Args:
        project: whose.
        view: the snapshot.
        name: of the alert.
        settings: its section.
        horizon_us: the last moment of our clock that is believed; nothing later is judged.
        say: told of each episode.
    """
    kind, zone, subjects = KINDS[settings.on], project.zone(), Subjects(project.settings, view)
    rule = ledger.rule_of(settings)
    with project.store.reader() as connection:
        mark = ledger.mark_of(connection, name)
        before = ledger.rows_of(connection, name, FOREVER_US)
    is_new = mark is None or mark.rule != rule
    since = Mark(rule, horizon_us, horizon_us - FIRST_DAYS * DAY) if mark is None or is_new else mark
    known = () if is_new else tuple(ledger.as_episode(row) for row in before if row["recovered_at"] is None)
    watch = Watch(view, settings, stretch(view, kind, since, horizon_us), known)
    found = [one for one in kind.episodes(watch) if one.known_us <= horizon_us and _is_to_tell(one, since)]
    first_us = min([watch.span.since_us, *(one.begins_us for one in found)])
    with project.store.reader() as connection:
        rows = ledger.rows_of(connection, name, first_us)
    found = [one if _is_written(rows, one) else records_of(watch, one) for one in found]
    alert = Alert(name, settings, subjects, zone, since.started_us)
    with project.store.writer() as connection:
        rows = ledger.rows_of(connection, name, first_us)
        changed = ledger.enter(connection, name, found, rows, ended_us=horizon_us if is_new else None)
        made = outgoing.tell(connection, alert, rows, now_us=horizon_us)
        ledger.put_mark(connection, name, since._replace(looked_us=max(since.looked_us, horizon_us)))
    for line in [*changed.known, *changed.over]:
        say(f"{name}: {line}")
    lasting = frozenset(row["subject"] for row in rows if row["recovered_at"] is None)
    later_us = outgoing.due_us(rows, alert) or FOREVER_US
    return Looked(made, min(_next_us(kind, horizon_us, zone), later_us), lasting)


def _is_written(rows: list[dict[str, Any]], one: Episode) -> bool:
    """Whether the ledger has it as it is."""
    row = ledger.row_of(rows, one)
    return row is not None and (row["recovered_at"] is None) == (one.recovered_us is None)


def _state(view: View, kind: Kind) -> _State:
    files = tuple(file.path for name in kind.tables for file in view.snapshot.of(name))
    hot = tuple(
        (name, tuple(dict.fromkeys(view.hot[name]["raw_id"].to_pylist()))) for name in kind.tables if name in view.hot
    )
    return _State(files, hot, _lists(view.project))


def stretch(view: View, kind: Kind, mark: Mark, horizon_us: int) -> Span:
    """From when to when the rows are read: a few days, or as far back as what came since the look before tells of."""
    since_us = min(horizon_us - round(kind.days * DAY), mark.looked_us - SLACK_US)
    came_us, latest_us = mark.looked_us - SLACK_US, horizon_us - LATEST_DAYS * DAY
    for name in kind.tables if kind.by_own_time else ():
        times = [file.min_time for file in view.snapshot.of(name) if file.created_at >= came_us]
        if (hot := view.hot.get(name)) is not None:
            new = pc.greater_equal(hot["received_at"].cast(pa.int64()), came_us)
            times += hot.filter(new)[TABLES[name].time].cast(pa.int64()).to_pylist()
        since_us = min([since_us, *(max(time_us, latest_us) - SLACK_US for time_us in times)])
    return Span(since_us, horizon_us + 1)


def keep(project: Project, stop: threading.Event, say: Say) -> None:
    """Look whenever something was stored or a moment has come, until `stop` is set; the store may be away meanwhile."""
    alerts = Alerts(project, say)

    def each() -> None:
        alerts.look()

    again(each, stop, say, every_s=LOOK_S)


def _is_to_tell(one: Episode, mark: Mark) -> bool:
    """What was over before the alert was first looked at is none of its."""
    return one.recovered_us is None or one.recovered_us >= mark.started_us


def _next_us(kind: Kind, horizon_us: int, zone: str) -> int:
    """When time alone may have changed something."""
    if not kind.every_s:
        return FOREVER_US
    day = local_day(horizon_us, zone) + dt.timedelta(days=1)
    return min(horizon_us + round(kind.every_s * SECOND), midnight(day, zone) + SECOND)


def _lists(project: Project) -> tuple[int, ...]:
    """When the lists were last changed: limits and names are judged by."""
    paths = (project.settings.root / DEVICES_FILE, project.settings.root / project.settings.arp.allow_list)
    return tuple(path.stat().st_mtime_ns if path.exists() else 0 for path in paths)
