"""Activity: when were the PCs in use, for how long, and what is not known?

Who sees what: a page of one's own (`person_page`) shows the PCs of one person and nothing else; the page of the general
token tells of a team of k people and more, and of single PCs only where all are the owner's own, or invented.
"""

from collections.abc import Callable, Mapping
from functools import partial

from telltale import wording
from telltale.activity import cards
from telltale.activity.answers import Answers, are_owners, period_of, shows_single
from telltale.page import common
from telltale.page.board import Ask, Board, Cell, Control, Page
from telltale.page.pieces import Card, Sentence
from telltale.tables import ACTIVITY
from telltale.workbench.source_state import how_to_begin

PERIOD = Control("period", "Period", {"1d": "Today", "7d": "7 days", "28d": "4 weeks"}, "toggle")
PAGES = 20
MESSAGES = Control(
    "messages",
    "Messages",
    {"1": f"Newest {cards.ROWS}"}
    | {str(n): wording.number_range((n - 1) * cards.ROWS + 1, n * cards.ROWS) for n in range(2, PAGES + 1)},
)
BREAKS_S = (180, 300, 900)
MINE_LAPSED = (
    "**No single PC is shown here any more**: mine of [activity] holds while all PCs recorded are of one person. If "
    "they are, give each a line with the same person in devices.csv; telltale activity totals lists them."
)


def page(ask: Ask) -> Board:
    """The page of the general token."""
    everyone = Answers(ask.project, period_of(ask.chosen(PERIOD), ask.project), is_live=True)
    if not everyone.pcs.num_rows:
        return _nothing_yet(everyone)
    if are_owners(ask.project):
        return _pcs(ask, everyone, "", "[activity] mine is set, and all PCs recorded are of one person.")
    if shows_single(project=ask.project):
        return _pcs(ask, everyone, "", "Invented data: with real ones only the person of a PC sees its page.")
    return _team(everyone, ask.chosen(PERIOD))


def person_page(person: str) -> Page:
    """The page of one person, or of one PC.

    Args:
        person: a person, or a PC by id or name, as in devices.csv.
    """

    def own(ask: Ask) -> Board:
        when = period_of(ask.chosen(PERIOD), ask.project)
        every = Answers(ask.project, when, is_live=True).pcs.to_pylist()
        if person.casefold() not in {text.casefold() for row in every for text in row.values()}:
            return _nothing_yet(Answers(ask.project, when, is_live=True), person)
        answers = Answers(ask.project, when, of=person, is_live=True)
        return _pcs(ask, answers, person, f"Only who has the token of {person} sees this page.")

    return own


def _pcs(ask: Ask, every: Answers, person: str, foot: str) -> Board:
    names = {row["device_id"]: row["name"] for row in every.pcs.to_pylist()}
    controls = [PERIOD, *_pc_control(names), _breaks(every.settings.activity.away_after_s), MESSAGES]
    choice = {control.name: ask.chosen(control) for control in controls}
    pc = choice.get("pc", "all")
    answers = Answers(
        ask.project,
        every.when,
        of=person,
        pc="" if pc == "all" else pc.replace("-", ":", 1),
        away_after=float(choice["breaks"]),
        is_live=True,
    )
    older = partial(cards.messages, skip=(int(choice["messages"]) - 1) * cards.ROWS)
    rows = (
        (_cell("strips", 12, "Activity by hour of day", cards.strips, answers),),
        (
            _cell("hours", 8, "Hours by day", cards.hours, answers),
            _cell("ranges", 4, "Possible hours per day", cards.possible_hours, answers),
        ),
        (
            _cell("levels", 5, "Newest levels", cards.levels, answers),
            _cell("messages", 7, "Messages", older, answers),
        ),
        (_cell("records", 12, "What is recorded", cards.kept, answers),),
    )
    return Board(
        cards.sentence(answers),
        cards.tiles(answers),
        rows,
        f"{common.foot(answers.zone)} Only seconds since the last input, a "
        "locked screen and sleep are recorded: no keys, no window titles. "
        f"Jumps of the clock and sleep count as unknown. {foot}",
        answers.freshness,
        controls,
        choice,
    )


def _cell(name: str, span: int, title: str, make: Callable[[Answers], Card | None], answers: Answers) -> Cell:
    return Cell(name, span, title, partial(_shown, make, answers))


def _shown(make: Callable[[Answers], Card | None], answers: Answers) -> Card:
    """The card of a page on single PCs, which is only made where they may be shown."""
    card = make(answers)
    assert card is not None  # noqa: S101 - `page` and `person_page` have asked
    return card


def _pc_control(names: Mapping[str, str]) -> list[Control]:
    if len(names) < 2:
        return []
    listed = {device_id.replace(":", "-", 1): name for device_id, name in names.items()}
    return [Control("pc", "PC", {"all": f"All {wording.in_words(len(names))}", **listed})]


def _breaks(usual_s: float) -> Control:
    lengths = [usual_s, *(length for length in BREAKS_S if length != usual_s)]
    return Control("breaks", "Breaks up to", {f"{s:g}": f"{wording.duration(s)} stay active" for s in lengths})


def _team(answers: Answers, period: str) -> Board:
    is_told = answers.team_days.num_rows > 0
    cells = (
        Cell("days", 6, "Active hours of the team by day", partial(cards.team_days, answers)),
        Cell("hours", 6, "Active share of the team by hour", partial(cards.team_hours, answers)),
    )
    sentence = cards.sentence(answers)
    if answers.settings.activity.mine and not is_told:
        sentence = Sentence(MINE_LAPSED, sentence.over)
    return Board(
        sentence,
        rows=(cells,) if is_told else (),
        foot=f"{common.foot(answers.zone)} Periods with fewer than {answers.k} people are left out. The page of a "
        f"single PC is shown only to its person, by a token of their own. {_mine(answers)}",
        freshness=answers.freshness,
        controls=[PERIOD] if is_told else [],
        choice={PERIOD.name: period} if is_told else {},
    )


def _mine(answers: Answers) -> str:
    """What shows the PCs of somebody who has them alone; it tells nothing of how many there are."""
    if answers.settings.activity.mine:
        return "[activity] mine is set, and holds only while all PCs recorded are of one person (devices.csv)."
    return "If every PC recorded is your own, mine = true below [activity] in telltale.toml shows them here."


def _nothing_yet(answers: Answers, person: str = "") -> Board:
    of = f" of {person}" if person else ""
    text = f"**No activity{of} has been recorded yet.** {how_to_begin(answers.settings, ACTIVITY.name)}."
    return Board(Sentence(text, common.head("Activity", answers.now, answers.name)), freshness=answers.freshness)
