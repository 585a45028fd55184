"""Many callbacks at once, into the rows that `decode` gives of each.

Nearly every callback comes from a few templates: what the names of its fields mean is found once (`_Template`), and its
body is read as JSON of plain values. Whatever is not plain in any respect (a variable the backend did not know, a value
that has to be set aside, a number spelt with an exponent, a batch, a status) is odd: `decode` alone says what it means.
"""

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

import msgspec

from telltale.contract import Bulk, Chunk, Many, Options, Raw, Reject
from telltale.sources.sigfox import advanced
from telltale.sources.sigfox.callback import (
    CUSTOM,
    SECOND_US,
    TIME_MAX_S,
    Reader,
)
from telltale.sources.sigfox.fields import is_literal
from telltale.sources.sigfox.kinds import ADVANCED, DOWNLINK, MESSAGES, UPLINK, Place, place
from telltale.sources.sigfox.message import Reading, of_payload, reading, use
from telltale.sources.sigfox.plain import (
    PLAIN_NAME,
    OddError,
    data_of,
    devices,
    duplicate,
    hex_numbers,
    levels,
    numbers,
    plain_names,
    seconds,
    stations,
    text_of,
    text_or_none,
    type_ids,
    value_of,
)
from telltale.sources.sigfox.plan import Endpoint, Kind, Plan, plan
from telltale.tables import CLOCK_SET_US

MOST_FIELDS = 60
SET_S = CLOCK_SET_US // SECOND_US

_Plain: TypeAlias = str | int | float | bool | None
_Nested: TypeAlias = dict[str, _Plain] | list[dict[str, _Plain]]

_flat = msgspec.json.Decoder(dict[str, _Plain])
_nested = msgspec.json.Decoder(dict[str, _Plain | _Nested])
_FORM = re.compile(rb"[\w.-]+=[\w.-]*(?:&[\w.-]+=[\w.-]*)*", re.ASCII)
_UNSURE = re.compile(rb"[:\s](?:-?[0-9.]+[eE]|-?[0-9.]{19}|-0[,}\s])")
"""A number whose spelling does not follow from its value."""


class _Template(NamedTuple):
    """Where the variables stand among the values; -1 where there is none."""

    device: int
    time: int
    data: int
    seq: int
    type_id: int
    rssi: int
    snr: int
    station: int
    duplicate: int
    lqi: int
    others: tuple[tuple[str, int, bool], ...]
    """Of each field that is no variable its name, its place, and whether the backend decoded it."""


class _Uplink(NamedTuple):
    """A row of `uplink`."""

    device_id: str
    seq: int | None
    observed_at: int
    data: str | None
    rssi_dbm: float | None
    snr_db: float | None
    station: str | None
    link_quality: str | None = None
    lat: float | None = None
    lon: float | None = None
    radius_m: float | None = None


def decode_many(raws: Sequence[Raw], options: Options) -> Many:
    """The rows of many callbacks; those that are not plain are named as odd.

    Raises:
        ConfigError: an option is wrong.
    """
    rows = _Rows(plan(options))
    odd = []
    for at, raw in enumerate(raws):
        try:
            rows.add(raw)
        except OddError:
            rows.skip()
            odd.append(at)
    return Many(rows.bulks(), odd)


