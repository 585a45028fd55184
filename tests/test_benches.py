"""Every bench runs to its end: nothing else of the suite would notice one that the code has left behind."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.__main__ import BENCHES


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", BENCHES)
def test_a_bench_runs_to_its_end_and_notes_figures(name: str, tmp_path: Path) -> None:
    seen = tmp_path / "seen.json"
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--quick", "--json", str(seen), name],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(seen.read_text())[name], "it noted nothing"
