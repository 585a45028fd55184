"""Whom the forwarder connects as: telltale.toml, the older INI file, secrets that are never shown."""

from pathlib import Path

import pytest

from telltale.cli.up import wanted
from telltale.contract import ConfigError
from telltale.forward.account import account, secret
from telltale.forward.passing import passings
from telltale.settings import load
from tests.forward.forwarded import PASSWORD, project

INI = """\
[C8YMQTT]
tenant = https://example.cumulocity.com/
tenantID = t123
user = t123\\kanban
port = 8883
password = 100%sure
deviceID = hall-3
"""


def folder(root: Path, toml: str = "", *, ini: str = "", secrets: str = "", mode: int = 0o600) -> Path:
    (root / "telltale.toml").write_text(toml, encoding="utf-8")
    if ini:
        (root / "c8y.ini").write_text(ini, encoding="utf-8")
        (root / "c8y.ini").chmod(mode)
    if secrets:
        (root / "secrets.toml").write_text(secrets, encoding="utf-8")
        (root / "secrets.toml").chmod(0o600)
    return root


OURS = '[forward.cumulocity]\nini = "c8y.ini"\n'


def test_the_older_file_is_enough(tmp_path: Path) -> None:
    found = account(load(folder(tmp_path, OURS, ini=INI)))
    assert found is not None
    assert (found.host, found.port, found.tls) == ("example.cumulocity.com", 8883, True)
    assert (found.user, found.password, found.device_id) == ("t123/kanban", "100%sure", "hall-3")


def test_what_stands_in_our_file_and_the_secret_win(tmp_path: Path) -> None:
    toml = f'{OURS}tenant = "other.example"\ndevice_id = "gate"\nport = 9883\n'
    found = account(load(folder(tmp_path, toml, ini=INI, secrets='[cumulocity]\npassword = "ours"\n')))
    assert found is not None
    assert (found.host, found.port, found.device_id, found.password) == ("other.example", 9883, "gate", "ours")
    assert found.user == "t123/kanban"


@pytest.mark.parametrize(
    ("user", "tenant_id", "expected"),
    [
        ("t123/kanban", "t123", "t123/kanban"),
        ("t123\\kanban", "t123", "t123/kanban"),
        ("kanban", "t123", "t123/kanban"),
        ("t123/kanban", "", "t123/kanban"),
        ("kanban", "", "kanban"),
    ],
)
def test_the_user_is_sent_with_the_id_and_a_slash(tmp_path: Path, user: str, tenant_id: str, expected: str) -> None:
    toml = f"[forward.cumulocity]\ntenant = 'h'\nuser = '{user}'\ntenant_id = '{tenant_id}'\n"
    found = account(load(folder(tmp_path, toml, secrets='[cumulocity]\npassword = "p"\n')))
    assert found is not None
    assert found.user == expected


HOST = '[forward.cumulocity]\ntenant = "h"\n'
WRONG = [
    ("no user", HOST, "", "expected <tenant id>/<user>"),
    ("another tenant's user", f'{HOST}user = "t9/x"\ntenant_id = "t1"', "", 'tenant_id = "t1"'),
    ("the port in clear", f'{HOST}user = "t1/x"\nport = 1883', "", "expected 8883, or tls = false"),
    ("the older file's port in clear", OURS, INI.replace("8883", "1883"), "expected 8883, or tls = false"),
    ("no number", OURS, INI.replace("8883", "many"), 'port = "many": expected an integer'),
    ("a colon in the id", f'{HOST}user = "t1/x"\ndevice_id = "a:b"', "", "a colon separates"),
    ("no password", f'{HOST}user = "t1/x"', "", "secrets.toml below [cumulocity]"),
    ("no such file", '[forward.cumulocity]\nini = "none.ini"', "", "none.ini: cannot be read"),
    ("no section", OURS, "[OTHER]\ntenant = x\n", "no section [C8YMQTT]"),
    ("no INI file", OURS, "password = 100%sure\n", "not a valid INI file"),
]


