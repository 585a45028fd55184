"""Which calls can be compared: what names a row in all their answers, what is counted, what is drawn."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from telltale.analysis.publish import COUNTS
from telltale.contract import ConfigError

AS_SET = "as set"
"""What is called so is the answer without any change."""
CHOICE = "choice"
"""The column that says what was tried."""


class Measures(NamedTuple):
    """How the answers of a call stand beside each other."""

    key: tuple[str, ...]
    """The columns that name a row."""
    drawn: str
    """The column that is drawn unless another is asked for."""
    devices: tuple[str, ...] = ()
    """Columns that count people's devices or their visits: no two of them may be a few apart."""
    group: tuple[str, ...] = ()
    """The columns that name cells that add up."""


CALLS: Mapping[str, Measures] = {
    "presence.figures": Measures(("site", "label", "address_kind"), "visitors", COUNTS, ("site", "label")),
    "presence.dwell_bands": Measures(("site", "address_kind", "band"), "visits", ("visits", "devices"), ("site",)),
    "sensors.minutes_outside": Measures(("device_id", "channel", "quantity", "label"), "outside_s"),
    "sensors.days_outside": Measures(("label",), "outside_s"),
    "sensors.excursions": Measures(("device_id", "channel", "quantity", "side", "crossed_at"), "outside_s"),
    "kanban.items": Measures(("item",), "risk"),
    "kanban.rates": Measures(("item", "label"), "pulls"),
    "kanban.weeks": Measures(("item", "label"), "pulls"),
    "kanban.risks": Measures(("item", "cards"), "risk"),
    "kanban.lead_time_summary": Measures(("item",), "mean_days"),
    "kanban.presses": Measures(("device_id", "pressed_at"), "frames"),
}
"""By subject and name. Rows of single people's devices are none: two lists of them tell whom a threshold moves."""


def measures_of(call: Callable[..., Any]) -> tuple[str, Measures]:
    """The name of a call as people write it, and how its answers are compared.

    Raises:
        ConfigError: it is none that can be compared.
    """
    module = getattr(call, "__module__", "") or ""
    name = f"{module.removeprefix('telltale.').removesuffix('.calls')}.{getattr(call, '__name__', '')}"
    if not module.startswith("telltale.") or name not in CALLS:
        listed = ", ".join(f"tt.{each}" for each in CALLS)
        raise ConfigError(
            f"tt.compare: {getattr(call, '__name__', call)!s} cannot be compared; expected one of {listed}"
        )
    return name, CALLS[name]
