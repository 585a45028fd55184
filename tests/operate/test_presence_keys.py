"""A key that is lost, damaged or another host's: noticed, and nothing but what needs it waits."""

from pathlib import Path

import pytest

import telltale as tt
from telltale.contract import ConfigError, Raw
from telltale.lake.redecode import redecode
from telltale.lake.settle import settle_all
from telltale.landing.schema import PRESENCE_KEY
from telltale.operate import presence_keys, retention
from telltale.operate.upkeep import settle as settle_when_due
from tests.lake_fixture import SITE, at, hear, set_clock, write_settings

VISITOR, OTHER_SITE = "3c:06:30:aa:bb:01", "80000"
NOON = "2026-11-20 12:00"


@pytest.fixture
def project(tmp_path: Path, project_store: None) -> tt.Project:
    """Friday noon: one visitor was here for an hour, and is settled."""
    write_settings(tmp_path / "project", keep=False)
    project = tt.Project(tmp_path / "project", now=lambda: at(NOON))
    hear(project, (VISITOR, "2026-11-20 10:00", "2026-11-20 11:00"))
    settle_all(project.lake, now_us=at(NOON))
    return project


def anew(project: tt.Project) -> tt.Project:
    """The same project as another process opens it."""
    return tt.Project(project.settings.root, now=project.clock)


def key_file(project: tt.Project, site: str = SITE) -> Path:
    (path,) = project.settings.keys.glob(f"site={site}/2026-11-20.*.key")
    return path


def button(project: tt.Project) -> None:
    """A record that needs no key."""
    landing = project.landing()
    landing.append(Raw(0, "nobody", at(NOON), "", "{}", b"1"))
    landing.close()


def devices(project: tt.Project) -> set[int]:
    return set(project.view().table("sighting").arrow()["device"].to_pylist())


def test_the_store_holds_a_fingerprint_and_nothing_of_the_key(project: tt.Project) -> None:
    (noted,) = project.noted_keys.every()
    key = key_file(project).read_bytes()
    assert (noted.site, noted.period, len(noted.fingerprint)) == (SITE, "2026-11-20", 32)
    with project.store.reader() as connection:
        told = repr(connection.execute(PRESENCE_KEY.select()).all())
    assert key.hex() not in told
    assert not any(key.hex()[place : place + 8] in noted.fingerprint for place in range(0, 64, 8))


@pytest.mark.parametrize("fault", ["gone", "emptied", "another"])
def test_one_device_is_not_made_two_and_nothing_else_waits(project: tt.Project, fault: str) -> None:
    before, path = devices(project), key_file(project)
    held = path.read_bytes()
    if fault == "gone":
        path.unlink()
    else:
        path.write_bytes(b"" if fault == "emptied" else bytes(32))
    project = anew(project)
    hear(project, (VISITOR, "2026-11-20 11:10", "2026-11-20 11:20"))
    hear(project, (VISITOR, "2026-11-20 11:10", "2026-11-20 11:10"), site=OTHER_SITE)
    button(project)

    done = settle_all(project.lake, now_us=at(NOON), max_rows=2)

    assert (done.raws, done.withheld) == (2, 2), "two records of the site wait, the other site's and the button's not"
    assert {row["device"] for row in rows(project, SITE)} == before
    (refused,) = project.keys.refused()
    assert {"gone": "is not here", "emptied": "0 bytes", "another": "another key"}[fault] in refused
    (finding,) = presence_keys.wrong(project)
    assert finding.state == "wrong"
    assert finding.fix
    assert f"{finding.found}; {finding.fix}" == refused
    assert fault != "gone" or not path.exists(), "none is made in its place"
    with pytest.raises(ConfigError, match="doctor"):
        redecode(project.lake, now_us=at(NOON), source="cloudtrax")

    path.write_bytes(held)

    assert project.keys.refused() == ()
    assert {row["device"] for row in rows(project, SITE)} == before
    assert settle_all(project.lake, now_us=at(NOON))[0] == 2
    assert {row["device"] for row in rows(project, SITE)} == before
    assert len(rows(project, SITE)) == 7 + 2
    assert [*presence_keys.wrong(project)] == []