@pytest.mark.parametrize(("toml", "ini", "sentence"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_a_wrong_account_is_said_without_its_secret(tmp_path: Path, toml: str, ini: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as raised:
        account(load(folder(tmp_path, toml, ini=ini)))
    assert sentence in str(raised.value)
    assert "sure" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_a_password_that_others_can_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"mode 644 lets others read its password; run: chmod 600"):
        account(load(folder(tmp_path, OURS, ini=INI, mode=0o644)))


def test_no_tenant_is_no_target(tmp_path: Path) -> None:
    opened = project(tmp_path)
    assert account(opened.settings) is None
    with pytest.raises(ConfigError, match=r"set tenant below \[forward.cumulocity\] or base_url"):
        passings(opened)
    opened.close()


def test_up_starts_the_forwarder_where_a_platform_is_set_and_says_what_is_wrong(tmp_path: Path) -> None:
    cases = ((INI, True), ("", False))
    for ini, is_started in cases:
        root = tmp_path / str(is_started)
        root.mkdir()
        settings = load(folder(root, OURS if ini else "", ini=ini))
        assert ("forward" in {child.name for child in wanted(settings)}) is is_started
    with pytest.raises(ConfigError, match="no app_key for ThingWorx"):
        wanted(load(folder(tmp_path, '[forward.thingworx]\nbase_url = "https://localhost/Thingworx"\n')))


@pytest.mark.parametrize(
    "address", ["https://user:pa55@host:x/T", "https://[::1/T", "https://user:pa55@host/T", "host"]
)
def test_a_wrong_address_is_told_with_its_section_and_without_a_password(tmp_path: Path, address: str) -> None:
    opened = project(tmp_path, f'[forward.thingworx]\nbase_url = "{address}"\n')
    with pytest.raises(ConfigError) as raised:
        passings(opened)
    assert str(raised.value).startswith("telltale.toml [forward.thingworx] address")
    assert "expected such as https://host/Thingworx" in str(raised.value)
    assert "pa55" not in str(raised.value)
    opened.close()


def test_secrets_come_from_the_file_or_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELLTALE_SECRET_THINGWORX_APP_KEY", "from-variable")
    settings = load(folder(tmp_path, secrets='[cumulocity]\npassword = "p"\n\n[thingworx]\napp_key = "from-file"\n'))
    assert secret(settings, "cumulocity", "password") == "p"
    assert secret(settings, "thingworx", "app_key") == "from-variable"
    monkeypatch.delenv("TELLTALE_SECRET_THINGWORX_APP_KEY")
    assert secret(load(tmp_path), "thingworx", "app_key") == "from-file"


@pytest.mark.parametrize("toml", ["", "[forward.thingworx]\nbase_url = 'http://example.com/Thingworx'\n"])
def test_a_key_is_not_sent_in_clear_to_another_machine(tmp_path: Path, toml: str) -> None:
    opened = project(tmp_path, toml)
    with pytest.raises(ConfigError, match="in clear" if toml else "nothing to forward to"):
        passings(opened)
    opened.close()


def test_a_key_no_header_may_hold_is_refused_unseen(tmp_path: Path) -> None:
    toml = "[forward.thingworx]\nbase_url = 'https://example.com/Thingworx'\n"
    opened = project(tmp_path, toml, secrets='[thingworx]\napp_key = "se cret\\n"\n')
    with pytest.raises(ConfigError, match="no header may hold") as raised:
        passings(opened)
    assert "se cret" not in str(raised.value)
    opened.close()


def test_no_password_is_shown(tmp_path: Path) -> None:
    opened = project(tmp_path, '[forward.cumulocity]\ntenant = "h"\nuser = "t1/x"\n')
    found = account(opened.settings)
    assert PASSWORD not in repr(found)
    assert PASSWORD not in str(found)
    opened.close()
