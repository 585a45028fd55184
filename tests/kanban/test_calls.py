"""`tt.kanban` on simulated buttons: what the simulator knows is found again, and small cases worked by hand."""

import datetime as dt
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import telltale as tt
from telltale.contract import ConfigError, Raw
from telltale.kanban.words.tiles import few_note
from telltale.settings import load
from tests.kanban.pressed import Pressed
from tests.kanban.pressed import pressed as buttons_of
from tests.lake_fixture import ZONE, at, set_clock, write_settings

DAYS = 70
ALL = f"{DAYS}d"
S = 1_000_000
DAY_S = 86_400.0


@pytest.fixture(scope="module")
def pressed(tmp_path_factory: pytest.TempPathFactory) -> Pressed:
    return buttons_of(tmp_path_factory.mktemp("pressed"), days=DAYS)


def micros(times: "pd.Series[Any]") -> list[int]:
    return [round(moment.value / 1000) for moment in times]


def rows(frame: pd.DataFrame) -> dict[str, Any]:
    return {str(row.item): row for row in frame.itertuples()}


def test_presses_are_those_that_were_made(pressed: Pressed) -> None:
    found = tt.kanban.presses(ALL, project=pressed.project)
    found = found[~found["is_manual"]]
    seen = zip(
        micros(found["pressed_at"]), micros(found["last_frame_at"]), found["device_id"], found["frames"], strict=True
    )
    true = [(one["at_us"], one["last_us"], one["device_id"], one["frames"]) for one in pressed.truth["presses"]]
    assert sorted(seen) == sorted(true) != []


def test_pulls_are_those_that_were_made_and_entered(pressed: Pressed) -> None:
    found = tt.kanban.pulls(ALL, project=pressed.project)
    seen = zip(micros(found["pulled_at"]), found["item"], found["quantity"], found["is_manual"], strict=True)
    true = [(one["at_us"], one["item"], one["quantity"], not one["device_id"]) for one in pressed.truth["pulls"]]
    assert sorted(seen) == sorted(true) != []
    assert list(found["pulled_at"]) == sorted(found["pulled_at"])
    only = tt.kanban.pulls(ALL, item="bolts line b", project=pressed.project)
    assert set(only["item"]) == {"Bolts M8"}
    row = next(row for row in pressed.project.button_info().to_pylist() if row["name"].casefold() == "bolts line b")
    for spelt in (row["device_id"], row["device_id"].upper().replace(":", "-")):
        assert len(tt.kanban.pulls(ALL, item=spelt, project=pressed.project)) == len(only)


def test_days_are_local_and_those_that_were_cut_are_marked(pressed: Pressed) -> None:
    found = tt.kanban.rates(ALL, by="day", project=pressed.project)
    for item, told in pressed.truth["items"].items():
        days = found[found["item"] == item]
        counted = dict(zip(days["label"], days["pulls"], strict=True))
        assert {day: count for day, count in counted.items() if count} == told["days"]
    gaps = {dt.datetime.fromtimestamp(gap["started_s"], dt.UTC).date().isoformat() for gap in pressed.truth["gaps"]}
    assert set(found[found["is_cut"]]["label"]) >= gaps
    back = found[(found["label"] == "2026-10-25") & (found["item"] == "Fuses")].iloc[0]
    assert (back["end"] - back["start"], back["observed_s"]) == (pd.Timedelta(hours=25), 25 * 3600)


def test_observed_time_is_what_the_heartbeats_cover(pressed: Pressed) -> None:
    whole = tt.kanban.rates(ALL, by="stretch", project=pressed.project)
    assert set(whole["observed_s"]) == {pressed.truth["observed_s"]}
    stretches = tt.kanban.capture_coverage(ALL, project=pressed.project)
    assert len(stretches) == len(pressed.truth["gaps"]) + 1
    lasted = (stretches["end"] - stretches["start"]).dt.total_seconds()
    assert lasted.sum() == pressed.truth["observed_s"]


