"""Capture of ARP and DHCP frames."""
