"""How far long work is: below a cell, on a terminal, into the file of a report's kernel; nowhere in a pipe."""

import io
import json
import os
import sys
import threading
from pathlib import Path

import pytest

from telltale.report.watching import watching
from telltale.workbench import progress
from telltale.workbench.as_of import VARIABLE

CELL = """
from telltale.workbench import progress
tell = progress.outlet()
tell("stage 1")
tell("stage 2")
tell("")
tell("stage 3")
"""


def test_a_terminal_has_one_line_that_is_erased(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = os.openpty()
    with os.fdopen(theirs, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        tell = progress.outlet()
        assert tell is not None
        tell("stage 1")
        tell("")
        assert os.read(ours, 100) == b"\r\x1b[Kstage 1\r\x1b[K"
    os.close(ours)


def test_nothing_is_told_in_a_pipe_and_in_a_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert progress.outlet() is None
    ours, theirs = os.openpty()
    with os.fdopen(theirs, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        monkeypatch.setenv(VARIABLE, "…")
        assert progress.outlet() is None
    os.close(ours)


@pytest.mark.slow
def test_a_notebook_has_a_line_below_its_cell(tmp_path: Path) -> None:
    import nbformat
    from nbclient import NotebookClient

    text = json.dumps(
        {
            "cells": [
                {
                    "id": "only",
                    "cell_type": "code",
                    "metadata": {},
                    "source": CELL,
                    "outputs": [],
                    "execution_count": None,
                }
            ],
            "metadata": {},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
    )
    notebook = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call] # nbformat has no types
    NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert [output["data"]["text/plain"] for output in notebook.cells[0].outputs] == ["", "stage 3"]


def test_a_report_tells_what_its_kernel_says_behind_the_cell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, told, came = tmp_path / "work", list[str](), threading.Event()

    def tell(text: str) -> None:
        told.append(text)
        came.set()

    def waited() -> None:
        assert came.wait(60)
        came.clear()

    monkeypatch.setenv(progress.TOLD_IN, str(file))
    kernel = progress.outlet()
    assert kernel is not None
    with watching(file, tell) as of_cell:
        of_cell("cell 1 of 2")
        waited()
        for said in ("stage 1", ""):
            kernel(said)
            waited()
    assert told == ["cell 1 of 2", "cell 1 of 2 · stage 1", "cell 1 of 2"]
    assert not file.exists()
