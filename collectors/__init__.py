"""One thin process per transport: a packet in, a `Request` to the door, its reply out. None knows a vendor's format.

Each entry module has a `run(settings)`, which pyproject.toml registers and `telltale collect` starts; the library never
imports one. What an entry module needs stands in the folder of its transport, what two of them need in `common/`.
"""
