"""papermill's usual way to run a notebook, telling which cell is at work; the run command shows it as it likes."""

from collections.abc import Callable
from typing import Any

from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines

NAME = "telltale"


def registered() -> str:
    """The engine's name, known to papermill from now on."""
    papermill_engines.register(NAME, _Telling)
    return NAME


class _Telling(NBClientEngine):  # type: ignore[misc]  # papermill carries no types
    @classmethod
    def execute_managed_notebook(
        cls, nb_man: NotebookExecutionManager, kernel_name: str, *, tell: Callable[[str], None], **options: Any
    ) -> None:
        """Run the notebook as papermill does; `tell` hears of each code cell as it starts."""
        start = nb_man.cell_start
        cells = [index for index, cell in enumerate(nb_man.nb.cells) if cell.cell_type == "code"]

        def told(cell: Any, cell_index: int | None = None, **kept: Any) -> None:
            if cell_index in cells:
                tell(f"cell {cells.index(cell_index) + 1} of {len(cells)}")
            start(cell, cell_index, **kept)

        nb_man.cell_start = told
        super().execute_managed_notebook(nb_man, kernel_name, **options)
