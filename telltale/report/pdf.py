"""A report on paper, printed by whatever Chromium the machine has; without one the HTML file is the report."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

BROWSERS = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge", "microsoft-edge"),
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
TIMEOUT_S = 120
FOR_SCRIPTS_MS = 15_000
"""How far the page's own clock may run before it is printed: unpacking plotly.js and drawing."""


def browser() -> str | None:
    """The first Chromium found, or the one `TELLTALE_BROWSER` names; None without one."""
    named = os.environ.get("TELLTALE_BROWSER")
    return next((path for name in ([named] if named else BROWSERS) if (path := shutil.which(name))), None)


def printed(html: Path, target: Path) -> Path | None:
    """Print an HTML file to `target`; None when there is no browser or it gives up.

    A report is whole without its PDF, so a browser that fails is not an error.
    """
    program = browser()
    if program is None:
        return None
    with tempfile.TemporaryDirectory(prefix="telltale-print-") as folder:
        draft = Path(folder) / "report.pdf"
        command = [
            program,
            "--headless",
            "--disable-gpu",
            "--disable-background-networking",
            f"--user-data-dir={folder}/profile",
            "--no-pdf-header-footer",
            f"--virtual-time-budget={FOR_SCRIPTS_MS}",
            f"--print-to-pdf={draft}",
            *_as_root(),
            html.resolve().as_uri(),
        ]
        try:
            subprocess.run(command, capture_output=True, timeout=TIMEOUT_S, check=True)  # noqa: S603 - found above
        except (OSError, subprocess.SubprocessError):
            return None
        if not draft.exists():
            return None
        shutil.move(draft, target)
    return target


def _as_root() -> list[str]:
    """Chromium refuses its sandbox to root, as in a container; the page is our own and loads nothing."""
    return ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
