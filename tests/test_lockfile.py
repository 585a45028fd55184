"""A file that one process at a time holds."""

import subprocess
import sys
from pathlib import Path

import pytest

from telltale.lockfile import Held, hold


def test_who_holds_it_is_named(tmp_path: Path) -> None:
    with hold(tmp_path / "a.lock"), pytest.raises(Held, match="is held by another process \\(pid ") as held:
        hold(tmp_path / "a.lock")
    assert held.value.holder.startswith("pid ")
    hold(tmp_path / "a.lock").close()


FULL = """
import resource, signal, sys
from pathlib import Path
from telltale.lockfile import hold
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
hold(Path(sys.argv[1])).close()
print("held")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such limit")
def test_a_full_disk_keeps_nobody_from_holding_it(tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-c", FULL, tmp_path / "a.lock"], capture_output=True, text=True, check=False, timeout=120
    )
    assert (told.stdout, told.stderr) == ("held\n", "")
