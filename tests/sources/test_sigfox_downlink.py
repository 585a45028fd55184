"""What a listening device is answered: one downlink a callback, spent once, confirmed only by the network."""

import copy
import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telltale.cli import run
from telltale.contract import ConfigError, Memory, Refused, Reply, Request, Secrets, SourceSettings
from telltale.sources import source
from telltale.sources.sigfox.queue import device_of, left_today, payload_of, pending, queued, withdrawn
from telltale.workbench.project import Project
from telltale.workbench.reading import load
from tests.served import collecting, make_project

SIGFOX = source("sigfox")
NOW = 1_795_165_200
DAY = 86_400
DEVICE = "sigfox:2d24e6"
ONE, TWO = "0102030405060708", "1112131415161718"
NOTHING = (204, b"")


class Backend:
    """The backend of one device, and the collector's memory."""

    def __init__(self, *downlinks: str, options: dict[str, Any] | None = None) -> None:
        self.settings = SourceSettings(options or {}, Secrets())
        self.known: dict[str, dict[str, Any]] = {}
        for data in downlinks:
            self.remember(queued(DEVICE, self.known.get(DEVICE, {}), data, NOW))

    def tells(self, path: str, body: bytes, now_s: float) -> tuple[int, bytes]:
        at_us = int(now_s * 1_000_000)
        request = Request("sigfox", at_us, "", "http", "POST", path, {}, "", body, known=copy.deepcopy(self.known))
        reply = SIGFOX.accept(request, self.settings)
        assert reply.keep
        self.remember(*reply.remember)
        return reply.status, reply.body

    def asks(self, seq: int | None, at_s: float = NOW, *, late_s: float = 2, **fields: Any) -> tuple[int, bytes]:
        told = {"device": "002D24E6", "time": int(at_s), "data": "2a", "seqNumber": seq, "ack": True, **fields}
        return self.tells("/sigfox/downlink", json.dumps(told).encode(), at_s + late_s)

    def acknowledges(self, code: int, at_s: float = NOW + 30) -> None:
        told = {"device": "2D24E6", "time": str(int(at_s)), "infoCode": str(code), "downlinkAck": code == 0}
        assert self.tells("/sigfox/ack", json.dumps(told).encode(), at_s + 2) == NOTHING

    def remember(self, *memories: Memory) -> None:
        for memory in memories:
            json.dumps(memory.value)
            self.known.setdefault(memory.device_id, {})[memory.name] = dict(memory.value)

    @property
    def states(self) -> list[str]:
        return [one.state for one in pending(self.known)]


def answered(data: str, device: str = "002D24E6") -> tuple[int, bytes]:
    return 200, json.dumps({device: {"downlinkData": data}}, separators=(",", ":")).encode()


def test_a_downlink_is_sent_once_and_confirmed_by_the_network() -> None:
    backend = Backend(ONE)
    assert backend.states == ["waiting"]
    assert backend.asks(7) == answered(ONE), "under the id as it was spelt"
    assert backend.states == ["sent"], "an answer is no proof"
    assert backend.asks(8, NOW + 600) == NOTHING, "nothing more waits"
    backend.acknowledges(0)
    assert backend.states == ["confirmed"]


@pytest.mark.parametrize("ack", [False, "false", "", None, "{ack}"])
def test_only_who_listens_is_answered(ack: object) -> None:
    backend = Backend(ONE)
    assert backend.asks(7, ack=ack) == NOTHING
    assert backend.states == ["waiting"]


def test_a_retry_of_a_callback_gets_the_answer_it_got() -> None:
    """The backend tries after 1, 2 and 4 minutes; each would else burn one more of the day's four."""
    backend = Backend(ONE, TWO)
    for late_s in (2, 62, 182, 422):
        assert backend.asks(7, late_s=late_s) == answered(ONE)
    assert backend.states == ["sent", "waiting"]
    assert backend.asks(8, NOW + 660) == answered(TWO)


