"""Words about devices: who is silent comes first, and nothing the data do not bear."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa
import pytest

from telltale.health.words.devices import devices_table, health_text, silent_devices
from telltale.health.words.sources import health_sentence

NOW = dt.datetime(2026, 11, 20, 14, 32, tzinfo=ZoneInfo("Europe/Berlin"))


def said(text: str) -> str:
    return text.replace("\xa0", " ")


def health(**states: str) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"source": "sigfox", "device_id": name, "name": name, "state": state, "silent_s": 13_140.0,
             "reports": 140, "missing": 3, "resets": 0, "last_seen": NOW, "interval_s": 630.0, "is_given": True,
             "longest_gap_s": 1300.0, "clock_offset_s": 3.0}
            for name, state in states.items()
        ]
    )  # fmt: skip


def line(kind: str, **other: Any) -> dict[str, Any]:
    told = {"source": "sigfox", "title": "Sigfox", "device_id": "dock", "kind": kind, "devices": 1, "of_devices": 6}
    return told | {"since": NOW - dt.timedelta(hours=2), "silent_s": 7200.0} | other


@pytest.mark.parametrize(
    ("attention", "states", "text"),
    [
        ([], {"a": "on_time", "b": "on_time"}, "All **2 devices** are heard as they should be."),
        ([], {"a": "on_time", "b": "late"}, "No device is silent, one is late."),
        ([], {"a": "on_time", "b": "unheard"}, "No device is silent. **1 listed device** has never been heard."),
        ([line("device")], {"dock": "silent", "a": "on_time"}, "!!Dock!! has been silent for !!2 h!!."),
        (
            [line("source", device_id="", devices=6)],
            {"a": "silent"},
            "!!Sigfox!! has been silent for !!2 h!!, with all six devices.",
        ),
        (
            [line("devices", device_id="", devices=4)],
            {"a": "silent"},
            "!!4 of 6 devices!! of Sigfox are silent, one for **2 h**.",
        ),
    ],
)
def test_the_health_of_all(attention: list[dict[str, Any]], states: dict[str, str], text: str) -> None:
    assert said(health_text(attention, health(**states))) == text


def test_what_is_silent_becomes_a_line_for_the_list() -> None:
    lines = [line("source", device_id="", devices=6), line("device")]
    found = silent_devices(lines, health(dock="silent"), now=NOW, pages={"sigfox": "sensors"})
    assert [(one.concern.level, one.concern.what, one.concern.when, one.concern.page) for one in found] == [
        ("alarm", "Sigfox is silent", "since 12:32", "sensors"),
        ("warning", "dock is silent", "since 12:32", "sensors"),
    ]


@pytest.mark.parametrize(
    ("told", "lost", "link"),
    [
        # 3 left out of 140 that came: 3 / 143 = 2.1 %
        ({"missing": 3, "missing_share": 3 / 143, "rssi_dbm": -112.4, "weak_share": 0.08},
         "3 (2 %)", "−112 dBm, 8 % weak"),
        ({"missing": 1, "missing_share": 1 / 1001, "rssi_dbm": -98.0, "weak_share": 0.0}, "1 (< 1 %)", "−98 dBm"),
        ({"missing": 0, "missing_share": 0.0, "rssi_dbm": None, "weak_share": 1.0}, "0", "100 % weak"),
        ({"missing": 12, "missing_share": 0.5, "resets": 1, "rssi_dbm": -130.0, "weak_share": None},
         "12 (50 %) + reset", "−130 dBm"),
        ({"missing": None, "missing_share": None, "rssi_dbm": None, "weak_share": None}, "–", "–"),
        ({"missing": 0, "missing_share": None, "rssi_dbm": None, "weak_share": None}, "0", "–"),
    ],
)  # fmt: skip
def test_each_device_with_what_it_lost_and_how_well_it_is_heard(told: dict[str, Any], lost: str, link: str) -> None:
    table = devices_table(health(dock="on_time").assign(**told))
    row = dict(zip(table.columns, map(said, table.rows[0]), strict=True))
    assert (row["Device"], row["Messages"], row["Lost"], row["Link"]) == ("dock", "140", lost, link)
    assert "Lost" not in [table.columns[column] for column in table.wide], "a phone shows it too"


def test_what_could_not_be_decoded_follows() -> None:
    rejects = pa.Table.from_pylist([{"source": "sigfox", "reason": "bad_value", "rejects": 3, "last_seen": NOW}])
    text = "All **2 devices** are heard as they should be. **3 rows** could not be decoded."
    both = health(a="on_time", b="on_time")
    assert said(health_sentence([], both, rejects)) == text
    assert said(health_sentence([], both, rejects.slice(0, 0))) == "All **2 devices** are heard as they should be."
