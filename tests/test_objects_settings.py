"""Section `[s3]`: encrypted by default, and no credential is shown whatever is wrong with it."""

import re
from pathlib import Path

import pytest

from telltale.contract import ConfigError
from telltale.settings import load
from telltale.settings.objects import ENDPOINT_VARIABLES, REGION_VARIABLES

ID, KEY = "AKIAMARKED", "marked-secret-key"


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*ENDPOINT_VARIABLES, *REGION_VARIABLES):
        monkeypatch.delenv(name, raising=False)


def project(root: Path, toml: str = "", secrets: str = "") -> Path:
    (root / "telltale.toml").write_text(toml)
    (root / "secrets.toml").touch(mode=0o600)
    (root / "secrets.toml").write_text(secrets)
    return root


REFUSED = [
    ('[s3]\nendpoint = "objects.example.org"', 'endpoint = "objects.example.org": expected an address such as'),
    ('[s3]\nendpoint = "https://h:99999"', 'expected an address such as "https://objects.example.org:9000"'),
    ('[s3]\nendpoint = "https://h/path"', "expected an address such as"),
    ('[s3]\nendpoint = "http://objects.example.org"', 'expected endpoint = "https://…"; plain_http = true allows'),
    ('[s3]\nendpoint = "http://192.168.1.7:9000"', "plain_http = true allows http:// to another machine"),
    (f'[s3]\nendpoint = "https://{ID}:{KEY}@h"', "holds a user or a password; put id and key below [s3] of secrets"),
    (f'[paths]\nlake_root = "s3://{ID}:{KEY}@bucket/x"', "[paths] lake_root: holds a user or a password; put id and"),
    (f'[paths]\nlake_root = "s3://bucket/x?secret_key={KEY}"', "expected s3://bucket/path and nothing behind it; end"),
    ('[paths]\nlake_root = "s3:///x"', "expected s3://bucket/path and nothing behind it"),
    ("[s3]\ntries = 0", "[s3] tries = 0: expected an integer from 1 to 20"),
    ('[s3]\nendpont = ""', 'did you mean "endpoint"?'),
]


@pytest.mark.parametrize(("toml", "sentence"), REFUSED)
def test_what_is_wrong_is_said_without_credentials(tmp_path: Path, toml: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(project(tmp_path, toml))
    assert sentence in str(caught.value)
    assert ID not in str(caught.value)
    assert KEY not in str(caught.value)


TAKEN = [
    ("", "", ""),
    ('[s3]\nendpoint = "https://objects.example.org:9000/"', "https://objects.example.org:9000", "us-east-1"),
    ('[s3]\nendpoint = "http://127.0.0.1:9000"', "http://127.0.0.1:9000", "us-east-1"),
    ('[s3]\nendpoint = "http://[::1]:9000"', "http://[::1]:9000", "us-east-1"),
    ('[s3]\nendpoint = "http://minio:9000"\nplain_http = true\nregion = "x"', "http://minio:9000", "x"),
    ('[s3]\nregion = "eu-central-1"', "", "eu-central-1"),
]


@pytest.mark.parametrize(("toml", "endpoint", "region"), TAKEN)
def test_endpoint_and_region_are_what_is_set(tmp_path: Path, toml: str, endpoint: str, region: str) -> None:
    access = load(project(tmp_path, toml)).object_access
    assert (access.endpoint, access.region) == (endpoint, region)


def test_the_environment_names_them_where_the_file_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://a.example.org")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    access = load(project(tmp_path)).object_access
    assert (access.endpoint, access.region) == ("https://a.example.org", "eu-west-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://b.example.org")
    with pytest.raises(
        ConfigError, match=r"^AWS_ENDPOINT_URL_S3: expected an address .* needs \[s3\] plain_http = true$"
    ):
        _ = access.endpoint
    assert load(project(tmp_path, '[s3]\nendpoint = "https://c"')).object_access.endpoint == "https://c"


def test_credentials_come_from_secrets_or_variables_and_are_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load(project(tmp_path, "", f'[s3]\nid = "{ID}"\nkey = "{KEY}"\n'))
    assert settings.object_access.secrets == {"id": ID, "key": KEY}
    for text in (repr(settings), str(settings), repr(settings.object_access), str(settings.object_access)):
        assert not re.search(f"{ID}|{KEY}", text)
    monkeypatch.setenv("TELLTALE_SECRET_S3_KEY", "another")
    assert load(tmp_path).object_access.secrets["key"] == "another"


@pytest.mark.parametrize(("there", "missing"), [("id", "key"), ("key", "id")])
def test_half_a_credential_is_an_error(tmp_path: Path, there: str, missing: str) -> None:
    settings = load(project(tmp_path, "", f'[s3]\n{there} = "{KEY}"\n'))
    with pytest.raises(ConfigError) as caught:
        _ = settings.object_access
    assert str(caught.value) == f"secrets.toml [s3] has {there} without {missing}; write both, or neither"


def test_the_lake_s_certificate_authority_counts_from_the_project(tmp_path: Path) -> None:
    assert load(project(tmp_path, '[s3]\nca_file = "ca.pem"')).object_access.settings.ca_file == f"{tmp_path}/ca.pem"
    assert load(project(tmp_path)).object_access.settings.ca_file == ""
