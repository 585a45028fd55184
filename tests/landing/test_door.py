"""The door: what a source accepts is durable before the reply; what it refuses is remembered, never stored."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from telltale import door as door_module
from telltale.contract import (
    Chunk,
    ConfigError,
    Emission,
    Options,
    Raw,
    Refused,
    Reject,
    Reply,
    Request,
    Route,
    Scenario,
    Source,
    SourceSettings,
    Transport,
)
from telltale.door import Door, Entry, open_door
from telltale.landing import TOO_MANY, Store, refused_rows
from telltale.landing.floods import BURST
from telltale.settings import Settings


def accept(request: Request, settings: SourceSettings) -> Reply:
    """A source that shows every kind of answer."""
    if settings.options.get("spelling", "a") != "a":
        raise ConfigError("telltale.toml [sources.toy] spelling: expected a")
    match request.body:
        case b"validator":
            return Reply(200, b"secret word", keep=False)
        case b"hidden":
            return Reply(204, b"", redacted_body=b"******", redacted=("secret",))
        case b"broken":
            raise RuntimeError(f"02:00:5e:00:53:01 made me fail with {request.headers}")
        case b"wrong":
            raise Refused(403, "bad_signature", "it does not fit", body=b"*****")
        case b"":
            raise Refused(400, "bad_json", "empty")
    return Reply(202, b"thanks", "text/x-toy")


def decode(raw: Raw, options: Options) -> Iterator[Chunk | Reject]:
    yield from ()


def simulate(scenario: Scenario, settings: SourceSettings) -> Iterator[Emission]:
    yield from ()


def truth(scenario: Scenario, settings: SourceSettings) -> Mapping[str, Any]:
    return {}


ROUTES = (Route("POST", "/toy"), Route("POST", "/tyo", alias=True))
TOY = Source("toy", "Toy", Transport.HTTP, "HTTP", ROUTES, (), 1, False, accept, decode, simulate, truth)
SIGNATURE = {"signature": "x", "authorization": "y", "cookie": "z"}


def request(body: bytes, headers: Mapping[str, str] = SIGNATURE) -> Request:
    return Request("toy", 1_795_160_000_000_000, "10.0.0.5", "http", "POST", "/toy", headers, "", body)


def stored(store: Store) -> list[tuple[int, str, bytes]]:
    with store.reader() as connection:
        rows = connection.execute(sa.text("select received_at, meta, body from raw order by id"))
        return [(row.received_at, row.meta, bytes(row.body)) for row in rows]


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    with closing(open_door(Settings(root=tmp_path), [TOY])) as opened:
        yield opened


def test_the_routes_are_those_of_the_sources(door: Door) -> None:
    assert door.routes() == [Entry(ROUTES[0], "toy"), Entry(ROUTES[1], "toy")]


def test_an_accepted_record_is_stored_as_it_came_with_harmless_headers_only(door: Door) -> None:
    verdict = door.handle(request(b"\x00raw", {**SIGNATURE, "user-agent": "ap", "content-type": "t" * 900}))
    assert verdict == (Reply(202, b"thanks", "text/x-toy"), "stored", "")
    [(received_at, meta, body)] = stored(door.landing.store)
    assert (received_at, body) == (1_795_160_000_000_000, b"\x00raw")
    assert json.loads(meta)["headers"] == {"user-agent": "ap", "content-type": "t" * 200}
    assert not set(SIGNATURE) & set(json.loads(meta)["headers"])


def test_a_redacted_body_is_stored_in_place_of_the_one_received(door: Door) -> None:
    assert door.handle(request(b"hidden")).reply.status == 204
    [(_, meta, body)] = stored(door.landing.store)
    assert body == b"******"
    assert json.loads(meta)["redacted"] == ["secret"]


def test_a_request_without_a_record_is_answered_only(door: Door) -> None:
    assert door.handle(request(b"validator")) == (Reply(200, b"secret word", keep=False), "answered", "")
    assert stored(door.landing.store) == []


def test_a_refused_request_is_remembered_with_its_reason_and_not_stored(door: Door) -> None:
    verdict = door.handle(request(b"wrong"))
    assert verdict == (Reply(403, b"bad_signature\n"), "bad_signature", "it does not fit")
    store = door.landing.store
    assert stored(store) == []
    door.landing.close()
    [row] = refused_rows(store, 10)
    assert (row.source, row.sender, row.status, row.reason) == ("toy", "10.0.0.5", 403, "bad_signature")
    assert row.body == b"*****", "what the source overwrote is not kept"
    assert not any(secret in row.meta for secret in SIGNATURE)


def test_what_cannot_be_stored_is_told_to_come_back(door: Door) -> None:
    door.landing.close()
    verdict = door.handle(request(b"raw"))
    assert (verdict.reply.status, verdict.reason) == (503, "store_away")


def test_a_wrong_option_is_found_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="spelling: expected a"):
        open_door(Settings(root=tmp_path, sources={"toy": {"spelling": "b"}}), [TOY])


def test_a_wrong_secret_too_often_is_only_counted_and_a_right_one_is_served_all_the_same(door: Door) -> None:
    """Behind a proxy all have one address."""
    statuses = []
    for _ in range(BURST + 40):
        verdict = door.handle(request(b"wrong"))
        statuses.append(verdict.reply.status)
        assert door.handle(request(b"right")).reason == "stored"
    assert statuses == [403] * BURST + [429] * 40
    assert (verdict.reason, verdict.detail) == (TOO_MANY, "")
    assert dict(verdict.reply.headers) == {"Retry-After": "60"}
    door.landing.close()
    assert len(stored(door.landing.store)) == BURST + 40
    reasons = [row.reason for row in refused_rows(door.landing.store, 1000)]
    assert (reasons.count("bad_signature"), reasons.count(TOO_MANY), len(reasons)) == (BURST, 1, BURST + 1)


def test_what_is_not_well_formed_keeps_its_answer_however_often_it_comes(door: Door) -> None:
    assert {door.handle(request(b"")).reply.status for _ in range(BURST + 40)} == {400}
    door.landing.close()
    assert len(refused_rows(door.landing.store, 1000)) == BURST + 1


def test_a_source_that_fails_is_noted_without_what_it_says(door: Door, capfd: pytest.CaptureFixture[str]) -> None:
    verdict = door.handle(request(b"broken"))
    assert (verdict.reply.status, verdict.reason) == (500, "accept_failed")
    assert re.fullmatch(r"RuntimeError in telltale/door.py line \d+ \(_ask\)", verdict.detail)
    assert stored(door.landing.store) == []
    door.landing.close()
    assert refused_rows(door.landing.store, 9)[0].detail == verdict.detail
    assert "5e:00" not in "".join(capfd.readouterr())


def test_what_a_sender_chooses_is_cut_in_the_list_and_not_kept_in_memory(door: Door) -> None:
    long = request(b"wrong")._replace(path="/toy/" + "x" * 60_000)
    cached = door_module._meta_text.cache_info().currsize
    for body in (b"wrong", b"right"):
        door.handle(long._replace(body=body))
    assert door_module._meta_text.cache_info().currsize <= cached + 1, "the cut one alone"
    door.landing.close()
    assert len(refused_rows(door.landing.store, 9)[0].meta) < 400
    assert len(stored(door.landing.store)[0][1]) > 60_000, "of a genuine record nothing is cut"


def test_a_store_that_begins_anew_beside_a_lake_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    settings = Settings(root=tmp_path)
    with closing(open_door(settings, [TOY])):
        pass
    assert not caplog.text, "a new project is no loss"
    assert isinstance(settings.lake_root, Path)
    settings.lake_root.mkdir(parents=True)
    (settings.lake_root / "x.parquet").touch()
    for file in (tmp_path / "data" / "landing").iterdir():
        file.unlink()
    with closing(open_door(settings, [TOY])):
        pass
    assert "the store was not there and begins anew" in caplog.text
