"""How long to wait before the next try of what keeps failing: twice as long each time, up to a limit."""


def back_off(failures: int, *, first_s: float = 1.0, longest_s: float) -> float:
    """Seconds before the next try: 0 without a failure, then `first_s` and twice the wait before, at most `longest_s`.

    Args:
        failures: tries in a row that have failed (>= 0).
        first_s: the wait after the first (> 0).
        longest_s: no wait is longer (>= first_s).
    """
    if failures <= 0:
        return 0.0
    return min(first_s * 2.0 ** min(failures - 1, 64), longest_s)  # 2.0 ** 1024 would overflow