def test_another_copy_of_a_message_gets_its_answer_and_another_message_its_own() -> None:
    backend = Backend(ONE, TWO)
    assert backend.asks(7) == answered(ONE)
    assert backend.asks(7, NOW + 3, duplicate=True) == answered(ONE)
    assert backend.states == ["sent", "waiting"]
    assert backend.asks(7, NOW + 600) == answered(TWO), "the device was reset and counts again"


def test_without_a_number_the_time_tells_messages_apart() -> None:
    backend = Backend(ONE, TWO)
    for at_s, expected in ((NOW, ONE), (NOW, ONE), (NOW + 20, TWO)):
        told = {"device": "2D24E6", "time": at_s, "data": "2a", "ack": "true"}
        assert backend.tells("/sigfox/downlink", json.dumps(told).encode(), at_s + 2) == answered(expected, "2D24E6")


@pytest.mark.parametrize("time", [None, "", "1795165200000", "soon"])
@pytest.mark.parametrize("seq", [812, None])
def test_who_listens_without_a_time_is_answered_once_for_all_tries(time: str | None, seq: int | None) -> None:
    backend = Backend(ONE, TWO)
    for late_s in (0, 60, 420):  # the backend tries for seven minutes
        assert backend.asks(seq, NOW, late_s=late_s, time=time) == answered(ONE)
    assert backend.states == ["sent", "waiting"]
    assert backend.asks(seq, NOW, late_s=600, time=time) == answered(TWO), "its next message"


def test_without_time_and_number_nothing_is_not_repeated_for_what_was_queued_meanwhile() -> None:
    """As a person tries it: asked in vain, then queued, then asked again with the same bytes."""
    backend = Backend()
    assert backend.asks(None, NOW, time=None) == NOTHING
    backend.remember(queued(DEVICE, {}, ONE, NOW))
    assert backend.asks(None, NOW + 30, time=None) == answered(ONE)
    assert backend.tells("/sigfox/ack", b'{"device":"2D24E6","infoCode":"0"}', NOW + 60) == NOTHING
    assert backend.states == ["confirmed"]


def test_case_b08_the_queued_downlink_is_answered() -> None:
    backend = Backend()
    backend.remember(queued("sigfox:b2", {}, "0011223344556677", NOW))
    query = "id=B2&data=2b&ack=true"
    request = Request(
        "sigfox", NOW * 1_000_000, "", "http", "GET", "/sigfox/downlink", {}, query, b"", known=backend.known
    )
    reply = SIGFOX.accept(request, backend.settings)
    assert (reply.status, reply.body) == (200, b'{"B2":{"downlinkData":"0011223344556677"}}')


def test_a_retry_after_nothing_gets_nothing_although_something_waits_by_now() -> None:
    """Its device listened for 25 s only: a downlink answered to the retry would be lost."""
    backend = Backend()
    assert backend.asks(7) == NOTHING
    backend.remember(queued(DEVICE, backend.known.get(DEVICE, {}), ONE, NOW + 30))
    assert backend.asks(7, late_s=62) == NOTHING
    assert backend.asks(8, NOW + 660) == answered(ONE)


CODES = [
    (0, "confirmed"),
    (1, "waiting"),
    (2, "failed"),
    (3, "waiting"),
    (4, "waiting"),
    (5, "sent"),
    (6, "failed"),
    (7, "waiting"),
    (8, "failed"),
    (99, "failed"),
]


@pytest.mark.parametrize(("code", "state"), CODES)
def test_what_becomes_of_a_downlink(code: int, state: str) -> None:
    backend = Backend(ONE)
    backend.asks(7)
    backend.acknowledges(code)
    (one,) = pending(backend.known)
    assert (one.state, one.code, one.tries) == (state, code, 1)
    assert bool(one.outcome)
    again = backend.asks(8, NOW + 660)
    assert again == (answered(ONE) if state == "waiting" else NOTHING)


