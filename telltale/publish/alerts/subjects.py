"""Of whom an alert speaks: names, and who may be told of a person's devices."""

from collections import Counter
from functools import cached_property
from typing import NamedTuple

from telltale.health.known import RESTING, resting_ids
from telltale.publish.alerts.episodes import Episode
from telltale.publish.recipients import address_of
from telltale.sensors import analysis
from telltale.settings import Device, Settings, buttons, devices
from telltale.sources import BY_NAME
from telltale.tables import READING
from telltale.workbench.times import DAY, FOREVER, Span
from telltale.workbench.view import View

OF_CHANNEL = " of channel "
CHANNELS_US = 7 * DAY
"""How far back is looked for the channels of a sensor."""
NO_ADDRESS = "not told: no address of its person in [publish] people"


class Recipients(NamedTuple):
    """Who is told, and why nobody is."""

    to: tuple[str, ...]
    note: str = ""


class Subjects:
    """What the lists say of devices; read once a look.

    Args:
        settings: of the project.
        view: tells which devices PCs were heard through, listed or not, and how many channels a sensor has; None does
            not.

    Raises:
        ConfigError: a list is wrong.
    """

    def __init__(self, settings: Settings, view: View | None = None) -> None:
        self._settings, self._view = settings, view
        self._devices = {device.device_id: device for device in devices(settings)}
        self._names = {device_id: device.name for device_id, device in self._devices.items()}
        self._names |= {button.device_id: button.name for button in buttons(settings).buttons}

    def name(self, subject: str) -> str:
        """As people call it."""
        if subject in BY_NAME:
            return BY_NAME[subject].short_title or BY_NAME[subject].title
        return self._names.get(subject) or subject

    def told(self, episode: Episode) -> Episode:
        """The episode as it is told: no channel is named of a sensor that has one only."""
        quantity, of, rest = episode.measure.partition(OF_CHANNEL)
        if not of or (episode.subject, quantity) not in self._single:
            return episode
        return episode._replace(measure=f"{quantity} {rest.partition(' ')[2]}".strip())

    @cached_property
    def _through(self) -> frozenset[str]:
        return frozenset(resting_ids(self._view)) if self._view else frozenset()

    @cached_property
    def _single(self) -> frozenset[tuple[str, str]]:
        """Of which sensors and quantities one channel was heard lately; of what was not heard nothing is known."""
        if self._view is None:
            return frozenset()
        rows = self._view.rows(READING.name, Span(self._view.now_us - CHANNELS_US, FOREVER))
        found = analysis.measured(self._view.project.engine, rows).arrow().to_pylist()
        channels = Counter((row["device_id"], row["quantity"]) for row in found)
        return frozenset(key for key, count in channels.items() if count == 1)

    def is_personal(self, subject: str) -> bool:
        """Whether it is a person's: a PC, its modem, or what a person is named for."""
        if subject.partition(":")[0] in PERSONAL or subject in self._through:
            return True
        device = self._devices.get(subject)
        return device is not None and bool(device.person or device.same_as)

    def recipients(self, subject: str, to: tuple[str, ...]) -> Recipients:
        """Who is told of it: those of the alert, of a person's device that person alone."""
        if not self.is_personal(subject):
            return Recipients(to, "" if to else "not told: the alert has no recipient")
        # The person's name counts; where devices.csv says none, the PC's own name or id, as with reports.
        device = self._devices.get(subject, Device(subject))
        pc = self._devices.get(device.same_as, Device(device.same_as))
        names = (device.person, pc.person, pc.name, pc.device_id, device.name, subject)
        addresses = (address_of(self._settings, name) for name in names if name)
        address = next((address for address in addresses if address), None)
        return Recipients((address,) if address else (), "" if address else NO_ADDRESS)


PERSONAL = frozenset(name for rest in RESTING for name in (rest, "pc"))
"""How ids of people's devices begin."""


def names_records(subject: str) -> bool:
    """Whether a message may name raw ids: only of devices and sources without people."""
    source = BY_NAME.get(subject) or BY_NAME.get(subject.partition(":")[0])
    return source is not None and not (source.personal or source.rests)
