"""Computes pages for all their viewers: one answer per page and choice for as long as nothing has changed.

Everything runs under one lock on one project, because an engine is of one thread. Nobody asks, nothing is computed; the
store is asked for its last change twice a second at most, however many viewers wait.
"""

import json
import logging
import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from telltale import wording
from telltale.contract import ConfigError, TelltaleError
from telltale.dashboard import origin
from telltale.dashboard.persons import is_person_page
from telltale.lake import snapshot
from telltale.page import attention, layout
from telltale.page.attention import Notice
from telltale.page.board import Ask, Board, Cell, Page
from telltale.page.claims import Claim
from telltale.page.pieces import Card, Sentence, plotly_json
from telltale.page.said import claims_of
from telltale.workbench.project import Project
from telltale.workbench.times import SECOND, local_time
from telltale.workbench.view import FilesGone, whole

log = logging.getLogger("telltale.dashboard")

LOOK_S = 0.25
"""How often the store is asked whether anything changed."""
AGES_S = 60
"""A page is computed again after so long although nothing changed: silence is news too."""
WARM_S = 50
"""What a reader may choose next is kept ready: never older than this, so that it is taken as it is."""
MOST_READY = 4
"""A control of more options, such as the pages of a long table, is not kept ready."""
WATCHED_S = 20.0
"""A page is watched when it was asked for so lately."""
MOST_KEPT = 64
"""Pages and choices whose last answer is kept."""

Answer = dict[str, Any]
Key = tuple[str, tuple[tuple[str, str], ...]]


