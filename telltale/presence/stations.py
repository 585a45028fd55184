"""What the earlier Wi-Fi receiver offered: the newest sightings, where a station was heard, when it was heard last.

A typed address is turned into the pseudonyms it has under the keys that still exist, and goes no further: it is in no
message, no result and no query text. A pseudonym of 16 hex digits, as other tables show it, can be typed as well.

Source: the routes `/`, `/filter`, `/nodes_seen`, `/last_seen` and `/test` of wire/presence.md section 4.
"""

# ruff: noqa: S608 - texts are composed of names and numbers of ours, and of an address that was read as one
import re
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from telltale import address
from telltale.arrow import day_of, utc_day
from telltale.contract import ConfigError, Raw, Scenario, Secrets, SourceSettings
from telltale.engine import Engine, Relation
from telltale.pipeline.batch import decoder
from telltale.presence import kept_days
from telltale.privacy import Keys, Lists, Pseudonymizer
from telltale.privacy.periods import ALWAYS
from telltale.privacy.pseudonyms import Candidate
from telltale.settings import SiteSettings
from telltale.sources import cloudtrax
from telltale.tables import SIGHTING
from telltale.workbench.here import here
from telltale.workbench.project import Project
from telltale.workbench.tidy import tidy
from telltale.workbench.times import DAY, Span, When
from telltale.workbench.view import View, answered, within

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "last_seen, first_seen, site, node_id, device, address_kind, radio, frames, rssi_min_dbm, rssi_avg_dbm, "
    "rssi_max_dbm, rssi_last_dbm, associated, flags, received_at, raw_id"
)
NEWEST = "order by last_seen desc, received_at desc, site, node_id, device, radio, first_seen"
PSEUDONYM = re.compile(r"[0-9a-fA-F]{16}")


class Page(NamedTuple):
    """One page of sightings, newest first, and how many there are in all."""

    rows: pa.Table
    total: int


def sightings(
    limit: int = 100,
    *,
    page: int = 1,
    station: str | None = None,
    node: str | None = None,
    since: When = None,
    until: When = None,
    min_dbm: int | None = None,
    avg_dbm: int | None = None,
    project: Project | None = None,
) -> "pd.DataFrame":
    """The newest sightings, one page of them.

    Args:
        limit: rows of a page.
        page: 1 is the newest.
        station: a station's address in any spelling, or its pseudonym.
        node: the access point's address.
        since: beginning of the stretch; None is everything that is kept.
        until: its end, exclusive.
        min_dbm: only those of which the weakest frame was at least so strong.
        avg_dbm: only those that were so strong on average.
        project: another project than the one found from here.

    Raises:
        ConfigError: limit or page below 1, or an address that is none.
    """
    found = sightings_page(
        project or here(),
        limit=limit,
        page=page,
        station=station,
        node=node,
        since=since,
        until=until,
        min_dbm=min_dbm,
        avg_dbm=avg_dbm,
    )
    return tidy(found.rows)


def count_sightings(
    *,
    station: str | None = None,
    node: str | None = None,
    since: When = None,
    until: When = None,
    project: Project | None = None,
) -> int:
    """How many sightings `sightings` would give on all its pages together."""
    return sightings_page(project or here(), limit=1, station=station, node=node, since=since, until=until).total


def nodes_that_heard(station: str, *, project: Project | None = None) -> "pd.DataFrame":
    """The nodes that heard a station, the latest first.

    Columns: site, node_id, sightings, frames, first_seen, last_seen, rssi_max_dbm.
    """
    return tidy(nodes_that_heard_table(project or here(), station))


def last_seen(station: str, *, project: Project | None = None) -> "pd.DataFrame":
    """The newest sighting of a station as one row; empty where none is kept."""
    return sightings(1, station=station, project=project)


def sample(rows: int = 5) -> "pd.DataFrame":
    """Invented sightings as they would look; nothing is stored and no project is needed."""
    return tidy(sample_rows(rows))


def sightings_page(
    project: Project,
    *,
    limit: int = 100,
    page: int = 1,
    station: str | None = None,
    node: str | None = None,
    since: When = None,
    until: When = None,
    min_dbm: int | None = None,
    avg_dbm: int | None = None,
) -> Page:
    """As `sightings`, without pandas: what the command line prints."""
    if limit < 1 or page < 1:
        raise ConfigError(f"limit {limit}, page {page}: expected 1 or more of both")
    span = None if since is None and until is None else project.span(since, until)
    conditions = [f"node_id = '{_node(node)}'"] if node else []
    conditions += [f"rssi_min_dbm >= {int(min_dbm)}"] if min_dbm is not None else []
    conditions += [f"rssi_avg_dbm >= {int(avg_dbm)}"] if avg_dbm is not None else []
    chosen = f" where {' and '.join(conditions)}" if conditions else ""
    text = f"select {COLUMNS} from sighting{chosen} {NEWEST} limit {limit} offset {(page - 1) * limit}"

    def ask(view: View) -> Page:
        if span is None and not conditions and station is None:
            every = kept_days.days(view)
            newest = kept_days.newest(view, every, page * limit)
            return Page(project.engine.run(text, {"sighting": newest}).arrow(), sum(day.rows for day in every))
        rows = {"sighting": view.table("sighting", span) if station is None else _of_station(view, span, station)}
        total = project.engine.run(f"select count(*) as n from sighting{chosen}", rows).arrow()
        return Page(project.engine.run(text, rows).arrow(), total["n"][0].as_py())

    return answered(project, ask)


