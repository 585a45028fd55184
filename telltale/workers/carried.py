"""The part of telltale that goes to a worker: its modules, compiled, in the function that Spark sends.

A worker needs pyarrow, numpy, msgspec and protobuf, and nothing of telltale: an older one that is installed there would
decode as the older one did. What is carried is imported from memory, once in a process; the packages whose beginning
would want more, such as the lake's, are bare there.
"""

import importlib.util
import marshal
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

import telltale

WHOLE = ("contract", "pb", "pipeline", "privacy", "sources", "tables")
"""Packages of which every module goes along."""
SINGLE = (
    *("address", "arrow", "backoff", "bounded", "csv_text", "extras", "private", "wording"),
    *("lake/files", "lake/rows", "workers/given", "workers/parts"),
)
"""Modules that go along by themselves."""


class Code(NamedTuple):
    """Modules as they go along."""

    packed: bytes
    digest: str


@cache
def code() -> Code:
    """The modules, compiled for this Python."""
    root = Path(telltale.__file__).parent
    files = [root / f"{name}.py" for name in SINGLE]
    files += [file for package in WHOLE for file in sorted((root / package).rglob("*.py"))]
    modules = {}
    for file in files:
        parts = file.relative_to(root.parent).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        modules[name] = (is_package, compile(file.read_bytes(), f"<{name}, carried>", "exec", dont_inherit=True))
    packed = zlib.compress(marshal.dumps(modules))
    return Code(packed, sha256(packed).hexdigest())


def on_workers(
    module: str, function: str, given: Mapping[str, Any]
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """A function of a carried module as `mapInArrow` calls it.

    Args:
        module: one that goes along.
        function: its function of (batches, given).
        given: what it is given; plain values only.
    """
    (packed, digest), magic = code(), importlib.util.MAGIC_NUMBER

    def on_part(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        # It is sent by value and runs where nothing of this module is: whatever it needs is imported in it.
        import importlib.abc
        import importlib.machinery
        import importlib.util
        import marshal
        import sys
        import zlib
        from typing import Any

        if magic != importlib.util.MAGIC_NUMBER:
            raise RuntimeError(
                f"the worker is Python {sys.version.split()[0]}, expected the minor version of the driver"
            )

        class Carried(importlib.abc.MetaPathFinder, importlib.abc.Loader):
            """Imports what came along; the packages above it are empty."""

            def __init__(self) -> None:
                self.modules = marshal.loads(zlib.decompress(packed))  # noqa: S302 - packed above
                self.bare = {
                    name.rpartition(".")[0] for name in self.modules if name.rpartition(".")[0] not in self.modules
                }

            def find_spec(self, name: str, path: object = None, target: object = None) -> Any:  # noqa: ARG002
                if name not in self.modules and name not in self.bare:
                    return None
                is_package = name in self.bare or self.modules[name][0]
                return importlib.machinery.ModuleSpec(name, self, is_package=is_package)

            def exec_module(self, module: Any) -> None:
                if module.__name__ in self.modules:
                    exec(self.modules[module.__name__][1], module.__dict__)  # noqa: S102 - packed above

        if getattr(sys.modules.get("telltale"), "__carried__", "") != digest:
            for name in [name for name in sys.modules if name == "telltale" or name.startswith("telltale.")]:
                del sys.modules[name]
            sys.meta_path[:] = [each for each in sys.meta_path if type(each).__name__ != "Carried"]
            sys.meta_path.insert(0, Carried())
            importlib.import_module("telltale").__dict__["__carried__"] = digest
        yield from getattr(importlib.import_module(module), function)(batches, given)

    return on_part
