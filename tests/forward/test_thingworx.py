"""ThingWorx: exact calls, what counts as done, what parks a row and what makes it wait."""

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from telltale.contract import Raw
from telltale.forward import efento
from telltale.forward.facts import Press, event
from telltale.forward.outbox import Event, Outbox, parked, release
from telltale.forward.passing import fill, passings
from telltale.forward.rest import retry_after_s
from telltale.forward.sending import Said, Sender
from telltale.forward.thingworx import Thingworx, lane_of
from telltale.settings.brokers import ThingworxSettings
from telltale.sources.efento.wire import MEASUREMENTS
from telltale.workbench.project import Project
from tests.collectors.coap import M as REAL_FRAME
from tests.forward.fake_thingworx import APP_KEY, LOGIN_PAGE, Answer, FakeThingworx, fake_thingworx
from tests.forward.forwarded import BOLTS, BOX, NUTS, SECOND, START, project, store_frames

JSON = "application/json"


def bolts(second: float = 0, *, device: str = BOLTS, role: str = "button", item: str = "bolts/M8 100%") -> Press:
    return Press(device, "bolts", role, item, START + round(second * SECOND), 3, "probe")


class Sent:
    """A sender to the fake with presses in its outbox, at a clock that is set by hand."""

    def __init__(self, opened: Project, fake: FakeThingworx, **told: object) -> None:
        whole = {"timeout_s": 30, **told}  # a machine may be slow
        settings = ThingworxSettings(base_url=fake.base_url, **whole)  # type: ignore[arg-type] # table
        self.said: list[Said] = []
        self.now_us = START
        self.outbox = Outbox(opened.store, "thingworx")
        self.target = Thingworx(settings, APP_KEY)
        self.sender = Sender(self.outbox, self.target, lambda: self.now_us, self.said.append, jitter=lambda: 0.5)

    def add(self, *presses: Press) -> None:
        self.outbox.add([event(press, lane_of(press)) for press in presses], marks={}, now_us=self.now_us)

    @property
    def text(self) -> str:
        return "\n".join(said.text for said in self.said)


@pytest.fixture
def opened(tmp_path: Path) -> Project:
    return project(tmp_path)


def test_a_press_calls_the_service_of_its_thing(opened: Project) -> None:
    with fake_thingworx() as fake:
        sent = Sent(opened, fake)
        sent.add(bolts(0.25))
        assert sent.sender.drain().sent == 1
        sent.target.close()
    (call,) = fake.calls
    assert (call.method, call.path) == ("POST", ("Things", "Kanban_bolts/M8 100%", "Services", "RecordPress"))
    assert call.body == {
        "pressId": bolts(0.25).press_id,
        "mac": BOLTS,
        "name": "bolts",
        "at": "2026-11-20T08:00:00.250Z",
        "kind": "button",
    }


def test_properties_take_absolute_numbers_of_all_buttons_of_an_item(opened: Project) -> None:
    with fake_thingworx(Answer(500), Answer(200)) as fake:
        sent = Sent(opened, fake, mode="property")
        sent.add(bolts(0), bolts(5, device=NUTS), bolts(9), bolts(7, device=BOX, role="ack"))
        sent.sender.drain()  # the first is refused: its lane waits, the acknowledgement goes out
        sent.now_us += 2 * SECOND
        sent.sender.drain()
        sent.add(bolts(3))  # comes late, counts, and does not turn the time back
        sent.sender.drain()
        sent.target.close()
    path = ("Things", "Kanban_bolts/M8 100%", "Properties", "*")
    assert {(call.method, call.path) for call in fake.calls} == {("PUT", path)}
    first, second, third = "2026-11-20T08:00:00.000Z", "2026-11-20T08:00:05.000Z", "2026-11-20T08:00:09.000Z"
    assert [call.body for call in fake.calls] == [
        {"lastPress": first, "pressCount": 1},
        {"lastAck": "2026-11-20T08:00:07.000Z", "ackCount": 1},
        {"lastPress": first, "pressCount": 1},
        {"lastPress": second, "pressCount": 2},
        {"lastPress": third, "pressCount": 3},
        {"lastPress": third, "pressCount": 4},
    ]


def test_one_connection_and_its_cookies_are_kept(opened: Project) -> None:
    with fake_thingworx() as fake:
        sent = Sent(opened, fake)
        sent.add(bolts(0), bolts(1), bolts(2))
        sent.sender.drain()
        sent.target.close()
    assert [call.cookie for call in fake.calls] == ["", "JSESSIONID=s1", "JSESSIONID=s1"]
    assert len({call.connection for call in fake.calls}) == 1


