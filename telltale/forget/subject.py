"""Who or what is to be forgotten: the devices, stations and names that a text means."""

import json
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from unicodedata import normalize

import pyarrow.compute as pc
import sqlalchemy as sa

from telltale.address import spelled, station
from telltale.contract import ConfigError
from telltale.identity import device_id, sources_of
from telltale.landing.schema import FORGETTING, MEMORY, SETTINGS_VERSION
from telltale.privacy.spelling import Spellings
from telltale.settings import DEVICES_FILE, Device, buttons, devices
from telltale.settings.devices import devices_in
from telltale.tables import NODE_HEARTBEAT, TABLES
from telltale.workbench import load
from telltale.workbench.project import Project

_SHORTEST_NAME = 3
_SERIAL_DIGITS = 12
_NAMED = ("pc", "item")
"""What stands before a name, which people chose; before a colon a source's name says that a number follows."""
_HEX = re.compile("[0-9a-f]{1,12}")
_BETWEEN_OCTETS = re.compile(r"[\s:._-]+")
_OCTETS = 6


class Subject(NamedTuple):
    """Who or what is to be forgotten."""

    kind: str
    """`person`, `address` or `device`."""
    devices: tuple[str, ...]
    """Ids as tables have them; of a station its address."""
    person: str
    """The person's name in devices.csv; else empty."""
    names: tuple[str, ...]
    """What devices.csv and buttons.csv call these devices alone."""
    not_meant: tuple[str, ...] = ()
    """What they call others and what has one of these names in it, as Anna is in Anna Abel."""
    passed_on: tuple[str, ...] = ()
    """Devices that were the person's and are listed for another one now."""

    @property
    def shown(self) -> str:
        """How it may be called: an address that was typed is not repeated."""
        if self.kind == "address":
            return "the address"
        return self.person if self.kind == "person" else self.devices[0]

    @property
    def stations(self) -> tuple[int, ...]:
        """The addresses among the devices, as 48 bits."""
        return tuple(address for each in self.devices if (address := station(each)) > 0)


def subject_of(project: Project, text: str) -> Subject:
    """Who or what a text means: a person of devices.csv, an address, a device by its id or its listed name.

    Raises:
        ConfigError: it is empty, a name that several devices have, an access point, or no device that is known.
    """
    wanted = normalize("NFC", " ".join(text.split()))
    if not wanted:
        raise ConfigError("forget: nothing was named; expected a device, an address or a person of devices.csv")
    listed = devices(project.settings)
    known = [*listed, *_listed_before(project)]
    if of_person := [each for each in known if each.person and _alike(each.person, wanted)]:
        now = {each.device_id: each.person for each in listed if each.person}
        own = dict.fromkeys(each.device_id for each in of_person)
        others = tuple(each for each in own if each in now and not _alike(now[each], wanted))
        ids = [each for each in own if each not in others]
        return _subject(project, "person", ids, known, of_person[0].person, passed_on=others)
    if (address := _address(wanted)) > 0:
        _refuse_node(project, spelled(address))
        return _subject(project, "address", sorted({spelled(address), device_id(_digits(wanted))}), known)
    called = {each.device_id for each in listed if each.name and _alike(each.name, wanted)}
    if len(called) > 1:
        raise ConfigError(f'forget: {len(called)} devices are called "{wanted}"; expected the id of one of them')
    if not called and (begun := _begun(project, wanted)) is not None:
        return begun
    return _subject(project, "device", called or {_known_id(project, device_id(wanted), known)}, known)


def _alike(one: str, other: str) -> bool:
    return normalize("NFC", one).casefold() == normalize("NFC", other).casefold()


def _digits(text: str) -> str:
    """The twelve digits of an address, whatever stands between its octets and with or without their zeros."""
    groups = _BETWEEN_OCTETS.split(text)
    return "".join(group.zfill(2) for group in groups) if len(groups) == _OCTETS else "".join(groups)


def _address(text: str) -> int:
    found = station(text)
    return found if found > 0 else station(_digits(text))


def _known_id(project: Project, wanted: str, known: Sequence[Device]) -> str:
    """The id of a device, as the lists spell it where they do.

    Raises:
        ConfigError: it is no device: a word stands in records of others, which must not go with it.
    """
    ids = [each.device_id for each in known] + [each.device_id for each in buttons(project.settings).buttons]
    if listed := next((each for each in ids if _alike(each, wanted)), ""):
        return listed
    if (wanted.partition(":")[2].strip() and sources_of(wanted)) or wanted in _remembered(project):
        return wanted
    for table in (each for each in TABLES.values() if "device_id" in each.names):
        heard = load(table.name, columns=("device_id",), engine="arrow", project=project)["device_id"]
        if pc.any(pc.equal(heard, wanted)).as_py():
            return wanted
    raise ConfigError(
        "forget: no list names it and no record is of it; expected a device by its id or listed name, an address, or "
        "a person of devices.csv"
    )


