"""After `purge`, what is past its retention is found nowhere: addresses, pseudonyms, keys, in every unpacked byte."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from telltale.contract import Raw
from telltale.lake.redecode import redecode
from telltale.landing import Spool
from telltale.landing.schema import REFUSED
from telltale.operate import retention, spools
from telltale.presence import figures
from telltale.workbench import Project
from telltale.workbench.times import DAY
from tests.forget.kept import NODE, PHONE, WORLD, forms_of, forms_of_pseudonym, searched
from tests.lake_fixture import report, set_clock
from tests.worlds.building import built


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A phone that is heard only; nothing is kept for longer than the defaults say."""
    heard = tuple(sent for sent in WORLD.sent if type(sent).__name__ in ("Report", "Scan"))
    made = built(replace(WORLD, sent=heard, site="", buttons="", devices=""), tmp_path / "project")
    yield made
    made.close()


def test_nothing_is_left_of_a_visitor_whose_time_is_over(project: Project) -> None:
    now_us, data = project.now_us(), project.settings.data
    with closing(Spool(project.settings.spools, "http", most_records=9, most_bytes=1 << 20)) as spool:
        spool.append(
            [Raw(0, "cloudtrax", now_us, "", "{}", report(NODE, [(PHONE, -50, 1_795_170_000, 1_795_170_060)]))]
        )
    refused = {"source": "cloudtrax", "received_at": now_us, "sender": "", "status": 400, "reason": "bad_json"}
    with project.store.writer() as connection:
        connection.execute(REFUSED.insert().values(**refused, detail="", meta="{}", body=PHONE.encode()))
    retention.close_days(project, now_us=now_us)
    redecode(project.lake, now_us=now_us)
    aliases = {each for site in project.keys.sites() for each in project.pseudonymizer.candidates(PHONE, site)}
    keys = [each.key for site in project.keys.sites() for each in project.keys.existing(site)]
    wanted = [*forms_of(PHONE), *keys, *(form for each in aliases for form in forms_of_pseudonym(each))]
    before = searched(data, wanted)
    for place in ("landing/telltale.db", "landing/spool/", "lake/raw", "lake/sighting", "lake/visit", "keys/"):
        assert any(place in path for path in before), place
    told = figures("2026-11-16", "2026-11-17", project=project)["seen"].to_list()
    for days in (2, 6, 45):
        set_clock(project, now_us + days * DAY)
        spools.expire(project)
        retention.purge(project, now_us=project.now_us())
    assert searched(data, wanted) == {}
    assert figures("2026-11-16", "2026-11-17", project=project)["seen"].to_list() == told
