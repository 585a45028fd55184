"""Spools seen from outside: what doctor and /healthz say of them, and those whose collector never starts again."""

import json
import time
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from collectors.http.meters import Meters
from collectors.http.pages import pages
from collectors.http.unknown import Unknown
from telltale.cli import telltale
from telltale.contract import StoreError
from telltale.door import open_door
from telltale.landing import Spool, Uptime, spools_in
from telltale.landing.clocks import DAY_US
from telltale.net import Hosts
from telltale.operate import spools, upkeep
from telltale.settings import load
from telltale.workbench.project import Project
from tests.lake_fixture import at, write_settings
from tests.landing.test_door import TOY
from tests.landing.test_spool import away, bodies, until
from tests.sources.toy import raw

NOW = at("2026-11-20 12:00")
HOUR = 3_600_000_000


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_settings(tmp_path / "project", keep=False, more="\n[landing]\nspool = true\nbusy_timeout_s = 0.2\n")


def project_at(root: Path, now_us: int) -> Project:
    return Project(root, now=lambda: now_us, running=lambda: Uptime(now_us - NOW + DAY_US, "boot"))


def left_behind(root: Path, *ages_h: float, name: str = "http") -> None:
    """Records of a collector that is gone, received so many hours ago."""
    with closing(Spool(load(root).spools, name, most_records=100, most_bytes=1 << 20)) as spool:
        spool.append(
            [raw(0, f"{age:g}", source="cloudtrax")._replace(received_at=NOW - round(age * HOUR)) for age in ages_h]
        )


def test_what_a_gone_collector_left_is_stored_and_what_is_due_goes(root: Path) -> None:
    left_behind(root, 25, 3, 2)
    left_behind(root, 1, name="coap")
    project = project_at(root, NOW)

    assert upkeep.spools(project, NOW) == "spools that no collector uses: 1 records removed unstored, 3 records stored"
    assert sorted(bodies(project.store)) == [b"1", b"2", b"3"]
    assert upkeep.spools(project, NOW) == ""
    assert [
        (each.is_owned, each.waiting.records, each.waiting.expired) for each in spools_in(project.settings.spools)
    ] == [
        (False, 0, 0),
        (False, 0, 1),
    ]


def test_what_is_due_goes_while_the_store_is_away(root: Path) -> None:
    left_behind(root, 25, 3)
    project = project_at(root, NOW)
    with away(project.store), pytest.raises(StoreError):
        spools.keep(project)
    assert [each.waiting[::3] for each in spools_in(project.settings.spools)] == [(1, 1)]
    assert spools.expire(project_at(root, NOW + DAY_US)) == 1


def test_a_spool_in_use_is_left_to_its_collector(root: Path) -> None:
    left_behind(root, 25)
    project = project_at(root, NOW)
    with closing(Spool(project.settings.spools, "http", most_records=100, most_bytes=1 << 20)):
        assert spools.keep(project) == (0, 0)
        assert [each.is_owned for each in spools_in(project.settings.spools)] == [True]


def test_doctor_says_what_waits_and_what_is_gone(root: Path) -> None:
    left_behind(root, 3, 2)
    found = [finding.found for finding in spools.spools(project_at(root, NOW))]
    assert found[0].startswith("2 records (")
    assert found[0].endswith("data/landing/spool/http-1.db, since 2026-11-20 09:00")
    spools.expire(project_at(root, NOW + 2 * DAY_US))
    assert "2 records in all were removed" in next(spools.spools(project_at(root, NOW))).found
    ended = CliRunner().invoke(telltale, ["--project", str(root), "doctor", "--json"])
    assert "were removed from" in " ".join(one["found"] for one in json.loads(ended.stdout) if one["check"] == "spools")


def test_purge_says_what_it_removed_from_spools(root: Path) -> None:
    with closing(Spool(load(root).spools, "http", most_records=100, most_bytes=1 << 20)) as spool:
        spool.append([raw(0, "old", source="cloudtrax")])  # of last year
    ended = CliRunner().invoke(telltale, ["--project", str(root), "purge"])
    assert "1 records that waited for the store were removed from spools." in ended.output


def test_healthz_and_metrics_say_how_much_waits_and_since_when(root: Path) -> None:
    settings = load(root)
    with closing(open_door(settings, [TOY])) as door:
        landing = door.landing
        unknown = Unknown(door, lambda _path: None, more=[])
        app = pages(door, Meters(landing), Hosts("127.0.0.1", public_url="", more=[]), settings, unknown)
        client = app.test_client()
        here = {"REMOTE_ADDR": "127.0.0.1"}
        calm = client.get("/healthz", environ_base=here)
        answer = json.loads(calm.data)
        assert (calm.status_code, answer["status"], answer["spool"]["records"]) == (200, "ok", 0)
        with away(landing.store):
            received_us = time.time_ns() // 1000 - 5_000_000
            landing.append(raw(0)._replace(source="sigfox", received_at=received_us))
            until(lambda: landing.health() != "")
            busy = client.get("/healthz", environ_base=here)
            answer = json.loads(busy.data)
            assert (busy.status_code, answer["status"]) == (200, "spooling")
            assert answer["spool"]["records"] == 1
            assert answer["spool"]["since_s"] >= 5
            assert "locked" in answer["store"]
            metrics = client.get("/metrics", environ_base=here).text
            said = dict(line.rsplit(" ", 1) for line in metrics.splitlines() if line.startswith("telltale_spool"))
            assert (said["telltale_spool_active"], said["telltale_spool_records"]) == ("1.0", "1.0")
            assert float(said["telltale_spool_oldest_timestamp_seconds"]) == pytest.approx(received_us / 1e6)
