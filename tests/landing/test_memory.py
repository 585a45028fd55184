"""What sources remember of devices: durable with the record that told it, and seen by a running collector."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from telltale.contract import Memory, Raw, Reply, Request, StoreError
from telltale.door import open_door
from telltale.landing import Landing, Store, recall, remember, revise
from telltale.landing.memory import MOST_AT_ONCE, REFRESH_S, Memories
from telltale.settings import Settings
from tests.landing.test_door import TOY
from tests.landing.test_door import request as toy_request

SEEN = Memory("toy:1", "seen", {"hash": 7})
RAW = Raw(0, "toy", 1, "10.0.0.5", "{}", b"x")


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with closing(Store(store_url)) as opened:
        yield opened


def test_a_record_and_what_it_told_become_durable_together(store: Store) -> None:
    with closing(Landing(store)) as landing:
        landing.append(RAW, (SEEN, Memory("toy:2", "seen", {"hash": 1})))
        landing.append(RAW, (SEEN._replace(value={"hash": 8}),))
        assert landing.memories.known("toy")["toy:1"] == {"seen": {"hash": 8}}
    assert recall(store, "toy") == {"toy:1": {"seen": {"hash": 8}}, "toy:2": {"seen": {"hash": 1}}}
    assert recall(store, "other") == {}


def test_what_was_not_stored_is_not_remembered(store: Store) -> None:
    with closing(Landing(store)) as landing:
        unfit = RAW._replace(received_at=1 << 80)  # more than the column takes
        with pytest.raises(StoreError):
            landing.append(unfit, (SEEN,))
        assert landing.memories.known("toy") == {}
    assert recall(store, "toy") == {}


def test_a_command_changes_what_a_running_collector_knows(store: Store) -> None:
    now = [100.0]
    memories = Memories(store, clock=lambda: now[0])
    assert memories.known("toy") == {}
    remember(store, "toy", [SEEN])
    assert memories.known("toy") == {}, "read at most once a second"
    now[0] += REFRESH_S
    assert memories.known("toy") == {"toy:1": {"seen": {"hash": 7}}}


def test_an_empty_value_is_forgotten(store: Store) -> None:
    remember(store, "toy", [SEEN, SEEN._replace(name="sent")])
    remember(store, "toy", [SEEN._replace(value={})])
    assert recall(store, "toy") == {"toy:1": {"sent": {"hash": 7}}}


def test_changes_at_the_same_time_all_count(store_url: str) -> None:
    """Eight commands, each on its own connection, add to the same list: none overwrites another's."""

    def add(number: int) -> None:
        with closing(Store(store_url)) as own:
            revise(own, "toy", lambda known: [_with(known.get("toy:1", {}).get("list", {}).get("of", []), number)])

    def _with(numbers: list[int], number: int) -> Memory:
        return Memory("toy:1", "list", {"of": [*numbers, number]})

    with closing(Store(store_url)) as store, ThreadPoolExecutor(8) as commands:
        list(commands.map(add, range(8)))
        assert sorted(recall(store, "toy")["toy:1"]["list"]["of"]) == list(range(8))


def test_a_change_that_fails_changes_nothing(store: Store) -> None:
    remember(store, "toy", [SEEN])
    with pytest.raises(ZeroDivisionError):
        revise(store, "toy", lambda known: [SEEN._replace(value={"hash": 1 // len(known["toy:1"]["seen"]) // 0})])
    assert recall(store, "toy") == {"toy:1": {"seen": {"hash": 7}}}


def test_the_door_hands_a_source_what_it_remembers(tmp_path: Path) -> None:
    def accept(request: Request, _settings: object) -> Reply:
        before = request.known.get("toy:1", {}).get("count", {}).get("n", 0)
        return Reply(200, b"%d" % before, remember=(Memory("toy:1", "count", {"n": before + 1}),))

    counting = replace(TOY, accept=accept, remembers=True)
    for expected in ([b"0", b"1", b"2"], [b"3"]):  # the second door is another process
        with closing(open_door(Settings(root=tmp_path), [counting])) as door:
            assert [door.handle(toy_request(b"x")).reply.body for _ in expected] == expected


def test_invented_devices_are_remembered_up_to_a_number_and_known_ones_for_ever(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("telltale.landing.memory.MOST_DEVICES", 20)
    with closing(Landing(store)) as landing:
        landing.memories.known("toy")
        landing.append(RAW, (SEEN,))
        for number in range(100):
            landing.append(RAW, (Memory(f"toy:invented-{number}", "seen", {"hash": number}),))
        landing.append(RAW, (SEEN._replace(value={"hash": 8}),))
        assert len(landing.memories.known("toy")) == 20
    remembered = recall(store, "toy")
    assert len(remembered) == 20
    assert remembered["toy:1"] == {"seen": {"hash": 8}}
    assert caplog.text.count("20 devices are remembered") == 1


def test_one_record_has_a_bounded_number_of_things_remembered(store: Store) -> None:
    with closing(Landing(store)) as landing:
        landing.append(RAW, tuple(Memory(f"toy:{number}", "seen", {"hash": number}) for number in range(5000)))
    assert len(recall(store, "toy")) == MOST_AT_ONCE