class _Rows:
    """The rows of several callbacks."""

    def __init__(self, told: Plan) -> None:
        self._told = told
        self._kinds: dict[tuple[str, str, str], Kind] = {}
        self._uplinks: list[_Uplink] = []
        self._readings: list[tuple[str, str, int, str, float | None, str, str | None]] = []
        self._use: dict[str, list[Any]] = {}
        self._counts: tuple[list[int], list[int], list[int]] = ([], [], [])

    def add(self, raw: Raw) -> None:
        """Join the rows of a callback.

        Raises:
            OddError: it is not plain; nothing of it was joined.
        """
        where = _where(raw.meta)
        if where is None or self._told.pattern(where) is not None:
            raise OddError
        endpoint = self._told.endpoint(where.endpoint)
        fields = _fields(raw.body, is_nested=where.kind == ADVANCED)
        template, values = _template(tuple(fields), tuple(endpoint.fields.items())), (*fields.values(), None)
        if template is None:
            raise OddError
        uplink = _uplink(template, values, is_hex=endpoint.sequence == "hex")
        if where.kind == ADVANCED:
            if endpoint.type:
                raise OddError
            self._join(_enriched(uplink, template, fields), [], {})
        elif duplicate[text_of(values[template.duplicate])]:
            self._join(uplink, [], {})
        else:
            type_id = type_ids[text_of(values[template.type_id])]
            kind = self._kind(uplink.device_id, type_id, where, endpoint)
            said, used = _said(uplink, template, values, kind, is_text=where.endpoint == MESSAGES and not kind.slots)
            self._join(uplink, [(uplink.device_id, where.sensor, uplink.observed_at, *each) for each in said], used)

    def skip(self) -> None:
        """Count a callback that has no rows here."""
        for counts in self._counts:
            counts.append(0)

    def bulks(self) -> list[Bulk]:
        """The rows by table."""
        names = ("device_id", "channel", "observed_at", *Reading._fields)
        made = (
            ("uplink", dict(zip(_Uplink._fields, map(list, zip(*self._uplinks, strict=True)), strict=False))),
            ("activity", self._use),
            ("reading", dict(zip(names, map(list, zip(*self._readings, strict=True)), strict=False))),
        )
        counted = zip(made, self._counts, strict=True)
        return [Bulk(Chunk(table, columns), counts) for (table, columns), counts in counted if columns]

    def _join(self, uplink: _Uplink, said: list[Any], used: dict[str, list[Any]]) -> None:
        self._uplinks.append(uplink)
        self._readings += said
        count = len(used["kind"]) if used else 0
        if used:
            for name, values in ({"device_id": [uplink.device_id] * count} | used).items():
                self._use.setdefault(name, []).extend(values)
        for counts, rows in zip(self._counts, (1, count, len(said)), strict=True):
            counts.append(rows)

    def _kind(self, device_id: str, type_id: str, where: Place, endpoint: Endpoint) -> Kind:
        key = device_id, type_id, where.endpoint
        kind = self._kinds.get(key)
        if kind is None:
            kind = self._kinds[key] = self._told.kind(device_id.removeprefix("sigfox:"), type_id, endpoint)
        return kind


@lru_cache(maxsize=256)
def _where(meta: str) -> Place | None:
    """Where a plain message arrived; None of any other callback."""
    arrived = json.loads(meta)
    found = place(arrived.get("path", ""))
    is_plain = found.kind in {UPLINK, DOWNLINK, ADVANCED} and not arrived.get("query", "")
    return found if is_plain else None


def _fields(body: bytes, *, is_nested: bool) -> dict[str, Any]:
    if body[:1] == b"{":
        if _UNSURE.search(body):
            raise OddError
        try:
            found: dict[str, Any] = (_nested if is_nested else _flat).decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise OddError from None
    elif _FORM.fullmatch(body):
        found = dict(pair.split("=", 1) for pair in body.decode().split("&", MOST_FIELDS))
    else:
        raise OddError
    if len(found) > MOST_FIELDS:
        raise OddError
    return found


@lru_cache(maxsize=512)
def _template(names: tuple[str, ...], mapped: tuple[tuple[str, str], ...]) -> _Template | None:
    """What the names mean, asked of the reader of one callback; None where one of them is not plain."""
    own = dict(mapped)
    if not all(map(PLAIN_NAME.fullmatch, names)) or any("." in name for name in own.values()):
        return None
    reader = Reader(dict.fromkeys(names, "0"), own)
    at = {name: number for number, name in enumerate(names)}

    def where(variable: str) -> int:
        return at.get(reader.name(variable) or "", -1)

    others = reader.others()
    given = [name for name in names if name.removeprefix(CUSTOM) in others]
    if reader.rejects or len(given) != len(others) or min(where("device"), where("time")) < 0:
        return None
    return _Template(
        device=where("device"),
        time=where("time"),
        data=where("data"),
        seq=where("seqNumber"),
        type_id=where("deviceTypeId"),
        rssi=where("rssi"),
        snr=where("snr"),
        station=where("station"),
        duplicate=where("duplicate"),
        lqi=where("lqi"),
        others=tuple((name.removeprefix(CUSTOM), at[name], name.startswith(CUSTOM)) for name in given),
    )


