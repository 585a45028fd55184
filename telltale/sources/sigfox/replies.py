"""What a device that listens is answered, and what became of it.

A BIDIR callback with `ack` true is answered 200 with the oldest downlink queued for its device, 8 bytes as 16 hex
digits under the id as it was spelt; any other 204. The network then has 20 seconds to send it: an answer is spent
whether or not it arrives. So a callback that comes again (the backend tries four times) gets the answer it got before,
even if that was none; one without a time is known by its bytes alone. No device is answered more than four downlinks in
24 hours, which is what contracts allow.

SERVICE ACKNOWLEDGE tells the outcome of the newest answer before it:

    code  meaning                                     the downlink is then
    0     a station sent it                           confirmed
    1     our server gave no answer                   waiting again
    2     our payload was not valid                   failed
    3     over the quota, dropped                     waiting again
    4     could not be transmitted                    waiting again
    5     still to be sent                            sent, as before
    6     the contract has no downlink                failed
    7     the device asked again too early            waiting again
    8     no callback of the type is the downlink's   failed

After three answers it fails whatever the code, and so does one that was withdrawn meanwhile. What is remembered of a
device, each name with one writer:

    sent     collector  what became of each downlink
    asked    collector  the callbacks answered lately, and with which downlink
    wanted   command    the downlinks queued (queue.py)

Source: wire/sigfox.md 1.4 (codes), 1.6 (retries), 1.7, 3 (4 a day).
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from telltale.contract import DecodeError, Known, Memory, Reply
from telltale.sources.sigfox.callback import Reader, device_of, number, seconds_of
from telltale.sources.sigfox.fields import Fields
from telltale.sources.sigfox.same import COPY_S

WANTED, SENT, ASKED = "wanted", "sent", "asked"
WAITING, ANSWERED, CONFIRMED, FAILED = "waiting", "sent", "confirmed", "failed"

DAY_S = 86_400
PER_DAY = 4
TRIES = 3
RETRY_S = 3600
"""The backend tries for seven minutes; so long an answer of nothing is remembered."""

TRIES_S = 420
"""So long it tries; of a callback without a time the same again within it is the same."""

MEANINGS: Mapping[int, tuple[str, str]] = {
    0: (CONFIRMED, "sent by a station"),
    1: (WAITING, "our server gave no answer"),
    2: (FAILED, "the payload was not valid"),
    3: (WAITING, "over the quota"),
    4: (WAITING, "could not be transmitted"),
    5: (ANSWERED, "still to be sent"),
    6: (FAILED, "the contract has no downlink"),
    7: (WAITING, "the device asked again too early"),
    8: (FAILED, "no callback of the device type is set as its downlink"),
}

Facts = dict[str, Any]


class _Frame(NamedTuple):
    """What tells a message that asks from others."""

    seq: str
    data: str
    told_s: int | None
    now_s: int

    @property
    def text(self) -> str:
        """Its number and payload."""
        return f"{self.seq} {self.data}"

    @property
    def at_s(self) -> int:
        """When the network heard it, or we."""
        return self.now_s if self.told_s is None else self.told_s


def answer(callbacks: Iterable[Fields], names: Mapping[str, str], known: Known, *, now_s: int) -> Reply:
    """The reply to one or several BIDIR callbacks, and what to remember."""
    told: dict[str, dict[str, str]] = {}
    memories: dict[str, dict[str, Facts]] = {}
    for read in callbacks:
        reader = Reader(read, names)
        try:
            spelt = reader.take("device")
            device_id = f"sigfox:{device_of(spelt)}"
        except DecodeError:
            continue
        if not reader.truth("ack"):
            continue
        # seqNumber and data as spelt: only the same message again must be found.
        frame = _Frame(
            reader.take("seqNumber") or "", (reader.take("data") or "").lower(), _told_s(reader.take("time")), now_s
        )
        facts = memories.get(device_id) or _facts(known.get(device_id, {}))
        data = _answer(facts, known.get(device_id, {}).get(WANTED, {}).get("downlinks", ()), frame)
        memories[device_id] = facts
        if data is not None:
            told[spelt or ""] = {"downlinkData": data}
    remember = _changed(memories, known)
    if not told:
        return Reply(204, b"", remember=remember)
    body = json.dumps(told, separators=(",", ":")).encode()
    return Reply(200, body, "application/json", remember=remember)


def acknowledged(callbacks: Iterable[Fields], names: Mapping[str, str], known: Known, *, now_s: int) -> Reply:
    """The reply to SERVICE ACKNOWLEDGE, and what it says of the downlink it is about."""
    memories: dict[str, dict[str, Facts]] = {}
    for read in callbacks:
        reader = Reader(read, names)
        try:
            device_id = f"sigfox:{device_of(reader.take('device'))}"
        except DecodeError:
            continue
        told_s = _told_s(reader.take("time"))
        at_s = now_s if told_s is None else told_s
        code = number(reader.take("infoCode") or "")
        facts = memories.get(device_id) or _facts(known.get(device_id, {}))
        if isinstance(code, int) and not isinstance(code, bool) and _follow(facts[SENT], code, at_s, now_s):
            memories[device_id] = facts
    return Reply(204, b"", remember=_changed(memories, known))


def answered_of_day(asked: Mapping[str, Any], now_s: int) -> int:
    """How many downlinks a device was answered in the last 24 hours."""
    return sum(one["id"] is not None and now_s - one["at"] < DAY_S for one in asked.values())


def state_of(sent: Mapping[str, Any], downlink: Mapping[str, Any]) -> str:
    """What became of a queued downlink; one that was withdrawn while it was under way does not wait again."""
    state = str(sent.get(str(downlink["id"]), {}).get("state", WAITING))
    return FAILED if state == WAITING and downlink.get("is_last") else state


def _answer(facts: dict[str, Facts], wanted: Iterable[Mapping[str, Any]], frame: _Frame) -> str | None:
    """The downlink for this callback: that of the first time, else the oldest that waits."""
    sent, asked = facts[SENT], facts[ASKED]
    at_s, now_s = frame.at_s, frame.now_s
    former = _asked_before(asked, frame)
    if former is not None:
        found: str | None = former["data"]
        return found
    key = f"{at_s} {frame.text}"
    for old in [one for one, told in asked.items() if now_s - told["at"] >= (DAY_S if told["data"] else RETRY_S)]:
        del asked[old]
    is_over_quota = answered_of_day(asked, now_s) >= PER_DAY
    downlinks = {str(one["id"]): one for one in wanted}
    for gone in sent.keys() - downlinks.keys():  # the command has taken it off the list
        del sent[gone]
    chosen = next((number for number, one in downlinks.items() if state_of(sent, one) == WAITING), None)
    if chosen is None or is_over_quota:
        asked[key] = {"at": now_s, "id": None, "data": None}
        return None
    data = str(downlinks[chosen]["data"])
    asked[key] = {"at": now_s, "id": int(chosen), "data": data}
    former_told = sent.get(chosen, {})
    sent[chosen] = {
        **former_told,
        "state": ANSWERED,
        "at": now_s,
        "for": at_s,
        "tries": former_told.get("tries", 0) + 1,
    }
    return data


def _asked_before(asked: Facts, frame: _Frame) -> Facts | None:
    """The answer to this callback or to another copy of its message, whose time may differ where it has a number.

    Without a time the same bytes within the backend's tries are it; without a number too, "nothing" is not repeated:
    it may as well be the device's next message, and a downlink that comes too late is told so and waits again.
    """
    slack_s = TRIES_S if frame.told_s is None else COPY_S if frame.seq else 0
    is_vague = frame.told_s is None and not frame.seq
    for key, told in asked.items():
        head, _, tail = key.partition(" ")
        if tail == frame.text and abs(int(head) - frame.at_s) <= slack_s and not (is_vague and told["data"] is None):
            copy: Facts = told
            return copy
    return None


def _told_s(text: str | None) -> int | None:
    """The time a callback tells, None where it tells none that is one: who listens is answered all the same."""
    try:
        return seconds_of(text)
    except DecodeError:
        return None


def _follow(sent: Facts, code: int, at_s: int, now_s: int) -> bool:
    """Note the outcome of the newest answer before it; whether there was one it tells anything new of."""
    before = [(told["for"], number) for number, told in sent.items() if told["for"] <= at_s]
    if not before or any(told.get("told_s") == at_s and told.get("code") == code for told in sent.values()):
        return False
    number = max(before)[1]
    told = sent[number]
    if told["state"] in {CONFIRMED, FAILED}:
        return False
    state, _meaning = MEANINGS.get(code, (FAILED, ""))
    if state == WAITING and told["tries"] >= TRIES:
        state = FAILED
    sent[number] = {**told, "state": state, "code": code, "told_s": at_s, "told_at": now_s}
    return True


def _facts(known: Mapping[str, Mapping[str, Any]]) -> dict[str, Facts]:
    return {name: dict(known.get(name, {})) for name in (SENT, ASKED)}


def _changed(memories: Mapping[str, dict[str, Facts]], known: Known) -> tuple[Memory, ...]:
    return tuple(
        Memory(device_id, name, value)
        for device_id, facts in memories.items()
        for name, value in facts.items()
        if value != known.get(device_id, {}).get(name, {})
    )
