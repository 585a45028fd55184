"""Settings: the file documents itself, variables win, and every error is one sentence that names the place."""

import re
import tomllib
from pathlib import Path

import pytest

from telltale.contract import ConfigError, Secrets
from telltale.settings import (
    DEFAULT_DEVICES,
    Device,
    Limit,
    Settings,
    SiteSettings,
    devices,
    find_root,
    load,
    new_secrets,
    new_toml,
)
from telltale.settings.publish import AlertSettings, ReportSettings
from telltale.sources import SOURCES


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TELLTALE_HOME", raising=False)


NEW_TOML = new_toml(source.options_text for source in SOURCES)
NEW_SECRETS = new_secrets(source.secrets_text for source in SOURCES)


def project(folder: Path, toml: str = "", *, secrets: str | None = None, mode: int = 0o600) -> Path:
    (folder / "telltale.toml").write_text(toml, encoding="utf-8")
    if secrets is not None:
        (folder / "secrets.toml").write_text(secrets, encoding="utf-8")
        (folder / "secrets.toml").chmod(mode)
    return folder


def uncommented(text: str) -> str:
    return re.sub(r"^# (?=\w+ = |\[)", "", text, flags=re.MULTILINE)


def test_the_written_file_is_all_defaults(tmp_path: Path) -> None:
    assert load(project(tmp_path, NEW_TOML)) == Settings(root=tmp_path, sources={"cloudtrax": {}})


def test_the_written_file_documents_every_key_with_its_default(tmp_path: Path) -> None:
    told = tomllib.loads(uncommented(NEW_TOML))
    lobby = told["site"].pop("71234")
    assert lobby == {"name": "Lobby", "timezone": "Europe/Berlin"}
    assert set(told.pop("reports")["cold_chain"]) == set(ReportSettings.model_fields)
    assert set(told.pop("alerts")["fridges"]) == set(AlertSettings.model_fields)
    fields = set(Settings.model_fields) - {"root", "sites", "reports", "alerts"}
    assert set(told) == fields
    defaults = Settings(root=tmp_path)
    for section in fields - {"sources"}:
        assert told[section] == getattr(defaults, section).model_dump(mode="json", by_alias=True), section


def test_the_other_written_files_are_read_back(tmp_path: Path) -> None:
    project(tmp_path, secrets=NEW_SECRETS)
    (tmp_path / "devices.csv").write_text(DEFAULT_DEVICES, encoding="utf-8")
    assert devices(load(tmp_path)) == []
    assert load(tmp_path).source("cloudtrax").secrets == {}
    assert tomllib.loads(uncommented(NEW_SECRETS))["cloudtrax"].keys() == {"71234"}


