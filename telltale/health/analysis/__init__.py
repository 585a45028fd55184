"""Health: which devices are heard as they should be, and what of their messages is missing."""

from telltale.health.analysis.attention import attention
from telltale.health.analysis.devices import devices, silences
from telltale.health.analysis.missing import missing
from telltale.health.analysis.rules import RESTING, Rules
from telltale.health.analysis.signals import of_captures, of_pcs, samples, signals
from telltale.health.analysis.sources import sources
from telltale.health.analysis.trends import TrendRules, trends

__all__ = [
    "RESTING",
    "Rules",
    "TrendRules",
    "attention",
    "devices",
    "missing",
    "of_captures",
    "of_pcs",
    "samples",
    "signals",
    "silences",
    "sources",
    "trends",
]
