"""Where nobody listened nothing is said of demand, and nothing is as usual: dead captures, first days, silent items."""

import json
from pathlib import Path

import pandas as pd
import pytest

import telltale as tt
from telltale.kanban import cards
from telltale.kanban.analysis.coverage import coverage, patience
from telltale.kanban.answers import Answers, answers
from telltale.kanban.concerns import concerns, watched
from telltale.kanban.words.limits import pulls_title
from telltale.kanban.words.tables import sizing_table
from telltale.kanban.words.titles import silence_title
from tests.kanban.test_calls import DAY_S, START, S, Told, beats, by_hand, small

DAY = 24.0
WORK = '[kanban]\nworking_hours = ["Mon-Fri 06:00-22:00"]\n'


def plain(text: object) -> str:
    return str(text).replace("\xa0", " ")


def tile(about: Answers, place: int) -> tuple[str, str, str]:
    found = cards.overview(about).tiles[place]
    return plain(found.value), plain(found.unit), plain(found.note)


def daily(days: range, *, hour: float = 9, item: str = "bolts") -> list[Told]:
    return by_hand("pull", item, *(DAY * day + hour for day in days))


def pressed_daily(days: range, *, hour: float = 9) -> list[Told]:
    """Presses of the bolts' button, told as frames would be: by hand they end no silence."""
    frame = bytes.fromhex("ffffffffffff027e11a0000108060001080006040001027e11a00001000000000000000000000a000007")
    return [("/frame/eth0", {"frame": frame.hex()}, START + round((DAY * day + hour) * 3600 * S)) for day in days]


def pressed(root: Path, days: range, told: list[Told], *, now_d: float, more: str = "", hour: float = 9) -> tt.Project:
    """A project whose button was pressed at an hour of some days."""
    from telltale.contract import Raw

    project = small(root, told, days=now_d, more=more)
    landing = project.landing()
    try:
        for path, body, moment in pressed_daily(days, hour=hour):
            meta = json.dumps({"transport": "arp", "method": "CAPTURE", "path": path})
            landing.append(Raw(0, "button", moment, "", meta, bytes.fromhex(body["frame"])))
    finally:
        landing.close()
    return project


def test_a_week_nobody_listened_to_is_no_week_without_pulls(tmp_path: Path) -> None:
    """Three weeks of a pull a day, then the capture died: not "0, −7" but unknown."""
    project = small(tmp_path, [*beats((0, 21 * DAY)), *daily(range(21))], days=28)
    about = answers("4w", bucket="day", project=project)
    assert tile(about, 0) == ("–", "", "nobody listened")
    by_hand_too = small(tmp_path / "b", [*beats((0, 21 * DAY)), *daily(range(21)), *daily(range(25, 27))], days=28)
    told = tile(answers("4w", bucket="day", project=by_hand_too), 0)
    assert told == ("2", "", "nobody listened; these were entered by hand")


def test_a_week_heard_in_part_is_not_compared(tmp_path: Path) -> None:
    """Of the last seven days 3.5 were heard: three pulls are three, not four too few."""
    project = small(tmp_path, [*beats((0, 24.5 * DAY)), *daily(range(24))], days=28)
    assert tile(answers("4w", bucket="day", project=project), 0) == (
        "3",
        "",
        "50 % of the time was heard; not compared",
    )


def test_weeks_that_were_not_heard_are_left_out_of_the_mean(tmp_path: Path) -> None:
    """Four weeks, of which the second was not heard: 7 against the mean of 7 and 7, not of 7, 0 and 7."""
    told = [*beats((0, 7 * DAY), (14 * DAY, 27.9 * DAY)), *daily(range(7)), *daily(range(14, 28))]
    found = cards.overview(answers("4w", bucket="day", project=small(tmp_path, told, days=27.9))).tiles[0]
    assert (found.value, plain(found.note)) == ("7", "**±0** on the mean of 2 heard weeks")
    assert list(found.spark) == [7.0, None, 7.0, 7.0]


