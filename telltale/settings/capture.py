"""Sections about buttons: how their frames are captured, and what presses mean."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from telltale.settings.section import Section
from telltale.settings.working_hours import checked_dates, checked_hours

CAPTURE_TOML = """\
[arp]                          # the capture of buttons: telltale collect arp
# interfaces = []              # such as ["eth0"]; empty: the one that leads to the gateway
# dhcp = false                 # true counts DHCP as a press, over all history: for buttons that join without ARP
# heartbeat_s = 60             # how often it is noted that the capture was alive, and what it dropped
# allow_list = "buttons.csv"   # the listed devices; frames of others are counted, not kept

[kanban]                       # what presses mean
# dead_time_s = 60             # frames of a device this close to its press belong to it; a column of buttons.csv wins
# mode = "fixed"               # fixed: from the press on; quiet: from every frame on, for buttons that chatter
# match = "oldest"             # which open pull a delivery closes: oldest, or all
# signal_when = "opened"       # a card leaves when its container is opened, or when it is emptied
# service_level = 0.95         # how often a full container must stand ready
# formula = "poisson"          # of the recommended cards: poisson, classic, safety_days, statistical
# safety_share = 0.10          # of classic
# safety_days = 1.0            # of safety_days
# review_days = 0.0            # days between two pick-ups of the cards, added to the lead time
# presence = false             # true keeps frames of listed phones and laptops (role presence): personal data
# away_after_min = 30          # silence after which a listed phone counts as gone
# working_hours = []           # such as ["Mon-Fri 06:00-22:00"]; empty: always
# holidays = []                # dates without work, such as ["2026-12-25"]
# baseline = []                # first and last day whose pulls set the limits of charts; empty: the first 20 quiet ones
"""


class ArpSettings(Section):
    """The ARP collector."""

    interfaces: tuple[Annotated[str, Field(min_length=1, max_length=64)], ...] = ()
    dhcp: bool = False
    heartbeat_s: Annotated[float, Field(gt=0, le=3600)] = 60
    allow_list: Annotated[str, Field(min_length=1)] = "buttons.csv"


class KanbanSettings(Section):
    """What presses mean (wire/kanban.md 4, 5, 7, 8)."""

    dead_time_s: Annotated[float, Field(ge=0, le=31_622_400)] = 60
    mode: Literal["fixed", "quiet"] = "fixed"
    match: Literal["oldest", "all"] = "oldest"
    signal_when: Literal["opened", "emptied"] = "opened"
    service_level: Annotated[float, Field(gt=0, lt=1)] = 0.95
    formula: Literal["poisson", "classic", "safety_days", "statistical"] = "poisson"
    safety_share: Annotated[float, Field(ge=0)] = 0.10
    safety_days: Annotated[float, Field(ge=0)] = 1.0
    review_days: Annotated[float, Field(ge=0)] = 0.0
    presence: bool = False
    away_after_min: Annotated[float, Field(gt=0, le=527_040)] = 30
    working_hours: Annotated[tuple[str, ...], AfterValidator(checked_hours)] = ()
    holidays: Annotated[tuple[str, ...], AfterValidator(checked_dates)] = ()
    baseline: Annotated[tuple[str, ...], AfterValidator(checked_dates), Field(max_length=2)] = ()
