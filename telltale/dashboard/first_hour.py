"""Operations in the first hours of a project: newest values, what needs somebody, what will be here, what arrived."""

import datetime as dt
from collections.abc import Sequence
from functools import partial

from telltale import wording
from telltale.activity.ahead import ahead as of_pcs
from telltale.activity.answers import Answers as PCs
from telltale.activity.answers import period_of
from telltale.dashboard import concerns
from telltale.dashboard.newest import newest
from telltale.health import arriving, turned_away
from telltale.kanban.ahead import ahead as of_items
from telltale.kanban.concerns import watched as watched_items
from telltale.page import common, first_hour, said
from telltale.page.attention import Notice
from telltale.page.board import Ask, Board, Cell, Freshness
from telltale.page.claims import PROJECT
from telltale.page.lines import Ahead, Need
from telltale.page.newest import ABOUT, Newest, value_said
from telltale.page.pieces import Card, Sentence
from telltale.page.said import Said, say
from telltale.presence.ahead import ahead as of_site
from telltale.presence.answers import Answers as Site
from telltale.sensors.ahead import ahead as of_sensors
from telltale.sensors.answers import recent
from telltale.workbench.project import Project
from telltale.workbench.times import local_time

LEVELS = {"alarm": "!!{}!!", "warning": "{}", "todo": "{}"}


def is_young(project: Project) -> bool:
    """Whether the first record of a project came so lately that its charts would be empty."""
    return first_hour.is_young(arriving.began_us(project), project.now_us())


def board(ask: Ask, sites: Sequence[Site], name: str, fresh: Freshness) -> Board:
    """The page of a young project.

    Args:
        ask: of which project.
        sites: what is watched of presence.
        name: of the project's sites.
        fresh: when the newest record came.
    """
    project = ask.project
    now, rows, needed = concerns.present(project), newest(project.view()), needs(project)
    zone = str(now.tzinfo)
    began = local_time(arriving.began_us(project) or project.now_us(), zone)
    lasting = wording.duration((now - began).total_seconds())
    return Board(
        Sentence(_sentence(rows, needed), f"{common.head('Operations', now, name)} · recording for {lasting}"),
        rows=(
            (
                Cell("newest", 7, "Newest value of every device", partial(_values, project, rows, now)),
                Cell("needs", 5, "What needs you", partial(_needs, project, needed)),
            ),
            (
                Cell("ahead", 6, "What will be here", lambda: first_hour.ahead_card(aheads(project, sites))),
                Cell("arrived", 6, "What arrived, as it arrived", partial(arriving.card, project, zone)),
            ),
        ),
        foot=_foot(project, began, now, zone),
        freshness=fresh,
    )


def refused_only(ask: Ask, needed: Sequence[Need]) -> Board:
    """The page of a project in which nothing arrived but requests that were refused.

    Args:
        ask: of which project.
        needed: what was refused.
    """
    now = concerns.present(ask.project)
    text = say("**No record has been taken in yet:** {}.", _first(needed))
    return Board(
        Sentence(text, common.head("Operations", now, ask.project.settings.site.name)),
        rows=(
            (
                Cell("needs", 6, "What needs you", partial(first_hour.needs_card, needed)),
                Cell("arrived", 6, "What arrived", partial(arriving.card, ask.project, str(now.tzinfo))),
            ),
        ),
    )


def needs(project: Project) -> list[Need]:
    """What needs somebody: what needs a look, what was refused or not understood, devices without a name."""
    now = concerns.present(project)
    notices = concerns.gathered(project, with_refusals=False)
    return [
        *(_need(notice) for notice in notices),
        *turned_away.needs(project, now=now),
        *first_hour.unnamed(newest(project.view()), project),
    ]


def aheads(project: Project, sites: Sequence[Site]) -> list[Ahead]:
    """The charts of all subjects, and from when on each says something."""
    pcs = PCs(project, period_of("1d", project), is_live=True)
    return [
        *of_sensors(recent(project.view())),
        *(row for site in sites for row in of_site(site)),
        *of_items(watched_items(project)),
        *of_pcs(pcs),
    ]


def _values(project: Project, rows: Sequence[Newest], now: dt.datetime) -> Card:
    return first_hour.values_card(rows, now=now, project=project)


def _needs(project: Project, needed: Sequence[Need]) -> Card:
    done = Need(f"Zone {project.zone()} · each record is durable before its answer", "", level="done")
    return first_hour.needs_card([*needed, done])


def _need(notice: Notice) -> Need:
    concern = notice.concern
    text = said.together([concern.evidence, concern.when], "; ")
    likely = f" Likely: {concern.likely}." if concern.likely else ""
    return Need(
        concern.what, say("{}.{}", text, likely) if text else likely, level=concern.level, page=concern.link,
        phrase=notice.phrase.replace("!!", ""),
    )  # fmt: skip


def _sentence(rows: Sequence[Newest], needed: Sequence[Need]) -> Said:
    """How many things need somebody and which first; how many devices are heard, and what the first of them says."""
    parts = [_opening(needed), _heard(rows)]
    return said.together([part for part in parts if part])


def _opening(needed: Sequence[Need]) -> Said:
    number = first_hour.count(needed)
    if not number:
        return Said()
    title = first_hour.needs_title(needed)
    urgent = any(need.level == "alarm" for need in needed)
    opening = say("!!{}!!" if urgent else "**{}**", title)
    return say("{}: {}." if number == 1 else "{}, first: {}.", opening, _first(needed))


def _first(needed: Sequence[Need]) -> Said:
    """The most urgent thing."""
    first = min(needed, key=lambda need: first_hour.FEW[need.level])
    return say(LEVELS[first.level], first.phrase or first.what)


def _heard(rows: Sequence[Newest]) -> Said:
    """How many devices are heard, and what the first of them says."""
    ids = {row.device_id for row in rows if row.device_id}
    if not ids:
        return say("Records arrive; no device can be told of yet.")
    claim = ABOUT.claim(
        PROJECT, "devices_heard", len(ids), call="last", where={"device_id": sorted(ids)}, column="device_id",
        how="distinct",
    )  # fmt: skip
    verb = "device is" if len(ids) == 1 else "devices are"
    text = said.sentence_case(say("{} {} heard", said.in_words(claim), verb))
    sensor = next((row for row in rows if row.kind == "sensor"), None)
    if sensor is None:
        return say("{}.", text)
    unit = f"{wording.NBSP}{sensor.unit}" if sensor.unit else ""
    says = say(", !!{}!!" if sensor.level else ", {}", sensor.says) if sensor.says else Said()
    return say("{}; **{}** reads **{}{}**{}.", text, sensor.called, value_said(sensor), unit, says)


def _foot(project: Project, began: dt.datetime, now: dt.datetime, zone: str) -> Said:
    kept = wording.count(arriving.kept(project), "record")
    since = wording.clock(began) if began.date() == now.date() else wording.short_moment(began)
    return say("{} {} kept. Nothing is said of a time before {}: nobody listened then.", common.foot(zone), kept, since)
