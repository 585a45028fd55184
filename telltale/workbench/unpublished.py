"""What its owner may ask and nobody else is to read: refused where what is shown leaves the house."""

import os

from telltale.contract import ConfigError
from telltale.workbench.as_of import VARIABLE

OF_PAGES = "TELLTALE_FIGURES"
"""Set in the kernels of pages: where they ask (`telltale.dashboard`)."""


def refuse_to_publish(name: str) -> None:
    """Nothing where its owner works: in a notebook, a shell or a program.

    Raises:
        ConfigError: in the kernel of a report or of a page, whose answers others read.
    """
    where = "a report" if os.environ.get(VARIABLE) else "a page" if os.environ.get(OF_PAGES) else ""
    if where:
        raise ConfigError(
            f"{name} is for the owner alone and cannot stand in {where}; ask it in a notebook of your own"
        )
