"""Who or what is to be forgotten: the devices, stations and names that a text means."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import pyarrow.compute as pc
import sqlalchemy as sa

from telltale.address import spelled, station
from telltale.contract import ConfigError
from telltale.identity import device_id
from telltale.landing.schema import SETTINGS_VERSION
from telltale.privacy.spelling import Spellings
from telltale.settings import DEVICES_FILE, Device, buttons, devices
from telltale.settings.devices import devices_in
from telltale.tables import NODE_HEARTBEAT
from telltale.workbench import load
from telltale.workbench.project import Project

_SHORTEST_NAME = 3
_SERIAL_DIGITS = 12
_NAMED = ("pc", "item")
"""What stands before a name, which people chose; before a colon a source's name says that a number follows."""
_HEX = re.compile("[0-9a-f]{1,12}")


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
        ConfigError: it is empty, a name that several devices have, or an access point.
    """
    wanted = " ".join(text.split())
    if not wanted:
        raise ConfigError("forget: nothing was named; expected a device, an address or a person of devices.csv")
    listed = devices(project.settings)
    known = [*listed, *_listed_before(project)]
    if of_person := [each for each in known if each.person and each.person.casefold() == wanted.casefold()]:
        return _subject(project, "person", (each.device_id for each in of_person), known, of_person[0].person)
    if station(wanted) > 0:
        own = {spelled(station(wanted)), device_id(wanted)}
        _refuse_node(project, spelled(station(wanted)))
        return _subject(project, "address", sorted(own), known)
    called = {each.device_id for each in listed if each.name and each.name.casefold() == wanted.casefold()}
    if len(called) > 1:
        raise ConfigError(f'forget: {len(called)} devices are called "{wanted}"; expected the id of one of them')
    return _subject(project, "device", called or {device_id(wanted)}, known)


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
    if names:
        words += [*subject.names, subject.person]
    return Spellings(octets=octets, numbers=numbers, words=words, pseudonyms=pseudonyms)


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


def _subject(project: Project, kind: str, ids: Iterable[str], known: Sequence[Device], person: str = "") -> Subject:
    own = _with_modems(ids, known)
    pressed = buttons(project.settings).buttons
    named = [(each.device_id, text) for each in known for text in (each.name, each.place, each.zone, each.item)]
    named += [(each.device_id, text) for each in pressed for text in (each.name, each.item)]
    others = {text.casefold() for device, text in named if device not in own}
    called = [(each.device_id, each.name) for each in known] + [(each.device_id, each.name) for each in pressed]
    names = {name for device, name in called if device in own and len(name) >= _SHORTEST_NAME}
    return Subject(kind, own, person, tuple(sorted(name for name in names if name.casefold() not in others)))


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
