"""Run a notebook for a period and keep what it says: notebook, HTML file with its recipe, PDF, a line in the index.

All files of a report appear together (`publishing.py`), so a reader never meets half a report and a failed run leaves
the last good one alone. A failed run keeps its notebook, up to the cell that failed. The kernel is told the moment the
report is of, its present and its last record, so that the same notebook can be run of the same moment again.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import telltale
from telltale.contract import ConfigError, TelltaleError, did_you_mean
from telltale.lake.settle import settle_all
from telltale.report import engine, index, naming, of_run, pdf, publishing, recipe
from telltale.report.page import read, render
from telltale.report.parameters import defaults, parameters, typed
from telltale.report.watching import watching
from telltale.report.whose import told_of
from telltale.settings import HOME_VARIABLE
from telltale.workbench.as_of import VARIABLE, Moment
from telltale.workbench.here import RUNS_ON, here
from telltale.workbench.periods import Period, parse
from telltale.workbench.progress import TOLD_IN
from telltale.workbench.project import Project, clock
from telltale.workbench.times import local_time
from telltale.workbench.view import FilesGone

CELL_TIMEOUT_S = 900


Progress = Callable[[str], None]
"""Told in words what is being done."""


Approve = Callable[[Mapping[str, Any], Path], None]
"""Shown the executed notebook and where its page will be, before it is; what it raises keeps all as it was."""


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
    answers: str = ""
    """Digest of all it says (`telltale.report.digest.answers_digest`): equal exactly when another says the same."""
    recipe: Path | None = None


class Executed(NamedTuple):
    """A notebook that was run, and of which moment."""

    notebook: Mapping[str, Any]
    moment: Moment


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
    approve: Approve = lambda _notebook, _page: None,
    moment: Moment | None = None,
    step: publishing.Step = lambda _name: None,
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
        moment: which present and which records it is of; None is the project's present and all there are. With the
            present of an earlier run and no last record it is that report with the data that came late.
        step: told each step of making the files appear; a test stops there.

    Raises:
        ConfigError: no such notebook, no such parameter, or a value of the wrong type.
        ReportError: a cell failed.
    """
    project = project or here()
    source = notebook_of(name, project)
    values = typed(source, given or {})
    site = str(values.get("site", ""))
    then = _then(project, moment)
    parse(period_text, local_time(then.now_us(), then.zone(site)))  # what is wrong is said before anything is run
    folder = project.settings.report_folder / name
    publishing.finish(folder, replaces=_says_other, step=step)
    if project.as_of is None:
        _settle(project)
    if moment is not None and moment.as_known and moment.through_id is None:
        moment = moment._replace(through_id=project.store.last_id())  # what is stored later, it was not made of
    staged = publishing.staging(folder)
    try:
        asked = naming.asked(values, defaults(source), _names(then))
        known, zone = then.as_of if then.is_past else None, then.zone(site)
        known_part = "" if known is None else f"as-known-{local_time(known.now_us, zone):%Y-%m-%dT%H%M%S}"
        variant = "-".join(part for part in (site, naming.file_part(asked), known_part) if part)
        of = "; ".join(part for part in (naming.words(asked), "" if known is None else known.words(zone)) if part)
        todo = _Run(project, then, source, values, period_text, variant, of, staged, with_pdf=with_pdf)
        given_all = {**values, "period": period_text}
        done = execute(source, staged / "run.ipynb", given_all, project, progress=progress, moment=moment)
        approve(done.notebook, folder / f"{todo.base(todo.when(done.moment))}.html")
        progress(f"{name}: page")
        return _kept(todo, done, step)
    except ReportError as error:
        raise _with_notebook(error, todo, folder) from None
    finally:
        publishing.discard(staged)
        if then is not project:
            then.close()


def execute(
    source: Path,
    target: Path,
    values: Mapping[str, Any],
    project: Project,
    *,
    progress: Progress = lambda _text: None,
    moment: Moment | None = None,
) -> Executed:
    """Run all cells, of a newer moment once more when a purge took files of the one it held.

    Args:
        source: the notebook.
        target: where the executed one is written.
        values: of its parameters, the period among them.
        project: in whose folder it runs.
        progress: told what is being done.
        moment: as `run` has it.

    Raises:
        ReportError: a cell failed; `target` holds the notebook up to it.
    """
    try:
        of = moment or project.moment()
        try:
            return Executed(_cells(source, target, values, project, progress=progress, moment=of), of)
        except engine.CellFailed as error:
            if error.kind != FilesGone.__name__:
                raise
        progress(f"{source.stem}: again, since a purge removed what it had begun to read")
        of = moment or project.moment()
        return Executed(_cells(source, target, values, project, progress=progress, moment=of), of)
    except engine.CellFailed as error:
        raise ReportError(f"{source.name} failed at {error}", cell=error.cell, kind=error.kind) from None


class _Run(NamedTuple):
    """What one run is about."""

    project: Project
    then: Project
    """The same, of the moment it is asked what was known at; else that project."""
    source: Path
    values: Mapping[str, Any]
    period_text: str
    variant: str
    """What its name says beside the period: site and parameters."""
    asked: str
    staged: Path
    with_pdf: bool

    def when(self, moment: Moment) -> Period:
        """The period, of the moment."""
        zone = self.then.zone(str(self.values.get("site", "")))
        return parse(self.period_text, local_time(moment.now_us, zone))

    def base(self, when: Period) -> str:
        """The name of its files."""
        return "-".join(part for part in (when.name, self.variant) if part)


