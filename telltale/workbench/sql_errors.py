"""What is wrong with a query of `tt.sql`, in our words: the tables and columns there are, not the engine's own."""

import re
from collections.abc import Mapping, Sequence

from telltale.contract import ConfigError, did_you_mean

_TABLE = re.compile(r'Table with name "?([^"\s]+?)"? does not exist|The table or view (`\S+`) cannot be found')
_COLUMN = re.compile(r'Referenced (?:column|table) "([^"]+)" not found|does not have a column named "([^"]+)"')
_COLUMN_OF_SPARK = re.compile(r"\[UNRESOLVED_COLUMN[.\w]*\] .*? with name (`.+?`) cannot be resolved")
_CANDIDATES = re.compile(r'"([^"]+)"')
_KIND = re.compile(r"^(?:[A-Z][A-Za-z ]* Error: |\[[A-Z0-9_.]+\] )")
_STATE = re.compile(r"\.? SQLSTATE: \w+.*")
_OF_QUERY = ("CatalogException", "BinderException", "ParserException", "ConversionException", "InvalidInputException")
"""DuckDB's exceptions that are about what was asked."""
_OF_QUERY_OF_SPARK = (
    *("AnalysisException", "ParseException", "ArithmeticException", "DateTimeException", "NumberFormatException"),
    *("UnsupportedOperationException", "ArrayIndexOutOfBoundsException"),
)
"""Spark's, by its own Java machine or by a server."""


def is_of_query(error: Exception) -> bool:
    """Whether the engine says that the query is wrong, and not that something is missing or full."""
    if type(error).__module__ == "_duckdb":
        return type(error).__name__ in _OF_QUERY
    return is_of_spark(error) and any(kind.__name__ in _OF_QUERY_OF_SPARK for kind in type(error).__mro__)


def is_of_spark(error: Exception) -> bool:
    """Whether it is Spark that says so; told by where its kind comes from, for Spark need not be installed."""
    return any(kind.__module__.startswith("pyspark.errors.") for kind in type(error).__mro__)


def explained(error: Exception, tables: Sequence[str], columns: Mapping[str, Sequence[str]]) -> ConfigError:
    """The sentence about a query.

    Args:
        error: what the engine said of it.
        tables: those that may be asked.
        columns: of each table that the query names.
    """
    said = str(error).strip()
    if table := _TABLE.search(said):
        full = (table[1] or table[2]).replace("`", "")
        name = full.rpartition(".")[2] if full.rpartition(".")[2] not in tables else full
        return ConfigError(f'tt.sql: no table "{full}"; known: {", ".join(tables)}{did_you_mean(name, tables)}')
    if column := _COLUMN.search(said):
        return ConfigError(_no_column(column[1] or column[2], said, columns))
    if column := _COLUMN_OF_SPARK.search(said):
        return ConfigError(_no_column(column[1].replace("`", ""), said, columns))
    dialect = "Spark's" if is_of_spark(error) else "DuckDB's"
    return ConfigError(
        f"tt.sql: {first_line(error)}; expected one select in {dialect} dialect over {', '.join(tables)}"
    )


def first_line(error: Exception) -> str:
    """What an engine says is wrong, without its kinds, numbers and plans."""
    return _STATE.sub("", _KIND.sub("", str(error).strip().partition("\n")[0])).rstrip("!.")


def _no_column(name: str, said: str, columns: Mapping[str, Sequence[str]]) -> str:
    candidates = said.partition("Candidate bindings:")[2].partition("\n")[0]
    known = [each for names in columns.values() for each in names] or _CANDIDATES.findall(candidates)
    shown = "; ".join(f"{table} has {', '.join(names)}" for table, names in columns.items())
    return f'tt.sql: no column "{name}"; {shown or "known: " + ", ".join(known)}{did_you_mean(name, known)}'
