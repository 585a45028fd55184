"""`tt.presence`: visits, figures, occupancy, moves and nodes of sites whose Wi-Fi hears devices."""

from typing import TYPE_CHECKING

from telltale.lazy import lazily

if TYPE_CHECKING:
    from telltale.presence import charts as charts
    from telltale.presence.calls import bands as bands
    from telltale.presence.calls import days as days
    from telltale.presence.calls import hours as hours
    from telltale.presence.calls import moves as moves
    from telltale.presence.calls import nodes as nodes
    from telltale.presence.calls import noise as noise
    from telltale.presence.calls import occupancy as occupancy
    from telltale.presence.calls import returning as returning
    from telltale.presence.calls import summary as summary
    from telltale.presence.calls import visits as visits
    from telltale.presence.calls import zones as zones
    from telltale.presence.stations import last_seen as last_seen
    from telltale.presence.stations import nodes_seen as nodes_seen
    from telltale.presence.stations import sample as sample
    from telltale.presence.stations import sightings as sightings

__all__ = [
    "bands",
    "charts",
    "days",
    "hours",
    "last_seen",
    "moves",
    "nodes",
    "nodes_seen",
    "noise",
    "occupancy",
    "returning",
    "sample",
    "sightings",
    "summary",
    "visits",
    "zones",
]

__getattr__, __dir__ = lazily(
    __name__,
    {
        "bands": "calls",
        "charts": "",
        "days": "calls",
        "hours": "calls",
        "last_seen": "stations",
        "moves": "calls",
        "nodes": "calls",
        "nodes_seen": "stations",
        "noise": "calls",
        "occupancy": "calls",
        "returning": "calls",
        "sample": "stations",
        "sightings": "stations",
        "summary": "calls",
        "visits": "calls",
        "zones": "calls",
    },
)
