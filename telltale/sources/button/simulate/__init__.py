"""The simulator of the workshop's network: what the capture hands in.

A press makes a burst of three to eight frames in one to six seconds: probes, an announcement or two, requests for the
gateway and the name server. Now and then the server does not answer and the device tries again 30 to 40 s later. Some
presses come through a repeater, some with a VLAN tag. Buttons answer somebody's question at times, which is no press.

Source: wire/kanban.md sections 2.1, 2.2, 4.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from operator import itemgetter
from typing import NamedTuple

from telltale.contract import Emission, Scenario, SourceSettings
from telltale.sources.button.records import (
    MANUAL_PATH,
    METHOD,
    Heartbeat,
    frame_path,
    heartbeat_body,
    heartbeat_path,
    manual_body,
)
from telltale.sources.button.simulate.frames import arp
from telltale.sources.button.simulate.world import (
    ITEMS,
    PHONE,
    TAPE,
    Press,
    World,
    by_hand,
    dice,
    is_listening,
    local_days,
    midnight_s,
    phone_stay,
    presses,
    world,
)

INTERFACE = "sim0"
COLLECTOR = "arp@simulated"
BEAT_S = 600
SECOND_US = 1_000_000
_ROUTER = bytes.fromhex("b827eb000001")
_REPEATER = bytes.fromhex("60e327000009")
_GATEWAY, _NAME_SERVER, _NOBODY = b"\x0a\0\0\1", b"\x0a\0\0\2", b"\0\0\0\0"
_TAG = (0x8100, 20)
_RENEWS_S = 240
_TAPE_BUTTON = next(item.buttons[0][0] for item in ITEMS if item.name == TAPE)


class Frame(NamedTuple):
    """One frame on the air; `press` is None where it is none."""

    at_us: int
    device_id: str
    data: bytes
    press: Press | None = None


def simulate(scenario: Scenario, settings: SourceSettings) -> Iterator[Emission]:
    """Yield what a capture of listed devices hands in from start to end, in time order.

    Args:
        scenario: seed, range and zone; the stream of a sub-range is the slice of the whole range's stream, but for the
            counts and length of its first heartbeat and the death of the tape's button.
        settings: with the option presence = false the phone's frames are not kept.
    """
    here, since_us, frames = world(scenario), scenario.start_s * SECOND_US, 0
    last_us: int | None = None
    for at_us, what in _events(here, scenario, presence=has_phone(settings)):
        if isinstance(what, Frame):
            frames, last_us = frames + 1, at_us
            yield Emission(at_us, METHOD, frame_path(INTERFACE), {}, what.data)
        elif isinstance(what, str):
            yield Emission(at_us, METHOD, MANUAL_PATH, {}, manual_body("pull", what, at_us, "button lost"))
        else:
            if is_listening(here, at_us / SECOND_US - 1):
                covered_s = min(BEAT_S, (at_us - since_us) / SECOND_US)
                beat = Heartbeat(COLLECTOR, covered_s, last_us, frames, 3 * frames + 40, 0)
                yield Emission(at_us, METHOD, heartbeat_path(INTERFACE), {}, heartbeat_body(beat))
            frames = 0


def has_phone(settings: SourceSettings) -> bool:
    """Whether the phone's frames are kept: yes, unless the option says otherwise."""
    return settings.options.get("presence") is not False


def frames_of(here: World, scenario: Scenario, *, presence: bool = True) -> Iterator[Frame]:
    """The frames of listed devices from start to end, in time order; of the phone with `presence`."""
    start_us, end_us = scenario.start_s * SECOND_US, scenario.end_s * SECOND_US
    for day in local_days(here, scenario.start_s, scenario.end_s):
        found = _frames_of_day(here, day, presence=presence)
        yield from (frame for frame in found if start_us <= frame.at_us < end_us)


