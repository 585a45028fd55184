"""When each node was first and last heard: of the facts of files, and of rows that are in none yet."""

from collections import defaultdict
from collections.abc import Iterable

from telltale.lake.facts import Fact
from telltale.workbench.times import Span

Heard = dict[str, dict[str, Span]]
"""By site and node, the moments of its first and last heartbeat."""


def joined(facts: Iterable[Fact | Heard]) -> Heard:
    """What facts of `node_heartbeat`, and what was joined of them before, say together."""
    found: Heard = defaultdict(dict)
    for fact in facts:
        for site, nodes in fact.items():
            known = found[site]
            for node, (first_us, last_us) in nodes.items():
                span = known.get(node, Span(first_us, last_us))
                known[node] = Span(min(span.since_us, first_us), max(span.until_us, last_us))
    return dict(found)
