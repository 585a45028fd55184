"""The other traffic of the workshop's network: what a capture file holds beside the listed devices.

A router that scans, computers and phones nobody listed, a machine on a tagged network, packets that are no ARP at all,
and now and then a broken frame. None of it may be kept.
"""

from collections.abc import Iterator
from heapq import merge
from operator import itemgetter

from telltale.contract import Scenario, SourceSettings
from telltale.sources.button.records import place
from telltale.sources.button.simulate import SECOND_US, simulate
from telltale.sources.button.simulate.frames import arp, dhcp
from telltale.sources.button.simulate.world import dice

EVERY_S = 30
"""Between two frames of strangers, on average."""
_ROUTER, _GATEWAY, _NOBODY = bytes.fromhex("b827eb000001"), b"\x0a\0\0\1", b"\0\0\0\0"
_STRANGERS, _MAKER = 40, bytes.fromhex("3c07540000")
_TAGGED = ((0x8100, 30),)
_TWICE_TAGGED = ((0x88A8, 100), (0x8100, 31))
_KINDS = ("scan", "request", "join", "tagged", "twice_tagged", "ipv6", "broken")
_WEIGHTS = (40, 40, 6, 6, 3, 4, 1)


def air(scenario: Scenario, settings: SourceSettings) -> Iterator[tuple[int, bytes]]:
    """Every frame on the air from start to end with its moment (µs), of listed devices and of strangers, in order.

    No two have the same moment: a wire carries one frame at a time.
    """
    listed = (
        (emission.at, emission.body)
        for emission in simulate(scenario, settings)
        if place(emission.path).kind == "frame"
    )
    return merge(listed, _strangers(scenario), key=itemgetter(0))


def _strangers(scenario: Scenario) -> Iterator[tuple[int, bytes]]:
    """One burst or frame in each stretch of `EVERY_S`, at a moment of its own."""
    for number in range(-(-scenario.start_s // EVERY_S), scenario.end_s // EVERY_S):
        rng = dice(scenario.seed, "strangers", number)
        at_us = int((number + rng.random() * 0.9) * EVERY_S * SECOND_US)
        device = _MAKER + bytes([rng.randrange(_STRANGERS)])
        ip = bytes((10, 0, 2, device[5]))
        kind = rng.choices(_KINDS, _WEIGHTS)[0]
        for step, frame in enumerate(_frames(kind, device, ip)):
            yield (at_us + step * 700_000) | 1, frame  # listed devices have the even microseconds


def _frames(kind: str, device: bytes, ip: bytes) -> list[bytes]:
    if kind == "scan":
        return [arp(_ROUTER, 1, _GATEWAY, ip), arp(device, 2, ip, _GATEWAY, destination=_ROUTER, is_padded=True)]
    if kind == "join":
        return [dhcp(device, 1, ip), dhcp(device, 3, ip), arp(device, 1, _NOBODY, ip), arp(device, 1, ip, ip)]
    if kind == "ipv6":
        return [b"\x33\x33\xff\0\0\1" + device + b"\x86\xdd" + b"\x60".ljust(64, b"\0")]
    tags = {"tagged": _TAGGED, "twice_tagged": _TWICE_TAGGED}.get(kind, ())
    whole = arp(device, 1, ip, _GATEWAY, tags=tags, is_padded=kind != "broken")
    return [whole[:30] if kind == "broken" else whole]
