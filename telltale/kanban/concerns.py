"""What needs a look of items and buttons, for the list of the operations page and the tabs of every page."""

from telltale.kanban.answers import Answers, answers
from telltale.kanban.words import dhcp
from telltale.kanban.words.titles import kanban_concerns
from telltale.page.attention import Notice
from telltale.workbench.project import Project

WATCHED = "16w"
STRETCH = "the last 16 weeks"
"""What items are judged by; the kanban page begins with a shorter stretch, whose risks differ."""


def watched(project: Project) -> Answers:
    """What the overview shows of items, and judges them by."""
    return project.view().shared("items watched", lambda: answers(WATCHED, bucket="week", project=project))


def concerns(answers: Answers) -> list[Notice]:
    """The items that run short, the buttons that may be dead, and those whose presses are not counted."""
    of_items = kanban_concerns(
        answers.items, now=answers.now, target=answers.target, about=answers.about,
        has_choice=len(answers.item_names) > 1, basis=STRETCH,
    )  # fmt: skip
    return [*of_items, *dhcp.notices(answers.only_dhcp, period="in 16 weeks")]
