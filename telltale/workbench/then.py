"""`tt.at`: what was known at a moment that has passed.

Raw records received by then, decoded by today's decoders; the present is then; settings, devices.csv and buttons.csv
are those of then. What cannot be had any more is named: `At.not_restored`.
"""

import weakref
from contextlib import AbstractContextManager
from typing import Any, Self

from telltale.contract import ConfigError
from telltale.workbench import calls, shown
from telltale.workbench.as_of import Moment
from telltale.workbench.here import here, standing_at
from telltale.workbench.not_restored import not_restored
from telltale.workbench.project import Project
from telltale.workbench.times import When
from telltale.workbench.times import moment as moment_of
from telltale.workbench.view import View

LEFT_OUT = frozenset({"Project", "at", "compare", "on", "superseded"})
"""Names of `tt` that are not of a moment."""


def at(when: When, *, project: Project | None = None) -> "At":
    """`tt` as it was at a moment: an object with the same calls, and a block in which all calls are of then.

        then = tt.at("2026-11-12 09:00")
        then.presence.figures("7d")
        with tt.at("2026-11-12 09:00"):
            tt.presence.figures("7d")

    Exact for data that came late. Of today are: the decoders, the lists of staff, fixed devices and opt-outs, the
    stricter k, and what the store says of itself (refused requests that were dropped, clocks, the outbox).

    Args:
        when: the moment, see `telltale.workbench.times`; `26h` counts back from now.
        project: another project than the one found from here.

    Raises:
        ConfigError: the moment cannot be read, or lies in the future.
    """
    project = project or here()
    return At(project, moment_in_the_past(when, project))


def moment_in_the_past(when: When, project: Project) -> Moment:
    """The moment people mean by the clock of `[site]`, and that what was known then is asked.

    Raises:
        ConfigError: it cannot be read, or lies in the future.
    """
    now_us = project.now_us()
    at_us = moment_of(when, zone=project.zone(), now_us=now_us)
    if at_us > now_us:
        raise ConfigError(f"moment {when!r} lies in the future; expected one that has passed, such as 2026-11-12 09:00")
    if project.as_of is not None and project.as_of.as_known:
        raise ConfigError("a moment within a moment; ask outside of the block, of the project itself")
    through = None if project.as_of is None else project.as_of.through_id
    return Moment(at_us, through, as_known=True)


class At(AbstractContextManager["At"]):
    """`tt` as of a moment; `tt.at` makes one.

    Args:
        project: whose.
        moment: which.
    """

    def __init__(self, project: Project, moment: Moment) -> None:
        self.moment = moment
        self.project = Project(
            settings=project.settings, running=project.running, as_of=moment, runs_on=project.runs_on
        )
        self._outer: list[tuple[AbstractContextManager[None], AbstractContextManager[None]]] = []
        # Copies of files that hold later rows too lie beside the lake as long as somebody may ask.
        self._end = weakref.finalize(self, self.project.close)

    def __repr__(self) -> str:
        lost = "; ".join(self.not_restored) or "nothing that is asked of it is known to be lost"
        return f"{self.moment.words(self.project.zone())} ({self.project.zone()}): {lost}"

    @property
    def not_restored(self) -> tuple[str, ...]:
        """What of then cannot be had any more, a sentence each; after an answer also what it alone could tell."""
        return not_restored(self.project)

    def hold(self) -> View:
        """All that is asked of this moment from here on shares one snapshot of it."""
        return self.project.hold()

    def at_one_moment(self) -> AbstractContextManager[View]:
        """What is asked inside shares one snapshot of this moment."""
        return self.project.at_one_moment()

    def close(self) -> None:
        """Remove what was made to answer; it can be asked again."""
        self.project.close()

    def __enter__(self) -> Self:
        blocks = (standing_at(self.project), shown.headed(self.moment.words(self.project.zone())))
        for block in blocks:
            block.__enter__()
        self._outer.append(blocks)
        return self

    def __exit__(self, *error: object) -> None:
        for block in reversed(self._outer.pop()):
            block.__exit__(None, None, None)

    def __getattr__(self, name: str) -> Any:
        return calls.of_tt(name, self, LEFT_OUT, "tt.at(…)")

    def __dir__(self) -> list[str]:
        return calls.names({"close", "moment", "not_restored", "project"}, LEFT_OUT)
