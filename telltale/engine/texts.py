"""The texts of an engine: how a named value stands in one, what keeps a row of each key, what a row is filed under."""

# ruff: noqa: S608 - texts are composed of names of ours; values go through `with_values`
import re
from collections.abc import Callable, Mapping

from telltale.engine.protocol import Value
from telltale.tables import CLOCK_WRONG, Table


def deduplication(table: Table) -> str:
    """The text that keeps one row of each natural key of `rows_in`, the same whatever the order of arrival."""
    ranked = dict.fromkeys((*table.prefer, "received_at", "raw_id", *table.names))  # the rest: one record may repeat
    order = ", ".join(f"{name} desc nulls last" for name in ranked if name not in table.key)
    if table.by_column:
        return _column_by_column(table, order)
    key = f"partition by {', '.join(table.key)}"
    extremes = {name: f"max({name})" for name in table.largest} | {name: f"min({name})" for name in table.smallest}
    given = ", ".join(f"{extremes[name]} over ({key}) as {name}" if name in extremes else name for name in table.names)
    names, rank = ", ".join(table.names), f"row_number() over ({key} order by {order}) as rank_in_key"
    ranking = f"select *, {rank} from rows_in"
    if extremes:
        ranking = f"select {given}, rank_in_key from ({ranking}) numbered"
    return f"select {names} from ({ranking}) ranked where rank_in_key = 1"


def filed(table: Table) -> str:
    """The text for the moment a row is filed under: its own time, or when it was received where its clock is wrong."""
    if "flags" not in table.names:
        return table.time
    wrong = f"regexp_like(concat(',', flags, ','), ',({'|'.join(CLOCK_WRONG)}),')"
    return f"case when flags <> '' and {wrong} then received_at else {table.time} end"


def _column_by_column(table: Table, order: str) -> str:
    """The first value of each column that is not null: the one at which the count of such values becomes 1."""
    key, names = ", ".join(table.key), ", ".join(table.names)
    values = [name for name in table.names if name not in table.key]
    window = f"over (partition by {key} order by {order} rows between unbounded preceding and current row)"
    counts = ", ".join(f"count({name}) {window} as n_{name}" for name in values)
    firsts = ", ".join(
        name if name in table.key else f"max(case when n_{name} = 1 then {name} end) as {name}" for name in table.names
    )
    return f"select {firsts} from (select {names}, {counts} from rows_in) counted group by {key}"


_NAME_OR_QUOTED = re.compile(r"'(?:[^']|'')*'|(?<![:\w]):([a-z]\w*)")


def literal(value: Value) -> str:
    """A value as it stands in a text, of a type both engines know."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"cast({value} as bigint)"
    if isinstance(value, float):
        return f"cast({value!r} as double)"
    return "'" + value.replace("'", "''") + "'"


def with_values(text: str, values: Mapping[str, Value], written: Callable[[Value], str] = literal) -> str:
    """The text with each `:name` replaced by its value as `written`; KeyError for a name without a value."""

    def replaced(match: re.Match[str]) -> str:
        return written(values[match[1]]) if match[1] else match[0]

    return _NAME_OR_QUOTED.sub(replaced, text)


def named_values(text: str) -> list[str]:
    """The names that stand in a text for values, in their order."""
    return [match[1] for match in _NAME_OR_QUOTED.finditer(text) if match[1]]
