"""`telltale activity`: hours, corrections, and exchange with ActivityWatch."""

from pathlib import Path
from typing import Any

import click

from telltale.cli.options import by_option, stretch_options
from telltale.cli.output import json_option, show, show_one
from telltale.cli.terminal import shows_all

_device_option = click.option(
    "--device", metavar="DEVICE", help="One PC by id or name, or all of a person; by default all."
)


@click.group(epilog="Example: telltale activity hours --since 7d")
def activity() -> None:
    """Show when PCs were in use; correct, export and import it."""


@activity.command(epilog="Example: telltale activity hours Anna --week 2026-W47")
@click.argument("who", metavar="[DEVICE|PERSON]", default="")
@click.option(
    "--week", metavar="PERIOD",
    help="Show the work-hours sheet of a period instead: 2026-W47, 2026-11-20, 2026-11, or 7d.",
)  # fmt: skip
@stretch_options("7d")
@_device_option
@by_option("stretch", "day", "week", "hour", default="day")
@click.option(
    "--rule", type=click.Choice(["input", "seed", "seed_web"]), default="input", show_default=True,
    help="input: a pause longer than [activity] away_after_s is away; seed: active between two levels above 0;"
    " seed_web: the sum that the first tutorial's web page showed.",
)  # fmt: skip
@json_option
def hours(who: str, week: str | None, since: str, until: str | None, *, as_json: bool, **choice: Any) -> None:
    """Show how long each PC was active, away or not recorded.

    First and last use are shown too. With --week it is the work-hours sheet: a line a day by the site's clock; what was
    not recorded is unknown.
    """
    from telltale.activity import totals
    from telltale.workbench.tidy import as_arrow

    by, rule, device = choice["by"], choice["rule"], who or choice["device"]
    if week is not None:
        _sheet(week, device or "", as_json=as_json)
        return
    with as_arrow():
        rows = _records(totals(since, until, by=by, rule=rule, device=device))
    show(rows if as_json else [_worded(row) for row in rows], as_json=as_json, empty="No PC has reported activity.")


@activity.command(epilog="Example: telltale activity export --format activitywatch --since 30d > afk.json")
@click.option(
    "--format", "form", type=click.Choice(["activitywatch", "csv"]), default="activitywatch", show_default=True,
    help="activitywatch: buckets that ActivityWatch imports; csv: every stretch, also those not recorded.",
)  # fmt: skip
@stretch_options("30d")
@_device_option
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="A file instead of the screen.")
def export(form: str, since: str, until: str | None, device: str | None, output: Path | None) -> None:
    """Write when each PC was active, for ActivityWatch or as CSV."""
    import json

    from telltale.activity import intervals
    from telltale.activity.activitywatch import export as buckets
    from telltale.cli.output import moment
    from telltale.csv_text import written
    from telltale.workbench.here import here
    from telltale.workbench.tidy import as_arrow

    with as_arrow():
        stretches: Any = intervals(since, until, device=device)
    rows = _records(stretches)
    if form == "csv":
        text = written(stretches.column_names, rows)
    else:
        created = moment(here().now_us())
        assert created is not None  # noqa: S101 - only no moment gives none
        text = (
            json.dumps(buckets(rows, created=created), indent=2, ensure_ascii=output is None and not shows_all()) + "\n"
        )
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")


@activity.command("import", epilog="Example: telltale activity import aw-buckets-export.json")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@json_option
def import_(file: Path, *, as_json: bool) -> None:
    """Store an export of ActivityWatch.

    Its AFK buckets count where nothing else was recorded.
    """
    from telltale.activity.activitywatch import active_s
    from telltale.activity.records import SOURCE, imported
    from telltale.wording import count

    raw_id, found = imported(file.read_bytes())
    active_h = {host: active_s(events) / 3600 for host, events in found.hosts.items()}
    summary = ", ".join(f"pc:{host} {hours:.1f} h active" for host, hours in active_h.items()) or "no event counts"
    number = sum(not reject.reason.startswith("empty:") for reject in found.set_aside)
    aside = f'; {count(number, "part")} set aside, see "telltale rejected {SOURCE}"' if number else ""
    value = {"raw_id": raw_id, "active_h": active_h, "set_aside": number}
    show_one(value, as_json=as_json, sentence=f"Kept as record {raw_id}: {summary}{aside}.")


