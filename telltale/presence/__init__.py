"""`tt.presence`: visits, figures, occupancy, moves and nodes of sites whose Wi-Fi hears devices."""

from typing import TYPE_CHECKING

from telltale.lazy import lazily

if TYPE_CHECKING:
    from telltale.presence import cards as cards
    from telltale.presence import charts as charts
    from telltale.presence.answers import answers as answers
    from telltale.presence.calls import dwell_bands as dwell_bands
    from telltale.presence.calls import excluded as excluded
    from telltale.presence.calls import figures as figures
    from telltale.presence.calls import known_since as known_since
    from telltale.presence.calls import moves as moves
    from telltale.presence.calls import node_uptime as node_uptime
    from telltale.presence.calls import occupancy as occupancy
    from telltale.presence.calls import returning as returning
    from telltale.presence.calls import summary as summary
    from telltale.presence.calls import visits as visits
    from telltale.presence.calls import why_unavailable as why_unavailable
    from telltale.presence.calls import zones as zones
    from telltale.presence.evidence import compared as compared
    from telltale.presence.evidence import gaps as gaps
    from telltale.presence.evidence import lengths_of_stay as lengths_of_stay
    from telltale.presence.evidence import node_states as node_states
    from telltale.presence.evidence import sites as sites
    from telltale.presence.stations import count_sightings as count_sightings
    from telltale.presence.stations import last_seen as last_seen
    from telltale.presence.stations import nodes_that_heard as nodes_that_heard
    from telltale.presence.stations import sample as sample
    from telltale.presence.stations import sightings as sightings

__all__ = [
    "answers",
    "cards",
    "charts",
    "compared",
    "count_sightings",
    "dwell_bands",
    "excluded",
    "figures",
    "gaps",
    "known_since",
    "last_seen",
    "lengths_of_stay",
    "moves",
    "node_states",
    "node_uptime",
    "nodes_that_heard",
    "occupancy",
    "returning",
    "sample",
    "sightings",
    "sites",
    "summary",
    "visits",
    "why_unavailable",
    "zones",
]

__getattr__, __dir__ = lazily(
    __name__,
    {
        "answers": "answers",
        "cards": "",
        "charts": "",
        "compared": "evidence",
        "count_sightings": "stations",
        "dwell_bands": "calls",
        "excluded": "calls",
        "figures": "calls",
        "gaps": "evidence",
        "known_since": "calls",
        "last_seen": "stations",
        "lengths_of_stay": "evidence",
        "moves": "calls",
        "node_states": "evidence",
        "node_uptime": "calls",
        "nodes_that_heard": "stations",
        "occupancy": "calls",
        "returning": "calls",
        "sample": "stations",
        "sightings": "stations",
        "sites": "evidence",
        "summary": "calls",
        "visits": "calls",
        "why_unavailable": "calls",
        "zones": "calls",
    },
    asked_by="telltale.workbench.on_engine",
)
