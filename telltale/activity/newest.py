"""The newest state of every PC, where single PCs may be shown; else only that something of them arrives."""

from telltale import wording
from telltale.activity.answers import Answers, period_of, shows_single
from telltale.activity.records import SOURCE
from telltale.page.newest import Newest
from telltale.workbench.view import View

STATES = {"active": "in use", "away": "away", "unknown": "not known"}
HIDDEN = "a PC's own page is for its person, by a token of their own"


def newest(view: View) -> list[Newest]:
    """Of each PC its state of now and the hours of today.

    Args:
        view: of which moment.
    """
    project = view.project
    answers = Answers(project, period_of("1d", project), is_live=True)
    pcs = answers.pcs.to_pylist()
    if not pcs:
        return []
    if not shows_single(project=project):
        return [Newest("", "PCs", "PC", SOURCE, "activity", text="arrives", says=HIDDEN)]
    states = {row["device_id"]: row["state"] for row in answers.strips.to_pylist()}
    heard = {row["device_id"]: row["heard_at"] for row in answers.listed.to_pylist()}
    sums = {row["device_id"]: row for row in answers.totals.to_pylist()}
    found = []
    for pc in pcs:
        device_id, day = pc["device_id"], sums.get(pc["device_id"])
        says = ""
        if day is not None:
            active, away = (wording.duration(day[name]) for name in ("active_s", "away_s"))
            says = f"today active {active}, away {away}"
        name = pc["name"] if pc["name"] != device_id else ""
        found.append(
            Newest(
                device_id, name, "PC", SOURCE, "activity", text=STATES[states.get(device_id, "unknown")],
                at=heard.get(device_id), says=says,
            )
        )  # fmt: skip
    return found
