"""A file that something touches whenever there is input: for desktops no other way knows, and to play a person.

The idle time is the age of the file's last change. Tried on Linux.
"""

import time
from pathlib import Path

from collectors.idle.backend import Unavailable


def connect(path: str) -> "Touched":
    """Watch a file.

    Raises:
        Unavailable: no file is named, or it is not there.
    """
    if not path:
        raise Unavailable("[idle] file names no file")
    touched = Touched(Path(path))
    touched.idle_s()
    return touched


class Touched:
    """The age of a file's last change."""

    name = "file"

    def __init__(self, path: Path) -> None:
        self._path = path

    def idle_s(self) -> float:
        """Seconds since the file was touched.

        Raises:
            Unavailable: the file is gone.
        """
        try:
            return max(0.0, time.time() - self._path.stat().st_mtime)
        except OSError as error:
            raise Unavailable(f"{self._path}: {error.strerror}") from error

    def close(self) -> None:
        """Nothing is held."""
