"""tt.presence on a simulated site: what it finds is what the simulator knows, and nothing small is published."""

from pathlib import Path

import pandas as pd
import pytest

import telltale as tt
from telltale.contract import Raw, TelltaleError
from telltale.engine import DuckEngine, Relation
from telltale.lake.settle import settle
from telltale.operate import retention
from telltale.presence import stays, thresholds
from telltale.workbench.times import Span
from tests.lake_fixture import Lake, at, hear, report, set_clock, write_settings

FRIDAY = ("2026-11-20", "2026-11-21")


def test_figures_of_open_days_are_those_the_simulator_knows(lake: Lake) -> None:
    days = tt.presence.figures("2026-11-19", project=lake.project)
    assert days["label"].unique().tolist() == ["2026-11-19", "2026-11-20", "2026-11-21"]
    for label, known in lake.truth["days"].items():
        for kind, truth in known["figures"].items():
            row = days[(days["label"] == label) & (days["address_kind"] == kind)].iloc[0]
            found = {name: row[name] for name in ("seen", "visitors", "passers_by", "visits", "bounced")}
            assert found == {name: truth[name] for name in found}, (label, kind)
            assert row["dwell_median_s"] == pytest.approx(truth["dwell_median_s"])


def test_hours_and_bins_add_up_to_the_day(lake: Lake) -> None:
    days = tt.presence.figures(*FRIDAY, project=lake.project)
    hours = tt.presence.figures(*FRIDAY, by="hour", project=lake.project)
    bins = tt.presence.occupancy(*FRIDAY, bin="10min", project=lake.project)
    for kind in ("global", "local", "all"):
        whole = days[days["address_kind"] == kind].iloc[0]
        parts = hours[hours["address_kind"] == kind]
        assert len(parts) == 24
        assert parts["visits"].sum() == whole["visits"]
        assert parts["device_s"].sum() == pytest.approx(whole["device_s"])
        assert bins[bins["address_kind"] == kind]["device_s"].sum() == pytest.approx(whole["device_s"])
    assert hours["label"].iloc[0] == "2026-11-20 00:00+01:00"


def test_thresholds_of_a_call_change_the_visits(lake: Lake) -> None:
    usual = tt.presence.visits(*FRIDAY, project=lake.project)
    short = tt.presence.visits(*FRIDAY, gap="2min", project=lake.project)
    assert len(short) > len(usual)
    assert usual["dwell_s"].max() > short["dwell_s"].max()
    everyone = tt.presence.visits(*FRIDAY, classes=("engaged", "visitor", "passer_by", "ignored"), project=lake.project)
    assert set(usual["class"]) == {"engaged", "visitor"} < set(everyone["class"])


def test_open_visits_say_so(lake: Lake) -> None:
    visits = tt.presence.visits("2026-11-21", project=lake.project)
    now = pd.Timestamp(lake.project.now_us(), unit="us", tz="UTC")
    assert visits["open"].any()
    assert ((now - visits["left_at"]).dt.total_seconds() <= 900).equals(visits["open"])


def test_the_summary_adds_up_the_days(lake: Lake) -> None:
    summary = tt.presence.summary("2026-11-19", "2026-11-21", project=lake.project).set_index("address_kind")
    truth = [lake.truth["days"][day] for day in ("2026-11-19", "2026-11-20")]
    for kind in ("all", "global", "local"):
        row = summary.loc[kind]
        for name in ("seen", "visitors", "passers_by", "visits", "bounced"):
            assert row[name] == sum(day["figures"][kind][name] for day in truth), (kind, name)
        assert row["capture_rate"] == row["visitors"] / row["seen"]
    row = summary.loc["all"]
    assert (row["fixed"], row["staff"]) == (max(day["fixed"] for day in truth), max(day["staff"] for day in truth))
    assert (row["days"], row["rotation"], row["timezone"], row["k"]) == (2, "day", "Europe/Berlin", 5)
    assert row["rejected"] > 0
    assert 0 < row["bounce_rate"] < 1
    assert row["silent_s"] == pytest.approx(15 * 60, abs=120)
    lengths = tt.presence.visits("2026-11-19", "2026-11-21", project=lake.project)["dwell_s"]
    assert row["dwell_median_s"] == lengths.median()