def test_lead_times_are_those_of_the_pairs(pressed: Pressed) -> None:
    found = tt.kanban.lead_times(ALL, project=pressed.project)
    closed = found[~found["is_open"] & ~found["is_orphan"]]
    for item, told in pressed.truth["items"].items():
        if not told["lead_times"]:
            assert item not in set(found["item"])  # nobody acknowledges it: its pulls are not open, but not followed
            continue
        own = closed[closed["item"] == item]
        seen = list(zip(micros(own["pulled_at"]), micros(own["acknowledged_at"]), strict=True))
        assert seen == [(one["pulled_at_us"], one["acknowledged_at_us"]) for one in told["lead_times"]]
        of = found[found["item"] == item]
        assert (of["is_open"].sum(), of["is_orphan"].sum()) == (told["open"], told["orphans"])
    (bolts,) = tt.kanban.lead_time_summary(ALL, item="Bolts M8", project=pressed.project).to_dict("records")
    assert bolts["mean_s"] == pytest.approx(closed[closed["item"] == "Bolts M8"]["lead_time_s"].mean())
    assert bolts["little_s"] == pytest.approx(bolts["mean_s"], rel=0.05)


def test_pairs_that_are_kept_are_those_made_anew(pressed: Pressed) -> None:
    """Of stretches that end now and earlier, of all items and of one, in either order."""
    asked = [(until, item) for until in (None, "200h") for item in (None, "Bolts M8")]

    def told(until: str | None, item: str | None) -> str:
        return str(tt.kanban.lead_times(ALL, until, item=item, project=pressed.project).to_dict("records"))

    kept = [told(*each) for each in (*asked, *asked)][len(asked) :]
    anew = []
    for each in reversed(asked):
        of_pairs = [key for key in pressed.project.kept if isinstance(key, tuple) and key[0] == "kanban pairs"]
        for key in of_pairs:
            del pressed.project.kept[key]
        anew.append(told(*each))
    assert kept == anew[::-1]
    assert len(set(kept)) == len(asked)


def test_items_find_the_dead_button_and_the_rising_demand(pressed: Pressed) -> None:
    found = rows(tt.kanban.items(ALL, project=pressed.project))
    assert {item for item, row in found.items() if row.may_be_dead} == {
        button["item"]
        for device_id, button in pressed.truth["buttons"].items()
        if device_id == pressed.truth["dead"]["device_id"]
    }
    assert found[pressed.truth["rising"]].trend == "rising"
    assert found["Bolts M8"].trend == "none"
    for item, told in pressed.truth["items"].items():
        row = found[item]
        assert (row.pulls, row.quantity) == (told["pulls"], told["quantity"])
        assert row.rate_per_day == pytest.approx(row.pulls * DAY_S / row.observed_s)
        assert row.rate_lo < row.rate_per_day < row.rate_hi
        assert row.demand_per_day == pytest.approx(row.rate_per_day * row.container_qty)
        assert row.risk_lo < row.risk_hi
        assert row.lead_time_source == ("measured" if told["lead_times"] else "buttons.csv")
        if not row.may_be_dead:
            assert row.cards_lo <= row.cards_recommended <= row.cards_hi
            assert row.risk_lo < row.risk < row.risk_hi


def test_of_a_button_that_may_be_dead_nothing_is_recommended(pressed: Pressed) -> None:
    """Its silence would count as no demand, and the advice be to take cards away."""
    tape = rows(tt.kanban.items(ALL, project=pressed.project))["Tape"]
    assert (tape.may_be_dead, tape.note) == (True, "silent for longer than is usual: button, battery, or no demand")
    assert pd.isna(tape.cards_recommended)
    assert pd.isna(tape.risk)
    assert 1 <= tape.cards_lo <= tape.cards_hi
    risks = tt.kanban.risks(ALL, item="Tape", project=pressed.project)
    assert risks["risk"].isna().all()
    assert risks["risk_hi"].notna().all()


def test_days_nobody_works_are_pointed_out_until_the_calendar_says_so(pressed: Pressed, tmp_path: Path) -> None:
    """The simulated workshop rests at weekends: counts by day vary far more than chance, those of working days less."""
    found = rows(tt.kanban.items(ALL, project=pressed.project))["Bolts M8"]
    assert "negative binomial; no pulls on Sat, Sun: working_hours of [kanban] would leave these out" in found.note
    told = f'[kanban]\nworking_hours = ["Mon-Fri 06:00-22:00"]\n[paths]\ndata = "{pressed.project.settings.data}"\n'
    other = tt.Project(settings=load(write_settings(tmp_path, more=told)), now=pressed.project.now_us)
    (tmp_path / "buttons.csv").write_text((pressed.project.settings.root / "buttons.csv").read_text())
    kept = rows(tt.kanban.items(ALL, project=other))["Bolts M8"]
    assert "no pulls on" not in kept.note
    assert kept.rate_per_day == pytest.approx(found.rate_per_day * 7 / 5, rel=0.05)


