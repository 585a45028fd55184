"""What workers do, in processes that know nothing of telltale but what came along; no Spark is needed for it."""

import subprocess
import sys
import sysconfig
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from telltale.contract import ConfigError
from telltale.lake.redecode import redecode
from telltale.landing.schema import PRESENCE_KEY
from telltale.workbench.project import Project
from telltale.workers.carried import on_workers
from telltale.workers.of_project import decoder_of
from telltale.workers.parts import LINES, Line
from telltale.workers.redecode import redecode_on
from tests.workers.filled import Filled, listed
from tests.workers.run import found, spellings

ELSEWHERE = """
import sys
sys.path.append(sys.argv[1])

class Nowhere:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("telltale", "sqlalchemy", "pydantic", "duckdb"):
            raise ImportError(name + " is not here")

sys.meta_path.insert(0, Nowhere())
import pickle
import pyarrow as pa
work = pickle.loads(open(sys.argv[2], "rb").read())
with pa.ipc.open_stream(sys.stdin.buffer) as given:
    made = work(iter(given))
    with pa.ipc.new_stream(sys.stdout.buffer, given.schema) as out:
        for batch in made:
            out.write_batch(batch)
"""


class Elsewhere:
    """One worker, a process for each part of the work, which Spark's workers are too."""

    words = "a process"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def require_encryption(self) -> None:
        """Nothing but a test's own folder holds what is sent."""

    def require_folder(self) -> None:
        """It is this machine's."""

    def run(self, units: Sequence[Line], old: Sequence[Line], given: Any, rest: Any) -> list[Line]:
        """Decode, bring together what belongs to one table and day, write."""
        lines = [*self._apply("decoded", given, units), *old]
        return self._apply("written", rest, sorted(lines, key=lambda line: (line["table_name"], line["day"])))

    def reached(self, folder: Path, probe: str) -> set[bytes]:
        """What it says of a folder."""
        line = {"kind": "", "table_name": "", "day": 0, "payload": b""}
        return {
            bytes(each["payload"]) for each in self._apply("reached", {"folder": str(folder), "probe": probe}, [line])
        }

    def _apply(self, function: str, given: Any, lines: Sequence[Line]) -> list[Line]:
        from pyspark import cloudpickle as untyped

        cloudpickle: Any = untyped
        file = self.folder / function
        file.write_bytes(cloudpickle.dumps(on_workers("telltale.workers.parts", function, given)))
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, LINES) as stream:
            stream.write_table(pa.Table.from_pylist(list(lines), schema=LINES), max_chunksize=3)
        command = [sys.executable, "-S", "-c", ELSEWHERE, sysconfig.get_path("purelib"), str(file)]
        ended = subprocess.run(command, input=sink.getvalue().to_pybytes(), capture_output=True, check=False, cwd="/")
        assert ended.returncode == 0, ended.stderr.decode()
        with pa.ipc.open_stream(ended.stdout) as made:
            return list(made.read_all().to_pylist())


def elsewhere(project: Project) -> Callable[..., Any]:
    """Decoding again by such a worker."""
    return partial(redecode_on, Elsewhere(project.settings.root), project.lake, decoder_of(project))


def _here(project: Project) -> Callable[..., Any]:
    return partial(redecode, project.lake)


def test_a_process_without_telltale_gives_the_files_that_decoding_here_gives(filled: Filled) -> None:
    project = filled.copy("elsewhere")
    before = listed(project)
    done = elsewhere(project)(now_us=filled.now_us)
    assert listed(project) == listed(filled.expected) != before
    assert done == redecode(filled.expected.lake, now_us=filled.now_us)


def test_a_worker_says_whether_it_reaches_the_lake(tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    (tmp_path / "lake" / "probe").touch()
    worker = Elsewhere(tmp_path)
    assert worker.reached(tmp_path / "lake", "probe") == {b'""'}
    assert worker.reached(tmp_path / "lake", "other") == {b'"FileNotFoundError"'}


def test_a_day_of_a_damaged_file_is_left_as_it_is_and_named(filled: Filled) -> None:
    damaged: list[dict[str, str]] = []
    done = []
    for name, again in (("damaged-here", _here), ("damaged-there", elsewhere)):
        project = filled.copy(name)
        raw = project.lake.snapshot().of("raw")[0]
        Path(project.lake.path(raw)).write_bytes(b"no Parquet")
        done.append(again(project)(now_us=filled.now_us))
        damaged.append({path: said.replace(name, "") for path, said in project.lake.left_out().items()})
        assert [file for file in listed(project) if file.day == raw.day] != []
    assert done[0] == done[1]
    assert damaged[0] == damaged[1] != {}


def test_a_key_that_a_worker_lacks_is_made_here_and_one_that_is_refused_stops_it(filled: Filled) -> None:
    project = filled.copy("keys")
    files = sorted(project.settings.keys.rglob("*.key"))
    files[0].write_bytes(bytes(32))
    with pytest.raises(ConfigError, match=r"the key of .* records is not the one they were decoded with"):
        elsewhere(project)(now_us=filled.now_us)

    for file in files:
        file.unlink()
    with project.store.writer() as connection:  # nothing is noted of them any more: as if nobody had decoded before
        connection.execute(PRESENCE_KEY.delete())
    elsewhere(project)(now_us=filled.now_us)
    assert sorted(path.name for path in project.settings.keys.rglob("*.key")) == sorted(file.name for file in files)
    devices = set(project.view().table("sighting").arrow()["device"].to_pylist())
    assert devices.isdisjoint(filled.expected.view().table("sighting").arrow()["device"].to_pylist())


def test_the_search_knows_every_spelling(tmp_path: Path) -> None:
    key = bytes(range(100, 132))
    for number, text in enumerate(spellings(key).values()):
        (tmp_path / str(number)).write_bytes(b"before" + text + b"after")
    assert len({line.split(":")[0] for line in found(tmp_path, [key])}) == len(spellings(key))
    assert list(found(tmp_path, [bytes(range(32))])) == []
