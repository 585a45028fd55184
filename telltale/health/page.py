"""Health: is every device heard as it should be, and what is missing or could not be decoded? Not for viewers."""

from functools import partial

from telltale.health import arriving, cards, own_clock, turned_away
from telltale.health.answers import Answers
from telltale.health.words.devices import health_text
from telltale.page import common, first_hour, said
from telltale.page.board import Ask, Board, Cell, Control, Freshness
from telltale.page.pieces import Sentence
from telltale.page.said import Said, say

PERIOD = Control("period", "Period", {"24h": "24 hours", "7d": "7 days"}, "toggle")
DAYS = "14d"
"""How far back missing messages are shown."""


OWNERS = "This page is for the owner of the data: it shows single sightings, under pseudonyms."
OPERATORS = "Sightings are not shown here, nor are PCs and phones named: those are the owner's to see."


def page(ask: Ask, *, is_owners: bool = True) -> Board:
    """The page.

    Args:
        ask: of which project.
        is_owners: whether it is for the owner, who may see names of persons' devices; else for operators.
    """
    period = ask.chosen(PERIOD)
    answers = Answers(ask.project, period, days=DAYS)
    if not answers.delivered:
        return common.nothing_yet(ask, "Health")
    sources, now = answers.delivered, answers.now
    return Board(
        Sentence(
            said.together([*own_clock.sentences(answers.project, now=now), _text(answers)]),
            common.head("Health", now, answers.site),
        ),
        cards.tiles(answers),
        (
            (
                Cell(
                    "sources",
                    7,
                    "What the sources deliver",
                    partial(cards.delivering, sources, now, settings=ask.project.settings),
                ),
                Cell("attention", 5, "What is silent", partial(cards.silent, answers, shows_persons=is_owners)),
            ),
            (
                _missing(answers),
                Cell("rejects", 5, "Rows that could not be decoded", partial(cards.rejects, answers)),
            ),
            *_turned_away(answers),
            (Cell("devices", 12, "Devices by their messages", partial(cards.devices, answers)),),
            *_batteries(answers),
        ),
        f"{common.foot(answers.zone)} Devices are late after three of their intervals and silent after six. "
        f"{OWNERS if is_owners else OPERATORS}",
        _freshness(answers),
        [PERIOD],
        {PERIOD.name: period},
    )


def _missing(answers: Answers) -> Cell:
    """What is missing by day; in the first hours, which have no day yet, what arrived."""
    if first_hour.is_young(arriving.began_us(answers.project), answers.project.now_us()):
        return Cell("arrived", 7, "What arrived, as it arrived", partial(arriving.card, answers.project, answers.zone))
    return Cell("missing", 7, "Messages missing by device and day", partial(cards.missing, answers))


def _turned_away(answers: Answers) -> tuple[tuple[Cell, ...], ...]:
    """A row for what was refused or not understood, where anything was."""
    if not turned_away.needs(answers.project, now=answers.now):
        return ()
    make = partial(turned_away.card, answers.project, now=answers.now)
    return ((Cell("refused", 12, "Refused, or not understood", make),),)


def _text(answers: Answers) -> Said:
    if answers.devices.num_rows:
        return health_text(answers.attention, answers.devices, answers.about)
    names = said.joined([say("**{}**", source.title) for source in answers.delivered])
    verb = "has" if len(answers.delivered) == 1 else "have"
    return say("{} {} records; no device is due at an interval.", names, verb)


def _batteries(answers: Answers) -> tuple[tuple[Cell, ...], ...]:
    """A row for batteries and signals, where any device tells of them."""
    if not answers.trends.num_rows:
        return ()
    return ((Cell("batteries", 12, "Batteries and signals", partial(cards.batteries, answers)),),)


def _freshness(answers: Answers) -> Freshness:
    """Of the newest record of any source; drooping where a device is silent."""
    newest = max(source.newest_us or 0 for source in answers.delivered)
    usual_s = min((source.interval_s for source in answers.delivered if source.interval_s), default=0.0)
    late_s = max(common.SHORTEST_LATE_S, common.PATIENCE * usual_s)
    is_silent = "silent" in answers.devices["state"].to_pylist()
    return Freshness(newest, late_s, max(common.SILENT_S, 2 * late_s), is_silent, answers.zone)