@pytest.mark.parametrize("answer", [Answer(), Answer(204), Answer(200, b'{"rows": []}', f"{JSON};charset=UTF-8")])
def test_two_hundred_without_body_or_with_json_is_done(opened: Project, answer: Answer) -> None:
    with fake_thingworx(answer) as fake:
        sent = Sent(opened, fake)
        sent.add(bolts())
        assert sent.sender.drain().sent == 1
        sent.target.close()


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 406, 415])
def test_a_refusal_parks_the_row_alone_with_what_was_said(opened: Project, status: int) -> None:
    with fake_thingworx(Answer(status, b"<h1>no " + APP_KEY.encode(), "text/html")) as fake:
        sent = Sent(opened, fake)
        sent.add(bolts(0), bolts(1))
        drained = sent.sender.drain()
        assert (drained.parked, drained.sent) == (1, 1)
        (row,) = parked(opened.store)
        assert f"answered {status} text/html <h1>no ***" in row.last_error
        assert APP_KEY not in sent.text
        assert release(opened.store, [row.id]) == 1
        assert sent.sender.drain().sent == 1
        sent.target.close()
    assert [call.body["at"][17:19] for call in fake.calls] == ["00", "01", "00"]


@pytest.mark.parametrize(
    ("answer", "wait_s"),
    [
        (Answer(500, b"script"), 1),
        (Answer(408), 1),
        (Answer(502, retry_after="7"), 7),
        (Answer(500, retry_after="0"), 1),
    ],
)
def test_a_server_error_makes_its_lane_wait_and_keeps_the_order(opened: Project, answer: Answer, wait_s: float) -> None:
    with fake_thingworx(answer) as fake:
        sent = Sent(opened, fake)
        sent.add(bolts(0), bolts(1), bolts(2, item="nuts"))
        drained = sent.sender.drain()
        assert (drained.sent, drained.retried) == (1, 1)
        sent.now_us += round(wait_s * SECOND) - 1
        assert sent.sender.drain().sent == 0
        sent.now_us += 1
        assert sent.sender.drain().sent == 2
        sent.target.close()
    assert [call.body["at"][17:19] for call in fake.calls] == ["00", "02", "00", "01"]


@pytest.mark.parametrize(("status", "retry_after", "wait_s"), [(429, "30", 30), (503, "120", 120)])
def test_a_busy_server_is_left_alone_for_as_long_as_it_asks(
    opened: Project, status: int, retry_after: str, wait_s: int
) -> None:
    with fake_thingworx(Answer(status, retry_after=retry_after)) as fake:
        sent = Sent(opened, fake)
        sent.add(bolts(0), bolts(1, item="nuts"))
        assert sent.sender.drain().unreachable is not None
        sent.now_us += wait_s * SECOND - 1
        again = Sender(sent.outbox, sent.target, lambda: sent.now_us, sent.said.append)  # as after a restart
        held = again.drain().unreachable
        assert held is not None
        assert held.wait_s is not None
        assert held.wait_s <= 1
        sent.now_us += 1
        assert again.drain().sent == 2
        sent.target.close()
    assert len(fake.calls) == 3


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (LOGIN_PAGE, "is that a log-in page?"),
        (Answer(302), "expected no redirection"),
        (Answer(after_s=3), "no answer in time"),
        (Answer(200, b"x", "text/plain"), "expected JSON"),
    ],
)
def test_what_is_no_answer_of_the_platform_parks_nothing(opened: Project, answer: Answer, sentence: str) -> None:
    with fake_thingworx(answer) as fake:
        sent = Sent(opened, fake, timeout_s=2 if answer.after_s else 30)
        sent.add(bolts(0))
        assert sentence in str(sent.sender.drain().unreachable)
        assert sent.sender.drain().sent == 1
        sent.target.close()
    assert parked(opened.store) == []


def test_of_a_long_reply_a_line_tells_the_beginning_and_the_outbox_more(opened: Project) -> None:
    with fake_thingworx(Answer(500, b"x" * 60_000, "text/html"), Answer(404, b"y" * 60_000, "text/html")) as fake:
        sent = Sent(opened, fake)
        sent.add(bolts(0))
        assert sent.sender.drain().retried == 1
        sent.now_us += 400 * SECOND
        assert sent.sender.drain().parked == 1
        sent.target.close()
    assert max(len(said.text) for said in sent.said) < 600
    assert len(parked(opened.store)[0].last_error.encode()) == 2048


def test_a_wrong_key_is_not_shown(opened: Project) -> None:
    with fake_thingworx() as fake:
        sent = Sent(opened, fake)
        sent.target = Thingworx(ThingworxSettings(base_url=fake.base_url), "wr0ng")
        sent.sender.target = sent.target
        sent.add(bolts(0))
        assert sent.sender.drain().parked == 1
        sent.target.close()
    assert "401 text/plain no such key" in sent.text
    assert "wr0ng" not in sent.text + repr(sent.target)


