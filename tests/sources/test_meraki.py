"""Meraki: the dashboard's question, secrets that are never stored, and two vendors in one lake."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

import telltale as tt
from telltale import report
from telltale.contract import ConfigError, Emission, Raw, Refused, Reply, Request, Scenario, Secrets, SourceSettings
from telltale.door import Door
from telltale.lake.settle import settle_all
from telltale.landing.schema import REFUSED
from telltale.settings import load
from telltale.simulate.play import backfill
from telltale.sources import source
from telltale.sources.meraki.simulate import NETWORK
from telltale.sources.meraki.wire import redacted
from telltale.workbench.project import Project
from tests.lake_fixture import FIRST, SITE, ZONE, write_settings
from tests.marks import unmarked
from tests.served import collecting
from tests.sources.sampled import decoded

MERAKI = source("meraki")
SETTINGS = SourceSettings({}, Secrets({"office": "s3cr3t"}))
FRIDAY_S = 1_795_165_200
"""2026-11-20 09:00 UTC."""
MORNING = Scenario(3, FRIDAY_S, FRIDAY_S + 3 * 3600, ZONE)
V2 = {
    "version": "2.1",
    "secret": "s3cr3t",
    "type": "DevicesSeen",
    "data": {"apMac": "00:18:0a:13:dd:b0", "observations": []},
}


def asked(path: str = "/meraki", method: str = "GET", body: bytes = b"") -> Request:
    return Request("meraki", FRIDAY_S * 10**6, "192.0.2.1", "http", method, path, {}, "", body)


def test_the_dashboard_is_answered_the_validator_alone() -> None:
    settings = SETTINGS._replace(options={"validator": "abc123", "validators": {"branch": "def456"}})
    plain = {"content_type": "text/plain", "keep": False}
    assert MERAKI.accept(asked(), settings) == Reply(200, b"abc123", **plain)  # type: ignore[arg-type]
    assert MERAKI.accept(asked("/meraki/branch"), settings).body == b"def456"
    for path in ("/meraki/other", "/meraki/a%20b"):
        with pytest.raises(Refused) as caught:
            MERAKI.accept(asked(path), settings)
        assert caught.value.status == 404
    with pytest.raises(Refused, match="no_validator"):
        MERAKI.accept(asked(), SETTINGS)


WRONG_OPTIONS: list[tuple[Mapping[str, Any], str]] = [
    ({"valdator": "x"}, "unknown field `valdator`"),
    ({"site": "a b"}, "Expected `str` matching"),
    ({"sites": {"here": "branch"}}, 'sites] "here": expected the six octets'),
]


@pytest.mark.parametrize(("options", "sentence"), WRONG_OPTIONS)
def test_a_wrong_option_is_named(options: Mapping[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        MERAKI.accept(asked(), SETTINGS._replace(options=options))
    assert sentence in str(caught.value)


def test_any_of_several_secrets_opens_and_no_other() -> None:
    settings = SETTINGS._replace(secrets=Secrets({"a": "one", "b": "zwölf"}))
    for secret, opens in (("one", True), ("zwölf", True), ("On", False), ("", False), ("one ", False)):
        request = asked(method="POST", body=json.dumps({**V2, "secret": secret}).encode())
        if opens:
            assert MERAKI.accept(request, settings).keep
            continue
        with pytest.raises(Refused) as caught:
            MERAKI.accept(request, settings)
        assert (caught.value.status, caught.value.reason) == (403, "bad_secret")


def test_what_came_by_a_broker_needs_no_secret_and_keeps_none() -> None:
    request = asked(method="POST", body=json.dumps({**V2, "secret": "abc"}).encode())._replace(is_trusted=True)
    reply = MERAKI.accept(request, SETTINGS._replace(secrets=Secrets()))
    assert reply.keep
    assert reply.redacted_body == json.dumps({**V2, "secret": "***"}).encode()


REDACTIONS = [
    (b'{"secret":"abc","n":1}', b'{"secret":"***","n":1}', ("secret",)),
    (b'{ "secret" : "" , "userId":null}', b'{ "secret" : "" , "userId":null}', ("secret",)),
    ('{"userId":"Zoë","x":"secret"}'.encode(), b'{"userId":"****","x":"secret"}', ("userId",)),
    (b'{"a":[{"userId":"b\\"c"},{"userId":"d"}]}', b'{"a":[{"userId":"****"},{"userId":"*"}]}', ("userId",)),
    (b'{"\\u0073ecret":"abc"}', b'{"\\u0073ecret":"***"}', ("secret",)),
    (b'{"x":"\\"secret\\":\\"abc\\"","secret":"d"}', b'{"x":"\\"secret\\":\\"abc\\"","secret":"*"}', ("secret",)),
    (b'{"secret":12345}', b'{"secret":"***"}', ("secret",)),
    (b'{"userId":{"mail":"a@b"}}', b'{"userId":"************"}', ("userId",)),
    (b'{"SECRET":"abc"}', b'{"SECRET":"***"}', ("secret",)),
    (b'{"secret":7}', b'{"secret":0}', ("secret",)),
    (b'{"version":"2.1"}', b'{"version":"2.1"}', ()),
    (b'{"secret":' + b"1" * 5000 + b"}", b'{"secret' + b"*" * 5003, ("secret", "userId")),
    (b'{"secret":"abc', b'{"secret******', ("secret", "userId")),
    (b"\xffversion=2&secret=abc", b"\xffversion=2&secret****", ("secret", "userId")),
    (b"", b"", ()),
]


@pytest.mark.parametrize(("body", "stored", "names"), REDACTIONS)
def test_secrets_are_overwritten_byte_for_byte(body: bytes, stored: bytes, names: tuple[str, ...]) -> None:
    assert redacted(body) == (stored, names)
    assert len(stored) == len(body)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["secret", '"secret":"x"', "\\"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["secret", "userId", "a", 'b"', "data\\"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(told=values, in_ascii=st.booleans(), spaced=st.booleans())
def test_what_is_stored_differs_in_nothing_but_the_secrets(told: Any, *, in_ascii: bool, spaced: bool) -> None:
    separators = (", ", " : ") if spaced else (",", ":")
    body = json.dumps(told, ensure_ascii=in_ascii, separators=separators).encode("utf-8", "replace")
    stored, names = redacted(body)
    assert len(stored) == len(body)
    assert blank(json.loads(stored)) == blank(json.loads(body))
    assert revealed(json.loads(stored)) <= {"*", ""}
    assert bool(names) == any(one is not None for one in secrets(json.loads(body)))


def secrets(told: Any) -> Iterable[Any]:
    """The values of the two names, the outermost ones."""
    if isinstance(told, list):
        for item in told:
            yield from secrets(item)
    if isinstance(told, dict):
        for name, item in told.items():
            if name in {"secret", "userId"}:
                yield item
            else:
                yield from secrets(item)


def revealed(told: Any) -> set[str]:
    return {sign for one in secrets(told) if one not in (None, 0) for sign in (str(one) or "")}


def blank(told: Any) -> Any:
    if isinstance(told, list):
        return [blank(item) for item in told]
    if isinstance(told, dict):
        return {name: name if name in {"secret", "userId"} else blank(item) for name, item in told.items()}
    return told


def of(name: str, body: bytes) -> Request:
    return asked("/meraki", "POST", body)


def test_neither_records_nor_refusals_hold_a_secret(tmp_path: Path) -> None:
    project = Project(settings=load(settings_of(tmp_path)))
    observation = {"clientMac": "3c:06:30:aa:bb:01", "userId": "ann@example.org", "locations": [], "ssid": "x"}
    v3 = {"version": "3.0", "secret": "s3cr3t", "type": "WiFi"}
    good = {**v3, "data": {"networkId": NETWORK, "observations": [observation]}}
    refused = [{**good, "secret": "guessed"}, {**good, "version": "9"}, {"version": "3.0", "secret": "s3cr3t"}]
    with closing(project.landing()) as landing:
        door = Door([MERAKI], landing, project.settings)
        assert door.handle(of("good", json.dumps(good).encode())).reason == "stored"
        for one in refused:
            assert 400 <= door.handle(of("refused", json.dumps(one).encode())).reply.status < 500
        assert door.handle(of("cut", json.dumps(good).encode()[:60])).reason == "bad_json"
    (raw,) = project.lake.snapshot().hot
    assert json.loads(raw.meta)["redacted"] == ["secret", "userId"]
    told = json.loads(raw.body)
    assert (told["secret"], told["data"]["observations"][0]["userId"]) == ("*" * 6, "*" * 15)
    with project.store.reader() as connection:
        rows = list(connection.execute(sa.select(REFUSED)))
    assert len(rows) == 4
    files = b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
    for secret in (b"guessed", b"ann@example", b"s3cr3t"):
        assert secret not in str(rows).encode()
        assert secret not in files


def test_over_http_the_validator_is_bare_text(tmp_path: Path) -> None:
    root = settings_of(tmp_path, '[sources.meraki]\nvalidator = "abc123"\n')
    with collecting(root) as collector:
        reply = collector.send("GET", "/meraki")
        assert (reply.status, reply.body, reply.headers["content-type"]) == (200, b"abc123", "text/plain")
        assert collector.send("POST", "/meraki", json.dumps(V2).encode()).status == 200
        assert collector.send("POST", "/meraki", json.dumps({**V2, "secret": "x"}).encode()).status == 403
        assert collector.send("GET", "/meraki/branch").status == 404


def settings_of(root: Path, more: str = "") -> Path:
    write_settings(root, more=more)
    (root / "secrets.toml").write_text(f'[cloudtrax]\n{SITE} = "telltale"\n[meraki]\noffice = "s3cr3t"\n')
    return root


def raws_of(emissions: Iterable[Emission]) -> list[Raw]:
    return [
        Raw(number, "meraki", one.at, "", json.dumps({"path": one.path}), one.body)
        for number, one in enumerate(emissions, 1)
    ]


def test_a_part_of_a_simulation_is_a_slice_of_the_whole() -> None:
    whole = MORNING._replace(end_s=FRIDAY_S + 3600)
    part = whole._replace(start_s=FRIDAY_S + 1234, end_s=FRIDAY_S + 2999)
    inside = [one for one in MERAKI.simulate(whole, SETTINGS) if part.start_s * 10**6 <= one.at < part.end_s * 10**6]
    assert list(MERAKI.simulate(part, SETTINGS)) == inside
    assert inside


def test_decoding_finds_every_sighting_the_simulator_knows_once() -> None:
    truth = MERAKI.truth(MORNING, SETTINGS)
    raws = raws_of(MERAKI.simulate(MORNING, SETTINGS))
    assert len(raws) == sum(site["posts"] for site in truth["sites"].values())
    tables = decoded("meraki", raws)
    keys = ("site", "radio", "node_id", "device", "first_seen")
    rows = [tuple(row[name] for name in keys) for row in tables["sighting"].to_pylist()]
    assert Counter((site, radio) for site, radio, *_ in set(rows)) == {
        (site, radio): count for site, told in truth["sites"].items() for radio, count in told["sightings"].items()
    }
    assert len(set(rows)) == len(rows), "latestRecord is no further sighting"
    assert {row["node_id"] for row in tables["node_heartbeat"].to_pylist()} == {
        node for told in truth["sites"].values() for node in told["nodes"]
    }


def test_a_network_that_heard_nobody_is_empty_and_not_silent(tmp_path: Path) -> None:
    """An hour of reports of version 3 without a client; there was "no data"."""
    body = (Path(__file__).parents[1] / "samples" / "meraki" / "nobody_in_v3_reporting.body").read_bytes()
    project = Project(settings=load(settings_of(tmp_path)), now=lambda: (FRIDAY_S + 3600) * 10**6)
    with closing(project.landing()) as landing:
        for minute in range(60):
            meta = json.dumps({"path": "/meraki"})
            landing.put_many([Raw(0, "meraki", (FRIDAY_S + 60 * minute + 5) * 10**6, "192.0.2.1", meta, body)])
    found = tt.presence.occupancy("1h", project=project)
    assert len(found) > 0
    assert set(found["devices"]) == {0}
    assert set(found["nodes"]) == {1}
    (node,) = tt.health.devices(project=project).to_dict("records")
    assert (node["device_id"], node["state"], node["reports"]) == ("0e:18:0a:00:00:01", "on_time", 60)


TAG = "ac:23:3f:45:78:48"
"""A Bluetooth tag of the warehouse, on the owner's list of what never leaves."""


