"""From when on each chart of items and buttons says something."""

from collections import Counter

from telltale import wording
from telltale.kanban.analysis.limits import FEWEST_BASELINE_PULLS
from telltale.kanban.answers import Answers
from telltale.kanban.gaps import FEWEST_DAYS
from telltale.kanban.item_figures import FEWEST_PULLS
from telltale.kanban.words.phrases import FEWEST_WHOLE
from telltale.page.lines import Ahead
from telltale.wording import is_known

PAGE = "kanban"


def ahead(answers: Answers) -> list[Ahead]:
    """The charts of the items, each as far as that of the item that is nearest.

    Args:
        answers: of 16 weeks by week (`kanban.concerns.watched`).

    Source: `FEWEST_WHOLE` (words/phrases.py), `FEWEST_BASELINE_PULLS` (analysis/limits.py), `FEWEST_PULLS`
    (item_figures.py), `FEWEST_DAYS` (gaps.py).
    """
    if not answers.item_names:
        return []
    items = answers.items.to_pylist()
    pulls = max(row["pulls"] for row in items) / FEWEST_PULLS
    needed = f"after {wording.in_words(FEWEST_PULLS)} pulls, with a lead time"
    return [
        normal(answers),
        _known("How many cards?", "cards", needed, pulls, [row["cards_recommended"] for row in items]),
        _known(
            "Will it run empty?", "risk", f"{needed} and the cards in use", pulls, [row["risk"] for row in items],
        ),
        _known(
            "Is a button dead?", "silence", f"after {FEWEST_DAYS} days with pulls",
            max(row["observed_s"] or 0.0 for row in items) / (FEWEST_DAYS * 86_400),
            [row["silence_limit_s"] for row in items],
        ),
    ]  # fmt: skip


def normal(answers: Answers) -> Ahead:
    """The c-chart: whole weeks of which some make the usual."""
    rows = answers.counts.to_pylist()
    whole = Counter(row["item"] for row in rows if row["is_tested"] or row["is_baseline"])
    is_there = any(
        whole[row["item"]] >= FEWEST_WHOLE and is_known(row["center"]) for row in rows
    )  # fmt: skip
    weeks, fewest = wording.in_words(FEWEST_WHOLE), wording.in_words(FEWEST_BASELINE_PULLS)
    when = "now" if is_there else f"after {weeks} whole weeks with {fewest} pulls"
    share = 1.0 if is_there else min(0.99, max(whole.values(), default=0) / FEWEST_WHOLE)
    return Ahead("Are pulls normal?", when, share, PAGE, "pulls")


def _known(name: str, cell: str, when: str, share: float, values: list[float | None]) -> Ahead:
    is_there = any(is_known(value) for value in values)
    return Ahead(name, "now" if is_there else when, 1.0 if is_there else min(0.9, share), PAGE, cell)
