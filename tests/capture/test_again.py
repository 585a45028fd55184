"""Files replayed again, in part, in any order: what was known of the time observed and of presses stays."""

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import telltale as tt
from telltale.capture import CaptureWriter
from telltale.capture.replay import replay
from telltale.settings import buttons
from telltale.sources.button.listed import Filter
from telltale.sources.button.simulate import frames
from tests.served import make_project
from tests.sources.sampled import micros

CASES = Path(__file__).parent.parent / "samples" / "cases"
BUTTON = "02:7e:11:a0:00:01"


def shop(tmp_path: Path, settings: str = "") -> tt.Project:
    root = make_project(tmp_path / "shop")
    (root / "buttons.csv").write_text(f"Name, MAC-Address\nBolts,{BUTTON}\n")
    with (root / "telltale.toml").open("a") as file:
        file.write(settings)
    return tt.Project(root, now=lambda: micros("2026-12-31T12:00:00Z"))


def take(project: tt.Project, *paths: Path) -> None:
    """Replay files one after the other, each into a store of its own commit."""
    roles = {each.device_id: each.role for each in buttons(project.settings).buttons}
    for path in paths:
        landing = project.landing()
        replay(path, Filter(roles, dhcp=True), landing)
        landing.close()


def first_half(tmp_path: Path) -> Path:
    """The beginning of the whole day: its file header and the first three of its six records of 42 bytes."""
    path = tmp_path / "first_half.pcap"
    path.write_bytes((CASES / "A05_full_day.pcap").read_bytes()[: 24 + 3 * (16 + 42)])
    return path


def demand(project: tt.Project) -> tuple[float, int, float]:
    """Seconds observed, pulls, pulls a day of all time."""
    (row,) = tt.kanban.rates("2026-01-01", "2026-12-31", by="stretch", project=project).to_dict("records")
    return row["observed_s"], row["pulls"], round(row["rate_per_day"], 6)


@pytest.mark.parametrize("order", list(itertools.permutations(("A05_full_day", "A05_last_half_hour"))))
def test_a_part_of_a_capture_does_not_shrink_what_was_observed(tmp_path: Path, order: Sequence[str]) -> None:
    """Eight hours are 28,800 s; 3 pulls in a third of a day are 9 a day."""
    project = shop(tmp_path)
    try:
        take(project, *(CASES / f"{name}.pcap" for name in order))
        assert demand(project) == (28_800.0, 3, 9.0)
    finally:
        project.close()


def test_a_file_that_ends_at_midnight_keeps_its_day(tmp_path: Path) -> None:
    """Its last packet is of the next day by the calendar, and the stretch of that day is empty."""
    path = tmp_path / "x.pcap"
    frame = frames.arp(bytes.fromhex(BUTTON.replace(":", "")), 1, b"\x0a\0\0\5", b"\x0a\0\0\1", is_padded=True)
    with path.open("wb") as file:
        writer = CaptureWriter(file)
        for at in ("2026-11-20T23:15:00Z", "2026-11-20T23:30:00Z", "2026-11-21T00:00:00Z"):
            writer.write(micros(at), frame)
    project = shop(tmp_path)
    try:
        take(project, path)
        observed_s, pulls, _ = demand(project)
        assert (observed_s, pulls) == (2700.0, 3)
    finally:
        project.close()


def test_one_dhcp_exchange_without_an_answer_is_one_press(tmp_path: Path) -> None:
    """Six frames in 124 s, one xid: the dead time of 60 s alone would make three of it."""
    project = shop(tmp_path, "\n[arp]\ndhcp = true\n")
    try:
        take(project, CASES / "A11_dhcp_backoff.pcap")
        found = tt.kanban.presses("2026-01-01", "2027-12-31", project=project).to_dict("records")
        assert [(row["frames"], row["kinds"]) for row in found] == [(6, "dhcp_discover")]
    finally:
        project.close()


def test_the_same_file_counts_once(tmp_path: Path) -> None:
    project = shop(tmp_path)
    try:
        take(project, *[CASES / "A05_full_day.pcap"] * 2, CASES / "A05_last_half_hour.pcap", first_half(tmp_path))
        coverage: Any = tt.kanban.capture_coverage("2026-01-01", "2026-12-31", project=project)
        assert coverage[["frames", "unlisted"]].to_dict("records") == [{"frames": 3, "unlisted": 3}]
        assert demand(project)[:2] == (28_800.0, 3)
    finally:
        project.close()