def test_the_recommendation_is_the_fewest_with_the_risk_allowed(pressed: Pressed) -> None:
    wanted = tt.kanban.items(ALL, item="Fuses", project=pressed.project).iloc[0]
    curve = tt.kanban.risks(ALL, item="Fuses", project=pressed.project).set_index("cards")["risk"]
    assert curve[wanted["cards_recommended"]] <= 0.05 < curve[wanted["cards_recommended"] - 1]
    assert curve[wanted["cards"]] == pytest.approx(wanted["risk"])
    assert list(curve) == sorted(curve, reverse=True)
    few = tt.kanban.risks(ALL, cards=[3, 5], project=pressed.project)
    assert set(few["cards"]) == {3, 5}


@pytest.mark.parametrize("kind", ["c", "u", "ewma", "cusum"])
def test_charts_test_whole_days_outside_the_baseline(pressed: Pressed, kind: Any) -> None:
    found = tt.kanban.control(ALL, kind=kind, item="Tape", project=pressed.project)
    assert len(found) == DAYS
    assert not (found["is_tested"] & (found["is_cut"] | found["is_baseline"])).any()
    assert not (found["signal"] & ~found["is_tested"]).any()
    assert found["is_baseline"].sum() == 20
    after = found[found["start"] > pd.Timestamp(pressed.truth["dead"]["died_s"] + 20 * DAY_S, unit="s", tz="UTC")]
    if kind in ("ewma", "cusum"):  # no single day without a pull is odd, three weeks of them are
        assert after[after["is_tested"]]["signal"].all()
    if kind == "cusum":
        died = pd.Timestamp(pressed.truth["dead"]["died_s"], unit="s", tz="UTC")
        began = after[after["signal"]]["shift_start"]
        assert (abs(began - died) < pd.Timedelta(days=7)).all()


def test_the_gap_of_a_dead_button_is_open_and_a_signal(pressed: Pressed) -> None:
    found = tt.kanban.control(ALL, kind="t", project=pressed.project)
    last = found[found["item"] == "Tape"].iloc[-1]
    assert (last["signal"], last["is_tested"]) == (True, True)
    assert last["value"] > last["upper"] > last["center"] > last["lower"] > 0
    assert last["end"].value // 1000 == pressed.project.now_us()


def test_trends_of_rising_and_dying_demand(pressed: Pressed) -> None:
    found = tt.kanban.trends(ALL, project=pressed.project)
    verdicts = {(row.item, row.test): row.verdict for row in found.itertuples()}
    assert verdicts[pressed.truth["rising"], "mann_kendall"] == "rising"
    assert verdicts[pressed.truth["rising"], "laplace"] == "rising"
    assert verdicts["Tape", "mann_kendall"] == "falling"
    assert verdicts["Tape", "two_periods"] == "too few"  # nothing was observed before
    half = tt.kanban.trends("35d", item="Tape", project=pressed.project).set_index("test")
    assert half.loc["two_periods", "verdict"] == "falling"


def test_presence_is_off_until_it_is_asked_for(pressed: Pressed, tmp_path: Path) -> None:
    assert len(tt.kanban.phone_stays(ALL, project=pressed.project)) == 0
    found = buttons_of(tmp_path, days=7, more="[kanban]\npresence = true\n")
    stays = tt.kanban.phone_stays("7d", project=found.project)
    true = found.truth["stays"]
    assert micros(stays["joined_at"]) == [one["joined_at_us"] for one in true] != []
    assert micros(stays["left_at"]) == [one["last_us"] + 1800 * S for one in true]
    assert set(stays["name"]) == {"Supervisor phone"}


def test_another_dead_time_is_tried_on_all_of_history(pressed: Pressed, tmp_path: Path) -> None:
    """A dead time of a day leaves one press a device and day at most."""
    other = tt.Project(
        settings=load(
            write_settings(
                tmp_path, more=f'[kanban]\ndead_time_s = 86400\n[paths]\ndata = "{pressed.project.settings.data}"\n'
            )
        ),
        now=pressed.project.now_us,
    )
    (tmp_path / "buttons.csv").write_text((pressed.project.settings.root / "buttons.csv").read_text())
    found = tt.kanban.presses(ALL, project=other)
    found = found[~found["is_manual"]]
    assert 0 < len(found) <= DAYS * 9
    assert found["frames"].sum() == sum(one["frames"] for one in pressed.truth["presses"])