def _remembered(project: Project) -> set[str]:
    """The devices that something is remembered of."""
    with project.store.reader() as connection:
        return set(connection.scalars(sa.select(MEMORY.c.device_id).distinct()))


def _begun(project: Project, wanted: str) -> Subject | None:
    """Whose forgetting was stopped: the lists may say it no more."""
    query = sa.select(FORGETTING.c.subject).where(FORGETTING.c.ended_at.is_(None)).order_by(FORGETTING.c.id)
    with project.store.reader() as connection:
        begun = map(read_subject, connection.scalars(query).all())
    return next((each for each in begun if _alike(each.person, wanted) or device_id(wanted) in each.devices), None)


def read_subject(text: str) -> Subject:
    """A subject as it was kept, as JSON."""
    told = json.loads(text)
    lists = {name: tuple(told.get(name, ())) for name in ("devices", "names", "not_meant", "passed_on")}
    return Subject(told["kind"], person=told["person"], **lists)


def spellings_of(subject: Subject, pseudonyms: Iterable[int] = (), *, names: bool = False) -> Spellings:
    """How a subject may be written.

    Args:
        subject: whose.
        pseudonyms: of its stations.
        names: its names too: they are nobody else's, but may be words of any text.
    """
    octets, numbers, words = [address.to_bytes(6) for address in subject.stations], [], []
    for device in subject.devices:
        kind, _, rest = device.partition(":")
        if station(device) > 0:
            continue
        if kind in _NAMED or not _HEX.fullmatch(rest):
            words.append(device)
        elif len(rest) == _SERIAL_DIGITS:
            octets.append(bytes.fromhex(rest))
        else:
            numbers.append(rest)
    called = [*subject.names, subject.person] if names else []
    return Spellings(
        octets=octets, numbers=numbers, words=words, names=called, not_meant=subject.not_meant, pseudonyms=pseudonyms
    )


def pseudonyms_of(project: Project, subject: Subject) -> tuple[int, ...]:
    """The pseudonyms of its stations at every site, under the keys there are."""
    given = project.pseudonymizer.candidates
    found = {
        alias
        for address in subject.stations
        for site in project.keys.sites()
        for alias in given(spelled(address), site)
    }
    return tuple(sorted(found))


def _refuse_node(project: Project, address: str) -> None:
    """An access point is no subject: every report it sent is about others, and would be none without its name."""
    nodes = load(NODE_HEARTBEAT.name, columns=("node_id",), engine="arrow", project=project)["node_id"]
    if pc.any(pc.equal(nodes, address)).as_py():
        raise ConfigError(
            "forget: the address is that of an access point, and what it reported is about others; "
            "expected a device that was heard, a person or another device"
        )


def _subject(
    project: Project,
    kind: str,
    ids: Iterable[str],
    known: Sequence[Device],
    person: str = "",
    *,
    passed_on: tuple[str, ...] = (),
) -> Subject:
    own = tuple(each for each in _with_modems(ids, known) if each not in passed_on)
    pressed = buttons(project.settings).buttons
    named = [(each.device_id, text) for each in known for text in (each.name, each.place, each.zone, each.item)]
    named += [(each.device_id, text) for each in pressed for text in (each.name, each.item)]
    named += [(each.device_id, each.person) for each in known if each.person and not _alike(each.person, person)]
    others = {text for device, text in named if device not in own and text}
    called = [(each.device_id, each.name) for each in known] + [(each.device_id, each.name) for each in pressed]
    names = {name for device, name in called if device in own and len(name) >= _SHORTEST_NAME}
    names = {name for name in names if not any(_alike(name, other) for other in others)}
    longer = {other for other in others if any(_is_part(name, other) for name in (*names, person) if name)}
    return Subject(kind, own, person, tuple(sorted(names)), tuple(sorted(longer)), passed_on)


def _is_part(name: str, other: str) -> bool:
    return name.casefold() in other.casefold() and not _alike(name, other)


def _with_modems(ids: Iterable[str], known: Sequence[Device]) -> tuple[str, ...]:
    """These devices, the modems that speak for them, and the PCs they speak for."""
    own = dict.fromkeys(ids)
    for each in known:
        if each.same_as and (each.device_id in own or each.same_as in own):
            own |= {each.device_id: None, each.same_as: None}
    return tuple(own)


def _listed_before(project: Project) -> list[Device]:
    """The devices of every version of devices.csv that is kept, the newest first."""
    query = sa.select(SETTINGS_VERSION.c.content).where(SETTINGS_VERSION.c.name == DEVICES_FILE)
    with project.store.reader() as connection:
        contents = list(connection.scalars(query.order_by(SETTINGS_VERSION.c.id.desc())))
    found: list[Device] = []
    for content in contents:
        try:
            found += devices_in(content or b"")
        except ConfigError:  # what cannot be read any more names nobody
            continue
    return found