class TwoVendors:
    """A lake of a day with both vendors."""

    def __init__(self, root: Path) -> None:
        start_s = int(FIRST.timestamp())
        self.plan = Scenario(11, start_s + 7 * 3600, start_s + 23 * 3600, ZONE)
        self.project = Project(settings=load(settings_of(root)), now=lambda: self.plan.end_s * 1_000_000)
        self.project.lists.add("fixed", TAG)
        for name, plan in (
            ("meraki", self.plan),
            ("cloudtrax", self.plan._replace(start_s=start_s + 11 * 3600, end_s=start_s + 13 * 3600)),
        ):
            with closing(self.project.landing()) as landing:
                for _ in backfill(source(name), plan, self.project.settings.source(name), landing):
                    pass
        settle_all(self.project.lake, now_us=self.project.now_us())
        self.truth = MERAKI.truth(self.plan, SETTINGS)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> TwoVendors:
    return TwoVendors(tmp_path_factory.mktemp("both"))


@pytest.mark.parametrize("site", [NETWORK, "meraki"])
def test_visits_are_those_that_were_made(both: TwoVendors, site: str) -> None:
    """Wi-Fi alone, to the second; the tags are there all day and no visit."""
    classes = ("visitor", "engaged", "passer_by", "ignored")
    found = tt.presence.visits("2026-11-19", "2026-11-20", site=site, classes=classes, project=both.project)
    stays = both.truth["sites"][site]["stays"]
    assert sorted(zip(found["entered_at"].map(lambda at: at.timestamp()), found["dwell_s"], strict=True)) == sorted(
        (stay["first_s"], stay["last_s"] - stay["first_s"]) for stay in stays
    )
    assert found["associated"].sum() == sum(stay["associated"] for stay in stays)
    assert len(found) < 100 < both.truth["sites"][site]["sightings"]["ble"]


