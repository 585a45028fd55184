"""The document of the HTTP addresses: valid, complete, and with the limits the collector has."""

import json
from pathlib import Path

import pytest
from openapi_spec_validator import validate

from collectors.http import opting_out, pages
from telltale.contract import Refused, Transport
from telltale.openapi import document
from telltale.settings import load
from telltale.sources import SOURCES
from tests.served import make_project, telltale

EVERYTHING = '[privacy]\noptout_page = true\n[coap]\nprefix = "v1/efento"\n'
SECRETS = """
token = "hush-token"
[cloudtrax]
71234 = "hush-network"
[sigfox]
backend = "hush-backend"
[efento]
configure = "hush-orders"
"""


@pytest.mark.parametrize("secrets", ["", SECRETS], ids=["without secrets", "with secrets"])
def test_it_is_valid_and_every_route_stands_in_it(tmp_path: Path, secrets: str) -> None:
    settings = load(make_project(tmp_path, EVERYTHING, secrets=secrets))
    made = json.loads(json.dumps(document(settings, "1.2.3")))
    validate(made)
    over = {Transport.HTTP: made["paths"], Transport.COAP: made["x-telltale-coap"]}
    prefix = {Transport.HTTP: "", Transport.COAP: "/v1/efento"}
    for source in SOURCES:
        for route in source.routes if source.transport in over else ():
            path = prefix[source.transport] + route.path.replace("<", "{").replace(">", "}")
            assert route.method.lower() in over[source.transport][path], path
    assert made["paths"].keys() >= pages.PATHS | {opting_out.PATH, "/efento/configure"}
    assert "hush" not in json.dumps(made), "a secret is no description"


def test_every_source_that_somebody_else_sends_to_says_what_its_addresses_are() -> None:
    said = {source.name for source in SOURCES if source.interface is not None}
    assert said == {source.name for source in SOURCES if source.transport in (Transport.HTTP, Transport.COAP)}


def test_a_scheme_is_asked_for_where_a_secret_is_set(tmp_path: Path) -> None:
    bare = document(load(make_project(tmp_path / "bare", secrets="")), "1")["paths"]
    assert "security" not in bare["/cloudtrax"]["post"]
    made = document(load(make_project(tmp_path / "set", secrets=SECRETS)), "1")
    assert made["paths"]["/cloudtrax"]["post"]["security"] == [{"cloudtrax_signature": []}]
    assert made["components"]["securitySchemes"]["cloudtrax_signature"]["name"] == "Signature"
    assert [*made["paths"]["/sigfox/uplink"]["get"]["security"]] == [
        {"sigfox_bearer": []}, {"sigfox_basic": []}, {"sigfox_header": []},
    ]  # fmt: skip


def test_a_public_address_describes_what_it_serves(tmp_path: Path) -> None:
    secrets = '[sigfox]\nbackend = "a secret of more than sixteen"\n'
    public = load(make_project(tmp_path, '[webhooks]\nhost = "0.0.0.0"\n[coap]\nhost = "0.0.0.0"\n', secrets=secrets))
    made = document(public, "1")
    assert "/sigfox/uplink" in made["paths"]
    assert not {"/cloudtrax", "/meraki", "/efento/configure"} & made["paths"].keys()
    assert made["x-telltale-coap"] == {}


def test_an_order_takes_what_its_schema_names_and_nothing_else() -> None:
    (taken,) = (source.orders for source in SOURCES if source.orders is not None)
    example = taken.body["examples"][0]
    assert example.keys() <= taken.body["properties"].keys()
    assert taken.take(json.dumps(example).encode(), {}, 1_795_161_600).answer["is_queued"]
    with pytest.raises(Refused, match="expected device, change, withdraw, erase"):
        taken.take(json.dumps(example | {"other": 1}).encode(), {}, 1_795_161_600)


def test_the_command_prints_it(tmp_path: Path) -> None:
    done = telltale(make_project(tmp_path, "[webhooks]\nport = 8123\nmax_body = 1000\n"), "sources", "--openapi")
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    validate(made)
    assert made["servers"] == [{"url": "http://127.0.0.1:8123"}]
    assert "At most 1,000 bytes" in made["info"]["description"]
