"""Kanban: are pulls normal, do the cards suffice, and do the buttons live?"""

from functools import partial

from telltale import charts, findings, wording
from telltale.dashboard import concerns
from telltale.kanban.page_answers import KanbanFigures, capture, known_items
from telltale.page import common
from telltale.page.board import Ask, Board, Cell, Control, Freshness
from telltale.page.pieces import Card, Sentence
from telltale.workbench.times import local_time

PERIOD = Control("period", "Period", {"4w": "4 weeks", "16w": "16 weeks", "52w": "52 weeks"}, "toggle")


def page(ask: Ask) -> Board:
    """The page."""
    names = known_items(ask)
    if not names:
        return _nothing_yet(ask)
    every = f"All {wording.in_words(len(names))}" if len(names) > 1 else "The only one"
    # A place in the list stands in the address: an item's name may hold anything.
    items = {"all": every, **{_spelt(name): name for name in names}}
    controls = [PERIOD, *([Control("item", "Item", items)] if len(names) > 1 else [])]
    choice = {control.name: ask.chosen(control) for control in controls}
    chosen = items.get(choice.get("item", "all"), "") if choice.get("item", "all") != "all" else ""
    figures = KanbanFigures(ask, stretch=choice["period"], item=chosen)
    return Board(
        Sentence(_sentence(figures), common.head("Kanban", figures.now, figures.settings.site.name)),
        figures.tiles,
        (
            (Cell("pulls", 12, "Pulls by bucket, with their limits", partial(pulls, figures)),),
            (
                Cell("cards", 4, "Cards in use and recommended", partial(_cards, figures)),
                Cell("risk", 4, "Risk of an empty bin", partial(_risk, figures)),
                Cell("silence", 4, "Silence of the buttons", partial(_silence, figures)),
            ),
            (Cell("items", 12, "Items in figures", partial(_items, figures)),),
        ),
        _foot(figures),
        figures.freshness,
        controls,
        choice,
        concerns.badges(ask),
    )


def _spelt(name: str) -> str:
    """An item's name as it stands in the address of the page."""
    return "-".join(name.casefold().split())


def _sentence(figures: KanbanFigures) -> str:
    period = f"in {PERIOD.options[figures.stretch]}"
    return findings.kanban_sentence(figures.items, figures.coverage, target=figures.target, period=period)


def pulls(figures: KanbanFigures) -> Card:
    """A control chart of each item."""
    return Card(
        findings.pulls_title(figures.chart, timezone=figures.zone),
        charts.control_charts(figures.chart, figures.items, timezone=figures.zone),
        f"Containers pulled per {figures.by} (c-chart). Band: three-sigma limits; line: their mean. One scale for all",
        [_buckets(figures), findings.capture_note(figures.coverage, timezone=figures.zone)],
    )


def _buckets(figures: KanbanFigures) -> str:
    """Which buckets are not tested, and that a free day counts as one without a pull."""
    told = figures.settings.kanban
    free = figures.by == "day" and not (told.working_hours or told.holidays)
    more = "A day without work counts as one without a pull, unless [kanban] working_hours leaves it out."
    return " ".join(filter(None, (findings.buckets_note(figures.chart), more if free else "")))


def _cards(figures: KanbanFigures) -> Card:
    service = wording.percent(figures.settings.kanban.service_level)
    formula = findings.FORMULAS[figures.settings.kanban.formula]
    return Card(
        findings.cards_title(figures.items),
        charts.cards_needed(figures.items, target=figures.target),
        f"Cards in use and recommended ({formula}, service {service})",
        [findings.leads_note(figures.leads, figures.items)],
    )


def _risk(figures: KanbanFigures) -> Card:
    return Card(
        findings.risk_title(figures.items, target=figures.target),
        charts.stock_out_risk(figures.items, target=figures.target),
        "Chance that no full container is left at a pull, with 95 % interval. Band: target".replace(" %", "\xa0%"),
        [findings.risk_note(figures.settings.kanban.signal_when)],
    )


def _silence(figures: KanbanFigures) -> Card:
    return Card(
        findings.silence_title(figures.items),
        charts.button_silence(figures.items),
        "Time since the last press, against the item’s own upper limit (t-chart)",
        [findings.dead_note(figures.items)],
    )


def _items(figures: KanbanFigures) -> Card:
    return Card(
        "Items in figures",
        findings.last_pulls_table(figures.items, timezone=figures.zone),
        f"Last {PERIOD.options[figures.stretch]}: rate with interval, pulls, open ones, last pull and press, trend",
        [findings.hint_note(figures.presses)],
    )


def _foot(figures: KanbanFigures) -> str:
    orphans = sum(bool(one) for one in figures.leads["is_orphan"].to_pylist())
    told = f"{wording.count(orphans, 'acknowledgement')} had no open pull. " if orphans else ""
    dead_time = wording.duration(figures.settings.kanban.dead_time_s)
    return (
        f"{common.foot(figures.zone)} Frames within a dead time of {dead_time}, or that of buttons.csv, are one press. "
        f"{told}Rates use the time the capture was alive."
    )


def _nothing_yet(ask: Ask) -> Board:
    """Nobody has pressed: whether a capture is running decides what to do next."""
    zone = ask.project.settings.site.timezone
    now = local_time(ask.project.now_us(), zone)
    found = findings.coverage(capture(ask, "52w"), until=now)
    if found is None:
        text = (
            "**No capture has been started.** Run “telltale collect arp” where the buttons’ network is, or read a "
            "capture file: telltale replay FILE.pcap."
        )
    else:
        lasting = wording.duration((now - found.start).total_seconds())
        text = (
            f"**No press** since the capture started {lasting} ago. Press a button; telltale discover finds its line "
            "for buttons.csv."
        )
    newest = None if found is None else round(found.end.timestamp() * 1e6)
    return Board(
        Sentence(text, common.head("Kanban", now, ask.project.settings.site.name)),
        freshness=Freshness(newest, timezone=zone),
        attention=concerns.badges(ask) if common.sites(ask) else {},
    )
