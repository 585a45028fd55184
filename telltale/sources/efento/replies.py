"""What a sensor is asked or told in the reply to its measurements.

A reply is a ProtoConfig with only the fields meant. Each costs the battery, so there is at most one matter in each, and
only to a confirmable message: the oldest queued change of the configuration, else the first request that is due, of

    configuration           the reported hash is not that of the last configuration received     98 01 01
    extended configuration  the same of the extended hash (firmware 07)                          f8 03 01
    device info             none since the hash changed, or none for a day; with the time        30 01 40 …

A request is made once for each hash, and again after a day if it was not met. The time is told from the second reply
on, once a day. A change is sent once, as the hash it was sent at is remembered; a new hash means it was applied, newer
configuration_errors that it was refused.

What is remembered of a device, each name with one writer:

    seen      collector  which hashes were seen, what was asked for and when
    reported  collector  the last configuration the sensor reported: its parts in any order, and what they merge to
    sent      collector  what became of each change
    wanted    command    the changes queued (downlink.py)

Source: wire/efento.md 4.1, 7.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf.message import Message  # type: ignore[import-untyped]

from telltale.contract import Known, Memory
from telltale.pb.efento.configuration_pb2 import ProtoConfig
from telltale.pb.efento.device_info_pb2 import ProtoDeviceInfo
from telltale.pb.efento.extended_configuration_pb2 import ProtoExtendedConfiguration
from telltale.pb.efento.measurements_pb2 import ProtoMeasurements
from telltale.sources.efento.downlink import settable
from telltale.sources.efento.plan import Plan

DAY_S = 86_400
CLOCK_SLACK_S = 300
"""How much a sensor's clock may lag when it dates an error."""
SEEN, REPORTED, SENT, WANTED = "seen", "reported", "sent", "wanted"
MOST_DEVICES = 20_000
"""Sensors remembered; where no token is asked for, anyone may invent serial numbers."""
LOOKED_AT = 64
MOST_PARTS, MOST_REPORTED_BYTES = 16, 8192
"""Of one configuration; real ones have one to three parts, 700 bytes in all."""

Facts = dict[str, Any]


def reply_to(
    message: Message,
    device: str,
    known: Mapping[str, Mapping[str, Any]],
    plan: Plan,
    *,
    now_s: int,
    is_confirmable: bool,
) -> tuple[bytes, tuple[Memory, ...]]:
    """The reply's body to a message of a known kind, and what to remember of its sensor.

    Args:
        message: of one of the four kinds.
        device: its id.
        known: what is remembered of it, by name.
        plan: how often to tell the time and to ask for device info.
        now_s: Unix seconds of its arrival.
        is_confirmable: only then it reads a reply.
    """
    facts = {name: dict(known.get(name, {})) for name in (SEEN, REPORTED, SENT)}
    body = b""
    if isinstance(message, ProtoMeasurements):
        _follow(facts[SENT], message.configuration_hash, (), 0, now_s)
        if is_confirmable:
            wanted = known.get(WANTED, {}).get("changes", ())
            body = _change(facts[SENT], wanted, message.configuration_hash, now_s) or _request(
                facts[SEEN], message, plan, now_s
            )
    elif isinstance(message, ProtoConfig):
        _report(facts, message, now_s)
    elif isinstance(message, ProtoDeviceInfo):
        facts[SEEN]["info"] = [facts[SEEN].get("hash", 0), now_s]
    elif isinstance(message, ProtoExtendedConfiguration):
        facts[SEEN]["extended"] = message.extended_configuration_hash
    changed = [(name, value) for name, value in facts.items() if value != known.get(name, {})]
    return body, tuple(Memory(device, name, value) for name, value in changed)


def with_room(remember: tuple[Memory, ...], device: str, known: Known) -> tuple[Memory, ...]:
    """What to remember of a sensor, and whom to forget for it where there are `MOST_DEVICES`.

    One of the newest gives way that reported no configuration and waits for no change, as an invented one does not;
    where the newest all did, the new one is not remembered. What is forgotten is asked for again.
    """
    if not remember or device in known or len(known) < MOST_DEVICES:
        return remember
    for other in list(known)[-LOOKED_AT:][::-1]:  # a copy: another thread may learn meanwhile
        facts = known.get(other, {})
        if not facts.keys() & {REPORTED, WANTED}:
            return (*(Memory(other, name, {}) for name in facts), *remember)
    return ()