def test_a_summary_is_of_the_stretch_and_not_of_the_whole_days_it_touches(lake: Lake) -> None:
    stretch = ("2026-11-20 09:00", "2026-11-20 14:00")
    began = tt.presence.visits(*stretch, project=lake.project)
    row = tt.presence.summary(*stretch, project=lake.project).query("address_kind == 'all'").iloc[0]
    whole = tt.presence.figures(*stretch, project=lake.project).query("address_kind == 'all'").iloc[0]
    assert len(began) <= row["visits"] < whole["visits"]


def test_all_nodes_silent_is_a_hole_and_three_silent_a_lower_bound(lake: Lake) -> None:
    bins = tt.presence.occupancy("2026-11-19", "2026-11-21", bin="5min", project=lake.project)
    bins = bins.query("address_kind == 'all'").set_index("label")
    assert bins.loc["2026-11-19 03:15+01:00", "devices"] is pd.NA
    assert bins["expected"].unique().tolist() == [8]
    assert bins.loc["2026-11-20 14:00+01:00", "nodes"] == 5
    nodes = tt.presence.node_uptime("2026-11-19", "2026-11-21", project=lake.project)
    assert sorted(nodes["name"].value_counts().tolist()) == [2, 2, 2, 2, 2, 3, 3, 3]
    assert set(nodes["zone"]) == {"Canteen", "Entrance", "Hall", "Workshop"}


def test_a_node_silent_all_through_is_known_and_missing(lake: Lake) -> None:
    nodes = tt.presence.node_uptime("2026-11-20 13:30", "2026-11-20 14:00", project=lake.project)
    assert nodes["node_id"].nunique() == 8


def test_moves_and_zones_add_up(lake: Lake) -> None:
    moves, zones = tt.presence.moves(project=lake.project), tt.presence.zones(project=lake.project)
    assert (moves["from_zone"] != moves["to_zone"]).all()
    busiest = moves.sort_values("moves").iloc[-1]
    assert (busiest["from_zone"], busiest["to_zone"]) == ("Entrance", "Hall")
    assert set(zones["zone"].dropna()) == {"Canteen", "Entrance", "Hall", "Workshop"}
    assert (zones["device_s"] % 30 == 0).all()


def test_nothing_small_is_published(lake: Lake) -> None:
    """No count under k, and the withheld ones cannot be worked out from the days' totals."""
    days = tt.presence.figures("2026-11-19", published=True, project=lake.project)
    hours = tt.presence.figures("2026-11-19", published=True, by="hour", project=lake.project)
    for frame in (days, hours):
        counts = frame[["seen", "visitors", "passers_by", "visits", "bounced", "peak"]]
        assert not ((counts > 0) & (counts < 5)).any().any()
    assert hours["hidden"].sum() > 0
    partly = hours.groupby(hours["label"].str[:10])["hidden"].transform("sum") > 0
    assert hours.loc[partly, ["visits", "bounced", "device_s"]].isna().all().all()
    bins = tt.presence.occupancy("2026-11-19", published=True, project=lake.project)
    assert not ((bins["devices"] > 0) & (bins["devices"] < 5)).any()
    for cells, name in (
        (tt.presence.moves, "moves"),
        (tt.presence.zones, "device_s"),
        (tt.presence.dwell_bands, "visits"),
    ):
        shown = cells("2026-11-19", published=True, project=lake.project)
        assert not ((shown["devices"] > 0) & (shown["devices"] < 5)).any()
        assert shown.loc[shown["devices"].isna(), name].isna().all()


