"""What was refused at the door, as a table and as what needs a look."""

from pathlib import Path

from telltale.health.refusals import concerns, refused_table
from telltale.landing import Landing
from telltale.settings import load
from telltale.workbench.project import Project
from telltale.workbench.times import local_time
from tests.lake_fixture import ZONE, at, write_settings

NOW = at("2026-11-20 14:00")
HOUR = 3_600_000_000


def refusing(root: Path, *ages_h: float, reason: str = "bad_signature") -> Project:
    """A project whose door turned away a request so many hours ago each."""
    project = Project(settings=load(write_settings(root)), now=lambda: NOW)
    landing: Landing = project.landing()
    for age in ages_h:
        landing.refuse(
            source="cloudtrax", received_at=NOW - round(age * HOUR), sender="192.0.2.1", status=403, reason=reason,
            detail="", body=b"", meta="{}",
        )  # fmt: skip
    landing.close()
    return project


def test_refused_requests_are_counted_by_source_and_reason(tmp_path: Path) -> None:
    project = refusing(tmp_path, 1, 2, 3, 25)
    refusing(tmp_path, 4, reason="unknown_network")
    rows = refused_table(project, "24h").to_pylist()
    assert [(row["source"], row["reason"], row["refused"]) for row in rows] == [
        ("cloudtrax", "bad_signature", 3),
        ("cloudtrax", "unknown_network", 1),
    ]
    assert (rows[0]["last_at"] - rows[0]["first_at"]).total_seconds() == 2 * 3600
    assert refused_table(project, "24h", source="sigfox").num_rows == 0


def test_many_refused_requests_need_a_look_and_few_do_not(tmp_path: Path) -> None:
    few = refusing(tmp_path / "few", *[1.0] * 19, *[30.0] * 5)
    assert not concerns(few, now=local_time(NOW, ZONE))
    many = refusing(tmp_path / "many", *[1.0] * 20)
    (notice,) = concerns(many, now=local_time(NOW, ZONE))
    assert notice.concern.what.replace("\xa0", " ") == "CloudTrax: at least 20 requests refused"
    assert notice.phrase.replace("\xa0", " ") == "!!20 requests!! to CloudTrax were refused (bad_signature)"
    assert notice.concern.level == "warning"
