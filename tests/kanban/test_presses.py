"""Frames to presses: the dead time of wire/kanban.md 4, whatever the order and the parts the frames come in."""

import sys
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telltale.arrow import schema
from telltale.engine import DuckEngine
from telltale.kanban.analysis import RULES, presses, set_back
from telltale.kanban.analysis.dead_time import FRAMES, OutOfOrderError, Windows, _loops, compiled, fold, folded
from telltale.tables import COLLECTOR_HEARTBEAT, FRAME

ENGINE = DuckEngine()
S = 1_000_000
DEAD_S = 60
ONE = "02:7e:11:a0:00:01"
TWO = "02:7e:11:a0:00:02"


class Frame(NamedTuple):
    """A frame as the kernel takes it; times in seconds so that a table of cases reads well."""

    device_no: int
    at_s: float
    kind_bits: int = 1
    interface_no: int = 1
    is_repeat: int = 0


def rows(frames: Sequence[Frame]) -> pa.Table:
    made = [(one.device_no, round(one.at_s * S), *one[2:], round(one.at_s * S)) for one in frames]
    return pa.table([list(column) for column in zip(*made, strict=True)] or [[]] * 6, schema=FRAMES)


def windows(*dead_s: float, quiet: bool = False) -> Windows:
    dead_us = np.array([round(seconds * S) for seconds in dead_s or (DEAD_S,)], np.int64)
    return Windows(dead_us, np.full(len(dead_us), quiet))


def pressed(found: pa.Table) -> list[tuple[float, int]]:
    """When, and how many frames."""
    return [
        (at / S, frames) for at, frames in zip(*(found[n].to_pylist() for n in ("pressed_us", "frames")), strict=True)
    ]


@pytest.mark.parametrize(
    ("times_s", "dead_s", "quiet", "expected"),
    [
        ([0, 1, 2], 60, False, [(0, 3)]),  # one join: probes a second apart
        ([0, 59.999999, 60], 60, False, [(0, 2), (60, 1)]),  # exactly the dead time is a new press, 1 µs less is not
        ([0, 12.7], 12.7, False, [(0, 1), (12.7, 1)]),  # 12.7 s as binary floats could come out as 12.699999
        ([0, 40, 80, 120], 60, False, [(0, 2), (80, 2)]),  # from the press on: 80 - 0 >= 60, 120 - 80 < 60
        ([0, 40, 80, 120], 60, True, [(0, 4)]),  # from every frame on: no silence of 60 s
        ([0, 40, 100, 101], 60, True, [(0, 2), (100, 2)]),  # 100 - 40 = 60: new
        ([0, 0, 1], 0, False, [(0, 1), (0, 1), (1, 1)]),  # no dead time: each frame is a press
        ([], 60, False, []),
    ],
)
def test_frames_near_a_press_belong_to_it(
    times_s: list[float], dead_s: float, quiet: bool, expected: list[tuple[float, int]]
) -> None:
    found = folded(rows([Frame(0, at_s) for at_s in times_s]), windows=windows(dead_s, quiet=quiet))
    assert pressed(found) == expected


@pytest.mark.parametrize(
    ("times_s", "expected"),
    [
        ([100, 70, 101], [(100, 3)]),  # 30 s back: folds in
        ([100, 40, 41], [(100, 1), (40, 2)]),  # 60 s back: starts afresh
        ([100, 40.000001], [(100, 2)]),
        ([7200, 3600, 3601, 7200], [(7200, 1), (3600, 2), (7200, 1)]),  # an hour back and again
    ],
)
def test_a_clock_that_steps_back_makes_no_press_within_the_dead_time(
    times_s: list[float], expected: list[tuple[float, int]]
) -> None:
    """In order of arrival, as a live reader sees them; the last frame of a press is never before its first."""
    found = pa.concat_tables(fold([rows([Frame(0, at_s) for at_s in times_s])], windows=windows(), by_time=False))
    assert pressed(found) == expected
    assert all(
        last >= first for first, last in zip(found["pressed_us"].to_pylist(), found["last_us"].to_pylist(), strict=True)
    )


