"""How many devices each node heard in each hour of its site's clock: a job of PySpark on telltale's sightings.

    python docs/node_hours.py 30d node_hours.csv

Which files hold the sightings, and what is in no file yet, telltale's catalog knows: files that a merge has replaced
and that have yet to go lie in the same folders, so that a pattern of names would count their rows twice. The workers
read the files themselves. An hour in which a node heard fewer devices than `k` of its site
is listed without its numbers.

Source: DataFrame and SparkSession.sql of PySpark 4.2 and 4.3; what of it Spark Connect has.
"""

import sys
from typing import Any

import pyarrow as pa
from pyarrow import csv

import telltale as tt

TEXT = """
select site, node_id, hour, case when devices >= :k then devices end as devices,
    case when devices >= :k then sightings end as sightings
from (
    select site, node_id, cast(date_trunc('HOUR', from_utc_timestamp(last_seen, :zone)) as timestamp_ntz) as hour,
        count(distinct device) as devices, count(*) as sightings
    from {heard}
    group by site, node_id, hour
) hours
order by site, node_id, hour
"""


def node_hours(sightings: Any, *, zone: str, k: int) -> Any:
    """The hours in which a node heard anyone.

    Args:
        sightings: a DataFrame of Spark, as `tt.load("sighting", engine="spark")` gives it.
        zone: of the clock the hours are of, such as Europe/Warsaw.
        k: the fewest devices that are counted.

    Returns:
        a DataFrame: site, node_id, hour (its beginning, on the site's clock and so without a zone), devices and
        sightings (null for fewer devices than `k`); sorted by the first three.
    """
    return sightings.sparkSession.sql(TEXT, args={"zone": zone, "k": k}, heard=sightings)


def main(since: str, target: str, project: tt.Project | None = None) -> None:
    """Write the hours since a moment as CSV, of the project that is found from here where none is given."""
    project = project or tt.Project()
    sightings = tt.load("sighting", since, engine="spark", project=project)
    parts = []
    for name in sorted(row["site"] for row in sightings.select("site").distinct().collect()):
        site = project.site(name)
        of_site = sightings.where(sightings["site"] == name)
        parts.append(node_hours(of_site, zone=site.timezone, k=site.k).toArrow())
    rows = pa.concat_tables(parts) if parts else pa.table({"site": [], "node_id": [], "hour": []})
    csv.write_csv(rows, target)
    withheld = rows["devices"].null_count if parts else 0
    print(f"{target}: {rows.num_rows} hours of nodes, {withheld} of them of fewer devices than their site tells")


if __name__ == "__main__":
    _, beginning, file = sys.argv
    main(beginning, file)