def test_a_published_summary_holds_only_what_days_show(tmp_path: Path) -> None:
    """Three visitors on one of two days: the sum must not give away what the day withholds."""
    project = tt.Project(write_settings(tmp_path / "p"), now=lambda: at("2026-11-21 23:00"))
    stays = [(f"3c:06:30:aa:bb:{n:02x}", "2026-11-20 10:00", "2026-11-20 10:20") for n in range(8)]
    hear(project, *stays, *[(address, "2026-11-21 10:00", "2026-11-21 10:20") for address, _, _ in stays[:3]])
    owner = tt.presence.summary("2026-11-20", project=project).query("address_kind == 'all'").iloc[0]
    public = tt.presence.summary("2026-11-20", project=project, published=True).query("address_kind == 'all'").iloc[0]
    assert (owner["visitors"], owner["visits"]) == (11, 11)
    assert (public["visitors"], public["visits"]) == (8, 8)
    assert public["hidden"] > 0
    quiet = tt.presence.summary("2026-11-21", project=project, published=True)
    assert quiet["visits"].isna().any()


def test_rejects_of_sensors_are_no_matter_of_presence(tmp_path: Path) -> None:
    project = tt.Project(write_settings(tmp_path), now=lambda: at("2026-11-20 12:00"))
    hear(project, ("3c:06:30:aa:bb:01", "2026-11-20 10:00", "2026-11-20 10:20"))
    landing = project.landing()
    for source in ("cloudtrax", "sigfox"):
        landing.append(Raw(0, source, at("2026-11-20 11:00"), "127.0.0.1", "{}", b"?"))
    landing.close()
    summary = tt.presence.summary("2026-11-20", project=project).query("address_kind == 'all'").iloc[0]
    assert len(tt.load("reject", since=None, project=project)) == 2
    assert summary["rejected"] == 1
    project.close()


def test_with_keys_of_a_day_nobody_is_followed(lake: Lake) -> None:
    frame = tt.presence.returning(project=lake.project)
    assert len(frame) == 0
    assert "keys change every day" in tt.presence.why_unavailable(project=lake.project)
    listed = tt.presence.excluded(*FRIDAY, project=lake.project)
    assert set(listed["why"]) == {"listed"}
    assert listed.groupby("kind")["device"].nunique()["fixed"] >= 9


@pytest.fixture
def weekly(tmp_path_factory: pytest.TempPathFactory) -> tt.Project:
    """Keys of a week: a printer heard day and night, a guest on Monday and Tuesday, another on Tuesday."""
    root = write_settings(tmp_path_factory.mktemp("weekly"), more='rotation = "week"\n')
    project = tt.Project(root, now=lambda: at("2026-11-19 12:00"))
    hear(
        project,
        ("3c:06:30:00:00:01", "2026-11-16 05:00", "2026-11-19 05:00"),
        ("3c:06:30:00:00:02", "2026-11-16 10:00", "2026-11-16 10:30"),
        ("3c:06:30:00:00:02", "2026-11-17 10:00", "2026-11-17 10:30"),
        ("3c:06:30:00:00:03", "2026-11-17 15:00", "2026-11-17 15:30"),
    )
    return project


def test_a_fixed_device_is_found_by_rule_and_left_out(weekly: tt.Project) -> None:
    week = ("2026-11-16", "2026-11-19")
    assert tt.presence.excluded(*week, project=weekly)[["kind", "why"]].values.tolist() == [["fixed", "rule"]]
    assert len(tt.presence.visits(*week, project=weekly)) == 3
    assert len(tt.presence.visits(*week, keep_excluded=True, project=weekly)) > 3
    days = tt.presence.figures(*week, project=weekly).query("address_kind == 'all'")
    assert days["visitors"].tolist() == [1, 2, 0]
    summary = tt.presence.summary(*week, project=weekly).query("address_kind == 'all'").iloc[0]
    assert (summary["visitors"], summary["visits"], summary["fixed"]) == (2, 3, 1)


