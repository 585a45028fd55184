"""The linter of texts: what each must keep to so that DuckDB, Spark and Sail give one answer (DESIGN section 7).

A text is found by its beginning, wherever in the library it stands; what is put into it when it is run is taken for a
name. The texts of the store, which only SQLite and PostgreSQL read, are not of this dialect.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel

ROOT = Path(__file__).parent.parent
OF_STORES = ("landing", "lake", "operate/moving", "operate/check", "engine/duck.py", "engine/texts.py")
"""Where texts are for SQLite, PostgreSQL or DuckDB alone; what `engine/texts.py` makes is linted as it is made."""
ALLOWED = {
    *("avg", "bitwise_or_agg", "count", "max", "min", "quantile", "sum"),
    *("lag", "lead", "row_number"),
    *("and", "case", "try_cast", "ceil", "coalesce", "concat", "floor", "greatest", "least", "nullif", "or"),
    *(
        "regexp_like",
        "substring",
        "timestamp_micros",
        "unix_micros",
        "explode",
        "generate_series",
        "contains",
        "exists",
    ),
    *("contains", "exists", "logical_or", "replace"),
}
"""Functions known to mean the same on both engines, as the parser names them (percentile is quantile, Spark's cast
try_cast)."""
RUNNING = (exp.Sum, exp.Max, exp.Min, exp.Count, exp.Avg)


def texts_of(path: Path) -> Iterator[tuple[int, str]]:
    """The texts of a file, each with its line: strings that begin with select."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inner = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if id(node) not in inner and (text := _text(node)) and re.match(r"\s*\(?select\s+(?!\w*\.\s)[\w*(':]", text):
            yield node.lineno, text  # type: ignore[attr-defined] # constants and joined strings have a line


def everywhere() -> Iterator[tuple[str, str]]:
    """Every text of the library that an engine runs, by file and line."""
    for path in sorted((ROOT / "telltale").rglob("*.py")):
        place = path.relative_to(ROOT / "telltale").as_posix()
        if not place.startswith(OF_STORES):
            yield from ((f"{place}:{line}", text) for line, text in texts_of(path))


def _text(node: ast.AST) -> str:
    """A string as it stands, and a name for each value that is put into it."""
    if isinstance(node, ast.JoinedStr):
        made = "".join(part.value if isinstance(part, ast.Constant) else "given_here" for part in node.values)  # type: ignore[misc] # parts of a text are texts
    else:
        made = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
    return re.sub(r"\{\w+\}", "given_here", made)


def problems(text: str) -> Iterator[str]:
    """What a text does that it must not."""
    yield from _spelling(text)
    tree = sqlglot.parse_one(text, dialect="spark", error_level=ErrorLevel.RAISE)
    branches = {id(branch) for case in tree.find_all(exp.Case) for branch in case.args["ifs"]}
    for function in tree.find_all(exp.Func):
        if id(function) in branches:
            continue
        name = function.name if isinstance(function, exp.Anonymous) else function.sql_name()
        if name.lower() not in ALLOWED:
            yield f"function {name.lower()}"
    for rule in (_types, _names, _windows, _divisors, _unportable):
        yield from rule(tree)


def _types(tree: exp.Expr) -> Iterator[str]:
    for cast in tree.find_all(exp.Cast):
        if isinstance(cast.this, exp.Null):
            continue  # a column without values has to be of some type
        if cast.to.this not in {exp.DType.BIGINT, exp.DType.INT, exp.DType.DOUBLE}:
            yield f"cast to {cast.to.sql()}"
        if cast.to.this != exp.DType.DOUBLE and isinstance(cast.this, exp.Div):
            yield "a quotient cast without floor()"


def _names(tree: exp.Expr) -> Iterator[str]:
    for derived in tree.find_all(exp.Subquery):
        if isinstance(derived.parent, exp.From | exp.Join) and not derived.alias:
            yield "a derived table without a name"
    for select in tree.find_all(exp.Select):
        for column in select.expressions:
            if not isinstance(column, exp.Alias | exp.Column | exp.Star):
                yield f"column without a name: {column.sql()}"


def _windows(tree: exp.Expr) -> Iterator[str]:
    for window in tree.find_all(exp.Window):
        ordered = window.args.get("order")
        if isinstance(window.this, RUNNING) and ordered and not window.args.get("spec"):
            yield f"a running {window.this.key} without its frame"
        if not isinstance(window.this, RUNNING) and not ordered:
            yield f"{window.this.key} without an order"


def _divisors(tree: exp.Expr) -> Iterator[str]:
    for division in tree.find_all(exp.Div):
        by = division.expression
        known = isinstance(by, exp.Placeholder) or (isinstance(by, exp.Literal) and float(by.this) != 0)
        if not known and not by.find(exp.Nullif):
            yield f"a divisor outside nullif: {by.sql()}"


def _unportable(tree: exp.Expr) -> Iterator[str]:
    for kind in (exp.Interval, exp.IntDiv, exp.Qualify, exp.Struct, exp.Lateral, exp.AtTimeZone):
        if tree.find(kind):
            yield f"{kind.__name__} is not portable"


def _spelling(text: str) -> Iterator[str]:
    """What parses, and yet is read otherwise by one of the three."""
    for token in sqlglot.tokenize(text, dialect="spark"):
        if token.token_type == sqlglot.TokenType.DCOLON:
            yield "a cast by ::"
        if token.token_type == sqlglot.TokenType.NUMBER and "." in token.text and "e" not in token.text.lower():
            yield f"{token.text} is a decimal, expected {token.text}e0"
    if '"' in re.sub(r"'(?:[^']|'')*'", "", text):
        yield "double quotes are a string in Spark"
    if "\\" in text or re.search(r"'[^']+''|''[^']+'(?!')", re.sub(r"(?<!\w)''(?!\w)", "", text)):
        yield "a backslash or a doubled quote is an escape in one of them"
