"""What could keep this project from working, and what to do about it."""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from shlex import quote

from telltale import masters, private
from telltale.contract import ConfigError, StoreError, TelltaleError, Transport
from telltale.door import try_options
from telltale.engine import session
from telltale.forward.passing import targets
from telltale.health.known import Unheard, never_heard
from telltale.health.words.listed import where
from telltale.kanban.press_tables import only_dhcp
from telltale.lake.objects import ObjectRoot
from telltale.lake.settle import check_root
from telltale.operate import backup, clock_check, forgettings, machine, ports, presence_keys, spools
from telltale.operate.check import files_from_outside
from telltale.operate.finding import Finding
from telltale.operate.machine import nearest
from telltale.operate.permissions import open_to_others
from telltale.operate.store_state import wrong_with_store
from telltale.publish import exported, trial
from telltale.sensors import limits
from telltale.settings import DEVICES_FILE, buttons, devices
from telltale.settings.secrets import ORDERS, weakness
from telltale.sources import SOURCES
from telltale.transports import RANDOM, topics, weak_secrets
from telltale.wording import COUNT_DHCP, joined
from telltale.workbench.project import Project
from telltale.workbench.question import ask
from telltale.workbench.settings_then import require_whole
from telltale.workbench.view import answered

MOST_UNHEARD = 20
"""More devices that were never heard are counted."""
MOST_LOOKED_FOR = 8
"""Files of an object store: as many requests at a time."""
_FILES_MISSING = "correct [paths] lake_root if that is another lake's, or put the files back from a backup"
LOOKED_BACK = "365d"
"""How far back frames of listed buttons are looked at."""

Check = Callable[[Project], Iterator[Finding]]


def examine(project: Project) -> Iterator[Finding]:
    """Every finding, in order; a check that fails by itself is one too."""
    said: set[str] = set()
    for check in CHECKS:
        for finding in _looked(check, project):
            # One fault may keep several checks from their work; it is said by the first of them.
            if finding.state == "ok" or finding.found not in said:
                yield finding
            said.add(finding.found)


def _looked(check: Check, project: Project) -> Iterator[Finding]:
    name = check.__name__.removeprefix("_")
    try:
        yield from check(project)
    except TelltaleError as error:
        found, _, fix = str(error).rpartition("; ")  # our errors end with what to do
        yield Finding(name, "wrong", found or fix, fix)
    except OSError as error:
        place = error.filename or project.settings.root
        yield Finding(name, "wrong", f"{place}: {error.strerror}", "check the owner and mode of this path")


def _settings(project: Project) -> Iterator[Finding]:
    settings = project.settings
    with suppress(StoreError):  # what is wrong with the store is said where that is looked at
        require_whole(settings, project.store)
    listed = len(devices(settings))
    yield Finding("settings", "ok", f"{settings.root}, {listed:,} devices listed")
    known = {source.name for source in SOURCES}
    others = {"activity", "dashboard", "publish", "mqtt", "cumulocity", "thingworx", "s3"}
    for name in sorted({*settings.sources, *settings.with_secret()} - known - others):
        fix = f"known: {', '.join(sorted(known))}; correct the name in telltale.toml or secrets.toml"
        yield Finding("settings", "wrong", f'no source "{name}"', fix)
    for source in SOURCES:
        try_options(source, settings.source(source.name))


def _publish(project: Project) -> Iterator[Finding]:
    """The ways to whoever telltale.toml names, and people's reports that would go to somebody else."""
    named = trial.recipients_set(project.settings)
    complaints = [*trial.incomplete(project.settings), *trial.refusals(project)]
    for complaint in complaints:
        found, _, fix = complaint.rpartition("; ")
        yield Finding("publish", "wrong", found or complaint, fix if found else "correct it in telltale.toml")
    if named and not complaints:
        fix = "telltale publish --test RECIPIENT"
        yield Finding("publish", "ok", f"{len(named):,} recipients, each with a complete way; try one: {fix}")


