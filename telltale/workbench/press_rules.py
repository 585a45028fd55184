"""What the settings and the allow list say of presses, as the rules the analysis takes."""

import pyarrow as pa

from telltale.analysis.kanban import PRESS_KINDS, RULES
from telltale.settings import buttons
from telltale.workbench.project import Project
from telltale.workbench.times import SECOND

DHCP_KINDS = ("dhcp_discover", "dhcp_request")
PRESSED = ("button", "ack")
"""The roles whose frames are presses; those of a phone or laptop are its presence."""


def rules(project: Project) -> pa.Table:
    """The dead time, the mode and the kinds that count of each listed button, of `analysis.kanban.RULES`.

    A dead time in buttons.csv wins over that of `[kanban]`; DHCP counts as a press where `[arp] dhcp` captures it.

    Raises:
        ConfigError: buttons.csv cannot be read; names the line.
    """
    told = project.settings.kanban
    kinds = ",".join((*PRESS_KINDS, *(DHCP_KINDS if project.settings.arp.dhcp else ())))
    listed = [button for button in buttons(project.settings).buttons if button.role in PRESSED]
    dead_s = [told.dead_time_s if button.dead_time_s is None else button.dead_time_s for button in listed]
    columns = {
        "device_id": [button.device_id for button in listed],
        "dead_time_us": [round(seconds * SECOND) for seconds in dead_s],
        "is_quiet": [told.mode == "quiet"] * len(listed),
        "kinds": [kinds] * len(listed),
    }
    return pa.table(columns, schema=RULES)
