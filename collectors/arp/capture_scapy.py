"""Capture through scapy where there is no AF_PACKET: macOS (BPF devices) and Windows (Npcap).

scapy's sockets are read without dissection. libpcap compiles the filter, so it must be there; without it frames are
chosen in Python by whoever reads. Drops are not reported by these sockets and count as 0.
"""

import logging
import time
from contextlib import suppress
from importlib import import_module
from typing import Any

from collectors.arp.capture import Frame
from collectors.arp.capture_filter import LONGEST
from telltale.contract import ConfigError

_ARP = "arp or (vlan and arp)"
_WITH_DHCP = "arp or (udp and src port 68 and dst port 67) or (vlan and arp)"
"""The order matters: `vlan` shifts all that follows it (wire/kanban.md 6.2)."""
_AT_A_TIME = 256


class ScapyCapture:
    """One interface through scapy's listening socket.

    Args:
        interface: its name; it may be absent.
        dhcp: DHCP requests too.

    Raises:
        ConfigError: this process may not capture, or libpcap is missing.
    """

    def __init__(self, interface: str, *, dhcp: bool = False) -> None:
        self.interface = interface
        self._filter = _WITH_DHCP if dhcp else _ARP
        self._socket: Any = None
        self.link()

    def fileno(self) -> int:
        """Nothing to wait on: the sockets of some systems are none."""
        return -1

    def read(self) -> list[Frame]:
        """What waits, up to some hundred frames."""
        frames: list[Frame] = []
        while self._socket is not None and len(frames) < _AT_A_TIME and self._is_ready():
            try:
                _kind, data, at_s = self._socket.recv_raw(LONGEST)
            except OSError:
                self.close()  # unplugged; `link` opens it again
                break
            if data is not None:
                at_us = time.time_ns() // 1000 if at_s is None else int(at_s * 1_000_000)
                frames.append(Frame(at_us, data[:LONGEST]))
        return frames

    def drops(self) -> int:
        """Unknown here."""
        return 0

    def link(self) -> bool:
        """Whether the interface is open; tries to open it when it is not."""
        import_module("scapy.arch")  # fills `conf`
        from scapy.config import conf
        from scapy.error import Scapy_Exception

        if self._socket is not None:
            return True
        logging.getLogger("scapy.runtime").setLevel(logging.ERROR)  # it warns that it will not dissect
        try:
            self._socket = conf.L2listen(iface=self.interface, filter=self._filter, promisc=False)
        except PermissionError as error:
            raise ConfigError(
                "arp: this process may not capture; on macOS join the group access_bpf (Wireshark's ChmodBPF sets it "
                "up), on Windows install Npcap without its admin-only mode, or run it as administrator"
            ) from error
        except (Scapy_Exception, ImportError) as error:
            if "libpcap" in str(error) or "pcap" in str(error).lower():
                raise ConfigError(
                    f"arp: scapy cannot compile its filter ({error}); install libpcap, on Windows Npcap"
                ) from error
            return False
        except (OSError, ValueError):  # no such interface, or not now
            return False
        return True

    def close(self) -> None:
        """Close the socket; `link` may open it again."""
        if self._socket is not None:
            with suppress(OSError):
                self._socket.close()
            self._socket = None

    def _is_ready(self) -> bool:
        return bool(type(self._socket).select([self._socket], 0))