# Small cases.

BUTTONS = """Name, MAC-Address, role, item, ack_for, container_qty, cards, lead_time_days
Bolts, 02:7e:11:a0:00:01, button, bolts, , 200, 3, 1
Bolts here, 02:7e:11:a0:00:02, ack, , bolts
Nuts, 02:7e:11:a0:00:03
"""
START = at("2026-11-02 00:00")
Told = tuple[str, dict[str, Any], int]


def small(root: Path, told: Iterable[Told], *, more: str = "", days: float = 14) -> tt.Project:
    """A project with some records of the button source: path, JSON, moment; now is some days after START."""
    project = tt.Project(settings=load(write_settings(root, more=more)))
    (root / "buttons.csv").write_text(BUTTONS)
    set_clock(project, START + round(days * DAY_S * S))
    landing = project.landing()
    try:
        for path, body, at_us in told:
            meta = json.dumps({"transport": "arp", "method": "CAPTURE", "path": path})
            landing.append(Raw(0, "button", at_us, "", meta, json.dumps(body).encode()))
    finally:
        landing.close()
    return project


def beats(*hours: tuple[float, float]) -> list[Told]:
    """A heartbeat that covers each stretch, in hours after START."""
    body = {"collector": "arp@a", "last_frame_at": None, "frames": 0, "unlisted": 0, "drops": 0}
    return [
        ("/heartbeat/eth0", body | {"covered_s": (end - start) * 3600}, START + round(end * 3600 * S))
        for start, end in hours
    ]


def by_hand(kind: str, item: str, *hours: float) -> list[Told]:
    moments = [START + round(hour * 3600 * S) for hour in hours]
    return [("/manual", {"kind": kind, "item": item, "at_us": moment, "note": ""}, moment) for moment in moments]


def test_what_nobody_heard_is_left_out_of_the_rate(tmp_path: Path) -> None:
    """Observed 24 h of 336: three pulls in it are 3 a day, the one outside is a pull but not in the rate."""
    project = small(tmp_path, [*beats((0, 12), (24, 36)), *by_hand("pull", "bolts", 1, 5, 30, 100)])
    row = tt.kanban.items("14d", item="bolts", project=project).iloc[0]
    assert (row["pulls"], row["quantity"], row["observed_s"]) == (4, 800, DAY_S)
    assert (row["rate_per_day"], row["rate_lo"], row["rate_hi"]) == pytest.approx((3, 0.6187, 8.7673), abs=1e-4)
    assert row["demand_per_day"] == 600


def test_too_little_data_is_said_and_the_bounds_stay(tmp_path: Path) -> None:
    """3 pulls: at 8.77 a day × 1 day the fewest cards for 95 % are 15, at 0.62 they are 3."""
    project = small(tmp_path, [*beats((0, 24)), *by_hand("pull", "bolts", 1, 5, 9)])
    row = tt.kanban.items("14d", item="bolts", project=project).iloc[0]
    assert pd.isna(row["cards_recommended"])
    assert pd.isna(row["risk"])
    assert row["note"] == "too little data: 3 of the 5 pulls a recommendation needs"
    assert (row["cards"], row["cards_lo"], row["cards_hi"]) == (3, 3, 15)
    assert row["risk_lo"] == pytest.approx(0.0252, abs=1e-3)  # P(X >= 3), m = 0.6187
    assert row["trend"] == "too few"
    nuts = tt.kanban.items("14d", item="nuts", project=project).iloc[0]
    assert (nuts["pulls"], nuts["rate_lo"], nuts["rate_hi"]) == (0, 0, pytest.approx(3.6889, abs=1e-4))
    assert pd.isna(nuts["cards_hi"])


@pytest.mark.parametrize(
    ("hours", "item", "note"),
    [
        ([], "bolts", "nothing was captured in this stretch"),
        ([(0.0, 36.0)], "bolts", "too little data: observed for less than 2 lead times"),
        ([(0.0, 336.0)], "Nuts", "lead time not known: add an ack button, or lead_time_days in buttons.csv"),
        ([(0.0, 336.0)], "bolts", ""),
    ],
)
def test_the_note_says_why_there_is_no_recommendation(
    tmp_path: Path, hours: list[tuple[float, float]], item: str, note: str
) -> None:
    project = small(tmp_path, [*beats(*hours), *by_hand("pull", item, 1, 5, 9, 13, 17, 21)])
    row = tt.kanban.items("14d", item=item, project=project).iloc[0]
    assert row["note"] == note
    assert pd.isna(row["cards_recommended"]) == bool(note)


