"""A session of Spark that reads texts as they are meant: where it is, what it is told, and what is wrong in a sentence.

A master is `local[2]`, `local-cluster[2,1,1024]` or `spark://host:7077`, each with a Java machine that is started here,
or `sc://host:15002`, a server of Spark Connect or of Sail, which needs no Java here. Only what Spark Connect has is
used.

Source: Spark SQL configuration and Spark Connect client, 4.2 and 4.3; why each setting matters: DESIGN section 7.
"""

import atexit
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from telltale.contract import ConfigError, TelltaleError
from telltale.engine import java
from telltale.engine.lost import is_lost, out_of_reach
from telltale.extras import not_installed
from telltale.masters import complaint, for_client, is_here, is_remote, shown, without_secrets

OLDEST_JAVA = 17
"""Source: Spark 4.0 documentation, Overview: Spark runs on Java 17 and 21."""
OLDEST = (4, 2)
NEWEST = (4, 3)
"""The versions of Spark that every call is compared on."""
PORT = 15_002
"""Of a server whose address names none (Source: Spark Connect client connection string)."""
REQUIRED = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",  # what overflows or does not parse is an error, and no null
}
"""Of every session: answers depend on these."""
WISHED = {
    "spark.sql.parquet.inferTimestampNTZ.enabled": "false",
    "spark.sql.sources.parallelPartitionDiscovery.threshold": "100000",  # files are named: no job lists them
}
"""Of every session that may set them: a server that many share keeps some to itself."""
OF_A_DRIVER = {
    "spark.log.level": "ERROR",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
"""Of a Java machine that is started here."""
ON_LOOPBACK = {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}
"""Of one whose workers are here too; those of a cluster call back, to an address that Spark finds in their network."""
_NOISE = ("PySpark does not yet fully support pandas", r"\[RETRIES_EXCEEDED\]")
"""What PySpark warns of and need not: nothing here goes through its pandas, and who does not answer is said."""
_sessions: dict[str, Any] = {}


class SparkLost(TelltaleError):
    """The session, its server or its cluster is gone."""


def session(master: str, *, memory: str = "2g", more: Mapping[str, str] | None = None) -> Any:
    """The session of a master; opened once in a process.

    Args:
        master: where; see above.
        memory: of a Java machine that is started here, such as `2g`.
        more: further settings of one that is started here.

    Raises:
        ConfigError: it is no master, Java or a package is missing or too old, or the server's version does not fit.
        SparkLost: nothing answers there.
    """
    opened = _sessions.get(master)
    if opened is None:
        _checked_master(master)
        _sessions[master] = opened = _connected(master) if is_remote(master) else _started(master, memory, more or {})
    return opened


def stop(master: str) -> None:
    """End the session of a master, and the Java machine that was started for it; it can be opened again."""
    opened = _sessions.pop(master, None)
    if opened is not None:
        opened.stop()


def problem(master: str) -> str | None:
    """Why a session of this master could not be opened, as far as that shows without opening one."""
    try:
        _checked_master(master)
        _checked_packages(master)
        if not is_remote(master):
            _checked_java(master)
    except ConfigError as error:
        return str(error)
    return None if not is_remote(master) or _listens(master) else _lost(master)


@contextmanager
def lost_said(master: str) -> Iterator[None]:
    """Inside the block what tells of a lost session is said in a sentence, and the next question opens a new one.

    Raises:
        SparkLost: it is lost.
        ConfigError: Spark has no way to the files of the lake.
    """
    try:
        yield
    except Exception as error:
        if why := out_of_reach(error):
            raise ConfigError(f'[engine] spark = "{shown(master)}": {why}') from error
        if not is_lost(error):
            raise
        _forget(master)
        raise SparkLost(_lost(master)) from error


def _forget(master: str) -> None:
    """Forget a session that is lost, so that the next question opens one."""
    if is_remote(master):
        _sessions.pop(master, None)
    elif java.is_gone():  # else it is an answer of an older one that was asked on
        _sessions.pop(master, None)
        java.forget()


def _listens(master: str) -> bool:
    at = urlsplit(shown(master))
    try:
        socket.create_connection((at.hostname or "", at.port or PORT), timeout=5).close()
    except (OSError, ValueError):  # ValueError: a host or port that cannot be one
        return False
    return True


def _lost(master: str) -> str:
    if is_remote(master):
        return f'[engine] spark = "{shown(master)}": nothing answers there; start the server, then ask again'
    return f'[engine] spark = "{shown(master)}": Spark has stopped; ask again, and it is started anew'


def _connected(master: str) -> Any:
    _checked_packages(master)
    silence()
    from pyspark.sql.connect.session import SparkSession

    try:
        opened = SparkSession.builder.remote(for_client(master)).create()
        opened.client.set_retry_policies([_patience(master)])
        _set(opened)
        served = str(opened.version)
    except Exception as error:
        if is_lost(error):
            raise SparkLost(_lost(master)) from error
        # Not `from error`: that one may repeat the token, and a traceback would show it.
        raise ConfigError(f'[engine] spark = "{shown(master)}": {_first_line(error, master)}') from None
    _checked_server(master, served)
    return opened


def _patience(master: str) -> Any:
    """A minute for a server that is there and too busy to answer, none for one that is gone; by itself it were ten."""
    from pyspark.sql.connect.client.retries import DefaultPolicy

    class WhereSomebodyListens(DefaultPolicy):
        """Only there is it worth asking again."""

        def can_retry(self, exception: BaseException) -> bool:
            return bool(super().can_retry(exception)) and _listens(master)

    return WhereSomebodyListens(max_retries=16, initial_backoff=200, max_backoff=4_000)


def _started(master: str, memory: str, more: Mapping[str, str]) -> Any:
    _checked_packages(master)
    _checked_java(master)
    from pyspark.sql import SparkSession

    if java.is_gone():
        java.forget()
    if SparkSession.getActiveSession() is not None:
        raise ConfigError(
            f'[engine] spark = "{shown(master)}": another session of Spark runs in this process; stop it, or ask a '
            'server of Spark Connect, spark = "sc://host:port"'
        )
    _name_python(master)
    folder = tempfile.mkdtemp(prefix="telltale-spark-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    builder = SparkSession.builder.master(master).appName("telltale")
    for name, value in {**OF_A_DRIVER, **_of_size(master, memory, folder), **REQUIRED, **WISHED, **more}.items():
        builder = builder.config(name, value)
    silence()
    with _diverted(Path(folder) / "java.log") as log:
        try:
            return builder.getOrCreate()
        except Exception as error:
            said = f"{_first_line(error, master)}; Java says: {without_secrets(master, _last_line(log))}"
            raise ConfigError(f'[engine] spark = "{shown(master)}": {said}') from error


def _name_python(master: str) -> None:
    """Say which Python the workers are, else the first python3 on their path; on other machines the user knows it."""
    if is_here(master):
        os.environ["PYSPARK_PYTHON"] = sys.executable
    else:
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)


def _of_size(master: str, memory: str, folder: str) -> dict[str, str]:
    """What depends on the master: a driver on one machine needs few parts, and its files one folder.

    A kernel's worker holds its whole part: 16 of a core keep it small, and Spark puts small ones together again.
    """
    settings = {
        "spark.driver.memory": memory,
        "spark.driver.maxResultSize": memory,
        "spark.local.dir": folder,
        "spark.sql.warehouse.dir": str(Path(folder) / "warehouse"),
        "spark.driver.extraJavaOptions": f"-Djava.io.tmpdir={folder}",
    }
    if is_here(master):
        settings |= ON_LOOPBACK
        # Beside the process memory is what is short: visits of ten million sightings took 1,936 MB and 62.4 s of CPU
        # with this collector, 2,226 MB and 64.4 s with the one that Java chooses.
        settings["spark.driver.extraJavaOptions"] += " -XX:+UseSerialGC"
    if threads := re.match(r"local(?:-cluster)?\[(\d+)", master):
        settings["spark.sql.shuffle.partitions"] = str(16 * int(threads[1]))
        settings["spark.sql.adaptive.advisoryPartitionSizeInBytes"] = "16m"
    return settings


def _set(opened: Any) -> None:
    for name, value in REQUIRED.items():
        opened.conf.set(name, value)
    for name, value in WISHED.items():
        try:
            opened.conf.set(name, value)
        except Exception as error:
            if is_lost(error):
                raise


def silence() -> None:
    """Let PySpark's warnings of what is meant so be silent, whenever it says them."""
    for message in _NOISE:
        warnings.filterwarnings("ignore", message=message)


@contextmanager
def _diverted(log: Path) -> Iterator[Path]:
    """What a Java machine that is started inside says as long as it lives goes into a file, not to the reader."""
    with log.open("wb") as file:
        kept = os.dup(2)
        os.dup2(file.fileno(), 2)
        try:
            yield log
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def _checked_master(master: str) -> None:
    if expected := complaint(master):
        raise ConfigError(f'[engine] spark = "{shown(master)}": expected {expected}; correct it in telltale.toml')


def _checked_packages(master: str) -> None:
    try:
        import pyspark
    except ImportError as error:
        raise ConfigError(f'[engine] spark = "{shown(master)}": {not_installed("pyspark")}') from error
    here = _numbers(pyspark.__version__)
    if not OLDEST <= here <= NEWEST:
        raise ConfigError(
            f'[engine] spark = "{shown(master)}": pyspark is {pyspark.__version__}, expected 4.2 or 4.3; run: '
            "pip install 'telltale[spark]'"
        )
    if is_remote(master):
        for module, package in (("grpc_status", "grpcio-status"), ("zstandard", "zstandard")):
            try:
                __import__(module)
            except ImportError as error:
                raise ConfigError(
                    f'[engine] spark = "{shown(master)}": {package} is not installed here; run: '
                    "pip install 'telltale[spark]'"
                ) from error
    elif not (Path(pyspark.__file__).parent / "jars").is_dir() and "SPARK_HOME" not in os.environ:
        raise ConfigError(
            f'[engine] spark = "{shown(master)}": only the client of Spark is installed here; run: pip install '
            'pyspark, or ask a server, spark = "sc://host:port"'
        )


def _checked_java(master: str) -> None:
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    remedy = "apt-get install openjdk-17-jre-headless on Debian, set JAVA_HOME elsewhere, or use Sail (docs/spark.md)"
    if java is None or not Path(java).exists():
        where = f"not in JAVA_HOME ({home})" if home else "missing"
        raise ConfigError(
            f'[engine] spark = "{shown(master)}": Java is {where}, expected {OLDEST_JAVA} or newer; {remedy}'
        )
    said = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60, check=False)  # noqa: S603 - Java as the person set it up
    number = re.search(r'version "(?:1\.)?(\d+)', said.stderr + said.stdout)
    if number is None or int(number[1]) < OLDEST_JAVA:
        seen = number[1] if number else _first_line(said.stderr or "of no version", master)
        raise ConfigError(
            f'[engine] spark = "{shown(master)}": Java is {seen}, expected {OLDEST_JAVA} or newer; {remedy}'
        )


def _checked_server(master: str, served: str) -> None:
    if not OLDEST <= _numbers(served) <= NEWEST:
        try:
            client = version("pyspark")
        except PackageNotFoundError:
            client = version("pyspark-client")
        raise ConfigError(
            f'[engine] spark = "{shown(master)}": the server is Spark {served} and the client here {client}, expected '
            "4.2 or 4.3 of both; update the server"
        )


def _numbers(text: str) -> tuple[int, int]:
    major, minor = [*re.findall(r"\d+", text), "0", "0"][:2]
    return int(major), int(minor)


def _first_line(error: object, master: str) -> str:
    return without_secrets(master, str(error).strip().partition("\n")[0])[:300].rstrip(".")


def _last_line(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return next((line for line in reversed(lines) if "rror" in line or "xception" in line), lines[-1] if lines else "")
