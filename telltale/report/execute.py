"""Run a notebook for a period and keep what it says: notebook, HTML file, PDF, and a line in the index.

Everything is written beside its final name and moved there when complete, so a reader never meets half a report and a
failed run leaves the last good one alone. A failed run keeps its notebook, up to the cell that failed.
"""

import datetime as dt
import json
import subprocess
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import telltale
from telltale import wording
from telltale.contract import ConfigError, TelltaleError, did_you_mean
from telltale.lake.settle import settle_all
from telltale.report import index, naming, pdf
from telltale.report.page import read, render
from telltale.report.parameters import defaults, parameters, typed
from telltale.report.whose import told_of
from telltale.settings import devices
from telltale.workbench.periods import Period, parse
from telltale.workbench.project import Project, here
from telltale.workbench.question import local_now
from telltale.workbench.view import FilesGone

CELL_TIMEOUT_S = 900


Progress = Callable[[str], None]
"""Told in words what is being done."""


Approve = Callable[[Mapping[str, Any]], None]
"""Shown the executed notebook before anything is published; what it raises keeps all as it was."""


class ReportError(TelltaleError):
    """A notebook failed; says which cell, what it said, and where its notebook was kept.

    Args:
        text: that sentence.
        cell: the number of the cell that failed, counted as papermill does.
        kind: of the error.
        notebook: what was run until then; None where nothing was.
    """

    def __init__(self, text: str, *, cell: int = 0, kind: str = "", notebook: Path | None = None) -> None:
        super().__init__(text)
        self.cell, self.kind, self.notebook = cell, kind, notebook


class Report(NamedTuple):
    """The files of a finished report; `pdf` is None without a Chromium."""

    html: Path
    notebook: Path
    pdf: Path | None
    sentence: str
    claims: Sequence[Mapping[str, Any]] = ()
    """Every number of its words with basis and call; `tt.why` takes each."""


def notebooks(project: Project | None = None) -> dict[str, Path]:
    """The notebooks a report can be made of: those with a parameter `period`, the project's own before telltale's."""
    folders = (Path(telltale.__file__).parents[1], (project or here()).settings.root)
    found = {path.stem: path for folder in folders for path in folder.glob("notebooks/*.ipynb")}
    return {name: path for name, path in sorted(found.items()) if "period" in parameters(path)}


def run(
    name: str,
    period_text: str = "7d",
    given: Mapping[str, Any] | None = None,
    project: Project | None = None,
    *,
    progress: Progress = lambda _text: None,
    with_pdf: bool = True,
    approve: Approve = lambda _notebook: None,
) -> Report:
    """Run the notebook `name` for a period and keep its report.

    Args:
        name: of a notebook in the project's `notebooks/`.
        period_text: see `tt.period`.
        given: values of the notebook's own parameters; texts are read as the type the notebook gives them. Those that
            differ from its own are part of the files' name.
        project: another project than the one found from here.
        progress: told what is being done, cell by cell.
        with_pdf: print a PDF too, where a Chromium is found.
        approve: raises where what was run is not to be published.

    Raises:
        ConfigError: no such notebook, no such parameter, or a value of the wrong type.
        ReportError: a cell failed.
    """
    project = project or here()
    source = _notebook(name, project)
    values = typed(source, given or {})
    site = str(values.get("site", ""))
    when = parse(period_text, local_now(project, site))
    folder = project.settings.report_folder / name
    folder.mkdir(parents=True, exist_ok=True)
    asked = naming.asked(values, defaults(source), _names(project))
    base = folder / "-".join(part for part in (when.name, site, naming.file_part(asked)) if part)
    running = base.with_name(f"{base.name}.running.ipynb")
    _settle(project)
    notebook = _execute(source, running, {**values, "period": period_text}, project, progress)
    try:
        approve(notebook)
    except Exception:
        running.unlink(missing_ok=True)
        raise
    progress(f"{name}: page")
    report = _keep(notebook, running, base, when, asked=naming.words(asked), people=_people(project), with_pdf=with_pdf)
    index.write(project.settings.report_folder)
    return report


def _names(project: Project) -> dict[str, str]:
    return {row["device_id"]: row["name"] for row in project.device_info().to_pylist() if row["name"]}


def _settle(project: Project) -> None:
    """Put what has arrived into files, so that all cells of the notebook read one state quickly."""
    told = project.settings.settle
    settle_all(project.lake, now_us=project.now_us(), max_rows=told.batch_rows, max_bytes=told.batch_bytes)


def _notebook(name: str, project: Project) -> Path:
    found = notebooks(project)
    if name in found:
        return found[name]
    hint = did_you_mean(name, found)
    raise ConfigError(f'no report "{name}"; known: {", ".join(found)}{hint}')