def _engine(project: Project) -> Iterator[Finding]:
    """Spark, where it is set."""
    master = project.settings.engine.spark
    if not master:
        return
    if said := session.problem(master):
        found, _, fix = said.rpartition("; ")
        yield Finding("engine", "note", found, fix)
    else:
        yield Finding("engine", "ok", f"Spark ({masters.shown(master)})")


def _exported(project: Project) -> Iterator[Finding]:
    """Files with rows about people that are there still though their time is over."""
    if said := exported.reminder(exported.past(project.store, now_us=project.now_us())):
        found, _, fix = said.rpartition("; ")
        yield Finding("exported", "note", found, fix)


def _backups(project: Project) -> Iterator[Finding]:
    """Backups with rows about people whose time is over; nothing is said where there is none."""
    if said := backup.reminder(backup.past(project.store, now_us=project.now_us())):
        found, _, fix = said.rpartition("; ")
        yield Finding("backups", "note", found, fix)


def _buttons(project: Project) -> Iterator[Finding]:
    told = project.settings
    listed = buttons(told)
    if not (told.root / told.arp.allow_list).is_file():
        fix = 'press it while "telltale discover" runs: it prints the line'
        yield Finding("buttons", "note", f"no {told.arp.allow_list}: no device is listed, so no frame is kept", fix)
        return
    if listed.buttons:
        yield Finding("buttons", "ok", f"{told.arp.allow_list}, {len(listed.buttons):,} devices listed")
    for warning in listed.warnings:
        yield Finding("buttons", "note", warning, f"correct {told.arp.allow_list} if this is not meant")
    if any(button.role == "presence" for button in listed.buttons) and not told.kanban.presence:
        found = f"{told.arp.allow_list} lists devices of role presence, whose frames are not kept"
        yield Finding("buttons", "note", found, "set [kanban] presence = true if their owners agree")
    if names := ask(only_dhcp, LOOKED_BACK, None, project=project):
        found = f"DHCP alone was heard of {joined(names)}, and it is not counted as a press"
        yield Finding("buttons", "note", found, COUNT_DHCP)


def _listed(project: Project) -> Iterator[Finding]:
    """Nothing is said where every device of the lists was heard."""
    with suppress(ConfigError):  # said above
        unheard = answered(project, never_heard)
        for one in unheard[:MOST_UNHEARD]:
            yield Finding("listed", "note", f"{one.name} was never heard: {where(one)}", _way_to(one))
        if len(unheard) > MOST_UNHEARD:
            found = f"{len(unheard) - MOST_UNHEARD:,} more listed devices were never heard"
            yield Finding("listed", "note", found, 'in a notebook "tt.health.never_heard()" lists them all')


def _way_to(one: Unheard) -> str:
    """What to do about a device that was never heard."""
    if not one.is_known:
        return f"write its id as its label or its vendor shows it into {one.listed_in}"
    if one.nearest:
        return f"write {one.nearest} into {one.listed_in} if that is meant"
    if one.listed_in == DEVICES_FILE:
        return "check its id, and that it sends here"
    return "check its address, and that a capture listens where it joins" + (
        "" if one.is_personal else '; "telltale discover" names what it hears'
    )


def _secrets(project: Project) -> Iterator[Finding]:
    for source in (each for each in SOURCES if each.transport in {Transport.HTTP, Transport.COAP}):
        count = len(project.settings.source(source.name).secrets)
        if count:
            yield Finding("secrets", "ok", f"{source.name}: {count} kept")
            for key, why in weak_secrets(source, project.settings):
                fix = f"change it in secrets.toml [{source.name}] and in {source.secret_place}"
                found = f"{source.name}: the secret {key} {why}; a public address refuses it"
                yield Finding("secrets", "note", found, fix)
        else:
            fix = f"put it into secrets.toml below [{source.name}]"
            yield Finding("secrets", "note", f"{source.name}: no secret, so nothing from elsewhere is accepted", fix)
    for name, secret in project.settings.order_secrets.items():
        if why := weakness(secret):
            found = f"{name}: the secret {ORDERS} {why}; a public address refuses it"
            fix = f'set {ORDERS} in secrets.toml [{name}] to a random text, such as "openssl rand -hex 16" prints'
            yield Finding("secrets", "note", found, fix)
        else:
            yield Finding("secrets", "ok", f"{name}: other programs may ask something of its devices, with a secret")
    if project.settings.token and (why := weakness(project.settings.token)):
        yield Finding("secrets", "note", f"the token of secrets.toml {why}; a public address refuses it", RANDOM)


