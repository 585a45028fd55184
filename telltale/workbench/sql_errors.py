"""What is wrong with a query of `tt.sql`, in our words: the tables and columns there are, not the engine's own."""

import re
from collections.abc import Mapping, Sequence

from telltale.contract import ConfigError, did_you_mean

_TABLE = re.compile(r'Table with name "?([^"\s]+?)"? does not exist')
_COLUMN = re.compile(r'Referenced (?:column|table) "([^"]+)" not found|does not have a column named "([^"]+)"')
_CANDIDATES = re.compile(r'"([^"]+)"')
_KIND = re.compile(r"^[A-Z][A-Za-z ]* Error: ")
_OF_QUERY = ("CatalogException", "BinderException", "ParserException", "ConversionException", "InvalidInputException")
"""The engine's exceptions that are about what was asked."""


def is_of_query(error: Exception) -> bool:
    """Whether the engine says that the query is wrong, and not that something is missing or full."""
    return type(error).__module__ == "_duckdb" and type(error).__name__ in _OF_QUERY


def explained(error: Exception, tables: Sequence[str], columns: Mapping[str, Sequence[str]]) -> ConfigError:
    """The sentence about a query.

    Args:
        error: what the engine said of it.
        tables: those that may be asked.
        columns: of each table that the query names.
    """
    said = str(error)
    if table := _TABLE.search(said):
        name = table[1].rpartition(".")[2] if table[1].rpartition(".")[2] not in tables else table[1]
        return ConfigError(f'tt.sql: no table "{table[1]}"; known: {", ".join(tables)}{did_you_mean(name, tables)}')
    if column := _COLUMN.search(said):
        return ConfigError(_no_column(column[1] or column[2], said, columns))
    first = _KIND.sub("", said.partition("\n")[0]).rstrip("!.")
    return ConfigError(f"tt.sql: {first}; expected one select in DuckDB's dialect over {', '.join(tables)}")


def _no_column(name: str, said: str, columns: Mapping[str, Sequence[str]]) -> str:
    candidates = said.partition("Candidate bindings:")[2].partition("\n")[0]
    known = [each for names in columns.values() for each in names] or _CANDIDATES.findall(candidates)
    shown = "; ".join(f"{table} has {', '.join(names)}" for table, names in columns.items())
    return f'tt.sql: no column "{name}"; {shown or "known: " + ", ".join(known)}{did_you_mean(name, known)}'