ERRORS = [
    ('[webhooks]\nport = "80a"', 'telltale.toml [webhooks] port = "80a": expected an integer from 0 to 65535'),
    ("[webhooks]\nport = 70000", "telltale.toml [webhooks] port = 70000: expected an integer from 0 to 65535"),
    ("[landing]\ngroup = 0", "telltale.toml [landing] group = 0: expected an integer of at least 1"),
    ("[landing]\nbusy_timeout_s = 0", "telltale.toml [landing] busy_timeout_s = 0: expected a number above 0"),
    ("[landing]\nbusy_timeout_s = 11", "expected ticket_timeout_s above busy_timeout_s (11)"),
    ('[site]\nkeep = "perhaps"', 'telltale.toml [site] keep = "perhaps": expected true or false'),
    (
        '[site]\nrotation = "year"',
        'telltale.toml [site] rotation = "year": expected one of "day", "week", "month", "never"',
    ),
    ('[site]\ntimezone = "Europe/Berln"', '[site] timezone = "Europe/Berln": expected a time zone of the IANA list'),
    ('[site]\ntimezone = "Europe/Berln"', 'did you mean "Europe/Berlin"?'),
    ("[site.71234]\nk = 0", "telltale.toml [site.71234] k = 0: expected an integer of at least 1"),
    ("[site.71234]\nkk = 1", "telltale.toml [site.71234] kk: unknown key; known: k, keep, name"),
    (
        '[forward.cumulocity]\ntennant = "x"',
        "telltale.toml [forward.cumulocity] tennant: unknown key; known: alerts, ca_file, device_id",
    ),
    ('[forward.cumulocity]\ntennant = "x"', 'did you mean "tenant"?'),
    ('[forward.thingworx]\ntimeout_s = "x"', '[forward.thingworx] timeout_s = "x": expected a number above 0'),
    ('[forward.thingworx]\nmode = "post"', '[forward.thingworx] mode = "post": expected one of "service", "property"'),
    ('[mqtt.topics]\n"a/#" = 3', "telltale.toml [mqtt.topics] a/# = 3: expected a valid string"),
    ("[kanban]\ndead_time_s = inf", "telltale.toml [kanban] dead_time_s = Infinity: expected a number from 0"),
    (
        "[forward]\nbacklog_days = 1e15",
        "[forward] backlog_days = 1000000000000000.0: expected a number from 0 to 36500",
    ),
    ("[webhook]\nport = 1", "telltale.toml webhook: unknown key; known: "),
    ("[webhook]\nport = 1", 'did you mean "webhooks"?'),
    ("webhooks = 3", "telltale.toml webhooks = 3: expected a table"),
    ("[paths]\ndata = 3", "telltale.toml [paths] data = 3: expected a text in quotes"),
    ("[paths]\nlake_root = [1]", "telltale.toml [paths] lake_root = [1]: expected a text in quotes"),
    ('root = "/x"', "telltale.toml root: unknown key"),
    ("port = ", "telltale.toml: not valid TOML"),
]


@pytest.mark.parametrize(("toml", "sentence"), ERRORS)
def test_an_error_names_file_key_value_and_expectation(tmp_path: Path, toml: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(project(tmp_path, toml))
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_variable_wins_over_the_file_and_is_named_in_its_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(tmp_path, '[webhooks]\nport = 81\nmax_body = 7\n[site.1]\nname = "A"\n')
    monkeypatch.setenv("TELLTALE_WEBHOOKS__PORT", "82")
    monkeypatch.setenv("TELLTALE_SITE__TIMEZONE", "Europe/Rome")
    monkeypatch.setenv("TELLTALE_SOURCES__CLOUDTRAX__SIGNATURE", "base64")
    settings = load(tmp_path)
    assert (settings.webhooks.port, settings.webhooks.max_body) == (82, 7)
    assert settings.site_of("1") == SiteSettings(name="A", timezone="Europe/Rome")
    assert settings.source("cloudtrax").options == {"signature": "base64"}

    monkeypatch.setenv("TELLTALE_WEBHOOKS__PORT", "eighty")
    with pytest.raises(ConfigError, match=r'^TELLTALE_WEBHOOKS__PORT = "eighty": expected an integer from 0 to 65535$'):
        load(tmp_path)


def test_a_site_takes_its_own_values_then_the_common_ones_then_its_id(tmp_path: Path) -> None:
    settings = load(project(tmp_path, '[site]\nk = 7\n[site.71234]\nname = "Lobby"\nrotation = "week"'))
    assert settings.site_of("71234") == SiteSettings(name="Lobby", rotation="week", k=7)
    assert settings.site_of("9") == SiteSettings(name="9", k=7)


def test_paths_lie_below_the_root_and_can_be_moved(tmp_path: Path) -> None:
    plain = Settings(root=tmp_path)
    assert plain.store_url == f"sqlite:///{tmp_path}/data/landing/telltale.db"
    assert (plain.lake_root, plain.keys) == (tmp_path / "data/lake", tmp_path / "data/keys")
    assert (plain.report_folder, plain.logs) == (tmp_path / "data/reports", tmp_path / "data/logs")
    moved = load(
        project(tmp_path, '[paths]\ndata = "d"\nstore_url = "sqlite:///x.db"\nlake_root = "s3://b/l"\nkeys = "/k"\n')
    )
    assert moved.store_url == f"sqlite:///{tmp_path}/x.db"
    assert (moved.lake_root, moved.keys, moved.report_folder) == ("s3://b/l", Path("/k"), tmp_path / "d/reports")
    several = load(project(tmp_path, '[paths]\nstore_url = "postgresql+psycopg://u@h/n"'))
    assert several.store_url == "postgresql+psycopg://u@h/n"


def test_the_project_is_found_upwards_or_by_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = project(tmp_path)
    (root / "notebooks/deep").mkdir(parents=True)
    monkeypatch.chdir(root / "notebooks/deep")
    assert find_root() == root
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.setenv("TELLTALE_HOME", str(other))
    with pytest.raises(ConfigError, match=r"no telltale\.toml there; run"):
        find_root()
    assert find_root(project(other)) == other
    monkeypatch.chdir(root)
    assert find_root() == other


def test_no_project_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match='run "telltale init" there or set TELLTALE_HOME'):
        find_root(Path("/"))


