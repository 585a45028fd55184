"""Text that remembers the claims its numbers were made of, and the formats that say a claim.

`say("{} was above {} for {}", name, said.quantity(limit), said.duration(outside))` is the finished sentence, a `str`
like any other, and knows where in it each claim stands: a page marks those places, and one follows a number to its
bytes. An f-string gives plain text, so the words of a page are put together by `say`, `+` and `joined`; the tests let
no number without a claim into a sentence, title or tile.
"""

from collections.abc import Iterable, Mapping, Sequence
from string import Formatter
from typing import Any, NamedTuple, Self, SupportsIndex

from telltale import wording
from telltale.page.claims import Claim

__all__ = [
    "Placed",
    "Said",
    "claimed",
    "claims_of",
    "count",
    "duration",
    "in_words",
    "joined",
    "listed_claims",
    "number",
    "percent",
    "placed",
    "quantity",
    "say",
    "sentence_case",
    "share_of",
    "together",
]


class Placed(NamedTuple):
    """A claim and the characters of a text that say it."""

    start: int
    end: int
    claim: Claim


class Said(str):
    """A text with the claims in it.

    Args:
        text: as people read it.
        places: where in it which claim stands, in order.
    """

    __slots__ = ("places",)
    places: tuple[Placed, ...]

    def __new__(cls, text: str = "", places: Iterable[Placed] = ()) -> Self:
        """The text, which knows its places."""
        made = super().__new__(cls, text)
        made.places = tuple(places)
        return made

    def __reduce__(self) -> tuple[type["Said"], tuple[str, tuple[Placed, ...]]]:
        return Said, (str(self), self.places)

    def __add__(self, other: str) -> "Said":
        return _chained((self, other))

    def __radd__(self, other: str) -> "Said":
        return _chained((other, self))

    def __getitem__(self, key: SupportsIndex | slice) -> "Said":
        if not isinstance(key, slice) or key.step not in (None, 1):
            return Said(super().__getitem__(key))
        start, end, _ = key.indices(len(self))
        kept = (place for place in self.places if place.start >= start and place.end <= end)
        return Said(super().__getitem__(key), (_moved(place, -start) for place in kept))

    def __str__(self) -> str:
        return str.__str__(self)

    def rstrip(self, chars: str | None = None) -> "Said":
        """Without blanks at its end, its places kept."""
        return self[: len(super().rstrip(chars))]


def claimed(claim: Claim, text: str) -> Said:
    """A claim in these words."""
    return Said(text, (Placed(0, len(text), claim),))


def say(template: str, *values: Any, **named: Any) -> Said:
    """A template of `str.format` with its values put in, each with its claims.

    Args:
        template: plain text with `{}` or `{name}`.
        *values: texts, said or plain; anything else as `str` writes it.
        **named: the same by name.
    """
    parts: list[str] = []
    following = iter(range(len(values)))
    for literal, name, _, _ in Formatter().parse(template):
        parts.append(literal)
        if name is not None:
            value = values[next(following)] if name == "" else values[int(name)] if name.isdigit() else named[name]
            parts.append(value if isinstance(value, str) else str(value))
    return _chained(parts)


def joined(words: Sequence[str]) -> Said:
    """`entrance, hall and canteen`."""
    return _between(words[:-1], ", ") + " and " + words[-1] if len(words) > 1 else _chained(words)


def together(words: Sequence[str], between: str = " ") -> Said:
    """The texts one after the other; empty ones are left out."""
    return _between([word for word in words if word], between)


def sentence_case(text: str) -> Said:
    """The text with its first letter raised and the rest as it is."""
    return Said(text[:1].upper() + str(text)[1:], text.places if isinstance(text, Said) else ())


def number(claim: Claim, digits: int = 0, *, signed: bool = False) -> Said:
    """`1,163`; see `telltale.wording` for this and those that follow."""
    return claimed(claim, wording.number(_float(claim), digits, signed=signed))


def quantity(claim: Claim, digits: int = 0, *, signed: bool = False, unit: str | None = None) -> Said:
    """`10.4 °C`, in the claim's own unit."""
    return claimed(claim, wording.quantity(_float(claim), claim.unit if unit is None else unit, digits, signed=signed))


def duration(claim: Claim) -> Said:
    """`1 h 28 min`, of seconds of calendar time.

    Raises:
        ValueError: they are seconds of working time, of which a day is not 24 hours.
    """
    if claim.basis.clock == "working":
        raise ValueError(f"{claim.measure} is working time: it is said in working days, not as a calendar duration")
    return claimed(claim, wording.duration(_float(claim)))


def percent(claim: Claim, *, signed: bool = False) -> Said:
    """`26 %` of a share between 0 and 1."""
    return claimed(claim, wording.percent(_float(claim), signed=signed))


def count(claim: Claim, noun: str, plural: str = "") -> Said:
    """`1 visit`, `42 visits`; unknown is `visits unknown`."""
    value = _float(claim)
    text = f"{plural or noun + 's'} {wording.UNKNOWN}" if value is None else wording.count(round(value), noun, plural)
    return claimed(claim, text)


def in_words(claim: Claim) -> Said:
    """`three` up to ten, figures above."""
    value = _float(claim)
    return claimed(claim, wording.UNKNOWN if value is None else wording.in_words(round(value)))


def share_of(part: Claim, whole: Claim) -> Said:
    """`26 %, n = 42`; `3 of 4` below five; unknown where either is."""
    some, of = _float(part), _float(whole)
    return claimed(part, wording.UNKNOWN if some is None or of is None else wording.share_of(some, of))


def claims_of(*texts: object) -> tuple[Claim, ...]:
    """The claims in some texts, in order; texts that are not said have none."""
    return tuple(place.claim for text in texts if isinstance(text, Said) for place in text.places)


def placed(texts: Mapping[str, object]) -> dict[str, Any]:
    """Where claims stand in the texts of a piece, as JSON-able data; nothing where there are none.

    Returns:
        `claims`: by name of the text a list of begin, end and claim.
    """
    places = {
        name: [[place.start, place.end, place.claim.data()] for place in text.places]
        for name, text in texts.items()
        if isinstance(text, Said) and text.places
    }
    return {"claims": places} if places else {}


def listed_claims(data: Mapping[str, Any]) -> tuple[Claim, ...]:
    """The claims in a piece that is JSON-able data already."""
    return tuple(Claim.of(told) for places in data.get("claims", {}).values() for _, _, told in places)


def _between(words: Sequence[str], between: str) -> Said:
    return _chained(part for at, word in enumerate(words) for part in ((between, word) if at else (word,)))


def _chained(parts: Iterable[str]) -> Said:
    text, places = "", []
    for part in parts:
        if isinstance(part, Said):
            places += [_moved(place, len(text)) for place in part.places]
        text = str.__add__(text, part)
    return Said(text, places)


def _moved(place: Placed, by: int) -> Placed:
    return Placed(place.start + by, place.end + by, place.claim)


def _float(claim: Claim) -> float | None:
    value = claim.value
    return float(value) if isinstance(value, int | float) else None