def test_measured_lead_times_win_over_the_list(tmp_path: Path) -> None:
    """Closed after 12 h and 36 h: a mean of one day; a third stays open for 14 d - 60 h."""
    told = [*by_hand("pull", "bolts", 0, 24, 60), *by_hand("ack", "bolts", 12, 60)]
    project = small(tmp_path, [*beats((0, 336)), *told])
    row = tt.kanban.items("14d", item="bolts", project=project).iloc[0]
    assert (row["lead_time_days"], row["lead_time_source"], row["lead_times"], row["open_pulls"]) == (
        1,
        "measured",
        2,
        1,
    )
    found = tt.kanban.lead_times("14d", project=project)
    assert found["lead_time_s"].dropna().tolist() == [12 * 3600, 36 * 3600]
    assert found[found["is_open"]]["age_s"].tolist() == [(336 - 60) * 3600]
    only = small(tmp_path / "one", [*beats((0, 336)), *told[:4]])
    assert tt.kanban.items("14d", item="bolts", project=only).iloc[0]["lead_time_source"] == "buttons.csv"


def test_lead_times_of_before_an_orphan_are_not_trusted(tmp_path: Path) -> None:
    """Containers take 49 h. Two are on their way when the capture begins: theirs are the acknowledgements at 25 and 49,
    which close the pulls of an hour before. Those at 73 and 97 find none; the four from 169 on are of 49 h."""
    pulls, acks = (24, 48, 120, 144, 168, 192), (25, 49, 73, 97, 169, 193, 217, 241)

    def told(item: str, days: float) -> list[Told]:
        signals = [*by_hand("pull", item, *pulls), *by_hand("ack", item, *acks)]
        return [*beats((0, 24 * days)), *(one for one in signals if one[2] < START + days * DAY_S * S)]

    row = tt.kanban.items("14d", item="bolts", project=small(tmp_path, told("bolts", 14))).iloc[0]
    assert (row["lead_time_days"], row["lead_time_source"], row["lead_times"]) == (49 / 24, "measured", 6)
    early = small(tmp_path / "early", told("bolts", 8), days=8)  # one is closed since: the list knows better
    row = tt.kanban.items("8d", item="bolts", project=early).iloc[0]
    assert (row["lead_time_days"], row["lead_time_source"]) == (1, "buttons.csv")
    row = tt.kanban.items("8d", item="Nuts", project=small(tmp_path / "nuts", told("Nuts", 8), days=8)).iloc[0]
    assert pd.isna(row["lead_time_days"])
    assert pd.isna(row["cards_recommended"])
    assert row["note"].startswith("lead time not known: 2 of the acknowledgements had no pull")


def test_match_all_closes_every_open_pull(tmp_path: Path) -> None:
    told = [*by_hand("pull", "bolts", 0, 6), *by_hand("ack", "bolts", 12)]
    project = small(tmp_path, [*beats((0, 336)), *told], more='[kanban]\nmatch = "all"\n')
    found = tt.kanban.lead_times("14d", project=project)
    assert found["lead_time_s"].tolist() == [12 * 3600, 6 * 3600]


def test_with_a_calendar_a_day_is_a_working_day(tmp_path: Path) -> None:
    """Two weeks of five days of 16 h: ten working days, ten pulls, one a day; Saturday's pull counts all the same."""
    calendar = '[kanban]\nworking_hours = ["Mon-Fri 06:00-22:00"]\n'
    hours = [24 * day + 12 for day in (0, 1, 2, 3, 5, 7, 8, 9, 10, 11)]
    project = small(tmp_path, [*beats((0, 336)), *by_hand("pull", "bolts", *hours)], more=calendar)
    row = tt.kanban.items("14d", item="bolts", project=project).iloc[0]
    assert (row["observed_s"], row["rate_per_day"]) == (10 * 16 * 3600, 1.0)
    days = tt.kanban.rates("14d", item="bolts", project=project).set_index("label")
    assert (days.loc["2026-11-07", "observed_s"], days.loc["2026-11-07", "is_cut"]) == (0, False)
    assert days.loc["2026-11-06", "observed_s"] == 16 * 3600
    free = small(tmp_path / "b", [*beats((0, 336))], more=calendar + 'holidays = ["2026-11-05"]\n')
    assert tt.kanban.items("14d", item="bolts", project=free).iloc[0]["observed_s"] == 9 * 16 * 3600


