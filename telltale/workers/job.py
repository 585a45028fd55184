"""One run on workers: the lines that go in, the lines that come back, and what goes wrong in a sentence.

Only DataFrames and `mapInArrow`, which is what Spark Connect has.
"""

import re
import uuid
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa

from telltale import private
from telltale.contract import ConfigError, TelltaleError
from telltale.engine import session as sessions
from telltale.engine import stages
from telltale.engine.lost import is_lost
from telltale.masters import is_remote, shown
from telltale.workers.carried import on_workers
from telltale.workers.given import Given
from telltale.workers.parts import DDL, LINES, Line

PARTS = "telltale.workers.parts"
ENCRYPTION = "spark.io.encryption.enabled"
"""What Spark sends to workers may lie on a disk where memory is short; with this it lies there under a key that is in
memory only. Source: Spark 4.3, Configuration, Security: local storage encryption."""
_LINES_A_BATCH = "16"
"""A line may hold megabytes."""
_MOST_PARTS = 400
_PROBES = 8


class Workers:
    """The workers of a master, and the folder of a lake that they have to reach.

    Args:
        master: where Spark is, see `telltale.engine.session`.
        folder: of the lake.
        memory: of a Java machine that is started here.
        tell: shown the stages at work of what takes long.

    Raises:
        ConfigError: Spark cannot be opened, or what it writes to its disks is not encrypted.
        SparkLost: nothing answers there.
    """

    def __init__(self, master: str, folder: Path, *, memory: str, tell: stages.Tell | None = None) -> None:
        self.master, self.folder, self._tell = master, folder, tell
        self._session = sessions.session(master, memory=memory, more={ENCRYPTION: "true"})

    @property
    def words(self) -> str:
        """Who they are, for a sentence."""
        return f'[engine] spark = "{shown(self.master)}"'

    def require_encryption(self) -> None:
        """Check that no key that is sent to a worker can come to lie on a disk.

        Raises:
            ConfigError: it could.
        """
        with sessions.lost_said(self.master):
            try:
                is_on = str(self._session.conf.get(ENCRYPTION, "false")).lower() == "true"
            except Exception as error:
                if is_lost(error):
                    raise
                is_on = False  # a server that does not know it
        if not is_on:
            raise ConfigError(
                f"{self.words}: {ENCRYPTION} is not true there, and pseudonym keys could come to lie on its disks; "
                f"start it with --conf {ENCRYPTION}=true, or decode here, without --engine"
            )

    def require_folder(self) -> None:
        """Check that workers see the lake's folder as it is here.

        Raises:
            ConfigError: they do not.
        """
        probe = self.folder / f".seen-by-workers.{uuid.uuid4().hex}.tmp"
        private.new_file(probe)
        try:
            given = {"folder": str(self.folder), "probe": probe.name}
            seen = self._lines(self._frame([{} for _ in range(_PROBES)], _PROBES, "reached", given))
        finally:
            with suppress(FileNotFoundError):
                probe.unlink()
        if why := {bytes(each["payload"]).decode().strip('"') for each in seen} - {""}:
            raise ConfigError(
                f"{self.words}: its workers do not reach the lake's folder, {self.folder} ({', '.join(sorted(why))}); "
                "let it lie where each of them has it under the same path, or decode here, without --engine"
            )

    def run(self, units: Sequence[Line], old: Sequence[Line], given: Given, rest: Given) -> list[Line]:
        """What workers tell of decoding these units, and of writing the files of each table and day.

        Args:
            units: a line for each part of the raw files.
            old: a line for each table and day that has files already.
            given: what decoding needs, keys among it; it is not kept anywhere.
            rest: what writing needs.

        Raises:
            SparkLost: Spark is gone.
            TelltaleError: a worker failed.
        """
        tables = {(each["table_name"], each["day"]) for each in old}
        made = self._frame(units, min(len(units), _MOST_PARTS), "decoded", given)
        if old:
            made = made.unionByName(self._session.createDataFrame(_table(old)))
        together = made.repartition(max(8, min(_MOST_PARTS, len(tables) // 2)), "table_name", "day")
        sorted_lines = together.sortWithinPartitions("table_name", "day")
        return self._lines(sorted_lines.mapInArrow(on_workers(PARTS, "written", rest), DDL))

    def _frame(self, lines: Sequence[Line], parts: int, function: str, given: Given) -> Any:
        with sessions.lost_said(self.master):
            frame = self._session.createDataFrame(_table(lines)).repartition(parts)
            return frame.mapInArrow(on_workers(PARTS, function, given), DDL)

    def _lines(self, frame: Any) -> list[Line]:
        name = "spark.sql.execution.arrow.maxRecordsPerBatch"
        with sessions.lost_said(self.master):
            before = self._session.conf.get(name)
            self._session.conf.set(name, _LINES_A_BATCH)
            try:
                with stages.told(self._session, self._tell, is_remote=is_remote(self.master)):
                    rows = frame.toArrow()
            except Exception as error:
                if is_lost(error):
                    raise
                raise TelltaleError(
                    f"{self.words}: a worker failed, {_cause(error)}; nothing of these days was changed, run it again"
                ) from error
            finally:
                with suppress(Exception):  # where Spark is gone, that is said already
                    self._session.conf.set(name, before)
        return list(rows.to_pylist())


def _table(lines: Sequence[Line]) -> pa.Table:
    usual = {"kind": "", "table_name": "", "day": 0, "payload": b""}
    return pa.Table.from_pylist([{**usual, **each} for each in lines], schema=LINES)


def _cause(error: Exception) -> str:
    """What went wrong in a worker: the last line of its Python, else what Spark says first."""
    said = str(error)
    if "exited unexpectedly" in said or "EOFException" in said:
        return "its Python ended"
    raised = re.findall(
        r"^(?:Caused by: )?(?:\w+\.)*(\w*(?:Error|Exception|Interrupt)\b[^\n]{0,200})$", said, re.MULTILINE
    )
    lines = [line for line in raised if "PythonException" not in line and "SparkException" not in line]
    return (lines[-1] if lines else said.strip().partition("\n")[0][:200]).rstrip(".")
