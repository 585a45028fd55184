"""A session of Spark: where it may be, what is missing for it in one sentence, and what goes to its workers."""

import os
import subprocess
import sys
import traceback
from pathlib import Path

import pyarrow as pa
import pytest

import telltale as tt
from telltale.analysis.levels import with_levels
from telltale.contract import ConfigError
from telltale.engine import session
from telltale.engine.spark import _known_types, _literal, _no_rows, _of_hadoop, _on_workers
from telltale.net import free_port
from telltale.settings import load
from telltale.workbench.project import Project
from tests.lake_fixture import write_settings

REMEDY = r"expected 17 or newer; apt-get install openjdk-17-jre-headless on Debian, set JAVA_HOME"


def java(folder: Path, said: str) -> Path:
    """A folder whose `bin/java` says it is of some version."""
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho '{said}' >&2\n")
    program.chmod(0o755)
    return folder


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        ('openjdk version "11.0.2" 2019-01-15', "Java is 11"),
        ('java version "1.8.0_401"', "Java is 8"),
        ("no such thing", "Java is no such thing"),
    ],
)
def test_a_java_that_is_too_old_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, seen: str) -> None:
    monkeypatch.setenv("JAVA_HOME", str(java(tmp_path, said)))
    with pytest.raises(ConfigError, match=rf'\[engine\] spark = "local\[2\]": {seen}, {REMEDY}'):
        session.session("local[2]")


def test_a_java_that_is_missing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "Java is missing, expected 17 or newer" in str(session.problem("local[2]"))
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert f"Java is not in JAVA_HOME ({tmp_path})" in str(session.problem("local[2]"))
    assert "nothing answers there" in str(session.problem("sc://127.0.0.1:1/;token=hush"))
    assert "hush" not in str(session.problem("sc://127.0.0.1:1/;token=hush"))


def test_a_java_that_fits_is_no_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(java(tmp_path, 'openjdk version "17.0.15" 2025-04-15')))
    assert session.problem("local[2]") is None


@pytest.mark.parametrize("master", ["local[2]", "local[*]", "local-cluster[2,1,1024]"])
def test_java_beside_the_process_saves_memory(master: str) -> None:
    assert session._of_size(master, "2g", "/f")["spark.driver.extraJavaOptions"] == (
        "-Djava.io.tmpdir=/f -XX:+UseSerialGC"
    )


@pytest.mark.parametrize(
    ("master", "host"),
    [("local[2]", "127.0.0.1"), ("local-cluster[2,1,1024]", "127.0.0.1"), ("spark://a:7077", None)],
)
def test_only_workers_on_this_machine_call_back_on_loopback(master: str, host: str | None) -> None:
    settings = {**session.OF_A_DRIVER, **session._of_size(master, "2g", "/f")}
    assert (settings.get("spark.driver.host"), settings.get("spark.driver.bindAddress")) == (host, host)


@pytest.mark.parametrize(
    ("master", "before", "after"),
    [
        ("spark://a:7077", "/opt/python3.11", "/opt/python3.11"),
        ("spark://a:7077", None, sys.executable),
        ("local[2]", "/opt/python3.11", sys.executable),
    ],
)
def test_the_python_of_a_clusters_workers_is_the_users(
    monkeypatch: pytest.MonkeyPatch, master: str, before: str | None, after: str
) -> None:
    monkeypatch.setenv("PYSPARK_PYTHON", before or "")
    if before is None:
        monkeypatch.delenv("PYSPARK_PYTHON")
    session._name_python(master)
    assert os.environ["PYSPARK_PYTHON"] == after


def test_the_driver_of_a_cluster_keeps_the_collector_of_java() -> None:
    assert session._of_size("spark://a:7077", "2g", "/f")["spark.driver.extraJavaOptions"] == "-Djava.io.tmpdir=/f"


