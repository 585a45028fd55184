"""Activity: when were the PCs in use, for how long, and what is not known?

Who sees what: a page of one's own (`owner_page`) shows the PCs of its owner and nothing else; the page of the general
token tells of a team of k people and more, and of single PCs only where all data are invented.
"""

import datetime as dt
from functools import partial

from telltale import charts, findings, wording
from telltale.activity import calls as activity
from telltale.activity.page_answers import ActivityFigures
from telltale.activity.question import everyone
from telltale.dashboard import concerns
from telltale.page import common
from telltale.page.board import Ask, Board, Cell, Control, Page
from telltale.page.pieces import Card, Sentence
from telltale.workbench.times import local_time

PERIOD = Control("period", "Period", {"1d": "Today", "7d": "7 days", "28d": "4 weeks"}, "toggle")
ROWS = 12
PAGES = 20
MESSAGES = Control(
    "messages",
    "Messages",
    {"1": f"Newest {ROWS}"} | {str(n): wording.number_range((n - 1) * ROWS + 1, n * ROWS) for n in range(2, PAGES + 1)},
)
BREAKS_S = (180, 300, 900)


def page(ask: Ask) -> Board:
    """The page of the general token."""
    if not _everyone(ask):
        return _nothing_yet(ask)
    if activity.shows_single(project=ask.project):
        return _pcs(ask, "", "Invented data: with real ones only the owner of a PC sees its page.", shared=True)
    return _team(ask)


def owner_page(owner: str) -> Page:
    """The page of one person, or of one PC.

    Args:
        owner: a PC by id or name, or a person, as in devices.csv.
    """

    def own(ask: Ask) -> Board:
        known = {text.casefold() for row in _everyone(ask) for text in row.values()}
        if owner.casefold() not in known:
            return _nothing_yet(ask, owner)
        return _pcs(ask, owner, f"Only who has the token of {owner} sees this page.", shared=False)

    return own


def _everyone(ask: Ask) -> list[dict[str, str]]:
    """The PCs that were ever heard; looked up once a minute, sooner as long as there are none."""
    found: list[dict[str, str]] = ask.slowly("everyone", lambda: everyone(ask.project)) or everyone(ask.project)
    return found


def _pcs(ask: Ask, owner: str, foot: str, *, shared: bool) -> Board:
    whole = ActivityFigures(ask, owner=owner)
    names = whole.names()
    controls = [PERIOD, *_pc_control(names), _breaks(whole.settings.activity.away_after_s), MESSAGES]
    choice = {control.name: ask.chosen(control) for control in controls}
    device = choice.get("pc", "all")
    figures = ActivityFigures(
        ask,
        owner=owner,
        device="" if device == "all" else device.replace("-", ":", 1),
        stretch=choice["period"],
        breaks_s=float(choice["breaks"]),
    )
    history = figures.history if figures.stretch == "1d" else None
    text = findings.activity_text(
        figures.strips, figures.daily, now=figures.now, period=figures.period, history=history, timezone=figures.zone
    )
    return Board(
        Sentence(text, common.head("Activity", figures.now, figures.settings.site.name)),
        findings.activity_tiles(
            figures.strips, figures.daily, figures.history, figures.levels, now=figures.now, timezone=figures.zone,
            period=figures.period,
        ),
        (
            (Cell("strips", 12, "Activity by hour of day", partial(_strips, figures)),),
            (
                Cell("hours", 8, "Hours by day", partial(_hours, figures)),
                Cell("ranges", 4, "Possible hours per day", partial(_ranges, figures)),
            ),
            (
                Cell("levels", 5, "Newest levels", partial(_levels, figures)),
                Cell("messages", 7, "Messages", partial(_messages, figures, int(choice["messages"]))),
            ),
            (Cell("records", 12, "What is recorded", partial(_records, figures)),),
        ),
        f"{common.foot(figures.zone)} Only seconds since the last input are recorded: no keys, no window titles. "
        f"Jumps of the clock and sleep count as unknown. {foot}",
        figures.freshness(),
        controls,
        choice,
        concerns.badges(ask) if shared else {},
    )  # fmt: skip


def _pc_control(names: dict[str, str]) -> list[Control]:
    if len(names) < 2:
        return []
    listed = {device_id.replace(":", "-", 1): name for device_id, name in names.items()}
    return [Control("pc", "PC", {"all": f"All {wording.in_words(len(names))}", **listed})]


def _breaks(usual_s: float) -> Control:
    lengths = [usual_s, *(length for length in BREAKS_S if length != usual_s)]
    return Control("breaks", "Breaks up to", {f"{s:g}": f"{wording.duration(s)} stay active" for s in lengths})


