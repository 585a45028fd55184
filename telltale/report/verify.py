"""Whether a report comes out of the store again as it was, and if not, which of its figures moved and why.

The notebook is run again of the same period, at the same present, on the records that were there then, by the engine
that answered it where that can be reached; its figures are compared by their digests, never with a file kept somewhere.
What came later is looked at in a second run: it moves a figure, or it does not. A report whose rows retention has
removed cannot be made again, and it says since when.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from telltale.contract import ConfigError
from telltale.engine.session import problem
from telltale.report import publishing, reasons, recipe
from telltale.report.digest import Figure, figures, of_figures
from telltale.report.execute import ReportError, execute, notebook_of
from telltale.report.inputs import Inputs
from telltale.report.reasons import Reason, Removed
from telltale.workbench.as_of import Moment
from telltale.workbench.here import here
from telltale.workbench.on_engine import on_engine
from telltale.workbench.project import DUCKDB, SPARK, Project

State = Literal["equal", "moved", "late", "altered", "removed"]
MOST_NUMBERS = 3
"""Numbers of a figure that are named one by one."""

Make = Callable[[Moment], Mapping[str, Any]]
"""Runs the report's notebook of a moment, and gives the executed notebook."""


class Moved(NamedTuple):
    """A figure that came out otherwise."""

    title: str
    """As the report has it."""
    change: str
    """What changed: its numbers, or that it is new or gone."""


class Verdict(NamedTuple):
    """What was found.

    `equal`: all figures came out the same, of the same raw records. `late`: so they did, and with what came since some
    come out otherwise. `moved`: some came out otherwise, or it is made of something else. `altered`: the file is not
    the page that was made. `removed`: it cannot be made again.
    """

    state: State
    sentence: str
    moved: tuple[Moved, ...]
    reasons: tuple[Reason, ...]

    @property
    def is_equal(self) -> bool:
        """Whether the report is proven."""
        return self.state == "equal"

    def data(self) -> dict[str, Any]:
        """As JSON-able data."""
        return {
            "state": self.state,
            "sentence": self.sentence,
            "moved": [each._asdict() for each in self.moved],
            "reasons": [each._asdict() for each in self.reasons],
        }


def verify(
    path: Path,
    project: Project | None = None,
    *,
    progress: Callable[[str], None] = lambda _text: None,
    make: Make | None = None,
) -> Verdict:
    """Make a report again from the store and say whether it is equal.

    Args:
        path: the HTML file of a report.
        project: another project than the one found from here.
        progress: told what is being done.
        make: how its notebook is run; None is in a kernel, as reports are.

    Returns:
        the verdict; figures in the order of the report, reasons with those first that decide.

    Raises:
        ConfigError: the file holds no recipe, or its notebook is gone.
    """
    project = project or here()
    html = _text(path)
    made = recipe.read(html, str(path))
    asked, instead = _engine(project, made)
    run = make or _in_kernel(asked, made, progress)
    inputs = Inputs(project, made.span, made.moment)
    removed = reasons.removed_since(project, inputs, made)
    why = [*_altered(html, made), *_otherwise(project, made, inputs, removed)]
    try:
        moved = compared(made.figures, figures(run(made.moment)))
    except ReportError as error:
        why.append(Reason("store", "notebook", f"it cannot be made again: {error}", decides=True))
        return _verdict(project, (), [*why, *instead], removed, failed=True)
    if moved and not why:
        why += reasons.rows(inputs, made)
    came = [] if moved else list(reasons.late(project, made))
    if came:
        progress(f"{made.notebook}: with what came since")
        moved = compared(made.figures, figures(run(made.moment._replace(through_id=None))))
    return _verdict(project, moved, [*why, *came, *instead], removed, is_late=bool(came))


def compared(before: Sequence[Figure], after: Sequence[Figure]) -> tuple[Moved, ...]:
    """The figures that are not equal, by their place in the notebook.

    Args:
        before: those of the report.
        after: those made again.
    """
    now = {figure.place: figure for figure in after}
    known = {figure.place for figure in before}
    moved = [Moved(figure.title, _change(figure, now.get(figure.place))) for figure in before]
    moved += [Moved(figure.title, "is new") for figure in after if figure.place not in known]
    return tuple(each for each in moved if each.change)


