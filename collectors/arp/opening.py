"""The capture of this system: the kernel's ring on Linux, scapy's sockets elsewhere."""

import sys

from collectors.arp.capture import Capture


def open_capture(interface: str, *, dhcp: bool) -> Capture:
    """A capture of an interface, which need not exist yet; `link` says whether it does.

    Raises:
        ConfigError: this process may not capture.
        ModuleNotFoundError: not Linux, and the extra `capture` is not installed.
    """
    if sys.platform == "linux":
        from collectors.arp.capture_ring import Ring

        return Ring(interface, dhcp=dhcp)
    from collectors.arp.capture_scapy import ScapyCapture

    return ScapyCapture(interface, dhcp=dhcp)
