"""Sensors: did they keep their limits, and is the data complete?"""

from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from telltale import wording
from telltale.health.deliveries import delivered
from telltale.page import common, first_hour
from telltale.page.board import Ask, Board, Cell, Control, Freshness
from telltale.page.newest import SINCE
from telltale.page.pieces import Card, Sentence
from telltale.page.said import say
from telltale.sensors import cards
from telltale.sensors.ahead import ahead, began_us
from telltale.sensors.answers import DAYS, SPELT, Answers, recent
from telltale.sensors.newest import newest
from telltale.sensors.question import Sensors
from telltale.sensors.words.kept import quantity_name
from telltale.sensors.words.titles import main_quantity, silent
from telltale.tables import CLOCK_SET_US, READING
from telltale.workbench.source_state import how_to_begin
from telltale.workbench.times import local_time, micros
from telltale.workbench.view import View

PERIOD = Control("period", "Period", SPELT, "toggle")
LATE_S, SILENT_S = 2_400.0, 7_200.0
"""Sensors report every ten minutes or so: a page of them is late after four times that."""


def page(ask: Ask) -> Board:
    """The page."""
    view = ask.project.view()
    today = recent(view)
    if not today.seen.names:
        return _nothing_yet(ask, today)
    controls = [PERIOD, *_controls(today.seen, ask)]
    choice = {control.name: ask.chosen(control) for control in controls}
    device, quantity = ("" if choice[name] == "all" else choice[name] for name in ("device", "quantity"))
    answers = recent(view, choice["period"], device=device.replace("-", ":", 1), quantity=quantity)
    board = Board(
        cards.sentence(answers),
        cards.tiles(answers),
        (
            (
                Cell("readings", 8, "What the sensors measured", partial(cards.readings, answers)),
                Cell("outside", 4, "Minutes outside limits by day", partial(cards.outside, answers)),
            ),
            (
                Cell("missing", 7, "Messages missing by device and day", partial(cards.missing, answers)),
                Cell("excursions", 5, "When limits were left", partial(cards.excursions, answers)),
            ),
        ),
        f"{common.foot(answers.zone)} Values are shown as sent, not smoothed.",
        _freshness(answers),
        controls,
        choice,
    )
    if not first_hour.is_young(began_us(today), view.now_us):
        return board
    return first_hour.opened(board, partial(_values, ask, today), ahead(today))


def _values(ask: Ask, today: Answers) -> Card:
    rows = newest(ask.project.view(), SINCE)
    return first_hour.values_card(rows, now=today.now, project=ask.project)


def _controls(seen: Sensors, ask: Ask) -> list[Control]:
    """The choice of a sensor, by its id without the colon, and of what it measures: the page opens with the first."""
    names = {device_id.replace(":", "-", 1): name for device_id, name in wording.apart(seen.names).items()}
    every = "The only one" if len(names) == 1 else f"All {wording.in_words(len(names))}"
    device = Control("device", "Sensors", {"all": every, **names})
    chosen = ask.chosen(device)
    measured = seen.quantities if chosen == "all" else seen.measured(chosen.replace("-", ":", 1))
    first = main_quantity(measured)
    options = [first, *(name for name in measured if name != first), *(["all"] if len(measured) > 1 else [])]
    return [
        device,
        Control("quantity", "Quantity", {name: wording.sentence_case(quantity_name(name)) for name in options}),
    ]


def _freshness(answers: Answers) -> Freshness:
    """Of the newest reading; drooping where a sensor is silent."""
    newest = pc.max(answers.stats["last_at"]).as_py()
    silent = "silent" in answers.devices["state"].to_pylist()
    return Freshness(None if newest is None else micros(newest), LATE_S, SILENT_S, silent, answers.zone)


def _nothing_yet(ask: Ask, answers: Answers) -> Board:
    if not delivered(ask.project):
        return common.nothing_yet(ask, "Sensors", "reading")
    text = say(
        "**No sensor has sent a reading** in the last {}.{} {} while “telltale up” runs.",
        SPELT[DAYS],
        silent(answers.devices, answers.about_reports),
        how_to_begin(ask.project.settings, "reading"),
    )
    foot = _of_long_ago(ask.project.view(), answers.zone)
    return Board(Sentence(text, answers.head), foot=foot, freshness=common.freshness(ask, answers.zone))


def _of_long_ago(view: View, zone: str) -> str:
    """Of when the newest reading is that is kept, such as one of a sample: nothing, where none has a time to say.

    The time of a clock that was never set, or of one that is ahead, says nothing of when a reading was taken.
    """
    times = [file.max_time for file in view.snapshot.of(READING.name)]
    if (hot := view.hot.get(READING.name)) is not None:
        times += hot["observed_at"].cast(pa.int64()).to_pylist()
    times = [time_us for time_us in times if CLOCK_SET_US <= time_us <= view.now_us]
    if not times:
        return ""
    newest_at = wording.full_moment(local_time(max(times), zone))
    return f"The newest reading that is kept is of {newest_at}; “telltale last --since 20y” shows it."