def _change(before: Figure, after: Figure | None) -> str:
    if after is None:
        return "is gone"
    if before.digest == after.digest:
        return ""
    values = {id_: value for id_, _, value, _ in before.claims}
    told = [
        f"{measure}: {_number(values[id_])} → {_number(value)}{f' {unit}' if unit else ''}"
        for id_, measure, value, unit in after.claims
        if id_ in values and values[id_] != value
    ]
    told = list(dict.fromkeys(told))
    more = len(told) - MOST_NUMBERS
    if not told:
        return "says the same numbers in its words, and shows others or words them otherwise"
    return "; ".join(told[:MOST_NUMBERS]) + (f"; and {more} more numbers" if more > 0 else "")


def _number(value: Any) -> str:
    if value is None:
        return "unknown"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _engine(project: Project, made: recipe.Recipe) -> tuple[Project, list[Reason]]:
    """The project on the engine that answered the report; DuckDB where that is out of reach, and why."""
    if made.engine == DUCKDB:
        return on_engine(DUCKDB, project), []
    where = project.settings.engine.spark
    lacks = "" if made.engine == SPARK else f'this telltale knows no engine "{made.engine}"'
    lacks = lacks or (problem(where) or "" if where else "telltale.toml [engine] spark is not set")
    if not lacks:
        return on_engine(SPARK, project), []
    text = f"{made.engine.capitalize()} answered it and is out of reach, so DuckDB made it again: {lacks}"
    return on_engine(DUCKDB, project), [Reason("engine", made.engine, text)]


def _in_kernel(project: Project, made: recipe.Recipe, progress: Callable[[str], None]) -> Make:
    source = notebook_of(made.notebook, project)
    values = {**made.parameters, "period": made.data["period"]["text"]}

    def run(moment: Moment) -> Mapping[str, Any]:
        staged = publishing.staging(project.settings.report_folder / made.notebook)
        try:
            return execute(source, staged / "run.ipynb", values, project, progress=progress, moment=moment).notebook
        finally:
            publishing.discard(staged)

    return run


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}; expected the HTML file of a report") from error


def _altered(html: str, made: recipe.Recipe) -> Iterator[Reason]:
    """Whether the file is the page that was made, and its recipe one that agrees with itself."""
    if recipe.page_digest(html) != made.data["page"]:
        yield Reason("page", "page", "the file is not the page that was made: its bytes were changed", decides=True)
    if of_figures(made.figures) != made.data["answers"]:
        yield Reason("page", "recipe", "the recipe in the file disagrees with itself: it was changed", decides=True)


def _otherwise(project: Project, made: recipe.Recipe, inputs: Inputs, removed: list[Removed]) -> Iterator[Reason]:
    """All that is no longer as the recipe has it, but late data."""
    yield from reasons.raw(inputs, made, removed)
    yield from reasons.damaged(inputs)
    then = Project(settings=project.settings, as_of=made.moment) if made.moment.as_known else project
    yield from reasons.settings(then, made)
    yield from reasons.decoders(made)
    yield from reasons.rows_decoders(inputs, made)
    yield from reasons.notebook(notebook_of(made.notebook, project), made)


def _verdict(
    project: Project,
    moved: tuple[Moved, ...],
    why: list[Reason],
    removed: list[Removed],
    *,
    is_late: bool = False,
    failed: bool = False,
) -> Verdict:
    count = f"{len(moved)} of its figures" if len(moved) != 1 else "one of its figures"
    decides = [each for each in why if each.decides]
    if removed and (failed or (moved and not is_late)):
        text = reasons.removed_text(project, removed)
        gone = Reason("removed", "retention", text, decides=True)
        return Verdict("removed", f"It cannot be made again: {text}.", moved, (gone, *why))
    why = sorted(why, key=lambda each: not each.decides)
    if any(each.kind == "page" for each in decides):
        return Verdict("altered", f"Altered: {decides[0].text}.", moved, tuple(why))
    if is_late and moved and not decides:
        return Verdict("late", f"Equal as of its moment; late data moves {count}.", moved, tuple(why))
    if moved or failed:
        if not why:
            why = [Reason("store", "store", STORE_ITSELF)]
        said = "It cannot be made again" if failed else f"Moved: {count} came out otherwise"
        return Verdict("moved", f"{said}: {why[0].text}.", moved, tuple(why))
    if decides:
        return Verdict("moved", f"Every figure is equal, and yet {decides[0].text}.", moved, tuple(why))
    others = f"; {len(why)} differences move none of its figures" if why else ""
    others = "; one difference moves none of its figures" if len(why) == 1 else others
    return Verdict("equal", f"Equal: every figure came out of the store as it was{others}.", moved, tuple(why))


STORE_ITSELF = (
    "nothing that its recipe holds is another; it tells of the store itself (refusals, clocks, collectors) or reads "
    "something beside the store"
)
