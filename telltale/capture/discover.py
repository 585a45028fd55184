"""Which device is the button: every device heard, the likeliest first. Nothing of it is kept.

Someone leaves the button alone for a while, then presses it. What was heard before is not it, nor is what talks all
the time; a button joins, says a few frames and sleeps again. Where DHCP is heard, its host name and vendor class tell
phones from buttons.

Source: wire/kanban.md 6.5; RFC 2132 3.14 (host name), 9.13 (vendor class identifier).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from telltale import identity
from telltale.csv_text import written
from telltale.sources.button.layout import DHCP_COOKIE, DHCP_KINDS, ETHERNET, PRESS_KINDS, Parsed, parse
from telltale.wording import COUNT_DHCP

LIST_HEADER = "Name, MAC-Address"
MOST_FRAMES = 30
"""A press makes 3 to 8 frames, a button that tries again a few times as many; what says more is none."""
_JOINING = frozenset(("probe", "announce", "dhcp_discover"))
_HOST_NAME, _VENDOR_CLASS = 12, 60
_LONGEST_NAME = 63
_NOWHERE = "0.0.0.0"  # noqa: S104 - an address of no device, as a probe carries it


@dataclass
class Device:
    """What was heard of one device."""

    device_id: str
    interface: str
    first_us: int
    last_us: int
    is_new: bool
    """Not heard before the moment to press."""
    is_random: bool
    """Locally administered, as phones and laptops make themselves up."""
    frames: int = 0
    kinds: set[str] = field(default_factory=set)
    ip: str = ""
    vlan: int | None = None
    host_name: str = ""
    vendor_class: str = ""

    @property
    def may_be_button(self) -> bool:
        """New, with few frames, some of which a press makes."""
        return self.is_new and self.frames <= MOST_FRAMES and bool(self.kinds & {*PRESS_KINDS, *DHCP_KINDS})

    @property
    def joins_by_dhcp(self) -> bool:
        """Whether DHCP of it was heard."""
        return not self.kinds.isdisjoint(DHCP_KINDS)


class Found(NamedTuple):
    """A device in its rank, and what else is known of it."""

    device: Device
    maker: str
    listed_as: str
    """Its name in the list; empty when it is not there."""
    line: str
    """Ready for the list; empty for what is listed or cannot be a button."""


class Discovery:
    """Takes frames and tells devices apart.

    Args:
        listed: names by address, of the list there is.
        maker: the maker of an address, empty when it is not known.
        press_from_us: what is first heard before is not the button.
        phones: which of the listed ones are people's: no neighbour of their address is ever named.
    """

    def __init__(
        self,
        listed: Mapping[str, str],
        maker: Callable[[str], str] = lambda _: "",
        *,
        press_from_us: int,
        phones: Collection[str] = (),
    ) -> None:
        self.press_from_us = press_from_us
        self.devices: dict[str, Device] = {}
        self._listed = listed
        self._maker = maker
        self._phones = frozenset(phones)

    def add(self, at_us: int, frame: bytes, interface: str, linktype: int = ETHERNET) -> None:
        """Take a frame; one that says nothing is passed over."""
        told = parse(frame, linktype)
        if not isinstance(told, Parsed):
            return
        device = self.devices.get(told.device_id)
        if device is None:
            is_random = "random_address" in told.flags
            device = Device(told.device_id, interface, at_us, at_us, at_us >= self.press_from_us, is_random)
            self.devices[told.device_id] = device
        device.last_us, device.interface = max(at_us, device.last_us), interface
        device.frames += 1
        device.kinds.add(told.kind)
        device.vlan = told.vlan if told.vlan is not None else device.vlan
        device.ip = _ip(told) or device.ip
        if told.kind in DHCP_KINDS:
            names = dhcp_names(frame)
            device.host_name = names[0] or device.host_name
            device.vendor_class = names[1] or device.vendor_class

    def found(self) -> list[Found]:
        """All devices, the likeliest button first."""
        ranked = sorted(self.devices.values(), key=self._rank)
        names: dict[str, int] = {}
        found = []
        for device in ranked:
            listed_as = self._listed.get(device.device_id, "")
            name = _numbered(device.host_name or "New button", names) if device.may_be_button and not listed_as else ""
            line = list_line(name, device.device_id) if name else ""
            found.append(Found(device, self._maker(device.device_id), listed_as, line))
        return found

    def unheard(self) -> list[str]:
        """A sentence for each listed device that was not heard, with the address heard that differs least from it."""
        free = [heard for heard in self.devices if heard not in self._listed]
        sentences = []
        for device_id, name in self._listed.items():
            if device_id in self.devices:
                continue
            near = "" if device_id in self._phones else identity.nearest(device_id, free)
            meant = f"; {near}, which is not listed, was: is it meant?" if near else ""
            sentences.append(f"{name} ({device_id}) is listed and was not heard{meant}")
        return sentences

    def _rank(self, device: Device) -> tuple[object, ...]:
        joins = bool(device.kinds & _JOINING)
        is_listed = device.device_id in self._listed
        return (not device.may_be_button, is_listed, not joins, device.is_random, device.frames, device.first_us)


def list_line(name: str, device_id: str) -> str:
    """A line of buttons.csv."""
    line = written(("name", "device"), [{"name": name, "device": device_id}], head=False)
    return line.rstrip("\n").replace(f",{device_id}", f", {device_id}")


def dhcp_names(frame: bytes) -> tuple[str, str]:
    """Host name and vendor class of a DHCP frame; empty where they are not told."""
    _head, found, options = frame.partition(DHCP_COOKIE)
    told: dict[int, str] = {}
    at = 0
    while found and at + 1 < len(options) and options[at] != 255:
        if options[at] == 0:
            at += 1
            continue
        number, size = options[at], options[at + 1]
        if at + 2 + size > len(options):
            break  # cut
        text = options[at + 2 : at + 2 + size].decode("utf-8", "replace")
        told[number] = "".join(char for char in text if char.isprintable() and char not in ',"#')[
            :_LONGEST_NAME
        ].strip()
        at += 2 + size
    return told.get(_HOST_NAME, ""), told.get(_VENDOR_CLASS, "")


def _ip(told: Parsed) -> str:
    """The address it has, or asks for."""
    sender = told.ip_sender if told.ip_sender != _NOWHERE else ""
    return sender or (told.ip_target or "" if told.kind == "probe" else "")


def _numbered(name: str, names: dict[str, int]) -> str:
    """The name, with a number from the second on: two of one name would feed one item."""
    names[name] = names.get(name, 0) + 1
    return name if names[name] == 1 else f"{name} {names[name]}"


def advice(found: Sequence[Found]) -> str:
    """What to make of it, in a sentence."""
    lines = [each for each in found if each.line]
    if not found:
        return "Nobody was heard: is this the interface the button's access point is on? See doctor, or --interface."
    if not lines:
        return "No device came new: press while it listens, or the button is in another network, or already listed."
    if len(lines) > 1:
        return f"{len(lines)} devices came new, the likeliest first; press again alone to be sure."
    if lines[0].device.is_random:
        return "One device came new; its address is made up, as phones and laptops do: is it the button?"
    return "One device came new, it is the button."


def unheeded(found: Sequence[Found]) -> list[str]:
    """A sentence for each that may be a button, or is listed as one, and does DHCP alone: it would make no press."""
    return [
        f"Of {each.listed_as or each.device.device_id} DHCP alone was heard, which is not counted as a press: "
        f"{COUNT_DHCP}."
        for each in found
        if (each.line or each.listed_as) and each.device.joins_by_dhcp and each.device.kinds.isdisjoint(PRESS_KINDS)
    ]
