"""From when on the charts of activity say something."""

from telltale import wording
from telltale.activity.answers import Answers
from telltale.page.lines import Ahead

PAGE = "activity"


def ahead(answers: Answers) -> list[Ahead]:
    """The charts of PCs that may be shown: of single ones now, of a team after a day with enough people.

    Args:
        answers: of a page.

    Source: `[activity] k`, at least `LEAST_PEOPLE` of question.py; a team is told of in days that have ended.
    """
    if not answers.pcs.num_rows:
        return []
    if answers.shows_single:
        return [Ahead("Activity by hour of day", "now", 1.0, PAGE, "strips")]
    is_there = answers.team_days.num_rows > 0
    when = "now" if is_there else f"after the first day with {wording.in_words(answers.k)} people"
    return [Ahead("Hours of the team", when, float(is_there), PAGE, "days")]