class _Kept(NamedTuple):
    answer: Answer
    claims: Mapping[str, Claim]
    made_s: float
    took_s: float


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

    def get(
        self,
        page: str,
        choice: Mapping[str, str],
        *,
        after: int | None = None,
        wait_s: float = 0.0,
        again: bool = False,
    ) -> Answer | None:
        """The page as JSON-able data; None when nothing newer came in time.

        Args:
            page: its name.
            choice: the reader's.
            after: the `serial` of the answer the reader has; None takes what is at hand, up to a minute old.
            wait_s: how long to wait for something newer.
            again: compute even if nothing has changed.

        Raises:
            ConfigError: there is no such page.
        """
        if page not in self._pages:
            raise ConfigError(f'no dashboard "{page}"; known: {", ".join(self._pages)}')
        key: Key = (page, tuple(sorted(choice.items())))
        deadline = time.monotonic() + wait_s
        while True:
            with self._lock:
                self._asked[key] = time.monotonic()
                kept = self._kept.get(key)
                if kept and not again and after is None and time.monotonic() - kept.made_s < AGES_S:
                    return kept.answer
                if kept is None or again or self._is_old(kept):
                    kept = self._computed(key)
                if kept.answer["serial"] != after:
                    return kept.answer
            if time.monotonic() >= deadline:
                return None
            time.sleep(LOOK_S / 2)

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
        """Compute one page that a reader of another may choose next; whether there was one to compute."""
        with self._lock:
            now_s = time.monotonic()
            self._asked = {key: at for key, at in self._asked.items() if now_s - at < WATCHED_S}
            for key in self._asked:
                for near in self._near.get(key, ()):
                    kept = self._kept.get(near)
                    if kept is None or now_s - kept.made_s > WARM_S:
                        self._computed(near)
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

    def _computed(self, key: Key) -> _Kept:
        started = time.monotonic()
        change, now_us, answer, claims = whole(self._project, lambda: self._asked_now(key))
        former = self._kept.get(key)
        serial = 1 + (former.answer["serial"] if former else int(now_us // 1000) % 10**9)
        answer |= {"page": key[0], "serial": serial, "change": change, "now": now_us / SECOND}
        kept = _Kept(answer, claims, time.monotonic(), time.monotonic() - started)
        self._kept.pop(key, None)
        self._kept[key] = kept
        if len(self._kept) > MOST_KEPT:
            gone = next(iter(self._kept))
            del self._kept[gone]
            self._near.pop(gone, None)
        log.info("%s %s in %.0f ms", key[0], dict(key[1]) or "", 1e3 * kept.took_s)
        return kept

    def _asked_now(self, key: Key) -> tuple[int, int, Answer, Mapping[str, Claim]]:
        """The page with all its cards at one moment, the store's change and the present it speaks of, its claims."""
        view = self._project.view()
        answer, claims = self._answer(key, view.now_us)
        return view.snapshot.change, view.now_us, answer | {"attention": self._attention(key[0])}, claims

    def _attention(self, page: str) -> Mapping[str, int]:
        """How many alarms each page has: as its list says it on the first page, up to a minute old on others."""
        if is_person_page(page):
            return {}
        made_s, badges = self._badges
        if page == next(iter(self._pages)) or time.monotonic() - made_s >= AGES_S:
            try:
                badges = attention.badges(self._concerns(self._project))
            except Exception as error:
                self._raise_if_gone(error)
                log.exception("what needs a look")
            self._badges = (time.monotonic(), badges)
        return badges

    def _raise_if_gone(self, error: Exception) -> None:
        """Of a newer moment the whole page is asked anew, never one card."""
        if isinstance(error, FilesGone) or self._project.view().lost_files():
            raise FilesGone("a purge removed files of this moment") from error

    def _answer(self, key: Key, now_us: int) -> tuple[Answer, Mapping[str, Claim]]:
        page, choice = key
        try:
            board = self._pages[page](Ask(self._project, dict(choice)))
        except Exception as error:  # noqa: BLE001 - whatever fails, the page stays up and says so
            self._raise_if_gone(error)
            failed = Board(Sentence(_sentence(error, page), f"**{wording.sentence_case(page)}**"))
            return _told(page, failed, {}), {}
        self._near[key] = [(page, one) for one in _next_choices(board)]
        cards = {cell.name: self._card(key, cell, board, now_us) for row in board.rows for cell in row}
        return _told(page, board, cards), _claims(board, cards)

    def _card(self, key: Key, cell: Cell, board: Board, now_us: int) -> Card | str:
        """The card, or why there is none."""
        try:
            card = cell.make()
        except Exception as error:  # noqa: BLE001 - one card fails alone
            self._raise_if_gone(error)
            last = self._good.get((key, cell.name))
            at = wording.short_moment(local_time(last, board.freshness.timezone)) if last else ""
            return _sentence(error, cell.name) + (f" The last good figure dates from {at}." if at else "")
        self._good[key, cell.name] = now_us
        return card


class OnePage:
    """One page, computed by the kernel that shows it.

    Args:
        boards: that compute it.
        page: its name.
    """

    def __init__(self, boards: Boards, page: str) -> None:
        self._boards, self._page = boards, page

    def __call__(
        self, choice: Mapping[str, str], *, after: int | None = None, wait_s: float = 0.0, again: bool = False
    ) -> Answer | None:
        """The page; see `Boards.get`."""
        return self._boards.get(self._page, choice, after=after, wait_s=wait_s, again=again)

    def why(self, choice: Mapping[str, str], claim_id: str) -> dict[str, Any]:
        """Where a number of it comes from; see `Boards.why`."""
        return self._boards.why(self._page, choice, claim_id)

    def find(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The rows that a reader looks up; see `Boards.find`."""
        return self._boards.find(self._page, fields)


def _claims(board: Board, cards: Mapping[str, Card | str]) -> dict[str, Claim]:
    """What the page claims, by id."""
    pieces = [board.sentence, *([board.tiles] if board.tiles else [])]
    pieces += [card for card in cards.values() if isinstance(card, Card)]
    claims = [claim for piece in pieces for claim in piece.claims]
    return {claim.id: claim for claim in (*claims, *claims_of(board.foot))}


def _next_choices(board: Board) -> list[tuple[tuple[str, str], ...]]:
    """The choices one step away, as the page's address spells them: without what is the default."""
    defaults = {control.name: control.default for control in board.controls}
    steps = (
        {**board.choice, control.name: value}
        for control in board.controls
        if len(control.options) <= MOST_READY
        for value in control.options
        if value != board.choice.get(control.name, control.default)
    )
    return [tuple(sorted((name, value) for name, value in step.items() if value != defaults[name])) for step in steps]


def _sentence(error: Exception, where: str) -> str:
    """What went wrong, for people; the rest goes to the log."""
    if isinstance(error, TelltaleError):
        return f"{wording.sentence_case(str(error))}."
    log.error("%s", where, exc_info=error)
    return f'This could not be computed ({type(error).__name__}). Run "telltale doctor"; the log has the details.'


def _told(page: str, board: Board, cards: Mapping[str, Card | str]) -> Answer:
    """A board as JSON-able data: the page's HTML, its figures by card, and freshness."""
    figures: dict[str, Any] = {}
    rows = []
    for row in board.rows:
        placed = []
        for cell in row:
            data, figure = _card_data(cards[cell.name], cell)
            if figure:
                figures[cell.name] = figure
            placed.append(layout.Placed(cell.name, cell.span, data, figure["layout"].get("height", 0) if figure else 0))
        rows.append(placed)
    choices = [
        layout.Choice(one.name, one.label, one.options, one.kind, board.choice.get(one.name, one.default))
        for one in board.controls
    ]
    html = layout.html(
        page,
        sentence=board.sentence.data(),
        tiles=board.tiles.data() if board.tiles else None,
        choices=choices,
        rows=rows,
        foot=board.foot,
        finder=board.finder,
    )
    fresh = board.freshness
    newest = None if fresh.newest_us is None else fresh.newest_us / SECOND
    return {
        "html": html,
        "figures": figures,
        "freshness": {**fresh._asdict(), "newest": newest},
    }


def _card_data(card: Card | str, cell: Cell) -> tuple[dict[str, Any], dict[str, Any] | None]:
    if isinstance(card, str):
        return {"kind": "card", "title": cell.title, "subtitle": "", "notes": [], "failed": card}, None
    data = card.data()
    if "figure" not in data:
        return data, None
    figure = plotly_json(card.evidence)
    # What stands around the plot is in its HTML; of `meta` the page needs only the layout of narrow places.
    figure["layout"]["meta"] = {"narrow": figure["layout"].get("meta", {}).get("narrow", {})}
    return data, {"data": figure["data"], "layout": json.loads(json.dumps(figure["layout"]))}
