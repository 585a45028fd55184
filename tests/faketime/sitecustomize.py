"""On the path of every process of `make test-long`, for faketime's sake.

`time.sleep` sleeps until a moment of the monotonic clock, which faketime 0.9.10 counts from the faked time, even
with FAKETIME_DONT_FAKE_MONOTONIC=1: "Invalid argument". A wait for nothing is as long, and is not faked.
"""

import select
import time
from typing import SupportsIndex


def _sleep(seconds: SupportsIndex | float) -> None:
    if float(seconds) < 0:
        raise ValueError("sleep length must be non-negative")
    select.select([], [], [], float(seconds))


time.sleep = _sleep