def test_days_read_apart_give_the_visits_of_all_days_at_once(weekly: tt.Project) -> None:
    """Whatever an engine takes in a step: of settled days, of one with hot rows beside its file, of a late row."""
    settle(weekly.lake, now_us=weekly.now_us())
    hear(weekly, ("3c:06:30:00:00:04", "2026-11-18 10:00", "2026-11-18 10:30"))
    hear(weekly, ("3c:06:30:00:00:05", "2026-11-17 10:00", "2026-11-17 10:10"), received="2026-11-18 18:00")
    by_day = tt.Project(weekly.settings.root, now=weekly.clock)
    assert isinstance(by_day.engine, DuckEngine)
    by_day.engine.batch_rows = 100
    made, expected = (
        tt.presence.visits("2026-11-16", keep_excluded=True, project=project) for project in (by_day, weekly)
    )
    assert len(expected) > 3
    assert made.equals(expected)


def test_who_comes_back_is_told_with_longer_keys(weekly: tt.Project) -> None:
    frame = tt.presence.returning("2026-11-16", "2026-11-19", project=weekly)
    assert tt.presence.why_unavailable(project=weekly) == ""
    assert frame[["label", "status", "visits"]].values.tolist() == [
        ["2026-11-16", "unknown", 1],
        ["2026-11-17", "returning", 1],
        ["2026-11-17", "unknown", 1],
    ]
    with pytest.raises(TelltaleError, match='mode "cluster"'):
        tt.presence.returning(mode="cluster", project=weekly)


def test_a_closed_day_leaves_noise_out_once_three_days_show_it(weekly: tt.Project) -> None:
    set_clock(weekly, at("2026-11-21 05:00"))
    before = tt.presence.figures("2026-11-18", "2026-11-19", project=weekly)
    retention.close_days(weekly, now_us=weekly.now_us())
    after = tt.presence.figures("2026-11-18", "2026-11-19", project=weekly)
    assert after["closed"].all()
    assert after.drop(columns="closed").equals(before.drop(columns="closed"))
    assert set(after["visitors"]) == {0}
    assert tt.load("visit", project=weekly).query("cut")["dwell_s"].tolist() == [
        43 * 3600 - 600
    ]  # 05:00 to 24:00, +1 d


def test_a_day_or_hour_that_the_stretch_cuts_is_so_far(lake: Lake) -> None:
    """Each that is touched is there from its beginning; what the end cuts is what was so far, and says so."""
    whole = tt.presence.figures(*FRIDAY, project=lake.project).query("address_kind == 'all'").iloc[0]
    cut = tt.presence.figures("2026-11-20 09:30", "2026-11-20 14:00", project=lake.project)
    noon = cut.query("address_kind == 'all'").iloc[0]
    assert (noon["label"], bool(noon["so_far"]), bool(whole["so_far"])) == ("2026-11-20", True, False)
    before = tt.presence.figures("2026-11-20", "2026-11-20 14:00", project=lake.project)
    assert before.equals(cut), "the morning counts, though the stretch begins later"
    assert 0 < noon["visitors"] < whole["visitors"]
    assert noon["node_share"] == 1.0
    hours = tt.presence.figures("2026-11-20 09:30", "2026-11-20 10:30", by="hour", project=lake.project)
    assert hours.query("address_kind == 'all'")["label"].str[11:16].tolist() == ["09:00", "10:00"]
    assert hours.query("address_kind == 'all'")["so_far"].tolist() == [False, True]
    today = tt.presence.figures("1d", project=lake.project)
    assert today["so_far"].all()
    with pytest.raises(TelltaleError, match='by "week": expected day or hour'):
        tt.presence.figures(by="week", project=lake.project)  # type: ignore[arg-type]


def test_it_says_from_when_on_moves_are_known(weekly: tt.Project) -> None:
    assert tt.presence.known_since("2026-11-16", project=weekly) is None


