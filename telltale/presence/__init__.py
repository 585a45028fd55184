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
    from telltale.presence.stations import count_sightings as count_sightings
    from telltale.presence.stations import last_seen as last_seen
    from telltale.presence.stations import nodes_that_heard as nodes_that_heard
    from telltale.presence.stations import sample as sample
    from telltale.presence.stations import sightings as sightings

__all__ = [
    "answers",
    "cards",
    "charts",
    "count_sightings",
    "dwell_bands",
    "excluded",
    "figures",
    "known_since",
    "last_seen",
    "moves",
    "node_uptime",
    "nodes_that_heard",
    "occupancy",
    "returning",
    "sample",
    "sightings",
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
        "count_sightings": "stations",
        "dwell_bands": "calls",
        "excluded": "calls",
        "figures": "calls",
        "known_since": "calls",
        "last_seen": "stations",
        "moves": "calls",
        "node_uptime": "calls",
        "nodes_that_heard": "stations",
        "occupancy": "calls",
        "returning": "calls",
        "sample": "stations",
        "sightings": "stations",
        "summary": "calls",
        "visits": "calls",
        "why_unavailable": "calls",
        "zones": "calls",
    },
)
