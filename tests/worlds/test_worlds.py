"""Every invented project: its sentences and its figures, as the author and the oracle know them."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.worlds import claiming, measures, oracle, reading
from tests.worlds.building import built
from tests.worlds.implications import contradictions
from tests.worlds.world import PAGES, REPORT, World, worlds

if TYPE_CHECKING:
    from telltale.dashboard.boards import Boards
    from telltale.page.claims import Claim
    from telltale.workbench import Project

ALL = worlds()


class Read(NamedTuple):
    """A world as a project, and its pages."""

    world: World
    project: "Project"
    boards: "Boards"
    texts: dict[str, str]

    def text(self, page: str) -> str:
        """A page in plain text, computed once."""
        if page not in self.texts:
            self.texts[page] = reading.text(reading.page(self.boards, page)["html"])
        return self.texts[page]


def read(world: World, root: Path) -> Read:
    project = built(world, root)
    return Read(world, project, reading.boards(project, tuple(world.people)), {})


def pages_of(world: World) -> list[str]:
    """All pages of a world, with the choices its author wants to see."""
    named = {page for page in (*world.says, *world.never) if page != "*" and not page.startswith(REPORT)}
    return list(dict.fromkeys((*PAGES, *(f"person-{name}" for name in world.people), *sorted(named))))


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(name, marks=pytest.mark.xfail(strict=False, reason=world.mending) if world.mending else ())
        for name, world in ALL.items()
    ],
)
def seen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Read]:
    """A world, built and read once for all its tests, and then closed: many at a time ask for much memory."""
    found = read(ALL[request.param], tmp_path_factory.mktemp(request.param))
    yield found
    found.project.close()


def faults_of(found: Read) -> Iterator[str]:
    """What is missing on a page, and what stands there and must not; capitals are a matter of place."""
    world = found.world
    for page in pages_of(world):
        text = found.text(page)
        wanted = (*world.says.get("*", ()), *world.says.get(page, ()))
        yield from (f"{page} does not say: {it}" for it in wanted if it.casefold() not in text.casefold())
        forbidden = (*world.never.get("*", ()), *world.never.get(page, ()))
        for pattern in (*NEVER, *map(as_pattern, forbidden)):
            yield from (f"{page} says: …{around(text, match)}…" for match in list(re.finditer(pattern, text))[:1])


def as_pattern(sentence: str) -> str:
    """A sentence as it stands, or a pattern behind `~`; capitals are a matter of place."""
    return f"(?i:{sentence[1:] if sentence.startswith('~') else re.escape(sentence)})"


NOUNS = (
    "reading|record|sensor|node|device|visit|pull|item|button|day|message|PC|card|hour|source|station|row|frame|minute"
)
ENGLISH = (
    rf"(?<![\d.,:–−/-])\b(?:1|one) (?:(?!of\b)[\w-]+ )?(?:{NOUNS})s\b",
    rf"(?<![\d.,:–−-])\b(?:0|[2-9]|\d\d+|two|three|four|five|six) (?:{NOUNS})\b(?!-)(?! (?:cards?|devices?)\b)",
    rf"\b(?:one|1|the one) (?:{NOUNS}) (?:are|have|were|report|do|keep|deliver)\b",
    rf"(?<!of )(?<!these )\b(?:two|three|four|[2-9]) (?:{NOUNS})s (?:is|has|was|reports|delivers|keeps)\b",
)
"""Nouns and verbs that disagree with their number, whatever rule wrote them: the worlds have 0, 1 and 2 of all."""
NEVER = (
    *("could not be computed", r"\bN[aA]N\b|\bnan\b|\bNaT\b", r"\bNone\b(?! of)", "Traceback", r"\binf\b", r"\{\w*\}"),
    *(r"−0(?![.\d])", r"(?i)\b(all|of|no of|of all) one \w+s\b", r"\ball 1\b", "the 1 records"),
    *ENGLISH,
)
"""What no page of any project says: traces of a program, and bad English."""


def around(text: str, match: re.Match[str]) -> str:
    return text[max(0, match.start() - 60) : match.end() + 60]


def wrong_figures(found: Read) -> Iterator[str]:
    """Where `tt` and the oracle disagree."""
    for one in found.world.figures:
        true: Any = oracle.ORACLE[one.measure](found.world, **one.about)
        try:
            said = measures.MEASURES[one.measure][0](found.project, **one.about)
        except Exception as error:  # noqa: BLE001 - a call that fails is a figure that is wrong
            said = f"{type(error).__name__}: {error}"
        if isinstance(said, str) != isinstance(true, str) or not measures.agrees(one.measure, said, true):
            yield f"{one}: said {said}, true {true}"


def test_pages_say_what_is_true_and_nothing_else(seen: Read) -> None:
    assert_none(faults_of(seen))


def test_figures_are_those_of_the_oracle(seen: Read) -> None:
    assert_none(wrong_figures(seen))


def test_no_page_contradicts_itself(seen: Read) -> None:
    assert_none(contradictions({page: seen.text(page) for page in pages_of(seen.world)}))


def test_claims_are_what_the_oracle_knows(seen: Read) -> None:
    assert_none(claiming.not_true(claims_of(seen), seen.world))


def test_claims_are_given_by_their_calls(seen: Read) -> None:
    """A few of each world here; subjects hold all of theirs to the same law, and `long` does with all of all worlds."""
    every = claims_of(seen)
    assert_none(claiming.not_given(every[:: len(every) // FEW + 1], seen.project))


@pytest.mark.long
def test_all_claims_are_given_by_their_calls(seen: Read) -> None:
    assert_none(claiming.not_given(claims_of(seen), seen.project))


FEW = 1


def claims_of(found: Read) -> list["Claim"]:
    """All that is claimed on the pages of a world."""
    claims: list[Claim] = []
    for page in pages_of(found.world):
        found.text(page)
        claims += claiming.claims_of(found.boards, page)
    return claims


def assert_none(faults: Iterable[str]) -> None:
    found = list(faults)
    assert not found, "\n".join(found)
