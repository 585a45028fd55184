"""`tt.load`, `tt.sql`, `tt.raw`, `tt.decode`: the tables, the bytes behind a row, and what bytes say."""

# ruff: noqa: S608 - texts are composed of names of ours
import datetime as dt
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import pyarrow as pa

from telltale import COMPUTES
from telltale.arrow import TIMESTAMP, empty
from telltale.contract import ConfigError, Raw, TelltaleError, did_you_mean
from telltale.engine import Relation, named_values
from telltale.engine.spark import SparkRelation
from telltale.lake.records import raw_record
from telltale.lake.superseded import superseded as superseded_files
from telltale.sources import source as source_named
from telltale.tables import TABLES, Table
from telltale.workbench.batches import held, parts
from telltale.workbench.here import here
from telltale.workbench.memory import available_bytes, check
from telltale.workbench.on_engine import on_engine
from telltale.workbench.project import Project
from telltale.workbench.sql_errors import explained, is_of_query
from telltale.workbench.tidy import tidy
from telltale.workbench.times import Span, When, local_time
from telltale.workbench.view import View, answered

if TYPE_CHECKING:
    import pandas as pd

DEVICE_INFO = "device_info"
"""devices.csv as a table of a query."""
NativeForm = Literal["pandas", "arrow", "duckdb", "spark"]
FORMS = ("pandas", "arrow", "duckdb", "spark")
NATIVE = FORMS[2:]
"""Forms that are read where they are used: relations of an engine."""


def load(
    name: str,
    since: When = None,
    until: When = None,
    *,
    columns: tuple[str, ...] = (),
    engine: NativeForm = "pandas",
    batches: bool = False,
    project: Project | None = None,
) -> Any:
    """The rows of a table, records of a second ago included, sorted by their own time.

    What would not fit into memory is refused before it is tried; with `batches` it comes in parts.

    Args:
        name: sighting, node_heartbeat, reject, visit, presence_day, … as `telltale.tables` lists them.
        since: beginning of the stretch, see `telltale.workbench.times`; None is everything.
        until: its end, exclusive; None is now, and later where a sender's clock is ahead of ours. A derived table
            (visit, presence_day, presence_hour) ends now at the latest.
        columns: which columns; none named is all.
        engine: pandas (device as 16 hex digits), or the native object: an Arrow table, a relation of DuckDB, a
            DataFrame of Spark (`[engine] spark`).
        batches: an iterator of frames or Arrow tables instead of one, each of a UTC day (an hour of a day of more than
            2 million rows), in order and together the same rows; each is of the moment it is read. Not for a derived
            table, nor DuckDB and Spark, which read where they are used.
        project: another project than the one found from here.

    Raises:
        ConfigError: an unknown table, column or engine, or more rows than memory is available for.
    """
    if engine not in FORMS:
        raise ConfigError(f'engine "{engine}": expected one of {", ".join(FORMS)}')
    project = project or here()
    table = TABLES[_table_name(name)]
    span = None if since is None and until is None else project.span(since, until)
    listed = ", ".join(_column(column, table.names) for column in columns or table.names)
    order = ", ".join(dict.fromkeys((table.time, *table.key)))
    text = f"select {listed} from rows_in order by {order}"
    if batches:
        _can_come_in_batches(table, engine)
        return _batches(project, text, table, span, engine)
    if engine in NATIVE:
        project = on_engine(engine, project)
        made = project.engine.run(text, {"rows_in": relation(project.view(), table.name, span)})
        return made.lasting() if isinstance(made, SparkRelation) else made

    def ask(view: View) -> pa.Table:
        rows = held(view, table.name, span).rows
        check(table, columns or table.names, rows, form=engine, available=available_bytes())
        return project.engine.run(text, {"rows_in": relation(view, table.name, span)}).arrow()

    rows = answered(project, ask)
    return rows if engine == "arrow" else tidy(rows)


def _can_come_in_batches(table: Table, engine: str) -> None:
    if table.derived:
        raise ConfigError(f"tt.load: {table.name} is made of other tables and has no batches; load a stretch of it")
    if engine in NATIVE:
        raise ConfigError(f'tt.load: engine "{engine}" reads where it is used and has no batches; take pandas or arrow')


def _batches(project: Project, text: str, table: Table, span: Span | None, engine: str) -> Iterator[Any]:
    def ask(view: View, part: Span) -> pa.Table:
        return project.engine.run(text, {"rows_in": view.table(table.name, part)}).arrow()

    for part in answered(project, lambda view: list(parts(view, table.name, span))):
        rows = answered(project, partial(ask, part=part))
        if rows.num_rows:
            yield rows if engine == "arrow" else tidy(rows)


