"""What needs a look: the nodes of a site that are silent while others report, and sites that are silent whole."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote

from telltale import wording
from telltale.frames import local
from telltale.health.words.silences import Reporting
from telltale.page import said
from telltale.page.attention import MOST_NAMED, Notice, since
from telltale.page.claims import About, Subject
from telltale.page.lists import Concern
from telltale.page.said import say
from telltale.presence.answers import Answers
from telltale.presence.claims import NO_CLAIMS, Claims
from telltale.presence.recorded import never_heard
from telltale.workbench.project import Project
from telltale.workbench.question import period
from telltale.workbench.times import local_time

PAGE = "presence"
YEAR = dt.timedelta(days=300)
"""An older moment is told with its year."""


def watched(project: Project) -> list[Answers]:
    """What the overview shows of each site, and judges it by: today, beside the days before."""
    view = project.view()
    return view.shared("sites watched", lambda: [_today(project, site) for site in view.sites()])


def _today(project: Project, site: str) -> Answers:
    return Answers(project, period("1d", site, project=project), looks_back=True)


def of_sites(sites: Sequence[Answers]) -> list[Notice]:
    """What needs a look at any site today, each named where there are several."""
    if len(sites) < 2:
        return [notice for site in sites for notice in concerns(site)]
    return [
        notice._replace(concern=replace(notice.concern, choice=f"site={quote(site.when.site)}"))
        for site in sites
        for notice in (*concerns(site, name=site.called), *_silent_site(site))
    ]


def concerns(answers: Answers, *, name: str = "") -> list[Notice]:
    """What needs a look at a site today.

    Args:
        answers: of the site.
        name: what to call it; empty where it is the only one.
    """
    never = set(never_heard(answers.project)) if answers.unheard else set()
    silences = tuple(silence for silence in answers.reporting.silences if silence.name not in never)
    # A node that is listed and was never heard is told with the devices of all sources.
    found = answers.reporting._replace(silences=silences)
    return silent_nodes(found, now=answers.when.now, site=name, claims=answers.claims)


def silent_nodes(reporting: Reporting, *, now: dt.datetime, site: str = "", claims: Claims = NO_CLAIMS) -> list[Notice]:
    """The nodes that do not report while others do.

    Args:
        reporting: of the running day.
        now: the present on the site's clock.
        site: the name of the site where there are several.
        claims: make the numbers claims.
    """
    silent = reporting.now
    if not silent or len(silent) == reporting.known:
        return []
    start = local(silent[0].start, str(now.tzinfo))
    # One that did not report at all today has been silent for nobody knows how long.
    when = "all day" if start.date() == now.date() and start.time() == dt.time() else since(start, now)
    nodes = say(
        "{} of {} Wi-Fi nodes{}",
        said.number(
            claims.nodes("nodes_silent", len(silent), name=[silence.name for silence in silent], reports=False)
        ),
        said.number(claims.nodes("nodes", reporting.known)),
        f" of {site}" if site else "",
    )
    names = wording.joined([silence.name for silence in silent[:MOST_NAMED]])
    more = f" and {len(silent) - MOST_NAMED} more" if len(silent) > MOST_NAMED else ""
    concern = Concern(
        "warning", say("{} silent", nodes), f"{names}{more}; counts there are too low", when,
        "power, network or a moved node", PAGE,
    )  # fmt: skip
    return [Notice(concern, say("!!{}!! {} silent {}", nodes, "is" if len(silent) == 1 else "are", when), start)]


def _silent_site(answers: Answers) -> list[Notice]:
    """A site none of whose nodes reports: the source may deliver all the same, from another."""
    reporting, now = answers.reporting, answers.when.now
    if reporting.last or (reporting.known and len(reporting.now) < reporting.known):
        return []
    newest = local_time(answers.project.view().last_us(answers.when.site), answers.zone)
    when = since(newest, now) if now - newest < YEAR else f"since {wording.full_moment(newest)}"
    site = answers.called
    age = About("presence").claim(
        Subject("site", answers.when.site, answers.name), "silent_s", (now - newest).total_seconds(), "s",
        call="sites", where={"site": answers.when.site}, column="silent_s",
    )  # fmt: skip
    concern = Concern(
        "warning", f"No Wi-Fi node of {site} reports", say("no report for {}", said.duration(age)), when,
        "its network, or the address it sends to", PAGE,
    )  # fmt: skip
    return [Notice(concern, f"!!no Wi-Fi node of {site}!! has reported {when}", newest)]