def test_after_three_tries_it_fails() -> None:
    backend = Backend(ONE)
    for attempt in range(3):
        at_s = NOW + attempt * 660
        assert backend.asks(attempt, at_s) == answered(ONE)
        backend.acknowledges(4, at_s + 30)
    assert backend.states == ["failed"]
    assert backend.asks(9, NOW + 5 * 660) == NOTHING


def test_an_acknowledge_that_comes_again_or_too_early_says_nothing() -> None:
    backend = Backend(ONE)
    backend.acknowledges(0, NOW - 5)
    assert backend.states == ["waiting"], "of no answer"
    backend.asks(7)
    backend.acknowledges(0, NOW - 5)
    assert backend.states == ["sent"], "of an earlier answer"
    backend.acknowledges(4)
    backend.asks(8, NOW + 660)
    backend.acknowledges(4)
    assert backend.states == ["sent"], "the retry of the first one's acknowledge is not about the second"
    backend.acknowledges(0, NOW + 690)
    assert backend.states == ["confirmed"]
    backend.acknowledges(4, NOW + 700)
    assert backend.states == ["confirmed"], "what was sent stays sent"


def test_no_more_than_four_in_any_24_hours() -> None:
    backend = Backend(*(f"{n:016x}" for n in range(6)))
    for n in range(4):
        assert left_today(backend.known[DEVICE], NOW + n * 3600) == 4 - n
        assert backend.asks(n, NOW + n * 3600)[0] == 200
    assert backend.asks(4, NOW + 4 * 3600) == NOTHING
    assert backend.asks(5, NOW + DAY - 60) == NOTHING
    assert backend.asks(6, NOW + DAY + 60) == answered(f"{4:016x}"), "a day after the first"
    assert backend.asks(7, NOW + DAY + 720) == NOTHING, "the second is not a day old"


def test_a_batch_is_answered_for_each_that_listens() -> None:
    options = {"endpoints": {"all": {"pattern": "{device};{time};{seqNumber};{ack};{data}"}}}
    backend = Backend(ONE, options=options)
    backend.remember(queued("sigfox:b", {}, TWO, NOW))
    lines = f"2D24E6;{NOW};1;true;2a\nbroken\nA;{NOW};1;true;\n0B;{NOW};5;TRUE;\n2D24E6;{NOW + 9};2;false;2b\n"
    status, body = backend.tells("/sigfox/downlink/all", lines.encode(), NOW + 10)
    assert (status, json.loads(body)) == (200, {"2D24E6": {"downlinkData": ONE}, "0B": {"downlinkData": TWO}})


def test_what_a_batch_says_of_all_holds_for_the_answer_too() -> None:
    """As in the tables: what stands beside the batch in the query is of each line."""
    backend = Backend(ONE, options={"endpoints": {"all": {"pattern": "{device};{time};{data}"}}})
    request = Request(
        "sigfox", (NOW + 2) * 10**6, "", "http", "POST", "/sigfox/downlink/all", {}, "ack=true",
        f"2D24E6;{NOW};2a".encode(), known=backend.known,
    )  # fmt: skip
    reply = SIGFOX.accept(request, backend.settings)
    assert (reply.status, reply.body) == answered(ONE, "2D24E6")


def test_what_waits_can_be_withdrawn() -> None:
    backend = Backend(ONE, TWO)
    backend.asks(7)
    backend.remember(withdrawn(DEVICE, backend.known[DEVICE]))
    assert backend.states == ["sent"]
    assert backend.asks(8, NOW + 660) == NOTHING


def test_what_was_withdrawn_while_under_way_is_not_tried_again() -> None:
    backend = Backend(ONE)
    backend.asks(7)
    backend.remember(withdrawn(DEVICE, backend.known[DEVICE]))
    backend.acknowledges(4)
    assert backend.states == ["failed"], "could not be transmitted"
    assert backend.asks(8, NOW + 660) == NOTHING
    backend.remember(queued(DEVICE, backend.known[DEVICE], TWO, NOW + 700))
    assert [one.data for one in pending(backend.known)] == [TWO]
    assert backend.asks(9, NOW + 1320) == answered(TWO)


