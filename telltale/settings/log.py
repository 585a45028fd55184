"""`[log]`: how much the long-running commands say."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import ConfigDict, Field, model_validator

from telltale.settings.section import Section

Level = Literal["debug", "info", "warning", "error"]
_OURS = "telltale"

LOG_TOML = """\
[log]                          # what the long-running commands say; telltale up keeps it in data/logs
# level = "info"               # debug, info, warning, error
# "telltale.coap" = "debug"    # another level for one part, by the name of its logger
# "telltale.packets" = "error" # no line for each packet
# "telltale.readings" = "error" # nor for what sensors measured and buttons pressed
"""


class LogSettings(Section):
    """The level of everything, and those of single modules.

    Only telltale's own modules can be named: what a library says at a low level may quote records, and the database's
    library the parameters of its statements.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Level] = Field(init=False)

    level: Level = "info"

    @model_validator(mode="before")
    @classmethod
    def _by_name(cls, values: Any) -> Any:
        """Without its quotes, `telltale.coap = "debug"` is a table in a table to TOML; both are understood."""
        if not isinstance(values, Mapping):
            return values
        named = dict(_named(values))
        for name in named:
            if name not in ("level", _OURS) and not name.startswith(f"{_OURS}."):
                raise ValueError(f'level, or a module of telltale such as "telltale.coap", and not "{name}"')
        return named

    @property
    def modules(self) -> Mapping[str, Level]:
        """The levels of single modules, by name."""
        return self.__pydantic_extra__


def _named(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _named(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value
