"""Presence: how many devices are here, how long do they stay, and where do they go?"""

from functools import partial

from telltale.page import common, first_hour, said
from telltale.page.board import Ask, Board, Cell, Control
from telltale.page.newest import SINCE
from telltale.page.pieces import Card
from telltale.page.said import Said
from telltale.presence import cards, lookup
from telltale.presence.ahead import ahead
from telltale.presence.answers import Answers
from telltale.presence.newest import newest
from telltale.presence.words import notes
from telltale.workbench.question import period

PERIOD = Control("period", "Period", {"1d": "Today", "7d": "7 days", "28d": "28 days"}, "toggle")
KIND = Control("addresses", "Addresses", {"all": "Randomised and global", "local": "Randomised", "global": "Global"})


def page(ask: Ask) -> Board:
    """The page."""
    sites = common.sites(ask)
    if not sites:
        return common.nothing_yet(ask, "Presence")
    controls = [PERIOD, KIND, *common.site_control(sites)]
    choice = {control.name: ask.chosen(control) for control in controls}
    site = choice.get("site", next(iter(sites)))
    when = period(choice["period"], site, project=ask.project)
    answers = Answers(ask.project, when, addresses=choice["addresses"], looks_back=True)
    board = Board(
        cards.sentence(answers, over=common.head("Presence", when.now, sites[site])),
        cards.tiles(answers),
        (
            (
                Cell("occupancy", 7, "Devices present over time", partial(cards.occupancy, answers)),
                Cell("dwell", 5, "Visits by length", partial(cards.dwell, answers)),
            ),
            (
                Cell("days", 7, "Visitors and passers-by, day by day", partial(cards.days, answers)),
                Cell("moves", 5, "Moves between zones", partial(cards.moves, answers)),
            ),
        ),
        _foot(answers),
        common.freshness(ask, answers.zone),
        controls,
        choice,
        lookup.finder(ask.project, answers.zone),
    )
    view = ask.project.view()
    if not first_hour.is_young(view.first_us(site), view.now_us):
        return board
    today = (
        answers if answers.is_today else Answers(ask.project, period("1d", site, project=ask.project), looks_back=True)
    )
    return first_hour.opened(board, partial(_values, ask, answers), ahead(today))


def _values(ask: Ask, answers: Answers) -> Card:
    rows = newest(ask.project.view(), SINCE)
    return first_hour.values_card(rows, now=answers.when.now, project=ask.project)


def _foot(answers: Answers) -> Said:
    parts = (
        common.foot(answers.zone),
        notes.left_out(answers.all_kinds, claims=answers.claims_of_all),
        f"Cells under {answers.k} devices are withheld.",
        notes.set_aside(answers.all_kinds, claims=answers.claims_of_all),
    )
    return said.together(parts)
