"""Names that one process at a time may hold: one agent for a PC, one program for a modem's port."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from telltale.contract import ConfigError
from telltale.lockfile import Held, hold


@contextmanager
def only_one(folder: Path, name: str) -> Iterator[None]:
    """Hold a name until the end of the block; the system lets it go with the process, however that ends.

    Raises:
        ConfigError: another process holds it.
    """
    # Readable, and different for names that differ only in what a file name cannot hold.
    plain = f"{re.sub(r'[^A-Za-z0-9.-]+', '_', name).strip('_')[:60]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
    try:
        file = hold(folder / f"{plain}.lock")
    except Held as error:
        raise ConfigError(f"{name} is used by another process ({error.holder}); stop that one first") from error
    with file:
        yield