@pytest.mark.parametrize("version", ["3.5.8", "4.1.2", "5.0.0"])
def test_a_client_that_does_not_fit_is_said(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    monkeypatch.setattr("pyspark.__version__", version)
    assert session.problem("sc://127.0.0.1:1") == (
        f'[engine] spark = "sc://127.0.0.1:1": pyspark is {version}, expected 4.2 or 4.3; run: '
        "pip install 'telltale[spark]'"
    )


def test_a_server_that_does_not_fit_is_said() -> None:
    with pytest.raises(ConfigError, match=r"the server is Spark 3\.5\.8 and the client here 4\.\d\.\d, expected 4\.2"):
        session._checked_server("sc://127.0.0.1:1", "3.5.8")


@pytest.mark.parametrize("module", ["pyspark", "grpc_status", "zstandard"])
def test_a_package_that_is_missing_is_said(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    assert "is not installed here; run: pip install 'telltale[spark]'" in str(session.problem("sc://127.0.0.1:1"))


@pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas")
def test_a_server_that_is_not_there_is_said() -> None:
    master = f"sc://127.0.0.1:{free_port('127.0.0.1', 0)}"
    with pytest.raises(session.SparkLost, match=r"nothing answers there; start the server, then ask again"):
        session.session(master)


def test_spark_is_asked_only_where_it_is_set(tmp_path: Path) -> None:
    project = Project(write_settings(tmp_path))
    with pytest.raises(ConfigError, match=r"telltale\.toml \[engine\] spark is not set: expected where Spark is"):
        tt.on("spark", project=project).load("uplink")
    with pytest.raises(ConfigError, match='engine "sparc": expected one of duckdb, spark'):
        tt.on("sparc", project=project)
    with pytest.raises(ConfigError, match="is not set"):
        tt.load("uplink", engine="spark", project=project)


@pytest.mark.parametrize("master", ["local", "local[0x2]", "http://a", "sc://", "yarn"])
def test_where_spark_cannot_be_is_said(tmp_path: Path, master: str) -> None:
    with pytest.raises(ConfigError, match=r"\[engine\] spark = .*expected .*local\[2\]"):
        load(write_settings(tmp_path, more=f'[engine]\nspark = "{master}"\n'))


@pytest.mark.parametrize("master", ["sc://host:1x", "sc://host:99999", "spark://a:7077,b:0"])
def test_a_port_that_is_none_is_said(tmp_path: Path, master: str) -> None:
    expected = r"expected a port from 1 to 65535 behind the host"
    with pytest.raises(ConfigError, match=rf'^telltale\.toml \[engine\] spark = "[^"]*": {expected}$'):
        load(write_settings(tmp_path, more=f'[engine]\nspark = "{master}"\n'))
    assert str(session.problem(master)).endswith(f"{expected}; correct it in telltale.toml")
    with pytest.raises(ConfigError, match=expected):
        session.session(master)


@pytest.mark.parametrize(
    "setting",
    [
        'spark = "sc:/host/;token=hush"',
        'spark = "sc://host/;hush"',
        'spark = "sc://host:1x/;token=hush"',
        'spark = "http://user:hush@host"',
        'spark = ["sc://host/;token=hush"]',
        'spark = {token = "hush"}',
        'memory = "sc://host/;token=hush"',
    ],
)
def test_no_token_is_in_what_is_said_of_a_setting(tmp_path: Path, setting: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(write_settings(tmp_path, more=f"[engine]\n{setting}\n"))
    assert "hush" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas")
@pytest.mark.parametrize("more", ["/;token=hush==", ";token=hush", "/;token=a/hush", "/;token=hush;use_ssl"])
def test_no_token_is_in_what_is_said_of_a_server(more: str) -> None:
    master = f"sc://127.0.0.1:{free_port('127.0.0.1', 0)}{more}"
    with pytest.raises((ConfigError, session.SparkLost)) as caught:
        session.session(master)
    assert "hush" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("master", ["", "local[*]", "local-cluster[2,1,1024]", "spark://a:7077", "sc://a:1/;token=b"])
def test_where_spark_may_be(tmp_path: Path, master: str) -> None:
    assert load(write_settings(tmp_path, more=f'[engine]\nspark = "{master}"\n')).engine.spark == master


def test_an_object_and_a_block_ask_one_engine(tmp_path: Path) -> None:
    project = Project(write_settings(tmp_path), runs_on="spark")
    duck = tt.on("duckdb", project=project)
    assert len(duck.load("uplink")) == 0
    with duck:
        assert len(tt.sql("select * from uplink")) == 0
        assert repr(tt.at("1h").project) == repr(project)
    assert {"load", "presence", "at"} < set(dir(duck))
    assert "on" not in dir(duck)
    with pytest.raises(AttributeError, match=r"tt\.on\('duckdb'\) has no 'superseded'"):
        duck.superseded  # noqa: B018 - it is asked for


def test_another_engine_is_asked_about_the_moment_that_is_held(tmp_path: Path) -> None:
    moments = iter(range(10**15, 10**16, 10**6))
    project = Project(write_settings(tmp_path), now=lambda: next(moments), runs_on="spark")
    with project.at_one_moment() as view:
        other = tt.on("duckdb", project=project).project
        assert other.now_us() == other.now_us() == view.now_us
        assert other.view().snapshot is view.snapshot


def test_a_kernel_goes_to_workers_that_have_no_telltale() -> None:
    """What it names of telltale goes with it; pyarrow and numpy are there."""
    on_part = _on_workers(with_levels, pa.schema([]))
    packed = next(cell.cell_contents for cell in on_part.__closure__ or () if isinstance(cell.cell_contents, bytes))
    code = "import pickle, sys; sys.modules['telltale'] = None; print(pickle.loads(sys.stdin.buffer.read()).__name__)"
    done = subprocess.run([sys.executable, "-c", code], input=packed, capture_output=True, timeout=120, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, b"with_levels"), done.stderr.decode()


@pytest.mark.parametrize(
    ("value", "written"),
    [("it's", r"'it\'s'"), ("a\\d", r"'a\\d'"), (1, "cast(1 as bigint)"), (None, "null"), (True, "true")],
)
def test_values_are_literals_of_spark(value: str | int | None, written: str) -> None:
    assert _literal(value) == written


def test_paths_are_no_patterns() -> None:
    assert _of_hadoop("/a[b]/{c}*/it's.parquet") == r"/a\[b\]/\{c\}\*/it's.parquet"
    assert _of_hadoop("s3://bucket/a") == "s3a://bucket/a"


def test_rows_are_of_types_that_spark_has() -> None:
    rows = pa.table(
        {
            "a": pa.array(["x", None]).dictionary_encode(),
            "b": pa.nulls(2),
            "c": pa.array([1, 2], pa.timestamp("ms")),
            "d": pa.array(["x", "y"], pa.large_string()),
        }
    )
    kinds = [pa.string(), pa.string(), pa.timestamp("us", "UTC"), pa.string()]
    assert _known_types(rows).schema.types == kinds


def test_no_rows_are_a_text_with_their_types() -> None:
    kinds = pa.schema([("n", pa.int64()), ("at", pa.timestamp("us", "UTC")), ("of", pa.list_(pa.string()))])
    assert _no_rows(kinds) == (
        "select cast(null as bigint) as `n`, cast(null as timestamp) as `at`, cast(null as array<string>) as `of` "
        "where false"
    )
