"""The claims of a page, held against the rows of their own calls and, where the oracle knows the figure, against it."""

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tests.claims import given
from tests.worlds import measures
from tests.worlds.oracle import ORACLE, facts
from tests.worlds.oracle.sensors import quantities_of
from tests.worlds.sent import ZONE
from tests.worlds.world import Claim as Figure
from tests.worlds.world import World

if TYPE_CHECKING:
    from telltale.dashboard.boards import Boards
    from telltale.page.claims import Claim
    from telltale.workbench import Project

OF_DEVICE = {
    "health.devices": {
        "silent_s": "silent_s",
        "interval_s": "interval_s",
        "clock_offset_s": "clock_offset_s",
        "reports": "reports",
        "missing": "numbers_left_out",
    },
    "sensors.stats": {
        "readings": "readings",
        "value_min": "lowest",
        "value_max": "highest",
        "value_mean": "mean",
        "value_last": "newest_value",
    },
    "sensors.excursions": {"outside_s": "outside_s"},
}
OF_ITEM = {"kanban.items": {"pulls": "pulls", "observed_s": "observed_s", "open_pulls": "open_pulls"}}
"""Which figure of the oracle the column of a call is."""
NO_STRETCH = {"silent_s", "interval_s", "clock_offset_s"}


def claims_of(made: "Boards", page: str) -> "Sequence[Claim]":
    """What a page that was computed claims, in its own order."""
    name, _, query = page.partition("?")
    choice = tuple(sorted(tuple(part.split("=", 1)) for part in query.split("&") if part))
    return tuple(made._kept[name, choice].claims.values())  # type: ignore[index] # pairs of texts


def not_given(claims: "Sequence[Claim]", project: "Project") -> Iterator[str]:
    """Claims whose own call gives another value."""
    from telltale.page.why import described

    for claim, value in given(claims, project):
        if not _alike(value, claim.value):
            yield f"{claim.subject.name} {claim.measure}: says {claim.value}, {described(claim)} gives {value}"


def not_true(claims: "Sequence[Claim]", world: World) -> Iterator[str]:
    """Claims that the oracle knows better."""
    for claim in claims:
        figure = figure_of(claim, world)
        if figure is None:
            continue
        true: Any = ORACLE[figure.measure](world, **figure.about)
        if claim.value is not None and not measures.agrees(figure.measure, claim.value, true):
            yield f"{figure}: a page says {claim.value}, true is {true}"


def figure_of(claim: "Claim", world: World) -> Figure | None:
    """The figure of the oracle that a claim tells of; None where it knows none."""
    asked = claim.call
    if asked.how not in {"the", "sum"} or claim.value is None:
        return None
    measure = OF_DEVICE.get(asked.name, {}).get(asked.column)
    if measure and "device_id" in asked.where and isinstance(asked.where["device_id"], str):
        return _of_device(measure, claim, world)
    measure = OF_ITEM.get(asked.name, {}).get(asked.column)
    since = claim.basis.since
    if measure and claim.subject.kind == "item" and since is not None and _runs_on(claim, world):
        day = since.astimezone(ZONE)
        if (day.hour, day.minute) == (0, 0):
            return Figure(
                measure, {"item": claim.subject.id, "days": (world.now.astimezone(ZONE).date() - day.date()).days + 1}
            )
    return None


def _of_device(measure: str, claim: "Claim", world: World) -> Figure | None:
    where: Mapping[str, Any] = claim.call.where
    about: dict[str, Any] = {"device": where["device_id"]}
    if measure == "clock_offset_s" and not facts.messages(world, where["device_id"]):
        return None
    if measure in {"readings", "lowest", "highest", "mean", "newest_value", "outside_s"}:
        quantity = where.get("quantity") or claim.call.arguments.get("quantity")
        if where.keys() - {"device_id", "quantity", "channel"} or quantity not in quantities_of(
            world, where["device_id"]
        ):
            return None
        about["quantity"] = quantity
    if measure not in NO_STRETCH:
        if claim.basis.since is None or not _runs_on(claim, world):
            return None
        about["hours"] = (world.now - claim.basis.since) / dt.timedelta(hours=1)
    return Figure(measure, about)


def _runs_on(claim: "Claim", world: World) -> bool:
    """Whether its stretch ends with the present."""
    until = claim.basis.until
    return until is None or abs((until - world.now).total_seconds()) < 2


def _alike(said: Any, claimed: Any) -> bool:
    if isinstance(said, int | float) and isinstance(claimed, int | float):
        return math.isclose(said, claimed, rel_tol=1e-6, abs_tol=1e-6)
    return bool(said == claimed)