def test_a_stay_over_the_cut_of_keys_is_never_two_devices_at_once(tmp_path: Path) -> None:
    """A sender that keeps `first_seen` since 22:00 sends it under the next key too: one device, one there at a time."""
    project = tt.Project(write_settings(tmp_path), now=lambda: at("2026-11-20 12:00"))
    landing = project.landing()
    since_s = at("2026-11-19 22:00") // 10**6
    for minute in range(10, 8 * 60, 10):
        last_s = since_s + 60 * minute
        body = report("AC:86:74:11:22:33", [("3c:06:30:aa:bb:01", -50, since_s, last_s)])
        landing.append(Raw(0, "cloudtrax", (last_s + 5) * 10**6, "127.0.0.1", "{}", body))
    landing.close()
    visits = tt.presence.visits("2026-11-19", project=project)
    assert [str(moment.tz_convert("Europe/Berlin"))[:16] for moment in visits["entered_at"]] == [
        "2026-11-19 22:00",
        "2026-11-20 04:00",
    ]
    assert visits["left_at"].iloc[0] < visits["entered_at"].iloc[1]
    assert visits["cut"].all()
    assert tt.presence.occupancy("2026-11-19", project=project)["peak"].max() == 1
    stored = tt.load("sighting", since="2026-11-20", project=project)
    assert stored["first_seen"].nunique() == 1, "the rows keep what the node said"
    project.close()


@pytest.mark.parametrize(
    ("tuesday", "visitors", "why"),
    [
        (range(2, 10), None, "10 less 8 of Monday are two who came on Tuesday only"),
        (range(8), 8, "the same eight on both days"),
        (range(10, 18), 16, "eight others"),
        (range(6, 14), None, "16 of two days less 14 are two who came on both"),
        (range(10, 13), 8, "three of Tuesday are withheld, and in no other figure"),
    ],
    ids=["few on one day only", "the same", "others", "few on both days", "a withheld day"],
)
def test_distinct_devices_of_a_week_tell_nothing_beside_its_days(
    tmp_path: Path, tuesday: range, visitors: int | None, why: str
) -> None:
    root = write_settings(tmp_path, more='rotation = "week"\n')
    project = tt.Project(root, now=lambda: at("2026-11-19 12:00"))
    for day, devices in (("2026-11-16", range(8)), ("2026-11-17", tuesday)):
        hear(project, *[(f"3c:06:30:aa:bb:{n:02x}", f"{day} 10:00", f"{day} 10:20") for n in devices])
    week = ("2026-11-16", "2026-11-18")
    row = tt.presence.summary(*week, published=True, project=project).query("address_kind == 'all'").iloc[0]
    assert (None if pd.isna(row["visitors"]) else row["visitors"]) == visitors, why
    owner = tt.presence.summary(*week, project=project).query("address_kind == 'all'").iloc[0]
    assert owner["visitors"] == len({*range(8), *tuesday})
    project.close()


@pytest.mark.parametrize(
    ("since", "until"),
    [("2026-11-21", "now"), ("2026-11-20", "2026-11-21"), ("2026-11-20", "now"), ("2026-11-19", "now")],
)
def test_sessions_of_today_are_those_of_both_days_together(lake: Lake, since: str, until: str) -> None:
    """A page asks for today, for yesterday and for both: computed once, and as if each had been computed alone."""
    with lake.project.at_one_moment() as view:
        (site,) = view.sites()
        span = Span(at(since), view.now_us if until == "now" else at(until))
        rules = thresholds.rules(lake.project.settings.presence)
        shared, alone = stays.computed(view, site, span, rules=rules), stays._computed(view, site, span, rules)
        assert rows(shared.sessions) == rows(alone.sessions) != []
        assert rows(shared.heartbeats) == rows(alone.heartbeats)
        assert shared.late.equals(alone.late)


def rows(relation: Relation) -> list[str]:
    return sorted(str(row) for row in relation.arrow().to_pylist())
