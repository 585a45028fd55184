"""Capture files: read whatever a packet capture wrote, write the classic kind. No network library, no rights."""

from telltale.capture.packets import Packet
from telltale.capture.reading import STANDARD_INPUT, Capture, open_capture
from telltale.capture.writing import CaptureWriter

__all__ = ["STANDARD_INPUT", "Capture", "CaptureWriter", "Packet", "open_capture"]