def burst(here: World, press: Press) -> Iterator[Frame]:
    """The frames of one press."""
    rng = dice(here.seed, "burst", press.device_id, press.at_s)
    device, ip = _octets(press.device_id), _ip(press.device_id)
    said = [(1, _NOBODY, ip)] * rng.randint(1, 3) + [(1, ip, ip)] * rng.randint(1, 2)
    said += [(1, ip, _GATEWAY), (1, ip, _NAME_SERVER)][: rng.randint(1, 2)]
    is_late = rng.random() < 0.12
    is_repeated, is_tagged = rng.random() < 0.1, rng.random() < 0.15
    lasts_s = rng.uniform(1.0, 6.0)
    moments = [press.at_s, *sorted(press.at_s + rng.uniform(0.2, lasts_s) for _ in said[1:])]
    if is_late:
        again_s = press.at_s + rng.uniform(30, 40)
        said += [(1, ip, _GATEWAY)] * 2
        moments += [again_s, again_s + 1]
    for at_s, (operation, sender, target) in zip(moments, said, strict=True):
        data = arp(
            device,
            operation,
            sender,
            target,
            eth_source=_REPEATER if is_repeated else None,
            tags=(_TAG,) if is_tagged else (),
            is_padded=True,
        )
        yield Frame(round(at_s * SECOND_US), press.device_id, data, press)


def listed() -> Mapping[str, str]:
    """The role of each simulated device by its address."""
    roles = {address: "button" for item in ITEMS for address, _name in item.buttons}
    return roles | {item.ack[0]: "ack" for item in ITEMS if item.ack} | {PHONE[0]: "presence"}


def _events(here: World, scenario: Scenario, *, presence: bool) -> Iterator[tuple[int, Frame | str | None]]:
    """Frames, entries by hand (their item) and heartbeats (None), day by day in time order."""
    start_us, end_us = scenario.start_s * SECOND_US, scenario.end_s * SECOND_US
    for day in local_days(here, scenario.start_s, scenario.end_s):
        begin_s, next_s = midnight_s(here, day), midnight_s(here, day + timedelta(days=1))
        found: list[tuple[int, Frame | str | None]] = [
            (frame.at_us, frame) for frame in _frames_of_day(here, day, presence=presence)
        ]
        found += [(round(at_s * SECOND_US), item) for at_s, item in by_hand(here, day)]
        first_beat_s = -(-int(begin_s) // BEAT_S) * BEAT_S
        found += [(at_s * SECOND_US, None) for at_s in range(first_beat_s, int(next_s), BEAT_S)]
        for at_us, what in sorted(found, key=itemgetter(0)):
            if start_us <= at_us < end_us:
                yield at_us, what


def _frames_of_day(here: World, day: date, *, presence: bool) -> list[Frame]:
    """Everything listed devices send on a local day, in order; nobody works around midnight."""
    found = [frame for press in presses(here, day) for frame in burst(here, press)]
    stay = phone_stay(here, day)
    if presence and stay is not None:
        found += _renewals(here, *stay)
    return list(_apart(sorted([*found, *_answers(here, day)], key=itemgetter(0, 1))))


def _apart(frames: Iterable[Frame]) -> Iterator[Frame]:
    """Each at a moment of its own, as on a wire: an even microsecond, for strangers have the odd ones."""
    last_us = 0
    for frame in frames:
        last_us = max(frame.at_us & ~1, last_us + 2)
        yield frame._replace(at_us=last_us)


def _renewals(here: World, joined_s: float, left_s: float) -> Iterator[Frame]:
    """What a phone sends while it is there: it joins, then asks for the gateway every few minutes."""
    device, ip, at_s = _octets(PHONE[0]), _ip(PHONE[0]), joined_s
    rng = dice(here.seed, "phone", joined_s)
    said = (_NOBODY, ip)
    while at_s < left_s:
        yield Frame(round(at_s * SECOND_US), PHONE[0], arp(device, 1, *said, is_padded=True))
        said, at_s = (ip, _GATEWAY), at_s + _RENEWS_S * rng.uniform(0.5, 1.5)


def _answers(here: World, day: date) -> Iterator[Frame]:
    """Replies of buttons that were asked something, and announcements in the old style: no presses."""
    for device_id, role in listed().items():
        rng = dice(here.seed, "answers", device_id, day)
        if role == "presence" or (device_id == _TAPE_BUTTON and midnight_s(here, day) > here.died_s - 86_400):
            continue
        for _ in range(rng.randint(0, 2)):
            at_us = round((midnight_s(here, day) + rng.uniform(6, 22) * 3600) * SECOND_US)
            ip = _ip(device_id)
            target = ip if rng.random() < 0.3 else _GATEWAY
            yield Frame(at_us, device_id, arp(_octets(device_id), 2, ip, target, destination=_ROUTER, is_padded=True))


def _octets(device_id: str) -> bytes:
    return bytes.fromhex(device_id.replace(":", ""))


def _ip(device_id: str) -> bytes:
    return bytes((10, 0, 1, _octets(device_id)[5]))
