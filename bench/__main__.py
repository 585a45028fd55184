"""Run every bench, or the ones named: `python -m bench [name …]`; the names stand in `BENCHES`."""

import importlib
import sys

BENCHES = ("ingest", "coap", "capture", "replay", "decode", "efento", "analysis", "presses", "fresh", "dashboards")


def main(names: list[str]) -> None:
    """Run the named benches one after the other, so that they do not disturb each other."""
    unknown = sorted(set(names) - set(BENCHES))
    if unknown:
        sys.exit(f"no bench {unknown[0]!r}; known: {', '.join(BENCHES)}")
    for name in names or BENCHES:
        print(f"\n== {name}")
        importlib.import_module(f"bench.{name}").main()


if __name__ == "__main__":
    main(sys.argv[1:])
