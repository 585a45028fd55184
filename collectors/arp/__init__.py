"""Capture of ARP and DHCP frames: `opening.py` opens this system's capture, `sniffing.py` is the loop that stores.

`discover.py` is `telltale discover`, which listens the same way and stores nothing.
"""
