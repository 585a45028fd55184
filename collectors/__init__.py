"""One thin process per transport: a packet in, a `Request` to the door, its reply out. None knows a vendor."""
