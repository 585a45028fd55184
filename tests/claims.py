"""What the calls of a page's numbers give, each call asked once however many numbers name it."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from telltale.page.claims import Claim, Value
    from telltale.workbench import Project


def given(claims: "Iterable[Claim]", project: "Project") -> "Iterator[tuple[Claim, Value]]":
    """Each claim, and the value that the rows of its call give."""
    from telltale.page.why import chosen, given_by, why

    rows: dict[str, pa.Table] = {}
    with project.at_one_moment():
        for claim in claims:
            call = claim.call
            if call.text not in rows:
                rows[call.text] = why(replace(claim, call=call._replace(where={}), records=None), project=project).rows
            yield claim, given_by(chosen(rows[call.text], call.where), claim)
