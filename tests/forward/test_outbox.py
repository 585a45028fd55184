"""The outbox: once each, in order, nothing lost; and presses folded anew at each look."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from telltale.contract import Raw
from telltale.forward.facts import Press, event
from telltale.forward.outbox import LONGEST_ERROR, Event, Outbox, Row, Sent, Standing, cut, parked, release
from telltale.forward.presses import History, Look, look
from telltale.forward.sending import warning
from telltale.landing import Store
from telltale.landing.schema import FORWARD_MARK, OUTBOX
from telltale.workbench.project import Project
from tests.forward.forwarded import BOLTS, BOX, BUTTONS, DAY, NUTS, SECOND, START, project, store_frames

NOW = START + DAY


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    store = Store(store_url)
    yield store
    store.close()


@pytest.fixture
def outbox(store: Store) -> Outbox:
    return Outbox(store, "cumulocity")


def an_event(name: str, at: int, lane: str = "a", device: str = "") -> Event:
    return Event(name, device or lane, lane, at, "{}")


def names(rows: list[Row]) -> list[str]:
    return [row.event_id for row in rows]


def test_an_event_is_written_once_for_each_target(store: Store, outbox: Outbox) -> None:
    assert outbox.add([an_event("x", 5)], marks={}, now_us=NOW) == 1
    assert outbox.add([an_event("x", 5), an_event("y", 6)], marks={}, now_us=NOW) == 1
    assert Outbox(store, "thingworx").add([an_event("x", 5)], marks={}, now_us=NOW) == 1
    assert names(outbox.due(NOW)) == ["x", "y"]


def test_a_row_keeps_the_words_it_was_written_with(outbox: Outbox) -> None:
    outbox.add([an_event("x", 5)], marks={}, now_us=NOW)
    outbox.add([an_event("x", 5)._replace(body='{"name": "new"}')], marks={}, now_us=NOW)
    assert [row.body for row in outbox.due(NOW)] == ["{}"]


def test_rows_go_out_by_their_time_whenever_they_were_written(outbox: Outbox) -> None:
    outbox.add([an_event("late", 9), an_event("b", 7, "b")], marks={}, now_us=NOW)
    outbox.add([an_event("early", 3), an_event("same", 9)], marks={}, now_us=NOW)
    assert names(outbox.due(NOW)) == ["early", "b", "late", "same"]


def test_a_lane_waits_with_its_first_row_and_others_go_on(outbox: Outbox) -> None:
    outbox.add([an_event("a1", 1), an_event("a2", 2), an_event("b1", 3, "b")], marks={}, now_us=NOW)
    first = outbox.due(NOW)[0]
    outbox.failed(first, "why", NOW + 10)
    assert names(outbox.due(NOW + 9)) == ["b1"]
    again = outbox.due(NOW + 10)
    assert names(again) == ["a1", "a2", "b1"]
    assert (again[0].attempts, again[0].last_error) == (1, "why")


def test_a_wait_begun_by_a_clock_that_was_ahead_ends(outbox: Outbox) -> None:
    outbox.add([an_event("a1", 1)], marks={}, now_us=NOW)
    outbox.failed(outbox.due(NOW)[0], "why", NOW + DAY)
    assert names(outbox.due(NOW)) == []
    outbox.failed(outbox.due(NOW + DAY)[0], "why", NOW + 30 * DAY)
    assert names(outbox.due(NOW)) == ["a1"]


def test_a_parked_row_lets_the_next_pass_until_it_is_released(store: Store, outbox: Outbox) -> None:
    outbox.add([an_event("a1", 1), an_event("a2", 2)], marks={}, now_us=NOW)
    outbox.park(outbox.due(NOW)[0], "404 no such Thing")
    assert names(outbox.due(NOW)) == ["a2"]
    assert [(row.event_id, row.last_error) for row in parked(store)] == [("a1", "404 no such Thing")]
    assert release(store, [999]) == 0
    assert release(store, None, target="thingworx") == 0
    assert release(store, [parked(store)[0].id]) == 1
    assert names(outbox.due(NOW)) == ["a1", "a2"]
    assert outbox.due(NOW)[0].attempts == 0
    assert parked(store) == []


def test_what_is_confirmed_is_counted_once_in_its_lane(outbox: Outbox) -> None:
    outbox.add([an_event("a1", 1), an_event("a2", 2)], marks={}, now_us=NOW)
    a1, a2 = outbox.due(NOW)
    outbox.sent(a2, NOW)
    outbox.sent(a1, NOW)
    outbox.sent(a1, NOW)
    assert outbox.counts() == {"a": Sent(2, 2)}
    assert outbox.due(NOW) == []
    assert outbox.standing() == Standing(waiting=0, sent=2, parked=0, oldest_at=None)


def test_rows_and_watermarks_move_together_and_never_back(store: Store, outbox: Outbox) -> None:
    outbox.add([an_event("x", 50), an_event("y", 40), an_event("z", 7, "b")], marks={}, now_us=NOW)
    assert outbox.marks("watermark") == {"a": 50, "b": 7}
    outbox.add([an_event("early", 30)], marks={"b": 3}, now_us=NOW - 1)
    assert outbox.marks("watermark") == {"a": 50, "b": 7}
    with pytest.raises(sa.exc.IntegrityError):
        outbox.add([an_event("bad", 99)._replace(body=None)], marks={}, now_us=NOW)  # type: ignore[arg-type] # a fault
    assert outbox.marks("watermark")["a"] == 50


def test_the_beginning_is_set_once(outbox: Outbox) -> None:
    assert outbox.mark("started") is None
    assert outbox.start(10) == 10
    assert outbox.start(20) == 10
    assert outbox.start(5) == 10


def test_anchors_are_events_some_time_before_the_watermark(outbox: Outbox) -> None:
    outbox.add([an_event("x", 50), an_event("y", 40), an_event("z", 41), an_event("one", 9, "b")], marks={}, now_us=NOW)
    # watermark of a: 50, so at most 40 with 10 before it; b has nothing before its watermark of 9
    assert outbox.anchors(10, NOW) == {"a": 40}
    assert outbox.anchors(9, NOW) == {"a": 41}
    assert outbox.anchors(9, 49) == {"a": 40}  # 50 was stamped by a clock that was ahead
    assert outbox.times(41) == {"a": [41, 50]}


def test_a_large_addition_is_complete(outbox: Outbox) -> None:
    events = [an_event(f"e{at}", at, f"lane {at % 3}") for at in range(2_500)]
    assert outbox.add(events, marks={}, now_us=NOW) == 2_500
    assert outbox.known([event.event_id for event in events]) == {event.event_id for event in events}
    assert len(outbox.due(NOW, limit=10_000)) == 2_500


def test_an_older_store_gains_the_tables(store_url: str) -> None:
    store = Store(store_url)
    with store.writer() as connection:
        OUTBOX.drop(connection)
        FORWARD_MARK.drop(connection)
    store.close()
    store = Store(store_url)
    assert Outbox(store, "cumulocity").add([an_event("x", 5)], marks={}, now_us=NOW) == 1
    store.close()


@given(st.text())
def test_an_error_is_kept_to_two_kilobytes_of_whole_characters(text: str) -> None:
    for long in (text, text * 3_000):
        kept = cut(long)
        assert len(kept.encode()) <= LONGEST_ERROR
        assert long.encode("utf-8", "replace").decode().startswith(kept)


def test_sent_rows_go_some_day_but_the_newest_of_a_device_stay(outbox: Outbox) -> None:
    days = [an_event(f"day {day}", day * DAY) for day in range(10)] + [
        an_event("waits", 1, "b"),
        an_event("old", 1, "c"),
    ]
    outbox.add(days, marks={}, now_us=NOW)
    for row in outbox.due(NOW):
        if row.event_id != "waits":
            outbox.sent(row, NOW)
    # before day 100: those more than a day before the newest (day 9), so days 0 to 7
    assert outbox.forget_sent(100 * DAY) == 8
    assert outbox.times(0) == {"a": [8 * DAY, 9 * DAY], "b": [1], "c": [1]}


@pytest.mark.parametrize(
    ("waiting", "oldest_h", "expected"),
    [
        (0, None, None),
        (9, 2.0, None),
        (10, 0.0, "10 rows wait, as many as warn_rows = 10; none is dropped"),
        (1, 2.01, "the oldest row waits for 2 h, longer than warn_age_h = 2; none is dropped"),
    ],
)
def test_too_much_is_warned_of_never_dropped(waiting: int, oldest_h: float | None, expected: str | None) -> None:
    oldest_at = None if oldest_h is None else NOW - round(oldest_h * 3600 * SECOND)
    assert warning(Standing(waiting, 0, 0, oldest_at), now_us=NOW, rows=10, age_h=2) == expected


# Presses


def looked(opened: Project, outbox: Outbox, *, started_us: int = START - DAY, late_since_us: int | None = None) -> Look:
    """What a look finds, once it is written."""
    now_us = opened.now_us()
    found = look(outbox, History(opened), started_us=started_us, now_us=now_us, late_since_us=late_since_us)
    outbox.add([event(press, press.device_id) for press in found.new], marks={}, now_us=opened.now_us())
    return found


def times(found: Look) -> list[tuple[str, float]]:
    """Who pressed, seconds after START."""
    return [(press.name, (press.pressed_at - START) / SECOND) for press in found.new]


@pytest.fixture
def opened(tmp_path: Path, project_store: None) -> Iterator[Project]:
    opened = project(tmp_path)
    yield opened
    opened.close()


def test_frames_become_presses_once(opened: Project) -> None:
    outbox = Outbox(opened.store, "cumulocity")
    # dead time 60 s: frames at 0, 1, 59 are one press, 60 is the next; nuts and the box press by themselves
    at = [(BOLTS, 0), (BOLTS, 1), (BOLTS, 59), (BOLTS, 60), (NUTS, 2), (BOX, 3)]
    store_frames(opened, [(mac, START + second * SECOND) for mac, second in at])
    assert times(looked(opened, outbox)) == [("bolts-M8", 0), ("nuts", 2), ("bolts box", 3), ("bolts-M8", 60)]
    assert times(looked(opened, outbox)) == []
    (row,) = [row for row in outbox.due(NOW) if row.device_id == BOX]
    assert Press(**json.loads(row.body)) == Press(
        BOX, "bolts box", "ack", "bolts-M8", START + 3 * SECOND, 1, "announce"
    )


def test_a_burst_that_goes_on_is_no_second_press(opened: Project) -> None:
    outbox = Outbox(opened.store, "cumulocity")
    for second in range(0, 50, 10):
        store_frames(opened, [(BOLTS, START + second * SECOND)])
        assert times(looked(opened, outbox)) == ([("bolts-M8", 0)] if second == 0 else [])


def test_another_dead_time_does_not_change_what_was_sent(opened: Project, tmp_path: Path) -> None:
    outbox = Outbox(opened.store, "cumulocity")
    store_frames(opened, [(BOLTS, START + second * SECOND) for second in (0, 40, 80, 120)])
    assert times(looked(opened, outbox)) == [("bolts-M8", 0), ("bolts-M8", 80)]
    retuned = project(tmp_path, "[kanban]\ndead_time_s = 100\n")
    # folded anew they were 0 and 120; 120 is within 100 s of the press at 80, which stands
    assert times(looked(retuned, Outbox(retuned.store, "cumulocity"))) == []
    retuned.close()


def test_a_frame_a_little_late_makes_no_double_with_another_time(opened: Project) -> None:
    outbox = Outbox(opened.store, "cumulocity")
    store_frames(opened, [(BOLTS, START + 700 * SECOND)])
    looked(opened, outbox)
    store_frames(opened, [(BOLTS, START + 699 * SECOND), (NUTS, START + 100 * SECOND)])
    # the same press heard a second earlier is the known one; a press of another device counts, though it is earlier
    assert times(looked(opened, outbox)) == [("nuts", 100)]


def test_presses_before_the_slack_are_counted_not_forwarded(opened: Project) -> None:
    outbox = Outbox(opened.store, "cumulocity")
    hour = 3600 * SECOND
    store_frames(opened, [(BOLTS, START), (BOLTS, START + hour), (BOLTS, START + 2 * hour)])
    looked(opened, outbox)
    # the watermark is at 2 h, folding begins at the press at 1 h: 90 min is new, 30 min is late
    store_frames(opened, [(BOLTS, START + hour // 2), (BOLTS, START + hour * 3 // 2)])
    found = looked(opened, outbox, late_since_us=START - DAY)
    assert times(found) == [("bolts-M8", 5400)]
    assert found.late == 1
    assert looked(opened, outbox, late_since_us=START - DAY) == Look((), 1)
    assert looked(opened, outbox, late_since_us=START + hour) == Look((), 0)


def test_a_clock_that_was_ahead_for_a_while_hides_nothing_of_later(opened: Project) -> None:
    outbox = Outbox(opened.store, "cumulocity")
    store_frames(opened, [(BOLTS, START), (BOLTS, START + 900 * DAY), (BOLTS, START + 901 * DAY)])
    looked(opened, outbox)
    store_frames(opened, [(BOLTS, START + 3600 * SECOND)])
    assert times(looked(opened, outbox)) == [("bolts-M8", 3600)]
    assert looked(opened, outbox) == Look((), 0)


def test_each_device_has_a_window_of_its_own(tmp_path: Path) -> None:
    opened = project(tmp_path, now_us=START + 30 * DAY)
    outbox = Outbox(opened.store, "cumulocity")
    store_frames(opened, [(BOLTS, START), (NUTS, START + 30 * DAY)])
    looked(opened, outbox)
    store_frames(opened, [(BOLTS, START + 10 * DAY)])
    assert times(looked(opened, outbox)) == [("bolts-M8", 864_000)]
    opened.close()


def test_a_button_that_chatters_for_days_is_one_press(tmp_path: Path) -> None:
    """Quiet mode: each frame restarts the window, so that folding may not begin in the middle of the chatter."""
    opened = project(tmp_path, "[kanban]\nmode = 'quiet'\n", now_us=START + 5 * DAY)
    outbox = Outbox(opened.store, "cumulocity")
    day = [(BOLTS, START + minute * 50 * SECOND) for minute in range(5 * 1_728)]  # every 50 s, for five days
    store_frames(opened, day[:1_000])
    assert times(looked(opened, outbox)) == [("bolts-M8", 0)]
    store_frames(opened, day[1_000:])
    assert times(looked(opened, outbox)) == []
    opened.close()


def test_a_phone_and_what_is_entered_by_hand_are_not_forwarded(tmp_path: Path) -> None:
    phone = "02:7e:11:a0:00:09"
    opened = project(tmp_path, "[kanban]\npresence = true\n", buttons=f"{BUTTONS}a phone, {phone}, presence\n")
    store_frames(opened, [(phone, START), (BOLTS, START + SECOND)])
    body = f'{{"kind": "pull", "item": "nuts", "at_us": {START}, "note": ""}}'.encode()
    manual = Raw(0, "button", START, "here", '{"transport": "manual", "method": "POST", "path": "/manual"}', body)
    with opened.store.writer() as connection:
        opened.store.insert(connection, [manual])
    assert times(looked(opened, Outbox(opened.store, "cumulocity"))) == [("bolts-M8", 1)]
    opened.close()


def test_a_burst_under_way_at_the_beginning_is_of_before(opened: Project) -> None:
    store_frames(opened, [(BOLTS, START + second * SECOND) for second in (-50, -1, 1, 5, 60)])
    # -50 is of before and holds until 10; 60 is the next
    assert times(looked(opened, Outbox(opened.store, "x"), started_us=START)) == [("bolts-M8", 60)]


def test_nothing_of_before_the_beginning_is_forwarded(opened: Project) -> None:
    store_frames(opened, [(BOLTS, START - DAY), (BOLTS, START)])
    assert times(looked(opened, Outbox(opened.store, "x"), started_us=START - DAY // 2)) == [("bolts-M8", 0)]


@settings(max_examples=8)
@given(
    seconds=st.lists(st.integers(0, 2_000), min_size=1, max_size=25, unique=True),
    looks=st.lists(st.integers(0, 25), max_size=3),
)
def test_frames_in_order_give_the_same_presses_however_often_one_looks(
    tmp_path_factory: pytest.TempPathFactory, seconds: list[int], looks: list[int]
) -> None:
    """Looking in between changes nothing: a press accepted once is where the next fold begins."""
    opened = project(tmp_path_factory.mktemp("looks"))
    often, alone = Outbox(opened.store, "often"), Outbox(opened.store, "alone")
    last = 0
    for place in [*sorted(looks), len(seconds)]:
        store_frames(opened, [(BOLTS, START + second * SECOND) for second in sorted(seconds)[last:place]])
        last = max(last, place)
        looked(opened, often)
    looked(opened, alone)
    assert often.times(0) == alone.times(0)
    opened.close()
