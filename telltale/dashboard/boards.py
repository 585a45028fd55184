"""Computes pages for all their viewers: one answer per page and choice for as long as nothing has changed.

Everything runs under one lock on one project, because an engine is of one thread. Nobody asks, nothing is computed; the
store is asked for its last change twice a second at most, however many viewers wait.
"""

import logging
import math
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple, Unpack

from telltale import wording
from telltale.contract import ConfigError, TelltaleError
from telltale.dashboard import answers, origin
from telltale.dashboard.answers import Answer, Made
from telltale.dashboard.client import How
from telltale.dashboard.persons import is_person_page
from telltale.lake import Changed, snapshot
from telltale.page import attention
from telltale.page.attention import Notice
from telltale.page.board import Ask, Board, Cell, Page
from telltale.page.claims import Claim
from telltale.page.pieces import Sentence
from telltale.workbench.project import Project
from telltale.workbench.times import SECOND, local_time
from telltale.workbench.view import FilesGone, View, whole

log = logging.getLogger("telltale.dashboard")

LOOK_S = 0.25
"""How often the store is asked whether anything changed."""
AGES_S = 60
"""A page is computed again after so long although nothing changed: silence is news too."""
WARM_S = 50
"""What a reader may choose next is kept ready: never older than this, so that it is taken as it is."""
WATCHED_S = 20.0
"""A page is watched when it was asked for so lately."""
MOST_KEPT = 64
"""Pages and choices whose last answer is kept."""

Key = tuple[str, tuple[tuple[str, str], ...]]


class _Begun(NamedTuple):
    """A page whose first row is there; its other cards are of the same moment."""

    view: View
    board: Board
    cards: dict[str, Made]


class _Kept(NamedTuple):
    answer: Answer
    claims: Mapping[str, Claim]
    made_s: float
    took_s: float
    begun: _Begun | None = None
    """What is still to be made of it; None when nothing is."""