def test_a_server_that_is_not_there_is_waited_for(opened: Project) -> None:
    with fake_thingworx() as fake:
        sent = Sent(opened, fake)
    sent.add(bolts(0))
    assert "is it up, and the address right?" in str(sent.sender.drain().unreachable)
    assert sent.outbox.due(sent.now_us)[0].attempts == 0


@pytest.mark.parametrize(
    "told",
    [{"poison": 1}, [], 7, bolts(1)._asdict() | {"device_id": 7}, bolts(1)._asdict() | {"item": "\ud800"}],
)
def test_a_body_that_is_no_press_parks(opened: Project, told: object) -> None:
    with fake_thingworx() as fake:
        sent = Sent(opened, fake)
        sent.outbox.add([Event("x", BOLTS, "lane", START, json.dumps(told))], marks={}, now_us=START)
        sent.add(bolts(1))
        drained = sent.sender.drain()
        sent.target.close()
    assert (drained.parked, drained.sent) == (1, 1)
    assert len(fake.calls) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None),
        ("30", 30.0),
        (" 5 ", 5.0),
        ("Fri, 20 Nov 2026 08:00:30 GMT", 30.0),
        ("Fri, 20 Nov 2026 07:00:00 GMT", 0.0),
        ("soon", None),
        ("9" * 400, 86_400.0),
        ("Fri, 20 Nov 2099 08:00:30 GMT", 86_400.0),
    ],
)
def test_retry_after_is_a_number_or_a_date(text: str | None, expected: float | None) -> None:
    assert retry_after_s(text, START / SECOND) == expected


# Sensors' records


def frame() -> bytes:
    """The frame of wire/efento.md 3: one temperature channel, 23.5 °C at 08:00:00Z."""
    from telltale.pb.efento.measurements_pb2 import ProtoMeasurements

    message = ProtoMeasurements(serial_number=bytes.fromhex("282c024156af"), battery_status=True)
    message.measurement_period_base, message.measurement_period_factor = 60, 1
    channel = message.channels.add()
    channel.type, channel.timestamp, channel.start_point = 1, START // SECOND, 235
    channel.sample_offsets.append(0)
    encoded: bytes = message.SerializeToString()
    return encoded


def store_record(opened: Project, at: int, body: bytes) -> None:
    meta = f'{{"transport": "coap", "method": "POST", "path": "/{MEASUREMENTS}"}}'
    with opened.store.writer() as connection:
        opened.store.insert(connection, [Raw(0, "efento", at, "127.0.0.1", meta, body)])


def test_records_of_sensors_go_to_one_service_once(tmp_path: Path) -> None:
    with fake_thingworx() as fake:
        toml = f'[forward.thingworx]\nbase_url = "{fake.base_url}"\nefento_thing = "Sensors"\n'
        opened = project(tmp_path, toml, now_us=START)
        store_record(opened, START, frame())
        store_record(opened, START + 1, b"\xff")  # cannot be decoded: a reject
        (passing,) = passings(opened)
        assert fill(opened, passing, count_late=False).new == 1
        assert not passing.has_news(opened.store)
        store_record(opened, START + 9, frame())
        assert passing.has_news(opened.store)
        assert fill(opened, passing, count_late=False).new == 1
        assert fill(opened, passing, count_late=False).new == 0
        assert passing.outbox.marks("watermark")[efento.WATERMARK] == START + 9
        sender = Sender(passing.outbox, passing.target, lambda: START, lambda _said: None)
        assert sender.drain().sent == 2
        passing.target.close()
        opened.close()
    assert fake.calls[0].path == ("Things", "Sensors", "Services", "ReceiveEfento")
    (measured,) = fake.calls[0].body["measurements"]
    assert (measured["serial"], measured["measured_at"]) == ("282C024156AF", "2026-11-20 08:00:00 UTC")
    assert measured["params"] == [{"value": 23.5, "type": "TEMPERATURE", "channel": 1}]


RIGHT = {
    "measured_at": "2023-09-06 13:17:20 UTC", "serial": "282C024156AF",
    "next_measurement_at": "2023-09-06 13:17:40 UTC", "signal": 12, "measurement_interval": 20, "batteryStatus": "ok",
    "params": [{"value": "OK", "type": "open-close", "channel": 1}],
}  # fmt: skip
AS_BEFORE = RIGHT | {
    "measured_at": "2023-09-06 14:17:20 UTC", "next_measurement_at": "2023-09-06 14:17:40 UTC", "signal": 0,
}  # fmt: skip
"""The first object of the real frame as the earlier server wrote it (wire/efento.md 8.1)."""