def test_two_periods_are_compared_in_the_same_days(tmp_path: Path) -> None:
    """Five working days of 16 h each: 5 pulls then 5 pulls are as many, however long a working day is."""
    hours = [24 * day + 12 for week in (0, 7) for day in range(week, week + 5)]
    calendar = '[kanban]\nworking_hours = ["Mon-Fri 06:00-22:00"]\n'
    project = small(tmp_path, [*beats((0, 336)), *by_hand("pull", "bolts", *hours)], more=calendar)
    found = tt.kanban.trends("7d", item="bolts", project=project).set_index("test").loc["two_periods"]
    assert (found["n"], found["statistic"], found["p_value"], found["verdict"]) == (10, 1, 1, "none")


def test_a_dated_baseline_sets_the_limits(tmp_path: Path) -> None:
    """One pull on each of the first three days, four on the others: out of 1 ± 3 only against the first."""
    hours = [24 * day + 8 + hour for day in range(14) for hour in range(1 if day < 3 else 5)]
    told = [*beats((0, 336)), *by_hand("pull", "bolts", *hours)]
    dated = small(tmp_path, told, more='[kanban]\nbaseline = ["2026-11-02", "2026-11-04"]\n')
    found = tt.kanban.control("14d", item="bolts", project=dated)
    assert set(found["center"]) == {1.0}
    assert few_note(found, "day") == "Rough limits, for fewer than 5 pulls a day: bolts."
    assert found["is_baseline"].tolist() == [True] * 3 + [False] * 11
    assert found[found["is_tested"]]["signal"].all()
    whole = tt.kanban.control("14d", item="bolts", project=small(tmp_path / "b", told))
    assert not whole["is_tested"].any()  # 14 days are all baseline
    wrong = small(tmp_path / "c", told, more='[kanban]\nbaseline = ["2026-11-02"]\n')
    with pytest.raises(ConfigError, match=r"baseline .*: expected a first and a last day"):
        tt.kanban.control("14d", item="bolts", project=wrong)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda p: tt.kanban.items(item="bolt", project=p), 'no item "bolt" .*; did you mean "bolts"'),
        (lambda p: tt.kanban.rates(by="hour", project=p), 'by "hour": expected day, week or stretch'),  # type: ignore[arg-type] # on purpose
        (lambda p: tt.kanban.control(kind="x", project=p), 'kind "x": expected c, u, t, ewma, cusum'),  # type: ignore[arg-type] # on purpose
        (lambda p: tt.kanban.control(by="stretch", project=p), "one bucket makes no chart"),
        (lambda p: tt.kanban.control(limits="no", project=p), 'limits "no": expected exact, asymptotic'),  # type: ignore[arg-type] # on purpose
    ],
)  # fmt: skip
def test_an_error_says_what_was_expected(tmp_path: Path, call: Any, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        call(small(tmp_path, []))


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ('working_hours = ["Mon-Fri"]', r'\[kanban\] working_hours = \["Mon-Fri"\]: expected working hours such as'),
        ('holidays = ["Christmas"]', r'\[kanban\] holidays = \["Christmas"\]: expected dates such as "2026-12-25"'),
    ],
)
def test_a_wrong_calendar_is_refused_when_the_settings_are_read(tmp_path: Path, told: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        load(write_settings(tmp_path, more=f"[kanban]\n{told}\n"))


def test_a_project_without_buttons_gives_empty_tables_with_their_columns(tmp_path: Path) -> None:
    project = tt.Project(settings=load(write_settings(tmp_path)), now=lambda: START)
    calls = (
        tt.kanban.presses,
        tt.kanban.pulls,
        tt.kanban.items,
        tt.kanban.rates,
        tt.kanban.lead_times,
        tt.kanban.lead_time_summary,
    )
    more = (tt.kanban.control, tt.kanban.trends, tt.kanban.risks, tt.kanban.capture_coverage, tt.kanban.phone_stays)
    for call in (*calls, *more):
        frame = call(project=project)
        assert len(frame) == 0
        assert len(frame.columns) >= 5


def test_the_list_of_today_is_the_list_of_today(tmp_path: Path) -> None:
    """A change of buttons.csv shows at once, though nothing new is stored."""
    project = small(tmp_path, [*beats((0, 336)), *by_hand("pull", "bolts", 1)])
    assert set(tt.kanban.items(project=project)["item"]) == {"bolts", "Nuts"}
    path = tmp_path / "buttons.csv"
    path.write_text(path.read_text().replace("Nuts,", "Washers,"))
    assert set(tt.kanban.items(project=project)["item"]) == {"bolts", "Washers"}


def test_the_zone_is_that_of_the_site(tmp_path: Path) -> None:
    """A pull at 00:30 in Berlin is of that day, though it is still the day before in UTC."""
    project = small(tmp_path, [*beats((0, 336)), *by_hand("pull", "bolts", 24.5)])
    days = tt.kanban.rates("14d", item="bolts", project=project)
    assert days[days["pulls"] == 1]["label"].tolist() == ["2026-11-03"]
    assert ZONE == "Europe/Berlin"


def test_a_table_of_days_begins_with_whole_ones_and_marks_the_one_that_is_cut(tmp_path: Path) -> None:
    """Now is Monday the 16th, 06:00: 20 h back lies in the 15th, which is there whole, and the 16th so far."""
    project = small(tmp_path, [*beats((0, 342)), *by_hand("pull", "bolts", 313, 337, 340)], days=14.25)
    days = tt.kanban.rates("20h", item="bolts", project=project)
    assert days["label"].tolist() == ["2026-11-15", "2026-11-16"]
    assert days["pulls"].tolist() == [1, 2]
    assert days["so_far"].tolist() == [False, True]
    assert days["end"].iloc[-1].value // 1000 == project.now_us()
    assert len(tt.kanban.pulls("20h", item="bolts", project=project)) == 2
    weeks = tt.kanban.control("1d", by="week", item="bolts", project=project)
    assert (weeks["label"].tolist(), weeks["so_far"].tolist()) == (["2026-W47"], [True])
    assert not weeks["is_tested"].any()


def test_one_day_is_today_and_24_hours_are_24_hours(tmp_path: Path) -> None:
    project = small(tmp_path, [*beats((0, 342)), *by_hand("pull", "bolts", 330, 340)], days=14.25)
    assert len(tt.kanban.pulls("1d", project=project)) == 1
    assert len(tt.kanban.pulls("24h", project=project)) == 2


def test_a_stay_is_of_the_stretch_it_began_in_and_whole(tmp_path: Path) -> None:
    found = buttons_of(tmp_path, days=7, more="[kanban]\npresence = true\n")
    every = tt.kanban.phone_stays("7d", project=found.project)
    since = every["joined_at"].iloc[2]
    later = tt.kanban.phone_stays(since.to_pydatetime() - dt.timedelta(microseconds=1), project=found.project)
    assert len(later) == len(every) - 2
    assert later["joined_at"].iloc[0] == since


def test_pulls_that_were_never_acknowledged_are_left_out_and_counted(tmp_path: Path) -> None:
    """A pull each 12 h comes 6 h later; two acknowledgements are lost, so that those after them close pulls before
    their own. One card is listed: when a third pull is open, the first is given up, and no lead time is told."""
    pulls = range(0, 240, 12)
    acks = [pulled + 6 for pulled in pulls if pulled not in (24, 48)]
    told = [*beats((0, 336)), *by_hand("pull", "screws", *pulls), *by_hand("ack", "screws", *acks)]
    project = small(tmp_path, told)
    (tmp_path / "buttons.csv").write_text("mac,name,item,cards\nac:63:be:00:00:09,Screws,screws,1\n")
    found = tt.kanban.lead_times("14d", item="screws", project=project)
    assert micros(found[found["is_lost"]]["pulled_at"]) == [START + 36 * 3600 * S]
    assert set(found["lead_time_s"].dropna()) == {6 * 3600, 18 * 3600}
    kept = tt.kanban.lead_time_summary("14d", item="screws", project=project).iloc[0]
    assert (kept["closed"], kept["open_pulls"], kept["lost"]) == (18, 1, 1)
    row = tt.kanban.items("14d", item="screws", project=project).iloc[0]
    assert pd.isna(row["lead_time_days"])
    assert row["note"].startswith("lead time not known: 1 of the pulls were never acknowledged")
