"""Somebody at a PC: a file is touched at every input, for some minutes, then not for a while.

`python -m telltale.simulate.demo.person FILE SEED` goes on until it is told to end. The agent's backend `file` takes
the age of the file for the idle time.
"""

import random
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

WORKS_S, RESTS_S = (240, 900), (200, 420)
PAUSE_S = 12.0
"""The longest pause between two inputs of somebody at work."""


def main() -> None:
    """Touch the file until SIGTERM or Ctrl-C."""
    path, seed = Path(sys.argv[1]), int(sys.argv[2])
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    path.parent.mkdir(parents=True, exist_ok=True)
    for pause_s in pauses(random.Random(seed)):  # noqa: S311 - invented input, not secrets
        path.touch()
        if stop.wait(pause_s):
            return


def pauses(dice: random.Random) -> Iterator[float]:
    """How long until the next input, one input after the other, without end."""
    while True:
        left_s = dice.uniform(*WORKS_S)
        while left_s > 0:
            pause_s = dice.uniform(0.2, PAUSE_S)
            left_s -= pause_s
            yield pause_s
        yield dice.uniform(*RESTS_S)


if __name__ == "__main__":
    main()
