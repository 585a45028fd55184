"""`tt.health`: every device of every source, late or silent, and the messages that were lost."""

from typing import TYPE_CHECKING

from telltale.lazy import lazily

if TYPE_CHECKING:
    from telltale.health import charts as charts
    from telltale.health.calls import devices as devices
    from telltale.health.calls import missing as missing
    from telltale.health.calls import strips as strips

__all__ = ["charts", "devices", "missing", "strips"]

__getattr__, __dir__ = lazily(__name__, {"charts": "", "devices": "calls", "missing": "calls", "strips": "calls"})