def _request(seen: Facts, message: ProtoMeasurements, plan: Plan, now_s: int) -> bytes:
    """The reply with the request that is due, and the time; empty when nothing is."""
    reply, now_hash, extended = ProtoConfig(), message.configuration_hash, message.extended_configuration_hash
    info_s = plan.device_info_h * 3600
    info_hash, info_at = seen.get("info", (None, 0))
    wants_info = info_hash != now_hash or (info_s and now_s - info_at >= info_s)
    seen["hash"] = now_hash
    if seen.get("configuration") != now_hash and _ask(seen, "asked_configuration", now_hash, now_s):
        reply.configuration_request = True
    elif extended and seen.get("extended") != extended and _ask(seen, "asked_extended", extended, now_s):
        reply.extended_configuration_request = True
    elif wants_info and _ask(seen, "asked_info", now_hash, now_s, again_s=info_s or DAY_S):
        reply.device_info_request = True
    if plan.current_time == "always" or (plan.current_time == "daily" and now_s - seen.get("time", now_s) >= DAY_S):
        reply.current_time = now_s
        seen["time"] = now_s
    seen.setdefault("time", 0)  # the first reply of all only asks for the configuration
    return bytes(reply.SerializeToString())


def _ask(seen: Facts, name: str, about: int, now_s: int, *, again_s: int = DAY_S) -> bool:
    """Whether to ask now: not yet asked about this hash, or long ago."""
    asked_about, asked_at = seen.get(name, (None, 0))
    if asked_about == about and now_s - asked_at < again_s:
        return False
    seen[name] = [about, now_s]
    return True


def _change(sent: Facts, wanted: Sequence[Mapping[str, Any]], now_hash: int, now_s: int) -> bytes:
    """The oldest change not sent yet; nothing while the outcome of another is open, for a day at most."""
    if any(each["state"] == "sent" and now_s - each["at"] < DAY_S for each in sent.values()):
        return b""
    change = next((each for each in wanted if str(each["id"]) not in sent), None)
    if change is None:
        return b""
    queued = {str(each["id"]) for each in wanted}
    for former in sent.keys() - queued:  # the command has taken it off the list
        del sent[former]
    sent[str(change["id"])] = {"state": "sent", "at": now_s, "hash": now_hash}
    return bytes.fromhex(change["payload"])


def _follow(sent: Facts, now_hash: int, errors: Sequence[int], error_at: int, now_s: int) -> None:
    """Note what became of the changes sent."""
    for number, each in sent.items():
        is_recent = now_s - each["at"] < DAY_S
        if each["state"] != "refused" and errors and is_recent and error_at >= each["at"] - CLOCK_SLACK_S:
            sent[number] = {**each, "state": "refused", "errors": list(errors)}
        elif each["state"] == "sent" and now_hash and now_hash != each["hash"]:
            sent[number] = {**each, "state": "applied"}


def _report(facts: dict[str, Facts], message: ProtoConfig, now_s: int) -> None:
    """Remember a reported configuration, or the parts of it that came so far."""
    _follow(
        facts[SENT],
        message.configuration_hash,
        message.configuration_errors,
        message.configuration_error_timestamp,
        now_s,
    )
    split = message.payload_split_info
    number = max(1, abs(split))
    before = (
        facts[REPORTED] if facts[REPORTED].get("hash") == message.configuration_hash and split not in (0, 1) else {}
    )
    # Datagrams overtake each other: the parts are kept by number, whichever comes first.
    parts = {**before.get("parts", {}), str(number): bytes(settable(message).SerializeToString()).hex()}
    if len(parts) > MOST_PARTS or sum(map(len, parts.values())) > 2 * MOST_REPORTED_BYTES:
        return
    last = number if split >= 0 else before.get("last", 0)
    whole, known = ProtoConfig(), 0
    while str(known + 1) in parts:
        known += 1
        whole.MergeFromString(bytes.fromhex(parts[str(known)]))
    facts[REPORTED] = {"hash": message.configuration_hash, "parts": parts, "last": last}
    if known:
        facts[REPORTED]["body"] = bytes(whole.SerializeToString()).hex()
    if last and known >= last:
        facts[SEEN]["configuration"] = message.configuration_hash
