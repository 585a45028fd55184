"""Forwarding beside a broker that hangs, floods, leaves or sends what is no MQTT: each is said, nothing is lost."""

import logging
import time
from collections.abc import Callable
from typing import Any

import pytest

from telltale.forward import session as sessions
from telltale.forward.account import Account
from telltale.forward.cumulocity import Cumulocity
from telltale.forward.session import Lost, Session
from telltale.forward.smartrest import Message
from telltale.forward.target import Unreachable
from tests.collectors.test_mqtt_hostile import MALFORMED
from tests.hostile_broker import HOST, HostileBroker, Peer, hostile_broker, length_of, publish


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a second where there are fifteen and thirty."""
    monkeypatch.setattr(sessions, "CONNECT_S", 0.5)
    monkeypatch.setattr(sessions, "CONFIRM_S", 0.5)


def opened(
    broker: HostileBroker, *, tls: bool = False, on_message: Callable[[str, bytes], None] | None = None
) -> Session:
    return Session(HOST, broker.port, "gateway", user="u", password="p", tls=tls, on_message=on_message)


def silent(peer: Peer) -> None:
    peer.hang()


def closes(peer: Peer) -> None:
    peer.connection.close()


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("talk", [silent, closes], ids=lambda talk: talk.__name__)
def test_a_broker_that_hangs_or_leaves_at_once_is_unreachable(talk: Any, tls: bool) -> None:
    """In a handshake too: the platform is tried again, with growing waits, by who sends."""
    with hostile_broker(talk) as broker:
        began = time.monotonic()
        with pytest.raises(Unreachable):
            opened(broker, tls=tls)
        assert time.monotonic() - began < 10


def then(what: bytes) -> Callable[[Peer], None]:
    def talk(peer: Peer) -> None:
        peer.accept()
        peer.send(what)
        peer.hang()

    return talk


@pytest.mark.parametrize("what", [*MALFORMED, "half a packet"])
def test_a_message_that_is_not_confirmed_is_lost_and_said(what: str) -> None:
    """Before: a topic that is no UTF-8 ended the thread that reads, with a traceback nobody asked for."""
    sent = MALFORMED.get(what, publish("s/ds", b"124", mid=1)[:6])
    with hostile_broker(then(sent)) as broker:
        session = opened(broker, on_message=lambda _topic, _payload: None)
        with pytest.raises(Lost):
            session.publish(Message("s/us", "400"))
        session.close()


def test_a_flood_of_reports_fills_no_log_and_stops_no_press(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    def talk(peer: Peer) -> None:
        peer.accept()
        peer.connection.settimeout(30)
        peer.send(publish("s/e", b"50,100,no such template", mid=0, qos=0) * 20_000)
        peer.send(b"\x30" + length_of((64 << 20) + 5) + b"\x00\x03s/e")
        for _ in range(64):
            peer.send(bytes(1 << 20))
        peer.connection.settimeout(0.1)
        peer.stay()

    with hostile_broker(talk) as broker:
        account = Account(
            host=HOST, port=broker.port, tls=False, ca_file="", user="u", password="p", mode="gateway",
            device_id="g", device_type="t", register=False, quote_style="double", per_second=100.0,
        )  # fmt: skip
        target = Cumulocity(account)
        got: list[int] = []

        def take(topic: str, payload: bytes) -> None:
            got.append(len(payload))
            target._on_message(topic, payload)

        session = opened(broker, on_message=take)
        deadline = time.monotonic() + 60
        while True:
            try:
                session.publish(Message("s/us", "400"))
                break
            except Lost:
                assert time.monotonic() < deadline
        session.close()
        target.close()
    assert max(got) <= sessions.MOST_BYTES + (1 << 18)
    assert len([record for record in caplog.records if "cumulocity reports" in record.getMessage()]) <= 20
