"""What pages say of items and buttons: what needs a look first, too few said, gaps named, hints called hints."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from telltale.kanban.analysis.coverage import Coverage, coverage
from telltale.kanban.words import capture, limits, tables, tiles, titles
from telltale.kanban.words.pulls import pulls_tile
from telltale.settings.capture import KanbanSettings
from telltale.workbench import periods
from tests.kanban import frames as k

NOW = k.NOW.astimezone(ZoneInfo(k.ZONE))
ALL = k.items()


def only(*names: str, **other: Any) -> pd.DataFrame:
    return ALL[ALL["item"].isin(names)].assign(**other)


TARGET = 0.05
LATELY = "in this period"


def plain(text: str) -> str:
    return text.replace("\xa0", " ")


def stretch(start_h: float, end_h: float, **other: Any) -> dict[str, Any]:
    told = {"collector": "arp@host", "interface": "eth0", "frames": 10, "unlisted": 100, "drops": 0}
    times = {"start": k.NOW + dt.timedelta(hours=start_h), "end": k.NOW + dt.timedelta(hours=end_h)}
    return told | times | other


def covered(*stretches: dict[str, Any], until: dt.datetime | None = None) -> Coverage:
    found = coverage(stretches, until=until)
    assert found is not None
    return found


def test_what_runs_short_and_what_may_be_dead_come_first() -> None:
    said = plain(titles.kanban_sentence(ALL, WHOLE, target=TARGET, period="in 16 weeks"))
    assert said == (
        "!!Gaskets 40 mm!! are pulled more and more often; about !!17 %!! of pulls find none left. "
        "Go from **5 to 7 cards**. The !!M6 screws!! button has been silent for !!6 d 2 h!!."
    )


WHOLE = covered(stretch(-24, 0))
CALM = ("Cable ties", "Labels A6", "Tape 19 mm")


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (only(*CALM), "their cards suffice, and every button was pressed within its usual time."),
        (only(*CALM, cards_recommended=None), "too few to say how many cards they need."),
        (only("Tape 19 mm", cards_recommended=None), "too few to say how many cards it needs."),
        (only(*CALM, cards=None), "none is listed yet."),
        (only("Labels A6", "M6 screws", may_be_dead=False), "the cards of one suffice, of one too little is known"),
        (only(*CALM, silence_limit_s=[None, 9e5, 9e5]), "and none of two judged buttons is past its usual silence."),
        (only(*CALM, pulls=0), "**No pull** in this period"),
        (only(*CALM, risk=0.08, risk_lo=0.06), "three items above 5 % risk"),
        (
            only("Gaskets 40 mm", "Cable ties", cards_recommended=9, risk=0.2, risk_lo=0.1),
            "; !!Gaskets 40 mm!! runs short too.",
        ),
    ],
)
def test_the_sentence_says_what_the_data_bear(frame: pd.DataFrame, said: str) -> None:
    assert said in plain(titles.kanban_sentence(frame, None, target=TARGET, period=LATELY))


def test_time_that_was_not_captured_is_in_the_sentence_when_it_is_much() -> None:
    # 24 h from the first stretch to the present, 9 of them without a capture: 62.5 %.
    found = covered(stretch(-24, -12), stretch(-3, 0))
    assert found.share == pytest.approx(0.625)
    assert "The capture was away for **9 h** of it." in plain(
        titles.kanban_sentence(only(*CALM), found, target=TARGET, period=LATELY)
    )
    whole = covered(stretch(-24, 0))
    assert "away" not in titles.kanban_sentence(only(*CALM), whole, target=TARGET, period=LATELY)


def test_each_thing_that_needs_a_look_is_one_line() -> None:
    short, dead = titles.kanban_concerns(ALL, now=NOW, target=TARGET)
    assert (short.concern.level, plain(short.concern.what)) == ("alarm", "Gaskets 40 mm: cards run short")
    assert plain(short.concern.evidence) == "17 % (10–26) risk; target 5 %"
    assert plain(dead.concern.what) == "M6 screws: button silent"
    assert plain(dead.concern.evidence) == "6 d 2 h; limit 5 d 20 h"
    assert plain(dead.concern.when) == "since Sat 14 Nov, 12:36"
    assert dead.concern.page == "kanban"
    assert titles.kanban_concerns(only(*CALM), now=NOW, target=TARGET) == []


@pytest.mark.parametrize(
    ("frame", "title"),
    [
        (k.chart(), "Gaskets 40 mm was pulled more often than its limits allow, W46; the rest is steady"),
        (k.chart().assign(signal=False), "Pulls are steady: no item leaves its limits"),
        (k.chart().assign(is_tested=False, center=None), "Pulls by week; too few to say what is usual"),
        (k.chart().assign(is_tested=False), "Pulls by week; too few to say what is usual"),
        (k.chart().assign(is_tested=False, is_baseline=True, signal=False),
         "Pulls are steady: no item leaves its limits"),
        # Later weeks set the limits: a signal two whole weeks before them is no news.
        (k.chart().assign(is_baseline=lambda f: f["label"] > "2026-W44", is_tested=lambda f: f["label"] <= "2026-W44",
                          signal=lambda f: (f["label"] == "2026-W44") & (f["item"] == "Gloves L")),
         "Pulls are steady now; one earlier bucket was outside the limits"),
        (k.chart().assign(signal=lambda f: f["label"] == "2026-W33"),
         "Pulls are steady now; six earlier buckets were outside the limits"),
        (k.chart().assign(signal=lambda f: (f["label"] == "2026-W46") & f["item"].isin(["Gloves L", "Labels A6"])),
         "Two items left their limits, Gloves L below in W46"),
    ],
)  # fmt: skip
def test_titles_of_pulls_tell_the_newest_buckets(frame: pd.DataFrame, title: str) -> None:
    assert limits.pulls_title(frame, timezone=k.ZONE) == title


@pytest.mark.parametrize(
    ("frame", "title"),
    [
        (ALL, "Gaskets 40 mm need 7 cards, not 5"),
        (only("Gloves L"), "Gloves L would do with 2 cards, not 3"),
        (only(*CALM), "The cards in use are those recommended"),
        (only(*CALM, cards_recommended=9), "Three items need more cards"),
        (only("M6 screws"), "Cards: too little is known to say"),
        (only(*CALM, cards=None), "Cards recommended; those in use are not listed"),
    ],
)
def test_titles_of_cards(frame: pd.DataFrame, title: str) -> None:
    assert plain(titles.cards_title(frame)) == title


@pytest.mark.parametrize(
    ("frame", "title"),
    [
        (ALL, "One item runs empty too often: Gaskets 40 mm"),
        (only(*CALM), "No item is above 5 % risk for sure; two may be"),
        (only("Gloves L"), "Every item stays within 5 % risk"),
        (
            only("Gloves L", "Labels A6", risk=[None, 0.01], risk_hi=0.02),
            "No item is above 5 % risk, as far as it is known",
        ),
        (only("Gloves L", risk=None), "Will it run empty? Too little is known to say"),
    ],
)
def test_titles_of_risk(frame: pd.DataFrame, title: str) -> None:
    assert plain(titles.risk_title(frame, target=TARGET)) == title


@pytest.mark.parametrize(
    ("frame", "title"),
    [
        (ALL, "The M6 screws button may be dead"),
        (only(*CALM, may_be_dead=True), "The buttons of three items may be dead"),
        (only(*CALM), "Every button was pressed within its usual time"),
        (
            only(*CALM, silence_limit_s=[None, 9e5, 9e5]),
            "None of two buttons is past its usual silence; of one too little is known",
        ),
        (only(*CALM, silence_limit_s=None), "How long buttons have been silent; too few presses for a limit"),
    ],
)
def test_titles_of_silence(frame: pd.DataFrame, title: str) -> None:
    assert titles.silence_title(frame) == title


def weeks(*pulls: int, **newest: Any) -> pd.DataFrame:
    """Heard weeks of so many pulls each, the newest last, with what is told of that one."""
    first = dt.datetime(2026, 10, 24, tzinfo=dt.UTC)
    table: list[dict[str, Any]] = []
    for at, count in enumerate(pulls):
        table.append({"start": first + dt.timedelta(days=7 * at), "days": 7, "pulls": count, "observed_s": 7 * k.DAY_S,
                      "working_s": 7 * k.DAY_S, "heard_share": 1.0, "is_heard": True, "weeks_before": at,
                      "change": count - sum(pulls[:at]) / at if at else None})  # fmt: skip
    table[-1] |= newest
    return pd.DataFrame(table)


def test_tiles_have_their_basis() -> None:
    shown = tiles.kanban_tiles(
        ALL, weeks(7, 7, 7, 14), k.leads(), covered(stretch(-24, 0)), target=TARGET, days=112
    ).tiles
    told = [(tile.label, tile.value, tile.unit, tile.state) for tile in shown]
    # Lead times: 2.1 + 3.0 + 2.4 + 5.1 + 1.9 + 2.6 + 2.7 + 1.2 + 4.0 = 25.0 d over nine.
    assert [tuple(map(plain, one)) for one in told] == [
        ("Pulls, last 7 days", "14", "", ""),
        ("Lead time, mean", "2.8", "d", ""),
        ("Open pulls", "2", "", ""),
        ("Items above 5 % risk", "1", "of 6", "alarm"),
        ("Capture running", "100", "%", ""),
    ]
    notes = [plain(tile.note) for tile in shown]
    assert notes[0] == "**+7** on the mean of 3 weeks"
    assert notes[1] == "median 2 d 14 h, longest 5 d 2 h; n = 9"
    assert notes[2] == "oldest: Gaskets 40 mm, **2 d 3 h**"
    assert notes[3] == "Gaskets 40 mm; three more uncertain"


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        (weeks(7, 14), ("14", "**+7** on the 7 days before")),
        (weeks(7, 7, 14, weeks_before=1, change=7.0), ("14", "**+7** on the one earlier week that was heard")),
        (weeks(7, 7, 7, 14, weeks_before=2, change=7.0), ("14", "**+7** on the mean of 2 heard weeks")),
        (weeks(14), ("14", "no earlier week to compare with")),
        (weeks(5, days=5), ("5", "of 5 days since the capture began; no earlier week to compare with")),
        (weeks(7, 0, is_heard=False, observed_s=0.0), ("–", "nobody listened")),
        (weeks(7, 2, is_heard=False, observed_s=0.0), ("2", "nobody listened; these were entered by hand")),
        (weeks(7, 2, is_heard=False, heard_share=0.5), ("2", "50 % of the time was heard; not compared")),
        (weeks(7, 0, is_heard=False, working_s=0.0), ("0", "no working time in them; not compared")),
        (weeks(7).head(0), ("–", "no capture has listened yet")),
    ],
)
def test_a_week_is_compared_with_weeks_that_were_heard(frame: pd.DataFrame, told: tuple[str, str]) -> None:
    tile = pulls_tile(frame)
    assert (tile.value, plain(tile.note)) == told


def test_tiles_of_nothing_say_why() -> None:
    none = ALL.assign(risk=None, lead_time_days=None, is_acknowledged=False)
    shown = tiles.kanban_tiles(none, weeks(5, days=5), k.leads().head(0), None, target=TARGET, days=28).tiles
    assert [tile.value for tile in shown] == ["5", "–", "–", "–", "–"]
    listed = tiles.kanban_tiles(
        ALL.assign(lead_time_days=2.0), weeks(7, 14), k.leads().head(0), None, target=TARGET, days=28
    ).tiles[1]
    assert (listed.label, listed.value, listed.note) == (
        "Lead time",
        "2.0",
        "as listed in buttons.csv; none measured",
    )


def test_stretches_of_several_interfaces_are_one_coverage() -> None:
    found = covered(stretch(-10, -6, drops=2), stretch(-8, -4, interface="eth1"), stretch(-3, -1), until=k.NOW)
    # Ten hours; heard from −10 to −4 and from −3 to −1: eight. Two gaps of an hour.
    assert (found.covered_s, found.missing_s) == (8 * 3600, 2 * 3600)
    assert len(found.gaps) == 2
    assert (found.frames, found.unlisted, found.drops, found.interfaces) == (30, 300, 2, ("eth0", "eth1"))
    assert plain(capture.capture_note(found, timezone=k.ZONE)) == (
        "**Gaps** Fri 20 Nov, 10:32–11:32; Fri 20 Nov, 13:32–14:32: no capture. "
        "Rates use the time it was alive. 2 frames dropped by the capture."
    )
    assert plain(capture.capture_title(found, timezone=k.ZONE)) == "No capture listened after Fri 20 Nov, 13:32"
    tile = capture.capture_tile(found)
    assert (tile.value, tile.state) == ("80.0", "warning")


def test_a_coverage_short_of_all_is_never_called_all() -> None:
    found = covered(stretch(-1000, -0.2), stretch(-0.1, 0))
    assert capture.capture_tile(found).value == "99.9"
    assert coverage([]) is None
    assert capture.capture_title(None) == "No capture was running"
    assert capture.capture_note(None) == ""


@pytest.mark.parametrize(
    ("observed_s", "working_day_s", "told"),
    [(540.0, None, True), (86_399.0, None, True), (86_400.0, None, False), (28_800.0, 28_800.0, False)],
)
def test_a_rate_a_day_is_not_told_from_minutes(observed_s: float, working_day_s: float | None, *, told: bool) -> None:
    """A pull in nine minutes is 160 a day, of 4 to 892: true, and of use to nobody."""
    items = only("Labels A6", observed_s=observed_s, working_day_s=working_day_s)
    assert (tables.last_pulls_table(items, timezone=k.ZONE).rows[0][1] == "heard for less than a day") == told


def test_tables_hold_the_doubts() -> None:
    rows = [[plain(cell) for cell in row] for row in tables.sizing_table(ALL).rows]
    assert rows[1] == [
        "Gaskets 40 mm",
        "215",
        "1.1 (0.9–1.3)",
        "1",
        "2 d 14 h, n = 7",
        "5 → **7**",
        "17 % (10–26)",
        "–",
    ]
    assert rows[4][5:] == ["3; too little known", "4 % (0–14)", "fewer than 2 lead times"]
    last = tables.last_pulls_table(ALL, timezone=k.ZONE).rows[4]
    assert plain(last[5]) == "!!Sat 14 Nov, 12:36!!"
    assert plain(last[6]) == "1,912"


def trends(*verdicts: str) -> pd.DataFrame:
    tests = ("mann_kendall", "laplace", "two_periods")
    return pd.DataFrame(
        [
            {"item": "Gaskets", "test": test, "n": 16, "statistic": 2.0, "p_value": 0.0004, "slope_per_day": 0.02,
             "verdict": verdict}
            for test, verdict in zip(tests, verdicts, strict=False)
        ]
    )  # fmt: skip


def test_a_trend_is_said_when_two_tests_agree() -> None:
    assert tables.pull_trends_title(trends("rising", "rising", "none")) == "Gaskets is pulled more often than before"
    assert "No item shows a trend" in tables.pull_trends_title(trends("rising", "none", "none"))
    row = tables.pull_trends_table(trends("none")).rows[0]
    assert [plain(cell) for cell in row] == [
        "Gaskets",
        "Mann–Kendall, by weekday",
        "16",
        "< 0.001",
        "+0.020",
        "no trend",
    ]


def test_notes_name_orphans_hints_and_hollow_buckets() -> None:
    note = plain(tiles.leads_note(k.leads(), ALL.head(1).assign(lead_time_source="buttons.csv")))
    assert note == (
        "Lead time from acknowledge presses, mean 2 d 19 h (n = 9). That of 1 item is the one listed in buttons.csv. "
        "1 acknowledgement had no open pull and gives no lead time."
    )
    first_days = pd.concat([k.leads(), k.leads().tail(1)])  # two orphans beside nine pairs
    assert tiles.leads_note(first_days, ALL.head(1)).endswith("the first lead times may be too short.")
    presses = pd.DataFrame({"is_manual": [True, False]})
    assert plain(tiles.hint_note(presses)).startswith("1 press entered by hand. A press is a hint")
    assert tiles.buckets_note(k.chart()).startswith("Hollow:")
    assert tiles.buckets_note(k.chart().assign(is_tested=True, is_baseline=False)) == ""
    assert "1,912 presses so far" in plain(tiles.dead_note(ALL))
    assert "t-chart" in tiles.dead_note(only(*CALM))
    assert "is opened" in tiles.risk_note("opened")
    assert "is emptied" in tiles.risk_note("emptied")


def pressed(**other: Any) -> pd.DataFrame:
    told = {"device_id": "ac:63:be:10:00:03", "name": "Labels", "role": "button", "item": "Labels", "frames": 5,
            "pressed_at": k.NOW, "kinds": "announce,probe", "interface": "eth0", "is_manual": False}  # fmt: skip
    by_hand = {"device_id": "item:Gloves", "name": "", "role": "", "frames": 1, "kinds": "manual_pull", "interface": ""}
    return pd.DataFrame([told | other, told | other | by_hand | {"is_manual": True}])


def test_the_capture_report_counts_frames_presses_and_drops() -> None:
    period = periods.parse("1d", NOW)
    found = covered(stretch(-10, -6, drops=2), stretch(-3, 0))
    said = capture.buttons_sentence(9, pressed(), found, period, "Harbour site")
    assert plain(said.text) == (
        "**5 frames** of **one device** made **1 press**, 1 more was entered by hand; !!2 frames!! were dropped "
        "and the capture was away for **3 h**."
    )
    assert said.over.endswith("· Harbour site")
    shown = capture.buttons_tiles(pressed(), [{"reason": "short", "rejects": 3}], found).tiles
    assert [tile.value for tile in shown] == ["1", "200", "2", "70.0", "3"]
    rows = capture.devices_pressed_table(pressed(), timezone=k.ZONE).rows
    assert rows[0][:7] == ["Labels", "button", "1", "5", "5", "announce, probe", "eth0"]
    assert rows[1][:7] == ["item:Gloves", "–", "1", "1", "1", "manual_pull", "by hand"]
    assert capture.pressed_title(pressed()) == "Labels was pressed 1\xa0time"


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (None, "No capture was running"),
        (covered(stretch(-1, 0)), "The capture listened, but no listed device was heard"),
    ],
)
def test_no_press_says_whether_anybody_listened(found: Coverage | None, said: str) -> None:
    text = capture.buttons_sentence(0, pressed().head(0), found, periods.parse("1d", NOW)).text
    assert said in text
    assert capture.pressed_title(pressed().head(0)) == "No listed device was heard"


def test_stretches_are_a_table_newest_first() -> None:
    frame = pd.DataFrame([stretch(-10, -6), stretch(-3, -1, drops=7)])
    rows = [[plain(cell) for cell in row] for row in capture.capture_table(frame, timezone=k.ZONE).rows]
    assert rows[0] == ["eth0", "Fri 20 Nov, 11:32", "Fri 20 Nov, 13:32", "2 h", "10", "100", "7"]
    assert len(rows) == 2


def test_odd_frames_are_told_in_words() -> None:
    frames = pd.DataFrame({"flags": ["", "sender_differs", "random_address,sender_differs"]})
    assert plain(capture.flags_note(frames)) == "1 frame had a random address and 2 frames came through a repeater."
    assert capture.flags_note(frames.head(1)) == ""


def test_the_foot_says_what_the_page_rests_on() -> None:
    presses = pressed(last_frame_at=k.NOW)
    sources = pd.DataFrame({"source": ["button", "sigfox"], "decoder": [2, 9]})
    facts = capture.kanban_footer({"Site": "Harbour"}, presses, pd.DataFrame([stretch(-2, -1)]), sources, rejected=1)
    assert {name: plain(value) for name, value in facts.facts.items()} == {
        "Site": "Harbour",
        "Data until": "Fri 20 Nov 2026, 13:32",
        "Days": "local days in UTC",
        "Records": "2 presses of 6 frames; 1 row rejected",
        "Decoders": "button 2",
    }


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({}, "Poisson, service 95 %: fewest cards N with P(X < N) ≥ 95 %, X the pulls within the lead time"),
        ({"signal_when": "emptied"}, "N with P(X < N − 1) ≥ 95 %"),
        ({"formula": "classic"}, "N = demand × lead time × (1 + 10 %) ÷ container, rounded up"),
        ({"formula": "safety_days"}, "N = demand × (lead time + 1.0 d) ÷ container, rounded up"),
        ({"formula": "statistical"}, "N = (D L + z √(L σ²D + D² σ²L)) ÷ container, rounded up; service 95 %"),
        ({"review_days": 2}, "; 2.0 d between pick-ups added to the lead time"),
    ],
)
def test_the_formula_of_the_cards_is_written_out(told: dict[str, Any], said: str) -> None:
    assert said in plain(tables.sizing_words(KanbanSettings(**told)))


def test_the_report_opens_with_its_period_and_site() -> None:
    said = titles.kanban_report_sentence(
        only(*CALM), None, periods.parse("7d", NOW), target=TARGET, name="Harbour site"
    )
    assert said.over.endswith("· Harbour site")
    assert "in these 7 days" in plain(said.text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1d", "today"),
        ("7d", "in these 7 days"),
        ("16w", "in 16 weeks"),
        ("112d", "in 16 weeks"),
        ("61d", "in these 61 days"),
        ("2026-11", "in this month"),
        ("2026-W46", "in this week"),
        ("2026-10-01/2026-10-28", "in these 28 days"),
    ],
)
def test_a_period_is_called_as_people_call_it(text: str, said: str) -> None:
    assert titles.in_period(periods.parse(text, NOW)) == said
