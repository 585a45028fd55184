"""Whom a report tells of: the PC or person whose activity it shows.

A report about a team names nobody, and one about sites or items has nobody in it. What a notebook of one's own shows
without claims is not seen here: whoever writes it decides whom it is for.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

SINGLE = ("pc", "person")
CALLS = "activity."
EVERYBODY = "all PCs"
"""Of a report about single PCs that was asked of none: they are the owner's own, or invented."""


def told_of(
    claims: Iterable[Mapping[str, Any]], parameters: Mapping[str, Any] | None = None, people: Collection[str] = ()
) -> list[str]:
    """The PCs and persons, by id or name as the report was asked, that a report is about.

    Args:
        claims: of the report, as JSON-able data.
        parameters: what it was given: one that finds nothing about a person tells of that person all the same.
        people: the ids and names of PCs and persons, as listed.
    """
    single = [claim for claim in claims if claim["call"]["name"].startswith(CALLS) and _is_single(claim["subject"])]
    known = {text.casefold() for text in people}
    given = {str(value) for value in (parameters or {}).values() if str(value).casefold() in known}
    return sorted(given | {_asked(claim) for claim in single})


def _asked(claim: Mapping[str, Any]) -> str:
    """Whom a claim was asked of."""
    subject = claim["subject"]
    named = subject["id"] if subject["kind"] == "person" else ""
    return str(claim["call"]["arguments"].get("device") or named or EVERYBODY)


def _is_single(subject: Mapping[str, Any]) -> bool:
    """Whether it is a PC, a person, or all PCs added up without the rule of k people."""
    return subject["kind"] in SINGLE or (subject["kind"] == "team" and subject["name"] == EVERYBODY)
