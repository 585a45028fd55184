"""Guided fuzzing of the decoders, where atheris is installed: `python -m tests.torture.fuzzing SOURCE [SECONDS]`.

It looks for bytes by the branches they take, which hypothesis does not. A batch as in `tests.sources.hostile_bytes` is
decoded for each; it ends at the first that a decoder answers as it must not.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from telltale.sources import SOURCES
from tests.sources.hostile_bytes import OWN_FAULT, of
from tests.sources.sampled import decoded


def main() -> int:
    """Fuzz one source for so many seconds, a minute unless told."""
    try:
        import atheris  # type: ignore[import-untyped] # of no lock: it has wheels for few Pythons
    except ImportError:
        print("atheris is not installed: pip install atheris (Linux, Python 3.11 to 3.13)", file=sys.stderr)
        return 1
    name, seconds = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "60"
    samples = of(name)
    for module in sorted(each for each in sys.modules if each.startswith(f"telltale.sources.{name}")):
        for what in vars(sys.modules[module]).values():
            if callable(what) and getattr(what, "__module__", "") == module and hasattr(what, "__code__"):
                atheris.instrument_func(what)

    def one(data: bytes) -> None:
        sample = samples[data[0] % len(samples)] if data else samples[0]
        tables = decoded(name, [sample.raw._replace(body=data[1:])], sample.settings)
        reasons = tables["reject"].column("reason").to_pylist() if "reject" in tables else []
        if OWN_FAULT in reasons:
            raise AssertionError(f"{OWN_FAULT}: {data[1:]!r}, as sample {sample.name}")

    with TemporaryDirectory() as folder:
        for number, sample in enumerate(samples):
            (Path(folder) / str(number)).write_bytes(bytes([number % 256]) + sample.body)
        atheris.Setup([sys.argv[0], f"-max_total_time={seconds}", "-max_len=4096", folder], one)
        atheris.Fuzz()
    return 0


if __name__ == "__main__":
    assert len(sys.argv) > 1, f"expected a source: {', '.join(source.name for source in SOURCES)}"
    sys.exit(main())
