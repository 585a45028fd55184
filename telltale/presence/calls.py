"""`tt.presence`: visits, figures, occupancy, moves, nodes and noise of one project, as tidy pandas.

Every call takes the stretch of time first (`since`, `until`, see `times.py`; `7d` is today and the six days before),
then `site` (None: all), thresholds that differ from telltale.toml, and `project`. Devices are 16 hex digits, times are
aware (UTC); figures of days and hours carry the local `label` too. Staff and fixed devices are left out.

Days that have closed are read from `visit`, `presence_day`, `presence_hour`; open days are computed from sightings, so
that one posted a second ago counts. With `published=True` no cell counts fewer than the site's k devices: such figures
are null, and so is a second one where the first could be found by subtraction.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Unpack

import pyarrow as pa

from telltale.contract import ConfigError
from telltale.presence import answers, stays
from telltale.presence import overview as summaries
from telltale.presence.analysis import MODES, Rules
from telltale.presence.answers import Asked
from telltale.presence.thresholds import Thresholds, rules
from telltale.tables import PRESENCE_DAY, PRESENCE_HOUR, SIGHTING
from telltale.workbench.project import Project, here
from telltale.workbench.question import stretch
from telltale.workbench.tidy import tidy
from telltale.workbench.times import Duration, Span, When, local_day, seconds
from telltale.workbench.view import View, answered

if TYPE_CHECKING:
    import pandas as pd

VISITORS = ("visitor", "engaged")


def visits(
    since: When = "7d",
    until: When = None,
    *,
    site: str | None = None,
    classes: tuple[str, ...] = ("visitor", "engaged"),
    noise: bool = False,
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
        noise: keep staff and fixed devices.
        project: another project than the one found from here.
        **thresholds: gap, visit, engaged (durations), visit_dbm, passer_dbm, where they differ from telltale.toml.
    """
    ask = _Question(since, until, site, project, thresholds)
    return tidy(ask.each(lambda asked: answers.visits(asked, classes, noise=noise)))


def days(
    since: When = "28d",
    until: When = None,
    *,
    site: str | None = None,
    published: bool = False,
    project: Project | None = None,
    **thresholds: Unpack[Thresholds],
) -> "pd.DataFrame":
    """The figures of each local day, one row a day and address kind (global, local, all).

    Columns: those of table `presence_day`, `label` (2026-11-20), `name` (of the site), `closed`.
    """
    ask = _Question(since, until, site, project, thresholds, published=published)
    return tidy(ask.each(lambda asked: answers.figures(asked, PRESENCE_DAY)))


