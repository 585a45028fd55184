"""Sections about what leaves by itself: reports that are due, alerts on data, and the way both take."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from telltale.settings.section import Section

PUBLISH_TOML = """\
[publish]                      # how reports and alerts leave; try it: telltale publish --test
# mail_host = ""               # the mail server; empty: no mail. Its password: [publish] mail_password in secrets.toml
# mail_port = 587              # 465 with mail_security = "tls", 25 with "none"
# mail_security = "starttls"   # starttls, tls, none (on this machine only)
# mail_user = ""
# mail_from = ""               # such as "telltale@example.org"; empty: mail_user, where that is an address
# mail_ca_file = ""            # the authority that signed the server's certificate; empty: the system's
# people = {}                  # where what tells of one person goes, and only there: { Anna = "anna@example.org" }
# Other ways (chat, SMS, webhooks) are addresses of Apprise, which hold secrets: [publish] name = "..." in secrets.toml

# [reports.cold_chain]         # a report that is made and sent after each period
# notebook = "sensor_report"
# period = "week"              # day, working_day, week, month; of the site's clock
# to = ["ops@example.org"]     # mail addresses, or names of [publish] in secrets.toml
# parameters = {}              # of the notebook, such as { device = "Vaccine fridge" }
# grace = "1h"                 # how long after the period late uploads are waited for; { <source> = "6h" }
# pdf = false                  # true: a PDF too, where a Chromium is installed
# even_empty = false           # true: also for a period that nothing came of
# attach = true                # false sends the sentence and the figures with a link, no file
# also = []                    # others with parameters of their own: [{ to = ["a@example.org"], parameters = {} }]

# [alerts.fridges]             # a message when something begins, and one when it is over
# on = "excursion"             # excursion, silent, wrong_clock, battery, leak, stock_out, dead_button, rejects,
#                              # refusals, report_late
# to = ["ops@example.org"]
# subjects = []                # devices, items or sources by id or name; empty: all
# lasts = "15min"              # how long it must have lasted before anybody is told
# above = 8.0                  # the threshold; absent: the limits of devices.csv, or the page's own rule
# below = 2.0
# quantity = ""                # of excursion and leak: only this one, such as "humidity"; empty: that of the limits
# clears_by = 0.0              # it is over this far inside the threshold
# quiet = []                   # hours without messages, such as ["22:00-06:00"]: told at their end if it still lasts
# escalate_after = ""          # without an acknowledgement for so long, escalate_to is told too
# escalate_to = []
"""

_LENGTH = re.compile(r"\d+(\.\d+)?(s|min|h|d)")


def _length(text: str) -> str:
    if text and not _LENGTH.fullmatch(text):
        raise ValueError('a length such as "15min", "6h" or "1d"')
    return text


Length = Annotated[str, AfterValidator(_length)]
"""`90s`, `15min`, `1.5h`, `1d` (24 h); empty is none."""

AlertKind = Literal[
    "excursion",
    "silent",
    "wrong_clock",
    "battery",
    "leak",
    "stock_out",
    "dead_button",
    "rejects",
    "refusals",
    "report_late",
]


class PublishSettings(Section):
    """How messages leave; what must stay secret stands in secrets.toml."""

    mail_host: str = ""
    mail_port: Annotated[int, Field(ge=1, le=65535)] = 587
    mail_security: Literal["starttls", "tls", "none"] = "starttls"
    mail_user: str = ""
    mail_from: str = ""
    mail_ca_file: str = ""
    people: dict[str, Annotated[str, Field(min_length=1)]] = Field(default_factory=dict)


class Recipients(Section):
    """Some who get a report with parameters of their own."""

    to: Annotated[tuple[str, ...], Field(min_length=1)]
    parameters: dict[str, Any] = Field(default_factory=dict)


class ReportSettings(Section):
    """A report that is made after each period."""

    notebook: Annotated[str, Field(min_length=1)]
    period: Literal["day", "working_day", "week", "month"] = "week"
    to: tuple[str, ...] = ()
    parameters: dict[str, Any] = Field(default_factory=dict)
    grace: Length | dict[str, Length] = "1h"
    pdf: bool = False
    even_empty: bool = False
    attach: bool = True
    also: tuple[Recipients, ...] = ()


class AlertSettings(Section):
    """What is watched, from when on somebody is told, and who.

    `above` and `below` stand for what the kind judges: a reading in its unit, volts of a battery, the risk of running
    short (0 to 1), rows or requests in 24 hours.
    """

    on: AlertKind
    to: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    lasts: Length = ""
    above: float | None = None
    below: float | None = None
    quantity: str = ""
    clears_by: Annotated[float, Field(ge=0)] = 0.0
    quiet: tuple[Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-4]):[0-5]\d$")], ...] = ()
    escalate_after: Length = ""
    escalate_to: tuple[str, ...] = ()
