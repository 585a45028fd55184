"""`POST /efento/configure` over the real collector, and the sensor that then gets its configuration over CoAP."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from telltale.contract import ConfigError, Transport
from telltale.landing import Store, refused_rows
from telltale.landing.floods import BURST
from telltale.settings import load
from telltale.transports import ordering, served
from tests.collectors.coap import M, coap_server
from tests.collectors.sockets import count, until
from tests.served import Collector, Reply, collecting, make_project

ORDERING, TOKEN = "order-8f3c1d27a9b04e65", "hall-5b1e07c2d9f84a36"
SECRETS = f'[efento]\nhall = "{TOKEN}"\nconfigure = "{ORDERING}"\n'
SERIAL, DEVICE = "282C024156AF", "efento:282c024156af"
BEARER = {"Authorization": f"Bearer {ORDERING}"}
CHANGE = {"device": SERIAL, "change": {"supervision_period": 640}}


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    with collecting(make_project(tmp_path_factory.mktemp("orders"), secrets=SECRETS)) as running:
        yield running


def order(collector: Collector, body: object, headers: dict[str, str] | None = None, method: str = "POST") -> Reply:
    told = body if isinstance(body, bytes) else json.dumps(body).encode()
    return collector.send(method, "/efento/configure", told, BEARER if headers is None else headers)


def said(reply: Reply) -> dict[str, Any]:
    assert reply.headers["content-type"] == "application/json"
    return json.loads(reply.body)  # type: ignore[no-any-return] # an object, as each answer is


def test_a_sensor_gets_what_another_program_asked_for(tmp_path: Path) -> None:
    root = make_project(tmp_path, secrets=f'[efento]\nconfigure = "{ORDERING}"\n')
    with collecting(root) as running:
        for _ in range(2):  # the answer may have been lost
            answer = said(order(running, CHANGE))
            assert [each["state"] for each in answer["changes"]] == ["waiting"]

        async def sensor() -> list[bytes]:
            async with coap_server(root, settings=load(root)) as coap:
                return [bytes((await coap.send("m", M)).payload) for _ in range(2)]

        assert asyncio.run(sensor()) == [bytes.fromhex("e8018005"), bytes.fromhex("980101")], "once, then other matters"
        assert [each["state"] for each in said(order(running, CHANGE))["changes"]] == ["sent"]
        assert count(root) == 2, "an order is no record"


def test_a_running_collector_of_sensors_hears_of_it(tmp_path: Path) -> None:
    root = make_project(tmp_path, secrets=f'[efento]\nconfigure = "{ORDERING}"\n')

    async def sensor(running: Collector) -> bytes:
        async with coap_server(root, settings=load(root)) as coap:
            await coap.send("m", M)
            reply = await asyncio.to_thread(order, running, CHANGE)
            assert reply.status == 200
            assert said(reply)["is_heard"]
            async with asyncio.timeout(60):
                while (payload := bytes((await coap.send("m", M)).payload)) != bytes.fromhex("e8018005"):
                    await asyncio.sleep(0.1)
            return payload

    with collecting(root) as running:
        assert asyncio.run(sensor(running)) == bytes.fromhex("e8018005")


REFUSED = [
    ("none", {}, 401, "missing_secret"),
    ("the general kind", {"Authorization": "Basic b3JkZXI="}, 401, "missing_secret"),
    ("nothing behind the word", {"Authorization": "Bearer "}, 401, "missing_secret"),
    ("a wrong one", {"Authorization": f"Bearer {ORDERING}x"}, 403, "bad_secret"),
    ("a sensor's token", {"Authorization": f"Bearer {TOKEN}"}, 403, "bad_secret"),
    ("in another header", {"appKey": ORDERING}, 401, "missing_secret"),
]


@pytest.mark.parametrize(("headers", "status", "reason"), [pytest.param(*row[1:], id=row[0]) for row in REFUSED])
def test_without_the_secret_nothing_is_taken_from_this_machine_neither(
    collector: Collector, headers: dict[str, str], status: int, reason: str
) -> None:
    reply = order(collector, CHANGE, headers)
    assert (reply.status, said(reply)["error"]) == (status, reason)
    assert "secrets.toml [efento] configure" in said(reply)["detail"]
    until(lambda: any(row.reason == reason for row in _refused(collector.root)), "not in the refused list")
    assert all((row.source, row.body) == ("efento", b"") for row in _refused(collector.root))


def test_in_the_address_it_is_no_secret(collector: Collector) -> None:
    body = json.dumps(CHANGE).encode()
    reply = collector.send("POST", f"/efento/configure?configure={ORDERING}", body)
    assert reply.status == 401
    assert ORDERING not in collector.log.read_text() + str(_refused(collector.root))


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b"{", 400, "bad_order"),
        ({"device": SERIAL, "change": {"supervision_period": 5}}, 400, "bad_order"),
        ({"device": SERIAL, "change": {"reset_memory_request": True}}, 400, "bad_order"),
        (b" " * (16 * 1024 + 1), 413, "body_too_large"),
    ],
)
def test_a_mistake_is_answered_with_a_sentence(collector: Collector, body: object, status: int, reason: str) -> None:
    reply = order(collector, body)
    assert (reply.status, said(reply)["error"]) == (status, reason)
    assert len(said(reply)["detail"].splitlines()) == 1


def test_only_post_is_answered(collector: Collector) -> None:
    reply = order(collector, b"", method="GET")
    assert (reply.status, reply.headers["allow"]) == (405, "POST")
    near = collector.send("POST", "/efento/config", b"{}")
    assert (near.status, b'did you mean "/efento/configure"?' in near.body) == (404, True)


def test_a_password_stands_in_no_log_and_no_list(tmp_path: Path) -> None:
    """Of what is asked, and of the secret itself, wrong ones too."""
    with collecting(make_project(tmp_path, secrets=SECRETS)) as running:
        order(running, {"device": SERIAL, "change": {"network_key": "c0ffee0123456789", "nonsense": 1}})
        order(running, {"device": SERIAL, "change": {"network_key": "c0ffee0123456789"}})
        order(running, CHANGE, {"Authorization": "Bearer guessed-4711"})
        until(lambda: len(_refused(tmp_path)) == 2, "two are refused")
        assert running.terminate() == 0
    written = running.log.read_text() + str(_refused(tmp_path))
    assert [word for word in ("c0ffee", ORDERING, "guessed-4711") if word in written] == []
    assert "200 ordered" in (log := running.log.read_text())
    assert f"'{DEVICE}'" in log, "who was changed has a line"


def test_who_guesses_is_turned_away_and_the_right_secret_is_not(tmp_path: Path) -> None:
    with collecting(make_project(tmp_path, secrets=SECRETS)) as running:
        statuses = {order(running, CHANGE, {"Authorization": f"Bearer {n}"}).status for n in range(BURST + 20)}
        assert statuses == {403, 429}
        assert order(running, CHANGE).status == 200


def test_while_no_secret_is_set_nothing_is_taken(tmp_path: Path) -> None:
    with collecting(make_project(tmp_path)) as running:
        reply = order(running, CHANGE)
        assert (reply.status, said(reply)["error"]) == (403, "no_secret")


async def _measure(root: Path, **options: Any) -> str:
    async with coap_server(root, settings=load(root)) as coap:
        return str((await coap.send("m", M, **options)).code)


def test_the_secret_of_orders_asks_sensors_for_no_token_and_is_none(tmp_path: Path) -> None:
    root = make_project(tmp_path, secrets=f'[efento]\nconfigure = "{ORDERING}"\n')
    assert asyncio.run(_measure(root)) == "2.01 Created"
    with pytest.raises(ConfigError, match="a public address needs a source with its secret"):
        served(Transport.COAP, "0.0.0.0", load(root))
    with closing(Store(load(root).store_url)) as store, store.reader() as connection:
        assert connection.scalar(sa.text("select count(*) from raw")) == 1
    make_project(tmp_path, secrets=SECRETS)
    assert asyncio.run(_measure(root)) == "4.01 Unauthorized", "cloud tokens are asked for as before"


PUBLIC = [
    (f'[efento]\nconfigure = "{ORDERING}"\n', ["efento"], ""),
    ('[efento]\nconfigure = "short"\n', [], "the secret configure of efento has 5 characters"),
    ('[efento]\nconfigure = "change-me"\n', [], "is an example that everybody knows"),
    ("", [], "a public address needs a source with its secret"),
    (f'[cloudtrax]\n1 = "{TOKEN}"\n', [], ""),
    (f'[cloudtrax]\nconfigure = "{TOKEN}"\n', [], "cloudtrax takes none"),
]


@pytest.mark.parametrize(("secrets", "names", "complaint"), PUBLIC)
def test_on_a_public_address_only_a_secret_that_holds_opens_it(
    tmp_path: Path, secrets: str, names: list[str], complaint: str
) -> None:
    settings = load(make_project(tmp_path, secrets=secrets))
    if complaint:
        with pytest.raises(ConfigError, match=complaint):
            served(Transport.HTTP, "0.0.0.0", settings)
    else:
        served(Transport.HTTP, "0.0.0.0", settings)
        assert [source.name for source in ordering("0.0.0.0", settings)] == names


def _refused(root: Path) -> list[Any]:
    with closing(Store(load(root).store_url)) as store:
        return list(refused_rows(store, 10_000))
