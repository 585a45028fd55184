"""What crosses the rooms does not show what it must not."""

from telltale.contract import Raw, Secrets


def test_a_raw_record_shows_everything_but_its_bytes() -> None:
    raw = Raw(5, "cloudtrax", 1_795_160_030_000_000, "127.0.0.1", "{}", b'{"mac":"3c:06:30:aa:bb:01"}')
    assert "3c:06" not in f"{raw} {raw!r} {[raw]}"
    assert "body=<27 bytes>" in repr(raw)
    assert raw.body.startswith(b'{"mac"')


def test_secrets_show_how_many_they_are() -> None:
    secrets = Secrets({"71234": "telltale"})
    assert f"{secrets} {secrets!r}" == "Secrets(1 kept) Secrets(1 kept)"
    assert secrets["71234"] == "telltale"
