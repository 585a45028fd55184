"""`tt.presence`: visits, figures, occupancy, moves and nodes of one project, as tidy pandas.

Every call takes the stretch of time first (`since`, `until`, see `times.py`; `7d` is today and the six days before),
then `site` (None: all), thresholds that differ from telltale.toml, and `project`. Devices are 16 hex digits, times are
aware (UTC); figures of days and hours carry the local `label` too. Staff and fixed devices are left out.

Days that have closed are read from `visit`, `presence_day`, `presence_hour`; open days are computed from sightings, so
that one posted a second ago counts. With `published=True` no cell counts fewer than the site's k devices: such figures
are null, and so is a second one where the first could be found by subtraction.
"""

import datetime as dt
from typing import TYPE_CHECKING, Unpack

import pyarrow as pa

from telltale.contract import ConfigError
from telltale.presence import overview
from telltale.presence import question as answers
from telltale.presence.analysis import MODES
from telltale.presence.question import VISITORS, Answer, By, Choices, each, questions
from telltale.presence.thresholds import Thresholds
from telltale.tables import SIGHTING
from telltale.workbench.here import here
from telltale.workbench.project import Project
from telltale.workbench.question import Question
from telltale.workbench.tidy import tidy
from telltale.workbench.times import Duration, When, local_day, seconds
from telltale.workbench.view import View, answered

if TYPE_CHECKING:
    import pandas as pd


def visits(
    since: When = "7d",
    until: When = None,
    *,
    site: str | None = None,
    classes: tuple[str, ...] = VISITORS,
    keep_excluded: bool = False,
    project: Project | None = None,
    **thresholds: Unpack[Thresholds],
) -> "pd.DataFrame":
    """The sessions that start in the stretch, one row each, sorted by entered_at, site, device.

    Columns: those of table `visit`, and `open`: the device may still be there (wire/presence.md 6.1.7).

    Args:
        since: beginning of the stretch.
        until: its end, exclusive; None is now.
        site: one network id; None is every site.
        classes: which classes of session; `("visitor", "engaged", "passer_by", "ignored")` are all.
        keep_excluded: keep staff and fixed devices.
        project: another project than the one found from here.
        **thresholds: gap, visit, engaged (durations), visit_dbm, passer_dbm, where they differ from telltale.toml.
    """

    def answer(question: Question, choices: Choices) -> pa.Table:
        return answers.visits(question, choices, classes, keep_excluded=keep_excluded)

    return _tidy(answer, (since, until), site, project, thresholds)


def figures(
    since: When = "28d",
    until: When = None,
    *,
    by: By = "day",
    site: str | None = None,
    published: bool = False,
    project: Project | None = None,
    **thresholds: Unpack[Thresholds],
) -> "pd.DataFrame":
    """The figures of each local day or clock hour that the stretch touches, one row a period and address kind.

    Address kinds are global, local and all. Columns: those of table `presence_day` or `presence_hour`, `label`
    (2026-11-20, or 2026-11-20 14:00+01:00), `name` (of the site), `closed`, `so_far`: the end of the stretch cuts it. A
    closed day stands as it was closed, whole. Where no node reported all through (`node_share` 0) counts are null.

    Args:
        since: beginning of the stretch.
        until: its end, exclusive; None is now.
        by: day or hour.
        site: one network id; None is every site.
        published: withhold cells of fewer than k devices.
        project: another project than the one found from here.
        **thresholds: gap, visit, engaged (durations), visit_dbm, passer_dbm, where they differ from telltale.toml.

    Raises:
        ConfigError: `by` is neither; other thresholds than telltale.toml's for days whose sightings are gone.
    """
    if by not in ("day", "hour"):
        raise ConfigError(f'by "{by}": expected day or hour')

    def answer(question: Question, choices: Choices) -> pa.Table:
        return answers.figures(question, choices, by)

    return _tidy(answer, (since, until), site, project, thresholds, published=published)


def occupancy(
    since: When = "1d",
    until: When = None,
    *,
    site: str | None = None,
    bin: Duration | None = None,  # noqa: A002 - the word people write
    published: bool = False,
    project: Project | None = None,
    **thresholds: Unpack[Thresholds],
) -> "pd.DataFrame":
    """How many visitor devices were there, bin by bin and address kind: devices, mean, peak.

    Columns: site, address_kind, start, end, devices, device_s, mean, peak, nodes (that reported), expected (known),
    removed, label (local). Null, not 0, where no node reported, and where the visits were `removed` by a purge.
    """
    project = project or here()
    width_s = round(seconds(bin)) if bin is not None else 60 * project.settings.presence.bin_min

    def answer(question: Question, choices: Choices) -> pa.Table:
        return answers.occupancy(question, choices, width_s)

    return _tidy(answer, (since, until), site, project, thresholds, published=published)


