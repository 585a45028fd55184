"""telltale doctor: what is wrong is found and its fix named; what is well is said."""

import json
import os
import socket
import subprocess
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from telltale.contract import Raw
from telltale.lake.settle import settle_all
from telltale.operate.doctor import examine
from telltale.operate.finding import Finding
from telltale.operate.listening import answers_coap, runs_here, who_listens
from telltale.operate.permissions import open_to_others
from telltale.operate.project_lock import only_one
from telltale.settings import load
from telltale.workbench.project import Project
from tests.served import collecting, make_project, telltale

NOW_US = 1_795_160_000_000_000


def findings(root: Path, *, now_us: int = NOW_US) -> list[Finding]:
    return list(examine(Project(settings=load(root), now=lambda: now_us)))


def of(check: str, found: list[Finding]) -> list[Finding]:
    return [finding for finding in found if finding.check == check]


def test_nothing_is_wrong_with_a_new_project(tmp_path: Path) -> None:
    found = findings(make_project(tmp_path, "[webhooks]\nport = 0\n"))
    assert [finding for finding in found if finding.state == "wrong"] == []
    assert {"python", "settings", "secrets", "folders", "keys", "store", "lake", "webhooks", "disk", "clock"} <= {
        finding.check for finding in found
    }


def loose_key(root: Path) -> None:
    keys = root / "data" / "keys"
    keys.parent.mkdir(mode=0o700, exist_ok=True)
    keys.mkdir(mode=0o700)
    (keys / "site.key").touch(mode=0o644)


def wrong_device(root: Path) -> None:
    (root / "devices.csv").write_text("device_id,low\na,warm\n")


def wrong_button(root: Path) -> None:
    (root / "buttons.csv").write_text("Name, MAC-Address\nTide, ac:63:be\n")


def unknown_source(root: Path) -> None:
    (root / "telltale.toml").write_text("[sources.cloudtracks]\n")


def wrong_option(root: Path) -> None:
    (root / "telltale.toml").write_text('[sources.sigfox]\npayload = "temp::byte:8"\n')


def public_without_secret(root: Path) -> None:
    (root / "secrets.toml").write_text("")
    (root / "telltale.toml").write_text('[webhooks]\nhost = "0.0.0.0"\n')


def file_for_folder(root: Path) -> None:
    (root / "data").write_text("not a folder")


def wrong_topic(root: Path) -> None:
    (root / "telltale.toml").write_text('[mqtt]\nhost = "broker"\ntopics = { "a/#" = "efento/x" }\n')


def wrong_filter(root: Path) -> None:
    (root / "telltale.toml").write_text('[mqtt]\nhost = "broker"\ntopics = { "a/#/b" = "cloudtrax" }\n')


def no_key(root: Path) -> None:
    (root / "telltale.toml").write_text('[forward.thingworx]\nbase_url = "https://localhost/Thingworx"\n')


def wrong_platform(root: Path) -> None:
    (root / "secrets.toml").write_text('[thingworx]\napp_key = "k3y"\n')
    (root / "telltale.toml").write_text('[forward.thingworx]\nbase_url = "https://user:pa55@host:x/Thingworx"\n')


WRONG: list[tuple[Callable[[Path], None], str, str, str]] = [
    (loose_key, "keys", "readable by others", "chmod 600"),
    (wrong_device, "settings", 'line 2 low = "warm"', "expected a number"),
    (wrong_button, "buttons", 'line 2 MAC-Address = "ac:63:be"', "expected six pairs"),
    (unknown_source, "settings", 'no source "cloudtracks"', "known: button, cloudtrax"),
    (wrong_option, "settings", 'field "temp": type "byte"', "is none of bool, char, float, uint, int"),
    (public_without_secret, "webhooks", "a public address needs a source with its secret", "add it to secrets.toml"),
    (wrong_topic, "mqtt", '[mqtt] topics "a/#" = "efento/x": no such address', "known: efento/c"),
    (wrong_filter, "mqtt", '[mqtt] topics "a/#/b": no filter, + stands for', "expected such as"),
    (no_key, "forward", "no app_key for ThingWorx: write it to secrets.toml", "TELLTALE_SECRET_THINGWORX_APP_KEY"),
    (wrong_platform, "forward", "[forward.thingworx] address: its host or port is none", "https://host/Thingworx"),
    (file_for_folder, "store", "data", "expected a folder"),
]


