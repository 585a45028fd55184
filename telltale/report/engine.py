"""papermill's way to run a notebook, of a moment the kernel is told, told in turn which cell is at work.

papermill can write the whole notebook when a cell begins, when it ends and while it speaks: of a report with charts
that costs more than its answers. Here it is written once, when it is done or has failed.
"""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from telltale.contract import TelltaleError

if TYPE_CHECKING:
    from papermill.engines import NotebookExecutionManager

NAME = "telltale"


class CellFailed(TelltaleError):
    """A cell failed; `cell` counts as papermill does, `kind` is the name of what it raised."""

    def __init__(self, cell: int, kind: str, text: str) -> None:
        super().__init__(f"cell {cell}: {kind}: {text}")
        self.cell, self.kind = cell, kind


def execute(
    source: str, target: str, *, parameters: Mapping[str, Any], environment: Mapping[str, str], **options: Any
) -> Mapping[str, Any]:
    """The notebook, executed in a kernel of its own.

    Args:
        source: of the notebook.
        target: where it is written.
        parameters: of the notebook.
        environment: what the kernel's has beside this process's.
        **options: of papermill, and `tell`, which hears of each code cell as it starts.

    Raises:
        CellFailed: the notebook up to that cell is in `target`.
    """
    with _without_grammars():
        from papermill import PapermillExecutionError, execute_notebook
    try:
        done: Mapping[str, Any] = execute_notebook(
            source,
            target,
            parameters=dict(parameters),
            engine_name=_registered(),
            environment=dict(environment),
            request_save_on_cell_execute=False,
            **options,
        )
    except PapermillExecutionError as error:
        raise CellFailed(error.cell_index, error.ename, error.evalue) from None
    return done


def _registered() -> str:
    """The engine's name, known to papermill from now on."""
    from papermill.clientwrap import PapermillNotebookClient
    from papermill.engines import Engine, papermill_engines

    class Telling(Engine):  # type: ignore[misc]  # papermill carries no types
        @classmethod
        def execute_managed_notebook(
            cls,
            nb_man: "NotebookExecutionManager",
            kernel_name: str,
            *,
            tell: Callable[[str], None],
            environment: Mapping[str, str],
            execution_timeout: int,
            extra_arguments: list[str],
            **_: Any,
        ) -> None:
            """Run all cells."""
            _told_of_cells(nb_man, tell)
            client = PapermillNotebookClient(
                nb_man,
                kernel_name=kernel_name,
                timeout=execution_timeout,
                startup_timeout=60,
                extra_arguments=extra_arguments,
            )
            client.execute(env={**os.environ, **environment})

    papermill_engines.register(NAME, Telling)
    return NAME


def _told_of_cells(nb_man: "NotebookExecutionManager", tell: Callable[[str], None]) -> None:
    start = nb_man.cell_start
    cells = [index for index, cell in enumerate(nb_man.nb.cells) if cell.cell_type == "code"]

    def told(cell: Any, cell_index: int | None = None, **kept: Any) -> None:
        if cell_index in cells:
            tell(f"cell {cells.index(cell_index) + 1} of {len(cells)}")
        start(cell, cell_index, **kept)

    nb_man.cell_start = told


@contextmanager
def _without_grammars() -> Iterator[None]:
    """Papermill reads notebooks by jsonschema, which builds the grammars of all URIs for it: nobody asks for them."""
    name = "rfc3987_syntax"
    if name in sys.modules or "jsonschema" in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]  # what import takes for "there is no such module"
    try:
        yield
    finally:
        del sys.modules[name]
