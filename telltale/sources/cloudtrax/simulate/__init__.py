"""The simulator of CloudTrax nodes: signed reports on the real wire, and the truth behind them.

One seed and one scenario give one byte stream; a shorter scenario gives a slice of it. The site is `site.py`, who comes
`people.py`, what its nodes hear `air.py`, what analysis must find again `truth.py`; here rows become signed bytes.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from telltale.address import spelled
from telltale.contract import ConfigError, Emission, Scenario, SourceSettings
from telltale.sources.cloudtrax import wire
from telltale.sources.cloudtrax.simulate.air import Report, Row, reports
from telltale.sources.cloudtrax.simulate.site import Site
from telltale.sources.cloudtrax.simulate.truth import found

_PATH = "/cloudtrax"
_encoder = msgspec.json.Encoder()


def simulate(scenario: Scenario, settings: SourceSettings) -> Iterator[Emission]:
    """Yield every report of the site's nodes from start to end, in time order, signed for the network.

    Args:
        scenario: seed, range and zone; the stream of a sub-range is the slice of the whole range's stream.
        settings: the network simulated is the smallest that has a secret.

    Raises:
        ConfigError: no network has a secret.

    Source: wire/presence.md 1.1–1.4; the signature is HMAC-SHA-256 over the body in hex.
    """
    network = _network(settings)
    secret = settings.secrets[str(network)]
    return (_emission(report, network, secret) for report in reports(_site(scenario), scenario.start_s, scenario.end_s))


def truth(scenario: Scenario, settings: SourceSettings) -> Mapping[str, Any]:
    """What analysis must find in the emissions of the scenario, and what really happened; see `truth.found`.

    Raises:
        ConfigError: no network has a secret.
    """
    return {"source": "cloudtrax", "site": str(_network(settings)), **found(_site(scenario), scenario)}


def _site(scenario: Scenario) -> Site:
    return Site(scenario.seed, ZoneInfo(scenario.timezone))


def _network(settings: SourceSettings) -> int:
    networks = [int(key) for key in settings.secrets if key.isdecimal() and key == str(int(key))]
    if not networks:
        raise ConfigError(
            "cloudtrax: no network has a secret, expected one to sign simulated reports with; "
            'set 71234 = "…" under [cloudtrax] in secrets.toml or TELLTALE_SECRET_CLOUDTRAX_71234'
        )
    return min(networks)


def _emission(report: Report, network: int, secret: str) -> Emission:
    node = spelled(report.node.address)
    body = _encoder.encode(
        wire.Report(
            network_id=network,
            node_mac=node if report.node.carries else node.upper(),
            version=1,
            probe_requests=[_row(row, last_signal=report.node.last_signal) for row in report.rows],
        )
    )
    headers = {"Content-Type": "application/json", "Signature": wire.signature(secret, body).hex()}
    return Emission(report.at_us, "POST", _PATH, headers, body)


def _row(row: Row, *, last_signal: bool) -> wire.Row:
    """The row of nine fields, or of eight from older firmware."""
    return wire.Row(
        mac=spelled(row.address),
        count=row.frames,
        min_signal=row.min_signal,
        max_signal=row.max_signal,
        avg_signal=row.avg_signal,
        last_seen_signal=row.last_signal if last_signal else None,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        associated=row.associated,
    )
