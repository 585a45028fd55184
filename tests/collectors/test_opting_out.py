"""The form by which a device is left out, over the real collector: what it takes, and that nothing of it stays."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from collectors.http.opting_out import MOST_PER_HOUR
from telltale.privacy import Lists
from tests.served import Collector, Reply, collecting, make_project

ADDRESS, OTHER = "3c:06:30:aa:bb:01", "3C-06-30-AA-BB-02"
PAGE = "[privacy]\noptout_page = true\n[webhooks]\nhosts = ['museum.example']\n"


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    with collecting(make_project(tmp_path_factory.mktemp("optout"), PAGE)) as running:
        yield running


def send(collector: Collector, address: str, *, origin: str | None = "http://museum.example", host: str = "") -> Reply:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Host": host or "museum.example"}
    headers |= {"Origin": origin} if origin else {}
    return collector.send("POST", "/optout", f"address={address.replace(':', '%3A')}".encode(), headers)


def test_a_device_is_left_out_with_one_answer_for_known_and_unknown_and_nothing_of_it_stays(
    collector: Collector,
) -> None:
    page = collector.send("GET", "/optout")
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert b'<input name="address"' in page.body
    first, again, other = (send(collector, address) for address in (ADDRESS, ADDRESS, OTHER))
    assert {first.status, again.status, other.status} == {200}
    assert first.body == again.body == other.body
    lists = Lists(collector.root / "data" / "keys")
    assert lists.counts()["opt_out"] == 2
    assert lists.holds("opt_out", ADDRESS)
    wrong = send(collector, "my-phone-4711")
    assert (wrong.status, b"4711" in wrong.body) == (400, False)
    for origin, host in (("http://evil.example", ""), (None, ""), ("http://evil.example", "evil.example")):
        assert send(collector, ADDRESS, origin=origin, host=host).status == 403
    assert collector.send("DELETE", "/optout").status == 405
    answers = [send(collector, ADDRESS).status for _ in range(MOST_PER_HOUR)]
    assert answers[0] == 200
    assert answers[-1] == 429
    assert collector.send("GET", "/optout").status == 200
    collector.kill()
    plain = [path.read_bytes().lower() for path in Path(collector.root).rglob("*") if path.is_file()]
    for spelt in (b"3c:06:30", b"3c-06-30", b"3c%3a06", b"3c0630aabb", bytes.fromhex("3c0630aabb01"), b"4711"):
        assert not any(spelt in content for content in plain), spelt
    assert any(b"optout" in content for content in plain), "the log has a line of it"


def test_with_a_slash_at_its_end_the_form_goes_to_an_address_that_answers(tmp_path: Path) -> None:
    with collecting(make_project(tmp_path, PAGE)) as running:
        for path in ("/optout", "/optout/"):
            page = running.send("GET", path)
            form = page.body.decode().partition("<form")[2].partition(">")[0]
            assert (page.status, "action" in form) == (200, False), "a browser sends it to the page's own address"
            headers = {"Host": "museum.example", "Origin": "http://museum.example"}
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            assert running.send("POST", path, b"address=3c%3A06%3A30%3Aaa%3Abb%3A01", headers).status == 200


def test_head_is_answered_as_get_without_the_page(tmp_path: Path) -> None:
    with collecting(make_project(tmp_path, PAGE)) as running:
        page, head, other = (running.send(method, "/optout") for method in ("GET", "HEAD", "DELETE"))
    assert (head.status, head.body) == (200, b"")
    same = ("content-type", "content-length", "cache-control")
    assert [head.headers.get(name) for name in same] == [page.headers[name] for name in same]
    assert other.headers["allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize("announced", ["content-length: 1000000", "transfer-encoding: chunked"])
def test_what_is_longer_than_a_form_is_answered_before_it_has_come(tmp_path: Path, announced: str) -> None:
    with collecting(make_project(tmp_path, PAGE)) as running:
        piece = b"address=" + b"9" * 2000
        head = f"POST /optout HTTP/1.1\r\nhost: museum.example\r\norigin: http://museum.example\r\n{announced}\r\n\r\n"
        body = b"%x\r\n%s\r\n" % (len(piece), piece) if "chunked" in announced else piece
        with socket.create_connection((running.host, running.port), timeout=5) as line:
            line.sendall(head.encode() + body)  # and then nothing: whoever waits for the rest answers too late
            answer = b"".join(iter(lambda: line.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 413")
        assert b"That is no address of a device" in answer


def test_without_the_setting_there_is_no_form(tmp_path: Path) -> None:
    with collecting(make_project(tmp_path)) as running:
        assert running.send("GET", "/optout").status == 404
