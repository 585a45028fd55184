"""Where Spark is: what is shown of it, what is refused, what a client is given."""

import pytest

from telltale.masters import complaint, for_client, is_here, is_remote, shown, without_secrets


@pytest.mark.parametrize(
    ("master", "seen"),
    [
        ("local[2]", "local[2]"),
        ("local-cluster[2,1,1024]", "local-cluster[2,1,1024]"),
        ("spark://a:7077,b:7077", "spark://a:7077,b:7077"),
        ("spark://user:hush@a:7077", "spark://a:7077"),
        ("sc://host:443/;token=hush==", "sc://host:443"),
        ("sc://host:443;token=hush", "sc://host:443"),
        ("sc://host/;token=hu@sh", "sc://host"),
        ("sc://user:hush@host:443/;use_ssl=true", "sc://host:443"),
        ("sc://user:hu;sh@host:443", "sc://…"),
        ("sc://[::1]:443/;token=hush", "sc://[::1]:443"),
        ("sc://host:99999", "sc://host:99999"),
        ("sc://host:1x", "sc://…"),
        ("sc:/host/;token=hush", "sc:/host"),
        ("sc:/user:hush@host", "sc:/host"),
        ("https://host/?token=hush", "https://host"),
        ("https://host/hush", "https://…"),
        ("host;token=hush", "host"),
    ],
)
def test_a_master_is_shown_without_what_is_secret(master: str, seen: str) -> None:
    assert shown(master) == seen


@pytest.mark.parametrize(
    ("master", "expected"),
    [
        ("", None),
        ("local[*]", None),
        ("sc://host", None),
        ("sc://[::1]:15002", None),
        ("sc://user@host:15002", None),
        ("spark://a:7077,b:7077", None),
        ("sc://host:443/;token=a==;use_ssl=true", None),
        ("sc://host:443;token=a", None),
        ("sc://host:1x", "a port from 1 to 65535 behind the host"),
        ("sc://host:99999", "a port from 1 to 65535 behind the host"),
        ("sc://host:0", "a port from 1 to 65535 behind the host"),
        ("spark://a:7077,b:x", "a port from 1 to 65535 behind the host"),
        ("sc://host/;hush", "each parameter behind the ; as name=value"),
    ],
)
def test_what_is_no_master_is_said(master: str, expected: str | None) -> None:
    assert complaint(master) == expected


def test_a_token_may_hold_what_base64_does() -> None:
    assert for_client("sc://h:443;use_ssl=true;token=a/b+c==") == "sc://h:443/;use_ssl=true;token=a%2Fb+c%3D%3D"
    assert for_client("sc://h:443") == "sc://h:443/"


def test_nothing_secret_stays_in_what_others_say() -> None:
    said = "Parameter 'token=hu%20sh==' of user:hush is wrong: hu sh=="
    assert without_secrets("sc://user:hush@h/;token=hu%20sh==", said) == "Parameter '…' of …:… is wrong: …"


def test_where_it_runs() -> None:
    assert [is_remote(each) for each in ("sc://a", "spark://a", "local[2]")] == [True, False, False]
    assert [is_here(each) for each in ("sc://a", "spark://a", "local-cluster[1,1,1024]")] == [False, False, True]
