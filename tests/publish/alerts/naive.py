"""Episodes as one would find them by hand: receipt by receipt, sample by sample; shares no code with the kernel."""

from typing import Any, NamedTuple


class Sample(NamedTuple):
    """One judged sample; `mark` is clear, beyond or holds."""

    at: int
    received: int
    value: float
    mark: str


def naive(samples: list[Sample], lasts: int = 0) -> list[dict[str, Any]]:
    """What is known after all receipts: begins, known, ends, recovered, peak (the highest)."""
    told: list[dict[str, Any]] = []
    for moment in sorted({sample.received for sample in samples}):
        come = sorted(sample for sample in samples if sample.received <= moment)
        stays = _stays(come)
        for one in told:
            if one["recovered"] is not None:
                continue
            mine = [stay for stay in stays if stay["rows"][0].at <= one["newest"]][-1]
            one["newest"] = max(one["newest"], mine["rows"][-1].at)
            one["peak"] = max(one["peak"], *(row.value for row in mine["rows"]))
            if mine["clear"] is not None:
                one["ends"], one["recovered"] = mine["clear"].at, moment
        for stay in stays:
            begin, clear = stay["rows"][0].at, stay["clear"]
            if not any(row.at - begin >= lasts for row in stay["rows"]):
                continue
            if any(_share(begin, clear and clear.at, one["begins"], one["ends"]) for one in told):
                continue
            told.append(
                {
                    "begins": begin, "known": moment, "ends": clear.at if clear else None,
                    "recovered": moment if clear else None, "peak": max(row.value for row in stay["rows"]),
                    "newest": stay["rows"][-1].at,
                }
            )  # fmt: skip
    return sorted(told, key=lambda one: (one["known"], one["begins"]))


def _stays(come: list[Sample]) -> list[dict[str, Any]]:
    stays: list[dict[str, Any]] = []
    is_on = False
    for sample in come:
        if sample.mark == "beyond" and not is_on:
            stays.append({"rows": [], "clear": None})
            is_on = True
        elif sample.mark == "clear" and is_on:
            stays[-1]["clear"] = sample
            is_on = False
        if is_on:
            stays[-1]["rows"].append(sample)
    return stays


def _share(begin: int, end: int | None, other: int, other_end: int | None) -> bool:
    far = 10**18
    return max(begin, other) < min(far if end is None else end, far if other_end is None else other_end)