def test_a_capture_that_ended_says_nothing_of_buttons_now(tmp_path: Path) -> None:
    """Pressed each day for three weeks, then no capture for one: heard silence is short, and nothing is as usual."""
    project = pressed(tmp_path, range(21), beats((0, 21 * DAY)), now_d=28)
    about = answers("4w", bucket="day", project=project)
    row = tt.kanban.items("4w", item="bolts", project=project).iloc[0]
    assert (row["is_heard"], row["heard_until"].value // 1000) == (False, START + 21 * 24 * 3600 * S)
    assert row["silent_s"] < row["silence_limit_s"]
    assert silence_title(about.items) == "Whether buttons live is not known: no capture listens"
    said = plain(cards.sentence(about).text)
    assert said.startswith("No capture listened after **Mon 23 Nov, 00:00**.")
    assert "usual time" not in said
    assert pulls_title(about.counts, timezone=about.zone).endswith("; nothing was heard after 22\xa0Nov")
    assert "steady now" not in pulls_title(about.counts)
    alive = pressed(tmp_path / "b", range(28), beats((0, 28 * DAY)), now_d=28)
    assert "No capture" not in plain(cards.sentence(answers("4w", bucket="day", project=alive)).text)


def test_open_pulls_are_those_of_when_somebody_last_listened(tmp_path: Path) -> None:
    told = [*beats((0, 10 * DAY)), *daily(range(9)), *by_hand("ack", "bolts", *(DAY * day + 12 for day in range(8)))]
    about = answers("2w", bucket="day", project=small(tmp_path, told, days=14))
    assert tile(about, 2)[2] == "oldest: bolts, **5 d 15 h**; as heard until Thu 12 Nov, 00:00"


def test_a_dead_button_over_a_holiday_is_told_in_working_days_and_by_the_calendar(tmp_path: Path) -> None:
    """Shifts of 16 h. Last pressed on Friday the 20th, 09:00; three days of holiday; now Tuesday the 1st, 09:00.

    Working time since: Friday 13 h, Thursday and Friday of the next week and Monday 16 h each, Tuesday 3 h: 64 h = 4
    working days, of 11 days by the calendar.
    """
    more = WORK + 'holidays = ["2026-11-23", "2026-11-24", "2026-11-25"]\n'
    days = range(19)
    project = pressed(tmp_path, days, beats((0, 29.5 * DAY)), now_d=29 + 9 / 24, more=more)
    row = tt.kanban.items("5w", item="bolts", project=project).iloc[0]
    assert row["silent_s"] == 64 * 3600
    assert row["silent_calendar_s"] == 11 * DAY_S
    assert row["working_day_s"] == 16 * 3600


def test_a_shift_of_16_h_has_one_basis_in_table_tile_and_chart(tmp_path: Path) -> None:
    """Pulled Monday to Wednesday at 20:00, delivered the next day at 12:00: 8 h of working time, 16 by the calendar."""
    pulls = (20.0, 44.0, 68.0)
    told = [*by_hand("pull", "bolts", *pulls), *by_hand("ack", "bolts", *(hour + 16 for hour in pulls))]
    about = answers("14d", project=small(tmp_path, [*beats((0, 14 * DAY)), *told], more=WORK))
    value, unit, note = tile(about, 1)
    assert (value, unit) == ("8.0", "working h")
    assert note == (
        "16 h by the calendar; median 8 h of working time (16 h), longest 8 h of working time (16 h); n = 3"
    )
    (row,) = [row for row in sizing_table(about.items).rows if row[0] == "bolts"]
    assert plain(row[4]) == "8 h of working time (16 h), n = 3"
    drawn = cards.lead_times(about).evidence
    assert plain(drawn.layout.xaxis.ticksuffix) == " working h"
    assert [plain(cell) for cell in drawn.layout.meta["numbers"]["rows"][0][2:6]] == ["8 h of working time (16 h)"] * 4
    assert plain(cards.lead_times(about).subtitle).startswith(
        "From the pull to its acknowledgement in working time, 16 h a day."
    )


def test_a_gap_between_pulls_is_told_in_working_days(tmp_path: Path) -> None:
    """A pull at each working day's 09:00: Friday to Monday is 16 h of working time, 1 working day of 3 days."""
    days = [day for week in range(4) for day in range(7 * week, 7 * week + 5)]
    told = [*beats((0, 28 * DAY)), *by_hand("pull", "bolts", *(DAY * day + 9 for day in days))]
    about = answers("4w", bucket="day", project=small(tmp_path, told, days=28, more=WORK))
    rows = [[plain(cell) for cell in row] for row in cards.pauses(about).evidence.layout.meta["numbers"]["rows"]]
    assert [row[2] for row in rows[:5]] == [
        *["1 working day (24 h) without a pull"] * 4,
        "1 working day (3 d) without a pull",
    ]
    assert rows[0][4] == "sets the limits"


@pytest.mark.parametrize(
    ("heartbeats", "interval_s", "minutes"),
    [
        (1, 60.0, 5),  # a file tells its length in one: the settings' minute, five at least
        (9, 600.0, 30),
        (48, 60.0, 30),  # each ten minutes over eight hours
        (480, 60.0, 5),
    ],
)
def test_a_capture_is_silent_after_three_of_its_own_intervals(
    heartbeats: int, interval_s: float, minutes: float
) -> None:
    end = pd.Timestamp("2026-11-20", tz="UTC").to_pydatetime()
    row = {"start": end - pd.Timedelta(hours=8), "end": end, "heartbeats": heartbeats}
    assert patience([row], interval_s=interval_s) == pd.Timedelta(minutes=minutes)
    assert patience([], interval_s=60.0) == pd.Timedelta(minutes=5)


STRETCH = {"collector": "arp@a", "interface": "eth0", "frames": 0, "unlisted": 0, "drops": 0}


@pytest.mark.parametrize(
    ("since", "began", "start", "share"),
    [
        ("2026-10-23", "2026-11-19", "2026-11-19", 1.0),  # of the one day since the first capture ever
        ("2026-10-23", "2026-10-01", "2026-10-23", 1 / 28),  # one had listened before: 27 days are missing
    ],
)
def test_the_share_is_of_the_time_since_the_first_capture_or_of_the_period(
    since: str, began: str, start: str, share: float
) -> None:
    moment = {text: pd.Timestamp(text, tz="UTC").to_pydatetime() for text in (since, began, "2026-11-19", "2026-11-20")}
    rows = [STRETCH | {"start": moment["2026-11-19"], "end": moment["2026-11-20"]}]
    found = coverage(rows, since=moment[since], until=moment["2026-11-20"], began=moment[began])
    assert found is not None
    assert found.share == pytest.approx(share)
    assert found.start.date().isoformat() == start
    assert found.is_whole == (start == since)


def test_the_share_says_what_it_is_of(tmp_path: Path) -> None:
    young = answers("4w", bucket="day", project=small(tmp_path, beats((0, 14 * DAY))))
    assert tile(young, 4) == ("100", "%", "of the 14 d since it began, Mon 2 Nov, 00:00; 0 frames dropped")
    told = [*beats((0, DAY), (20 * DAY, 35 * DAY))]
    old = answers("4w", bucket="day", project=small(tmp_path / "b", told, days=35))
    # Four weeks of which it listened for the last 15 days: 15 of 27 days, as the last one has not begun.
    assert tile(old, 4) == ("55.5", "%", "of 28 days; 0 frames dropped")


def test_a_closed_week_whose_end_nobody_heard_is_short_of_it(tmp_path: Path) -> None:
    """The capture died on Wednesday midnight of a week that is over: 2 of 7 days."""
    about = answers("2026-W46", project=small(tmp_path, beats((0, 9 * DAY)), days=20))
    found = about.coverage
    assert found is not None
    assert found.is_whole
    assert found.share == pytest.approx(2 / 7)
    assert plain(cards.capture_sentence(about).text).startswith("**No press** in this period.")


def test_what_is_listed_and_was_never_heard_stands_in_the_denominators(tmp_path: Path) -> None:
    """Two items, one pulled: one of two, and of the other nothing is known."""
    told = [*beats((0, 13.9 * DAY)), *daily(range(14))]
    project = small(tmp_path, told, days=13.9)
    about = answers("14d", project=project)
    assert "**14 pulls** of **one of two items**" in plain(cards.sentence(about).text)
    assert tile(about, 3)[1] == "of 2"
    assert tile(about, 3)[2].endswith("of one it is not known")
    table = cards.pressed(about).evidence
    assert [row[0] for row in table.rows if plain(row[7]) == "not heard in this period"] == [
        "Bolts",
        "Bolts here",
        "Nuts",
    ]


def test_items_nobody_acknowledges_are_not_called_acknowledged(tmp_path: Path) -> None:
    told = [*beats((0, 14 * DAY)), *daily(range(14)), *daily(range(14), item="Nuts")]
    told += by_hand("ack", "bolts", *(DAY * day + 12 for day in range(14)))
    about = answers("14d", project=small(tmp_path, told))
    assert tile(about, 2) == ("0", "", "every pull of one item was acknowledged; of one it is not known")
    assert "Nobody acknowledges Nuts: whether those pulls are open is not known." in plain(
        cards.lead_times(about).notes
    )
    by_item = {row[0]: row for row in cards.items(about).evidence.rows}
    assert (by_item["bolts"][3], by_item["Nuts"][3]) == ("0", "not followed")


def test_a_lead_time_says_of_how_many_refills_it_is_the_mean(tmp_path: Path) -> None:
    """Six were closed, the mean is of the four after the last orphan."""
    pulls, acks = (24, 48, 120, 144, 168, 192), (25, 49, 73, 97, 169, 193, 217, 241)
    told = [*beats((0, 336)), *by_hand("pull", "bolts", *pulls), *by_hand("ack", "bolts", *acks)]
    row = tt.kanban.items("14d", item="bolts", project=small(tmp_path, told)).iloc[0]
    assert (row["lead_times"], row["lead_time_n"], row["lead_time_calendar_days"]) == (6, 4, 49 / 24)


def test_cards_that_run_short_are_not_now_where_nobody_listens(tmp_path: Path) -> None:
    told = by_hand("pull", "bolts", *(DAY * day + hour for day in range(21) for hour in (8, 9, 10, 11)))
    dead = watched(small(tmp_path, [*beats((0, 21 * DAY)), *told], days=28))
    assert [plain(notice.concern.when) for notice in concerns(dead)] == ["as of Mon 23 Nov, 00:00"]
    alive = watched(small(tmp_path / "b", [*beats((0, 21 * DAY)), *told], days=21))
    assert [notice.concern.when for notice in concerns(alive)] == ["now"]


def test_weeks_and_captures_are_calls_too(tmp_path: Path) -> None:
    """Four weeks of a pull a day, the second week not heard, the last half day neither."""
    told = [*beats((0, 7 * DAY), (14 * DAY, 27.5 * DAY)), *daily(range(7)), *daily(range(14, 28))]
    project = small(tmp_path, told, days=27.9)
    weeks = tt.kanban.weeks("4w", project=project)
    assert weeks["pulls"].tolist() == [7, 0, 7, 7]
    assert weeks["is_heard"].tolist() == [True, False, True, False]  # of the last 6.5 of 6.9 days: 94 %
    assert weeks["weeks_before"].tolist() == [0, 1, 1, 2]
    assert weeks["change"].dropna().tolist() == [0.0]
    (summary,) = tt.kanban.capture_summary("4w", project=project).to_dict("records")
    assert summary["share"] == pytest.approx(20.5 / 27.9)
    assert (summary["gaps"], summary["is_whole"], summary["records"]) == (2, True, 23)
    assert summary["silent_since"].value // 1000 == START + 27.5 * 24 * 3600 * S
    gaps = tt.kanban.capture_gaps("4w", project=project)
    assert gaps["lasted_s"].tolist() == pytest.approx([7 * DAY_S, 0.4 * DAY_S])
    assert gaps["is_open"].tolist() == [False, True]


def test_calls_about_captures_of_nothing_say_nothing(tmp_path: Path) -> None:
    project = small(tmp_path, [])
    assert tt.kanban.capture_summary(project=project)["share"].isna().all()
    assert len(tt.kanban.capture_gaps(project=project)) == len(tt.kanban.weeks(project=project)) == 0
