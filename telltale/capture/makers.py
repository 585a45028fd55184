"""The maker of a network card, by the first three bytes of its address.

The table is the registry of the IEEE as the package netaddr ships it. Smaller blocks, whose first three bytes several
makers share, are told by none.
"""

_SHARED = "IEEE Registration Authority"


def maker_of(device_id: str) -> str:
    """The maker of an address; empty where it is made up, or its block is not registered to one maker."""
    from netaddr import EUI, AddrFormatError, NotRegisteredError

    try:
        name = str(EUI(device_id).oui.registration().org)
    except (AddrFormatError, NotRegisteredError):
        return ""
    return "" if name == _SHARED else name
