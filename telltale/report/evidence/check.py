"""Check the evidence in this folder: python3 check.py. Python alone, offline; README.txt says what it shows."""

from __future__ import annotations

import array
import base64
import hashlib
import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
COLUMNS = ("id", "source", "received_at", "sender", "meta", "body")
ELEMENT = re.compile(r'<script id="recipe" type="application/json">(.*?)</script>\n?', re.DOTALL)
MADE = re.compile(r"<div><dt>Made</dt> <dd>.*?</dd></div>", re.DOTALL)


def sha256(data: bytes) -> str:
    """The digest, as hex."""
    return hashlib.sha256(data).hexdigest()


def column(values: Sequence[Any]) -> bytes:
    """Numbers as 8 bytes each; texts and bytes as all their lengths, then all of them; little-endian."""
    if isinstance(values[0], int):
        return numbers(list(values))
    parts = [value if isinstance(value, bytes) else value.encode() for value in values]
    return numbers([len(part) for part in parts]) + b"".join(parts)


def numbers(values: list[int]) -> bytes:
    """Eight bytes each, little-endian."""
    packed = array.array("q", values)
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tobytes()


def of_records(text: str) -> tuple[str, int | None]:
    """The digest of a day, and how many records it has."""
    rows = [json.loads(line) for line in text.splitlines()]
    for row in rows:
        row["body"] = base64.b64decode(row["body"])
    rows.sort(key=lambda row: row["id"])
    return day_digest({name: sha256(column([row[name] for row in rows])) for name in COLUMNS}), len(rows)


def of_hashes(text: str) -> tuple[str, int | None]:
    """The digest of a day of which only the columns' digests are here."""
    lines = [line.split() for line in text.splitlines()]
    return day_digest({line[1]: line[2] for line in lines if line[0] == "column"}), None


def day_digest(columns: dict[str, str]) -> str:
    """The digest of a day, made of those of its columns."""
    return sha256("".join(columns[name] for name in COLUMNS).encode())


def problems() -> Iterator[str]:
    """All that does not agree, each in a sentence."""
    manifest = json.loads((HERE / "manifest.json").read_text(encoding="utf-8"))
    for name, expected in sorted(manifest["files"].items()):
        path = HERE / name
        if not path.exists():
            yield f"{name}: is not here"
        elif sha256(path.read_bytes()) != expected:
            yield f"{name}: holds other bytes than when it was packed"
    html = (HERE / "report.html").read_bytes().decode("utf-8")
    found = ELEMENT.search(html)
    if found is None:
        yield "report.html: holds no recipe"
        return
    recipe = json.loads(found.group(1))
    if recipe != json.loads((HERE / "recipe.json").read_text(encoding="utf-8")):
        yield "recipe.json: is not the recipe in report.html"
    if sha256(MADE.sub("", ELEMENT.sub("", html, count=1), count=1).encode()) != recipe["page"]:
        yield "report.html: is not the page its recipe was written for"
    answers = [[figure[0], figure[3]] for figure in recipe["figures"] if figure[1] != "footer"]
    if sha256(json.dumps(answers, separators=(",", ":")).encode()) != recipe["answers"]:
        yield "recipe.json: the digest of its answers is not that of its figures"
    yield from records(recipe, manifest)


def records(recipe: dict[str, Any], manifest: dict[str, Any]) -> Iterator[str]:
    """The same of the raw records."""
    for source, day, count, _first, _last, digest in recipe["inputs"]["received"]:
        plain = HERE / "raw" / source / f"{day}.jsonl"
        hashed = plain.with_suffix(".hashes")
        if f"{source} {day}" in manifest["no_longer_kept"]:
            continue
        if not plain.exists() and not hashed.exists():
            yield f"raw/{source}/{day}: the report was made of its records, and they are not here"
            continue
        path, read = (plain, of_records) if plain.exists() else (hashed, of_hashes)
        try:
            made, number = read(path.read_text(encoding="utf-8"))
        except (ValueError, KeyError, IndexError) as error:
            yield f"{path.relative_to(HERE)}: cannot be read ({error})"
            continue
        if made != digest or (number is not None and number != count):
            yield f"{path.relative_to(HERE)}: holds other records than the report was made of"


def main() -> int:
    """Print what was found; 0 where all agrees."""
    try:
        found = list(problems())
    except (OSError, ValueError, KeyError) as error:
        found = [f"cannot be checked: {error!r}"]
    for problem in found:
        print(problem)
    if not found:
        manifest = (HERE / "manifest.json").read_bytes()
        gone = json.loads(manifest)["no_longer_kept"]
        print("Nothing here was changed: page, recipe and records agree. README.txt says what that shows and what not.")
        if gone:
            print("No longer kept, and so not checked: " + ", ".join(gone))
        print("digest of this evidence: " + sha256(manifest))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
