"""The wire of CloudTrax Presence Reporting: the JSON body and its signature.

Each access point POSTs a JSON object over HTTP(S), every 30 or 60 seconds, and never again when that fails:

    field            type      unit         range, notes
    network_id       integer                the network; chooses the secret. A compatible sender may write a text
    node_mac         text                   the access point; any case
    version          integer                1 in every sample known, whatever the shape of the rows
    probe_requests   array                  one row per station heard since the last report; may be empty

    row field         type      unit        range, notes
    mac               text                  the station
    count             integer   frames      >= 1, heard between first and last
    min_signal        integer   dBm         normally -100 ... -20; the vendor's own sample has a max of -5
    max_signal        integer   dBm         min <= avg <= max
    avg_signal        integer   dBm
    last_seen_signal  integer   dBm         newer firmware only: eight fields, or nine with it
    first_seen        integer   epoch s     UTC; may stay the same over windows while the station stays
    last_seen         integer   epoch s     UTC; first <= last
    associated        boolean               a client of this network at that moment

The header `Signature` is the HMAC-SHA-256 of the body bytes under the network's secret: hexadecimal in any case, or
URL-safe base64 from a compatible sender. No timestamp and no nonce is signed.

Source: CloudTrax help centre article 207985916; wire/presence.md section 1.
"""

import hmac
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from telltale.bounded import shortened_json
from telltale.contract import DecodeError, Options, Raw, Shortened

SIGNATURE_HEADER = "signature"
VERSION = 1

COUNT_MAX = 2**63 - 1
"""What the store can hold."""
DBM_MIN, DBM_MAX = -120, 0
"""Outside, all signal values of a row are void (R7)."""
STAMP_MAX = 4_102_444_800
"""2100-01-01; thirteen-digit milliseconds fall beyond it (R6)."""
SECOND_US = 1_000_000

SITE_TEXT = r"^[0-9A-Za-z_.:-]{1,64}\Z"

Count = Annotated[int, Meta(ge=1, le=COUNT_MAX)]
Dbm = Annotated[int, Meta(ge=DBM_MIN, le=DBM_MAX)]
Stamp = Annotated[int, Meta(ge=0, le=STAMP_MAX)]
NetworkId = Annotated[int, Meta(ge=0, le=COUNT_MAX)] | Annotated[str, Meta(pattern=SITE_TEXT)]


class Row(Struct, kw_only=True, omit_defaults=True, gc=False):
    """One station in one window, exactly as documented; anything else goes through the tolerant path."""

    mac: str
    count: Count
    min_signal: Dbm
    max_signal: Dbm
    avg_signal: Dbm
    last_seen_signal: Dbm | None = None
    first_seen: Stamp
    last_seen: Stamp
    associated: bool


class Report(Struct, kw_only=True, gc=False):
    """One body. Encoding it with `msgspec.json.encode` gives the vendor's order of fields."""

    network_id: NetworkId
    node_mac: str
    version: Literal[1]
    probe_requests: list[Row]


_Shape = TypeVar("_Shape", bound=Struct)


def shorten(raw: Raw, _options: Options, most: int) -> Shortened:
    """The body with so many rows at most.

    Raises:
        DecodeError: `bad_json`.
    """
    return shortened_json(raw.body, most)


def parse(decoder: "msgspec.json.Decoder[_Shape]", body: bytes) -> _Shape:
    """The body in that shape: strict JSON (no NaN), bounded nesting.

    Raises:
        DecodeError: `bad_json`, or `bad_envelope` where the JSON has another shape; the detail names places and
            types, never a value.
    """
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise DecodeError("bad_envelope", str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DecodeError("bad_json", str(error)) from None
    except RecursionError:
        raise DecodeError("bad_json", "nested too deeply") from None


def signature(secret: str, body: bytes) -> bytes:
    """The 32 bytes of the HMAC; `.hex()` is what the vendor sends."""
    return hmac.digest(secret.encode(), body, "sha256")
