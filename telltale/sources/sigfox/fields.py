"""What a callback says, as texts by name, whatever its owner's template made of it.

Callbacks come as JSON, as a form, or in the query of a GET, under any content type and with numbers quoted or not; so
every value becomes the text that stood there, and `callback.py` reads each as what its variable is. JSON that the
backend spoilt by a value its template should have quoted (`"rssi":,`, `"data":2a17`) is read once more with such values
quoted. Fields of an object within are named with it: `{"data_in": {"temperature": 21.5}}` is `data_in.temperature`.

Source: wire/sigfox.md 1.1, 1.3; traps 4 and 12.
"""

import json
import re
from typing import Any
from urllib.parse import parse_qsl

from telltale.contract import DecodeError

Fields = dict[str, str]

MOST_FIELDS = 200
DEEPEST = 4
"""So many objects within another are read."""
_ABSENT = {"", "null", "n/a", "none"}
_LITERAL = re.compile(r"\{[^{}]*\}")
"""A variable the backend did not know."""
_STRING_OR_BARE = re.compile(
    r'"(?:[^"\\]|\\[\s\S]?)*+"?'
    r'|:[ \t\r\n]*+(?P<bare>[^\s"{}\[\],:]*+|\{[\w#]+\})[ \t\r\n]*+(?=[,}])'
)
"""Nothing is given back once it was matched, and a text without end goes to the end: else a broken body of some 100 kB
would take minutes."""


def fields(body: bytes, query: str) -> Fields:
    """The fields of the query and the body by name; where both or one of them has a name twice, the last counts.

    Raises:
        DecodeError: `bad_json`, `bad_form` or `bad_envelope`; the detail says what was seen.
    """
    told = _form(query)
    try:
        text = body.decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise DecodeError("bad_text", f"byte {error.start} of {len(body)} is not UTF-8") from None
    return told | (_json(text) if text[:1] in {"{", "[", '"'} else _form(text))


def structures(body: bytes) -> dict[str, Any]:
    """The lists and objects of a JSON body by lower-case name; none where it is no JSON object."""
    try:
        told = _repaired(body.decode("utf-8-sig").strip())
    except (DecodeError, UnicodeDecodeError):
        return {}
    items = told.items() if isinstance(told, dict) else ()
    return {name.lower(): value for name, value in items if isinstance(value, dict | list)}


def is_absent(text: str) -> bool:
    """Whether the backend had no value to put there."""
    return text.strip().lower() in _ABSENT


def is_literal(text: str) -> bool:
    """Whether the backend left the variable's name where its value should be."""
    return _LITERAL.fullmatch(text.strip()) is not None


def _form(text: str) -> Fields:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise DecodeError("bad_form", str(error)) from None
    return dict(pairs)


def _json(text: str) -> Fields:
    told = _repaired(text)
    if not isinstance(told, dict):
        raise DecodeError("bad_envelope", f"expected a JSON object, not {type(told).__name__}")
    if len(told) > MOST_FIELDS:
        raise DecodeError("bad_envelope", f"{len(told)} fields, expected at most {MOST_FIELDS}")
    flat = _flattened(told)
    if len(flat) > MOST_FIELDS:
        raise DecodeError("bad_envelope", f"{len(flat)} fields with nested ones, expected at most {MOST_FIELDS}")
    return flat


def _flattened(told: dict[str, Any]) -> Fields:
    """The fields, those of an object under its name and theirs; a list, or what is nested deeper, as its JSON text."""
    found: Fields = {}
    waiting = [("", told, 0)]
    while waiting:
        head, each, depth = waiting.pop()
        for name, value in each.items():
            if isinstance(value, dict) and depth < DEEPEST:
                waiting.append((f"{head}{name}.", value, depth + 1))
            elif isinstance(value, dict | list):
                found[head + name] = _as_json(value) if value else ""
            else:
                found[head + name] = _spelt(value)
    return {_spelt(name): text for name, text in found.items()}


def _as_json(value: dict[str, Any] | list[Any]) -> str:
    try:
        return f"nested {json.dumps(value, separators=(',', ':'))}"[:200]
    except RecursionError:
        return "nested too deeply"


def _repaired(text: str) -> Any:
    try:
        return _parsed(text)
    except ValueError as error:
        try:
            return _parsed(_STRING_OR_BARE.sub(_quoted, text))
        except ValueError:
            raise DecodeError("bad_json", str(error)) from None


def _parsed(text: str) -> Any:
    """The JSON with its numbers as they are spelt, so that nothing is rounded and `1E5` may still be an id."""
    try:
        return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except RecursionError:
        raise DecodeError("bad_json", "nested too deeply") from None


def _quoted(found: "re.Match[str]") -> str:
    return found[0] if found["bare"] is None else f': "{found["bare"]}"'.replace("\\", "")


def _spelt(value: str | bool | None) -> str:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()  # half a surrogate pair, which JSON may escape, is no text
    return "null" if value is None else str(value).lower()