def test_an_empty_variable_is_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a container's settings leave empty would be a key that everybody knows."""
    monkeypatch.setenv("TELLTALE_SECRET_MERAKI_HALL", "")
    assert load(tmp_path).source("meraki").secrets == {}


def test_secrets_come_from_the_file_and_from_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project(tmp_path, secrets='token = "t"\n[cloudtrax]\n71234 = "file"\n5 = "five"\n')
    monkeypatch.setenv("TELLTALE_SECRET_CLOUDTRAX_71234", "variable")
    monkeypatch.setenv("TELLTALE_SECRET_PC_IDLE_KEY", "quiet-secret")
    settings = load(tmp_path)
    assert settings.token == "t"
    assert settings.source("cloudtrax").secrets == Secrets({"71234": "variable", "5": "five"})
    assert settings.source("pc_idle").secrets == {"key": "quiet-secret"}
    shown = repr(settings) + str(settings.source("cloudtrax")) + settings.model_dump_json()
    assert not any(secret in shown for secret in ("variable", "five", "quiet-secret"))


SECRET_ERRORS = [
    ("[cloudtrax]\n1 = 'x'", 0o644, "mode 644 lets others read it, expected 600; run: chmod 600"),
    ("[cloudtrax]\n1 = 5", 0o600, r"secrets.toml \[cloudtrax\] 1: expected the secret as a non-empty text"),
    ("cloudtrax = 'x'", 0o600, "secrets.toml cloudtrax: expected a table per source"),
    ("token = 5", 0o600, "secrets.toml token: expected a text"),
    ("[cloudtrax]\n1 = hidden", 0o600, "not valid TOML; expected lines such as"),
]


@pytest.mark.parametrize(("text", "mode", "sentence"), SECRET_ERRORS)
def test_a_wrong_secrets_file_is_refused_without_showing_it(
    tmp_path: Path, text: str, mode: int, sentence: str
) -> None:
    with pytest.raises(ConfigError, match=sentence) as caught:
        load(project(tmp_path, secrets=text, mode=mode))
    assert "hidden" not in str(caught.value)


def test_devices_are_read_with_their_numbers(tmp_path: Path) -> None:
    (tmp_path / "devices.csv").write_text(
        '\ufeffdevice_id,name,zone,low,high\nefento:01,"Fridge, left",Kitchen,2,8.5\n\n#efento:02,later,,,\nb,,,,\n'
    )
    assert devices(Settings(root=tmp_path)) == [
        Device("efento:01", "Fridge, left", zone="Kitchen", low=2.0, high=8.5),
        Device("b"),
    ]


@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [";", "\t"])
def test_devices_are_read_as_a_spreadsheet_saves_them(tmp_path: Path, separator: str, code: str) -> None:
    """Semicolons and decimal commas, tabs, empty columns behind the last, Windows' line ends."""
    table = [["device_id", "name", "low", "high", "", ""], ["efento:01", "Kühlschrank", "2", "8,5", "", ""], [""] * 6]
    text = "".join(f"{separator.join(row)}\r\n" for row in table)
    (tmp_path / "devices.csv").write_bytes(text.encode(code))
    assert devices(Settings(root=tmp_path)) == [Device("efento:01", "Kühlschrank", low=2.0, high=8.5)]


def test_a_mistake_below_a_line_that_tells_the_separator_has_its_line(tmp_path: Path) -> None:
    (tmp_path / "devices.csv").write_text("sep=;\ndevice_id;high\na;1.000,5\n")
    with pytest.raises(ConfigError, match=r'devices.csv line 3 high = "1.000,5": expected a number'):
        devices(Settings(root=tmp_path))


