"""Who kept its limits, and how much of that is known: from `tt.sensors.coverage` and excursions."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from telltale.frames import rows
from telltale.page import said
from telltale.page.claims import About, How
from telltale.page.said import Said, say
from telltale.sensors import claims

COVERAGE = ("device_id", "name", "quantity", "readings", "window_s", "unknown_s", "known_s", "was")
HARDLY_S = 59.5
"""Less than this is no minute."""
LEAST_KNOWN = 0.1
"""Of a sensor of which less than this share of the time is known nobody can say that it kept its limits."""
MOST_NAMED = 3
SPELT = {
    "co2": "CO₂", "co": "CO", "no2": "NO₂", "h2s": "H₂S", "nh3": "NH₃", "ch4": "CH₄",
    "co2_equivalent": "CO₂ equivalent", "tvoc": "TVOC", "voc": "VOC", "breath_voc": "breath VOC", "iaq": "IAQ",
    "static_iaq": "static IAQ", "pm_1_0": "PM1", "pm_2_5": "PM2.5", "pm_10_0": "PM10",
}  # fmt: skip
"""Quantities whose name in the tables is not how people write it."""


class Sensor(NamedTuple):
    """One sensor with limits, over all of its series: the worst of each."""

    device_id: str
    name: str
    readings: int
    window_s: float
    unknown_s: float
    known_s: float
    was: tuple[str, ...] = ()
    """The ids of the sensors it replaced."""

    @property
    def is_known(self) -> bool:
        """Whether enough is known of it to say that it kept its limits."""
        return self.known_s >= max(HARDLY_S, LEAST_KNOWN * self.window_s)

    @property
    def is_whole(self) -> bool:
        """Whether not a minute is unknown."""
        return self.unknown_s < HARDLY_S


@dataclass(frozen=True)
class Kept:
    """The sensors with limits: those that left them, and of the others how much is known."""

    about: About = field(default_factory=About)
    left: list[Sensor] = field(default_factory=list)
    kept: list[Sensor] = field(default_factory=list)
    """As far as is known."""
    few: list[Sensor] = field(default_factory=list)
    """So little is known that it does not tell, all of it within."""
    unknown: list[Sensor] = field(default_factory=list)
    """Without a reading."""

    @property
    def all(self) -> list[Sensor]:
        """All of them."""
        return [*self.left, *self.kept, *self.few, *self.unknown]

    @property
    def others(self) -> list[Sensor]:
        """Those that are not known to have left their limits."""
        return [*self.kept, *self.few, *self.unknown]

    @property
    def is_whole(self) -> bool:
        """Whether nothing is unknown of those that did not leave their limits."""
        return not self.few and not self.unknown and all(sensor.is_whole for sensor in self.kept)

    def count(self, sensors: Sequence[Sensor], measure: str = "sensors_with_limits") -> Said:
        """How many these are, in words."""
        return said.in_words(claims.sensors(self.about, measure, [sensor.device_id for sensor in sensors]))

    @property
    def kept_count(self) -> Said:
        """How many kept their limits, in words."""
        return self.count(self.kept, "sensors_within_limits")


def kept(coverage: Any, excursions: Any, about: About = About()) -> Kept:  # noqa: B008 - frozen
    """The sensors with limits by what is known of them.

    Args:
        coverage: how much is known of each series with limits (`tt.sensors.coverage`), silent ones included.
        excursions: device_id of those that left them (`tt.sensors.excursions`).
        about: what the numbers are claims of.
    """
    left = {row["device_id"] for row in rows(excursions, "device_id")}
    judged = Kept(about)
    for sensor in sensors(coverage):
        if left & {sensor.device_id, *sensor.was}:
            judged.left.append(sensor)
        elif sensor.is_known:
            judged.kept.append(sensor)
        elif sensor.readings:
            judged.few.append(sensor)
        else:
            judged.unknown.append(sensor)
    return judged


def sensors(coverage: Any) -> list[Sensor]:
    """The sensors of a table of series, in its order."""
    made: dict[str, Sensor] = {}
    for row in rows(coverage, *COVERAGE):
        was = tuple(row["was"].split())
        figures = (row["readings"], row["window_s"], row["unknown_s"], row["known_s"])
        old = made.get(row["device_id"])
        if old:
            figures = (
                min(old.readings, figures[0]),
                max(old.window_s, figures[1]),
                max(old.unknown_s, figures[2]),
                min(old.known_s, figures[3]),
            )
        made[row["device_id"]] = Sensor(row["device_id"], row["name"], *figures, was)
    return list(made.values())


def kept_text(judged: Kept, when: str) -> Said:
    """`All **three sensors** with limits kept their limits in the last 24 hours`, or how much of that is not known.

    Args:
        judged: none of them left its limits.
        when: such as `in the last 24 hours`.
    """
    count, all_of = len(judged.kept), len(judged.all)
    within = f" {when}" if when else ""
    doubts = _doubts(judged)
    if not count:
        which = say("the **{} sensor{}**", judged.count(judged.all), "" if all_of == 1 else "s")
        template = "Whether {} with limits kept {} limits{} is **not known**{}"
        return say(template, which, _its(all_of), within, _after(doubts, ": "))
    if count < all_of:
        who = say("**{} of {} sensors**", said.sentence_case(judged.kept_count), judged.count(judged.all))
    elif count == 1:
        who = say("The **{} sensor**", judged.count(judged.all))
    else:
        who = say("All **{} sensors**", judged.count(judged.all))
    far = as_far(judged, judged.kept)
    return say("{} with limits kept {} limits{}{}{}", who, _its(count), within, far, _after(doubts, "; "))


def others_text(judged: Kept) -> Said:
    """What is said of those that did not leave their limits, after those that did; empty without any."""
    rest, count, doubts = judged.others, len(judged.kept), _doubts(judged)
    if not rest:
        return Said()
    if not count:
        return say("; {}", doubts)
    its, far = _its(count), as_far(judged, judged.kept)
    if count == len(rest) == 1:
        return say("; the other sensor kept its limits{}", far)
    if count == len(rest):
        return say("; the other {} sensors kept {} limits{}", judged.count(rest), its, far)
    template = "; {} of the other {} kept {} limits{}; {}"
    return say(template, judged.kept_count, judged.count(rest), its, far, doubts)


def kept_title(judged: Kept) -> Said:
    """`All three sensors kept their limits`, or how far that is known; without any, a neutral title."""
    count, all_of = len(judged.kept), len(judged.all)
    if not all_of:
        return Said("What the sensors measured")
    if not count:
        who = "the sensor" if all_of == 1 else "the sensors"
        return say("Whether {} kept {} limits is not known", who, _its(all_of))
    if count < all_of:
        who = say("{} of {} sensors", said.sentence_case(judged.kept_count), judged.count(judged.all))
    else:
        who = "The sensor" if count == 1 else say("All {} sensors", judged.kept_count)
    return say("{} kept {} limits{}", who, _its(count), "" if judged.is_whole else " as far as is known")


def as_far(judged: Kept, sensors: Sequence[Sensor]) -> Said:
    """` as far as is known: **3 h 10 min** of 24 h unknown`, those of the worst; empty where all is known."""
    worst = max(sensors, key=lambda sensor: sensor.unknown_s, default=None)
    if worst is None or worst.is_whole:
        return Said()
    return say(" as far as is known: {}", unknown_of(judged, worst, is_worst=len(sensors) > 1))


def unknown_of(judged: Kept, sensor: Sensor, *, is_worst: bool = False) -> Said:
    """`**3 h 10 min** of 24 h unknown`; of the worst of several `up to …, most of Dock`."""
    unknown, window = (known(judged, sensor, column) for column in ("unknown_s", "window_s"))
    part = say("**{}** of {} unknown", unknown, window)
    return say("up to {} (most of {})", part, sensor.name) if is_worst else part


def known(judged: Kept, sensor: Sensor, column: str) -> Said:
    """How long something of a sensor is: unknown_s, known_s or window_s."""
    how: How = "min" if column == "known_s" else "max"
    return said.duration(claims.known(judged.about, sensor._asdict(), column, how=how))


def quantity_name(quantity: str) -> str:
    """`CO₂`, `electricity in all`: a quantity as people read it."""
    return SPELT.get(quantity, quantity.replace("_total", "_in_all").replace("_", " "))


def _doubts(judged: Kept) -> Said:
    """`nothing is known of !!Freezer!!; of **Lab** only 10 min, within its limits`."""
    parts = []
    if judged.unknown:
        named: list[str] = [f"!!{sensor.name}!!" for sensor in judged.unknown[:MOST_NAMED]]
        parts.append(say("nothing is known of {}", said.joined([*named, *_more(judged, judged.unknown, "more")])))
    if judged.few:
        named = [say("**{}** only {}", sensor.name, _little(judged, sensor)) for sensor in judged.few[:MOST_NAMED]]
        listed = said.joined([*named, *_more(judged, judged.few, "more hardly anything")])
        parts.append(say("of {}, within {} limits", listed, _its(len(judged.few))))
    return said.together(parts, "; ")


def _little(judged: Kept, sensor: Sensor) -> Said:
    """`10 min of 24 h`; where not even a minute is known, how many readings."""
    if sensor.known_s < HARDLY_S:
        readings = claims.known(judged.about, sensor._asdict(), "readings", unit="", how="min")
        return said.count(readings, "reading")
    return say("{} of {}", known(judged, sensor, "known_s"), known(judged, sensor, "window_s"))


def _more(judged: Kept, sensors: Sequence[Sensor], noun: str) -> list[str]:
    rest = sensors[MOST_NAMED:]
    return [say("{} {}", judged.count(rest), noun)] if rest else []


def _after(text: Said, mark: str) -> Said:
    return say("{}{}", mark, text) if text else text


def _its(sensors: int) -> str:
    return "its" if sensors == 1 else "their"
