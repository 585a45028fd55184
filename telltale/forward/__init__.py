"""Passing events on to platforms: an outbox in the store, one file a platform, a loop (wire/forwarding.md)."""