def hours(
    since: When = "7d",
    until: When = None,
    *,
    site: str | None = None,
    published: bool = False,
    project: Project | None = None,
    **thresholds: Unpack[Thresholds],
) -> "pd.DataFrame":
    """The figures of each local clock hour, as `days`; `label` is 2026-11-20 14:00."""
    ask = _Question(since, until, site, project, thresholds, published=published)
    return tidy(ask.each(lambda asked: answers.figures(asked, PRESENCE_HOUR)))


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
    label (local). Null, not 0, where no node reported, and where the visits were purged.
    """
    ask = _Question(since, until, site, project, thresholds, published=published)
    width_s = round(seconds(bin)) if bin is not None else 60 * ask.project.settings.presence.bin_min
    return tidy(ask.each(lambda asked: answers.occupancy(asked, width_s)))


def moves(
    since: When = "7d",
    until: When = None,
    *,
    site: str | None = None,
    published: bool = False,
    project: Project | None = None,
    **thresholds: Unpack[Thresholds],
) -> "pd.DataFrame":
    """Moves of visitor devices between zones: site, from_zone, to_zone, moves, devices (zones from devices.csv)."""
    ask = _Question(since, until, site, project, thresholds, published=published)
    return ask.with_known_since(tidy(ask.each(answers.moves)))


def zones(
    since: When = "7d",
    until: When = None,
    *,
    site: str | None = None,
    published: bool = False,
    project: Project | None = None,
    **thresholds: Unpack[Thresholds],
) -> "pd.DataFrame":
    """How long visitor devices stayed in each zone: site, zone, devices, dwell_s."""
    ask = _Question(since, until, site, project, thresholds, published=published)
    return ask.with_known_since(tidy(ask.each(answers.zones)))


def nodes(
    since: When = "1d", until: When = None, *, site: str | None = None, project: Project | None = None
) -> "pd.DataFrame":
    """The stretches in which each node reported: site, node_id, name, zone, start, end. Between them it was silent."""
    return tidy(_Question(since, until, site, project, {}).each(answers.nodes))


def noise(
    since: When = "7d", until: When = None, *, site: str | None = None, project: Project | None = None
) -> "pd.DataFrame":
    """The devices left out before counting: site, device, kind (staff, fixed), why (listed, rule)."""
    ask = _Question(since, until, site, project, {})
    return ask.with_unavailable(tidy(ask.each(answers.noise)))


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
    """New and returning visitor devices a day; empty with `attrs["unavailable"]` saying why where keys change daily."""
    if mode not in MODES:
        raise ConfigError(f'mode "{mode}": expected one of {", ".join(MODES)}')
    ask = _Question(since, until, site, project, thresholds, published=published)
    return ask.with_unavailable(tidy(ask.each(lambda asked: answers.returning(asked, mode))))


def bands(
    since: When = "7d",
    until: When = None,
    *,
    site: str | None = None,
    published: bool = False,
    project: Project | None = None,
    **thresholds: Unpack[Thresholds],
) -> "pd.DataFrame":
    """Visits by band of dwell: site, address_kind, band, from_s, visits, devices (5–20 min, 20–60 min, …)."""
    ask = _Question(since, until, site, project, thresholds, published=published)
    return tidy(ask.each(answers.bands))


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
    ask = _Question(since, until, site, project, thresholds, published=published)
    return tidy(ask.each(summaries.summary))


class _Question:
    """What a call asks, of which sites, on one snapshot."""

    def __init__(
        self,
        since: When,
        until: When,
        site: str | None,
        project: Project | None,
        thresholds: Thresholds,
        *,
        published: bool = False,
    ) -> None:
        self.project = project or here()
        self.view = self.project.view()
        self.rules: Rules = rules(self.project.settings.presence, thresholds)
        self.published = published
        self.since, self.until, self.site = since, until, site

    def each(self, answer: Callable[[Asked], pa.Table]) -> pa.Table:
        """The answers for each site, one below the other."""
        return answered(
            self.project,
            lambda view: pa.concat_tables([answer(self._of(view, site)) for site in self._sites(view)]),
        )

    def with_known_since(self, frame: "pd.DataFrame") -> "pd.DataFrame":
        """Say in `attrs["known_since"]` from which day on sightings are kept, where the stretch begins before it."""
        view = self.project.view()
        for site in self._sites(view):
            kept_us = view.kept_from(SIGHTING.name, site)
            if self._of(view, site).span.since_us < kept_us:
                frame.attrs["known_since"] = local_day(kept_us, self.project.site(site).timezone).isoformat()
        return frame

    def with_unavailable(self, frame: "pd.DataFrame") -> "pd.DataFrame":
        """Say in `attrs["unavailable"]` why no device can be followed for days."""
        if any(self.project.site(site).rotation == "day" for site in self._sites(self.project.view())):
            frame.attrs["unavailable"] = "keys change every day, so no device can be followed from one day to the next"
        return frame

    def _sites(self, view: View) -> list[str]:
        known = view.sites()
        if self.site is None:
            return known or [""]
        if self.site not in known:
            raise ConfigError(f'no site "{self.site}" has reported; known: {", ".join(known) or "none yet"}')
        return [self.site]

    def _of(self, view: View, site: str) -> Asked:
        asked = stretch(self.since, self.until, zone=self.project.zone(site), now_us=self.project.now_us())
        # What lies before the first report is not a silence, it is before the beginning.
        since_us = min(max(asked.since_us, stays.first_midnight(view, site)), asked.until_us)
        return Asked(view, site, Span(since_us, asked.until_us), self.rules, self.published)