@activity.command(epilog='Example: telltale activity correct pc:desk-3 "2026-11-20 09:00" "2026-11-20 10:30" active')
@click.argument("device")
@click.argument("start")
@click.argument("end")
@click.argument("state", type=click.Choice(["active", "away"]))
@click.option("--note", default="", help="Why, such as a meeting.")
@json_option
def correct(device: str, start: str, end: str, state: str, note: str, *, as_json: bool) -> None:
    """Enter by hand when the person at DEVICE was active, or away.

    START and END are read by the site's clock. What was measured is kept. Where corrections overlap, the newest counts.
    """
    from telltale.activity import correct as entered

    raw_id = entered(device, start, end, state == "active", note)
    value = {"raw_id": raw_id, "device": device, "start": start, "end": end, "state": state, "note": note}
    show_one(value, as_json=as_json, sentence=f"{device} is {state} from {start} to {end} (record {raw_id}).")


def _records(table: Any) -> list[dict[str, Any]]:
    """The rows of an Arrow table as plain values; what is missing is None."""
    from telltale.frames import rows

    return rows(table, *table.column_names)


def _sheet(period: str, device: str, *, as_json: bool) -> None:
    """The sheet, its times on the site's clock."""
    from telltale.activity import work_hours
    from telltale.frames import local
    from telltale.workbench.here import here
    from telltale.workbench.tidy import as_arrow

    with as_arrow():
        rows = _records(work_hours(period, device))
    zone = here().zone()
    for row in rows:
        for name in ("first_active_at", "last_active_at"):
            row[name] = row[name] and local(row[name], zone)
    empty = "No PC has reported activity."
    show(rows if as_json else [_day(row) for row in rows], as_json=as_json, empty=empty)


def _day(row: dict[str, Any]) -> dict[str, Any]:
    """A line of the sheet for people."""
    from datetime import date

    from telltale import wording

    day = wording.short_date(date.fromisoformat(row["label"])) + (" so far" if row["so_far"] else "")
    is_known = row["active_s"] is not None
    moments = {name: wording.clock(row[name]) if row[name] else "–" for name in ("first_active_at", "last_active_at")}
    lengths = {name: wording.duration(row[name]) for name in ("active_s", "away_s", "unknown_s")}
    told = {
        "first": moments["first_active_at"], "last": moments["last_active_at"], "in use": lengths["active_s"],
        "away": lengths["away_s"], "not known": lengths["unknown_s"],
    }  # fmt: skip
    return {"name": row["name"], "day": day} | (told if is_known else dict.fromkeys(told, wording.UNKNOWN))


def _worded(row: dict[str, Any]) -> dict[str, Any]:
    """A day for people."""
    from telltale.wording import number

    period = f"{row['label']} so far" if row["so_far"] else row["label"] or "all"
    names = ("active_s", "away_s", "unknown_s", "locked_s", "suspended_s", "active_lo_s", "active_hi_s")
    hours = {name: number(None if row[name] is None else row[name] / 3600, 2) for name in names}
    return {
        "name": row["name"], "period": period, "first active": row["first_active_at"],
        "last active": row["last_active_at"], "active h": hours["active_s"], "away h": hours["away_s"],
        "unknown h": hours["unknown_s"], "locked h": hours["locked_s"], "suspended h": hours["suspended_s"],
        "at least h": hours["active_lo_s"], "at most h": hours["active_hi_s"],
    }  # fmt: skip
