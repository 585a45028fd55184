"""Efento frames: the documented values, the laws of decoding, the simulator against its truth."""

import json
import random
from itertools import pairwise
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from telltale.contract import Chunk, DecodeError, Raw, Reject, Scenario, Secrets, SourceSettings
from telltale.lake.settle import settle_all
from telltale.pb.efento.device_info_pb2 import ProtoDeviceInfo
from telltale.pb.efento.measurements_pb2 import ProtoChannel, ProtoMeasurements
from telltale.sources.efento import SOURCE, configuration
from telltale.sources.efento.info import details
from telltale.sources.efento.kinds import KINDS
from telltale.sources.efento.samples import points, series
from telltale.sources.efento.status import reasons, retries, signal_dbm
from telltale.sources.efento.thingworx import thingworx
from telltale.tables import TABLES
from tests.sources.sampled import FOLDER, decoded, readable, samples

SERIAL = bytes.fromhex("282c02a00001")
START_S = 1_694_006_240
DAYS = Scenario(seed=7, start_s=1_794_787_200, end_s=1_794_787_200 + 3 * 86_400, timezone="Europe/Berlin")
SETTINGS = SourceSettings({}, Secrets())


def raw(endpoint: str, body: bytes, at_us: int = 1_694_007_000_000_000) -> Raw:
    return Raw(1, "efento", at_us, "192.0.2.1", json.dumps({"path": f"/{endpoint}"}), body)


def sampled(endpoint: str, name: str) -> Raw:
    return raw(endpoint, (FOLDER / "efento" / f"{name}.body").read_bytes())


def real(endpoint: str) -> Raw:
    return sampled(endpoint, f"frame_{endpoint}")


def frame(*channels: ProtoChannel, base: int = 60, factor: int = 5) -> Raw:
    message = ProtoMeasurements(
        serial_number=SERIAL, measurement_period_base=base, measurement_period_factor=factor, channels=channels
    )
    return raw("m", message.SerializeToString())


def channel(kind: int, *offsets: int, start: int = 0, at_s: int = START_S) -> ProtoChannel:
    return ProtoChannel(type=kind, timestamp=at_s, start_point=start, sample_offsets=offsets)  # type: ignore[arg-type]


def readings(one: Raw) -> list[dict[str, Any]]:
    tables = decoded("efento", [one])
    return tables["reading"].to_pylist() if "reading" in tables else []


def config(one: Raw) -> dict[str, Any]:
    (row,) = decoded("efento", [one])["device_config"].to_pylist()
    told: dict[str, Any] = json.loads(row["config"])
    return told | {"hash": row["hash"], "part": row["part"]}


def test_the_real_info_has_the_documented_values() -> None:
    (row,) = decoded("efento", [real("i")])["device_status"].to_pylist()
    told = json.loads(row["details"])
    assert (row["device_id"], row["sw_version"], row["battery_v"]) == ("efento:282c024156af", "06.10", 3.575)
    assert (told["lts"], told["commit"]) == (4, "0df20")
    assert told["runtime"]["up_time_s"] == 4_665_786
    assert told["modem"]["tx_power_dbm"] == 23.0
    assert told["modem"]["earfcn_offset"] == -0.5, "code 2 of -2, -1, -0.5, 0, 1"
    assert (told["modem"]["sleep_s"], told["modem"]["tx_s"]) == (32_984.0, 6.6)
    assert told["memory"]["nvm_writes"] == 36_748
    assert "first_continuous_at" not in told["memory"], "4294967295 is none"
    assert told["last_update"] == {"at": 1_687_235_603, "status": "invalid_data"}


