"""Where devices are kept beside raw records and their rows: files of all kinds, and rows of the store."""

import gzip
import json
from contextlib import closing

from telltale.contract import Memory, Raw
from telltale.landing import Spool, remember
from telltale.landing.schema import (
    ALERT_EPISODE,
    FORWARD_COUNT,
    FORWARD_MARK,
    MESSAGE,
    OUTBOX,
    REFUSED,
    REPORT_RUN,
)
from telltale.operate import retention
from telltale.publish import export
from telltale.workbench import Project
from tests.forget.kept import MODEM, NODE, OTHER_PHONE, PC, PERSON, PHONE, SENSOR, page_with
from tests.lake_fixture import report


def keep_elsewhere(project: Project) -> None:
    """Where devices are kept beside raw records and their rows."""
    data, now_us = project.settings.data, project.now_us()
    retention.close_days(project, now_us=now_us)
    export.write(
        export.asked("sighting", is_owner=True, project=project),
        project.settings.root / "sightings.csv", "csv", project=project, now_us=now_us,
    )  # fmt: skip
    for name, content in {
        "logs/webhooks.log": f"12:00 refused {PHONE}\n12:01 {PC} came\nother line\n".encode(),
        "logs/webhooks.log.1": f"{SENSOR.upper()} and {MODEM}\n".encode(),
        "captures/b.pcap.gz": gzip.compress(b"others" + bytes.fromhex(PHONE.replace(":", "")) + b"and more"),
        "damaged/2026-11-01T000000Z/lake/raw/x.parquet": b"PAR1 cut off, with whoever in it",
        "captures/a.pcap": b"\xd4\xc3\xb2\xa1" + bytes.fromhex(PHONE.replace(":", "")) + b"tail",
        "reports/work_hours/2026-W47.html": page_with(f"hours of {PERSON}"),
        "reports/work_hours/2026-W47.pdf": b"%PDF nobody can read this",
        "reports/work_hours/2026-W47.ipynb": b"{}",
        "reports/sensors/2026-W47.html": page_with("Shop fridge"),
    }.items():
        path = data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    with closing(Spool(project.settings.spools, "http", most_records=100, most_bytes=1 << 20)) as spool:
        heard = [(PHONE, -50, 1_795_170_000, 1_795_170_060), (OTHER_PHONE, -50, 1_795_170_000, 1_795_170_060)]
        spool.append([Raw(0, "cloudtrax", now_us, "192.0.2.7", "{}", report(NODE, heard))])
    remember(project.store, "efento", [Memory(f"efento:{SENSOR}", "config", {"hash": "x"})])
    _rows_of_the_store(project, now_us)


def _rows_of_the_store(project: Project, now_us: int) -> None:
    run = dict.fromkeys(("readers", "holder", "seen", "rows", "answers", "reason"), "") | {
        **dict.fromkeys(("lease_until", "attempts", "interrupted", "next_try"), 0),
        "report": "work_hours", "period": "2026-W47", "begins_at": now_us - 10**12, "ends_at": now_us - 1,
        "state": "done", "revision": 1, "claims": json.dumps({"a": [PERSON, "hours", 7, "h"]}), "changed": "[]",
        "sentence": f"{PERSON} was there 7 h.", "files": '["work_hours/2026-W47.html"]', "failure": "{}",
        "made_at": now_us, "told_at": now_us,
    }  # fmt: skip
    message = {
        "key": f"report work_hours 2026-W47 1 q@example.org {PC}", "recipient": "q@example.org",
        "subject": f"Hours of {PERSON}", "body": f"{PC} {PHONE}", "html": "", "files": '["work_hours/2026-W47.html"]',
        "created_at": now_us, "state": "sent", "attempts": 0, "next_try": 0, "last_error": "", "sent_at": now_us,
    }  # fmt: skip
    event = {
        "target": "cumulocity", "event_id": "1", "device_id": f"efento:{SENSOR}", "lane": "x", "event_at": now_us,
        "created_at": now_us, "body": "{}", "state": "sent", "attempts": 0, "next_try": 0, "last_error": "",
        "sent_at": now_us,
    }  # fmt: skip
    episode = {
        "alert": "fridges", "subject": f"efento:{SENSOR}", "measure": "temperature", "unit": "°C", "state": "over",
        "begins_at": now_us, "known_at": now_us, "raw_ids": "[]", "end_raw_ids": "[]", "note": "",
        "acknowledged_by": "",
    }  # fmt: skip
    refused = {
        "source": "cloudtrax", "received_at": now_us, "sender": "192.0.2.7", "status": 400, "reason": "bad_json",
        "detail": "", "meta": "{}", "body": b"x" * 500 + PHONE.encode()[:12],
    }  # fmt: skip
    mark = {"target": "cumulocity", "kind": "reading", "device_id": f"efento:{SENSOR}", "at": now_us}
    lane = {"target": "cumulocity", "lane": f"efento:{SENSOR}", "sent": 1, "last_at": now_us}
    with project.store.writer() as connection:
        for table, row in ((FORWARD_MARK, mark), (FORWARD_COUNT, lane)):
            connection.execute(table.insert().values(**row))
        for table, row in ((REPORT_RUN, run), (MESSAGE, message), (OUTBOX, event), (ALERT_EPISODE, episode)):
            connection.execute(table.insert().values(**row))
        connection.execute(REFUSED.insert().values(**refused))
        connection.execute(REFUSED.insert().values(**{**refused, "body": b'{"mac":"' + PHONE.encode() + b'"'}))