def nodes_that_heard_table(project: Project, station: str) -> pa.Table:
    """As `nodes_that_heard`, without pandas."""
    text = """
        select * from (
            select site, node_id, count(*) as sightings, cast(sum(frames) as bigint) as frames,
                min(first_seen) as first_seen, max(last_seen) as last_seen, max(rssi_max_dbm) as rssi_max_dbm
            from sighting group by site, node_id
        ) heard order by last_seen desc, site, node_id"""

    def ask(view: View) -> pa.Table:
        return project.engine.run(text, {"sighting": _of_station(view, None, station)}).arrow()

    return answered(project, ask)


def sample_rows(rows: int = 5) -> pa.Table:
    """As `sample`, without pandas: the simulator's reports of one Friday noon, under a key that is thrown away."""
    secrets = Secrets({"71234": "sample"})
    noon = Scenario(seed=1, start_s=1_795_172_400, end_s=1_795_173_000, timezone="Europe/Berlin")
    emissions = cloudtrax.SOURCE.simulate(noon, SourceSettings({}, secrets))
    raws = [Raw(number, "cloudtrax", sent.at, "", "{}", sent.body) for number, sent in enumerate(emissions, 1)]
    with TemporaryDirectory() as folder:
        keys, lists = Keys(Path(folder)), Lists(Path(folder))
        decode = decoder(Pseudonymizer(keys, lists, lambda _site: SiteSettings()), lambda _source: {})
        heard = decode("cloudtrax", raws)["sighting"]
    newest = heard.sort_by([("last_seen", "descending"), ("node_id", "ascending"), ("device", "ascending")])
    return newest.slice(0, rows).select(COLUMNS.split(", "))


def _of_station(view: View, span: Span | None, station: str) -> Relation:
    """The sightings of a typed station, or of a pseudonym, with a span those filed within it."""
    engine, sites = view.project.engine, view.sites()
    if PSEUDONYM.fullmatch(station.strip()):
        device = int.from_bytes(bytes.fromhex(station.strip()), signed=True)
        named = [(site, Candidate(device, ALWAYS.start_us, ALWAYS.end_us)) for site in sites]
    else:
        candidates = view.project.pseudonymizer.candidates_of
        named = [(site, each) for site in sites for each in candidates(station, site)]
    devices = engine.from_arrow(
        pa.table(
            {
                "site": pa.array([site for site, _ in named], pa.string()),
                "device": pa.array([each.device for _, each in named], pa.int64()),
            }
        )
    )
    return _called(engine, _sightings(view, span, [each for _, each in named], devices), devices)


def _sightings(view: View, span: Span | None, named: Sequence[Candidate], devices: Relation) -> Relation:
    """The sightings of a stretch, of those days only on which a station may be called what it may be called.

    A key is of a day, a week or a month: no row of another time has its pseudonyms, but rows that are flagged as late,
    whose key is that of the time they came at.
    """
    if any(each.since_us == ALWAYS.start_us for each in named):
        return view.table(SIGHTING.name, span)
    meant = Span(min((each.since_us for each in named), default=0), max((each.until_us for each in named), default=0))
    days = {utc_day(number) for number in range(meant.since_us // DAY, -(-meant.until_us // DAY))}
    late = _called(view.project.engine, view.received(SIGHTING.name, meant), devices).arrow()
    days |= set(day_of(SIGHTING, late).to_pylist())
    rows = view.of_days(SIGHTING.name, days)
    if span is None:
        return rows
    return view.project.engine.run(within(SIGHTING), {"rows_in": rows}, **span._asdict())


def _called(engine: Engine, rows: Relation, devices: Relation) -> Relation:
    text = "select sighting.* from sighting join named on sighting.site = named.site and sighting.device = named.device"
    return engine.run(text, {"sighting": rows, "named": devices})


def _node(text: str) -> str:
    typed = address.station(text.strip())
    if typed < 0:  # none, a group's, all zeros
        raise ConfigError(f'node "{text}": expected the six octets of an access point, such as ac:86:74:11:22:33')
    return address.spelled(typed)
