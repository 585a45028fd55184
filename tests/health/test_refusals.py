"""What was refused at the door, as a table and as what needs a look."""

import time
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from telltale.cli import telltale
from telltale.contract import Source
from telltale.health.refusals import concerns, refused_table
from telltale.health.turned_away import needs
from telltale.landing import Landing
from telltale.settings import load
from telltale.sources import SOURCES
from telltale.sources.sigfox import remedies as sigfox
from telltale.sources.sigfox.payload import bytes_read, layout
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


def turned_away(root: Path, source: str, reason: str, detail: str) -> Project:
    """A project whose door turned away one request a minute ago."""
    project = Project(settings=load(write_settings(root)), now=lambda: NOW)
    landing: Landing = project.landing()
    landing.refuse(
        source=source, received_at=NOW - 60_000_000, sender="192.0.2.77", status=403, reason=reason, detail=detail,
        body=b"secret body", meta="{}",
    )  # fmt: skip
    landing.close()
    return project


@pytest.mark.parametrize(
    ("refused", "what", "line"),
    [
        (
            ("cloudtrax", "bad_signature", "network 179283: the signature does not fit the body and the secret"),
            "1 report refused: wrong secret",
            '[cloudtrax]\n"179283" = "…"',
        ),
        (
            ("cloudtrax", "unknown_network", "network 179283 has no secret; add it to secrets.toml [cloudtrax]"),
            "1 report refused: network without a secret",
            '[cloudtrax]\n"179283" = "…"',
        ),
        (
            ("cloudtrax", "bad_signature", 'network "]x: the signature does not fit'),
            "1 report refused: wrong secret",
            '[cloudtrax]\n"network id" = "…"',
        ),
        (("cloudtrax", "missing_signature", ""), "1 report refused: no signature", '[cloudtrax]\n"network id" = "…"'),
        (
            ("cloudtrax", "no_secret", 'a report from elsewhere needs a secret; add the line 71234 = "<secret>" below'),
            "1 report refused: no secret is set",
            '[cloudtrax]\n"71234" = "…"',
        ),
        (("sigfox", "foreign_host", "Host"), "1 callback refused: sent under another name", '[sigfox]\nbackend = "…"'),
        (("efento", "foreign_host", ""), "1 frame refused: sent under another name", '[efento]\nconfigure = "…"'),
        (("meraki", "bad_secret", ""), "1 report refused: wrong secret", '[meraki]\noffice = "…"'),
        (("sigfox", "no_secret", ""), "1 callback refused: no secret is set", '[sigfox]\nbackend = "…"'),
        (("sigfox", "missing_secret", ""), "1 callback refused: no secret sent", "Authorization: Bearer …"),
        (("efento", "bad_token", ""), "1 frame refused: wrong cloud token", '[efento]\nhall = "…"'),
        (("sigfox", "bad_kind", ""), "1 callback refused: bad kind", ""),
        (("gone", "bad_kind", ""), "1 request refused: bad kind", ""),
    ],
)
def test_a_refusal_is_told_with_what_puts_it_right(
    tmp_path: Path, refused: tuple[str, str, str], what: str, line: str
) -> None:
    (need,) = needs(turned_away(tmp_path, *refused), now=local_time(NOW, ZONE))
    assert (need.what.replace("\xa0", " "), need.line) == (what, line)
    assert "newest 1\xa0min ago" in need.text
    assert bool(line) == bool(need.file)
    assert "192.0.2.77" not in f"{need.text}{need.what}"


@pytest.mark.parametrize("source", [each for each in SOURCES if each.remedy is not None], ids=lambda each: each.name)
def test_lines_to_paste_into_a_toml_file_are_toml(source: Source) -> None:
    """They are pasted by people who follow them to the letter."""
    assert source.remedy is not None
    reasons = ("bad_signature", "unknown_network", "missing_signature", "bad_secret", "no_secret", "no_validator",
               "bad_token", "missing_token", "no_payload_config")  # fmt: skip
    found = [remedy for reason in reasons if (remedy := source.remedy(reason, "00e5ff38: name its fields"))]
    assert found
    for remedy in found:
        if remedy.file.endswith(".toml"):
            assert len(tomllib.loads(remedy.line)) == 1
        assert remedy.text.endswith(".")


@pytest.mark.parametrize("size", range(1, 13))
def test_the_payload_line_reads_a_message_of_that_length(size: int) -> None:
    remedy = sigfox.remedy("no_payload_config", f"{'ab' * size}: name its fields")
    assert remedy is not None
    config = tomllib.loads(remedy.line)["sources"]["sigfox"]["payload"]
    assert bytes_read(layout(config)) == size


def test_the_command_says_what_to_do_at_the_door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = time.time_ns() // 1000
    project = Project(settings=load(write_settings(tmp_path)))
    landing: Landing = project.landing()
    for _ in range(3):
        landing.refuse(
            source="cloudtrax", received_at=moment, sender="192.0.2.77", status=403, reason="bad_signature",
            detail="network 179283: the signature does not fit", body=b"", meta="{}",
        )  # fmt: skip
    landing.close()
    monkeypatch.setenv("TELLTALE_HOME", str(tmp_path))
    told = CliRunner().invoke(telltale, ["rejected", "--at", "door"], catch_exceptions=False).stdout
    assert "cloudtrax, bad_signature, 3 times: The signature of network 179283 does not fit" in told
    assert '    "179283" = "…"' in told