def moves(
    since: When = "7d",
    until: When = None,
    *,
    site: str | None = None,
    published: bool = False,
    project: Project | None = None,
    **thresholds: Unpack[Thresholds],
) -> "pd.DataFrame":
    """Moves of visitor devices between zones: site, from_zone, to_zone, moves, devices (zones from devices.csv).

    Of the days whose sightings are kept; see `known_since`.
    """
    return _tidy(answers.moves, (since, until), site, project, thresholds, published=published)


def zones(
    since: When = "7d",
    until: When = None,
    *,
    site: str | None = None,
    published: bool = False,
    project: Project | None = None,
    **thresholds: Unpack[Thresholds],
) -> "pd.DataFrame":
    """How long visitor devices stayed in each zone: site, zone, devices, device_s; see `known_since`."""
    return _tidy(answers.zones, (since, until), site, project, thresholds, published=published)


def node_uptime(
    since: When = "1d", until: When = None, *, site: str | None = None, project: Project | None = None
) -> "pd.DataFrame":
    """The stretches in which each node reported: site, node_id, name, zone, start, end. Between them it was silent."""
    return tidy(each(answers.node_uptime, since, until, site=site, project=project))


def excluded(
    since: When = "7d", until: When = None, *, site: str | None = None, project: Project | None = None
) -> "pd.DataFrame":
    """The devices left out before counting: site, device, kind (staff, fixed), why (listed, rule).

    Where keys change every day only the lists tell; see `why_unavailable`.
    """
    return tidy(each(answers.excluded, since, until, site=site, project=project))


def returning(
    since: When = "28d",
    until: When = None,
    *,
    site: str | None = None,
    mode: str = "split",
    published: bool = False,
    project: Project | None = None,
    **thresholds: Unpack[Thresholds],
) -> "pd.DataFrame":
    """New and returning visitor devices a day: site, label, address_kind, status, visits, devices.

    Empty where keys change every day; see `why_unavailable`.

    Raises:
        ConfigError: `mode` is none of those known.
    """
    if mode not in MODES:
        raise ConfigError(f'mode "{mode}": expected one of {", ".join(MODES)}')

    def answer(question: Question, choices: Choices) -> pa.Table:
        return answers.returning(question, choices, mode)

    return _tidy(answer, (since, until), site, project, thresholds, published=published)


def dwell_bands(
    since: When = "7d",
    until: When = None,
    *,
    site: str | None = None,
    published: bool = False,
    project: Project | None = None,
    **thresholds: Unpack[Thresholds],
) -> "pd.DataFrame":
    """Visits by band of dwell: site, address_kind, band, from_s, visits, devices (5–20 min, 20–60 min, …)."""
    return _tidy(answers.dwell_bands, (since, until), site, project, thresholds, published=published)


def summary(
    since: When = "7d",
    until: When = None,
    *,
    site: str | None = None,
    published: bool = False,
    project: Project | None = None,
    **thresholds: Unpack[Thresholds],
) -> "pd.DataFrame":
    """One row a site and address kind with what a page's sentence and tiles say; see `telltale.presence.overview`."""
    return _tidy(overview.summary, (since, until), site, project, thresholds, published=published)


def known_since(
    since: When = "7d", until: When = None, *, site: str | None = None, project: Project | None = None
) -> "dt.date | None":
    """The local day from which on sightings are kept, where the stretch begins before it; None: all of it is known.

    Moves and zones need sightings. Of several sites it is the latest day.
    """

    def latest(view: View) -> dt.date | None:
        kept = [
            local_day(kept_us, question.zone)
            for question in questions(view, since, until, site)
            if question.span.since_us < (kept_us := view.kept_from(SIGHTING.name, question.of or ""))
        ]
        return max(kept, default=None)

    return answered(project or here(), latest)


def why_unavailable(*, site: str | None = None, project: Project | None = None) -> str:
    """Why no device can be followed from day to day, so that `returning` is empty; empty where it can."""
    project = project or here()
    followed = answered(
        project,
        lambda view: all(
            project.site(question.of or "").rotation != "day" for question in questions(view, "1d", None, site)
        ),
    )
    return "" if followed else "keys change every day, so no device can be followed from one day to the next"


def _tidy(
    answer: Answer,
    stretch: tuple[When, When],
    site: str | None,
    project: Project | None,
    thresholds: Thresholds,
    *,
    published: bool = False,
) -> "pd.DataFrame":
    return tidy(each(answer, *stretch, site=site, published=published, thresholds=thresholds, project=project))