def test_both_vendors_are_sites_of_one_lake(both: TwoVendors) -> None:
    days = tt.presence.figures("2026-11-19", "2026-11-20", project=both.project)
    assert set(days["site"]) == {SITE, NETWORK, "meraki"}
    assert (days[days["address_kind"] == "all"]["visitors"] > 0).all()
    health = tt.health.devices("2026-11-19", "2026-11-20", project=both.project)
    assert {(row.source, row.site) for row in health.itertuples()} == {
        ("cloudtrax", SITE),
        ("meraki", NETWORK),
        ("meraki", "meraki"),
    }


def test_a_listed_bluetooth_tag_is_not_among_the_wifi_devices_left_out(both: TwoVendors) -> None:
    ask: dict[str, Any] = {"since": "2026-11-19", "until": "2026-11-20", "site": NETWORK, "project": both.project}
    tags = tt.sql("select count(*) as n from sighting where flags = 'fixed' and radio = 'ble'", project=both.project)
    assert tags["n"].item() > 100
    assert len(tt.presence.excluded(**ask)) == 0
    assert tt.presence.summary(**ask)["fixed"].tolist() == [0, 0, 0]


@pytest.mark.slow
@pytest.mark.parametrize("site", [NETWORK, "meraki", SITE])
def test_the_presence_report_is_of_either_vendor(both: TwoVendors, site: str) -> None:
    done = report.run("presence_dwell", "2026-11-19", {"site": site}, both.project, with_pdf=False)
    html = unmarked(done.html.read_text()).replace("\xa0", " ")
    visits = tt.presence.visits("2026-11-19", "2026-11-20", site=site, project=both.project)
    reports = tt.health.devices("2026-11-19", "2026-11-20", project=both.project)
    assert f"<b>At least {len(visits)} visits</b>" in html, "what is simulated ends before midnight, and that is said"
    assert f"{reports[reports['site'] == site]['reports'].sum():,} used" in html
    assert html.count('class="plot"') >= 3