def _folders(project: Project) -> Iterator[Finding]:
    for folder in (project.settings.data, project.settings.report_folder):
        there = nearest(folder)
        if not there.is_dir():
            yield Finding("folders", "wrong", f"{there} is no folder", "move it away, or name another in [paths]")
        elif os.access(there, os.W_OK | os.X_OK):
            yield Finding("folders", "ok", str(folder))
        else:
            yield Finding(
                "folders",
                "wrong",
                f"{there} cannot be written",
                f'let this user write it, such as "sudo chown $USER {quote(str(there))}"',
            )
    for each in open_to_others(project.settings):
        yield Finding("folders", "note" if each.is_kept else "wrong", each.found, each.fix)


def _keys(project: Project) -> Iterator[Finding]:
    folder = project.settings.keys
    if not folder.is_dir() and not any(presence_keys.wrong(project)):
        yield Finding("keys", "ok", f"{folder} is made with the first record")
        return
    data = project.settings.data
    if folder.is_relative_to(data) and private.is_loose(data):
        return  # said above, with the command that closes both
    loose = [*private.loose(folder)]
    for path in loose:
        mode = "700" if path.is_dir() else "600"
        yield Finding("keys", "wrong", f"{path} is readable by others", f"chmod {mode} {quote(str(path))}")
    wrong = [*presence_keys.wrong(project)]
    yield from wrong
    if not loose and not wrong:
        yield Finding("keys", "ok", f"{folder} is its owner's only")


def _store(project: Project) -> Iterator[Finding]:
    wrong = [Finding("store", "wrong", found, fix) for found, fix in wrong_with_store(project)]
    yield from wrong or [Finding("store", "ok", project.store.shown)]


def _lake(project: Project) -> Iterator[Finding]:
    lake = project.lake
    check_root(lake)
    if isinstance(lake.root, ObjectRoot):
        lake.root.try_out()
        newest = sorted(lake.snapshot().files, key=lambda file: file.created_at)[-MOST_LOOKED_FOR:]
        missing = lake.root.missing([file.path for file in newest])
        found = [Finding("lake", "wrong", f"{path} is listed and not there", _FILES_MISSING) for path in missing[:1]]
    else:
        found = [finding._replace(check="lake") for finding in files_from_outside(project)]
    yield from found or [Finding("lake", "ok", lake.root.shown)]


def _limits(project: Project) -> Iterator[Finding]:
    """Nothing is said where every limit holds for something."""
    with suppress(ConfigError):  # said above
        for found, fix in limits.idle(project):
            yield Finding("limits", "note", found, fix)


def _mqtt(project: Project) -> Iterator[Finding]:
    """Nothing is said where no broker is named."""
    told = project.settings.mqtt
    if told.host or told.topics:
        count = len(topics(told))
        yield Finding("mqtt", "ok", f"{told.host} port {told.port}, {count:,} topic filters")


def _forward(project: Project) -> Iterator[Finding]:
    """Nothing is said where no platform is set."""
    for target in targets(project.settings):
        yield Finding("forward", "ok", f'{target.name} is set; "telltale forward --dry-run" shows what it would get')


def _clock(project: Project) -> Iterator[Finding]:
    findings: list[clock_check.Found] = clock_check.findings(project) or [("ok", "plausible", "")]
    for state, found, fix in findings:
        yield Finding("clock", state, found, fix)


CHECKS: tuple[Check, ...] = (
    machine.python,
    _settings,
    _secrets,
    _folders,
    _keys,
    _store,
    spools.spools,
    forgettings.forgettings,
    _lake,
    _engine,
    _publish,
    _exported,
    _backups,
    _buttons,
    _listed,
    _limits,
    ports.webhooks,
    ports.coap,
    machine.arp,
    ports.dashboard,
    _mqtt,
    _forward,
    machine.disk,
    _clock,
    machine.zone,
    machine.programs,
)