@pytest.mark.parametrize(("key", "expected"), [("", RIGHT), ("compat = false", RIGHT), ("compat = true", AS_BEFORE)])
def test_records_go_out_as_the_earlier_server_wrote_them_where_that_is_asked_for(
    tmp_path: Path, key: str, expected: dict[str, object]
) -> None:
    with fake_thingworx() as fake:
        toml = f'[forward.thingworx]\nbase_url = "{fake.base_url}"\nefento_thing = "Sensors"\n{key}\n'
        opened = project(tmp_path, toml, now_us=START)
        store_record(opened, START, REAL_FRAME)
        (passing,) = passings(opened)
        fill(opened, passing, count_late=False)
        sender = Sender(passing.outbox, passing.target, lambda: START, lambda _said: None)
        assert sender.drain().sent == 1
        passing.target.close()
        opened.close()
    measured = fake.calls[0].body["measurements"]
    assert (len(measured), measured[0]) == (25, expected)


def test_what_waits_in_the_outbox_stays_as_it_was_written(tmp_path: Path) -> None:
    """Nothing goes out twice, once in each form, where the setting changes meanwhile."""
    with fake_thingworx(Answer(500)) as fake:
        toml = f'[forward.thingworx]\nbase_url = "{fake.base_url}"\nefento_thing = "Sensors"\n'
        for second, more in enumerate(("", "compat = true\n")):
            opened = project(tmp_path, toml + more, now_us=START)
            store_record(opened, START + second, REAL_FRAME)
            (passing,) = passings(opened)
            assert fill(opened, passing, count_late=False).new == 1
            sender = Sender(passing.outbox, passing.target, lambda: START + 60 * SECOND, lambda _said: None)
            sender.drain()
            passing.target.close()
            opened.close()
        opened = project(tmp_path, toml, now_us=START)
        (passing,) = passings(opened)
        sender = Sender(passing.outbox, passing.target, lambda: START + 900 * SECOND, lambda _said: None)
        sender.drain()
        passing.target.close()
        opened.close()
    told = [call.body["measurements"][0]["measured_at"] for call in fake.calls]
    assert sorted(set(told)) == ["2023-09-06 13:17:20 UTC", "2023-09-06 14:17:20 UTC"]
    assert len(told) == 3, "the first try of the first was refused"


def test_presses_and_records_share_an_outbox_not_a_lane(tmp_path: Path) -> None:
    with fake_thingworx(Answer(500)) as fake:
        toml = f'[forward.thingworx]\nbase_url = "{fake.base_url}"\nefento_thing = "Sensors"\n'
        opened = project(tmp_path, toml, now_us=START)
        store_record(opened, START, frame())
        store_frames(opened, [(BOLTS, START + SECOND), (BOX, START + 2 * SECOND)])
        (passing,) = passings(opened)
        fill(opened, passing, count_late=False)
        sender = Sender(passing.outbox, passing.target, lambda: START, lambda _said: None)
        drained = sender.drain()
        passing.target.close()
        opened.close()
    assert (drained.sent, drained.retried) == (2, 1)
    assert [call.path[-1] for call in fake.calls] == ["ReceiveEfento", "RecordPress", "RecordPress"]
    assert [call.body.get("kind") for call in fake.calls] == [None, "button", "ack"]


# The sender


@pytest.mark.parametrize(
    ("jitter", "expected"),
    [(0.0, [0.8, 1.6, 3.2, 6.4]), (0.5, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]), (1.0, [1.2, 2.4, 4.8])],
)
def test_waits_double_to_five_minutes_a_fifth_more_or_less(
    opened: Project, jitter: float, expected: list[float]
) -> None:
    with fake_thingworx(*[Answer(500)] * len(expected)) as fake:
        sent = Sent(opened, fake)
        sent.sender.jitter = lambda: jitter
        sent.add(bolts())
        waits = []
        for _ in expected:
            assert sent.sender.drain().retried == 1
            seen = sent.now_us
            sent.now_us = _first(lambda at: bool(sent.outbox.due(at)), seen, seen + 400 * SECOND)
            waits.append((sent.now_us - seen) / SECOND)
        sent.target.close()
    assert waits == pytest.approx(expected)


def _first(holds: Callable[[int], bool], low: int, high: int) -> int:
    """The first number for which it holds."""
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


def test_a_stopped_sender_ends_between_two_rows(opened: Project) -> None:
    with fake_thingworx() as fake:
        sent = Sent(opened, fake)
        sent.add(bolts(0), bolts(1))
        sent.sender.say = lambda _said: None
        sent.sender.stop = threading.Event()
        sent.sender.stop.set()
        assert sent.sender.drain().sent == 0
        sent.target.close()
    assert fake.calls == []