def _strips(figures: ActivityFigures) -> Card:
    return Card(
        findings.strips_title(figures.strips, timezone=figures.zone),
        charts.activity_strips(figures.strips, timezone=figures.zone),
        f"Active, away and unknown by hour of day, {figures.period}; sums from first to last record of each day",
        [
            findings.strips_note(figures.strips, timezone=figures.zone),
            " ".join(
                filter(
                    None,
                    (
                        findings.missing_days_note(figures.strips, timezone=figures.zone),
                        findings.corrections_note(figures.intervals),
                    ),
                )
            ),
        ],
    )


def _hours(figures: ActivityFigures) -> Card:
    strips = figures.strips if figures.stretch != "1d" else figures.week
    return Card(
        findings.hours_title(strips, now=figures.now, timezone=figures.zone),
        charts.activity_hours(strips, timezone=figures.zone),
        "Hours per day between first and last record; the number is the active part. "
        f"Today runs until {wording.clock(figures.now)}",
        [findings.hours_note(figures.away_after_s)],
    )


def _ranges(figures: ActivityFigures) -> Card:
    return Card(
        findings.ranges_title(figures.past),
        charts.activity_ranges(figures.past),
        "Possible active hours per day, mean of the days with records of 4 weeks",
        [findings.ranges_note(figures.intervals)],
    )


def _levels(figures: ActivityFigures) -> Card:
    return Card(
        findings.levels_title(figures.levels, now=figures.now),
        charts.activity_levels(
            figures.levels, start=figures.now - dt.timedelta(hours=24), end=figures.now, timezone=figures.zone
        ),
        "Level, 0 to 100 %, last 24 hours: how recent the last input was, not a share of time",
        ["100: less than 4 min ago; 50: less than 8; 25: up to 10; 0: longer."],
    )


def _messages(figures: ActivityFigures, number: int) -> Card:
    skip = (number - 1) * ROWS
    found = figures.messages(number * ROWS)
    shown = max(0, found.num_rows - skip)
    of = f"{skip + 1:,} to {skip + shown:,}" if shown else "none here"
    return Card(
        "What arrived",
        findings.messages_table(found, now=figures.now, newest=ROWS, skip=skip),
        f"Messages of 7 days, newest first, {of}",
        empty="No message has arrived in this place of the list.",
    )


def _records(figures: ActivityFigures) -> Card:
    return Card(
        findings.records_title(figures.records),
        findings.records_table(figures.records, timezone=figures.zone),
        "What is recorded about whoever uses these PCs: table, kind, rows, since when",
        [findings.records_note(figures.away_after_s)],
        empty="Nothing is recorded.",
    )


def _team(ask: Ask) -> Board:
    choice = {PERIOD.name: ask.chosen(PERIOD)}
    figures = ActivityFigures(ask, stretch=choice[PERIOD.name])
    k = figures.settings.site.k
    people = len({row["person"] or row["device_id"] for row in _everyone(ask)})
    days = ask.slowly("team days", lambda: activity.team("28d", by="day", project=ask.project))
    hours = ask.slowly(
        ("team hours", figures.stretch), lambda: activity.team(figures.stretch, by="hour", project=ask.project)
    )
    text = findings.team_text(days, k=k, people=people, period=figures.period, timezone=figures.zone)
    cells = (
        Cell("days", 6, "Active hours of the team by day", partial(_team_days, days, figures.zone)),
        Cell("hours", 6, "Active share of the team by hour", partial(_team_hours, hours, figures)),
    )
    return Board(
        Sentence(text, common.head("Activity", figures.now, figures.settings.site.name)),
        rows=(cells,) if len(days) else (),
        foot=f"{common.foot(figures.zone)} Periods with fewer than {k} people are left out. The page of a single PC is "
        "shown only to its owner, by a token of their own.",
        freshness=figures.freshness(),
        controls=[PERIOD] if len(days) else [],
        choice=choice if len(days) else {},
        attention=concerns.badges(ask),
    )


def _team_days(days: object, zone: str) -> Card:
    return Card(
        "Active hours of the team by day",
        charts.team_hours(days, timezone=zone),
        "Hours per person and day, mean of all of whom anything is known, 4 weeks",
        ["Whoever has several PCs counts once."],
    )


def _team_hours(hours: object, figures: ActivityFigures) -> Card:
    return Card(
        "Active share of the team by hour",
        charts.team_hours(hours, timezone=figures.zone, by="hour"),
        f"Share of the time that is known, by hour, {figures.period}",
    )


def _nothing_yet(ask: Ask, owner: str = "") -> Board:
    told = ask.project.settings
    now = local_time(ask.project.now_us(), told.site.timezone)
    of = f" of {owner}" if owner else ""
    text = (
        f"**No activity{of} has been recorded yet.** Start the agent on a PC, telltale collect idle, or point the "
        f"callback of its modem at http://{told.webhooks.host}:{told.webhooks.port}/messages/create."
    )
    return Board(
        Sentence(text, common.head("Activity", now, told.site.name)), freshness=ActivityFigures(ask).freshness()
    )