def test_what_is_odd_in_the_list_of_buttons_is_a_note(tmp_path: Path) -> None:
    root = make_project(tmp_path)
    (first,) = of("buttons", findings(root))
    assert first.state == "note"
    assert "no buttons.csv: no device is listed" in first.found
    lines = ["Name,MAC,role", "Tide,ac:63:be:00:00:01,", "Phone,02:63:be:00:00:02,presence"]
    (root / "buttons.csv").write_text("\n".join(lines))
    listed, random, quiet = of("buttons", findings(root))
    assert (listed.state, listed.found) == ("ok", "buttons.csv, 2 devices listed")
    assert random.found.startswith("buttons.csv line 3: Phone has a locally administered address")
    assert quiet.fix == "set [kanban] presence = true if their owners agree"
    assert {random.state, quiet.state} == {"note"}


@pytest.mark.parametrize(("harm", "check", "said", "fix"), WRONG, ids=[row[0].__name__ for row in WRONG])
def test_what_is_wrong_names_its_fix(
    tmp_path: Path, harm: Callable[[Path], None], check: str, said: str, fix: str
) -> None:
    root = make_project(tmp_path)
    harm(root)
    wrong = [finding for finding in of(check, findings(root)) if finding.state == "wrong"]
    assert len(wrong) == 1
    assert said in wrong[0].found
    assert fix in wrong[0].fix


def test_a_taken_port_is_wrong_unless_a_collector_has_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        root = make_project(tmp_path, f"[webhooks]\nport = {port}\n")
        taken.settimeout(0.1)
        [finding] = of("webhooks", findings(root))
    assert finding.state == "wrong"
    assert finding.fix.startswith('choose another port in telltale.toml [webhooks], or end that program: "')
    assert str(port) in finding.fix or os.name == "nt"


