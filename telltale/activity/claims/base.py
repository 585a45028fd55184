"""What all claims about PCs share: whom they are about, and what their calls are asked."""

from dataclasses import replace

from telltale.page.claims import About, Claim, Subject

PCS = Subject("team", "", "all PCs")
TEAM = Subject("team")
ANY = About("activity")
"""Of no stretch: for words without a page."""


def value_of(claim: Claim) -> float:
    """The number of a claim; 0 where it is unknown."""
    return float(claim.value) if isinstance(claim.value, int | float) else 0.0


def pc(device_id: str, name: str) -> Subject:
    """One PC."""
    return Subject("pc", device_id, name)


def whole(about: About) -> Subject:
    """Whom the claims of a stretch are about: one PC or person, or all."""
    of = about.arguments.get("device")
    return Subject("person", str(of), str(of)) if of else PCS


def asked(about: About) -> About:
    """What no rule of breaks changes."""
    return replace(about, arguments={name: given for name, given in about.arguments.items() if name != "away_after"})


def now(about: About) -> About:
    """What is asked without a stretch: it is of now."""
    return asked(about.over(None, None))
