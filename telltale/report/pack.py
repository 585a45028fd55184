"""A report with its evidence in one folder or zip, to be checked offline with Python alone.

    report.html        the report, byte for byte
    recipe.json        its recipe, as it stands in the report
    raw/<source>/<day>.jsonl   of sources without people: every raw record, its body in base 64
    raw/<source>/<day>.hashes  of sources with people: SHA-256 of every body, never a body, an id, a sender or a header
    manifest.json      SHA-256 of every file above
    check.py           checks all of it; needs nothing but Python
    README.txt         what it shows and what it cannot

The records are those the recipe counts: received in the period and the days after it, up to the moment of the report.
"""

import hashlib
import io
import json
import zipfile
from base64 import b64encode
from collections import defaultdict
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from telltale import private, wording
from telltale.arrow import DAY_US, raws_to_arrow, utc_day
from telltale.contract import ConfigError, Raw
from telltale.report import recipe
from telltale.report.inputs import Inputs
from telltale.report.raw_days import column_digests, is_personal
from telltale.workbench.here import here
from telltale.workbench.project import Project

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of every file in a zip: packing twice gives the same bytes."""


class Packed(NamedTuple):
    """What was packed."""

    folder: Path
    files: int
    records: int
    hashed: int
    """Further records of sources with people, of which it holds hashes only."""
    missing: int
    """Days of a source whose records are no longer kept."""
    sentence: str


def pack(path: Path, target: Path | None = None, project: Project | None = None) -> Packed:
    """Pack a report with its evidence.

    Args:
        path: the HTML file of a report.
        target: a folder, or a name that ends with `.zip`; None is `<report>.evidence.zip` beside it.
        project: another project than the one found from here.

    Raises:
        ConfigError: the file holds no recipe, or the target is there already.
    """
    project = project or here()
    made = recipe.of_file(path)
    target = target or path.with_name(f"{path.stem}.evidence.zip")
    if target.exists():
        raise ConfigError(f"{target} is there already; remove it first")
    contents: dict[str, bytes] = {
        "report.html": path.read_bytes(),
        "recipe.json": json.dumps(made.data, ensure_ascii=False, indent=1, sort_keys=True).encode(),
    }
    inputs = Inputs(project, made.span, made.moment)
    days: dict[tuple[str, str], list[Raw]] = defaultdict(list)
    for raw in inputs.records():
        days[raw.source, utc_day(raw.received_at // DAY_US).isoformat()].append(raw)
    records = hashed = 0
    for (source, day), raws in sorted(days.items()):
        raws.sort(key=lambda raw: raw.id)
        if is_personal(source):
            contents[f"raw/{source}/{day}.hashes"] = _hashes(raws)
            hashed += len(raws)
        else:
            contents[f"raw/{source}/{day}.jsonl"] = _lines(raws)
            records += len(raws)
    gone = [f"{day[0]} {day[1]}" for day in made.data["inputs"]["received"] if (day[0], day[1]) not in days]
    manifest = {
        "telltale_evidence": 1,
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()},
        "no_longer_kept": gone,
    }
    contents["manifest.json"] = json.dumps(manifest, indent=1, sort_keys=True).encode()
    beside = files("telltale.report") / "evidence"
    for name in ("check.py", "README.txt"):
        contents[name] = (beside / name).read_bytes()
    _write(target, contents)
    said = f"{len(contents)} files, {wording.count(records, 'raw record')}"
    said += f", and of {hashed:,} with people hashes only" if hashed else ""
    said += f"; of {wording.count(len(gone), 'day')} of a source none is kept any more" if gone else ""
    return Packed(target, len(contents), records, hashed, len(gone), said)


def _hashes(raws: Sequence[Raw]) -> bytes:
    """Of each record the digest of its body; of all of them those of the columns, from which the recipe's is made."""
    columns = column_digests(raws_to_arrow(raws))
    lines = [f"column {name} {made}" for name, made in columns.items()]
    lines += [f"body {hashlib.sha256(raw.body).hexdigest()}" for raw in raws]
    return "".join(f"{line}\n" for line in lines).encode()


def _lines(raws: Sequence[Raw]) -> bytes:
    return "".join(f"{json.dumps(_data(raw), ensure_ascii=False)}\n" for raw in raws).encode()


def _data(raw: Raw) -> Mapping[str, Any]:
    return {**raw._asdict(), "body": b64encode(raw.body).decode()}


def _write(target: Path, contents: Mapping[str, bytes]) -> None:
    """All files at once: a zip in one step, a folder under another name first."""
    if target.suffix != ".zip":
        draft = target.with_name(f".{target.name}.new")
        for name, content in contents.items():
            private.folder((draft / name).parent)
            (draft / name).write_bytes(content)
        draft.rename(target)
        return
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in sorted(contents.items()):
            packed.writestr(zipfile.ZipInfo(f"{target.stem}/{name}", EPOCH), content, zipfile.ZIP_DEFLATED)
    draft = private.folder(target.parent) / f".{target.name}.new"
    private.new_file(draft)
    draft.write_bytes(whole.getvalue())
    draft.replace(target)
