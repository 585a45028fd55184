"""One `telltale up` and one `telltale upkeep` for a project: no two listen at the same ports or do the same jobs.

Collectors may be several: hosts that share a store on PostgreSQL each have a data folder, and a lock, of their own.
What a lock is worth on a network file system: `telltale.lockfile`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from telltale.contract import ConfigError
from telltale.lockfile import Held, hold
from telltale.settings import Settings


@contextmanager
def only_one(settings: Settings, command: Literal["up", "upkeep"]) -> Iterator[None]:
    """Be the only one of this command in this project until the end of the block.

    Raises:
        ConfigError: another one runs; names its process.
    """
    try:
        file = hold(settings.data / f"{command}.lock")
    except Held as error:
        raise ConfigError(
            f"telltale {command} already runs here ({settings.root}), {error.holder}; stop that one first"
        ) from error
    with file:
        yield
