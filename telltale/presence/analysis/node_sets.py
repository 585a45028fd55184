"""Sets of nodes as bits, because a set of texts per session would cost more than the sessions.

A small table numbers the nodes of each site in the order of their ids; 62 of them fit into one signed word, and a
site with more has more words. The names come back once for each different set.
"""

from typing import NamedTuple

import pyarrow as pa

from telltale.engine import Engine, Relation
from telltale.presence.analysis.sessionise import BITS_PER_WORD, node_words

NODES = "select site, node_id, count(*) as sightings from sighting group by site, node_id order by site, node_id"

NUMBERED = pa.schema(
    [("site", pa.string()), ("site_no", pa.int32()), ("node_id", pa.string()), ("node_no", pa.int32())]
)


class Numbering(NamedTuple):
    """The nodes of some sightings, numbered."""

    rows: pa.Table
    """site, site_no (from 0), node_id, node_no (from 1 within the site, by id)."""
    words: int
    """How many words the largest site needs, at least 1."""
    sightings: int
    """How many sightings they heard."""


def numbering(engine: Engine, sightings: Relation) -> Numbering:
    """Number the sites and, within each, its nodes."""
    found = engine.run(NODES, {"sighting": sightings}).arrow()
    by_site: dict[str, list[str]] = {}
    for site, node_id in zip(found["site"].to_pylist(), found["node_id"].to_pylist(), strict=True):
        by_site.setdefault(site, []).append(node_id)
    rows = [
        {"site": site, "site_no": site_no, "node_id": node_id, "node_no": at + 1}
        for site_no, (site, nodes) in enumerate(by_site.items())
        for at, node_id in enumerate(nodes)
    ]
    largest = max((len(nodes) for nodes in by_site.values()), default=1)
    return Numbering(
        pa.Table.from_pylist(rows, NUMBERED), -(-largest // BITS_PER_WORD), sum(found["sightings"].to_pylist())
    )


def names_of_sets(sets: pa.Table, numbered: Numbering) -> pa.Table:
    """The site and the comma-joined nodes of each set of bits.

    Args:
        sets: site_no, nodes_0 … one word after the other; each combination once.
        numbered: what the bits mean.

    Returns:
        the rows of `sets` with `site` and `nodes`, in the same order.
    """
    names: dict[int, list[str]] = {}
    sites: dict[int, str] = {}
    for row in numbered.rows.to_pylist():
        sites[row["site_no"]] = row["site"]
        names.setdefault(row["site_no"], []).append(row["node_id"])
    masks = zip(*(sets[word].to_pylist() for word in node_words(numbered.words)), strict=True)
    nodes = [
        ",".join(_members(names[site_no], mask))
        for site_no, mask in zip(sets["site_no"].to_pylist(), masks, strict=True)
    ]
    site = [sites[site_no] for site_no in sets["site_no"].to_pylist()]
    return sets.append_column("site", pa.array(site, pa.string())).append_column("nodes", pa.array(nodes, pa.string()))


def _members(names: list[str], words: tuple[int, ...]) -> list[str]:
    return [name for at, name in enumerate(names) if words[at // BITS_PER_WORD] >> at % BITS_PER_WORD & 1]
