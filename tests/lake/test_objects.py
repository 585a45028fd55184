"""A lake on an object store: the same jobs and answers, errors of one sentence, and secrets that stay with us."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from telltale.contract import StoreError
from telltale.lake import Lake
from telltale.lake.gc import gc
from telltale.lake.merge import merge
from telltale.lake.objects import ObjectRoot
from telltale.lake.records import raw_record
from telltale.lake.settle import settle
from telltale.landing import Store
from telltale.pipeline.whole import whole
from telltale.settings.objects import ObjectAccess
from tests.object_store import CUT, ID, KEY, TOKEN, Answer, Asked, ObjectStore, error, proxied
from tests.sources.toy import DAY, MONDAY, decoder, fill, open_store, raw, rows_of

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


OTHER = "s3://{bucket}/some/lake: "
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
