"""What a page about other things says of the sites: of one, or of each by its name, never of one for all."""

from collections.abc import Sequence
from dataclasses import replace

from telltale import wording
from telltale.page import said
from telltale.page.claims import PROJECT, About, Claim
from telltale.page.pieces import Card, Tile
from telltale.page.said import Said, say
from telltale.presence import cards
from telltale.presence.answers import Answers
from telltale.wording import is_known

MOST_TOLD = 3
"""More sites than this are counted, not told."""


def so_far(sites: Sequence[Answers]) -> Said:
    """The running day of each site in a sentence of its own, which names it where there are several."""
    if len(sites) == 1:
        return cards.so_far(sites[0])
    told: str = said.together([say("{}: {}", site.called, cards.so_far(site)) for site in sites[:MOST_TOLD]])
    more = len(sites) - MOST_TOLD
    return say("{}{}", told, f" {wording.count(more, 'more site')}: see Presence." if more > 0 else "")


def tiles(sites: Sequence[Answers]) -> list[Tile]:
    """Visitors and nodes of all sites; of a single one also the median stay, which sites cannot share."""
    if len(sites) == 1:
        return [cards.visitors(sites[0]), cards.stay(sites[0]), cards.nodes(sites[0])]
    return [_visitors(sites), _nodes(sites)]


def named(card: Card, site: Answers, sites: Sequence[Answers]) -> Card:
    """A card about one site; where there are several its title says which."""
    return card if len(sites) == 1 else replace(card, title=say("{}: {}", site.called, card.title))


def _visitors(sites: Sequence[Answers]) -> Tile:
    """Devices of all sites together: one that was at two is two, as each has keys of its own."""
    label = f"Visitors today so far, {wording.in_words(len(sites))} sites"
    counts = [site.running["visitors"] for site in sites]
    shown: list[int] = [int(count) for count in counts if is_known(count)]
    parts: list[str] = [say("{} {}", site.called, _count(site)) for site in sites[:MOST_TOLD]]
    parts += [f"{len(sites) - MOST_TOLD} more"] if len(sites) > MOST_TOLD else []
    if not shown:
        return Tile(label, "–", "", said.joined(parts))
    total, first = sum(shown), sites[0].claims
    labels = sorted({site.when.now.date().isoformat() for site in sites})
    of_all = first.bars.over(min(site.begins for site in sites), first.about.until, so_far=True)
    claim = replace(of_all, arguments={}).claim(
        PROJECT, "visitors", total,
        call="figures", where={"label": labels, "address_kind": "all"}, column="visitors", how="sum", published=True,
    )  # fmt: skip
    least = len(shown) < len(sites) or any(site.is_partly_recorded for site in sites)
    return Tile(label, say("{}{}", "≥ " if least and total else "", said.number(claim)), "devices", said.joined(parts))


def _count(site: Answers) -> str:
    if not site.running["node_share"]:
        return "not known"
    count = site.running["visitors"]
    if not is_known(count):
        return "withheld"
    claim = site.claims.day(site.when.now.date().isoformat(), "visitors", count)
    return say("**{}{}**", "≥ " if site.is_partly_recorded and count else "", said.number(claim))


def _nodes(sites: Sequence[Answers]) -> Tile:
    known, last = sum(site.reporting.known for site in sites), sum(site.reporting.last for site in sites)
    lacking = [site for site in sites if site.reporting.last < site.reporting.known or not site.reporting.known]
    note: str = f"at {wording.in_words(len(sites))} sites, none silent now"
    if lacking:
        parts: list[str] = [_reporting(site) for site in lacking[:2]]
        parts += [f"{len(lacking) - 2} more sites"] if len(lacking) > 2 else []
        note = said.joined(parts)
    value = said.number(_all_nodes("nodes_reporting", last, reports=True))
    unit = say("of {}", said.number(_all_nodes("nodes", known)))
    return Tile("Nodes reporting", value, unit, note, state="warning" if lacking else "")


def _reporting(site: Answers) -> Said:
    found = site.reporting
    last = site.claims.nodes("nodes_reporting", found.last, reports=True)
    return say("{} {} of {}", site.called, said.number(last), said.number(site.claims.nodes("nodes", found.known)))


def _all_nodes(measure: str, value: int, **where: bool) -> Claim:
    about = About("presence", arguments={"period": "1d", "site": "*"})
    return about.claim(PROJECT, measure, value, call="node_states", where=where, how="count")
