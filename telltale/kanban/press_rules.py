"""What the settings and the allow list say of presses, as the rules the analysis takes."""

import pyarrow as pa

from telltale.kanban.analysis import PRESS_KINDS, RULES
from telltale.settings import buttons
from telltale.workbench.project import Project
from telltale.workbench.times import SECOND

DHCP_KINDS = ("dhcp_discover", "dhcp_request")
ANSWERS = ("reply", "garp_reply")
PRESSED = ("button", "ack")
"""The roles whose frames are presses; those of a phone or laptop are its presence."""


def rules(project: Project) -> pa.Table:
    """The dead time, the mode and the kinds that count of each listed button, of `analysis.presses.RULES`.

    A dead time in buttons.csv wins over that of `[kanban]`; DHCP counts as a press where `[arp] dhcp` says so;
    it is always kept, so that the setting holds for all history.

    Raises:
        ConfigError: buttons.csv cannot be read; names the line.
    """
    settings = project.settings.kanban
    kinds = ",".join((*PRESS_KINDS, *(DHCP_KINDS if project.settings.arp.dhcp else ())))
    listed = [button for button in buttons(project.settings).buttons if button.role in PRESSED]
    dead_s = [settings.dead_time_s if button.dead_time_s is None else button.dead_time_s for button in listed]
    columns = {
        "device_id": [button.device_id for button in listed],
        "dead_time_us": [round(seconds * SECOND) for seconds in dead_s],
        "is_quiet": [settings.mode == "quiet"] * len(listed),
        "kinds": [kinds] * len(listed),
    }
    return pa.table(columns, schema=RULES)


def presence_rules(project: Project) -> pa.Table:
    """The rules of listed phones and laptops: every kind of frame is a sign of life, `away_after` ends a stay.

    Returns:
        of `analysis.presses.RULES`; empty unless `[kanban] presence` is on.
    """
    settings = project.settings.kanban
    listed = [row for row in buttons(project.settings).buttons if row.role == "presence" and settings.presence]
    away_s = [settings.away_after_min * 60 if row.away_after_s is None else row.away_after_s for row in listed]
    columns = {
        "device_id": [row.device_id for row in listed],
        "dead_time_us": [round(seconds * SECOND) for seconds in away_s],
        "is_quiet": [True] * len(listed),
        "kinds": [",".join((*PRESS_KINDS, *ANSWERS, *DHCP_KINDS))] * len(listed),
    }
    return pa.table(columns, schema=RULES)
