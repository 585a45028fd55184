"""What is simulated, and how a simulated message is told from a real one."""

from collections.abc import Mapping
from typing import NamedTuple

SIMULATED_HEADER, SIMULATED_OPTION = "telltale-simulated", "coap-65000"
"""What a simulated message bears, over HTTP and over CoAP (an elective option for experiments, RFC 7252 12.2)."""


class Emission(NamedTuple):
    """One simulated message on the real wire: when a device sends it, and the exact request."""

    at: int
    """Microseconds UTC of the moment the device sends it."""
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Scenario(NamedTuple):
    """What to simulate: one seed and one scenario give one byte stream."""

    seed: int
    start_s: int
    """Epoch seconds UTC, inclusive."""
    end_s: int
    """Epoch seconds UTC, exclusive."""
    timezone: str
    """The site's zone: people come by its clock."""