def test_what_was_withdrawn_while_under_way_may_have_arrived() -> None:
    backend = Backend(ONE)
    backend.asks(7)
    backend.remember(withdrawn(DEVICE, backend.known[DEVICE]))
    backend.acknowledges(0)
    assert backend.states == ["confirmed"]


def test_what_is_over_leaves_the_list_with_the_next() -> None:
    backend = Backend(ONE)
    backend.asks(7)
    backend.acknowledges(0)
    backend.remember(queued(DEVICE, backend.known[DEVICE], TWO, NOW + 60))
    assert [one.data for one in pending(backend.known)] == [TWO]
    assert backend.asks(8, NOW + 660) == answered(TWO)
    assert list(backend.known[DEVICE]["sent"]) == ["2"]


MISTAKES = [
    (device_of, "282C024156AF", "is no device"),
    (device_of, "xyz", "is no device"),
    (payload_of, "0102", "exactly 16 hex digits"),
    (payload_of, "010203040506070g", "exactly 16 hex digits"),
]


@pytest.mark.parametrize(("read", "text", "said"), MISTAKES)
def test_a_mistake_is_one_sentence(read: Any, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read(text)


def test_a_device_and_a_payload_may_be_spelt_in_several_ways() -> None:
    assert {device_of(text) for text in ("2D24E6", "002d24e6", "sigfox:2d24e6")} == {DEVICE}
    assert payload_of("01 02 03 04 05 06 07 0A") == "010203040506070a"


@given(path=st.sampled_from(["/sigfox/downlink", "/sigfox/ack", "/sigfox/downlink/x"]), body=st.binary(max_size=80))
def test_any_bytes_are_answered_or_refused_and_change_nothing_they_were_handed(path: str, body: bytes) -> None:
    known = Backend(ONE).known
    before = copy.deepcopy(known)
    request = Request("sigfox", NOW * 10**6, "", "http", "POST", path, {}, "", body, known=known)
    try:
        reply = SIGFOX.accept(request, SourceSettings({}, Secrets()))
    except Refused:
        assert not body.strip()
        return
    assert reply == Reply(204, b"")
    assert known == before


def test_from_the_command_to_the_acknowledge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Command, collector on loopback, callbacks as the backend sends them, and the tables."""
    root = make_project(tmp_path)
    monkeypatch.setenv("TELLTALE_HOME", str(root))
    assert run(["sigfox", "downlink", "2D24E6", ONE]) == 0
    assert f"{DEVICE}: {ONE} goes with the answer to its next message that asks; 4 of 4 left" in capsys.readouterr().out
    now_s = int(time.time())
    with collecting(root) as collector:
        asked = json.dumps({"device": "2D24E6", "time": now_s, "data": "2a", "seqNumber": 7, "ack": True}).encode()
        for _ in range(2):
            reply = collector.send("POST", "/sigfox/downlink", asked)
            assert (reply.status, reply.body) == answered(ONE, "2D24E6")
            assert reply.headers["content-type"] == "application/json"
        assert run(["pending", "sigfox", "--json"]) == 0
        assert [row["state"] for row in json.loads(capsys.readouterr().out)] == ["sent"]
        told = json.dumps({"device": "2D24E6", "time": now_s + 30, "infoCode": 0, "infoMessage": "Acked"}).encode()
        assert collector.send("POST", "/sigfox/ack", told).status == 204
    assert run(["pending", "sigfox", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["state"], row["tries"], row["code"]) == ("confirmed", 1, 0)
    project = Project(root)
    assert len(load("uplink", engine="arrow", since=None, project=project)) == 1, "asked twice, heard once"
    (status,) = load("device_status", engine="arrow", since=None, project=project).to_pylist()
    assert (status["kind"], json.loads(status["details"])) == ("acknowledge", {"infoCode": 0, "infoMessage": "Acked"})
    assert run(["sigfox", "downlink", "2D24E6"]) == 1
    assert "nothing to send" in capsys.readouterr().err
