"""Numbers, durations, dates and ranges as people read them: one spelling for pages, reports and the command line.

Real minus and en dash, no-break spaces before units and %, decimal point, thousands comma, 24 h clock. A day's or
month's name never depends on the machine's locale. Standard library only.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from math import isfinite

__all__ = [
    "COUNT_DHCP",
    "DASH",
    "FEWEST_FOR_SHARES",
    "FEWEST_WITHOUT_N",
    "MINUS",
    "NBSP",
    "UNKNOWN",
    "ago",
    "apart",
    "clock",
    "clock_span",
    "count",
    "date_span",
    "dhcp_alone",
    "duration",
    "full_date",
    "full_moment",
    "in_words",
    "is_known",
    "joined",
    "month",
    "number",
    "number_range",
    "percent",
    "quantity",
    "sentence_case",
    "share_of",
    "short_date",
    "short_moment",
    "short_weekday",
    "weekday",
]

NBSP = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"
UNKNOWN = "unknown"

COUNT_DHCP = "set [arp] dhcp = true in telltale.toml"

FEWEST_FOR_SHARES = 5
"""Below this many cases a percentage says more than it knows."""
FEWEST_WITHOUT_N = 100
"""Below this many cases a share or mean is shown with its n."""

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def number(value: float | None, digits: int = 0, *, signed: bool = False) -> str:
    """`1,163`, `−3`, with `signed` also `+6` and `±0`; unknown when there is none."""
    if value is None or not isfinite(value):
        return UNKNOWN
    rounded = round(value, digits)
    if rounded == 0:
        return f"±{0:.{digits}f}" if signed else f"{0:.{digits}f}"
    text = f"{abs(rounded):,.{digits}f}"
    return (MINUS if rounded < 0 else "+" if signed else "") + text


def quantity(value: float | None, unit: str, digits: int = 0, *, signed: bool = False) -> str:
    """`10.4 °C`: the number and its unit, never parted at a line's end."""
    text = number(value, digits, signed=signed)
    return text if text == UNKNOWN else f"{text}{NBSP}{unit}"


def percent(share: float | None, *, signed: bool = False) -> str:
    """`26 %` of a share between 0 and 1; a small one that is not nothing is `< 1 %`."""
    if share is not None and 0 < share < 0.005 and not signed:
        return f"<{NBSP}1{NBSP}%"
    return quantity(None if share is None else 100 * share, "%", signed=signed)


def share_of(part: float, whole: float) -> str:
    """`26 %`, with n beside it under a hundred cases (`26 %, n = 42`) and as `3 of 4` below five."""
    if whole < FEWEST_FOR_SHARES:
        return f"{number(part)} of {number(whole)}"
    text = percent(part / whole)
    return text if whole >= FEWEST_WITHOUT_N else f"{text}, n{NBSP}={NBSP}{number(whole)}"


def count(n: int, noun: str, plural: str = "") -> str:
    """`1 visit`, `42 visits`; the noun stays with its number."""
    return f"{number(n)}{NBSP}{noun if n == 1 else plural or noun + 's'}"


def in_words(n: int) -> str:
    """`three` up to ten, figures above: for small counts inside a sentence."""
    return _WORDS[n] if 0 <= n < len(_WORDS) else number(n)


