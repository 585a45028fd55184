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
    from telltale.health.calls import never_heard as never_heard
    from telltale.health.calls import rejects as rejects
    from telltale.health.calls import silences as silences
    from telltale.health.calls import sources_heard as sources_heard
    from telltale.health.clocks import wrong_clocks as wrong_clocks
    from telltale.health.deliveries import last_day as last_day
    from telltale.health.lateness import lateness as lateness
    from telltale.health.own_clock import host_clock as host_clock
    from telltale.health.refusals import refused as refused
    from telltale.health.spooled import spools as spools
    from telltale.health.trends import batteries as batteries
    from telltale.health.unsent import undelivered as undelivered

__all__ = [
    "answers", "arrived", "attention", "batteries", "cards", "charts", "devices", "heard", "host_clock", "last_day",
    "lateness", "missing", "never_heard", "refused", "rejects", "silences", "sources_heard", "spools",
    "undelivered", "wrong_clocks",
]  # fmt: skip

_CALLS = dict.fromkeys(
    ("attention", "devices", "heard", "missing", "never_heard", "rejects", "silences", "sources_heard"), "calls"
)
_OTHERS = {
    "answers": "answers", "arrived": "arrived", "cards": "", "charts": "", "last_day": "deliveries",
    "wrong_clocks": "clocks", "lateness": "lateness", "host_clock": "own_clock", "batteries": "trends",
    "refused": "refusals", "spools": "spooled", "undelivered": "unsent",
}  # fmt: skip
__getattr__, __dir__ = lazily(__name__, _CALLS | _OTHERS, asked_by="telltale.workbench.on_engine")
