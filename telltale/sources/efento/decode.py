"""Frames into readings, device status and device configuration; the endpoint they came to says which they are.

    m          readings, and a row of device_status of kind `measurements`
    i          a row of device_status of kind `info`
    c          a row of device_config (one for each part of a split configuration)
    extended   a row of device_config whose hash begins with x
    t          nothing

A frame cut on the border of a field parses as well as a whole one; what it holds is given.

Source: wire/efento.md sections 1 to 6, 9.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from telltale.contract import Bulk, Chunk, DecodeError, Options, Raw, Reject
from telltale.pb.efento.configuration_pb2 import ProtoConfig
from telltale.pb.efento.device_info_pb2 import ProtoDeviceInfo
from telltale.pb.efento.extended_configuration_pb2 import ProtoExtendedConfiguration
from telltale.pb.efento.measurements_pb2 import ProtoMeasurements
from telltale.sources.efento import configuration, info, status
from telltale.sources.efento.readings import Readings
from telltale.sources.efento.wire import (
    CONFIGURATION,
    EXTENDED,
    INFO,
    MEASUREMENTS,
    SECOND_US,
    device_id,
    endpoint_of,
    parsed,
)

READING, STATUS, CONFIG = "reading", "device_status", "device_config"
MOST_CHANNELS = 64
"""Ten times what a sensor has."""
TABLES = (READING, STATUS, CONFIG)
_STATUS = ("device_id", "kind", "observed_at", "battery_v", "battery_ok", "signal_dbm", "sw_version",
           "next_expected_at", "details")  # fmt: skip
_CONFIG = ("device_id", "hash", "part", "changed_at", "config")


def decode(raw: Raw, _options: Options) -> Iterator[Chunk | Reject]:
    """Yield the rows of one frame, and a reject for each part set aside.

    Raises:
        DecodeError: the path is none of the sensor's endpoints, the bytes are not of its message, or name no sensor.
    """
    rows = _Rows()
    rows.add(raw)
    yield from rows.rejects
    yield from rows.chunks()
    if rows.readings.numbers:
        yield Chunk(READING, {**rows.readings.columns(), **rows.readings.runs().spelt_out()})


def decode_many(raws: Sequence[Raw], _options: Options) -> Sequence[Bulk] | None:
    """The rows of many frames at once; None where one of them is not as it should be."""
    rows, ends = _Rows(), [(0, 0, 0)]
    numbers, of_status, of_config = rows.readings.numbers, rows.status, rows.config
    try:
        for raw in raws:
            rows.add(raw)
            ends.append((len(numbers), len(of_status), len(of_config)))
    except DecodeError:
        return None
    if rows.rejects:
        return None
    counts = {
        table: [after - before for before, after in pairwise(end)]
        for table, end in zip(TABLES, zip(*ends, strict=True), strict=True)
    }
    bulks = [Bulk(chunk, counts[chunk.table]) for chunk in rows.chunks()]
    if rows.readings.numbers:
        bulks.append(Bulk(Chunk(READING, rows.readings.columns()), counts[READING], rows.readings.runs()))
    return bulks


class _Rows:
    """Rows of several frames."""

    def __init__(self) -> None:
        self.readings = Readings()
        self.status: list[tuple[Any, ...]] = []
        self.config: list[tuple[Any, ...]] = []
        self.rejects: list[Reject] = []

    def add(self, raw: Raw) -> None:
        """Join the rows of a frame.

        Raises:
            DecodeError: as of `decode`.
        """
        what = endpoint_of(raw.meta)
        if what == MEASUREMENTS:
            message = parsed(ProtoMeasurements, raw.body)
            device = device_id(message.serial_number)
            if len(message.channels) > MOST_CHANNELS:
                raise DecodeError("too_many_channels", f"{len(message.channels)}, expected at most {MOST_CHANNELS}")
            newest_s = self.readings.add(device, message, self.rejects)
            # The newest sample's time, so that a frame that is sent again gives the same row.
            observed_at = newest_s * SECOND_US or raw.received_at
            self.status.append(status.status(device, message, observed_at))
        elif what == INFO:
            told = parsed(ProtoDeviceInfo, raw.body)
            self.status.append(info.status(device_id(told.serial_number), told, raw.received_at))
        elif what == CONFIGURATION:
            config = parsed(ProtoConfig, raw.body)
            self.config.append(configuration.row(device_id(config.serial_number), config, raw.received_at))
        elif what == EXTENDED:
            extended = parsed(ProtoExtendedConfiguration, raw.body)
            device = device_id(extended.serial_number)
            self.config.append(configuration.extended_row(device, extended, raw.received_at))

    def chunks(self) -> Iterator[Chunk]:
        """The rows of status and configuration, where there are any."""
        for table, names, rows in ((STATUS, _STATUS, self.status), (CONFIG, _CONFIG, self.config)):
            if rows:
                columns = zip(names, zip(*rows, strict=True), strict=True)
                yield Chunk(table, {name: list(column) for name, column in columns})
