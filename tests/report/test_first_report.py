"""A first report as a new user sends it: curl, a signature made with openssl's arithmetic, five sightings, once."""

import hashlib
import hmac
import json
import subprocess
import time
from pathlib import Path
from typing import Any

import telltale as tt
from telltale.contract import Raw
from telltale.lake.merge import merge
from telltale.lake.settle import settle_all
from tests.served import SECRET, collecting, make_project, telltale

NODE = "AC:86:74:11:22:33"


def _report(now_s: int) -> bytes:
    """Five rows, both shapes, the implausible -5 dBm of the vendor's sample; stamps of the last minutes."""
    rows: list[dict[str, Any]] = [
        {"mac": f"3c:06:30:aa:bb:{number:02x}", "count": 4 + number, "min_signal": -71, "max_signal": -52,
         "avg_signal": -60, "first_seen": now_s - 60 * number - 29, "last_seen": now_s - 60 * number,
         "associated": number == 1}
        for number in range(1, 6)
    ]  # fmt: skip
    rows[1]["max_signal"] = -5
    for row in rows[:3]:
        row["last_seen_signal"] = -55
    return json.dumps({"network_id": 71234, "node_mac": NODE, "version": 1, "probe_requests": rows}).encode()


def _curl(url: str, file: Path, signature: str) -> str:
    command = ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "-H", f"Signature: {signature}"]
    done = subprocess.run([*command, "--data-binary", f"@{file}", url], capture_output=True, text=True, check=True)
    return done.stdout


def _sightings(root: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(telltale(root, "presence", "sightings", "--json").stdout)
    return rows


def test_five_rows_by_curl_are_five_sightings_however_often_they_come(tmp_path: Path) -> None:
    root = make_project(tmp_path / "project")
    now_s = int(time.time())  # the collector's clock is the machine's: older stamps would be late
    body = tmp_path / "report.json"
    body.write_bytes(_report(now_s))
    right = hmac.digest(SECRET.encode(), body.read_bytes(), hashlib.sha256).hex()
    with collecting(root) as collector:
        url = f"http://127.0.0.1:{collector.port}/cloudtrax"
        assert _curl(url, body, "0" * 64) in {"401", "403"}
        assert _sightings(root) == []
        assert _curl(url, body, right) == "200"
        rows = _sightings(root)
        assert len(rows) == 5
        assert sorted(row["rssi_max_dbm"] for row in rows) == [-52, -52, -52, -52, -5]
        assert sorted(row["rssi_last_dbm"] or 0 for row in rows) == [-55, -55, -55, 0, 0]
        assert "3c:06:30" not in json.dumps(rows)

        assert _curl(url, body, right.upper()) == "200"
        assert len(_sightings(root)) == 5, "sent twice, both hot"
        assert telltale(root, "settle").returncode == 0
        assert len(_sightings(root)) == 5, "settled together"
        assert _curl(url, body, right) == "200"
        assert len(_sightings(root)) == 5, "sent again across a settle"
    (refused,) = json.loads(telltale(root, "rejected", "--at", "door", "--json").stdout)
    assert (refused["source"], refused["reason"]) == ("cloudtrax", "bad_signature")


def test_a_resend_across_the_key_cut_meets_its_first_copy(tmp_path: Path) -> None:
    """Received 20 h later, on the other side of 04:00: the key follows the row's own time."""
    project = tt.Project(make_project(tmp_path, '[site]\ntimezone = "Europe/Berlin"\n'))
    sent_s = 1795197600  # 2026-11-20 18:00 UTC; the cut is at 03:00 UTC
    landing = project.landing()
    for received_s in (sent_s, sent_s + 20 * 3600):
        landing.append(Raw(0, "cloudtrax", received_s * 10**6, "127.0.0.1", "{}", _report(sent_s)))
        assert tt.load("sighting", since=None, engine="arrow", project=project).num_rows == 5
        settle_all(project.lake, now_us=received_s * 10**6)
    landing.close()
    assert len(list(project.settings.keys.rglob("*2026-11-20*"))) == 1
    assert tt.load("sighting", since=None, engine="arrow", project=project).num_rows == 5
    merge(project.lake, now_us=(sent_s + 80 * 3600) * 10**6)
    assert tt.load("sighting", since=None, engine="arrow", project=project).num_rows == 5
    project.close()