def test_limits_name_a_quantity_and_a_channel(tmp_path: Path) -> None:
    (tmp_path / "devices.csv").write_text(
        "device_id,low,high,low:humidity,high:humidity,high:2:humidity\na,2,8,30,60,70\nb,,,,60,\nc,,,,,\n"
    )
    assert devices(Settings(root=tmp_path)) == [
        Device("a", low=2, high=8, limits=(Limit("humidity", "", 30, 60), Limit("humidity", "2", None, 70))),
        Device("b", limits=(Limit("humidity", "", None, 60),)),
        Device("c"),
    ]


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("AC-86-74-61-4F-C0", "ac:86:74:61:4f:c0"),
        ("AC86.7461.4FC0", "ac:86:74:61:4f:c0"),
        ("ac:86:74:61:4f:c0", "ac:86:74:61:4f:c0"),
        ("pc:Anna's PC", "pc:Anna-s-PC"),  # as its agent and its export name it
        ("282C024156AF", "efento:282c024156af"),
        ("sigfox:2D24E6", "sigfox:2d24e6"),
    ],
)
def test_ids_of_devices_are_read_in_any_spelling(tmp_path: Path, typed: str, stored: str) -> None:
    (tmp_path / "devices.csv").write_text(f"device_id,name\n{typed},x\n")
    assert devices(Settings(root=tmp_path)) == [Device(stored, "x")]
    (tmp_path / "devices.csv").write_text(f"device_id,same_as\nsigfox:1,{typed}\n")
    assert devices(Settings(root=tmp_path)) == [Device("sigfox:1", same_as=stored)]


DEVICE_ERRORS = [
    ("device_id,colour\n", "line 1: unknown column 'colour'; expected device_id, name"),
    ("name\n", "line 1: no column device_id"),
    ("device_id,low\na,1\nb,warm\n", 'line 3 low = "warm": expected a number'),
    ("device_id,low\na,nan\n", 'line 2 low = "nan": expected a number'),
    ("device_id,low:\n", "line 1: unknown column 'low:'"),
    ("device_id,low::humidity\n", "line 1: unknown column 'low::humidity'"),
    ("device_id,mean:humidity\n", "line 1: unknown column 'mean:humidity'; expected device_id, name"),
    ("device_id,low:humidity\na,dry\n", 'line 2 low:humidity = "dry": expected a number'),
    ("device_id,low,high\na,2,8\nb,8,2\n", "line 3: low = 8 is above high = 2; expected the lower limit first"),
    ("device_id,low:co2,high:co2\na,2,1\n", "line 2: low:co2 = 2 is above high:co2 = 1"),
    ("device_id,low:co2,high:1:co2\na,2,1\n", "line 2: low:co2 = 2 is above high:1:co2 = 1"),
    ("device_id,name\na,x\n,y\n", "line 3: device_id is empty"),
    ("device_id,name\na,x\na,y\n", 'line 3: device_id "a" stands on line 2 too'),
    (
        "device_id\nac:86:74:61:4f:c0\nAC-86-74-61-4F-C0\n",
        'line 3: device_id "AC-86-74-61-4F-C0", which is ac:86:74:61:4f:c0, stands on line 2 too; keep one of the two',
    ),
    ("device_id\nsigfox:2d24e6\n002D24E6\n", 'line 3: device_id "002D24E6", which is sigfox:2d24e6, stands on line 2'),
    ("device_id,name,name\na,x,y\n", 'line 1: column "name" stands there twice; keep one'),
    ("device_id,low:co2,low:co2\na,1,2\n", 'line 1: column "low:co2" stands there twice; keep one'),
    ("device_id,name\na,x,y\n", "line 2: more values than columns"),
]


@pytest.mark.parametrize(("text", "sentence"), DEVICE_ERRORS)
def test_a_wrong_line_of_devices_is_named(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "devices.csv").write_text(text)
    with pytest.raises(ConfigError) as caught:
        devices(Settings(root=tmp_path))
    assert f"devices.csv {sentence}" in str(caught.value)
