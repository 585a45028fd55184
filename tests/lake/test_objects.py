"""A lake on an object store: the same jobs and answers, errors of one sentence, and secrets that stay with us."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from telltale.contract import StoreError
from telltale.engine import DuckEngine, Parts
from telltale.lake import Lake
from telltale.lake.gc import gc
from telltale.lake.merge import merge
from telltale.lake.objects import ObjectRoot
from telltale.lake.records import raw_record
from telltale.lake.settle import settle
from telltale.lake.takeout import take_out
from telltale.landing import Store
from telltale.pipeline.whole import whole
from telltale.settings.objects import ObjectAccess, S3Settings
from telltale.tables import SIGHTING
from tests.object_store import CUT, ID, KEY, TOKEN, Answer, Asked, ObjectStore, error, proxied
from tests.sources.toy import DAY, MONDAY, decoder, fill, job, open_store, raw, rows_of
from tests.stores import url_of

NOW = MONDAY + 3 * DAY


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path)
    yield store
    store.close()


@pytest.fixture
def bucket(object_store: ObjectStore) -> str:
    return object_store.bucket()


def open_lake(store: Store, bucket: str, access: ObjectAccess) -> Lake:
    return Lake(
        store, f"s3://{bucket}/some/lake", whole(decoder(1)), {"toy": 1}, personal_sources=["toy"], access=access
    )


def test_settled_records_are_objects_below_the_path_and_are_read_back(
    store: Store, object_store: ObjectStore, bucket: str
) -> None:
    lake = open_lake(store, bucket, object_store.access())
    fill(store, [raw(60), raw(120), raw(3700)])

    settled = settle(lake, now_us=NOW)

    assert (settled.raws, settled.files) == (3, 4)
    files = lake.snapshot().files
    assert {found.path: found.bytes for found in lake.root.walk()} == {file.path: file.bytes for file in files}
    assert rows_of(lake, "sighting")["raw_id"].to_pylist() == [1, 2, 3]
    assert lake.root.read(files[0].path, ["raw_id"]).column_names == ["raw_id"]
    assert lake.path(files[0]) == f"s3://{bucket}/some/lake/{files[0].path}"
    there = {found.path: found.bytes for found in ObjectRoot(f"s3://{bucket}", object_store.access()).walk()}
    assert there == {f"some/lake/{file.path}": file.bytes for file in files}
    record = raw_record(lake, 2)
    assert record is not None
    assert record[-1] == b"n1 7 115 3"


def test_a_small_object_is_one_request_and_several_are_put_at_once(
    store: Store, object_store: ObjectStore, bucket: str
) -> None:
    """Two puts wait for each other: one after the other, they would wait for ever."""
    asked: list[str] = []
    both = threading.Barrier(2)

    def watched(request: Asked) -> Answer | None:
        asked.append(request.method)
        if request.method == "PUT":
            both.wait(20)
        return None

    fill(store, [raw(60), raw(3700)])  # two hours of raw records, and two tables
    with proxied(object_store, watched) as url:
        settle(open_lake(store, bucket, object_store.access(url=url)), now_us=NOW)
    assert asked == ["PUT"] * 4
    assert rows_of(open_lake(store, bucket, object_store.access()), "sighting")["raw_id"].to_pylist() == [1, 2]


def test_merged_files_go_after_the_grace_and_nothing_else_does(
    store: Store, object_store: ObjectStore, bucket: str
) -> None:
    lake = open_lake(store, bucket, object_store.access())
    for second in (60, 120, 180):
        fill(store, [raw(second)])
        settle(lake, now_us=NOW)
    merged = merge(lake, now_us=NOW)
    assert (merged.before, merged.after) == (9, 3)
    assert len(list(lake.root.walk())) == 12

    assert gc(lake, now_us=NOW + DAY).files == 9
    assert {found.path for found in lake.root.walk()} == {file.path for file in lake.snapshot().files}
    assert rows_of(lake, "raw")["id"].to_pylist() == [1, 2, 3]


def test_nothing_is_asked_of_the_object_store_while_a_write_transaction_is_open(
    store: Store, object_store: ObjectStore, bucket: str, tmp_path: Path
) -> None:
    """At each request another connection can begin to write at once; SQLite lets one writer in at a time."""
    asked: list[str] = []

    def watched(request: Asked) -> None:
        with closing(sqlite3.connect(url_of(tmp_path).removeprefix("sqlite:///"), timeout=0)) as other:
            other.execute("begin immediate")
        asked.append(request.method)

    with proxied(object_store, watched) as url:
        lake = open_lake(store, bucket, object_store.access(url=url))
        for second in (60, 120, 180):
            fill(store, [raw(second)])
            settle(lake, now_us=NOW)
        job(lake, "merge")
        job(lake, "decode")
        job(lake, "drop")
        gc(lake, now_us=NOW + DAY)
        take_out(lake, "toy", lambda metas: np.ones(len(metas), bool), now_us=NOW, tell=lambda *_: None)
    assert {"PUT", "GET", "DELETE"} <= set(asked)
    assert {found.path for found in lake.root.walk()} == {file.path for file in lake.snapshot().files}


def test_a_purge_while_the_object_store_is_away_is_said_and_its_file_goes_later(
    store: Store, object_store: ObjectStore, bucket: str
) -> None:
    fill(store, [raw(60)])
    settle(open_lake(store, bucket, object_store.access()), now_us=NOW)
    with proxied(object_store, lambda asked: CUT if asked.method == "DELETE" else None) as url:
        lake = open_lake(store, bucket, object_store.access(url=url, tries=1))
        with pytest.raises(StoreError, match="cannot be reached"):
            job(lake, "drop")
    lake = open_lake(store, bucket, object_store.access())
    assert lake.snapshot().of("raw") == ()
    assert len(list(lake.root.walk())) == 3
    assert gc(lake, now_us=NOW + DAY).files == 1
    assert {found.path for found in lake.root.walk()} == {file.path for file in lake.snapshot().files}


@pytest.mark.parametrize(
    "ask",
    [
        lambda lake: settle(lake, now_us=NOW),
        lambda lake: lake.root.read("a.parquet"),
        lambda lake: lake.root.read("a.parquet", ["id"]),
        lambda lake: lake.root.read_where("a.parquet", "id", 1),
        lambda lake: list(lake.root.walk()),
        lambda lake: lake.root.delete("a.parquet"),
        lambda lake: lake.root.try_out(),
    ],
)
def test_a_missing_bucket_is_not_taken_for_a_missing_file(
    store: Store, object_store: ObjectStore, ask: Callable[[Lake], object]
) -> None:
    fill(store, [raw(60)])
    with pytest.raises(StoreError) as caught:
        ask(open_lake(store, "no-such-bucket", object_store.access()))
    assert str(caught.value) == (
        f"lake s3://no-such-bucket/some/lake: there is no bucket no-such-bucket at {object_store.url}; "
        "create it, or correct [paths] lake_root"
    )


def test_without_credentials_the_sentence_says_where_to_write_them(
    store: Store, object_store: ObjectStore, bucket: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Moto answers 403 to what is not signed."""
    fill(store, [raw(60)])
    settle(open_lake(store, bucket, object_store.access()), now_us=NOW)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")  # nothing off this machine is asked
    lake = open_lake(store, bucket, ObjectAccess(S3Settings(endpoint=object_store.url, tries=1)))
    with pytest.raises(StoreError) as caught:
        rows_of(lake, "raw")
    assert str(caught.value).startswith(
        f"lake s3://{bucket}/some/lake: {object_store.url} denies HeadObject, and no credentials are set; write id and"
    )