def _uplink(template: _Template, values: Sequence[Any], *, is_hex: bool) -> _Uplink:
    device, at_s, seq = values[template.device], values[template.time], text_of(values[template.seq])
    rssi, snr = values[template.rssi], values[template.snr]
    return _Uplink(
        devices[device if type(device) is str else text_of(device)],
        (hex_numbers if is_hex else numbers)[seq],
        (at_s if type(at_s) is int and SET_S <= at_s < TIME_MAX_S else seconds(text_of(at_s))) * SECOND_US,
        data_of(text_of(values[template.data])),
        rssi if type(rssi) is float or rssi is None else levels[text_of(rssi)],
        snr if type(snr) is float or snr is None else levels[text_of(snr)],
        stations[text_of(values[template.station])],
    )


def _said(
    uplink: _Uplink, template: _Template, values: Sequence[Any], kind: Kind, *, is_text: bool
) -> tuple[list[Reading], dict[str, list[Any]]]:
    """The readings of a message, and its rows of `activity`."""
    said, used = _of_payload(bytes.fromhex(uplink.data or ""), kind, uplink.observed_at, is_text=is_text)
    for name, at, is_custom in template.others:
        value = values[at]
        if type(value) is str:
            value = value_of(value, is_custom=is_custom)
        if value is not None:
            said.append(reading(name, value, kind.quantities))
    if len(said) > 1:
        said = _once_each(said)
    if uplink.data and not (kind.slots or kind.activity or is_text or said):
        raise OddError
    return said, used


def _once_each(said: list[Reading]) -> list[Reading]:
    """A reading of each quantity: the backend mostly says again beside the payload what it read in it."""
    first: dict[str, Reading] = {}
    for each in said:
        before = first.setdefault(each.quantity, each)
        if before is not each and before[1::2] != each[1::2]:  # the value and the text
            raise OddError
    return said if len(first) == len(said) else list(first.values())


def _of_payload(
    payload: bytes, kind: Kind, observed_at: int, *, is_text: bool
) -> tuple[list[Reading], dict[str, list[Any]]]:
    if not payload or not (kind.slots or kind.activity or is_text):
        return [], {}
    used, unread = use(payload, kind, observed_at, is_text=is_text)
    said: list[Reading] = []
    for item in of_payload(payload, kind, is_text=is_text and used is None):
        if isinstance(item, Reject):
            raise OddError
        said.append(item)
    if unread is not None:
        raise OddError
    return said, used or {}


def _enriched(uplink: _Uplink, template: _Template, fields: Mapping[str, Any]) -> _Uplink:
    """The uplink with what DATA_ADVANCED adds."""
    structured = {name.lower(): value for name, value in fields.items() if isinstance(value, dict | list)}
    for value in structured.values():
        if isinstance(value, dict) and not all(_is_plain(name, each) for name, each in value.items()):
            raise OddError
    if any(type(value) is str and "{" in value and is_literal(value) for value in fields.values()):
        raise OddError
    rejects: list[Reject] = []
    lqi = text_or_none(text_of((*fields.values(), None)[template.lqi]))
    added = advanced.enriched(lqi, structured, rejects)
    if rejects:
        raise OddError
    return _Uplink(**(uplink._asdict() | added))


def _is_plain(name: str, value: object) -> bool:
    return plain_names[name] and not (isinstance(value, str) and "{" in value and is_literal(value))
