"""What stands behind the library and is found by name: collectors, and the commands that open a device's wire.

They import the library, never the other way round: pyproject.toml lists them as entry points of this very package.
"""

from importlib.metadata import distribution
from typing import Any

from telltale.contract import ConfigError


def registered(group: str, name: str) -> Any:
    """What `telltale.<group>` of the package's entry points has under a name.

    Raises:
        ConfigError: nothing, since the package was installed before it came.
    """
    points = distribution("telltale").entry_points.select(group=f"telltale.{group}", name=name)
    for point in points:
        return point.load()
    raise ConfigError(
        f'no "{name}" among the installed {group}; install telltale again: make setup, or pip install -e .'
    )
