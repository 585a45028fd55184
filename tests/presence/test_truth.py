"""From the simulator's bytes through decoder, pseudonyms and analysis, the figures are exactly what it knew."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from telltale.analysis import periods
from telltale.arrow import Tables
from telltale.contract import Raw, Scenario, Secrets, SourceSettings
from telltale.engine import DuckEngine, Parts
from telltale.pipeline.batch import decoder
from telltale.presence.analysis.figures import figures
from telltale.presence.analysis.visits import visits
from telltale.privacy import Keys, Lists, Pseudonymizer
from telltale.settings import SiteSettings
from telltale.sources import source
from telltale.tables import NODE_HEARTBEAT, PRESENCE_DAY, SIGHTING

CLOUDTRAX = source("cloudtrax")
SETTINGS = SourceSettings({}, Secrets({"71234": "telltale"}))
ZONE = "Europe/Berlin"
OUTAGES = Scenario(11, 1_794_438_000, 1_794_438_000 + 2 * 86_400, ZONE)
"""Thursday 12 and Friday 13 November 2026: a night gap, three silent nodes, a clock that is not set."""
SHORT_DAY = Scenario(12, 1_774_738_800, 1_774_738_800 + 23 * 3600, ZONE)
"""Sunday 29 March 2026, when the clocks go forward."""


@pytest.mark.parametrize("scenario", [OUTAGES, SHORT_DAY], ids=["outages", "short day"])
def test_analysis_finds_what_the_simulator_knew(scenario: Scenario, tmp_path: Path) -> None:
    truth = CLOUDTRAX.truth(scenario, SETTINGS)
    lists = Lists(tmp_path)
    for name in ("staff", "fixed"):
        for address in truth[name]:
            lists.add(name, address)
    tables = decoded(scenario, Keys(tmp_path), lists)
    found = day_figures(scenario, tables)
    names = ("seen", "visitors", "passers_by", "visits", "bounced", "dwell_median_s")
    expected = {
        (day, kind): tuple(told["figures"][kind][name] for name in names)
        for day, told in truth["days"].items()
        for kind in ("global", "local", "all")
    }
    assert {key: tuple(row[name] for name in names) for key, row in found.items()} == expected


def decoded(scenario: Scenario, keys: Keys, lists: Lists) -> Tables:
    site = SiteSettings(timezone=ZONE)
    emissions = CLOUDTRAX.simulate(scenario, SETTINGS)
    raws = [Raw(number, "cloudtrax", one.at, "", "{}", one.body) for number, one in enumerate(emissions, 1)]
    return decoder(Pseudonymizer(keys, lists, lambda _: site), lambda _: {})("cloudtrax", raws)


def day_figures(scenario: Scenario, tables: Tables) -> dict[tuple[str, str], dict[str, object]]:
    engine, end_us = DuckEngine(), scenario.end_s * 1_000_000
    sightings = engine.table(SIGHTING, Parts((), (), tables["sighting"]))
    heartbeats = engine.table(NODE_HEARTBEAT, Parts((), (), tables["node_heartbeat"]))
    days: pa.Table = periods.days(ZONE, scenario.start_s * 1_000_000, end_us)
    found = figures(engine, visits(engine, sightings), heartbeats, days, table=PRESENCE_DAY, until_us=end_us)
    return {(local_date(row["day"]), row["address_kind"]): row for row in found.arrow().to_pylist()}


def local_date(moment: datetime) -> str:
    return str(moment.astimezone(ZoneInfo(ZONE)).date())
