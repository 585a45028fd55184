"""What could not be decoded, and what the reasons mean."""

from typing import Any

from telltale import wording
from telltale.frames import local
from telltale.health import claims
from telltale.health.words.devices import lines
from telltale.page import said
from telltale.page.claims import About
from telltale.page.said import claimed
from telltale.page.table import Table

REASONS = {
    "bad_address": "not six octets",
    "bad_associated": "neither associated nor not",
    "bad_count": "the number of frames is not a whole number of one or more",
    "bad_json": "the body is not a JSON object",
    "bad_stamp": "a time outside 1970 to 2100",
    "bad_time": "a time that is none in the sender's unit, often milliseconds where seconds are expected",
    "bad_value": "a value of the wrong kind, or one that does not fit",
    "decoder_failed": "the decoder gave up; the bytes are kept, see telltale rejected",
    "empty:no_device": "an event of no device; nothing is missing",
    "empty:no_line": "a batch without a line",
    "empty:observations": "a report of nobody; nothing is missing",
    "empty:records": "a client without a record of where and when it was heard",
    "group_address": "a group address is never one station's",
    "key_destroyed": "came after the key of its day was destroyed; it cannot be counted any more",
    "key_refused": "the key of its pseudonyms is not the one to use or cannot be read: it waits; see telltale doctor",
    "not_an_object": "a row that is no JSON object",
    "no_payload_config": "no payload config names the fields of the payload: set payload under [sources.<source>]",
    "no_time": "without a time; where it says so, kept at the moment of arrival",
    "not_a_number": "a field with a text, where a reading has a number",
    "opted_out": "devices on the opt-out list: dropped unseen",
    "same_name": "two fields of one name and two values; the first is kept",
    "stamp_order": "first seen after last seen",
    "unknown_source": "came from a source this telltale does not list; the bytes are kept",
    "zero_address": "the address is all zeros",
}
"""What the reasons of rejects mean (wire/presence.md R6)."""


SOUND = ("empty:", "no_payload_config", "not_a_number", "opted_out")
"""How reasons begin that say of a sound record why it gave no rows: listed, and no fault."""


def is_sound(reason: str) -> bool:
    """Whether a reason says why a sound record gave no row, and not that something could not be decoded."""
    return reason.startswith(SOUND)


def rejects_table(rejects: Any, *, timezone: str = "UTC", about: About = claims.ABOUT) -> Table:
    """Why rows could not be decoded: reason, what it means, how many, the newest.

    Args:
        rejects: reason, rejects, last_seen (`tt.health.rejects`), most frequent first.
        timezone: of the site.
        about: the stretch.
    """
    body = [
        [
            str(row["reason"]),
            REASONS.get(str(row["reason"]), "see telltale rejected"),
            said.number(claims.reason(about, row, "rejects")),
            claimed(claims.reason(about, row, "last_seen"), wording.short_moment(local(row["last_seen"], timezone))),
        ]
        for row in lines(rejects)
    ]
    return Table(("Reason", "What it means", "Rows", "Newest"), body, right=(2,))
