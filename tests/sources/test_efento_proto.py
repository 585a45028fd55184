"""The committed protobuf modules are those of the committed schemas."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "telltale" / "pb"


def test_generated_modules_are_fresh(tmp_path: Path) -> None:
    pytest.importorskip("grpc_tools", reason="no grpcio-tools here: make setup installs it")
    subprocess.run([sys.executable, str(ROOT / "proto" / "generate.py"), str(tmp_path)], check=True)
    generated = {path.relative_to(tmp_path): path for path in tmp_path.rglob("*.py*")}
    committed = {path.relative_to(COMMITTED) for path in COMMITTED.glob("*/*.py*") if path.suffix != ".pyc"}
    assert set(generated) == committed
    for name, path in generated.items():
        assert path.read_text() == (COMMITTED / name).read_text(), f"{name}: run make proto"


def test_generated_modules_need_nothing_on_the_path() -> None:
    for path in COMMITTED.rglob("*_pb2.py"):
        assert not any(line.startswith("import ") and "_pb2" in line for line in path.read_text().splitlines())
