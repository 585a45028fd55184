"""The simulated network as a capture file and on a wire: whoever reads it finds what the simulator knew."""

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import telltale as tt
from telltale.capture import Packet, open_capture
from telltale.capture.replay import replay
from telltale.cli import run
from telltale.contract import ConfigError, Scenario, Secrets, SourceSettings
from telltale.settings import DEFAULT_BUTTONS
from telltale.simulate.frames import on_air, play_frames, write_capture
from telltale.sources import source
from telltale.sources.button.layout import without_targets
from telltale.sources.button.listed import Filter
from telltale.sources.button.simulate import listed
from tests.capture.test_replay import Kept

TWO_DAYS = Scenario(seed=7, start_s=1_795_165_200 - 2 * 86_400, end_s=1_795_165_200, timezone="Europe/Berlin")
NOTHING = SourceSettings({}, Secrets())


def test_a_written_file_replays_to_the_frames_of_listed_devices(tmp_path: Path) -> None:
    frames = write_capture(tmp_path / "shop.pcap", TWO_DAYS)
    kept = Kept()
    done = replay(tmp_path / "shop.pcap", Filter(listed(), presence=True), kept)
    expected = [
        (one.at, without_targets(one.body))
        for one in source("button").simulate(TWO_DAYS, NOTHING)
        if one.path.startswith("/frame/")
    ]
    assert [(raw.received_at, raw.body) for raw in kept if "/frame/" in raw.meta] == expected
    assert (done.packets, done.kept, done.warnings) == (frames, len(expected), ())
    assert done.unlisted > done.kept
    assert done.malformed > 10
    assert done.other > 100
    covered_s = sum(row["covered_s"] for row in kept.rows()["collector_heartbeat"])
    assert 2 * 86_400 - 120 < covered_s <= 2 * 86_400, "a frame every half minute"


def test_the_air_holds_what_a_network_holds(tmp_path: Path) -> None:
    frames = [frame for _at, frame in on_air(TWO_DAYS)]
    types = Counter(frame[12:14].hex() for frame in frames)
    assert {"0806", "8100", "88a8", "0800", "86dd"} == set(types)
    moments = [at_us for at_us, _frame in on_air(TWO_DAYS)]
    assert moments == sorted(moments)


@given(st.integers(0, 2**32), st.dates(dt.date(2026, 1, 1), dt.date(2030, 12, 31)))
@settings(max_examples=40)
def test_no_two_frames_have_the_same_moment_on_any_day(seed: int, day: dt.date) -> None:
    """Listed devices' in the air, whose frames are those handed in, and strangers'."""
    start_s = int(dt.datetime(day.year, day.month, day.day, tzinfo=ZoneInfo("Europe/Berlin")).timestamp())
    scenario = Scenario(seed, start_s, start_s + 86_400, "Europe/Berlin")
    moments = [at_us for at_us, _frame in on_air(scenario)]
    assert all(earlier < later for earlier, later in pairwise(moments))
    handed_in = [one.at for one in source("button").simulate(scenario, NOTHING) if "/frame/" in one.path]
    assert set(handed_in) <= set(moments)
    assert all(earlier < later for earlier, later in pairwise(handed_in))


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "telltale.toml").write_text('[site]\ntimezone = "Europe/Berlin"\n[kanban]\npresence = true\n')
    (tmp_path / "secrets.toml").touch(mode=0o600)
    monkeypatch.setenv("TELLTALE_HOME", str(tmp_path))
    return tmp_path


