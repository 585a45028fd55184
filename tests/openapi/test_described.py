"""The running collector and its own description: no answer outside of it, nothing acknowledged that is not stored.

Schemathesis makes the requests, such as the document describes and such as it does not. Half of them are signed, or
bear the right secret, so that they come as far as the store.
"""

from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped] # its stubs are not installed
import requests
import schemathesis
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi import checks

from telltale.landing import Store
from telltale.openapi import document
from telltale.settings import load
from telltale.sources import BY_NAME
from telltale.sources.cloudtrax.wire import signature
from tests.served import NETWORK, SECRET, collecting, make_project

TOML = '[privacy]\noptout_page = true\n[sources.meraki]\nvalidator = "ours"\n'
SECRETS = (
    f'[cloudtrax]\n{NETWORK} = "{SECRET}"\n[meraki]\nhall = "{SECRET}"\n'
    f'[sigfox]\nbackend = "{SECRET}"\n[efento]\nconfigure = "{SECRET}"\n'
)
CHECKS = [
    checks.status_code_conformance, checks.content_type_conformance, checks.response_headers_conformance,
    checks.response_schema_conformance,
]  # fmt: skip
EXAMPLES = 5
"""Of each operation and kind; the long form has a thousand."""


@dataclass
class Seen:
    """What became of the requests."""

    answers: Counter[int] = field(default_factory=Counter)
    acknowledged: Counter[str] = field(default_factory=Counter)
    """Answers that say that a record is stored, by its source."""
    memory_mb: float = 0.0
    """Of the collector at the end."""


def proved(request: requests.PreparedRequest, tag: str) -> None:
    """Sign it, or put the secret where its source wants it."""
    body = request.body or b""
    assert isinstance(body, str | bytes)
    content = body.encode() if isinstance(body, str) else body
    if tag == "cloudtrax":
        request.headers["Signature"] = signature(SECRET, content).hex()
    else:
        request.headers["Authorization"] = f"Bearer {SECRET}"


def known(case: "schemathesis.Case[Any]") -> None:
    """Let a made body be of the network, and bear the secret, that the project knows."""
    if isinstance(case.body, dict):
        case.body |= {
            name: value for name, value in (("network_id", int(NETWORK)), ("secret", SECRET)) if name in case.body
        }


def tried(
    operation: "APIOperation[Any, Any, Any, Any]",
    url: str,
    seen: Seen,
    *,
    examples: int,
    mode: schemathesis.GenerationMode,
) -> None:
    """Send requests made of an operation, and hold each answer against the document."""
    (tag,) = operation.tags or ("",)
    quiet = settings(
        max_examples=examples,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    with requests.Session() as session:

        @quiet
        @given(case=operation.as_strategy(mode), is_proved=st.booleans())
        def one(case: "schemathesis.Case[Any]", is_proved: bool) -> None:
            if is_proved:
                known(case)
            kwargs = case.as_transport_kwargs(base_url=url)
            request = session.prepare_request(requests.Request(**kwargs_of(kwargs)))
            if is_proved:
                proved(request, tag)
            reply = session.send(request, timeout=20, allow_redirects=False)
            seen.answers[reply.status_code] += 1
            assert reply.status_code < 500 or reply.status_code == 503, f"{operation.label}: {reply.status_code}"
            case.validate_response(reply, checks=CHECKS)
            if reply.ok and tag in BY_NAME and not (tag == "meraki" and request.method == "GET") and tag != "efento":
                seen.acknowledged[tag] += 1

        with suppress(Unsatisfiable):  # of an operation that takes nothing there is no request but the right one
            one()


def kwargs_of(kwargs: dict[str, Any]) -> dict[str, Any]:
    """Without what is the session's."""
    names = ("method", "url", "headers", "files", "data", "json", "params", "cookies")
    return {name: kwargs[name] for name in names if kwargs.get(name) is not None}


def stored(root: Path) -> Counter[str]:
    with closing(Store(load(root).store_url)) as store, store.reader() as connection:
        return Counter(connection.scalars(sa.text("select source from raw")))


def all_of_it(root: Path, examples: int) -> Seen:
    """Every operation of the running collector, as described and not."""
    seen = Seen()
    with collecting(make_project(root, TOML, secrets=SECRETS)) as collector:
        described = schemathesis.openapi.from_dict(document(load(root), "1"))
        url = f"http://{collector.host}:{collector.port}"
        for result in described.get_all_operations():
            assert isinstance(result, Ok), result
            for mode in schemathesis.GenerationMode:
                tried(result.ok(), url, seen, examples=examples, mode=mode)
        assert stored(root) == seen.acknowledged
        assert collector.process.poll() is None
        processes = [psutil.Process(collector.process.pid), *psutil.Process(collector.process.pid).children()]
        seen.memory_mb = sum(each.memory_info().rss for each in processes) / 1e6
        assert "Traceback" not in collector.log.read_text()
    return seen


def test_nothing_is_answered_outside_the_document_nor_acknowledged_and_not_stored(tmp_path: Path) -> None:
    seen = all_of_it(tmp_path, EXAMPLES)
    assert set(seen.acknowledged) == {"cloudtrax", "meraki", "sigfox"}, seen
    assert {200, 201, 204, 400, 403, 404} <= set(seen.answers), seen
