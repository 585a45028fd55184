"""The landing store: what arrives is durable here before it is acknowledged."""

from telltale.landing.clocks import HostClock, Look, Uptime, host_clocks, uptime
from telltale.landing.expiry import Expiry
from telltale.landing.memory import recall, remember, revise
from telltale.landing.presence_keys import NotedKey, PresenceKeys
from telltale.landing.refused import (
    TOO_MANY,
    RefusedCount,
    RefusedRow,
    purge_refused,
    purge_refused_ahead,
    refused_ahead,
    refused_counts,
    refused_rows,
)
from telltale.landing.reports import ReportAge, report_ages
from telltale.landing.spool import Spool, Waiting, spool_files, spools_in
from telltale.landing.spooling import Spooled, Spooling
from telltale.landing.store import Store
from telltale.landing.versions import Version, note, versions_at
from telltale.landing.writer import Landing

__all__ = [
    "TOO_MANY",
    "Expiry",
    "HostClock",
    "Landing",
    "Look",
    "NotedKey",
    "PresenceKeys",
    "RefusedCount",
    "RefusedRow",
    "ReportAge",
    "Spool",
    "Spooled",
    "Spooling",
    "Store",
    "Uptime",
    "Version",
    "Waiting",
    "host_clocks",
    "note",
    "purge_refused",
    "purge_refused_ahead",
    "recall",
    "refused_ahead",
    "refused_counts",
    "refused_rows",
    "remember",
    "report_ages",
    "revise",
    "spool_files",
    "spools_in",
    "uptime",
    "versions_at",
]
