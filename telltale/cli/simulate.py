"""`telltale simulate`: simulated devices, live over the network or months at once into the store."""

import json
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from telltale.cli.options import length
from telltale.cli.output import json_option, progress, show_one

if TYPE_CHECKING:
    from collections.abc import Sequence

    from telltale.contract import Scenario, Source, SourceSettings, Transport
    from telltale.settings import Settings

_ENDLESS_S = 10 * 365 * 86_400
ALL = "all"
"""In place of a source's name."""
SAID_EVERY_DAYS = 30
"""Where nobody watches a progress bar, a line is said after so many days."""


def _first_source() -> str:
    from telltale.sources import SOURCES

    return SOURCES[0].name


@click.command(epilog="Example: telltale simulate --backfill 90d --seed 7")
@click.argument("source", default=_first_source)
@click.option("--backfill", "back_s", metavar="LENGTH", type=length, help="Fill the store, from so long ago to now.")
@click.option("--live", is_flag=True, help="Send to a running collector, each message when it is due.")
@click.option(
    "--since", "since_s", metavar="LENGTH", type=length, help="Live: begin so long ago; what is past is sent at once."
)
@click.option("--for", "for_s", metavar="LENGTH", type=length, help="Live: end after so long instead of at Ctrl-C.")
@click.option(
    "--speed", type=click.FloatRange(1), help="Live: play the time from --since to now so many times as fast, then end."
)
@click.option("--url", help="Live: the collector's address; by default the project's own.")
@click.option("--seed", type=int, default=7, show_default=True, help="Seed of the simulated data.")
@click.option("--settle/--no-settle", "settles", default=True, help="Backfill: write Parquet after each day.")
@click.option(
    "--truth",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to this file what an analysis must find.",
)
@click.option(
    "--pcap", type=click.Path(dir_okay=False, path_type=Path), help="Buttons: write --backfill as a capture file."
)
@click.option("--play", "interface", help="Buttons: send --live as frames into this interface, one end of a veth pair.")
@click.option(
    "--list",
    "listing",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Buttons: write their buttons.csv to this file.",
)
@click.option("--mix", is_flag=True, help="Do so in a project that holds real records too.")
@click.option(
    "--remove", is_flag=True, help="Take out what was simulated here: of SOURCE, or where none is named of all."
)
@json_option
def simulate(source: str, *, back_s: int | None, live: bool, seed: int, file: Path | None, **options: Any) -> None:
    """Simulate the devices of SOURCE.

    By default it is the first of "telltale sources"; with --backfill, "all" is every one. They have the faults of real
    ones: lost messages, nodes that fail, clocks that are wrong. The same seed gives the same data; people come and go
    by the clock of [site] timezone. A --backfill that was stopped goes on where it was when the same command is given
    again.
    A project that holds real records is refused without --mix. Simulated records bear a mark, by which --remove takes
    them out again; frames sent with --play bear none, nor does what is replayed from a capture file, and rows whose
    record retention has removed since stay.
    """
    from telltale.contract import Scenario
    from telltale.settings import load
    from telltale.sources import SOURCES
    from telltale.sources import source as source_of

    if options["remove"]:
        context = click.get_current_context()
        is_named = context.get_parameter_source("source") is not click.core.ParameterSource.DEFAULT
        _take_out(source_of(source).name if is_named and source != ALL else None, as_json=options["as_json"])
        return
    _check_ways(source, live=live, is_backfill=back_s is not None, options=options, file=file)
    settings = load()
    if source == ALL and back_s is not None:
        _check_mix(settings, mix=options["mix"], is_unmarked=False)
        scenario = Scenario(seed, *_backfill_span(settings, back_s), settings.site.timezone)
        _backfill(SOURCES, scenario, settings, settles=options["settles"], as_json=options["as_json"])
        return
    simulated = source_of(source)
    if options["pcap"] is None and options["url"] in {None, _collector(simulated.transport, settings)}:
        _check_mix(settings, mix=options["mix"], is_unmarked=options["interface"] is not None)
    start_s, end_s = _backfill_span(settings, back_s) if back_s is not None else _live_span(options)
    scenario = Scenario(seed, start_s, end_s, settings.site.timezone)
    if file is not None:
        if end_s - start_s >= _ENDLESS_S:
            raise click.UsageError("--truth of an endless run is endless: give --for or --speed")
        truth = simulated.truth(scenario, _settings_of(source, settings))
        file.write_text(json.dumps(truth, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if options["listing"] is not None:
        _list(options["listing"])
    if options["pcap"] is not None:
        _capture(options["pcap"], scenario, as_json=options["as_json"])
    elif options["interface"] is not None:
        _play_frames(options["interface"], scenario, options)
    elif back_s is not None:
        _backfill([simulated], scenario, settings, settles=options["settles"], as_json=options["as_json"])
    else:
        _live(source, scenario, settings, options)


def _check_mix(settings: "Settings", *, mix: bool, is_unmarked: bool) -> None:
    """Simulated beside real records only where that is meant, and where they can be taken out again."""
    from telltale.contract import ConfigError
    from telltale.simulate.marked import holds_real
    from telltale.workbench.project import Project

    if mix and not is_unmarked:
        return
    project = Project(settings=settings)
    try:
        is_real = holds_real(project)
    finally:
        project.close()
    if is_real and is_unmarked:
        raise ConfigError(
            f"{settings.root} holds real records, and frames bear no mark to take them out by; use a project of its own"
        )
    if is_real:
        raise ConfigError(
            f"{settings.root} holds records that are not simulated; expected a project of its own: telltale init "
            "FOLDER, or give --mix and later --remove"
        )


def _take_out(source: str | None, *, as_json: bool) -> None:
    from telltale.simulate.marked import take_out_simulated
    from telltale.wording import count
    from telltale.workbench.project import Project

    project = Project()
    try:
        done = take_out_simulated(project, source)
    finally:
        project.close()
    total, rows = sum(done.raws.values()), sum(done.rows.values())
    sentence = f"Removed: {count(total, 'simulated record')}"
    sentence += f" ({', '.join(f'{number:,} {name}' for name, number in done.raws.items())})" if total else ""
    sentence += f", {count(rows, 'row')} of tables, {count(done.refused, 'refused request')}."
    if done.closed:
        sentence += f" The figures of {count(done.closed, 'closed day')} were made again."
    if done.left:
        sentence += f" Those of {count(done.left, 'closed day')} still count them: its sightings were purged before."
    show_one(done._asdict(), as_json=as_json, sentence=sentence)


def _settings_of(source: str, settings: "Settings") -> "SourceSettings":
    """What the simulator of a source may know; that of buttons also whether phones are kept."""
    given = settings.source(source)
    if source != "button":
        return given
    return given._replace(options={**given.options, "presence": settings.kanban.presence})


def _now_s() -> int:
    return int(datetime.now(UTC).timestamp())


def _backfill_span(settings: "Settings", back_s: int) -> tuple[int, int]:
    """From a local midnight, so that the first day is whole, to now."""
    now_s = _now_s()
    begin = datetime.fromtimestamp(now_s, ZoneInfo(settings.site.timezone)) - timedelta(seconds=back_s)
    return int(begin.replace(hour=0, minute=0, second=0, fold=0).timestamp()), now_s


def _live_span(options: dict[str, Any]) -> tuple[int, int]:
    now_s = _now_s()
    if options["speed"] is not None:
        if not options["since_s"] or options["for_s"]:
            raise click.UsageError("--speed plays the past faster: give --since, and no --for")
        return now_s - options["since_s"], now_s
    return now_s - (options["since_s"] or 0), now_s + (options["for_s"] or _ENDLESS_S)


def _backfill(
    sources: "Sequence[Source]", scenario: "Scenario", settings: "Settings", *, settles: bool, as_json: bool
) -> None:
    """Day by day: into the store, then into the lake, so that neither the queue nor memory grows with the months."""
    from telltale.simulate import backfilling
    from telltale.workbench.project import Project

    project = Project(settings=settings)
    records, days, last = 0, 0, ""
    try:
        if len(sources) == 1:
            fillings = [backfilling.plan(project, sources[0], _settings_of(sources[0].name, settings), scenario)]
        else:
            fillings, left_out = backfilling.plan_all(
                project, sources, lambda name: _settings_of(name, settings), scenario
            )
            for name, why in left_out.items():
                click.echo(f"left out {name}: {why}", err=True)
        total = backfilling.days_of(fillings)
        with progress() as bar, _until_interrupted() as stop:
            task = bar.add_task("days", total=total)
            for filled in backfilling.fill(project, fillings, settles=settles):
                records, days, last = records + sum(filled.records.values()), days + 1, f"{filled.day}"
                bar.update(task, completed=days, description=f"{last}: {records:,} records, days")
                if bar.disable and days % SAID_EVERY_DAYS == 0:
                    click.echo(f"{last}: day {days:,} of {total:,}, {records:,} records", err=True)
                if stop.is_set():
                    break
            is_stopped = stop.is_set()
    finally:
        project.close()
    sentence = f"{records:,} records of {days} days are in the store."
    if is_stopped:
        sentence += f" Stopped after {last}: the same command goes on from there."
    if not settings.site.keep:
        sentence += " [site] keep is false: purge will leave of them only what telltale.toml allows."
    told = {"records": records, "days": days, "stopped": is_stopped}
    show_one(told, as_json=as_json, sentence=sentence)


def _live(source: str, scenario: "Scenario", settings: "Settings", options: dict[str, Any]) -> None:
    from telltale.contract import ConfigError
    from telltale.simulate.play import Played, play
    from telltale.sources import source as source_of

    url = options["url"] or _collector(source_of(source).transport, settings)
    emissions = source_of(source).simulate(scenario, settings.source(source))
    fast = options["speed"]
    with progress() as bar, _until_interrupted() as stop:
        task = bar.add_task(f"{source} → {url}", total=None)

        def tell(played: Played) -> None:
            text = f"{source} → {url}: {played.accepted:,} accepted, {played.refused:,} refused, {played.lost:,} lost"
            bar.update(task, description=text)

        origin_s = scenario.start_s if fast else _now_s()
        played = play(emissions, url, origin_us=origin_s * 1_000_000, speed=fast or 1.0, tell=tell, stop=stop)
    if played.refused and not played.accepted:
        raise ConfigError(
            f"{url} refused all {played.refused} messages, the last with {played.answer}; "
            "expected it to know the secret that signs them: start it from the same project"
        )
    counts = {"accepted": played.accepted, "refused": played.refused, "lost": played.lost}
    sentence = ", ".join(f"{count:,} {name}" for name, count in counts.items()) + "."
    show_one(counts, as_json=options["as_json"], sentence=sentence)


def _check_ways(source: str, *, live: bool, is_backfill: bool, options: dict[str, Any], file: Path | None) -> None:
    """One way at a time; buttons are heard, they do not send to a collector's address."""
    if live == is_backfill:
        raise click.UsageError("give either --live or --backfill")
    if source == ALL and any((live, file, options["pcap"], options["interface"], options["listing"])):
        raise click.UsageError(f'"{ALL}" goes with --backfill; name one source for --live, --truth, --pcap and --list')
    given = {name: options[name] for name in ("pcap", "interface", "listing") if options[name] is not None}
    if source != "button" and given:
        raise click.UsageError("--pcap, --play and --list are for buttons: telltale simulate button")
    if source == "button" and live and "interface" not in given:
        raise click.UsageError("buttons send frames: give --play INTERFACE, or --backfill, also with --pcap FILE")
    if ("pcap" in given and live) or ("interface" in given and not live):
        raise click.UsageError("--pcap goes with --backfill, --play with --live")


def _list(file: Path) -> None:
    """Write the simulated devices as buttons.csv; a list that is there already stays."""
    from telltale.contract import ConfigError
    from telltale.settings import DEFAULT_BUTTONS
    from telltale.sources.button.simulate.truth import buttons_csv

    if file.exists() and file.read_bytes() not in {DEFAULT_BUTTONS.encode(), buttons_csv().encode()}:
        raise ConfigError(f"{file}: is there already, expected a new file; remove it, or name another with --list")
    file.write_text(buttons_csv(), encoding="utf-8")


def _capture(file: Path, scenario: "Scenario", *, as_json: bool) -> None:
    from telltale.simulate.frames import write_capture

    with progress() as bar:
        task = bar.add_task(file.name, total=scenario.end_s - scenario.start_s)
        frames = write_capture(file, scenario, tell=lambda at_s: bar.update(task, completed=at_s - scenario.start_s))
    show_one({"file": str(file), "frames": frames}, as_json=as_json, sentence=f"{frames:,} frames are in {file}.")


def _play_frames(interface: str, scenario: "Scenario", options: dict[str, Any]) -> None:
    from telltale.simulate.frames import Sent, on_air, play_frames

    fast = options["speed"]
    with progress() as bar, _until_interrupted() as stop:
        task = bar.add_task(f"button → {interface}", total=None)

        def tell(done: Sent) -> None:
            bar.update(task, description=f"button → {interface}: {done.sent:,} sent, {done.lost:,} lost")

        origin_s = scenario.start_s if fast else _now_s()
        done = play_frames(
            on_air(scenario), interface, origin_us=origin_s * 1_000_000, speed=fast or 1.0, tell=tell, stop=stop
        )
    show_one(done._asdict(), as_json=options["as_json"], sentence=f"{done.sent:,} frames sent, {done.lost:,} lost.")


def _collector(transport: "Transport", settings: "Settings") -> str:
    """The address of the project's own collector of that transport."""
    if transport == "coap":
        host = f"[{settings.coap.host}]" if ":" in settings.coap.host else settings.coap.host
        return f"coap://{host}:{settings.coap.port}/{settings.coap.prefix}".rstrip("/")
    return settings.webhooks.url


@contextmanager
def _until_interrupted() -> Iterator[threading.Event]:
    """Ctrl-C and SIGTERM set the event instead of ending the program: they are how an endless run ends well."""
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
