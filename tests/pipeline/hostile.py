"""Bodies made to cost more than they weigh, of a size one chooses; run as a program it measures what one costs."""

import gc
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from telltale.arrow import Decode
from telltale.contract import Limits, Raw
from telltale.pipeline.batch import decoder
from tests.sources.sampled import ClearStations

MIB4 = 4 << 20
RECEIVED_US = 1_795_165_200_000_000
CLOUDTRAX = b'{"network_id":1,"node_mac":"ac:86:74:00:00:01","version":1,"probe_requests":['
MERAKI_2 = b'{"version":"2.0","secret":"x","type":"DevicesSeen","data":{"apMac":"ac:86:74:00:00:01","observations":['
MERAKI_3 = b'{"version":"3.0","secret":"x","type":"WiFi","data":{"networkId":"N_1","observations":['
RECORDS = MERAKI_3 + b'{"clientMac":"000000000002","locations":[{"time":1,"rssiRecords":['
SAMPLES = b'{"device_id":"pc:a","every_s":60,"backend":"x11","samples":['
LONG = '{{"device_id":"pc:{}","every_s":60,"backend":"{}","samples":['.format(
    "\u4e16" * 64, "\U0001f600" * 500
).encode()
EVENTS = b'{"buckets":{"a":{"type":"afkstatus","hostname":"h","events":['
SIGHTING = (
    b'{"mac":"0000%08x","count":1,"min_signal":-9,"max_signal":0,"avg_signal":-1,'
    b'"first_seen":0,"last_seen":0,"associated":true}'
)
NUMBERED = re.compile(rb"%[0-9]*[dx]")
OPTIONS = {"sigfox": {"endpoints": {"batch": {"pattern": "{device};{time};{data}"}}}}


class Body(NamedTuple):
    """A body of a source: what stands around it and the item it repeats, numbered where that has a `%`."""

    source: str
    path: str
    head: bytes
    item: bytes
    tail: bytes = b""
    between: bytes = b","

    def of(self, size: int) -> bytes:
        """The bytes, a little fewer than `size`."""
        most = size - len(self.head) - len(self.tail)
        if not NUMBERED.search(self.item):
            count = most // (len(self.item) + len(self.between))
            return self.head + self.between.join([self.item] * count) + self.tail
        items, length, number = [], 0, 2
        while length < most:
            items.append(self.item % number)
            length, number = length + len(items[-1]) + len(self.between), number + 1
        return self.head + self.between.join(items[:-1]) + self.tail

    def raw(self, size: int, identity: int = 1) -> Raw:
        """The record it would be."""
        meta = json.dumps({"transport": "http", "method": "POST", "path": self.path})
        return Raw(identity, self.source, RECEIVED_US, "", meta, self.of(size))