def duration(seconds: float | None) -> str:
    """`12 s`, `47 min`, `1 h 28 min`, `6 d 2 h`: the two largest units that matter, rounded half up."""
    if seconds is None or not isfinite(seconds):
        return UNKNOWN
    sign, seconds = (MINUS, -seconds) if seconds < 0 else ("", seconds)
    if seconds < 59.5:
        return f"{sign}{int(seconds + 0.5)}{NBSP}s"
    minutes = int(seconds / 60 + 0.5)
    if minutes < 60:
        return f"{sign}{minutes}{NBSP}min"
    if minutes < 48 * 60:
        return sign + _two_units(minutes // 60, "h", minutes % 60, "min")
    hours = int(seconds / 3600 + 0.5)
    return sign + _two_units(hours // 24, "d", hours % 24, "h")


def _two_units(large: int, large_unit: str, small: int, small_unit: str) -> str:
    first = f"{large:,}{NBSP}{large_unit}"
    return f"{first}{NBSP}{small}{NBSP}{small_unit}" if small else first


def clock(moment: datetime) -> str:
    """`14:32`, of a moment already in the site's zone."""
    return f"{moment:%H:%M}"


def weekday(day: date) -> str:
    """`Wednesday`."""
    return _DAYS[day.weekday()]


def short_weekday(day: date) -> str:
    """`Wed`."""
    return weekday(day)[:3]


def short_date(day: date) -> str:
    """`Fri 20 Nov`, for anything but heads."""
    return f"{short_weekday(day)}{NBSP}{day.day}{NBSP}{_MONTHS[day.month - 1][:3]}"


def full_date(day: date) -> str:
    """`Friday 20 November 2026`, for heads."""
    return f"{weekday(day)} {day.day}{NBSP}{_MONTHS[day.month - 1]} {day.year}"


def month(day: date) -> str:
    """`November 2026`."""
    return f"{_MONTHS[day.month - 1]} {day.year}"


def short_moment(moment: datetime) -> str:
    """`Fri 20 Nov, 14:32`."""
    return f"{short_date(moment)}, {clock(moment)}"


def full_moment(moment: datetime) -> str:
    """`Fri 20 Nov 2026, 14:32`, where a page is kept for years."""
    return f"{short_date(moment)}{NBSP}{moment.year}, {clock(moment)}"


def dated_moment(moment: datetime, now: datetime) -> str:
    """`Fri 20 Nov, 14:32`; with its year where it is of another one and half a year or more away."""
    is_near = moment.year == now.year or abs(now - moment) < timedelta(days=182)
    return short_moment(moment) if is_near else full_moment(moment)


def clock_span(start: datetime, end: datetime) -> str:
    """`Thu 12 Nov, 03:10–03:25`; over midnight both days are named."""
    if start.date() == end.date():
        return f"{short_moment(start)}{DASH}{clock(end)}"
    return f"{short_moment(start)} to {short_moment(end)}"


def date_span(first: date, last: date) -> str:
    """`Monday 9 to Sunday 15 November 2026`: only what differs is said twice."""
    if first == last:
        return full_date(first)
    start = f"{weekday(first)} {first.day}"
    if (first.year, first.month) != (last.year, last.month):
        start += f"{NBSP}{_MONTHS[first.month - 1]}"
    if first.year != last.year:
        start += f" {first.year}"
    return f"{start} to {full_date(last)}"


def ago(moment: datetime, now: datetime) -> str:
    """`12 s ago` up to 48 h, then the date: how fresh a record is."""
    age = now - moment
    if age < timedelta(0):
        return f"in {duration(-age.total_seconds())}"
    return f"{duration(age.total_seconds())} ago" if age <= timedelta(hours=48) else f"on {short_date(moment)}"


def number_range(low: float, high: float, digits: int = 0) -> str:
    """`10–26`; with a negative end `−65 to −40`, because a dash and a minus are hard to tell apart."""
    if low < 0 or high < 0:
        return f"{number(low, digits)} to {number(high, digits)}"
    return f"{number(low, digits)}{DASH}{number(high, digits)}"


def apart(names: Mapping[str, str]) -> dict[str, str]:
    """Names by id; where two are the same each has its id beside it, of a long one the end: `Fridge (2d24e6)`."""
    same = Counter(name.casefold() for name in names.values())
    return {key: f"{name} ({_short(key)})" if same[name.casefold()] > 1 else name for key, name in names.items()}


def _short(key: str) -> str:
    own = key.partition(":")[2] or key
    return own if len(own) <= 8 else own[-4:]


def joined(words: Sequence[str]) -> str:
    """`entrance, hall and canteen`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def dhcp_alone(names: Sequence[str]) -> str:
    """Of buttons that were heard and make no press as things are set: what to do; empty without names."""
    if not names:
        return ""
    are = "is" if len(names) == 1 else "are"
    return f"DHCP alone was heard of {joined(names)}, which {are} listed, and it is not counted: {COUNT_DHCP}"


def sentence_case(text: str) -> str:
    """The text with its first letter raised and the rest as it is."""
    return text[:1].upper() + text[1:]


def is_known(value: float | None) -> bool:
    """Whether there is a value: pandas has NaN where Arrow has null."""
    return value is not None and isfinite(value)


def __dir__() -> list[str]:
    return __all__
