"""A sender waits for no longer than its ticket, though the store goes away while it waits and it is answered anew."""

import asyncio
import re
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from telltale.contract import Reply, Request, SourceSettings
from telltale.door import Door, Verdict, open_door
from telltale.settings import Settings
from telltale.settings.model import LandingSettings, SiteSettings
from tests.landing.test_door import TOY
from tests.landing.test_door import request as toy_request
from tests.landing.test_spool import away

BUSY_S, TICKET_S = 1.0, 2.0


def handled(door: Door) -> Verdict:
    return door.handle(toy_request(b"x"))


def submitted(door: Door) -> Verdict:
    return asyncio.run(door.submit(toy_request(b"x"), timeout_s=TICKET_S))


@pytest.mark.parametrize("ask", [handled, submitted])
def test_who_is_answered_anew_has_what_is_left_of_its_time(tmp_path: Path, ask: Callable[[Door], Verdict]) -> None:
    """The store is found to be away after a second; of two seconds one is left for the spool, which gives no answer."""
    asked_at: list[float] = []

    def accept(request: Request, _settings: SourceSettings) -> Reply:
        if not request.body:  # it is tried with its options
            return Reply(200, b"", keep=False)
        asked_at.append(time.monotonic())
        if len(asked_at) == 2 and door.landing.spooling is not None:
            door.landing.spooling.gate.acquire()  # nobody stores or spools from here on
        return Reply(200, b"")

    settings = Settings(
        root=tmp_path,
        site=SiteSettings(keep=True),
        landing=LandingSettings(spool=True, busy_timeout_s=BUSY_S, ticket_timeout_s=TICKET_S),
    )
    source = replace(TOY, accept=accept, remembers=True)
    with closing(open_door(settings, [source])) as door:
        with away(door.landing.store):
            verdict = ask(door)
        assert door.landing.spooling is not None
        door.landing.spooling.gate.release()
    first, second = asked_at
    assert second - first > BUSY_S / 2, "the store was waited for"
    assert verdict.reason == "store_away"
    said = re.search(r"not durable after ([\d.]+) s", verdict.detail)
    assert said is not None
    assert float(said[1]) < TICKET_S - BUSY_S / 2