def test_the_command_writes_file_list_and_truth_that_fit(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pcap, truth, listing = shop / "shop.pcap", shop / "truth.json", shop / "buttons.csv"
    listing.write_text(DEFAULT_BUTTONS)
    arguments = ["simulate", "button", "--backfill", "1d", "--pcap", str(pcap), "--truth", str(truth), "--json"]
    assert run([*arguments, "--list", str(listing)]) == 0
    written = json.loads(capsys.readouterr().out)
    assert run(["replay", str(pcap), "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    known = json.loads(truth.read_text())
    assert row["packets"] == written["frames"]
    assert row["kept"] == known["totals"]["frames"] > 0
    project = tt.Project(shop)
    try:
        assert set(project.device_info()["device_id"].to_pylist()) == set(known["buttons"])
    finally:
        project.close()


def test_a_backfill_keeps_no_phone_while_presence_is_off(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two days, as nobody is there on Sunday."""
    counts = []
    for keeps in ("true", "false"):
        (shop / "telltale.toml").write_text(f"[kanban]\npresence = {keeps}\n")
        shutil.rmtree(shop / "data", ignore_errors=True)
        assert run(["simulate", "button", "--backfill", "2d", "--no-settle"]) == 0
        project = tt.Project(shop)
        phones = tt.sql("select count(*) as n from frame where device_id = '02:7e:11:a0:00:20'", project=project)
        counts.append(int(phones["n"][0]))
        project.close()
    assert counts[0] > 50
    assert counts[1] == 0


def test_a_list_that_is_there_stays(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "buttons.csv").write_text("Name, MAC-Address\nMine, ac:63:be:00:00:01\n")
    pcap = ["--pcap", str(shop / "x.pcap")]
    assert run(["simulate", "button", "--backfill", "1d", *pcap, "--list", str(shop / "buttons.csv")]) == 1
    assert "buttons.csv: is there already" in capsys.readouterr().err
    assert not (shop / "x.pcap").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["button", "--live"],
        ["button", "--live", "--pcap", "x.pcap", "--play", "lo"],
        ["button", "--backfill", "1d", "--play", "lo"],
        ["cloudtrax", "--backfill", "1d", "--pcap", "x.pcap"],
        ["cloudtrax", "--live", "--play", "lo"],
    ],
)
def test_the_command_refuses_what_makes_no_sense(
    shop: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shop)
    assert run(["simulate", *arguments]) == 1
    assert not (shop / "x.pcap").exists()


needs_root = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0 or not shutil.which("ip") or not shutil.which("tcpdump"),
    reason="needs root on Linux, ip and tcpdump: apt-get install iproute2 tcpdump",
)


@needs_root
def test_an_interface_that_is_not_there_is_named() -> None:
    with pytest.raises(ConfigError, match=r'interface "tt-none": No such device; expected one of "ip link"'):
        play_frames([], "tt-none", origin_us=0)


@pytest.fixture
def namespace() -> Iterator[str]:
    """A network of its own with a veth pair tt0, tt1."""
    name = f"tt-play-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"no network namespace can be made here: {made.stderr.strip()}")
    try:
        for told in ("link add tt0 type veth peer name tt1", "link set tt0 up", "link set tt1 up"):
            subprocess.run(["ip", "-n", name, *told.split()], check=True)
        yield name
    finally:
        subprocess.run(["ip", "netns", "del", name], check=True)


PLAYED = """
import json, math, sys
from telltale.contract import Scenario
from telltale.simulate.frames import on_air, play_frames
scenario = Scenario(*json.loads(sys.argv[1]))
print(json.dumps(play_frames(on_air(scenario), "tt0", origin_us=scenario.start_s * 1_000_000, speed=math.inf)))
"""


@needs_root
def test_frames_played_into_an_interface_come_out_of_its_other_end(tmp_path: Path, namespace: str) -> None:
    """tcpdump at the other end writes them down, tags and all."""
    heard, scenario = tmp_path / "heard.pcap", TWO_DAYS._replace(start_s=TWO_DAYS.end_s - 7200)
    inside = ["ip", "netns", "exec", namespace]
    capture = subprocess.Popen(
        [*inside, "tcpdump", "-i", "tt1", "-w", str(heard), "-U", "--immediate-mode", "-B", "16384", "-Z", "root"],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert capture.stderr is not None
        assert any("listening on tt1" in line for line in capture.stderr)
        sender = [*inside, sys.executable, "-c", PLAYED, json.dumps(scenario)]
        sent, lost = json.loads(subprocess.run(sender, capture_output=True, check=True, timeout=60).stdout)
        deadline = time.monotonic() + 20
        while len(known := ours(packets(heard))) < sent and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        capture.terminate()
        capture.communicate()
    assert lost == 0
    assert known == [frame for _at, frame in on_air(scenario)]


def packets(path: Path) -> list[Packet]:
    if not path.exists() or not path.stat().st_size:
        return []
    with open_capture(path) as capture:
        return list(capture)


def ours(found: list[Packet]) -> list[bytes]:
    """Without what the new link itself says over IPv6: the simulator sends a version and zeros."""
    return [one.data for one in found if one.data[12:14] != b"\x86\xdd" or not any(one.data[15:])]