def _frame(offset: bytes) -> Callable[[int], bytes]:
    """An Efento frame with one channel of temperatures, as long as one likes."""

    def made(size: int) -> bytes:
        offsets = offset * ((size - 60) // len(offset))
        channel = b"\x08\x01\x10" + _varint(1_795_000_000) + b"\x2a" + _varint(len(offsets)) + offsets
        return b"\x0a\x06\x28\x2c\x02\x00\x00\x01\x18\x3c\x40\x01\x22" + _varint(len(channel)) + channel

    return made


class Frame(Body):
    """The same of Efento, whose lengths stand before its parts."""

    def of(self, size: int) -> bytes:
        """The bytes, a little fewer than `size`."""
        return _frame(self.item)(size)


def _varint(number: int) -> bytes:
    out = b""
    while number > 127:
        out, number = out + bytes([number & 127 | 128]), number >> 7
    return out + bytes([number])


BODIES = {
    "cloudtrax: zeros": Body("cloudtrax", "/cloudtrax", CLOUDTRAX, b"0", b"]}"),
    "cloudtrax: objects": Body("cloudtrax", "/cloudtrax", CLOUDTRAX, b"{}", b"]}"),
    "cloudtrax: no end": Body("cloudtrax", "/cloudtrax", CLOUDTRAX, b"0"),
    "cloudtrax: one row": Body("cloudtrax", "/cloudtrax", CLOUDTRAX + b'{"mac":[', b"{}", b"]}]}"),
    "cloudtrax: rows": Body("cloudtrax", "/cloudtrax", CLOUDTRAX, SIGHTING, b"]}"),
    "meraki: zeros": Body("meraki", "/meraki", MERAKI_2, b"0", b"]}}"),
    "meraki: objects": Body("meraki", "/meraki", MERAKI_2, b'{"a":0}', b"]}}"),
    "meraki: rows": Body("meraki", "/meraki", MERAKI_2, b'{"clientMac":"0000%08x","seenEpoch":1,"rssi":1}', b"]}}"),
    "meraki: records": Body("meraki", "/meraki", RECORDS, b'{"apMac":"0000%08x"}', b"]}]}]}}"),
    "pc_idle: zeros": Body("pc_idle", "/samples", SAMPLES, b"0", b"]}"),
    "pc_idle: strings": Body("pc_idle", "/samples", SAMPLES, b'["\xc3\xa9","\xc3\xa9"]', b"]}"),
    "pc_idle: rows": Body("pc_idle", "/samples", SAMPLES, b"[1700000%06d,0,true]", b"]}"),
    "pc_idle: long names": Body("pc_idle", "/samples", LONG, b"[1700000%06d,0]", b"]}"),
    "activitywatch: zeros": Body("pc_idle", "/activitywatch", EVENTS, b"0", b"]}}}"),
    "activitywatch: buckets": Body("pc_idle", "/activitywatch", b'{"buckets":{', b'"%x":{"type":"afkstatus"}', b"}}"),
    "sigfox: list": Body("sigfox", "/sigfox/uplink", b'{"device":"1","time":1700000000,"x":[', b"{}", b"]}"),
    "sigfox: form": Body("sigfox", "/sigfox/uplink", b"device=1&time=1700000000&x=", b"%41", b"", b""),
    "sigfox: lines": Body("sigfox", "/sigfox/batch", b"", b"0", b"", b"\n"),
    "sigfox: messages": Body("sigfox", "/sigfox/batch", b"", b"%x;1700000000;2a", b"", b"\n"),
    "efento: channels": Body("efento", "/m", b"\x0a\x06\x28\x2c\x02\x00\x00\x01\x18\x3c", b"\x22\x00", b"", b""),
    "efento: samples": Frame("efento", "/m", b"", b"\x07"),
    "efento: errors": Frame("efento", "/m", b"", b"\x80\x80\xfc\x07"),
    "efento: configuration": Body("efento", "/c", b"\xca\x01\x06\x28\x2c\x02\x00\x00\x01", b"\xa2\x01\x00", b"", b""),
    "button: heartbeat": Body("button", "/heartbeat/eth0", b'{"collector":"a","x":[', b"{}", b"]}"),
    "button: frame": Body("button", "/frame/eth0", b"", b"\xff", b"", b""),
}


def decode(limits: Limits | None = None) -> Decode:
    """What decodes them."""
    return decoder(ClearStations(), lambda name: OPTIONS.get(name, {}), limits=limits or Limits())


def _main(name: str) -> None:
    """Print how much memory decoding 4 MiB of it takes beyond what was there before, in bytes per byte."""
    decoding, body = decode(), BODIES[name]
    decoding(body.source, [body.raw(2000)])
    raw = body.raw(MIB4)
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forget the highest there was
    before = _status("VmRSS")
    tables = decoding(raw.source, [raw])
    rows = {table: found.num_rows for table, found in tables.items()}
    print(json.dumps({"per_byte": (_status("VmHWM") - before) / len(raw.body), "rows": rows}))


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


if __name__ == "__main__":
    _main(sys.argv[1])
