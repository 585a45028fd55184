"""The capture of buttons: frames of listed devices become records, all others are counted and forgotten.

Start it with `telltale collect arp`. The sockets open first and the rest is loaded while the kernel already collects: a
restart during a press loses nothing of it that comes later than a third of a second after the start. One thread reads,
so that what fails in it ends the process and is started again; nothing fails unseen. Once the sockets are open, the
right to capture and all others are given up.

At SIGTERM what was captured is stored, and a last heartbeat closes the time that was covered.

Source: wire/kanban.md 2 to 4 and 6.
"""

import logging
import signal
import threading

from collectors.arp.capture import Capture, Moment, moment
from collectors.arp.opening import open_capture
from collectors.arp.rights import give_up
from telltale import logs
from telltale.capture.interfaces import chosen
from telltale.contract import TelltaleError
from telltale.settings import Settings
from telltale.settings.capture import ArpSettings

log = logging.getLogger("telltale.arp")


def run(settings: Settings) -> None:
    """Capture until SIGTERM or Ctrl-C.

    Raises:
        ConfigError: no right to capture, no such interface, or the list of devices is wrong.
        StoreError: the store cannot be opened.
        TelltaleError: the system has ended the capture.
    """
    logs.configure(settings)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    since = moment()
    captures = open_captures(settings.arp)
    give_up()
    try:
        _store_frames(captures, settings, since, stop)
    except OSError as error:
        raise TelltaleError(
            f"arp: the capture failed ({error.strerror or error}); telltale up and the service start it again"
        ) from error
    finally:
        for capture in captures:
            capture.close()


def open_captures(arp: ArpSettings) -> list[Capture]:
    """A capture of each interface that is asked for.

    Raises:
        ConfigError: no right to capture, or no such interface.
    """
    captures = [open_capture(name, dhcp=True) for name in chosen(arp.interfaces)]
    log.info("arp captures on %s", ", ".join(capture.interface for capture in captures))
    return captures


def _store_frames(captures: list[Capture], settings: Settings, since: Moment, stop: threading.Event) -> None:
    from collectors.arp.sniffing import Sniffing
    from collectors.common.packetlog import PacketLog
    from telltale.door import open_door
    from telltale.sources import source

    packets, door = PacketLog(), open_door(settings, [source("button")])
    try:
        Sniffing(captures, door, settings, packets, since).run(stop)
    finally:
        door.close()
        packets.close()
