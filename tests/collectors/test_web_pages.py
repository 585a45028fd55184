"""What a web page open on the same machine may do to the HTTP collector: write nothing, read nothing."""

import json
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

import pytest

from telltale.contract import Refused, Request, Scenario, Secrets, Source, SourceSettings, Transport
from telltale.net import Hosts
from telltale.sources import SOURCES
from tests.collectors.sockets import SHORT, SIGNED, UPLINK, connect, count, refused, status_of, until
from tests.served import VECTOR, Collector, collecting, make_project


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    """Short deadlines, and sigfox without a secret."""
    toml = f'{SHORT}hosts = ["desk.lan"]\n[dashboard]\npublic_url = "https://telltale.example.org/"\n'
    secrets = 'token = "let me see"\n[cloudtrax]\n71234 = "telltale"\n'
    with collecting(make_project(tmp_path_factory.mktemp("edge"), toml, secrets=secrets)) as running:
        yield running


PAGES = [
    ("a POST of another page", "POST", {"Origin": "http://evil.example"}, 403),
    ("a POST of a page without an origin", "POST", {"Origin": "null"}, 403),
    ("an image of another page", "GET", {"Sec-Fetch-Site": "cross-site"}, 403),
    ("a name that leads here", "POST", {"Host": "evil.example"}, 403),
    ("a name that looks like ours", "POST", {"Host": "localhost.evil.example:80"}, 403),
    ("several names", "POST", {"Host": "localhost, evil.example"}, 403),
    ("a page of ours", "POST", {"Origin": "http://localhost:8866", "Sec-Fetch-Site": "same-site"}, 204),
    ("a page of ours behind a proxy", "POST", {"Origin": "https://telltale.example.org"}, 204),
    ("a listed name", "POST", {"Host": "desk.lan:8080"}, 204),
    ("loopback by number", "POST", {"Host": "127.8.9.1:1"}, 204),
    ("loopback of IPv6", "POST", {"Host": "[::1]:8080"}, 204),
    ("a link typed in", "GET", {"Sec-Fetch-Site": "none"}, 204),
]


@pytest.mark.parametrize(("method", "headers", "status"), [pytest.param(*row[1:], id=row[0]) for row in PAGES])
def test_a_web_page_writes_no_record_where_no_secret_proves_the_sender(
    collector: Collector, method: str, headers: dict[str, str], status: int
) -> None:
    before = count(collector.root)
    body, query = (UPLINK, "") if method == "POST" else (b"", f"?{UPLINK.decode()}")
    assert collector.send(method, f"/sigfox/uplink{query}", body, headers).status == status
    assert count(collector.root) == before + (status == 204)


def test_a_refused_page_stands_in_the_list_with_its_remedy(collector: Collector) -> None:
    collector.send("POST", "/sigfox/uplink", UPLINK, {"Origin": "http://a.example"})
    collector.send("GET", "/metrics", headers={"Host": "b.example"})
    said = "{} is none of ours, as of a web page or a proxy; {}, or add the name to [webhooks] hosts"
    lines = '«[sigfox]», «backend = "<secret>"», «Authorization: Bearer <secret>»'
    secret, token = (
        f"set a secret in secrets.toml [sigfox] and at the sender: {lines}",
        "ask with the token of secrets.toml",
    )
    wanted = {
        ("sigfox", "foreign_host", said.format('Origin "http://a.example"', secret)),
        ("webhooks", "foreign_host", said.format('Host "b.example"', token)),
    }
    until(lambda: wanted <= set(refused(collector.root)), f"not in the list: {refused(collector.root)}")


def test_a_right_secret_is_served_whatever_its_host_and_origin(collector: Collector) -> None:
    foreign = {"Host": "tunnel.example", "Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert collector.send("POST", "/cloudtrax", VECTOR, {**SIGNED, **foreign}).status == 200


@pytest.mark.parametrize(
    "source", [each for each in SOURCES if each.transport is Transport.HTTP], ids=lambda each: each.name
)
def test_a_source_with_a_secret_keeps_nothing_without_it(source: Source) -> None:
    """Only so may its Host and Origin go unchecked."""
    mine, theirs = (SourceSettings({}, Secrets({"71234": letter * 20})) for letter in "ab")
    sent = list(islice(source.simulate(Scenario(1, 1795160000, 1795170000, "UTC"), theirs), 50))
    assert sent
    for each in sent:
        path, _, query = each.path.partition("?")
        headers = {name.lower(): value for name, value in each.headers.items()}
        request = Request(source.name, 0, "127.0.0.1", "http", each.method, path, headers, query, each.body)
        with suppress(Refused):
            assert not source.accept(request, mine).keep


def test_what_the_collector_says_of_itself_is_for_our_names_only(collector: Collector) -> None:
    foreign, token = {"Host": "evil.example"}, {"Authorization": "Bearer let me see"}
    assert collector.send("GET", "/metrics", headers=foreign).status == 403
    assert collector.send("GET", "/metrics", headers={**foreign, **token}).status == 200
    assert collector.send("GET", "/metrics", headers={"Host": "desk.lan"}).status == 200
    assert json.loads(collector.send("GET", "/healthz", headers=foreign).body) == {"status": "ok"}
    assert "queue_records" in json.loads(collector.send("GET", "/healthz", headers={**foreign, **token}).body)


@pytest.mark.parametrize(
    ("listening", "host", "is_ours"),
    [
        ("192.168.1.2", "192.168.1.2:8080", True),
        ("192.168.1.2", "192.168.1.3:8080", False),
        ("fd00::1", "[fd00::1]:8080", True),
        ("127.0.0.1", "LOCALHOST.:8080", True),
        ("127.0.0.1", "localhost:8080:9", False),
        ("127.0.0.1", "0.0.0.0:8080", False),
        ("127.0.0.1", "2130706433", False),
        ("127.0.0.1", "", True),  # as the server says where there was none
    ],
)
def test_the_listeners_address_is_one_of_its_names(listening: str, host: str, is_ours: bool) -> None:
    assert (Hosts(listening).foreign({"host": host}) == "") == is_ours


def test_a_request_without_a_host_is_no_page_and_is_served(collector: Collector) -> None:
    with connect(collector) as old:
        old.sendall(b"POST /sigfox/uplink HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s" % (len(UPLINK), UPLINK))
        assert status_of(old) == 204