def _execute(
    source: Path, running: Path, values: Mapping[str, Any], project: Project, progress: Progress
) -> Mapping[str, Any]:
    """Run all cells, of a newer moment once more when a purge took files of the one it held."""
    from papermill import PapermillExecutionError

    try:
        try:
            return _cells(source, running, values, project, progress)
        except PapermillExecutionError as error:
            if error.ename != FilesGone.__name__:
                raise
        progress(f"{source.stem}: again, since a purge removed what it had begun to read")
        return _cells(source, running, values, project, progress)
    except PapermillExecutionError as error:
        failed = running.with_name(running.name.replace(".running.", ".failed."))
        running.replace(failed)
        raise ReportError(
            f"{source.name} failed at cell {error.cell_index}: {error.ename}: {error.evalue}; "
            f"what it did until then is in {failed}",
            cell=error.cell_index,
            kind=error.ename,
            notebook=failed,
        ) from None


def _cells(
    source: Path, running: Path, values: Mapping[str, Any], project: Project, progress: Progress
) -> Mapping[str, Any]:
    """Run the cells in a kernel of their own; papermill saves the notebook after each one."""
    from papermill import execute_notebook

    from telltale.report import engine

    done: Mapping[str, Any] = execute_notebook(
        str(source),
        str(running),
        parameters=dict(values),
        engine_name=engine.registered(),
        tell=lambda text: progress(f"{source.stem}: {text}"),
        kernel_name="python3",
        language="python",
        progress_bar=False,
        cwd=str(project.settings.root),
        execution_timeout=CELL_TIMEOUT_S,
        # A kernel warns of TCP on loopback at its start and of the interrupt that ends it; a cell's error is told.
        extra_arguments=["--IPKernelApp.log_level=50"],
    )
    return done


def _keep(
    notebook: Mapping[str, Any],
    running: Path,
    base: Path,
    when: Period,
    *,
    asked: str,
    people: Collection[str],
    with_pdf: bool,
) -> Report:
    """Write the report beside its name, then move all its files there."""
    made = dt.datetime.now(when.now.tzinfo)
    facts = _facts(notebook, when, made)
    html = base.with_name(f"{base.name}.html")
    draft = base.with_name(f"{base.name}.running.html")
    draft.write_text(render(notebook, facts=facts, version=telltale.__version__), encoding="utf-8")
    printed = pdf.printed(draft, base.with_name(f"{base.name}.pdf")) if with_pdf else None
    running.replace(base.with_name(f"{base.name}.ipynb"))
    draft.replace(html)
    base.with_name(f"{base.name}.failed.ipynb").unlink(missing_ok=True)
    page = read(notebook)
    entry = index.Entry(
        title=page.title or base.parent.name,
        period=when.head,
        sentence=page.sentence,
        data_until=page.facts.get("Data until", ""),
        made_at=made.isoformat(timespec="seconds"),
        pdf=printed is not None,
        asked=asked,
        told_of=told_of(page.claims, _used(notebook), people),
    )
    base.with_name(f"{base.name}.json").write_text(json.dumps(entry._asdict(), ensure_ascii=False), encoding="utf-8")
    return Report(html, base.with_name(f"{base.name}.ipynb"), printed, page.sentence, page.claims)


def _facts(notebook: Mapping[str, Any], when: Period, made: dt.datetime) -> dict[str, str]:
    told = ", ".join(f"{name} = {value}" for name, value in _used(notebook).items() if value not in ("", None))
    return {
        "Period": wording.date_span(when.first, when.last),
        "Clock": str(when.now.tzinfo),
        "Parameters": told or "as in telltale.toml",
        "Made": " · ".join((wording.full_moment(made), f"telltale {telltale.__version__}", *_revision())),
    }


def _used(notebook: Mapping[str, Any]) -> Mapping[str, Any]:
    """The parameters a notebook was run with."""
    used: Mapping[str, Any] = notebook["metadata"].get("papermill", {}).get("parameters", {})
    return used


def _people(project: Project) -> set[str]:
    """The ids and names of PCs and persons in devices.csv."""
    pcs = [one for one in devices(project.settings) if one.person or one.device_id.startswith("pc:")]
    return {text for one in pcs for text in (one.device_id, one.name, one.person) if text}


def _revision() -> tuple[str, ...]:
    """The git revision of the code at work; none where it was installed without its repository."""
    command = ("git", "-C", str(Path(telltale.__file__).parent), "rev-parse", "--short", "HEAD")
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)  # noqa: S603 - fixed words
    except (OSError, subprocess.SubprocessError):
        return ()
    return (f"revision {found.stdout.strip()}",)