@pytest.mark.parametrize(
    "parts",
    [
        [[Frame(0, 5), Frame(0, 4)]],
        [[Frame(0, 5, 2), Frame(0, 5, 1)]],
        [[Frame(0, 5, 2)], [Frame(0, 5, 1)]],
        [[Frame(1, 5), Frame(0, 6)]],
        [[Frame(0, 5)], [Frame(0, 4)]],
        [[Frame(1, 5)], [Frame(0, 6)]],
    ],
)
def test_parts_in_the_wrong_order_are_refused(parts: list[list[Frame]]) -> None:
    with pytest.raises(OutOfOrderError, match="not in order of \\(device_no, at_us, kind_bits\\); sort them"):
        list(fold([rows(part) for part in parts], windows=windows(60, 60)))


# Laws.

FRAMES_DRAWN = st.lists(
    st.builds(
        Frame,
        st.integers(0, 2),
        st.integers(0, 40).map(lambda step: step * 5),
        st.sampled_from([1, 2, 4]),
        st.integers(1, 2),
        st.integers(0, 1),
    ),
    max_size=40,
    unique_by=lambda one: one[:3],
)
WINDOWS_DRAWN = st.builds(
    lambda dead, quiet: Windows(np.array(dead, np.int64) * S, np.array(quiet)),
    st.lists(st.sampled_from([0, 5, 15, 60]), min_size=3, max_size=3),
    st.lists(st.booleans(), min_size=3, max_size=3),
)


def plainly(frames: Sequence[Frame], told: Windows) -> list[dict[str, int]]:
    """The definition, frame by frame."""
    found: list[dict[str, int]] = []
    window: dict[int, int] = {}
    for one in sorted(frames):
        at_us = round(one.at_s * S)
        is_over = one.device_no not in window or at_us - window[one.device_no] >= told.dead_us[one.device_no]
        if one.device_no not in window or (is_over and not one.is_repeat):
            press = {"device_no": one.device_no, "pressed_us": at_us, "last_us": at_us, "frames": 0, "kind_bits": 0}
            found.append(press | {"interface_no": one.interface_no})
            window[one.device_no] = at_us
        elif told.is_quiet[one.device_no]:
            window[one.device_no] = at_us
        press = found[-1]
        press["last_us"] = at_us
        press["frames"] += 1
        press["kind_bits"] |= one.kind_bits
    return found


@settings(max_examples=100)
@given(FRAMES_DRAWN, WINDOWS_DRAWN)
def test_the_kernel_is_the_plain_loop_in_whatever_order(frames: list[Frame], told: Windows) -> None:
    assert folded(rows(frames), windows=told).to_pylist() == plainly(frames, told)


@settings(max_examples=100)
@given(FRAMES_DRAWN, WINDOWS_DRAWN, st.lists(st.integers(0, 40), max_size=6))
def test_where_the_frames_are_cut_does_not_matter(frames: list[Frame], told: Windows, cuts: list[int]) -> None:
    whole = rows(sorted(frames))
    places = [0, *sorted(min(cut, len(frames)) for cut in cuts), len(frames)]
    parts = [whole.slice(start, end - start) for start, end in pairwise(places)]
    assert pa.concat_tables(fold(parts, windows=told)).to_pylist() == plainly(frames, told)


@settings(max_examples=100)
@given(FRAMES_DRAWN, WINDOWS_DRAWN)
def test_folding_anew_from_any_press_gives_the_same_presses_after_it(frames: list[Frame], told: Windows) -> None:
    """What lets a forwarder keep nothing but the last press it sent."""
    one = sorted(frame for frame in frames if frame.device_no == 0)
    everything = pressed(folded(rows(one), windows=told))
    firsts = np.cumsum([0, *(count for _, count in everything)])
    for place, first in enumerate(firsts[:-1]):
        assert pressed(folded(rows(one[first:]), windows=told)) == everything[place:]


@settings(max_examples=100)
@given(FRAMES_DRAWN, st.sampled_from([0, 5, 15, 60]), st.booleans())
def test_no_frame_is_lost_and_a_longer_dead_time_makes_no_more_presses(
    frames: list[Frame], dead_s: int, quiet: bool
) -> None:
    found = folded(rows(frames), windows=windows(*[dead_s] * 3, quiet=quiet))
    assert sum(found["frames"].to_pylist()) == len(frames)
    longer = folded(rows(frames), windows=windows(*[dead_s + 5] * 3, quiet=quiet))
    assert longer.num_rows <= found.num_rows


