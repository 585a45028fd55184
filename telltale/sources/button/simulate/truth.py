"""What analysis must find again in simulated frames, worked out from who pressed what without any analysis."""

from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from telltale.contract import Scenario, SourceSettings
from telltale.sources.button.simulate import BEAT_S, SECOND_US, frames_of, has_phone
from telltale.sources.button.simulate.world import (
    AWAY_AFTER_S,
    ITEMS,
    LABELS,
    PHONE,
    TAPE,
    Item,
    World,
    by_hand,
    is_listening,
    local_days,
    phone_stay,
    world,
)

_HEADER = "Name, MAC-Address, role, item, ack_for, container_qty, cards, lead_time_days, away_after_s"


class Told(NamedTuple):
    """One press as its frames tell it."""

    at_us: int
    device_id: str
    frames: int
    last_us: int


class Pull(NamedTuple):
    """One container asked for; `device_id` is empty where it was entered by hand."""

    at_us: int
    item: str
    quantity: float
    device_id: str


def truth(scenario: Scenario, settings: SourceSettings) -> Mapping[str, Any]:
    """What the frames of a scenario hold, with a dead time of 60 s; moments in µs since 1970.

    Returns:
        source, seed, start_s, end_s, timezone;
        totals: frames, presses, pulls, acknowledges;
        buttons: the lines of buttons.csv, by address: name, role, item, ack_for, container_qty, cards;
        presses: device_id, at_us (first frame), last_us, frames (of the kinds that count as a press);
        pulls: item, device_id (empty by hand), at_us, quantity;
        items: by item: pulls, quantity, days (pulls by local date), lead_times (pulled_at_us, acknowledged_at_us: each
        delivery closes the oldest open pull), open (pulls not closed; 0 where nobody acknowledges), orphans (deliveries
        without an open pull);
        observed_s: how long the capture listened; gaps: started_s, ended_s (epoch s) where it did not;
        rising: the item whose demand rises; dead: device_id, died_s; stays: of the phone: joined_at_us, last_us.
    """
    here, presence = world(scenario), has_phone(settings)
    told, frames = list(_presses(here, scenario)), sum(1 for _ in frames_of(here, scenario, presence=presence))
    pulls = sorted([*_pulls(told), *_by_hand(here, scenario)])
    acks = {item.ack[0]: item.name for item in ITEMS if item.ack}
    acknowledged = [(press.at_us, acks[press.device_id]) for press in told if press.device_id in acks]
    return {
        "source": "button",
        **scenario._asdict(),
        "totals": {
            "frames": frames,
            "presses": len(told),
            "pulls": len(pulls),
            "acknowledges": len(acknowledged),
        },
        "buttons": {row["device_id"]: row for row in _rows()},
        "presses": [press._asdict() for press in told],
        "pulls": [pull._asdict() for pull in pulls],
        "items": {item.name: _item(here, item, pulls, acknowledged) for item in ITEMS},
        **_observed(here, scenario),
        "rising": LABELS,
        "dead": {"device_id": _button_of(TAPE), "died_s": here.died_s},
        "stays": list(_stays(here, scenario)) if presence else [],
    }


def buttons_csv() -> str:
    """The text of buttons.csv with the simulated devices."""
    lines = []
    for row in _rows():
        cells = ("name", "device_id", "role", "item", "ack_for", "container_qty", "cards", "lead_time_days")
        values = [row[cell] for cell in cells] + [AWAY_AFTER_S if row["role"] == "presence" else None]
        lines.append(
            ", ".join(
                "" if value is None else f"{value:g}" if isinstance(value, float) else str(value) for value in values
            )
        )
    return "\n".join([_HEADER, *lines, ""])


def _rows() -> Iterator[dict[str, Any]]:
    for item in ITEMS:
        for address, name in item.buttons:
            yield {
                "device_id": address,
                "name": name,
                "role": "button",
                "item": item.name,
                "ack_for": "",
                "container_qty": item.container_qty,
                "cards": item.cards,
                "lead_time_days": item.lead_time_days,
            }
        if item.ack is not None:
            yield _plain(*item.ack, "ack", item.name)
    yield _plain(*PHONE, "presence", "")


