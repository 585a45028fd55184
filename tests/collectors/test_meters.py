"""What Prometheus reads of the scheduled reports."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from collectors.http.meters import Meters
from telltale.landing import Landing, Store
from telltale.publish import ledger
from telltale.publish.due import Stretch
from telltale.workbench.times import SECOND, Span

NOW_US = 1_795_000_000 * SECOND


@pytest.fixture
def landing(tmp_path: Path) -> Iterator[Landing]:
    store = Store(f"sqlite:///{tmp_path / 'store.db'}")
    landing = Landing(store)
    yield landing
    landing.close()
    store.close()


def test_the_age_of_the_last_success_of_each_report(landing: Landing, monkeypatch: pytest.MonkeyPatch) -> None:
    meters = Meters(landing)
    assert "{report=" not in generate_latest(meters.registry).decode()
    for number, day in enumerate(("2026-11-13", "2026-11-14")):
        run = ledger.claim(landing.store, "cold", "", Stretch(day, Span(number, number + 1)), now_us=NOW_US)
        assert run is not None
        with landing.store.writer() as connection:
            if number:
                ledger.fail(connection, run, "a cell failed", now_us=NOW_US)
            else:
                ledger.finish(connection, run, "done", made_at=NOW_US)
    monkeypatch.setattr("collectors.http.meters.time.time", lambda: NOW_US / SECOND + 90)
    lines = generate_latest(meters.registry).decode().splitlines()
    assert 'telltale_report_last_success_age_seconds{report="cold"} 90.0' in lines
    assert 'telltale_report_failing_periods{report="cold"} 1.0' in lines


def test_a_store_that_is_away_leaves_the_other_meters(landing: Landing, tmp_path: Path) -> None:
    meters = Meters(landing)
    landing.store.close()
    (tmp_path / "store.db").unlink()
    text = generate_latest(meters.registry).decode()
    assert "telltale_queue_records 0.0" in text
    assert "telltale_report_failing_periods{" not in text
