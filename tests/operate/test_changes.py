"""What a change of a project's files starts again, and what is wrong in one."""

from pathlib import Path

import pytest

from telltale.cli.up import Running, _farewell, dashboard_child
from telltale.operate.changes import Files, Told, touched
from telltale.settings import load
from telltale.settings.secrets import read_secrets
from tests.served import make_project

PARTS = ("webhooks", "coap", "arp", "mqtt", "upkeep", "forward", "schedule", "dashboard")
ASKING = {"upkeep", "forward", "schedule", "dashboard"}


def told(root: Path) -> Told:
    return Told(load(root), read_secrets(root))


@pytest.mark.parametrize(
    ("toml", "parts"),
    [
        ("# a comment alone", set()),
        ("[webhooks]\nport = 8099", {"webhooks"} | ASKING),
        ("[coap]\nprefix = 'site'", {"coap"} | ASKING),
        ("[arp]\ndhcp = true", {"arp"} | ASKING),
        ("[mqtt]\nhost = 'broker'\ntopics = {'a/#' = 'cloudtrax'}", {"mqtt"} | ASKING),
        ("[dashboard]\nmax_pages = 3", {"dashboard", "webhooks", "schedule"}),
        ("[dashboard]\npublic_url = 'https://tell.example.org'", {"dashboard", "webhooks", "schedule"}),
        ("[reports.cold]\nnotebook = 'sensor_report'", {"dashboard", "schedule"}),
        ("[idle]\nevery_s = 5", set()),
        ("[site]\ntimezone = 'Europe/Berlin'", set(PARTS)),
        ("[kanban]\ndead_time_s = 5", {"arp"} | ASKING),
        ("[log]\nlevel = 'debug'", set(PARTS)),
        ("[landing]\ngroup = 8", set(PARTS)),
        ("[sources.cloudtrax]\nsignature = 'hex'", set(PARTS)),
    ],
)
def test_a_section_touches_who_is_told_of_it(tmp_path: Path, toml: str, parts: set[str]) -> None:
    before = told(make_project(tmp_path))
    (tmp_path / "telltale.toml").write_text(toml)
    assert touched(before, told(tmp_path), PARTS) == parts


@pytest.mark.parametrize(
    ("secrets", "parts"),
    [
        ('[sigfox]\nall = "s"', {"webhooks", "coap", "mqtt", "upkeep", "dashboard"}),
        ('[mqtt]\npassword = "s"', {"mqtt"}),
        ('[thingworx]\napp_key = "s"', {"forward"}),
        ('[activity]\n"pc:desk-3" = "s"', {"dashboard"}),
        ('[publish]\nmail_password = "s"', {"schedule"}),
    ],
)
def test_a_secret_touches_who_needs_it(tmp_path: Path, secrets: str, parts: set[str]) -> None:
    before = told(make_project(tmp_path))
    with (tmp_path / "secrets.toml").open("a") as file:
        file.write(f"\n{secrets}\n")
    assert touched(before, told(tmp_path), PARTS) == parts


def test_a_file_counts_as_changed_once_it_stays_as_it_is(tmp_path: Path) -> None:
    files = Files(load(make_project(tmp_path)))
    assert files.changed() == set()
    (tmp_path / "devices.csv").write_text("device_id\n")
    assert files.changed() == set(), "an editor may still be writing"
    assert files.changed() == {"devices.csv"}
    assert files.changed() == set(), "said once"
    (tmp_path / "devices.csv").unlink()
    files.changed()
    assert files.changed() == {"devices.csv"}


def test_a_mode_put_right_counts_as_a_change(tmp_path: Path) -> None:
    secrets = make_project(tmp_path) / "secrets.toml"
    files = Files(load(tmp_path))
    secrets.chmod(0o644)
    files.changed()
    assert files.changed() == {"secrets.toml"}
    secrets.chmod(0o600)
    files.changed()
    assert files.changed() == {"secrets.toml"}, "others may no longer read them, so they are taken now"


@pytest.fixture
def running(tmp_path: Path) -> tuple[Running, list[str]]:
    said: list[str] = []
    make_project(tmp_path, "[coap]\nport = 0\n")
    return Running(load(tmp_path), dashboards=False, say=lambda _, line: said.append(line)), said


def follow(running: Running) -> set[str] | None:
    """Who starts again after a change; None where all runs on."""
    running.follow()
    change = running.follow()
    return None if change is None else set(change.again)


def test_a_change_is_said_with_whom_it_touches(running: tuple[Running, list[str]], tmp_path: Path) -> None:
    run, said = running
    (tmp_path / "telltale.toml").write_text("[coap]\nport = 0\nprefix = 'site'\n")
    assert follow(run) == {"coap", "upkeep"}
    assert said == ["telltale.toml changed; restarts coap, upkeep"]
    (tmp_path / "devices.csv").write_text("device_id;name\na;b\n")
    assert follow(run) == set()
    assert said[1:] == ["devices.csv changed; nothing has to restart"]
    assert follow(run) is None


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("telltale.toml", "[coap\n", "not valid TOML"),
        ("telltale.toml", "[coap]\nport = 'x'\n", "telltale.toml [coap] port"),
        ("telltale.toml", "[webhooks]\nhost = '0.0.0.0'\n", "0.0.0.0"),
        ("buttons.csv", "Name\nx\n", "no column Name and MAC-Address"),
        ("devices.csv", "device_id,low\na,warm\n", "devices.csv line 2 low"),
        ("secrets.toml", "[sigfox\n", "not valid TOML"),
    ],
)
def test_a_broken_file_is_said_and_all_runs_on(
    running: tuple[Running, list[str]], tmp_path: Path, name: str, text: str, sentence: str
) -> None:
    run, said = running
    before = (tmp_path / name).read_bytes() if (tmp_path / name).exists() else b""
    children = run.children
    if name == "telltale.toml" and "webhooks" in text:
        (tmp_path / "secrets.toml").write_text("")
        run._told = Told(run._told.settings, read_secrets(tmp_path))
    (tmp_path / name).write_text(text)
    assert follow(run) is None
    [line] = said
    assert line.startswith(f"{name} changed: ") or " and " in line
    assert sentence in line
    assert line.endswith("; until it is corrected all runs as before")
    assert run.children == children
    (tmp_path / name).write_bytes(before or b"# nothing\n")


def test_another_folder_of_data_waits_for_the_next_start(running: tuple[Running, list[str]], tmp_path: Path) -> None:
    run, said = running
    (tmp_path / "telltale.toml").write_text("[paths]\ndata = 'other'\n")
    assert follow(run) is None
    assert said == ["telltale.toml changed: [paths] holds from the next start; stop telltale up and start it again"]


def test_the_dashboards_keep_their_port_and_the_token_that_was_made_for_them(tmp_path: Path) -> None:
    pytest.importorskip("voila", reason="the dashboards need the extra lab")
    root = make_project(tmp_path, "[dashboard]\nport = 0\n")
    [first] = dashboard_child(load(root))
    (root / "telltale.toml").write_text("[dashboard]\nport = 0\nmax_pages = 3\n")
    [then] = dashboard_child(load(root), former=first)
    assert then == first


@pytest.mark.parametrize(
    ("undrained", "sentence"),
    [
        ((), "all stored: every record that was acknowledged is on disk"),
        (("dashboard",), "all stored: every record that was acknowledged is on disk"),
        (("coap", "dashboard"), "coap did not end in time: every record that was acknowledged is on disk, what was"),
    ],
)
def test_the_last_line_says_what_is_known_of_the_records(undrained: tuple[str, ...], sentence: str) -> None:
    assert _farewell(undrained).startswith(sentence)
