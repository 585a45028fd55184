"""Secrets that can be guessed are refused on a public address, with the place to change them, and never shown."""

import re
from pathlib import Path

import pytest

from telltale.contract import ConfigError, Source, Transport
from telltale.operate import doctor
from telltale.settings import Settings, load
from telltale.settings.listeners import CoapSettings, WebhookSettings
from telltale.settings.secrets import weakness
from telltale.sources import SOURCES
from telltale.sources import source as source_of
from telltale.transports import served
from telltale.workbench.project import Project
from tests.served import make_project

GOOD = "f3Vq9-kd72LmZ0aw"
PUBLIC = "0.0.0.0"


@pytest.mark.parametrize("secret", [GOOD, "correct horse %battery", "9b1c0f7e55aa42d19b1c0f7e55aa42d1", "ä" * 3 + GOOD])
def test_a_random_text_of_sixteen_characters_holds(secret: str) -> None:
    assert weakness(secret) == ""


@pytest.mark.parametrize("secret", [GOOD[:15], "telltal3", "x", "a" * 40, "abababababababab", "0000000000000000"])
def test_a_short_or_plain_one_does_not_but_may_be_let_in(secret: str) -> None:
    assert "expected at least" in weakness(secret)
    assert weakness(secret, may_be_short=True) == ""


EXAMPLES = [
    *("...", "......", "secret", "changeme", "change-me", "CHANGE_ME", "password", "token", "your-secret-here", "todo"),
    *("my-secret", "insert here", "replace me", "telltale", "example", "<secret>", "x" * 20, "secret123", "your_token"),
    *("0123456789abcdef", "12345678901234567890", "correct horse battery staple", "placeholder"),
]


@pytest.mark.parametrize("secret", EXAMPLES)
def test_an_example_is_never_let_in(secret: str) -> None:
    assert weakness(secret, may_be_short=True) == "is an example that everybody knows"


def test_what_a_new_project_s_files_show_is_refused() -> None:
    shown = {text for source in SOURCES for text in re.findall(r'= "(.+)"', source.secrets_text)}
    assert shown == {"..."}
    assert all(weakness(text) for text in shown)


WITH_SECRETS = [source for source in SOURCES if source.secrets_text]


@pytest.mark.parametrize("source", WITH_SECRETS, ids=lambda source: source.name)
def test_a_short_secret_is_refused_in_public_with_the_place_to_change_it(tmp_path: Path, source: Source) -> None:
    short = "q7Rt-4"
    settings = Settings(root=tmp_path).with_secrets({source.name: {"hall": short, "yard": GOOD}})
    assert source in served(source.transport, "127.0.0.1", settings)
    with pytest.raises(ConfigError) as refused:
        served(source.transport, PUBLIC, settings)
    said = str(refused.value)
    assert f"the secret hall of {source.name} has 6 characters, expected at least 16" in said
    assert source.secret_place in said
    assert source.secret_place
    assert f"secrets.toml [{source.name}]" in said
    assert short not in said


@pytest.mark.parametrize("source", WITH_SECRETS, ids=lambda source: source.name)
def test_a_listed_source_s_short_secrets_are_let_in_but_no_example(tmp_path: Path, source: Source) -> None:
    listed = Settings(
        root=tmp_path,
        webhooks=WebhookSettings(short_secrets=[source.name] if source.transport is Transport.HTTP else []),
        coap=CoapSettings(short_secrets=[source.name] if source.transport is Transport.COAP else []),
    )
    let_in = listed.with_secrets({source.name: {"hall": "q7Rt-4"}})
    assert served(source.transport, PUBLIC, let_in) == [source]
    with pytest.raises(ConfigError, match="an example that everybody knows"):
        served(source.transport, PUBLIC, listed.with_secrets({source.name: {"hall": "changeme"}}))


def test_behind_a_private_apn_no_token_is_asked_for(tmp_path: Path) -> None:
    settings = Settings(root=tmp_path).with_secrets({"efento": {"hall": "short"}})
    assert served(Transport.COAP, PUBLIC, settings, is_open=True) == [source_of("efento")]


def test_the_token_of_the_figures_is_refused_likewise(tmp_path: Path) -> None:
    settings = Settings(root=tmp_path).with_secrets({"cloudtrax": {"1": GOOD}}, token="let me see")
    assert served(Transport.HTTP, "127.0.0.1", settings)
    with pytest.raises(ConfigError, match="has 10 characters") as refused:
        served(Transport.HTTP, PUBLIC, settings)
    assert "let me see" not in str(refused.value)


def test_a_source_that_is_none_cannot_be_listed(tmp_path: Path) -> None:
    settings = Settings(root=tmp_path, webhooks=WebhookSettings(short_secrets=["clodtrax"]))
    with pytest.raises(ConfigError, match=r'\[webhooks\] short_secrets: no source "clodtrax" there; .*did you mean'):
        served(Transport.HTTP, "127.0.0.1", settings)


def test_a_blank_secret_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELLTALE_SECRET_CLOUDTRAX_71234", "  ")
    monkeypatch.setenv("TELLTALE_TOKEN", " \t")
    root = make_project(tmp_path, secrets="")
    assert load(root).source("cloudtrax").secrets == {}
    assert load(root).token == ""
    (root / "secrets.toml").write_text('[cloudtrax]\n71234 = "   "\n')
    with pytest.raises(ConfigError, match="expected the secret as a non-empty text"):
        load(root)


def test_on_loopback_doctor_says_so(tmp_path: Path) -> None:
    root = make_project(tmp_path, secrets='token = "changeme"\n[cloudtrax]\n71234 = "q7Rt-4"\n')
    project = Project(root)
    try:
        found = [
            finding for finding in doctor.examine(project) if finding.check == "secrets" and "secret" in finding.found
        ]
    finally:
        project.close()
    assert [(one.state, one.found) for one in found if "public" in one.found] == [
        ("note", "cloudtrax: the secret 71234 has 6 characters, expected at least 16; a public address refuses it"),
        ("note", "the token of secrets.toml is an example that everybody knows; a public address refuses it"),
    ]
    assert "CloudTrax dashboard" in next(one.fix for one in found if "71234" in one.found)