def _plain(address: str, name: str, role: str, ack_for: str) -> dict[str, Any]:
    numbers = dict.fromkeys(("container_qty", "cards", "lead_time_days"))
    return {"device_id": address, "name": name, "role": role, "item": ack_for or name, "ack_for": ack_for, **numbers}


def _presses(here: World, scenario: Scenario) -> Iterator[Told]:
    """Each press with those of its frames that fall into the scenario."""
    frames: dict[tuple[float, str], list[int]] = defaultdict(list)
    for frame in frames_of(here, scenario):
        if frame.press is not None:
            frames[frame.press].append(frame.at_us)
    found = [Told(min(moments), press[1], len(moments), max(moments)) for press, moments in frames.items()]
    yield from sorted(found)


def _pulls(told: Sequence[Told]) -> Iterator[Pull]:
    fed_by = {address: item for item in ITEMS for address, _name in item.buttons}
    for press in told:
        item = fed_by.get(press.device_id)
        if item is not None:
            yield Pull(press.at_us, item.name, item.container_qty, press.device_id)


def _by_hand(here: World, scenario: Scenario) -> Iterator[Pull]:
    quantity = {item.name: item.container_qty for item in ITEMS}
    for day in local_days(here, scenario.start_s, scenario.end_s):
        for at_s, item in by_hand(here, day):
            if scenario.start_s <= at_s < scenario.end_s:
                yield Pull(round(at_s * SECOND_US), item, quantity[item], "")


def _item(here: World, item: Item, pulls: Sequence[Pull], acknowledged: Sequence[tuple[int, str]]) -> dict[str, Any]:
    own = [pull for pull in pulls if pull.item == item.name]
    days = Counter(datetime.fromtimestamp(pull.at_us / SECOND_US, here.zone).date().isoformat() for pull in own)
    waiting, pairs, orphans = deque[int](), [], 0
    events = [(pull.at_us, 0) for pull in own] + [(at_us, 1) for at_us, of in acknowledged if of == item.name]
    for at_us, is_delivery in sorted(events):
        if not is_delivery:
            waiting.append(at_us)
        elif waiting:
            pairs.append({"pulled_at_us": waiting.popleft(), "acknowledged_at_us": at_us})
        else:
            orphans += 1
    return {
        "pulls": len(own),
        "quantity": sum(pull.quantity for pull in own),
        "days": dict(days),
        "lead_times": pairs,
        "open": len(waiting) if item.ack else 0,
        "orphans": orphans,
    }


def _observed(here: World, scenario: Scenario) -> dict[str, Any]:
    """What the heartbeats cover: each the time since the one before it, none where nobody listened."""
    beats = range(-(-scenario.start_s // BEAT_S) * BEAT_S, scenario.end_s, BEAT_S)
    observed_s, gaps = 0, list[dict[str, int]]()
    for at_s in beats:
        begin_s = max(at_s - BEAT_S, scenario.start_s)
        if is_listening(here, at_s - 1):
            observed_s += at_s - begin_s
        elif gaps and gaps[-1]["ended_s"] == begin_s:
            gaps[-1]["ended_s"] = at_s
        else:
            gaps.append({"started_s": begin_s, "ended_s": at_s})
    return {"observed_s": observed_s, "gaps": gaps}


def _stays(here: World, scenario: Scenario) -> Iterator[dict[str, int]]:
    """The phone's stays; its silences are far shorter than those after which it counts as gone."""
    moments = [frame.at_us for frame in frames_of(here, scenario) if frame.device_id == PHONE[0]]
    for day in local_days(here, scenario.start_s, scenario.end_s):
        stay = phone_stay(here, day)
        own = [at for at in moments if stay and stay[0] * SECOND_US - 2 <= at <= stay[1] * SECOND_US + 2]
        if own:
            yield {"joined_at_us": own[0], "last_us": own[-1]}


def _button_of(name: str) -> str:
    return next(item.buttons[0][0] for item in ITEMS if item.name == name)
