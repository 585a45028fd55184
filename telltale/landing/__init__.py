"""The landing store: what arrives is durable here before it is acknowledged."""

from telltale.landing.memory import recall, remember, revise
from telltale.landing.refused import RefusedRow, purge_refused, refused_rows
from telltale.landing.store import Store
from telltale.landing.writer import Landing

__all__ = ["Landing", "RefusedRow", "Store", "purge_refused", "recall", "refused_rows", "remember", "revise"]
