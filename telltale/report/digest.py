"""Digests of what a report says: one for each figure, one for all of them, the same wherever and whenever it is made.

A figure is what one output of a cell shows: a piece (sentence, tiles, card) with its claims and its chart, or what
another library showed. Its digest is that of a canonical text: keys sorted, numbers by value (`3` and `3.0` are one, an
array as plotly packs it is its list), floats that are no whole number to 9 significant digits, which is more than any
page shows and far from what the order of a sum moves. What only repeats a piece for JupyterLab, warnings on stderr and
counts of executions are no part of it, nor is when the report was made.
"""

import base64
import hashlib
import json
import sys
from array import array
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any, NamedTuple

from telltale.page import pieces as show
from telltale.page.marked import bare

DIGITS = 9
"""Significant digits of a float. The order of a sum moves its 16th, which rounds one of a million sums otherwise."""
FOOTER = "footer"
NOT_IN_REPORT = "notebook-only"
"""Tag of a cell that guides the reader of the notebook and is left out of the report."""
_CODES = {"i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I", "i8": "q", "u8": "Q", "f4": "f", "f8": "d"}
"""How `array` calls the types in which plotly packs numbers (plotly.js, "typed array specification")."""


class Figure(NamedTuple):
    """What one output of a notebook says."""

    place: str
    """The cell's id and the number of the output in it: the same in every run of a notebook."""
    kind: str
    """sentence, tiles, card, prose, footer; `shown` for what another library showed."""
    title: str
    """As people read it."""
    digest: str
    """SHA-256, hex."""
    claims: tuple[tuple[str, str, Any, str], ...]
    """Of each number its words claim: id, measure, value, unit."""


def figures(notebook: Mapping[str, Any]) -> list[Figure]:
    """The figures of an executed notebook (nbformat 4), in reading order; what it leaves out of a report is left out.

    Args:
        notebook: executed.
    """
    return list(_figures(notebook))


def answers_digest(notebook: Mapping[str, Any]) -> str:
    """The digest of the answers a report gives: all its figures, without its footer, which tells of the data.

    Two runs of one notebook for one period and one moment have the same exactly when they say the same.

    Args:
        notebook: executed.

    Returns:
        SHA-256, hex.
    """
    return of_figures(figures(notebook))


def of_figures(found: Sequence[Figure]) -> str:
    """The same of figures that are at hand."""
    return digest([[figure.place, figure.digest] for figure in found if figure.kind != FOOTER])


def digest(value: Any) -> str:
    """SHA-256 (hex) of the canonical text of JSON-able data."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def canonical(value: Any) -> str:
    """JSON-able data as one text: equal data give equal texts, in every process and version of plotly.

    Args:
        value: of dicts, lists, texts, numbers, truths and None; a number that is none (NaN, infinity) is null, as
            JSON has no other.

    Raises:
        TypeError: something else is in it.
    """
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def _figures(notebook: Mapping[str, Any]) -> Iterator[Figure]:
    for number, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] != "code" or NOT_IN_REPORT in cell["metadata"].get("tags", ()):
            continue
        shown = [output for output in cell["outputs"] if _is_shown(output)]
        for at, output in enumerate(shown):
            yield _figure(f"{cell.get('id', number)}.{at}", output)


def _is_shown(output: Mapping[str, Any]) -> bool:
    if output["output_type"] == "stream":
        return bool(output["name"] == "stdout")
    return output["output_type"] in ("display_data", "execute_result") and not output["metadata"].get(show.LAB_ONLY)


def _figure(place: str, output: Mapping[str, Any]) -> Figure:
    if output["output_type"] == "stream":
        return Figure(place, "shown", "printed", digest("".join(output["text"])), ())
    bundle = output["data"]
    if show.MIME not in bundle:
        return Figure(place, "shown", _foreign(bundle), digest(_texts(bundle)), ())
    piece = bundle[show.MIME]
    said = {"piece": piece, "chart": _chart(bundle.get(show.PLOTLY))}
    claims = tuple((claim["id"], claim["measure"], claim["value"], claim["unit"]) for claim in claims_in(piece))
    return Figure(place, piece["kind"], _title(piece), digest(said), claims)


def claims_in(data: Any) -> Iterator[dict[str, Any]]:
    """The claims of a piece as data, those of its tiles, its lines and its table included."""
    if isinstance(data, Mapping):
        for places in data.get("claims", {}).values():
            yield from (claim for _, _, claim in places)
        for name, value in data.items():
            if name != "claims":
                yield from claims_in(value)
    elif isinstance(data, list):
        for value in data:
            yield from claims_in(value)


def _title(piece: Mapping[str, Any]) -> str:
    if piece["kind"] == "tiles":
        return ", ".join(bare(tile["label"]) for tile in piece["tiles"])
    return bare(str(piece.get("text") or piece.get("title") or piece["kind"]))


def _chart(figure: Mapping[str, Any] | None) -> Any:
    """What a chart shows; how its buttons are set up is no answer."""
    return None if figure is None else {"data": figure["data"], "layout": figure["layout"]}


def _foreign(bundle: Mapping[str, Any]) -> str:
    return next((name for name in (show.PLOTLY, "text/html", "image/png", "text/plain") if name in bundle), "nothing")


def _texts(bundle: Mapping[str, Any]) -> Any:
    """The one form of a foreign output that a report shows: a table's other forms hold addresses of memory."""
    form = _foreign(bundle)
    if form == show.PLOTLY:
        return _chart(bundle[form])
    value = bundle.get(form, "")
    return value if isinstance(value, str) else "".join(value)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, Mapping):
        if "bdata" in value and "dtype" in value:
            return _unpacked(value)
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} {value!r} in a figure: expected what JSON can hold")


def _number(value: float) -> int | float | None:
    if isinstance(value, int):
        return value
    if not isfinite(value):
        return None
    rounded = value if value.is_integer() else float(f"{value:.{DIGITS}g}")
    return int(rounded) if rounded.is_integer() else rounded


def _unpacked(packed: Mapping[str, Any]) -> Any:
    """The numbers of an array as plotly packs it: little-endian bytes in base 64."""
    numbers = array(_CODES[str(packed["dtype"]).lstrip("<|")])
    numbers.frombytes(base64.b64decode(packed["bdata"]))
    if sys.byteorder == "big":
        numbers.byteswap()
    listed = [_number(number) for number in numbers]
    shape = [int(side) for side in str(packed.get("shape", "")).split(",") if side.strip()]
    for side in reversed(shape[1:]):
        listed = [listed[at : at + side] for at in range(0, len(listed), side)]  # type: ignore[misc] # rows of rows
    return listed
