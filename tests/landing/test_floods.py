"""How much of one sender is noted: bounded for each, bounded in memory, and nothing is dropped uncounted."""

import random

import pytest

from telltale.landing.floods import BURST, COUNT_EVERY_S, MOST_SENDERS, SEVERAL, Floods
from telltale.net import network_of


class Clock:
    """Seconds that pass when a test says so."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_sender_is_noted_again_after_a_while() -> None:
    clock = Clock()
    floods = Floods(clock)
    assert sum(floods.admits("toy", "10.0.0.1", "bad") for _ in range(1000)) == BURST
    clock.now += 30
    assert sum(floods.admits("toy", "10.0.0.1", "bad") for _ in range(1000)) == 10, "20 a minute"


def test_what_was_counted_is_told_once_a_minute() -> None:
    clock = Clock()
    floods = Floods(clock)
    for _ in range(BURST + 7):
        floods.admits("toy", "10.0.0.1", "bad")
    assert floods.counted() == []
    clock.now += COUNT_EVERY_S
    (flood,) = floods.counted()
    assert flood == ("toy", "10.0.0.1", 7, COUNT_EVERY_S, "bad")
    assert not floods.is_counting
    assert floods.counted(at_once=True) == []


def test_a_sender_with_a_network_of_addresses_is_one_and_an_address_of_the_other_kind_is_not() -> None:
    floods = Floods(Clock())
    assert sum(floods.admits("toy", f"2001:db8::{number:x}", "bad") for number in range(1000)) == BURST
    assert floods.admits("toy", "2001:db8:0:1::1", "bad")
    assert floods.admits("other", "2001:db8::1", "bad"), "another source has a list of its own"


@pytest.mark.parametrize(
    ("sender", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8::7", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("broker.example", "broker.example"),
        ("", ""),
    ],
)
def test_the_network_of_a_sender(sender: str, network: str) -> None:
    assert network_of(sender) == network


def test_any_number_of_senders_costs_a_bounded_memory_and_none_is_dropped_uncounted() -> None:
    floods, draw = Floods(Clock()), random.Random(11)
    sent = noted = 0
    for _ in range(40_000):
        sender = f"10.{draw.randrange(2)}.{draw.randrange(256)}.{draw.randrange(256)}"
        for _ in range(draw.choice((1, 1, 90))):
            sent += 1
            noted += floods.admits("toy", sender, "bad")
    assert len(floods) == MOST_SENDERS
    told = floods.counted(at_once=True)
    assert len(told) <= MOST_SENDERS + 1
    assert SEVERAL in {flood.sender for flood in told}
    assert noted + sum(flood.number for flood in told) == sent
