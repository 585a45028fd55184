"""Records that wait for the store are said: how many, and since when."""

import datetime as dt
from contextlib import closing
from pathlib import Path

import telltale as tt
from telltale.health.concerns import concerns as all_concerns
from telltale.health.spooled import concerns
from telltale.landing import Spool
from telltale.page.marked import bare
from telltale.workbench.project import Project
from telltale.workbench.times import local_time
from tests.lake_fixture import ZONE, at, write_settings
from tests.sources.toy import raw

NOW_US = at("2026-11-20 12:00")
NOW: dt.datetime = local_time(NOW_US, ZONE)


def test_what_waits_is_said_once_it_has_waited_for_a_minute(tmp_path: Path) -> None:
    ours = Project(write_settings(tmp_path / "project"), now=lambda: NOW_US)
    assert concerns(ours, now=NOW) == []
    with closing(Spool(ours.settings.spools, "http", most_records=9, most_bytes=1 << 20)) as spool:
        spool.append([raw(0)._replace(received_at=NOW_US - 30_000_000)])
        assert concerns(ours, now=NOW) == []
        spool.append([raw(0)._replace(received_at=NOW_US - 10_000_000)])
        (notice,) = concerns(ours, now=NOW + dt.timedelta(hours=2))
        (row,) = tt.health.spools(project=ours).to_dict("records")

    assert bare(notice.concern.what).replace("\xa0", " ") == "2 records not in the store yet"
    assert bare(notice.concern.when).replace("\xa0", " ").startswith("since ")
    assert (row["spool"], row["is_used"], row["records"], row["expired"]) == ("http-1", True, 2, 0)
    assert all_concerns(ours, now=NOW + dt.timedelta(hours=2)) == [notice]
