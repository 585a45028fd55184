"""How the scheduled reports stand, for whoever watches from outside: one small question to the store."""

from typing import NamedTuple

import sqlalchemy as sa

from telltale.landing.schema import REPORT_RUN
from telltale.landing.store import Store


class ReportAge(NamedTuple):
    """How a report stands; moments in microseconds UTC."""

    report: str
    succeeded_at: int | None
    """When it was last published, or it was noted that no record came of a period; None if never."""
    ended_at: int | None
    """The end of its newest period that is a success."""
    failing: int
    """Periods whose last attempt failed."""


def report_ages(store: Store) -> list[ReportAge]:
    """How each report stands that was ever begun, by name.

    Raises:
        StoreError: the store is away or busy.
    """
    is_success = REPORT_RUN.c.state.in_(("done", "nothing"))
    query = (
        sa.select(
            REPORT_RUN.c.report,
            sa.func.max(sa.case((is_success, REPORT_RUN.c.made_at))),
            sa.func.max(sa.case((is_success, REPORT_RUN.c.ends_at))),
            sa.func.sum(sa.case((REPORT_RUN.c.state.in_(("waiting", "failed")), 1), else_=0)),
        )
        .group_by(REPORT_RUN.c.report)
        .order_by(REPORT_RUN.c.report)
    )
    with store.reader() as connection:
        return [
            ReportAge(report, made, ended, int(failing)) for report, made, ended, failing in connection.execute(query)
        ]
