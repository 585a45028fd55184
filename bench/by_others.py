"""Visits of sightings as somebody would write them who knows the tool: DuckDB, Polars, pandas, Spark SQL; and telltale.

All give the same columns and order; what differs is looked for by `digest`.
"""

import hashlib
from typing import Any

import numpy as np
import pyarrow as pa

GAP_US = 900_000_000
EXCLUDED = ",(clock_ahead|clock_unset|staff|fixed),"
COLUMNS = (
    *("site", "device", "address_kind", "entered_us", "left_us", "dwell_s", "class", "frames", "sightings"),
    *("rssi_max_dbm", "nodes", "associated", "associated_flips", "silence_mean_s", "silence_max_s"),
)
READ = (
    *("site", "device", "address_kind", "node_id", "radio", "flags", "frames", "rssi_max_dbm", "associated"),
    *("first_seen", "last_seen"),
)
BY_HAND_SPARK = """
with ordered as (
  select site, device, address_kind, node_id, frames, rssi_max_dbm, associated,
    unix_micros(first_seen) as first_us, unix_micros(last_seen) as last_us,
    max(unix_micros(last_seen)) over (partition by site, device order by first_seen, last_seen, node_id
      rows between unbounded preceding and 1 preceding) as seen_until,
    lag(associated) over (partition by site, device order by first_seen, last_seen, node_id) as was_associated
  from sighting
  where radio = 'wifi' and (flags = '' or not regexp_like(concat(',', flags, ','), '{excluded}'))
), marked as (
  select *, coalesce(first_us - seen_until > 900000000, true) as is_new from ordered
), numbered as (
  select *, sum(cast(is_new as int)) over (partition by site, device order by first_us, last_us, node_id
    rows between unbounded preceding and current row) as session_no
  from marked
), session as (
  select site, device, any_value(address_kind) as address_kind, min(first_us) as entered_us, max(last_us) as left_us,
    sum(frames) as frames, count(*) as sightings, max(rssi_max_dbm) as rssi_max_dbm,
    array_join(array_sort(collect_set(node_id)), ',') as nodes, bool_or(associated) as associated,
    count(case when not is_new and associated <> was_associated then 1 end) as associated_flips,
    sum(case when not is_new then greatest(first_us - seen_until, 0) end) / 1e6 as silence_s,
    max(case when not is_new then greatest(first_us - seen_until, 0) end) / 1e6 as silence_max_s
  from numbered group by site, device, session_no
), judged as (
  select *, left_us - entered_us as stay_us,
    associated or (left_us - entered_us >= 300e6 and coalesce(rssi_max_dbm >= -65, false)) as is_visitor
  from session
)
select site, device, address_kind, entered_us, left_us, stay_us / 1e6 as dwell_s,
  case when is_visitor and stay_us >= 1200e6 then 'engaged' when is_visitor then 'visitor'
    when rssi_max_dbm is null or rssi_max_dbm >= -90 then 'passer_by' else 'ignored' end as class,
  frames, sightings, rssi_max_dbm, nodes, associated, associated_flips,
  silence_s / nullif(sightings - 1, 0) as silence_mean_s, silence_max_s
from judged order by entered_us, site, device
"""


def telltale(files: list[str]) -> pa.Table:
    """By telltale, on DuckDB."""
    from telltale.engine import DuckEngine

    return of_telltale(DuckEngine(), files)


def of_telltale(engine: Any, files: list[str]) -> pa.Table:
    """By telltale, on any engine."""
    from telltale.engine import Parts
    from telltale.presence.analysis import visits
    from telltale.tables import SIGHTING

    rows = visits(engine, engine.table(SIGHTING, Parts(unique=tuple(files)))).arrow()
    for new, old in (("entered_us", "entered_at"), ("left_us", "left_at")):
        rows = rows.append_column(new, rows[old].cast(pa.int64()))
    return rows