def test_the_real_configuration_has_the_documented_values() -> None:
    told = config(real("c"))
    assert (told["hash"], told["part"]) == ("000000cc", 0)
    assert told["transmission_interval"] == 120
    assert told["channel_types"] == ["temperature", "humidity", "", "", "", ""]
    assert (told["apn"], told["plmn_selection"], told["dns_server_ip"]) == ("automatic", "automatic", "of the network")
    assert told["configuration_errors"] == [20_738]
    assert len(told["rules"]) == 12
    assert told["cellular_config_params"] == [2, 1, 1, 2, 2, 11, 1, 11], "eight of the eleven are used"


def test_secrets_of_a_configuration_are_stars() -> None:
    told = config(sampled("c", "config_part"))
    assert (told["apn_password"], told["cloud_token"]) == ("***", "***")
    assert told["rules"][0] == {
        "channels": [1, 2], "condition": "high_threshold", "threshold": 80, "hysteresis": 5, "mode": "moving_average",
        "samples": 3, "type": "temperature", "action": "trigger_transmission",
    }  # fmt: skip
    assert told["rules"][1]["condition"] == "8", "06.21 and 07.02 give it different names"


def test_parts_of_a_configuration_are_merged_in_their_order() -> None:
    first, last = (config(sampled("c", name)) for name in ("config_part", "config_last"))
    whole = configuration.merged([first, last])
    assert (first["part"], last["part"], first["hash"]) == (1, 2, last["hash"])
    assert [calendar["type"] for calendar in whole["calendars"]] == ["week", "disabled"]
    assert whole["apn"] == "automatic"


@pytest.mark.parametrize(
    ("kind", "number", "value", "unit"),
    [
        (1, 253, 25.3, "°C"),
        (2, 41, 41.0, "%"),
        (3, 10132, 1013.2, "hPa"),
        (15, 12345, 1234.5, "lx"),
        (14, 125, 1.25, "ppm"),
        (27, 415, 41.5, "%"),
        (32, 1234, 12.34, "%"),
        (33, 12345, 1234.5, "mV"),
        (34, 125, 1.25, "mA"),
        (41, -3999, -3.999, "mA"),
        (26, 3 * 612 + 1, 612.0, "ppm"),
        (30, 3 * 7 + 2, 7.0, "ppm"),
        (38, 4 * 7 + 3, 7.0, "kWh"),
        (43, 470, 470.0, "Ω"),
        (99, 5, 5.0, ""),
    ],
)
def test_a_number_is_scaled_by_its_type(kind: int, number: int, value: float, unit: str) -> None:
    (row,) = readings(frame(channel(kind, 0, start=number)))
    assert (row["value"], row["unit"]) == (value, unit)


def test_every_documented_type_is_known() -> None:
    assert set(KINDS) == set(range(1, 44)) - {31}


def test_signal_codes() -> None:
    assert [signal_dbm(code) for code in (0, 1, 12, 62, 63, 99)] == [None, -110.0, -99.0, -49.0, -48.0, None]


def test_transfer_reasons() -> None:
    assert (list(reasons(20)), retries(20)) == (["bluetooth"], 2)
    assert list(reasons(1 | 1 << 8 | 1 << 19 | 1 << 23)) == ["reset", "shutting_down", "rule_1", "rule_12"]


def test_a_series_expands_to_a_row_each_base_period() -> None:
    one = channel(5, -1, 31, -45, -121)
    assert [point.at_s - START_S for point in points(one)] == [0, 30, 44, 120]
    assert [state for _, state in series(one, 20)] == [False, False, True, False, False, False, False]
    assert len(series(channel(5, -1, -481), 20)) == (481 - 1) // 20 + 1


def test_of_before_its_first_entry_a_binary_range_knows_nothing() -> None:
    """The range begins a minute into the frame's time; an entry of before it is set aside, and said."""
    one = channel(5, -61, 31, 91, -121)
    assert [(point.at_s - START_S, point.is_active) for point in points(one)] == [(60, False), (90, True), (120, False)]
    assert [(at_s - START_S, state) for at_s, state in series(one, 30)] == [(60, False), (90, True), (120, False)]
    tables = decoded("efento", [frame(one)])
    assert [row["observed_at"] for row in readable(tables)["reading"]] == [
        "2023-09-06T13:18:20Z",
        "2023-09-06T13:18:50Z",
        "2023-09-06T13:19:20Z",
    ]
    assert tables["reject"].select(["part", "reason", "excerpt"]).to_pylist() == [
        {"part": "channel 1 range", "reason": "before_start", "excerpt": "1 of 4 entries are of before the first"}
    ]


