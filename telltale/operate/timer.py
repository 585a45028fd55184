"""Reports on a machine where nothing of telltale goes on running: a pass of the schedule, and the timer that starts it.

`telltale up` makes reports by itself, and needs neither. `Persistent=true` starts a pass at once that was missed while
the machine was off; what was missed before that the pass finds by itself, in its ledger.

Source: systemd.timer(5), systemd.service(5).
"""

from typing import Literal

from telltale.contract import ConfigError
from telltale.operate.service import System, service
from telltale.settings import Settings

Part = Literal["schedule", "schedule-timer"]
NAME = "telltale-schedule"
EVERY = "*:0/15"
"""A quarter of an hour: how late a report may come beside its grace."""
LONGEST = "2h"
_LEFT_OUT = ("Restart=", "RestartSec=", "TimeoutStopSec=", "StartLimitIntervalSec=", "[Install]", "WantedBy=")


def timer(settings: Settings, part: Part, system: System = "linux") -> str:
    """The text of the pass's service or of its timer, the installation in comments at the top.

    Raises:
        ConfigError: the system is another one.
    """
    if system != "linux":
        raise ConfigError(
            f"service --print {part}: timers are systemd's, and this is for {system}; let telltale up make the "
            'reports, or have the system\'s own scheduler run "telltale schedule --once" each quarter of an hour'
        )
    return _timer() if part == "schedule-timer" else _service(service(settings, "up"))


def _service(up: str) -> str:
    """That of `up`, with its user and rights, for one pass that ends."""
    head, _, rest = up.partition("\n\n")
    prepared = [line for line in head.splitlines()[1:] if "systemctl" not in line and "--print" not in line]
    lines = [line for line in rest.splitlines() if not line.startswith(_LEFT_OUT)]
    body = "\n".join(lines).rstrip()
    body = body.replace(
        "Description=telltale: collectors, settling, dashboards", "Description=telltale: reports that are due"
    )
    body = body.replace("Type=exec", f"Type=oneshot\nTimeoutStartSec={LONGEST}")
    body = body.replace(" -m telltale up", " -m telltale schedule --once")
    comments = [line.replace("-u telltale -f", f"-u {NAME}") for line in prepared]
    printed = f"#   telltale service --print schedule | sudo tee /etc/systemd/system/{NAME}.service"
    then = "#   its timer, which starts it: telltale service --print schedule-timer"
    return "\n".join([f"# {NAME}.service", *comments, printed, then, "", body, ""])


def _timer() -> str:
    return f"""\
# {NAME}.timer
#   telltale service --print schedule-timer | sudo tee /etc/systemd/system/{NAME}.timer
#   sudo systemctl daemon-reload && sudo systemctl enable --now {NAME}.timer
#   systemctl list-timers {NAME}

[Unit]
Description=telltale: looks for reports that are due

[Timer]
OnCalendar={EVERY}
RandomizedDelaySec=60
Persistent=true

[Install]
WantedBy=timers.target
"""