def test_a_taken_port_of_datagrams_is_wrong_unless_a_coap_server_answers(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        root = make_project(tmp_path, f"[coap]\nport = {port}\n")
        answering = threading.Thread(target=_reset, args=(taken,))
        answering.start()
        assert answers_coap("127.0.0.1", port)
        answering.join()
        taken.settimeout(0.01)
        [finding] = of("coap", findings(root))
    assert (finding.state, "choose another port in telltale.toml [coap]" in finding.fix) == ("wrong", True)


def _reset(taken: socket.socket) -> None:
    asked, sender = taken.recvfrom(64)
    taken.sendto(b"\x70\x00" + asked[2:4], sender)


@pytest.mark.parametrize(
    ("platform", "command"),
    [
        ("linux", '"ss -lunp sport = :5683"'),
        ("darwin", '"lsof -nP -iUDP:5683"'),
        ("win32", '"netstat -ano -p udp"'),
    ],
)
def test_the_command_that_names_a_program_is_of_the_system(platform: str, command: str) -> None:
    assert who_listens(5683, is_udp=True, platform=platform) == command


def test_a_collector_of_this_project_is_told_from_another_ones(tmp_path: Path) -> None:
    settings = load(make_project(tmp_path))
    assert not runs_here(settings)
    with only_one(settings, "up"):
        assert runs_here(settings)
    assert not runs_here(settings)


def test_no_advice_that_cannot_be_followed(tmp_path: Path) -> None:
    """The agent of a PC has no secret, a capture none either; nothing here starts Java."""
    found = findings(make_project(tmp_path, "[webhooks]\nport = 0\n"))
    told = " ".join(finding.found + finding.fix for finding in found)
    assert "pc_idle" not in told
    assert "java" not in told.lower()
    assert "Spark" not in told


def test_spark_is_looked_at_where_it_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    found = findings(make_project(tmp_path, '[webhooks]\nport = 0\n[engine]\nspark = "local[2]"\n'))
    (engine,) = [finding for finding in found if finding.check == "engine"]
    assert (engine.state, engine.fix.startswith("apt-get install openjdk-17-jre-headless")) == ("note", True)
    assert f"Java is not in JAVA_HOME ({tmp_path}), expected 17 or newer" in engine.found


@pytest.mark.parametrize(
    ("toml", "is_said"),
    [
        ("", True),
        ("[site]\nname = 'Lobby'\n", True),
        ("[site]\ntimezone = 'UTC'\n", False),
        ("[site]\ntimezone = 'Europe/Berlin'\n", False),
        ("[site.71234]\ntimezone = 'Europe/Berlin'\n", False),
        ("[site.71234]\nname = 'Lobby'\n", True),
        ("[site]\ntimezone = 'Europe/Berlin'\n[site.71234]\nname = 'Lobby'\n", False),
    ],
)
def test_a_time_zone_that_nobody_chose_is_a_note(tmp_path: Path, toml: str, *, is_said: bool) -> None:
    found = of("zone", findings(make_project(tmp_path, toml)))
    assert [finding.state for finding in found] == (["note"] if is_said else [])


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_each_fault_is_said_once_and_its_command_can_be_pasted(tmp_path: Path) -> None:
    root = make_project(tmp_path / "a project")
    (root / "data").mkdir(mode=0o700)
    loose_key(root)
    [wrong] = [finding for finding in findings(root) if "chmod" in finding.fix]
    assert wrong.check == "keys"
    subprocess.run(wrong.fix, shell=True, check=True)
    (root / "data").chmod(0o755)
    (root / "data" / "keys" / "site.key").chmod(0o644)
    [wrong] = [finding for finding in findings(root) if "chmod" in finding.fix]
    assert wrong.check == "folders"


def test_what_keeps_several_checks_from_their_work_is_said_once(tmp_path: Path) -> None:
    root = make_project(tmp_path)
    file_for_folder(root)
    wrong = [finding.found for finding in findings(root) if finding.state == "wrong"]
    assert len(wrong) == len(set(wrong))


def test_a_clock_behind_its_own_records_is_wrong(tmp_path: Path) -> None:
    root = make_project(tmp_path)
    project = Project(settings=load(root))
    landing = project.landing()
    landing.append(Raw(0, "cloudtrax", NOW_US, "10.0.0.5", "{}", b"{}"))
    landing.close()
    [behind] = of("clock", findings(root, now_us=NOW_US - 3_600_000_000))
    assert (behind.state, behind.found) == ("wrong", "it is earlier than what has happened already")
    assert of("clock", findings(root))[0].state != "wrong"


def test_files_of_another_host_are_found(tmp_path: Path) -> None:
    root = make_project(tmp_path)
    project = Project(settings=load(root), now=lambda: NOW_US)
    landing = project.landing()
    landing.append(Raw(0, "cloudtrax", NOW_US, "10.0.0.5", "{}", b"{}"))
    landing.close()
    settle_all(project.lake, now_us=NOW_US)
    with project.store.writer() as connection:
        connection.execute(sa.text("update files set host = 'elsewhere', path = path || 'x'"))
    [lake] = of("lake", findings(root))
    assert lake.state == "wrong"
    assert "elsewhere" in lake.found


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_the_command_exits_1_when_something_is_wrong(tmp_path: Path) -> None:
    root = make_project(tmp_path, "[webhooks]\nport = 0\n")
    assert telltale(root, "doctor").returncode == 0
    loose_key(root)
    failed = telltale(root, "doctor")
    assert failed.returncode == 1
    assert "chmod 600" in failed.stdout


def test_a_damaged_store_is_found_by_reading_all_of_it(tmp_path: Path) -> None:
    root = make_project(tmp_path)
    with closing(Project(settings=load(root))) as project:
        landing = project.landing()
        landing.put_many(Raw(0, "cloudtrax", NOW_US, "10.0.0.5", "{}", b"x" * 3000) for _ in range(50))
        landing.close()
        project.store.scrub()
    file = root / "data" / "landing" / "telltale.db"
    with file.open("r+b") as pages:
        pages.seek(-3 * 4096, os.SEEK_END)
        pages.write(b"\xff" * 4096)
    [store] = of("store", findings(root))
    assert store.state == "wrong"
    assert f"{file} is damaged" in store.found
    assert store.fix.endswith("put a backup in its place")


def test_a_lost_store_is_told_from_a_new_one(tmp_path: Path) -> None:
    root = make_project(tmp_path)
    with closing(Project(settings=load(root), now=lambda: NOW_US)) as project:
        landing = project.landing()
        landing.append(Raw(0, "cloudtrax", NOW_US, "10.0.0.5", "{}", b"{}"))
        landing.close()
        settle_all(project.lake, now_us=NOW_US)
    assert [finding.state for finding in of("store", findings(root))] == ["ok"]
    (root / "data" / "landing" / "telltale.db").unlink()
    for _ in range(2):  # the first look has made a new one
        [store] = of("store", findings(root))
        assert store.state == "wrong"
        assert store.found.endswith("the store's own file was lost")


@pytest.mark.slow
def test_a_store_deleted_under_a_running_collector_is_said_by_its_health_and_by_doctor(tmp_path: Path) -> None:
    root = make_project(tmp_path)
    with collecting(root) as running:
        (root / "telltale.toml").write_text(f"[webhooks]\nport = {running.port}\n")
        assert running.post_vector().status == 200
        for file in (root / "data" / "landing").iterdir():
            file.rename(tmp_path / file.name)
        assert running.post_vector().status == 503
        answer = running.send("GET", "/healthz")
        assert answer.status == 503
        assert "telltale.db is gone; put it back" in json.loads(answer.body)["store"]
        found = findings(root)
        assert "is gone" in of("store", found)[-1].found
        assert of("webhooks", found)[0].found.startswith("a collector answers"), "though it answers 503"
        (root / "data" / "landing" / "telltale.db").unlink()  # doctor looked, and made one
        for file in tmp_path.glob("telltale.db*"):
            file.rename(root / "data" / "landing" / file.name)
        assert running.post_vector().status == 200
        assert running.send("GET", "/healthz").status == 200


@pytest.mark.skipif(os.name != "posix", reason="this system has no modes of files")
def test_what_is_open_to_others_is_named_with_the_command_that_closes_it(tmp_path: Path) -> None:
    root = make_project(tmp_path / "a project", "[webhooks]\nport = 0\n")
    data = root / "data"
    data.mkdir()
    (data / "idle").mkdir()
    data.chmod(0o755)
    (data / "idle").chmod(0o750)

    def loose() -> list[Finding]:
        return [finding for finding in of("folders", findings(root)) if finding.state != "ok"]

    (wrong,) = loose()
    assert wrong.state == "wrong"
    assert wrong.found == f"{data} is open to others, with 1 paths in it"
    data.chmod(0o700)
    (note,) = loose()
    assert note.state == "note"
    assert note.found == f"1 paths in {data}, such as idle, are kept from others by its mode only"
    subprocess.run(note.fix.split(";")[0], shell=True, check=True)
    assert loose() == []


@pytest.mark.skipif(os.name != "posix", reason="this system has no modes of files")
def test_a_store_elsewhere_and_a_password_that_everybody_may_read_are_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, lake = tmp_path / "srv" / "telltale.db", tmp_path / "shared"
    root = make_project(tmp_path / "project", f"[paths]\nstore_url = 'sqlite:///{store}'\nlake_root = '{lake}'\n")
    assert of("store", findings(root))[0].state == "ok"
    assert [*open_to_others(load(root))] == []
    store.chmod(0o644)
    lake.chmod(0o750)  # a group may be meant
    assert [*open_to_others(load(root))] == [(f"{store} is readable by everybody", f"chmod o= {store}", False)]
    (root / "telltale.toml").write_text("[paths]\nstore_url = 'postgresql+psycopg://user:pa55@host/name'\n")
    (root / "telltale.toml").chmod(0o644)
    (said,) = open_to_others(load(root))
    assert said.found == f"{root / 'telltale.toml'} holds the password of [paths] store_url and is readable by others"
    assert "pa55" not in str(said)
    (root / "telltale.toml").chmod(0o600)
    assert [*open_to_others(load(root))] == []
    (root / "telltale.toml").chmod(0o644)
    monkeypatch.setenv("TELLTALE_PATHS__STORE_URL", "postgresql+psycopg://user:pa55@host/name")
    assert [*open_to_others(load(root))] == []
