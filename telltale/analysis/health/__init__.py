"""Health: which devices are heard as they should be, and what of their messages is missing."""

from telltale.analysis.health.attention import attention
from telltale.analysis.health.devices import devices, silences
from telltale.analysis.health.missing import missing
from telltale.analysis.health.rules import RESTING, Rules
from telltale.analysis.health.signals import as_sources, of_pcs, samples, signals

__all__ = [
    "RESTING",
    "Rules",
    "as_sources",
    "attention",
    "devices",
    "missing",
    "of_pcs",
    "samples",
    "signals",
    "silences",
]