@pytest.mark.parametrize(("latest", "told"), [(57, [-71, -38]), (24, [-71]), (10, [-71])])
def test_a_latest_record_of_the_same_moment_counts_where_it_is_stronger(latest: int, told: list[int]) -> None:
    """24 above the floor of -95 is -71 dBm; one key, of which the tables keep the strongest level."""
    moment, node = "2026-11-20T07:33:49Z", "14:9f:43:79:b7:00"
    client = {
        "clientMac": "58:ce:2a:11:22:33",
        "locations": [{"time": moment, "rssiRecords": [{"apMac": node, "rssi": 24}]}],
        "latestRecord": {"time": moment, "nearestApMac": node, "nearestApRssi": latest},
    }
    body = {"version": "3.0", "type": "WiFi", "data": {"networkId": "L_1", "observations": [client]}}
    raw = Raw(1, "meraki", FRIDAY_S * 10**6, "", json.dumps({"path": "/meraki"}), json.dumps(body).encode())
    assert decoded("meraki", [raw])["sighting"]["rssi_max_dbm"].to_pylist() == told


def test_a_body_of_a_stranger_is_not_made_into_objects() -> None:
    """Before its secret is known to be right: 27 bytes of memory for each of the body, times the threads, before."""
    import tracemalloc

    items = b",".join([b"{}"] * 350_000)
    body = b'{"version":"2.0","type":"DevicesSeen","secret":"wrong","data":{"observations":[' + items + b"]}}"
    asked = Request("meraki", 0, "192.0.2.1", "http", "POST", "/meraki", {}, "", body)
    tracemalloc.start()
    with pytest.raises(Refused, match="bad_secret"):
        MERAKI.accept(asked, SourceSettings({}, Secrets({"a": "b" * 16})))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * len(body)


@pytest.mark.parametrize("data", [b"[]", b"null", b'"x"', b"1"])
def test_data_that_are_no_object_are_refused(data: bytes) -> None:
    body = b'{"version":"2.0","type":"DevicesSeen","secret":"x","data": ' + data + b"}"
    asked = Request("meraki", 0, "192.0.2.1", "http", "POST", "/meraki", {}, "", body)
    with pytest.raises(Refused, match="bad_envelope"):
        MERAKI.accept(asked, SourceSettings({}, Secrets({"a": "b" * 16})))