@pytest.mark.parametrize("fault", ["gone", "emptied"])
def test_who_opted_out_is_not_kept_for_want_of_the_key_of_the_lists(project: tt.Project, fault: str) -> None:
    """Made anew, nobody would be on any list any more."""
    project.lists.add("opt_out", VISITOR)
    before, path = rows(project, SITE), project.settings.keys / "lists" / "key"
    held = path.read_bytes()
    if fault == "gone":
        path.unlink()
    else:
        path.write_bytes(b"")
    project = anew(project)
    hear(project, (VISITOR, "2026-11-20 11:10", "2026-11-20 11:20"))
    button(project)

    done = settle_all(project.lake, now_us=at(NOON))

    assert (done.raws, done.withheld) == (1, 2), "the button's record does not wait"
    assert rows(project, SITE) == before
    said = {"gone": "is not there, and addresses", "emptied": "0 bytes, expected a key of 32"}[fault]
    (finding,) = presence_keys.wrong(project)
    assert (finding.state, said in finding.found) == ("wrong", True)
    assert "bring" in finding.fix
    assert said in settle_when_due(anew(project), at(NOON) + 3600 * 10**6)
    with pytest.raises(ConfigError, match="bring"):
        project.lists.holds("opt_out", VISITOR)
    assert fault != "gone" or not path.exists(), "none is made in its place"

    path.write_bytes(held)

    assert [*presence_keys.wrong(project)] == []
    assert rows(project, SITE) == before, "hot ones of who opted out are no rows"
    assert settle_all(project.lake, now_us=at(NOON)).raws == 2
    assert rows(project, SITE) == before
    assert project.lists.holds("opt_out", VISITOR)


def rows(project: tt.Project, site: str) -> list[dict[str, object]]:
    return [row for row in project.view().table("sighting").arrow().to_pylist() if row["site"] == site]


def test_a_second_host_with_keys_of_its_own_is_refused(project: tt.Project, tmp_path: Path) -> None:
    """It decodes the same day first with what its own folder holds; the first host's rows stand."""
    more = f'[paths]\nstore_url = "{project.settings.store_url}"\n'
    other = write_settings(tmp_path / "other", keep=False, more=more)
    second = tt.Project(other, now=project.clock)
    hear(second, (VISITOR, "2026-11-20 11:10", "2026-11-20 11:20"))

    refused = anew(second)
    hot = refused.snapshot().hot
    tables = refused.decode_hot(hot)

    assert "sighting" not in tables
    assert set(tables["reject"]["reason"].to_pylist()) == {"key_refused"}
    (sentence,) = refused.keys.refused()
    assert "one device would be two" in sentence or "is not here" in sentence
    assert len({row["device"] for row in rows(project, SITE)}) == 1, "the first host reads them all"


def test_what_waits_longer_than_bodies_may_be_kept_goes(project: tt.Project) -> None:
    key_file(project).unlink()
    project = anew(project)
    hear(project, (VISITOR, "2026-11-20 11:10", "2026-11-20 11:20"))
    set_clock(project, at("2026-11-21 11:15"))

    assert retention.purge(project, now_us=project.now_us()).records == 7 + 1
    assert len(project.snapshot().hot) == 1
    retention.purge(project, now_us=at("2026-11-22 12:00"))
    assert project.snapshot().hot == ()


def test_a_destroyed_key_is_no_key_that_is_missing(project: tt.Project) -> None:
    set_clock(project, at("2026-11-24 12:00"))
    retention.purge(project, now_us=project.now_us())
    assert project.noted_keys.every() == []
    assert [*presence_keys.wrong(project)] == []
    hear(project, (VISITOR, "2026-11-20 10:00", "2026-11-20 10:00"))
    settle_all(project.lake, now_us=project.now_us())
    assert project.keys.refused() == ()


def test_beginning_anew_counts_what_waited_as_other_devices(project: tt.Project) -> None:
    before = devices(project)
    assert presence_keys.begin_anew(project, SITE) == []
    key_file(project).write_bytes(b"damaged")
    project = anew(project)
    hear(project, (VISITOR, "2026-11-20 11:10", "2026-11-20 11:20"))
    assert settle_all(project.lake, now_us=at(NOON)).withheld == 2

    assert presence_keys.begin_anew(project, SITE) == ["2026-11-20"]

    assert settle_all(project.lake, now_us=at(NOON)).raws == 2
    assert len(devices(project) - before) == 1


def test_upkeep_says_what_waits_and_does_not_settle_for_it_alone(project: tt.Project) -> None:
    key_file(project).unlink()
    project = anew(project)
    hear(project, (VISITOR, "2026-11-20 11:10", "2026-11-20 11:20"))
    said = settle_when_due(project, at(NOON))
    assert "settled 0 records" in said
    assert "is not here" in said
    assert settle_when_due(project, at(NOON)) == ""
    hear(project, (VISITOR, "2026-11-20 11:10", "2026-11-20 11:10"), site=OTHER_SITE)
    assert settle_when_due(project, at("2026-11-20 13:00")).startswith("settled 1 records")