def duckdb(files: list[str]) -> pa.Table:
    """By hand, in one text of DuckDB."""
    import duckdb as duck

    from bench.analysis import BY_HAND

    duck.execute("set timezone = 'UTC'; set enable_progress_bar = false")
    text = BY_HAND.format(files=files)
    named = f"select *, epoch_us(entered_at) as entered_us, epoch_us(left_at) as left_us from ({text})"
    return duck.sql(named).to_arrow_table()


def polars(files: list[str]) -> pa.Table:
    """By hand, Polars in memory."""
    import polars as pl

    return _polars(pl.read_parquet(files, columns=list(READ)).lazy()).collect().to_arrow()


def polars_streaming(files: list[str]) -> pa.Table:
    """By hand, Polars lazily, in its streaming engine."""
    import polars as pl

    return _polars(pl.scan_parquet(files)).collect(engine="streaming").to_arrow()


def _polars(rows: Any) -> Any:
    import polars as pl

    of, order = ["site", "device"], ["site", "device", "first_us", "last_us", "node_id"]
    silence, is_first = pl.max_horizontal(pl.col("first_us") - pl.col("seen_until"), 0), pl.col("is_new")
    return (
        rows.filter(
            (pl.col("radio") == "wifi")
            & ((pl.col("flags") == "") | ~pl.concat_str(pl.lit(","), "flags", pl.lit(",")).str.contains(EXCLUDED))
        )
        .with_columns(first_us=pl.col("first_seen").dt.epoch("us"), last_us=pl.col("last_seen").dt.epoch("us"))
        .sort(order)
        .with_columns(
            seen_until=pl.col("last_us").cum_max().shift(1).over(of),
            was_associated=pl.col("associated").shift(1).over(of),
        )
        .with_columns(is_new=((pl.col("first_us") - pl.col("seen_until")) > GAP_US).fill_null(True))
        .with_columns(session=pl.col("is_new").cum_sum())
        .group_by("session")
        .agg(
            *(pl.col(name).first() for name in ("site", "device", "address_kind")),
            pl.col("first_us").min().alias("entered_us"),
            pl.col("last_us").max().alias("left_us"),
            pl.col("frames").cast(pl.Int64).sum(),
            pl.len().cast(pl.Int64).alias("sightings"),
            pl.col("rssi_max_dbm").max(),
            pl.col("node_id").unique().sort().str.join(",").alias("nodes"),
            pl.col("associated").any(),
            (~is_first & (pl.col("associated") != pl.col("was_associated")))
            .sum()
            .cast(pl.Int64)
            .alias("associated_flips"),
            silence.filter(~is_first).sum().alias("silence_us"),
            silence.filter(~is_first).max().alias("silence_max_us"),
        )
        .with_columns(stay=pl.col("left_us") - pl.col("entered_us"))
        .with_columns(
            is_visitor=pl.col("associated")
            | ((pl.col("stay") >= 300_000_000) & (pl.col("rssi_max_dbm") >= -65).fill_null(False)),
            dwell_s=pl.col("stay") / 1e6,
            silence_mean_s=pl.when(pl.col("sightings") > 1).then(
                pl.col("silence_us") / 1e6 / (pl.col("sightings") - 1)
            ),
            silence_max_s=pl.col("silence_max_us") / 1e6,
        )
        .with_columns(
            pl.when(pl.col("is_visitor") & (pl.col("stay") >= 1_200_000_000))
            .then(pl.lit("engaged"))
            .when(pl.col("is_visitor"))
            .then(pl.lit("visitor"))
            .when((pl.col("rssi_max_dbm") >= -90).fill_null(True))
            .then(pl.lit("passer_by"))
            .otherwise(pl.lit("ignored"))
            .alias("class")
        )
        .sort("entered_us", "site", "device")
        .select(COLUMNS)
    )


