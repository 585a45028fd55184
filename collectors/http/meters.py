"""What Prometheus reads of a collector."""

import time
from collections.abc import Callable, Iterator
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from telltale.contract import StoreError
from telltale.landing import Landing, Spooling, report_ages


class Meters:
    """Counters of the requests and gauges of the queue, in a registry of their own."""

    def __init__(self, landing: Landing) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "telltale_requests",
            "Requests by source, status and verdict",
            ["source", "status", "verdict"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "telltale_request_seconds",
            "From the request's arrival to its reply",
            ["source"],
            registry=self.registry,
        )
        self._unknown = Counter(
            "telltale_unknown_paths",
            "Requests to paths where nobody listens, by method and plain first part of the path",
            ["path"],
            registry=self.registry,
        )
        self._count = cache(self._requests.labels)
        self._observe = cache(self._seconds.labels)
        gauges = _gauges(landing) | ({} if landing.spooling is None else _spool_gauges(landing.spooling))
        for name, (text, read) in gauges.items():
            Gauge(name, text, registry=self.registry).set_function(read)
        self.registry.register(_Reports(landing))

    def count(self, source: str, status: int, verdict: str, took_s: float) -> None:
        """Count one request."""
        self._count(source, status, verdict).inc()
        self._observe(source).observe(took_s)

    def count_unknown(self, path: str) -> None:
        """Count a request to a path where nobody listens, as `unknown` names it: few are told apart."""
        self._unknown.labels(path).inc()


class _Reports(Collector):
    """How the scheduled reports stand; asked of the store when somebody looks, nothing while it is away."""

    def __init__(self, landing: Landing) -> None:
        self._landing = landing

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """A sample for each report that was ever begun."""
        try:
            stand = report_ages(self._landing.store)
        except StoreError:
            return
        age = GaugeMetricFamily(
            "telltale_report_last_success_age_seconds", "Since a scheduled report was last made", labels=["report"]
        )
        failing = GaugeMetricFamily(
            "telltale_report_failing_periods", "Periods of a report whose last attempt failed", labels=["report"]
        )
        for report in stand:
            if report.succeeded_at is not None:
                age.add_metric([report.report], max(time.time() - report.succeeded_at / 1e6, 0.0))
            failing.add_metric([report.report], report.failing)
        yield from (age, failing)


def _gauges(landing: Landing) -> dict[str, tuple[str, Callable[[], float]]]:
    return {
        "telltale_queue_records": ("Records waiting to be stored", lambda: landing.depth[0]),
        "telltale_queue_bytes": ("Bytes waiting to be stored", lambda: landing.depth[1]),
        "telltale_last_record_timestamp_seconds": (
            "When the newest stored record arrived; 0 before the first",
            lambda: (landing.last_received_at or 0) / 1e6,
        ),
    }


def _spool_gauges(spooling: Spooling) -> dict[str, tuple[str, Callable[[], float]]]:
    return {
        "telltale_spool_active": (
            "1 while records go to the spool, for the store is away or their turn has not come yet",
            lambda: spooling.state.is_active,
        ),
        "telltale_spool_records": ("Records in the spool", lambda: spooling.state.records),
        "telltale_spool_bytes": ("Bytes in the spool", lambda: spooling.state.bytes),
        "telltale_spool_oldest_timestamp_seconds": (
            "When the oldest record in the spool was received; 0 where none is",
            lambda: (spooling.state.since_us or 0) / 1e6,
        ),
        "telltale_spool_expired_records": (
            "Records removed from the spool unstored, ever, because they must not be kept longer",
            lambda: spooling.state.expired,
        ),
        "telltale_spool_unstorable_records": (
            "Records in the spool that the store cannot hold",
            lambda: spooling.state.unstorable,
        ),
        "telltale_answers_without_queue": (
            "Answers given as if nothing were queued for the device, since the start",
            lambda: spooling.state.without_queue,
        ),
    }
