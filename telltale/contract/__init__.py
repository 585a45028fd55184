"""What crosses the rooms: raw records, requests, replies, decoded chunks, sources, and the errors.

Standard library only. A collector turns a packet into a `Request`; the door asks the source's `accept` for a
`Reply` and keeps a `Raw`; the pipeline hands each `Raw` to the source's `decode`, which yields `Chunk`s and
`Reject`s.
"""

from telltale.contract.addresses import Answer, Interface, Proof, Route
from telltale.contract.errors import ConfigError, DecodeError, Refused, StoreError, TelltaleError, did_you_mean
from telltale.contract.messages import Known, Memory, Raw, Reply, Request
from telltale.contract.rows import SECOND_US, Bulk, Chunk, Limits, Many, Reject, Runs, Scaled, Shortened
from telltale.contract.simulated import SIMULATED_HEADER, SIMULATED_OPTION, Emission, Scenario
from telltale.contract.source import (
    Numbering,
    Options,
    Order,
    Orders,
    Pending,
    Remedy,
    Secrets,
    Source,
    SourceSettings,
    Transport,
)

__all__ = [
    "SECOND_US",
    "SIMULATED_HEADER",
    "SIMULATED_OPTION",
    "Answer",
    "Bulk",
    "Chunk",
    "ConfigError",
    "DecodeError",
    "Emission",
    "Interface",
    "Known",
    "Limits",
    "Many",
    "Memory",
    "Numbering",
    "Options",
    "Order",
    "Orders",
    "Pending",
    "Proof",
    "Raw",
    "Refused",
    "Reject",
    "Remedy",
    "Reply",
    "Request",
    "Route",
    "Runs",
    "Scaled",
    "Scenario",
    "Secrets",
    "Shortened",
    "Source",
    "SourceSettings",
    "StoreError",
    "TelltaleError",
    "Transport",
    "did_you_mean",
]