def pandas(files: list[str]) -> pa.Table:
    """By hand, pandas."""
    import pandas as pd

    rows = pd.concat([pd.read_parquet(file, columns=list(READ)) for file in files], ignore_index=True)
    marked = ("," + rows["flags"] + ",").str.contains(EXCLUDED.replace("(", "(?:"))
    rows = rows[(rows["radio"] == "wifi") & ~marked].drop(columns=["radio", "flags"])
    for name in ("first", "last"):
        rows[f"{name}_us"] = rows.pop(f"{name}_seen").dt.as_unit("us").astype("int64")
    rows = rows.sort_values(["site", "device", "first_us", "last_us", "node_id"], ignore_index=True)
    of_device = rows.groupby(["site", "device"], sort=False)
    until = of_device["last_us"].cummax().groupby([rows["site"], rows["device"]], sort=False).shift(1)
    silence = rows["first_us"] - until
    is_new = ~(silence <= GAP_US)
    rows["silence"] = silence.clip(lower=0).where(~is_new)
    was = of_device["associated"].shift(1)
    rows["flip"] = ~is_new & (rows["associated"] != was)
    named = rows.groupby(is_new.cumsum(), sort=False)
    made = named.agg(
        site=("site", "first"),
        device=("device", "first"),
        address_kind=("address_kind", "first"),
        entered_us=("first_us", "min"),
        left_us=("last_us", "max"),
        frames=("frames", "sum"),
        sightings=("device", "size"),
        rssi_max_dbm=("rssi_max_dbm", "max"),
        associated=("associated", "any"),
        associated_flips=("flip", "sum"),
        silence_us=("silence", "sum"),
        silence_max_s=("silence", "max"),
    )
    pairs = pd.DataFrame({"session": is_new.cumsum(), "node_id": rows["node_id"]}).drop_duplicates()
    pairs = pairs.sort_values(["session", "node_id"])
    made["nodes"] = pairs.groupby("session", sort=False)["node_id"].agg(",".join)
    stay = made["left_us"] - made["entered_us"]
    is_visitor = made["associated"] | ((stay >= 300_000_000) & (made["rssi_max_dbm"] >= -65))
    made["class"] = np.select(
        [is_visitor & (stay >= 1_200_000_000), is_visitor, ~(made["rssi_max_dbm"] < -90)],
        ["engaged", "visitor", "passer_by"],
        "ignored",
    )
    made["dwell_s"], made["silence_max_s"] = stay / 1e6, made["silence_max_s"] / 1e6
    made["silence_mean_s"] = (made["silence_us"] / 1e6 / (made["sightings"] - 1)).where(made["sightings"] > 1)
    made = made.sort_values(["entered_us", "site", "device"])
    return pa.Table.from_pandas(made[list(COLUMNS)], preserve_index=False)


def spark_sql(files: list[str], master: str = "local[2]") -> pa.Table:
    """By hand, in one text of Spark SQL."""
    from telltale.engine.spark import SparkEngine

    session = SparkEngine(master).session  # the one that is open
    session.read.parquet(*files).createOrReplaceTempView("sighting")
    return session.sql(BY_HAND_SPARK.format(excluded=EXCLUDED)).toArrow()


def digest(rows: pa.Table) -> str:
    """The rows as they stand, whatever made them: whole numbers, texts, and seconds to a millionth."""
    told = hashlib.sha256()
    for name in COLUMNS:
        column = rows[name]
        if pa.types.is_floating(column.type):
            values = column.to_numpy()
            # A third of a step off the middle: what is a tie for one is no tie for another.
            whole = np.floor(np.nan_to_num(values, nan=-1.0) * 1e6 + 0.31).astype(np.int64)
            told.update(whole.tobytes())
        elif pa.types.is_integer(column.type) or pa.types.is_boolean(column.type):
            told.update(column.cast(pa.int64()).to_numpy().tobytes())
        else:
            for chunk in column.cast(pa.string()).chunks:
                told.update("".join(f"{text}\n" for text in chunk.to_pylist()).encode())
    return told.hexdigest()