def test_long_histories_are_compiled_and_give_the_same() -> None:
    random = np.random.default_rng(5)
    drawn = {(int(device), int(at)) for device, at in random.integers([0, 0], [3, 20_000], (3_000, 2))}
    frames = [Frame(device, at) for device, at in drawn]
    told = Windows(np.array([60, 30, 0], np.int64) * S, np.array([False, True, False]))
    compiled = pa.concat_tables(fold([rows(sorted(frames))], windows=told, few=0))
    assert compiled.to_pylist() == plainly(frames, told)
    with pytest.raises(OutOfOrderError, match="row 1 "):
        list(fold([rows([Frame(0, 5), Frame(0, 4)])], windows=told, few=0))


def test_long_histories_are_folded_without_numba_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)  # what Python does where a package is not installed
    _loops.clear()
    frames = [Frame(0, 0), Frame(0, 59), Frame(0, 60), Frame(1, 5)]
    found = pa.concat_tables(fold([rows(frames)], windows=windows(60, 60), few=0))
    _loops.clear()
    assert pressed(found) == [(0, 2), (60, 1), (5, 1)]


# From the table of frames.


def frame(device_id: str, at_s: float, kind: str = "probe", interface: str = "eth0") -> dict[str, Any]:
    row = dict.fromkeys(FRAME.names) | {"raw_id": 1, "source": "button", "flags": "", "received_at": round(at_s * S)}
    return row | {"device_id": device_id, "observed_at": round(at_s * S), "kind": kind, "interface": interface}


def rules(**dead_s: float) -> pa.Table:
    ids = {"one": ONE, "two": TWO}
    named = [ids[name] for name in dead_s]
    kinds = ["announce,probe,request"] * len(named)
    dead_us = [round(seconds * S) for seconds in dead_s.values()]
    return pa.table([named, dead_us, [False] * len(named), kinds], schema=RULES)


def found_in(listed: pa.Table, *frames: dict[str, Any]) -> list[dict[str, Any]]:
    relation = ENGINE.from_arrow(pa.Table.from_pylist(list(frames), schema(FRAME)))
    found: list[dict[str, Any]] = presses(ENGINE, relation, listed).arrow().to_pylist()
    return found


def test_presses_of_two_interleaved_buttons_by_their_own_dead_time() -> None:
    found = found_in(
        rules(one=60, two=10),
        frame(TWO, 101, "announce"),
        frame(ONE, 100, "probe"),
        frame(ONE, 101, "announce", "eth1"),
        frame(TWO, 111, "request"),
    )
    assert [(row["device_id"], row["pressed_at"].timestamp(), row["frames"], row["kinds"]) for row in found] == [
        (ONE, 100, 2, "announce,probe"),
        (TWO, 101, 1, "announce"),
        (TWO, 111, 1, "request"),
    ]
    assert found[0]["interface"] == "eth0"
    assert found[0]["last_frame_at"].timestamp() == 101
    assert not found[0]["is_manual"]


def test_replies_and_devices_without_a_rule_make_no_press() -> None:
    frames = [frame(ONE, 1, "reply"), frame(ONE, 2, "garp_reply"), frame(ONE, 3, "dhcp_request"), frame(TWO, 4)]
    assert found_in(rules(one=60), *frames) == []


def test_dhcp_is_a_press_only_where_the_rule_says_so() -> None:
    listed = rules(one=60).set_column(3, "kinds", pa.array(["probe, dhcp_request"]))
    found = found_in(listed, frame(ONE, 1, "dhcp_request"), frame(ONE, 2, "dhcp_discover"), frame(ONE, 3, "probe"))
    assert [(row["frames"], row["kinds"]) for row in found] == [(2, "dhcp_request,probe")]


DHCP = "dhcp_discover"


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        # When, which exchange, the seconds it counts. Tries of RFC 2131: 4, 8, 16, 32 and 64 s apart.
        ([(0, "a", 0), (4, "a", 4), (12, "a", 12), (28, "a", 28), (60, "a", 60), (124, "a", 124)], [(0, 6)]),
        ([(0, "a", 0), (124, "a", 124)], [(0, 2)]),  # those between were lost
        ([(0, "a", 0), (60, "a", 0)], [(0, 2)]),  # a client that counts no seconds: by its number alone
        ([(0, "a", 0), (60, "b", 0)], [(0, 1), (60, 1)]),  # another exchange
        ([(0, "a", 9), (60, "a", 0)], [(0, 1), (60, 1)]),  # its seconds begin anew: one that never changes its number
        ([(0, "a", 0), (131, "a", 0)], [(0, 1), (131, 1)]),  # longer than any client waits
        ([(0, None, None), (60, None, None)], [(0, 1), (60, 1)]),  # decoded before exchanges were
    ],
)
def test_one_dhcp_exchange_is_one_press(
    told: list[tuple[float, str | None, int | None]], expected: list[tuple[float, int]]
) -> None:
    listed = rules(one=60).set_column(3, "kinds", pa.array([DHCP]))
    frames = [frame(ONE, at_s, DHCP) | {"exchange": xid, "exchange_s": secs} for at_s, xid, secs in told]
    found = found_in(listed, *frames)
    assert [(row["pressed_at"].timestamp(), row["frames"]) for row in found] == expected


