"""On the path of the kernels of `test_reports.py`: projects live at the moment that WORLD_NOW_US names.

A notebook's kernel is a process of its own and opens the project itself, with the machine's clock.
"""

import os

if "WORLD_NOW_US" in os.environ:
    from telltale.workbench.project import Project

    now_us = int(os.environ["WORLD_NOW_US"])
    defaults = Project.__init__.__kwdefaults__
    assert defaults is not None
    defaults["now"] = lambda: now_us
