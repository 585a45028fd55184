"""`tt.health`: every device of every source, late or silent, what arrived, and the messages that were lost."""

from typing import TYPE_CHECKING

from telltale.lazy import lazily

if TYPE_CHECKING:
    from telltale.health import cards as cards
    from telltale.health import charts as charts
    from telltale.health.answers import answers as answers
    from telltale.health.arrived import arrived as arrived
    from telltale.health.calls import attention as attention
    from telltale.health.calls import devices as devices
    from telltale.health.calls import heard as heard
    from telltale.health.calls import missing as missing
    from telltale.health.calls import rejects as rejects
    from telltale.health.calls import sources_heard as sources_heard

__all__ = [
    "answers", "arrived", "attention", "cards", "charts", "devices", "heard", "missing", "rejects", "sources_heard",
]  # fmt: skip

_CALLS = dict.fromkeys(("attention", "devices", "heard", "missing", "rejects", "sources_heard"), "calls")
__getattr__, __dir__ = lazily(
    __name__, _CALLS | {"answers": "answers", "arrived": "arrived", "cards": "", "charts": ""}
)
