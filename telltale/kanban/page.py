"""Kanban: are pulls normal, do the cards suffice, and do the buttons live?"""

from functools import partial

import pyarrow.compute as pc

from telltale import wording
from telltale.kanban import cards
from telltale.kanban.ahead import ahead
from telltale.kanban.answers import Answers, Bucket, answers
from telltale.kanban.concerns import watched
from telltale.kanban.newest import newest
from telltale.kanban.words import claims
from telltale.kanban.words.capture import away
from telltale.kanban.words.phrases import spelt
from telltale.kanban.words.refills import orphans
from telltale.page import common, first_hour, said
from telltale.page.board import Ask, Board, Cell, Control, Freshness
from telltale.page.newest import SINCE
from telltale.page.pieces import Card, Sentence
from telltale.page.said import say
from telltale.workbench.times import micros

PERIOD = Control("period", "Period", {"4w": "4 weeks", "16w": "16 weeks", "52w": "52 weeks"}, "toggle")
BUCKETS: dict[str, Bucket] = {"4w": "day", "16w": "week", "52w": "week"}
LONGEST, LONGEST_WORDS = "52w", "52 weeks"
"""How far back to look for a capture that has heard no press yet."""


def page(ask: Ask) -> Board:
    """The page."""
    period = ask.chosen(PERIOD)
    about = answers(period, bucket=BUCKETS[period], project=ask.project)
    names = about.item_names
    if not names:
        return _nothing_yet(ask)
    every = f"All {wording.in_words(len(names))}" if len(names) > 1 else "The only one"
    # A place in the list stands in the address: an item's name may hold anything.
    items = {"all": every, **{spelt(name): name for name in names}}
    controls = [PERIOD, *([Control("item", "Item", items)] if len(names) > 1 else [])]
    choice = {control.name: ask.chosen(control) for control in controls}
    if choice.get("item", "all") != "all":
        about = answers(period, items[choice["item"]], BUCKETS[period], project=ask.project)
    board = Board(
        Sentence(cards.sentence(about).text, common.head("Kanban", about.now, about.site)),
        cards.overview(about),
        (
            (Cell("pulls", 12, "Pulls, with their limits", partial(cards.pulls, about)),),
            (
                Cell("cards", 4, "Cards in use and recommended", partial(cards.needed, about)),
                Cell("risk", 4, "Risk of an empty bin", partial(cards.risk, about)),
                Cell("silence", 4, "Silence of the buttons", partial(cards.silence, about)),
            ),
            (Cell("items", 12, "Items in figures", partial(cards.items, about)),),
        ),
        _foot(about),
        _freshness(about),
        controls,
        choice,
    )
    began = None if about.began is None else micros(about.began)
    if not first_hour.is_young(began, ask.project.now_us()):
        return board
    return first_hour.opened(board, partial(_values, ask, about), ahead(watched(ask.project)))


def _values(ask: Ask, about: Answers) -> Card:
    rows = newest(ask.project.view(), SINCE)
    return first_hour.values_card(rows, now=about.now, project=ask.project)


def _foot(about: Answers) -> str:
    count = orphans(about.lead_times)
    acks = said.count(claims.orphans(about.about, count), "acknowledgement")
    dead_time = wording.duration(about.settings.dead_time_s)
    return said.together(
        [
            common.foot(about.zone),
            say("Frames within a dead time of {}, or that of buttons.csv, are one press.", dead_time),
            say("{} had no open pull.", acks) if count else "",
            "Rates use the time the capture was alive.",
            f"{wording.dhcp_alone(about.only_dhcp)}." if about.only_dhcp else "",
        ]
    )


def _freshness(about: Answers) -> Freshness:
    """Of the newest press or heartbeat: a button that nobody presses is not late, a capture that is silent is."""
    columns = (about.capture["end"], about.presses["last_frame_at"])
    ends = [pc.max(column).as_py() for column in columns if len(column)]
    newest = max((micros(end) for end in ends if end is not None), default=None)
    late_s = max(common.SHORTEST_LATE_S, about.patience.total_seconds())
    return Freshness(newest, late_s, max(common.SILENT_S, 2 * late_s), timezone=about.zone)


def _nothing_yet(ask: Ask) -> Board:
    """Nobody has pressed: whether a capture is running decides what to do next."""
    about = answers(LONGEST, project=ask.project)
    coverage = about.coverage
    if coverage is None and about.began is not None:
        began = f"The first one began on {wording.full_moment(about.began)}"
        text = f"**No capture listened in {LONGEST_WORDS}.** {began}; start one: telltale collect arp."
    elif coverage is None:
        text = (
            "**No capture has been started.** Run “telltale collect arp” where the buttons’ network is, or read a "
            "capture file: telltale replay FILE.pcap."
        )
    else:
        text = f"**No press** since the capture started {wording.ago(coverage.start, about.now)}. "
        gone = away(coverage, timezone=about.zone)
        next_step = "Press a button; telltale discover finds its line for buttons.csv"
        if gone:
            next_step = "Start one: telltale collect arp"
        text += " ".join(filter(None, [gone, f"{wording.dhcp_alone(about.only_dhcp) or next_step}."]))
    newest = None if coverage is None else round(coverage.end.timestamp() * 1e6)
    return Board(
        Sentence(text, common.head("Kanban", about.now, about.site)),
        freshness=Freshness(newest, timezone=about.zone),
    )