@pytest.mark.parametrize(
    ("commit", "version", "told"),
    [
        ("040df20", 0x060A, {"lts": 4, "commit": "0df20"}),
        ("0bdd23f", 0x060B, {"lts": 11, "commit": "dd23f"}),
        ("10abcde", 0x0700, {"lts": 16, "commit": "abcde"}),
        ("0bdd23f", 0x0606, {"commit": "0bdd23f"}),  # before 06.07 all of it is the commit
        ("zz12345", 0x0700, {"commit": "zz12345"}),
    ],
)
def test_the_long_term_version_is_hexadecimal(commit: str, version: int, told: dict[str, Any]) -> None:
    said = details(ProtoDeviceInfo(commit_id=commit, sw_version=version))
    assert {name: said[name] for name in ("lts", "commit") if name in said} == told


@given(st.lists(st.integers(1, 5000), min_size=2, max_size=20, unique=True), st.integers(1, 600), st.data())
def test_expanding_a_series_never_contradicts_its_points(ats: list[int], base: int, data: st.DataObject) -> None:
    offsets = [at * data.draw(st.sampled_from((1, -1))) for at in sorted(ats)]
    one = channel(42, *offsets)
    known = points(one)
    for at_s, state in series(one, base):
        latest = [point for point in known if point.at_s <= at_s]
        assert state == (latest[-1] if latest else known[0]).is_active