def superseded(name: str, *, project: Project | None = None) -> Any:
    """What rows said before their records were decoded again, newest decode last; with `[lake] keep_superseded`.

    Columns: those of the table, then `decoder_version` (the oldest of its file) and `superseded_at` (UTC). None is kept
    unless that is set, and retention removes them with the rows of the table.

    Args:
        name: a decoded table.
        project: another project than the one found from here.

    Raises:
        ConfigError: an unknown table.
    """
    project = project or here()
    table = TABLES[_table_name(name)]
    more = pa.schema([("decoder_version", pa.int64()), ("superseded_at", TIMESTAMP)])
    found = [pa.unify_schemas([empty(table).schema, more]).empty_table()]
    for file in superseded_files(project.store, table.name):
        with suppress(FileNotFoundError):  # retention has removed it meanwhile
            rows = project.lake.root.read(file.path)
            version = pa.scalar(file.decoder_version, more.field("decoder_version").type)
            rows = rows.append_column("decoder_version", pa.repeat(version, rows.num_rows))
            rows = rows.append_column("superseded_at", pa.repeat(pa.scalar(file.at, TIMESTAMP), rows.num_rows))
            found.append(rows)
    return tidy(pa.concat_tables(found, promote_options="permissive"))


def sql(text: str, *, project: Project | None = None, **values: bool | float | str | None) -> "pd.DataFrame":
    """The answer to a query over all tables, hot rows included, and `device_info` (devices.csv).

    Args:
        text: a select in the dialect of DuckDB, on Spark in its own; `:name` stands for a value. `device` is an integer
            here.
        project: another project than the one found from here.
        **values: the named values.

    Raises:
        ConfigError: the query is wrong; names the tables or the columns there are, or the value that is missing.
    """
    if not text.strip():
        raise ConfigError("tt.sql: the query is empty; expected a select")
    words = set(re.findall(r"[a-z_]+", text.lower()))

    named: dict[str, Relation] = {}

    def ask(view: View) -> pa.Table:
        named.update({name: relation(view, name) for name in TABLES if name in words})
        if DEVICE_INFO in words:
            named[DEVICE_INFO] = view.project.engine.from_arrow(view.project.device_info())
        return view.project.engine.run(text, named, **values).arrow()

    _all_have_values(text, values)
    try:
        return tidy(answered(project or here(), ask))
    except Exception as error:
        if not is_of_query(error):
            raise
        columns = {name: list(found.columns) for name, found in named.items()}
        raise explained(error, [*sorted(TABLES), DEVICE_INFO], columns) from None


def _all_have_values(text: str, values: Mapping[str, object]) -> None:
    missing = [name for name in named_values(text) if name not in values]
    if missing:
        raise ConfigError(f"tt.sql: :{missing[0]} has no value; give it by name, tt.sql(…, {missing[0]}=…)")


class PurgedRecord(NamedTuple):
    """What stands where a record's bytes were: only when they were removed is still known."""

    raw_id: int
    at: dt.datetime

    def __repr__(self) -> str:
        return f"raw {self.raw_id}: purged on {self.at:%Y-%m-%d %H:%M} UTC"


def raw(raw_id: int, *, project: Project | None = None) -> Raw | PurgedRecord:
    """The record behind a row exactly as it arrived, or when it was purged.

    Raises:
        TelltaleError: no record has that id, or had it at the moment that is asked at.
    """
    project = project or here()
    record = raw_record(project.lake, int(raw_id))
    if isinstance(record, Raw) and project.as_of is not None and not project.as_of.sees(record.id, record.received_at):
        record = None
    if record is None:
        raise TelltaleError(f'raw {raw_id}: no record has that id; take one from the column "raw_id" of a table')
    return record if isinstance(record, Raw) else PurgedRecord(raw_id, local_time(record.at, "UTC"))


def decode(source: str, body: bytes | str | Raw, *, project: Project | None = None) -> "dict[str, pd.DataFrame]":
    """What some bytes say: the rows of each table they decode to, rejects included; nothing is stored.

    Args:
        source: such as `cloudtrax`.
        body: the bytes, a text, or what `tt.raw` gave.
        project: another project than the one found from here.

    Raises:
        ConfigError: no such source.
    """
    project = project or here()
    name = source_named(source).name
    return {table: tidy(rows) for table, rows in sorted(project.decode(name, [_record(project, name, body)]).items())}


def relation(view: View, name: str, span: Span | None = None) -> Relation:
    """A table as people mean it: of a derived one the closed days as they were closed, the open ones as of now."""
    if not TABLES[name].derived:
        return view.table(name, span)
    if span is not None:
        # Nothing is derived of days to come; without this a stretch without an end has a row for each day of them.
        span = span._replace(until_us=min(span.until_us, view.now_us))
    computed: Relation = import_module(COMPUTES[name]).derived(view, name, span)
    return computed


def _record(project: Project, source: str, body: bytes | str | Raw) -> Raw:
    if isinstance(body, Raw):
        return body
    return Raw(0, source, project.now_us(), "", "{}", body.encode() if isinstance(body, str) else body)


def _table_name(name: str) -> str:
    if name in TABLES:
        return name
    hint = did_you_mean(name, TABLES)
    raise ConfigError(f'no table "{name}"; known: {", ".join(sorted(TABLES))}{hint}')


def _column(name: str, columns: tuple[str, ...]) -> str:
    if name in columns:
        return name
    hint = did_you_mean(name, columns)
    raise ConfigError(f'no column "{name}"; known: {", ".join(columns)}{hint}')
