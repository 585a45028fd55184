"""The rules of wire/presence.md section 1.5 that the samples do not show."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telltale.contract import (
    Bulk,
    Chunk,
    ConfigError,
    DecodeError,
    Raw,
    Refused,
    Reply,
    Request,
    Secrets,
    SourceSettings,
)
from telltale.sources.cloudtrax.accept import accept
from telltale.sources.cloudtrax.decode import decode, decode_many, row_by_row
from telltale.sources.cloudtrax.wire import signature

RECEIVED_AT = 1_795_160_031_250_000
SECRET = "telltale"
SETTINGS = SourceSettings({}, Secrets({"71234": SECRET}))
BASE64 = SourceSettings({"signature": "base64"}, SETTINGS.secrets)
ROW = {
    "mac": "3c:06:30:aa:bb:01",
    "count": 14,
    "min_signal": -71,
    "max_signal": -52,
    "avg_signal": -60,
    "first_seen": 1_795_160_000,
    "last_seen": 1_795_160_029,
    "associated": True,
}
ENVELOPE = {"network_id": 71234, "node_mac": "AC:86:74:11:22:33", "version": 1, "probe_requests": [ROW]}
BODY = json.dumps(ENVELOPE).encode()
SIGNED = signature(SECRET, BODY)
URL_SAFE = base64.urlsafe_b64encode(SIGNED).decode()


def ask(body: bytes, header: str | None, settings: SourceSettings = SETTINGS) -> Reply:
    headers = {} if header is None else {"signature": header}
    return accept(Request("cloudtrax", RECEIVED_AT, "", "http", "POST", "/cloudtrax", headers, "", body), settings)


def signed(body: bytes) -> Reply:
    return ask(body, signature(SECRET, body).hex())


def raw(body: bytes) -> Raw:
    return Raw(1, "cloudtrax", RECEIVED_AT, "", "{}", body)


def report(rows: list[Any], **envelope: Any) -> Raw:
    return raw(json.dumps(ENVELOPE | envelope | {"probe_requests": rows}).encode())


@pytest.mark.parametrize(
    ("header", "settings"),
    [
        (SIGNED.hex(), SETTINGS),
        (SIGNED.hex().upper(), SETTINGS),
        (f" {SIGNED.hex()} ", SETTINGS),
        (SIGNED.hex(), BASE64),
        (URL_SAFE, BASE64),
        (URL_SAFE.rstrip("="), BASE64),
        (base64.b64encode(SIGNED).decode(), BASE64),
    ],
)
def test_a_right_signature_is_accepted(header: str, settings: SourceSettings) -> None:
    assert ask(BODY, header, settings) == Reply(200, b"ok")


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (None, 401),
        ("", 401),
        ("   ", 403),
        (SIGNED.hex()[:-2], 403),
        (SIGNED.hex()[:-2] + "zz", 403),
        (SIGNED.hex() + "00", 403),
        (" ".join(SIGNED.hex()), 403),
        (signature("other", BODY).hex(), 403),
        (signature(SECRET, BODY + b"\n").hex(), 403),
        ("ä" * 64, 403),
        ("٣" * 64, 403),
        (URL_SAFE, 403),
    ],
)
def test_a_wrong_signature_is_refused(header: str | None, status: int) -> None:
    with pytest.raises(Refused) as caught:
        ask(BODY, header)
    assert caught.value.status == status
    assert SECRET not in str(caught.value)
    assert SIGNED.hex() not in str(caught.value)


@pytest.mark.parametrize("header", ["A" * 42, "!" * 43, "A" * 43 + "==", "Ä" * 43])
def test_what_is_not_base64_is_refused(header: str) -> None:
    with pytest.raises(Refused, match="bad_signature"):
        ask(BODY, header, BASE64)


@pytest.mark.parametrize("header", [None, "0" * 64, signature("other", BODY).hex()])
def test_while_there_is_no_secret_at_all_a_report_is_let_in_and_told_so(header: str | None) -> None:
    reply = ask(BODY, header, SourceSettings({}, Secrets()))
    assert (reply.status, reply.keep) == (200, True)
    assert b"no secret is set" in reply.body
    assert b'<network_id> = "<secret>"' in reply.body


@pytest.mark.parametrize("proxy", ["forwarded", "x-forwarded-for", "x-real-ip", "via"])
def test_while_there_is_none_what_came_through_a_proxy_is_told_the_lines_to_paste(proxy: str) -> None:
    request = Request("cloudtrax", RECEIVED_AT, "", "http", "POST", "/cloudtrax", {proxy: "203.0.113.9"}, "", BODY)
    with pytest.raises(Refused, match=r'no_secret: .* add the line 71234 = "<secret>" below .cloudtrax.') as caught:
        accept(request, SourceSettings({}, Secrets()))
    assert caught.value.status == 401
    assert '[cloudtrax]\n<network_id> = "<secret>"\n' in caught.value.remedy
    assert accept(request._replace(is_trusted=True), SourceSettings({}, Secrets())) == Reply()


@pytest.mark.parametrize("secrets", [{"71234": ""}, {"71235": SECRET}])
def test_a_network_without_a_secret_is_unknown_even_signed_with_none(secrets: dict[str, str]) -> None:
    with pytest.raises(Refused, match="unknown_network") as caught:
        ask(BODY, signature("", BODY).hex(), SourceSettings({}, Secrets(secrets)))
    assert caught.value.status == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b'{"network_id":71234,"a":NaN}', 400),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, 400),
        (b"[" * 100_000, 422),
        (b"[]", 422),
        (b"{}", 422),
        (b'{"network_id":null}', 422),
        (b'{"network_id":true}', 422),
        (b'{"network_id":1.5}', 422),
        (b'{"network_id":-1}', 422),
        (b'{"network_id":99999999999999999999}', 422),
        (b'{"network_id":"../../etc"}', 422),
        (b'{"network_id":71234}', 422),
        (b'{"network_id":71234,"node_mac":"","probe_requests":[]}', 422),
        (b'{"network_id":71234,"node_mac":7,"probe_requests":[]}', 422),
        (b'{"network_id":71234,"node_mac":"ac8674112233","probe_requests":{}}', 422),
    ],
)
def test_what_is_no_report_is_refused(body: bytes, status: int) -> None:
    with pytest.raises(Refused) as caught:
        signed(body)
    assert caught.value.status == status


def test_the_signature_is_checked_before_the_envelope() -> None:
    body = b'{"network_id":71234}'
    with pytest.raises(Refused, match="bad_signature"):
        ask(body, SIGNED.hex())


@pytest.mark.parametrize("rows", [[17, None], [{"mac": "nonsense"}], []])
def test_bad_rows_are_no_reason_to_refuse(rows: list[Any]) -> None:
    assert signed(report(rows).body).status == 200


def test_an_unknown_spelling_is_a_config_error() -> None:
    with pytest.raises(ConfigError, match=r'\[sources.cloudtrax\] signature = \'rot13\': expected "hex" or "base64"'):
        ask(BODY, SIGNED.hex(), SourceSettings({"signature": "rot13"}, SETTINGS.secrets))


@given(st.binary(max_size=200), st.text(max_size=80))
def test_whatever_is_sent_is_answered_or_refused(body: bytes, header: str) -> None:
    with pytest.raises(Refused) as caught:
        ask(body, header)
    assert 400 <= caught.value.status < 500


def test_ordinary_reports_take_the_quick_path() -> None:
    assert decode_many([raw(BODY), report([]), report([ROW] * 5)], {}).odd == []


@pytest.mark.parametrize("change", [{"count": 3.0}, {"count": "3"}, {"count": True}, {"mac": "x"}, {"avg_signal": -80}])
def test_odd_rows_do_not(change: dict[str, Any]) -> None:
    """They take no other report with them."""
    many = decode_many([report([ROW]), report([ROW | change]), report([]), report([ROW] * 2)], {})
    assert many.odd == [1]
    assert [list(bulk.counts) for bulk in many.bulks] == [[1, 0, 0, 2], [1, 0, 1, 1]]


def test_rejects_never_show_an_address() -> None:
    address = "3c:06:30:aa:bb:01"
    spellings = [
        address,
        address.upper(),
        address.replace(":", "-"),
        address.replace(":", ""),
        address[:-1],
        address[3:],
    ]
    rows = [ROW | {"mac": spelling, "count": 0, "note": f"was {spelling}", spelling: 1} for spelling in spellings]
    texts = [item.excerpt for item in row_by_row(report(rows)) if not isinstance(item, Chunk)]
    assert len(texts) == len(rows)
    for text in texts:
        assert "aa:bb" not in text.lower().replace("-", ":")
        assert "aabb01" not in text.lower()


def test_a_row_of_megabytes_leaves_a_short_excerpt() -> None:
    reject, _heartbeat = row_by_row(report([ROW | {"count": 0, "note": "3c:06:30:aa:bb:01" * 100_000}]))
    assert not isinstance(reject, Chunk)
    assert len(reject.excerpt) == 200


@pytest.mark.parametrize(("node_mac", "reason"), [("office", "bad_node"), ("01:00:5e:00:00:01", "bad_node")])
def test_a_node_without_an_address_sets_the_record_aside(node_mac: str, reason: str) -> None:
    with pytest.raises(DecodeError) as caught:
        list(decode(report([ROW], node_mac=node_mac), {}))
    assert caught.value.reason == reason


# Values of every kind a row could hold, right, odd and wrong, so that both paths are often taken.
addresses = st.sampled_from([ROW["mac"], "3C-06-30-AA-BB-02", "da:a1:19:00:00:03", "01:00:5e:00:00:fb", "", 5, None])
odd: st.SearchStrategy[Any] = st.sampled_from(
    [None, "3", "-70", "x", 3.0, 2.5, True, False, 0, -1, 2**63 - 1, 2**63, 1e300, [], {}]
)
levels = st.integers(-125, 5) | odd
stamps = st.sampled_from([0, 1_262_303_999, 1_795_160_000, 1_795_160_029, 4_102_444_800, 4_102_444_801]) | odd
any_row = st.fixed_dictionaries(
    {},
    optional={
        "mac": addresses,
        "count": st.integers(1, 99) | odd,
        "min_signal": levels,
        "max_signal": levels,
        "avg_signal": levels,
        "last_seen_signal": levels,
        "first_seen": stamps,
        "last_seen": stamps,
        "associated": st.booleans() | odd,
        "channel": odd,
    },
)
some_rows = st.lists(any_row.map(lambda row: ROW | row) | st.just(ROW) | any_row, max_size=4)
envelopes = st.fixed_dictionaries({}, optional={"version": st.sampled_from([1, 2, None, "1", 1.0, True]), "more": odd})


@given(
    st.lists(st.builds(lambda rows, envelope: report(rows, **envelope), some_rows, envelopes), min_size=1, max_size=3)
)
def test_both_paths_give_equal_rows(raws: list[Raw]) -> None:
    many = decode_many(raws, {})
    quick = many.bulks
    slow = [[] if at in many.odd else list(row_by_row(one)) for at, one in enumerate(raws)]
    assert all(isinstance(item, Chunk) for items in slow for item in items), "what the quick path takes has no reject"
    for bulk in quick:
        assert bulk.spelt_out().columns == joined([item for items in slow for item in items], bulk.chunk.table)
        assert list(bulk.counts) == [rows_of(items, bulk.chunk.table) for items in slow]
    assert {bulk.chunk.table for bulk in quick} == {
        item.table for items in slow for item in items if isinstance(item, Chunk)
    }


def joined(chunks: list[Any], table: str) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {}
    for chunk in chunks:
        if chunk.table == table:
            for name, values in chunk.columns.items():
                columns.setdefault(name, []).extend(values)
    return columns


def rows_of(items: list[Any], table: str) -> int:
    return sum(len(item.columns["site"]) for item in items if item.table == table)


def test_many_reports_say_how_many_rows_each_gave() -> None:
    sightings, heartbeats = decode_many([report([ROW] * 2), report([]), report([ROW])], {}).bulks
    assert isinstance(sightings, Bulk)
    assert list(sightings.counts) == [2, 0, 1]
    assert list(heartbeats.counts) == [1, 1, 1]
    # 31.25 s received, newest 29 s: 2.25 s; nobody heard, no offset
    assert heartbeats.chunk.columns["clock_offset_s"] == [2.25, None, 2.25]
