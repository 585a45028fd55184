"""What needs a look: the nodes of a site that are silent while others report."""

import datetime as dt

from telltale import wording
from telltale.frames import local
from telltale.health.words.silences import Reporting
from telltale.page.attention import MOST_NAMED, Notice, since
from telltale.page.lists import Concern
from telltale.presence.answers import Answers
from telltale.workbench.project import Project
from telltale.workbench.question import period

PAGE = "presence"


def watched(project: Project) -> list[Answers]:
    """What the overview shows of each site, and judges it by: today, beside the days before."""
    today = [period("1d", site, project=project) for site in project.view().sites()]
    return [Answers(project, when, looks_back=True) for when in today]


def concerns(answers: Answers) -> list[Notice]:
    """What needs a look at a site today."""
    return silent_nodes(answers.reporting, now=answers.when.now)


def silent_nodes(reporting: Reporting, *, now: dt.datetime) -> list[Notice]:
    """The nodes that do not report while others do.

    Args:
        reporting: of the running day.
        now: the present on the site's clock.
    """
    silent = reporting.now
    if not silent or len(silent) == reporting.known:
        return []
    start = local(silent[0].start, str(now.tzinfo))
    nodes = f"{len(silent)} of {reporting.known} Wi-Fi nodes"
    names = wording.joined([silence.name for silence in silent[:MOST_NAMED]])
    more = f" and {len(silent) - MOST_NAMED} more" if len(silent) > MOST_NAMED else ""
    concern = Concern(
        "warning", f"{nodes} silent", f"{names}{more}; counts there are too low", since(start, now),
        "power, network or a moved node", PAGE,
    )  # fmt: skip
    return [Notice(concern, f"!!{nodes}!! {'is' if len(silent) == 1 else 'are'} silent {since(start, now)}", start)]