def test_credentials_of_the_environment_are_used_and_not_shown(
    store: Store, object_store: ObjectStore, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed: list[str] = []

    def watched(asked: Asked) -> Answer:
        signed.append(next(value for name, value in asked.headers.items() if name.lower() == "authorization"))
        return error(403, "AccessDenied", f"not {ID} with {KEY} and {TOKEN}")

    for name, value in (("ACCESS_KEY_ID", ID), ("SECRET_ACCESS_KEY", KEY), ("SESSION_TOKEN", TOKEN)):
        monkeypatch.setenv(f"AWS_{name}", value)
    fill(store, [raw(60)])
    with proxied(object_store, watched) as url:
        lake = open_lake(store, bucket, ObjectAccess(S3Settings(endpoint=url, tries=1)))
        with pytest.raises(
            StoreError, match=r"denies PutObject to the credentials of AWS_\* or ~/.aws; let them"
        ) as caught:
            settle(lake, now_us=NOW)
    assert f"Credential={ID}/" in signed[0]
    assert not any(secret in str(caught.value) for secret in (ID, KEY, TOKEN))


def test_a_server_without_tls_is_said_where_it_is_expected(
    store: Store, object_store: ObjectStore, bucket: str
) -> None:
    url = object_store.url.replace("http://", "https://")
    lake = open_lake(store, bucket, object_store.access(url=url, tries=1))
    with pytest.raises(
        StoreError, match=r"no encrypted connection to https://127.* \(ssl connect error\); check its cert"
    ):
        lake.root.exists("a")


def test_a_question_that_the_object_store_fails_in_the_middle_of_is_its_sentence_too(
    store: Store, object_store: ObjectStore, bucket: str
) -> None:
    """DuckDB words the error of what it scans in its own way."""
    fill(store, [raw(60)])
    lake = open_lake(store, bucket, object_store.access())
    settle(lake, now_us=NOW)
    (file,) = lake.snapshot().of("sighting")
    with proxied(object_store, lambda asked: error(503, "SlowDown") if asked.method == "GET" else None) as url:
        root = ObjectRoot(f"s3://{bucket}/some/lake", object_store.access(url=url, tries=1))
        engine = DuckEngine(remote=root)
        rows = engine.table(SIGHTING, Parts(unique=(root.absolute(file.path),)))
        with pytest.raises(StoreError, match=r"is busy or in trouble \(S[A-Z_]+ at GetObject\); it is tried again"):
            rows.arrow()


TROUBLES = [
    (error(403, "AccessDenied", "Access Denied"), "denies PutObject to the credentials of secrets.toml [s3]; let them"),
    (error(403, "InvalidAccessKeyId", f"{ID} is not known"), "does not accept the credentials of secrets.toml [s3]; c"),
    (error(403, "SignatureDoesNotMatch", f"not signed with {KEY}"), "does not accept the credentials of secrets.toml"),
    (error(400, "ExpiredToken", "expired"), "the token of the credentials of secrets.toml [s3] has expired; renew it"),
    (error(403, "RequestTimeTooSkewed", "skewed"), "too far apart; set the clock of this machine"),
    (error(404, "NoSuchBucket", "none"), "there is no bucket {bucket} at {url}; create it, or correct [paths] lake_r"),
    (error(503, "SlowDown", "slow"), "is busy or in trouble (SLOW_DOWN at PutObject); it is tried again; records stay"),
    (error(500, "InternalError", "oh"), "is busy or in trouble (INTERNAL_FAILURE at PutObject); it is tried again"),
    (
        error(418, "Teapot", f"key {KEY}"),
        "answered PutObject with Teapot, HTTP 418; look into its log; records stay in",
    ),
    (CUT, "{url} cannot be reached ("),
]


@pytest.mark.parametrize(("answer", "sentence"), TROUBLES)
def test_a_store_in_trouble_costs_no_record_and_is_one_sentence_without_secrets(
    store: Store, object_store: ObjectStore, bucket: str, answer: Answer, sentence: str
) -> None:
    fill(store, [raw(60)])
    with proxied(object_store, lambda asked: answer if asked.method == "PUT" else None) as url:
        lake = open_lake(store, bucket, object_store.access(url=url, tries=2))
        with pytest.raises(StoreError) as caught:
            settle(lake, now_us=NOW)

    said = str(caught.value)
    assert said.startswith(f"lake s3://{bucket}/some/lake: ")
    assert sentence.format(bucket=bucket, url=url) in said
    assert "\n" not in said
    assert not any(secret in said for secret in (ID, KEY, TOKEN))
    assert len(lake.snapshot().hot) == 1
    assert lake.snapshot().files == ()
    assert settle(open_lake(store, bucket, object_store.access()), now_us=NOW).raws == 1
