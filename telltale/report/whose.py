"""Whom a report tells of: the PC or person whose activity it shows.

A report about a team names nobody, and one about sites or items has nobody in it. What a notebook of one's own shows
without claims is not seen here: whoever writes it decides whom it is for.
"""

from collections.abc import Iterable, Mapping
from typing import Any

SINGLE = ("pc", "person")
CALLS = "activity."
EVERYBODY = "all PCs"
"""Of a report about single PCs that was asked of none: they are the owner's own, or invented."""


def told_of(claims: Iterable[Mapping[str, Any]]) -> list[str]:
    """The PCs and persons, by id or name as the report was asked, that the numbers of a report are about.

    Args:
        claims: of the report, as JSON-able data.
    """
    single = [claim for claim in claims if claim["call"]["name"].startswith(CALLS) and _is_single(claim["subject"])]
    return sorted({str(claim["call"]["arguments"].get("device") or EVERYBODY) for claim in single})


def _is_single(subject: Mapping[str, Any]) -> bool:
    """Whether it is a PC, a person, or all PCs added up without the rule of k people."""
    return subject["kind"] in SINGLE or (subject["kind"] == "team" and subject["name"] == EVERYBODY)
