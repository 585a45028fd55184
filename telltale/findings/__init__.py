"""Sentences computed from figures: titles by a rule with a neutral fallback, notes that name what is left out.

A finding never claims a cause, at most an order in time, and says nothing where the data do not bear it.
"""

from telltale.findings import notes
from telltale.findings.conditions import (
    consumption_table,
    consumption_title,
    episodes_table,
    episodes_title,
    kinetic_table,
    kinetic_title,
    overdue_table,
    overdue_title,
    trends_table,
    trends_title,
)
from telltale.findings.devices import (
    devices_table,
    devices_title,
    health_sentence,
    health_text,
    health_tiles,
    interval_note,
    records_footer,
    silent_devices,
    sources_table,
)
from telltale.findings.frames import completeness_title, frames_sentence, frames_tiles
from telltale.findings.ingest import (
    arrivals_title,
    ingest_sentence,
    ingest_tiles,
    lateness_title,
    nodes_table,
    rejects_table,
)
from telltale.findings.messages import messages_sentence, messages_tiles, messages_title, promptness_title
from telltale.findings.overview import (
    nodes_tile,
    presence_footer,
    presence_sentence,
    presence_tiles,
    value_and_unit,
)
from telltale.findings.presence import (
    busiest_day,
    busiest_hour,
    busiest_paths,
    comes_in,
    lengths_of_stay,
    visits_overall,
)
from telltale.findings.sensor_figures import (
    due_note,
    excursions_table,
    gaps_note,
    sensor_tiles,
    sensors_table,
    timing_note,
)
from telltale.findings.sensors import (
    excursions_title,
    limit_concerns,
    limits_sentence,
    limits_title,
    missing_title,
    outside_title,
    sensor_sentence,
)
from telltale.findings.today import against_band

__all__ = [
    "against_band",
    "arrivals_title",
    "busiest_day",
    "busiest_hour",
    "busiest_paths",
    "comes_in",
    "completeness_title",
    "consumption_table",
    "consumption_title",
    "devices_table",
    "devices_title",
    "due_note",
    "episodes_table",
    "episodes_title",
    "excursions_table",
    "excursions_title",
    "frames_sentence",
    "frames_tiles",
    "gaps_note",
    "health_sentence",
    "health_text",
    "health_tiles",
    "ingest_sentence",
    "ingest_tiles",
    "interval_note",
    "kinetic_table",
    "kinetic_title",
    "lateness_title",
    "lengths_of_stay",
    "limit_concerns",
    "limits_sentence",
    "limits_title",
    "messages_sentence",
    "messages_tiles",
    "messages_title",
    "missing_title",
    "nodes_table",
    "nodes_tile",
    "notes",
    "outside_title",
    "overdue_table",
    "overdue_title",
    "presence_footer",
    "presence_sentence",
    "presence_tiles",
    "promptness_title",
    "records_footer",
    "rejects_table",
    "sensor_sentence",
    "sensor_tiles",
    "sensors_table",
    "silent_devices",
    "sources_table",
    "timing_note",
    "trends_table",
    "trends_title",
    "value_and_unit",
    "visits_overall",
]
