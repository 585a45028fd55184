"""Tables and answers as files for other programs, and who may have which.

What holds rows about people is the owner's alone: asked for by name, written for the owner only, and named in the store
with the time until which it may be kept (`telltale.publish.exported`). All else leaves as a page shows it: no cell of
presence counts fewer than k devices, no activity of fewer than k people, no raw id of a record about people.
"""

import datetime as dt
import inspect
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

import telltale
from telltale import private
from telltale.contract import ConfigError, did_you_mean
from telltale.publish import exported, sheets, subtraction
from telltale.publish.told import Told
from telltale.settings import devices
from telltale.sources import SOURCES
from telltale.tables import TABLES
from telltale.workbench import load
from telltale.workbench.project import Project
from telltale.workbench.tidy import as_arrow
from telltale.workbench.tidy import shown as as_people_see
from telltale.workbench.times import local_day, local_time

SUBJECTS = ("presence", "kanban", "activity", "sensors", "health")
OPEN_TABLES = (*("node_heartbeat", "reading", "uplink", "device_status", "device_config", "collector_heartbeat"),)
"""Tables that may leave, without the rows of PCs and of persons' devices; all others are the owner's."""
OPEN_ANSWERS: Mapping[str, tuple[str, ...]] = {
    "presence": ("node_states", "node_uptime", "sites"),
    "kanban": (
        *("capture_coverage", "capture_gaps", "capture_summary", "control", "days_covered", "items", "lead_times"),
        *("lead_time_summary", "line_flow", "presses", "pulls", "rates", "risks", "trends", "weeks"),
    ),
    "activity": ("team",),
    "sensors": (
        *("completeness", "consumption", "coverage", "days_outside", "episodes", "excursions", "gaps"),
        *("mean_kinetic_temperature", "minutes_outside", "overdue", "series", "stats", "trends"),
    ),
    "health": ("batteries", "devices", "heard", "host_clock", "last_day", "missing", "silences", "sources_heard"),
}
"""Answers that tell of nobody; so do those of presence that take `published`, which withholds cells under k."""
OF_PEOPLE = frozenset({source.name for source in SOURCES if source.personal} | {"pc_idle"})
"""Sources whose records are about people."""


class Export(NamedTuple):
    """What is written."""

    what: str
    table: pa.Table
    about: Mapping[str, str]
    is_personal: bool
    zone: str
    told: Told | None = None
    """What it shows of presence, to be noted with its file."""


def asked(
    what: str,
    *,
    since: str | None = None,
    until: str | None = None,
    values: Mapping[str, str] | None = None,
    is_owner: bool = False,
    project: Project,
) -> Export:
    """A table of `tt.sql`, or the answer of a call such as `sensors.excursions`.

    Args:
        what: its name.
        since: beginning of the stretch; None is all of a table, and what an answer takes by itself. Figures of presence
            are of whole local days: of the one it leads to, and of the one `until` ends in.
        until: its end, exclusive.
        values: further arguments of the call, as texts.
        is_owner: rows about people are asked for.
        project: whose.

    Raises:
        ConfigError: there is no such table, answer or argument, or it holds rows about people.
        TellsOfFew: less what is published of the same days it would tell of fewer than k devices.
    """
    subject, _, name = what.partition(".")
    said = None
    if name:
        call = _answer(subject, name)
        arguments = _arguments(what, call, {"since": since, "until": until} | dict(values or {}))
        if not is_owner and "published" in inspect.signature(call).parameters:
            arguments = _whole_days(arguments, project)
            usual = {"since": inspect.signature(call).parameters["since"].default}
            said = subtraction.check_export(project, what, _whole_days(usual | arguments, project))
        table, is_personal = _answered(what, call, arguments, is_owner=is_owner, project=project)
    elif values:
        raise ConfigError(f"a table takes no arguments: {', '.join(values)}; expected an answer, such as {EXAMPLE}")
    else:
        arguments = {name: text for name, text in (("since", since), ("until", until)) if text}
        table, is_personal = _table(what, arguments, is_owner=is_owner, project=project)
    zone = _zone(arguments, project)
    about = _about(what, arguments, table, is_personal=is_personal, zone=zone, project=project)
    return Export(what, as_people_see(table), about, is_personal, zone, said)


EXAMPLE = "sensors.excursions"


def known(*, is_owner: bool = False) -> list[str]:
    """What can be exported, tables first.

    Args:
        is_owner: what holds rows about people too.
    """
    answers = [
        f"{subject}.{name}"
        for subject in SUBJECTS
        for name, call in _answers(subject).items()
        if is_owner or _is_open(f"{subject}.{name}", call)
    ]
    return [*(sorted(TABLES) if is_owner else OPEN_TABLES), *answers]


