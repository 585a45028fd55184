"""Sections about PC activity: the agent on the PC, and what its samples mean."""

from typing import Annotated, Literal

from pydantic import Field

from telltale.settings.section import Section

ACTIVITY_TOML = """\
[idle]                         # the agent on a PC: telltale collect idle
# device_id = ""               # empty: pc:<this machine's name>
# every_s = 10                 # seconds between two looks at the idle time, 5 to 30
# backend = "auto"             # auto, x11, mutter, kde, wayland, logind, windows, macos, file
# file = ""                    # of backend = "file": something touches it at every input
# send = "none"                # none: samples are kept here only; levels or bitmap: also sent by the modem
# on = []                      # "lock", "unlock" (Linux alone tells), "start": each sends a level at once
# port = ""                    # the modem's serial port, such as /dev/ttyUSB0, COM3 or socket://host:port
# dialect = "auto"             # auto, uplynx, wisol, td1207, snt
# line_end = "auto"            # of commands: auto (as the dialect has it), cr, crlf
# daily_uplinks = 140          # of the contract, in any 24 hours
# hourly_uplinks = 6
# slot_s = 0                   # seconds between two frames; 0: such that daily_uplinks last the whole day (618)
# downlink = false             # true asks for an answer with a frame, up to 4 a day

[activity]                     # what samples mean
# away_after_s = 180           # seconds without input from which a person counts as away
# day_starts_at = "00:00"      # when a day begins, on the site's clock
# mine = false                 # true: every PC recorded is your own, so the general token shows them on the page
# show_everyone = false        # true, with simulated data only: the general token shows single PCs too
"""


class IdleSettings(Section):
    """The agent on a PC."""

    device_id: str = ""
    every_s: Annotated[int, Field(ge=5, le=30)] = 10
    backend: Literal["auto", "x11", "mutter", "kde", "wayland", "logind", "windows", "macos", "file"] = "auto"
    file: str = ""
    send: Literal["none", "levels", "bitmap"] = "none"
    on: tuple[Literal["lock", "unlock", "start"], ...] = ()
    port: str = ""
    dialect: Literal["auto", "uplynx", "wisol", "td1207", "snt"] = "auto"
    line_end: Literal["auto", "cr", "crlf"] = "auto"
    daily_uplinks: Annotated[int, Field(ge=1, le=140)] = 140
    hourly_uplinks: Annotated[int, Field(ge=1, le=6)] = 6
    slot_s: Annotated[int, Field(ge=0, le=86_400)] = 0
    downlink: bool = False


class ActivitySettings(Section):
    """What samples mean (wire/sigfox.md 8)."""

    away_after_s: Annotated[int, Field(ge=1)] = 180
    day_starts_at: Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")] = "00:00"
    mine: bool = False
    show_everyone: bool = False
