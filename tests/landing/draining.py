"""A collector that stops where it is told: `python -m tests.landing.draining FOLDER STEP`.

It prints each record's number once it is acknowledged, through its spool, and is killed at a step of the drain; with
STEP `spool` it goes on until somebody kills it.
"""

import os
import signal
import sys
import time
from contextlib import closing
from itertools import count
from pathlib import Path

from telltale.landing import Expiry, Landing, Spool, Spooling, Store
from tests.sources.toy import raw


def main() -> None:
    """Run until killed, or until the spool is empty."""
    folder, last = Path(sys.argv[1]), sys.argv[2]

    def die(step: str) -> None:
        if step == last:
            os.kill(os.getpid(), signal.SIGKILL)

    store = Store((folder / "url").read_text(), busy_timeout_s=0.2, may_be_away=True)
    spool = Spool(folder / "spool", "http", most_records=100_000, most_bytes=1 << 30)
    spooling = Spooling(spool, store, group=3, expiry=Expiry(None, ()), step=die)
    with closing(Landing(store, spooling=spooling)) as landing:
        first = int((folder / "first").read_text()) if last == "spool" else None
        for number in count(first) if first is not None else ():
            landing.append(raw(number, f"{number}"))
            print(number, flush=True)
        while spooling.is_active:
            time.sleep(0.01)
    store.close()


if __name__ == "__main__":
    main()