def _then(project: Project, moment: Moment | None) -> Project:
    """The project whose settings and present count."""
    if moment is None or not moment.as_known:
        return project
    return Project(settings=project.settings, as_of=moment, runs_on=project.runs_on)


def _names(project: Project) -> dict[str, str]:
    return {row["device_id"]: row["name"] for row in project.device_info().to_pylist() if row["name"]}


def _settle(project: Project) -> None:
    """Put what has arrived into files, so that all cells of the notebook read one state quickly."""
    project.note_settings()
    told = project.settings.settle
    settle_all(project.lake, now_us=project.now_us(), max_rows=told.batch_rows, max_bytes=told.batch_bytes)


def notebook_of(name: str, project: Project) -> Path:
    """The notebook of that name.

    Raises:
        ConfigError: there is none that takes a period.
    """
    found = notebooks(project)
    if name in found:
        return found[name]
    hint = did_you_mean(name, found)
    raise ConfigError(f'no report "{name}"; known: {", ".join(found)}{hint}')


def _with_notebook(error: ReportError, todo: _Run, folder: Path) -> ReportError:
    """The error, saying where the notebook of a failed run is kept."""
    failed = folder / f"{todo.base(todo.when(todo.then.moment()))}.failed.ipynb"
    (todo.staged / "run.ipynb").replace(failed)
    text = f"{error}; what it did until then is in {failed}"
    return ReportError(text, cell=error.cell, kind=error.kind, notebook=failed)


def _cells(
    source: Path, target: Path, values: Mapping[str, Any], project: Project, *, progress: Progress, moment: Moment
) -> Mapping[str, Any]:
    """Run the cells in a kernel of their own."""
    work = target.with_suffix(".work")
    with watching(work, lambda text: progress(f"{source.stem}: {text}")) as tell:
        return engine.execute(
            str(source),
            str(target),
            parameters=values,
            # Whatever project this process was told to be in: the notebook is run for this one.
            environment={
                VARIABLE: moment.text,
                HOME_VARIABLE: str(project.settings.root.resolve()),
                RUNS_ON: project.runs_on,
                TOLD_IN: str(work.resolve()),
            },
            tell=tell,
            kernel_name="python3",
            language="python",
            progress_bar=False,
            cwd=str(project.settings.root),
            execution_timeout=CELL_TIMEOUT_S,
            # A kernel warns of TCP on loopback at its start and of the interrupt that ends it; a cell's error is told.
            extra_arguments=["--IPKernelApp.log_level=50"],
        )


def _kept(todo: _Run, done: Executed, step: publishing.Step) -> Report:
    """Write all files of the report, then let them appear."""
    project, staged = todo.project, todo.staged
    when = todo.when(done.moment)
    base = todo.base(when)
    made_at = local_time(clock() if project.is_past else project.clock(), when.timezone)
    made = {"at": made_at.isoformat(timespec="seconds"), "revision": " ".join(of_run.revision())}
    whole = recipe.recipe(
        todo.then, todo.source, done.notebook,
        period_text=todo.period_text, given=todo.values, when=when, moment=done.moment, made=made,
    )  # fmt: skip
    html = staged / f"{base}.html"
    facts = of_run.facts(done.notebook, when, made_at) | of_run.as_known(todo.then) | of_run.answered_by(project)
    drawn = render(done.notebook, facts=facts, version=telltale.__version__)
    html.write_text(recipe.with_element(drawn, whole), encoding="utf-8")
    printed = pdf.printed(html, staged / f"{base}.pdf") if todo.with_pdf else None
    (staged / "run.ipynb").replace(staged / f"{base}.ipynb")
    page = read(done.notebook)
    entry = index.Entry(
        title=page.title or todo.source.stem,
        period=when.head,
        sentence=page.sentence,
        data_until=page.facts.get("Data until", ""),
        made_at=made["at"],
        pdf=printed is not None,
        asked=todo.asked,
        told_of=told_of(page.claims, of_run.used(done.notebook), of_run.people(project) | of_run.people(todo.then)),
    )
    (staged / f"{base}.json").write_text(json.dumps(entry._asdict(), ensure_ascii=False), encoding="utf-8")
    readable = json.dumps(whole, ensure_ascii=False, indent=1)
    (staged / f"{base}{publishing.RECIPE}").write_text(readable, encoding="utf-8")
    folder = staged.parent
    latest = "-".join(part for part in ("latest", todo.variant) if part) + publishing.PAGE
    newest = recipe.kept(folder / latest)
    is_newest = newest is None or newest.data["period"]["last"] <= when.last.isoformat()
    publishing.publish(staged, base, replaces=_says_other, latest=latest if is_newest else "", step=step)
    index.write(project.settings.report_folder)
    return Report(
        folder / html.name,
        folder / f"{base}.ipynb",
        folder / printed.name if printed else None,
        page.sentence,
        page.claims,
        str(whole["answers"]),
        folder / f"{base}{publishing.RECIPE}",
    )


def _says_other(page: Path, before: Path) -> bool:
    """Whether a page says something else than the one before."""
    made, earlier = recipe.kept(page), recipe.kept(before)
    return made is None or earlier is None or made.data["answers"] != earlier.data["answers"]