def test_the_same_frame_again_gives_the_same_keys() -> None:
    """A retry has another reason and arrives later; its rows are the same."""
    one, again = frame(channel(1, 0, 1)), frame(channel(1, 0, 1))._replace(id=2, received_at=1_694_009_000_000_000)
    for table in ("reading", "device_status"):
        rows = decoded("efento", [one, again])[table].select(TABLES[table].key).to_pylist()
        assert rows[: len(rows) // 2] == rows[len(rows) // 2 :]


@given(st.binary(max_size=80), st.sampled_from(("m", "i", "c", "t", "extended", "x", "")))
def test_random_bytes_never_crash(body: bytes, endpoint: str) -> None:
    survives(raw(endpoint, body))


@given(
    base=st.integers(0, 2**32 - 1) | st.integers(1, 600),
    factor=st.integers(0, 2**32 - 1) | st.integers(0, 20),
    channels=st.lists(
        st.builds(
            ProtoChannel,
            type=st.integers(0, 60),
            timestamp=st.integers(-(2**31), 2**31 - 1),
            start_point=st.integers(-(2**31), 2**31 - 1),
            sample_offsets=st.lists(st.integers(-(2**31), 2**31 - 1) | st.integers(-900, 900), max_size=8),
        ),
        max_size=6,
    ),
)
def test_whatever_a_frame_says_it_becomes_rows_or_rejects(base: int, factor: int, channels: list[ProtoChannel]) -> None:
    one = frame(*channels, base=base, factor=factor)
    survives(one)
    reasons_given = [row["reason"] for row in decoded("efento", [one]).get("reject", _NOTHING).to_pylist()]
    assert not {"decoder_failed", "decoder_error"} & set(reasons_given)


class _Nothing:
    def to_pylist(self) -> list[dict[str, Any]]:
        return []


_NOTHING = _Nothing()


def survives(one: Raw) -> None:
    try:
        items = list(SOURCE.decode(one, {}))
    except DecodeError:
        return
    assert all(isinstance(item, Chunk | Reject) for item in items)
    decoded("efento", [one])


@pytest.fixture(scope="module")
def three_days() -> dict[str, Any]:
    emissions = SOURCE.simulate(DAYS, SETTINGS)
    raws = [raw(one.path[1:], one.body, one.at)._replace(id=number) for number, one in enumerate(emissions, 1)]
    tables = decoded("efento", raws)
    assert set(tables) == set(SOURCE.tables)
    once: dict[str, dict[tuple[str, int], dict[str, Any]]] = {}
    for row in tables["reading"].to_pylist():
        key = f"{row['device_id']} {row['quantity']}"
        once.setdefault(key, {})[row["channel"], row["observed_at"].timestamp()] = row
    return {"series": once, "status": tables["device_status"].to_pylist()}


def test_simulated_readings_are_the_truth(three_days: dict[str, Any]) -> None:
    truth = SOURCE.truth(DAYS, SETTINGS)
    assert truth["totals"]["backlogs"] > 0
    for device_id, told in truth["devices"].items():
        for quantity, figures in told.get("quantities", {}).items():
            values = [row["value"] for row in three_days["series"][f"{device_id} {quantity}"].values()]
            good = [value for value in values if value is not None]
            assert len(values) == told["samples"]
            assert len(values) - len(good) == (told["errors"] if quantity == "temperature" else 0)
            assert (len(good), min(good), max(good)) == (figures["count"], figures["min"], figures["max"])


def test_simulated_counters_are_the_truth(three_days: dict[str, Any]) -> None:
    truth = SOURCE.truth(DAYS, SETTINGS)["devices"]
    for device_id, quantity in (("efento:282c02a00007", "water_total"), ("efento:282c02a00008", "electricity_total")):
        found = three_days["series"][f"{device_id} {quantity}"]
        counts = [row["value"] for _, row in sorted(found.items(), key=lambda item: item[0][1])]
        steps = [after - before if after >= before else after for before, after in pairwise(counts)]
        assert sum(steps) == truth[device_id]["consumption"]["total"] > 0


def test_simulated_switches_are_the_truth(three_days: dict[str, Any]) -> None:
    truth = SOURCE.truth(DAYS, SETTINGS)["devices"]["efento:282c02a00005"]
    found = three_days["series"]["efento:282c02a00005 ok_alarm"]
    states = [(int(at_s), row["value"]) for (_, at_s), row in sorted(found.items(), key=lambda item: item[0][1])]
    episodes, began = [], None
    for at_s, value in states:
        if value and began is None:
            began = at_s
        elif not value and began is not None:
            episodes.append({"started_s": began, "ended_s": at_s})
            began = None
    assert episodes == [one for one in truth["episodes"] if one["ended_s"] < truth["last_s"]]
    assert len(episodes) > 5


def test_a_part_of_a_simulation_is_a_slice() -> None:
    part = DAYS._replace(start_s=DAYS.start_s + 20_000, end_s=DAYS.start_s + 60_000)
    whole = [one for one in SOURCE.simulate(DAYS, SETTINGS) if part.start_s <= one.at / 1e6 < part.end_s]
    assert list(SOURCE.simulate(part, SETTINGS)) == whole


def test_thingworx_tells_the_real_frame_right_by_default() -> None:
    told = thingworx(real("m"))
    assert told is not None
    rows = told["measurements"]
    assert len(rows) == 25
    assert rows[0] == {
        "measured_at": "2023-09-06 13:17:20 UTC", "serial": "282C024156AF",
        "next_measurement_at": "2023-09-06 13:17:40 UTC", "signal": 12, "measurement_interval": 20,
        "batteryStatus": "ok", "params": [{"value": "OK", "type": "open-close", "channel": 1}],
    }  # fmt: skip
    assert " ".join(rows[0]) == (
        "measured_at serial next_measurement_at signal measurement_interval batteryStatus params"
    )


def test_thingworx_has_its_faults_behind_compat() -> None:
    told = thingworx(real("m"), compat=True)
    assert told is not None
    assert told["measurements"][0]["measured_at"] == "2023-09-06 14:17:20 UTC"
    assert told["measurements"][0]["signal"] == 0
    shifted = frame(ProtoChannel(), channel(1, 0, 1, start=200), channel(27, 8_388_557, 3, start=400))
    right, wrong = thingworx(shifted), thingworx(shifted, compat=True)
    assert right is not None
    assert wrong is not None
    assert [one["params"] for one in right["measurements"]] == [
        [{"value": 20.0, "type": "TEMPERATURE", "channel": 2}],
        [
            {"value": 20.1, "type": "TEMPERATURE", "channel": 2},
            {"value": 40.3, "type": "HUMIDITY_ACCURATE", "channel": 3},
        ],
    ]
    assert wrong["measurements"][0]["params"][0]["channel"] == 1
    assert right["measurements"][0]["next_measurement_at"] == "2023-09-06 13:22:20 UTC", "factor 5"
    assert wrong["measurements"][0]["next_measurement_at"] == "2023-09-06 14:18:20 UTC", "without it, an hour ahead"


def test_thingworx_tells_configuration_and_info_as_that_server_did() -> None:
    told, info = thingworx(real("c")), thingworx(real("i"))
    assert told is not None
    assert info is not None
    assert len(told) == 37
    assert (told["serialNumber"], told["hash"], told["errors"]) == ("282C0240FD34", 204, [20_738])
    assert json.dumps(told["apn"]) == '"\\u007f"'
    assert (info["serialNum"], info["runtimeInfo"]["minBatteryVoltage"]) == ("KCwCQVav", 3575)
    assert "cloudToken" not in info


@given(st.binary(max_size=60), st.sampled_from(("m", "c", "i")), st.booleans())
def test_thingworx_tells_or_raises_decode_error(body: bytes, endpoint: str, compat: bool) -> None:
    try:
        json.dumps(thingworx(raw(endpoint, body), compat=compat))
    except DecodeError:
        return


def test_export_writes_hot_and_settled_records(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from telltale.cli.export import export
    from telltale.workbench.project import Project

    (tmp_path / "telltale.toml").write_text("")
    monkeypatch.setenv("TELLTALE_HOME", str(tmp_path))
    project = Project(tmp_path)
    now_us = project.now_us()
    landing = project.landing()
    landing.put_many([real(name)._replace(received_at=now_us - 1_000_000, id=0) for name in "mi"])
    settle_all(project.lake, now_us=now_us)
    landing.put_many([real("c")._replace(received_at=now_us, id=0), raw("m", b"\xff", now_us)._replace(id=0)])
    landing.close()
    done = CliRunner().invoke(export, ["efento-json", "--since", "1h"])
    assert done.exit_code == 0, done.output
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert sorted(min(line) for line in lines) == sorted(("measurements", "ackInterval", "commitId"))
    assert "1 records could not be decoded" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("many", [30_000, pytest.param(100_000, marks=pytest.mark.long)])
def test_many_random_and_mutated_frames(many: int) -> None:
    """Rows, rejects or DecodeError, and nothing that takes long."""
    rng = random.Random(11)
    bodies = [sample.body for sample in samples() if sample.source == "efento" and sample.body]
    for number in range(many):
        body = bytearray(rng.choice(bodies) if number % 4 else rng.randbytes(rng.randrange(200)))
        for _ in range(rng.randrange(1, 6)):
            place = rng.randrange(len(body) + 1)
            body[place : place + rng.randrange(3)] = rng.randbytes(rng.randrange(3))
        one = raw(rng.choice(("m", "m", "m", "c", "i", "extended")), bytes(body))
        try:
            items = list(SOURCE.decode(one, {}))
            thingworx(one)
        except DecodeError:
            continue
        assert all(isinstance(item, Chunk | Reject) for item in items)