def write(
    export: Export, path: Path, form: str, *, keep: dt.timedelta | None = None, project: Project, now_us: int
) -> exported.Exported | None:
    """Write a file; it appears whole.

    Args:
        export: what.
        path: of the file.
        form: of `sheets.FORMATS`.
        keep: how long rows about people may be kept there; None is as long as the lake keeps visits of `[site]`.
        project: whose store names it.
        now_us: the present.

    Returns:
        what is noted of a file with rows about people; None of all others.
    """
    noted = None
    if export.is_personal:
        usual = dt.timedelta(days=project.settings.site.visit_retention_d)
        kept_us = round((usual if keep is None else keep).total_seconds() * 1e6)
        place = str(path.absolute())
        noted = exported.Exported(place, export.what, export.table.num_rows, now_us, now_us + kept_us)
    with (
        subtraction.published_by_hand(project, export.told) as about_to_appear,
        _whole(path, is_private=export.is_personal) as (file, appear),
    ):
        sheets.write(export.table, file, form, zone=export.zone, about=export.about)
        if noted is not None:
            exported.note(project.store, noted)  # before it appears: no such file is ever unknown
        about_to_appear(path)
        appear()
    return noted


@contextmanager
def _whole(path: Path, *, is_private: bool) -> Iterator[tuple[BinaryIO, Callable[[], None]]]:
    """A file beside its place, and what moves it there; gone where that is not called."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mode 600
    draft = Path(name)

    def appear() -> None:
        file.flush()
        os.fsync(file.fileno())
        if not is_private:
            with private.as_the_shell_says():
                umask = os.umask(0o077)
                os.umask(umask)
            draft.chmod(0o666 & ~umask)
        draft.replace(path)

    try:
        with os.fdopen(handle, "wb") as file:
            yield file, appear
    finally:
        draft.unlink(missing_ok=True)


def _answers(subject: str) -> dict[str, Callable[..., Any]]:
    """The calls of a subject whose answer is a table."""
    module = import_module(f"telltale.{subject}")
    found = {name: getattr(module, name) for name in module.__all__}
    return {name: call for name, call in found.items() if inspect.isfunction(call) and _gives_table(call)}


def _gives_table(call: Callable[..., Any]) -> bool:
    signature = inspect.signature(call)
    return str(signature.return_annotation).strip("'\"") == "pd.DataFrame" and "project" in signature.parameters


def _answer(subject: str, name: str) -> Callable[..., Any]:
    if subject not in SUBJECTS:
        hint = did_you_mean(subject, SUBJECTS)
        raise ConfigError(f'no subject "{subject}"; known: {", ".join(SUBJECTS)}{hint}')
    calls = _answers(subject)
    if name not in calls:
        hint = did_you_mean(name, calls)
        raise ConfigError(f'no answer "{subject}.{name}"; {subject} has {", ".join(sorted(calls))}{hint}')
    return calls[name]


def _is_open(what: str, call: Callable[..., Any]) -> bool:
    subject, _, name = what.partition(".")
    return name in OPEN_ANSWERS.get(subject, ()) or "published" in inspect.signature(call).parameters


def _arguments(what: str, call: Callable[..., Any], given: Mapping[str, str | None]) -> dict[str, Any]:
    """The given texts as the call takes them."""
    takes = {name: one.annotation for name, one in inspect.signature(call).parameters.items()}
    takes.pop("project")
    if "thresholds" in takes:
        del takes["thresholds"]
        from telltale.presence.thresholds import Thresholds

        takes |= Thresholds.__annotations__
    for name, text in given.items():
        if text is not None and (name not in takes or name == "published"):
            hint = did_you_mean(name, takes)
            raise ConfigError(f'{what} takes no "{name}"; it takes {", ".join(takes)}{hint}')
    return {name: _typed(what, name, text, takes[name]) for name, text in given.items() if text is not None}


_TRUTHS = {"true": True, "false": False}


def _typed(what: str, name: str, text: str, annotation: Any) -> Any:
    """A text as the type that a call says: a truth, a whole number, some texts; else the text, which calls read."""
    kinds = getattr(annotation, "__args__", ()) or (annotation,)
    try:
        if bool in kinds:
            return _TRUTHS[text.lower()]
        if int in kinds and str not in kinds:
            return int(text)
        if float in kinds and str not in kinds:
            return float(text)
    except (ValueError, KeyError):
        kind = "true or false" if bool in kinds else "a number"
        raise ConfigError(f'{what} {name} = "{text}": expected {kind}') from None
    return tuple(text.split(",")) if getattr(annotation, "__origin__", None) is tuple else text


def _answered(
    what: str, call: Callable[..., Any], arguments: Mapping[str, Any], *, is_owner: bool, project: Project
) -> tuple[pa.Table, bool]:
    is_open = _is_open(what, call) and arguments.get("source") not in OF_PEOPLE
    if not is_open and not is_owner:
        raise _owners(what)
    published = {} if is_owner or "published" not in inspect.signature(call).parameters else {"published": True}
    with as_arrow():
        table = call(**arguments, **published, project=project)
    # Unpublished figures may count a single device: with --owner they are rows about people.
    is_personal = not is_open or (is_owner and "published" in inspect.signature(call).parameters)
    return (table if is_personal else _without_raw_ids(_without_persons(table, project))), is_personal


def _whole_days(arguments: Mapping[str, Any], project: Project) -> dict[str, Any]:
    """The arguments with a stretch of whole local days: two that differ by an hour would tell of whom it had.

    What counts back in hours begins with the day it leads to; an end within a day is the end of that day.
    """
    site = str(arguments["site"]) if arguments.get("site") else None
    zone, whole = project.zone(site), dict(arguments)
    if not (whole.get("since") or whole.get("until")):
        return whole
    stretch = project.span(whole.get("since"), whole.get("until"), site=site)
    if whole.get("since"):
        whole["since"] = local_day(stretch.since_us, zone).isoformat()
    if whole.get("until"):
        whole["until"] = (local_day(stretch.until_us - 1, zone) + dt.timedelta(days=1)).isoformat()
    return whole


def _table(what: str, arguments: Mapping[str, Any], *, is_owner: bool, project: Project) -> tuple[pa.Table, bool]:
    if what in TABLES and what not in OPEN_TABLES and not is_owner:
        raise _owners(what)
    if what not in TABLES:
        names = known(is_owner=True)
        hint = did_you_mean(what, names)
        listed = f"tables: {', '.join(sorted(TABLES))}; answers: {EXAMPLE} …"
        raise ConfigError(f'no table or answer "{what}"; {listed}{hint}')
    table = load(what, **arguments, engine="arrow", project=project)
    if is_owner:
        return table, True
    return _without_raw_ids(_without_persons(table, project)), False


def _owners(what: str) -> ConfigError:
    instead = {"presence_day": "presence.figures", "presence_hour": "presence.figures -p by=hour"}.get(what, "")
    other = f"; {instead} has figures that may leave" if instead else ""
    return ConfigError(
        f'"{what}" holds rows about people{other}; with --owner they are written for you alone, and named until deleted'
    )


def _without_persons(table: pa.Table, project: Project) -> pa.Table:
    """Without the rows of PCs, of the modems that tell of them, and of devices that are listed with a person."""
    named = [name for name in ("device_id", "node_id") if name in table.column_names]
    if not named:
        return table
    told = load("activity", columns=("device_id",), engine="arrow", project=project)["device_id"].unique().to_pylist()
    listed = [one.device_id for one in devices(project.settings) if one.person or one.same_as]
    personal = pa.array([*told, *listed], pa.string())
    for name in named:
        ids = table[name]
        is_personal = pc.or_(pc.is_in(ids, personal), pc.starts_with(ids, "pc:"))
        table = table.filter(pc.invert(pc.fill_null(is_personal, False)))
    return table


def _without_raw_ids(table: pa.Table) -> pa.Table:
    """Without the ids of raw records that are about people."""
    at = table.schema.get_field_index("raw_id")
    if at < 0:
        return table
    if "source" not in table.column_names:
        return table.remove_column(at)
    is_of_people = pc.is_in(table["source"], pa.array(sorted(OF_PEOPLE), pa.string()))
    return table.set_column(at, "raw_id", pc.if_else(is_of_people, pa.scalar(None, pa.int64()), table["raw_id"]))


def _zone(arguments: Mapping[str, Any], project: Project) -> str:
    site = arguments.get("site")
    return project.zone(str(site) if site else None)


def _about(
    what: str, arguments: Mapping[str, Any], table: pa.Table, *, is_personal: bool, zone: str, project: Project
) -> dict[str, str]:
    """What the file is of."""
    given = ", ".join(f"{name} = {value}" for name, value in arguments.items())
    shown = local_time(project.now_us(), zone)
    k = project.settings.site.k
    people = f"Cells of fewer than {k} devices or people are withheld; rows of PCs are left out."
    if is_personal:
        people = "Rows about people, for the owner alone."
    return {
        "Of": what,
        "Asked": given or "as it is by itself",
        "Rows": f"{table.num_rows:,}",
        "Zone": zone,
        "Made": f"{shown:%Y-%m-%d %H:%M:%S%z} by telltale {telltale.__version__}",
        "People": people,
    }