def beat(raw_id: int, at_s: float, collector: str = "arp@here") -> dict[str, Any]:
    fixed = {"source": "button", "interface": "eth0", "frames": 0, "unlisted": 0, "drops": 0, "covered_s": 1.0}
    return fixed | {"raw_id": raw_id, "received_at": 0, "collector": collector, "observed_at": round(at_s * S)}


@pytest.mark.parametrize(
    ("came_s", "set_back_s", "collector", "expected"),
    [
        # When each came by the clock; behind the second it was set back from 8000 s to that moment.
        ([100, 7990, 7960], 7950, "arp@here", [(100, 1), (7990, 2)]),  # 30 s before the last press: belongs to it
        ([100, 7990, 7920], 7900, "arp@here", [(100, 1), (7990, 1), (7920, 1)]),  # 70 s before it: starts afresh
        # An hour of the clock is lived twice: 4435 comes an hour after 4400, and is 35 s behind it by the clock.
        ([4400, 7990, 4435, 4500], 4420, "arp@here", [(4400, 1), (7990, 1), (4435, 1), (4500, 1)]),
        ([4400, 7990, 4435, 8055], 4420, "arp@here", [(4400, 1), (7990, 1), (4435, 1), (8055, 1)]),
        ([4400, 7990, 4435, 4500], 4420, "replay", [(4400, 2), (4500, 1), (7990, 1)]),  # files come in any order
    ],
)
def test_after_a_clock_was_set_back_frames_count_in_the_order_they_came(
    came_s: list[float], set_back_s: float, collector: str, expected: list[tuple[float, int]]
) -> None:
    frames = [frame(ONE, at_s) | {"raw_id": 10 * n} for n, at_s in enumerate(came_s, 1)]
    beats = [beat(1, 60, collector), beat(21, 8000, collector), beat(22, set_back_s, collector)]
    for order in (1, -1):
        relation = ENGINE.from_arrow(pa.Table.from_pylist(frames[::order], schema(FRAME)))
        heard = ENGINE.from_arrow(pa.Table.from_pylist(beats[::order], schema(COLLECTOR_HEARTBEAT)))
        found = presses(ENGINE, relation, rules(one=60), set_back(ENGINE, heard)).arrow().to_pylist()
        assert [(row["pressed_at"].timestamp(), row["frames"]) for row in found] == sorted(expected)


def test_an_exchange_that_began_before_a_press_by_arp_makes_none_after_it() -> None:
    listed = rules(one=60).set_column(3, "kinds", pa.array([f"probe,{DHCP}"]))
    asked = [frame(ONE, at_s, DHCP) | {"exchange": "a", "exchange_s": at_s} for at_s in (0, 100)]
    found = found_in(listed, *asked, frame(ONE, 62))
    assert [(row["pressed_at"].timestamp(), row["frames"]) for row in found] == [(0, 1), (62, 2)]


def test_what_is_entered_by_hand_stands_whatever_the_dead_time() -> None:
    by_hand = [
        frame("item:bolts", at_s, kind, "")
        for at_s, kind in ((5, "manual_pull"), (6, "manual_pull"), (6, "manual_ack"))
    ]
    found = found_in(rules(one=60), *by_hand)
    assert [(row["pressed_at"].timestamp(), row["kinds"], row["is_manual"]) for row in found] == [
        (5, "manual_pull", True),
        (6, "manual_ack", True),
        (6, "manual_pull", True),
    ]


def test_a_device_with_two_rules_is_refused() -> None:
    with pytest.raises(ValueError, match=f"{ONE} stands there twice"):
        found_in(pa.concat_tables([rules(one=60), rules(one=5)]))


def test_where_numba_may_write_nowhere_the_loop_is_compiled_all_the_same() -> None:
    """A function of no file has no place for its cache either, as a service's user without a home."""
    named: dict[str, Callable[..., int]] = {}
    exec("def doubled(n):\n    return 2 * n", named)
    assert compiled(named["doubled"])(21) == 42