class Boards:
    """The pages of one project.

    Args:
        project: whose; every question of a page is asked at one moment.
        pages: by name; the first one lists what needs a look.
        concerns: what needs a look, for the tabs of all pages.
        finders: by the pages where rows are looked up; nothing of what is asked of them is kept or logged.
    """

    def __init__(
        self,
        project: Project,
        pages: Mapping[str, Page],
        concerns: Callable[[Project], Sequence[Notice]] = lambda _project: (),
        finders: Mapping[str, Callable[[Project, Mapping[str, Any]], dict[str, Any]]] | None = None,
    ) -> None:
        self._project = project
        self._pages = pages
        self._concerns = concerns
        self._finders = finders or {}
        self._badges: tuple[float, Mapping[str, int]] = (-math.inf, {})
        self._kept: dict[Key, _Kept] = {}
        self._good: dict[tuple[Key, str], int] = {}
        self._asked: dict[Key, float] = {}
        self._near: dict[Key, list[Key]] = {}
        self._lock = threading.RLock()
        self._looked: tuple[float, int] = (0.0, -1)

    def get(self, page: str, choice: Mapping[str, str], **how: Unpack[How]) -> Answer | None:
        """The page as JSON-able data; None when nothing newer came in time.

        Args:
            page: its name.
            choice: the reader's.
            how: what is waited for, and what is taken as it is.

        Raises:
            ConfigError: there is no such page.
        """
        if page not in self._pages:
            raise ConfigError(f'no dashboard "{page}"; known: {", ".join(self._pages)}')
        key: Key = (page, tuple(sorted(choice.items())))
        after, again, soon = how.get("after"), how.get("again", False), how.get("soon", False)
        deadline = time.monotonic() + how.get("wait_s", 0.0)
        while True:
            with self._lock:
                self._asked[key] = time.monotonic()
                kept = self._at_hand(key, after=after, again=again, soon=soon)
                if again or after is None or kept.answer["serial"] != after:
                    return kept.answer
            if time.monotonic() >= deadline:
                return None
            time.sleep(LOOK_S / 2)

    def _at_hand(self, key: Key, *, after: int | None, again: bool, soon: bool) -> _Kept:
        """The page's last answer, if it is of use to the reader, else a new one."""
        kept = self._kept.get(key)
        is_young = kept is not None and time.monotonic() - kept.made_s < AGES_S
        if kept is None or again:
            return self._computed(key, begins=soon and not is_young)
        if kept.begun and (not soon or after == kept.answer["serial"]):
            return self._completed(key, kept)
        is_news = after is None or (soon and after != kept.answer["serial"])
        if is_young and is_news:
            return self._with_badges(key, kept)
        if self._is_old(kept):
            return self._computed(key, begins=soon and not is_young)
        return self._with_badges(key, kept)

    def why(self, page: str, choice: Mapping[str, str], claim_id: str) -> dict[str, Any]:
        """Where a number of a page comes from, as JSON-able data (`telltale.dashboard.origin`).

        Args:
            page: its name.
            choice: the reader's.
            claim_id: of the claim, as the page's HTML has it.

        Raises:
            ConfigError: the page, as it stands now, claims no such thing.
        """
        with self._lock:
            kept = self._kept.get((page, tuple(sorted(choice.items()))))
            claim = kept.claims.get(claim_id) if kept else None
            if claim is None:
                raise ConfigError(
                    f'page "{page}" has no number "{claim_id}" any more; choose one of those it shows now'
                )
            return whole(self._project, lambda: origin.told(claim, self._project, is_own=is_person_page(page)))

    def find(self, page: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The rows that a reader of a page looks up, as JSON-able data.

        Raises:
            TelltaleError: nothing is looked up there, or a field is not understood.
        """
        if page not in self._finders:
            raise ConfigError("nothing is looked up on this page")
        with self._lock:
            try:
                return whole(self._project, lambda: self._finders[page](self._project, fields))
            except (TelltaleError, FilesGone):
                raise
            except Exception as error:  # noqa: BLE001 - whatever fails, its text may quote what was typed
                log.error("%s: looking up failed (%s)", page, type(error).__name__)  # noqa: TRY400 - as would a traceback
                raise TelltaleError(f"it could not be looked up ({type(error).__name__})") from None

    def warm(self) -> bool:
        """Compute what a reader may need next, one part of a page at most; whether there was something to compute.

        The counts on the tabs, the cards that wait, then a page that a reader of another may choose.
        """
        with self._lock:
            now_s = time.monotonic()
            self._asked = {key: at for key, at in self._asked.items() if now_s - at < WATCHED_S}
            is_shown = any(not is_person_page(page) for page, _ in self._asked)
            if is_shown and now_s - self._badges[0] >= AGES_S:
                whole(self._project, self._look_for_concerns)
                return True
            for key in self._asked:
                for near in self._near.get(key, ()):
                    kept = self._kept.get(near)
                    if kept is not None and kept.begun:
                        self._completed(near, kept)
                        return True
                    if kept is None or now_s - kept.made_s > WARM_S:
                        self._computed(near, begins=True)
                        return True
        return False

    def _is_old(self, kept: _Kept) -> bool:
        """Whether to compute again: something changed, and the last time was not just now; or time has passed."""
        age_s = time.monotonic() - kept.made_s
        # Half of one processor at most goes into a page that changes all the time.
        return age_s > AGES_S or (age_s > max(LOOK_S, kept.took_s) and self._change() != kept.answer["change"])

    def _change(self) -> int:
        looked_s, change = self._looked
        if time.monotonic() - looked_s >= LOOK_S:
            try:
                change = snapshot.change(self._project.lake.store)
            except TelltaleError as error:
                log.warning("the store does not answer: %s", error)
            self._looked = (time.monotonic(), change)
        return change

    def _computed(self, key: Key, *, begins: bool = False) -> _Kept:
        """The page anew; `begins` makes its first row only."""
        started = time.monotonic()
        view, answer, claims, begun = whole(self._project, lambda: self._asked_now(key, begins=begins))
        return self._keep(key, _Kept(answer, claims, time.monotonic(), time.monotonic() - started, begun), view)

    def _completed(self, key: Key, kept: _Kept) -> _Kept:
        """The cards that waited, of the moment of the others; the whole page anew where a purge took files of it."""
        assert kept.begun is not None  # noqa: S101 - who calls has looked
        view, board, made = kept.begun
        started = time.monotonic()
        try:
            with self._project.at_one_moment(view):
                cards = made | self._cards(key, board, view.now_us, left_out=made)
        except FilesGone:
            return self._computed(key)
        answer = answers.told(_shown(key[0]), board, cards) | {"attention": self._badges_of(key[0])}
        took_s = kept.took_s + time.monotonic() - started
        return self._keep(key, _Kept(answer, answers.claims(board, cards), kept.made_s, took_s), view)

    def _keep(self, key: Key, kept: _Kept, view: View) -> _Kept:
        former = self._kept.pop(key, None)
        serial = 1 + (former.answer["serial"] if former else int(view.now_us // 1000) % 10**9)
        about = {"page": _shown(key[0]), "serial": serial, "change": view.snapshot.change, "now": view.now_us / SECOND}
        kept.answer.update(about)
        self._kept[key] = kept
        if len(self._kept) > MOST_KEPT:
            gone = next(iter(self._kept))
            del self._kept[gone]
            self._near.pop(gone, None)
        part = ", first row" if kept.begun else ""
        log.info("%s %s in %.0f ms%s", key[0], dict(key[1]) or "", 1e3 * kept.took_s, part)
        return kept

    def _asked_now(self, key: Key, *, begins: bool) -> tuple[View, Answer, Mapping[str, Claim], _Begun | None]:
        """The page at one moment: the moment, the answer, its claims, and what is still to be made of it."""
        view = self._project.view()
        if begins:
            view.pin()  # cards that wait are made of it later; a whole page is asked anew where the catalog changes
        page, choice = key
        try:
            board = self._pages[page](Ask(self._project, dict(choice)))
        except Exception as error:  # noqa: BLE001 - whatever fails, the page stays up and says so
            self._raise_if_gone(error)
            board = Board(Sentence(answers.failure(error, page), f"**{wording.sentence_case(_shown(page))}**"))
        else:
            self._near[key] = [(page, one) for one in answers.next_choices(board)]
        rows = board.rows[:1] if begins else board.rows
        later = {cell.name for row in board.rows[len(rows) :] for cell in row}
        cards = self._cards(key, board, view.now_us, left_out=later)
        self._renew_badges(page, waits=begins)
        answer = answers.told(_shown(page), board, cards) | {"attention": self._badges_of(page)}
        return view, answer, answers.claims(board, cards), _Begun(view, board, cards) if later else None

    def _cards(self, key: Key, board: Board, now_us: int, *, left_out: Collection[str]) -> dict[str, Made]:
        cells = (cell for row in board.rows for cell in row if cell.name not in left_out)
        return {cell.name: self._card(key, cell, board, now_us) for cell in cells}

    def _renew_badges(self, page: str, *, waits: bool) -> None:
        """Count what needs a look: as the list says it on the first page, up to a minute old on others.

        Those of other pages are for `warm` where a reader `waits`: they take as long as a page.
        """
        is_first = page == next(iter(self._pages))
        if is_first or (not waits and not is_person_page(page) and time.monotonic() - self._badges[0] >= AGES_S):
            self._look_for_concerns()

    def _look_for_concerns(self) -> None:
        badges: Mapping[str, int] = {}
        try:
            badges = attention.badges(self._concerns(self._project))
        except Exception as error:
            self._raise_if_gone(error)
            log.exception("what needs a look")
        self._badges = (time.monotonic(), badges)

    def _badges_of(self, page: str) -> Mapping[str, int]:
        return {} if is_person_page(page) else self._badges[1]

    def _with_badges(self, key: Key, kept: _Kept) -> _Kept:
        """The same page; of a new serial where another page needs a look that did not before, or no more."""
        badges = self._badges_of(key[0])
        if kept.answer["attention"] != badges:
            newer = {"attention": badges, "serial": kept.answer["serial"] + 1}
            self._kept[key] = kept = kept._replace(answer=kept.answer | newer)
        return kept

    def _raise_if_gone(self, error: Exception) -> None:
        """Of a newer moment the whole page is asked anew, never one card."""
        if isinstance(error, FilesGone | Changed) or self._project.view().lost_files():
            raise FilesGone("a purge removed files of this moment") from error

    def _card(self, key: Key, cell: Cell, board: Board, now_us: int) -> Made:
        """The card, or why there is none."""
        try:
            card = cell.make()
        except Exception as error:  # noqa: BLE001 - one card fails alone
            self._raise_if_gone(error)
            last = self._good.get((key, cell.name))
            at = wording.short_moment(local_time(last, board.freshness.timezone)) if last else ""
            return answers.failure(error, cell.name) + (f" The last good figure dates from {at}." if at else "")
        self._good[key, cell.name] = now_us
        return card


def _shown(page: str) -> str:
    """The name of a page as its address has it; that of a role's page has the role before it."""
    return page.rpartition("/")[2]


class OnePage:
    """One page, computed by the kernel that shows it.

    Args:
        boards: that compute it.
        page: its name.
    """

    def __init__(self, boards: Boards, page: str) -> None:
        self._boards, self._page = boards, page

    def __call__(self, choice: Mapping[str, str], **how: Unpack[How]) -> Answer | None:
        """The page; see `Boards.get`."""
        return self._boards.get(self._page, choice, **how)

    def why(self, choice: Mapping[str, str], claim_id: str) -> dict[str, Any]:
        """Where a number of it comes from; see `Boards.why`."""
        return self._boards.why(self._page, choice, claim_id)

    def find(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The rows that a reader looks up; see `Boards.find`."""
        return self._boards.find(self._page, fields)
