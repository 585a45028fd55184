"""What a collector says of readings and presses: value, device, time; of sightings, phones and PCs nothing."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from telltale.contract import Raw, Request
from telltale.door import Door
from telltale.landing import Landing, Store
from telltale.readings import MOST_BYTES, MOST_RECORDS, ReadingLog, reading_log
from telltale.settings import Settings, load
from telltale.sources import SOURCES, source
from tests.collectors.sockets import until
from tests.collectors.wire import arp
from tests.served import collecting, make_project
from tests.sources.sampled import samples

BUTTON, PHONE, STRANGER = "ac:63:be:00:00:01", "02:5e:30:5a:17:99", "ac:63:be:00:00:02"
AT_US = 1_795_165_200_000_000
CLOCK = "2026-11-20 09:00:00"
SAMPLES = {f"{sample.source}-{sample.name}": sample for sample in samples()}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    root = make_project(tmp_path, '[site]\ntimezone = "UTC"\n[sources.sigfox]\npayload = "temp::int:8"\n')
    (root / "buttons.csv").write_text(
        f"Name, MAC-Address, role, item\nRed, {BUTTON},, M4 screws\nAnna, {PHONE}, presence,\n"
    )
    return load(root)


def lines(settings: Settings, *raws: Raw) -> list[str]:
    said: list[str] = []
    readings = ReadingLog(SOURCES, settings, say=said.append)
    for raw in raws:
        readings.add(raw)
    readings.close()
    return said


def frame(mac: str, after_s: float = 0) -> Raw:
    return Raw(0, "button", AT_US + round(after_s * 1e6), "", '{"path":"/frame/eth0"}', arp(mac))


def uplink(body: bytes, path: str = "/data/kitchen") -> Raw:
    return Raw(0, "sigfox", AT_US, "127.0.0.1", f'{{"path":"{path}"}}', body)


SAID: list[tuple[list[Raw], list[str]]] = [
    (
        [uplink(b'{"device":"2D24E6","time":"1795165200","temp":42.5,"note":"hall"}')],
        [f"sigfox:2d24e6 kitchen temp 42.5 at {CLOCK}"],
    ),
    (
        [uplink(b"device=2D24E6&time=1795165200&data=2A", "/sigfox/uplink")],
        [f"sigfox:2d24e6 temp 42 at {CLOCK}"],
    ),
    ([frame(BUTTON), frame(BUTTON, 1), frame(BUTTON, 3)], [f"M4 screws pressed at {CLOCK}"]),
    ([frame(BUTTON), frame(BUTTON, 61)], [f"M4 screws pressed at {CLOCK}", "M4 screws pressed at 2026-11-20 09:01:01"]),
    ([frame(PHONE), frame(STRANGER)], []),
    (
        [uplink(b'{"device":"2D24E6","time":"1795165200","3c0630aabb01":7}')],
        ["sigfox:2d24e6 kitchen xxxxxxxxxxxx 7 at"],
    ),
    ([uplink(b"{"), uplink(b'{"device":"2D24E6","time":"1795165200","temp":1}')], ["sigfox:2d24e6 kitchen temp 1 at"]),
    ([uplink(b" " * MOST_BYTES + b'{"device":"2D24E6","time":"1795165200","temp":1}')], []),
]


@pytest.mark.parametrize(("raws", "said"), SAID)
def test_a_record_is_a_line_of_value_device_and_time(settings: Settings, raws: list[Raw], said: list[str]) -> None:
    found = lines(settings, *raws)
    assert [line[: len(wanted)] for line, wanted in zip(found, said, strict=True)] == said
    assert not any("\n" in line or "aabb" in line for line in found)


def test_a_button_that_was_listed_since_is_told_by_its_item(settings: Settings) -> None:
    said: list[str] = []
    readings = ReadingLog(SOURCES, settings, say=said.append)
    with (settings.root / "buttons.csv").open("a") as file:
        file.write(f"Blue, {STRANGER},, M5 nuts\n")
    readings.add(frame(STRANGER))
    readings.close()
    assert said == [f"M5 nuts pressed at {CLOCK}"]


def test_of_a_sensors_many_samples_the_newest_is_said(settings: Settings) -> None:
    found = lines(settings, SAMPLES["efento-frame_m"].raw)
    assert found
    assert all(line.startswith("efento:") and " at 20" in line for line in found)
    assert any("(newest of " in line for line in found)


@pytest.mark.parametrize("name", [name for name in SAMPLES if name.startswith(("cloudtrax", "meraki", "pc_idle"))])
def test_nothing_is_said_of_sightings_and_pcs(settings: Settings, name: str) -> None:
    assert lines(settings, SAMPLES[name].raw) == []


@pytest.mark.parametrize("name", [name for name in SAMPLES if "activity" in name and name.startswith("sigfox")])
def test_nothing_is_said_of_a_pcs_modem(settings: Settings, name: str) -> None:
    assert not any("level" in line or "active" in line for line in lines(settings, SAMPLES[name].raw))


def test_of_a_burst_a_few_are_said_and_the_rest_is_counted(settings: Settings) -> None:
    raw = uplink(b'{"device":"2D24E6","time":"1795165200","temp":1}')
    found = lines(settings, *[raw] * (MOST_RECORDS + 7))
    assert len(found) == MOST_RECORDS + 1
    assert found[-1] == "7 more records of sensors within 0.5 s have no line"


@pytest.fixture
def level() -> Iterator[logging.Logger]:
    logger = logging.getLogger("telltale.readings")
    before = logger.level
    yield logger
    logger.setLevel(before)


def test_the_door_tells_only_what_is_durable(settings: Settings, level: logging.Logger) -> None:
    level.setLevel(logging.ERROR)
    assert reading_log(SOURCES, settings) is None, "where nobody wants it, it costs nothing"
    said: list[str] = []
    sigfox = [source("sigfox")]
    landing = Landing(Store(settings.store_url))
    door = Door(sigfox, landing, settings, readings=ReadingLog(sigfox, settings, say=said.append))
    body = b'{"device":"2D24E6","time":"1795165200","temp":%d}'

    def request(temp: int, **more: str) -> Request:
        return Request("sigfox", AT_US, "", "http", "POST", "/data/1", more, "", body % temp)

    assert door.handle(request(1)).reason == "stored"
    assert door.handle(request(2, via="a proxy")).reason == "no_secret"
    ticket = door.offer(request(3))
    assert not isinstance(ticket, tuple)
    ticket.result(10)
    door.close()
    assert [line.split(" at ")[0] for line in said] == ["sigfox:2d24e6 1 temp 1", "sigfox:2d24e6 1 temp 3"]


def test_a_running_collector_says_them(tmp_path: Path) -> None:
    with collecting(make_project(tmp_path, secrets="")) as running:
        running.send("POST", "/data/1", b'{"device":"2D24E6","time":"1795165200","temp":42}')
        until(lambda: f"sigfox:2d24e6 1 temp 42 at {CLOCK}" in running.log.read_text(), "it is not in the log")
