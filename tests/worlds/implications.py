"""What no page may say beside something else: a table of contradictions, one a line, in the words of the pages.

A line says: where the first pattern stands, the second must not stand, on the same page or on any page of the project.
Patterns are of `reading.text`: blocks parted by ` | `, so `Devices on time | 2 of 3` is a tile with its label.
"""

# ruff: noqa: E501 - a row stays a row
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

PAGE, PROJECT = "page", "project"
NOT_ALL = r"(?!(\d+) of \1\b)\d+ of \d+"
"""`2 of 3`, but not `3 of 3`."""
A_SOURCE_SILENT = r"is silent ?(\| )?no record for|has sent no record for"
ALARM = r"\b(\w+) alarms?\b(?= \| Alarms first)"


class Implication(NamedTuple):
    """Where `said` stands, `never` must not."""

    name: str
    said: str
    never: str
    within: str = PAGE


IMPLICATIONS = (
    Implication("nothing needs a look: nothing is in alarm", r"Nothing needs a look", rf"{ALARM}|{A_SOURCE_SILENT}"),
    Implication("every source delivers: none is silent", r"Every source delivers|All sources deliver", A_SOURCE_SILENT, PROJECT),
    Implication("all sources deliver: not some of them", r"All sources deliver", r"\w+ of \w+ sources? delivers?\b", PROJECT),
    Implication("no silence of a whole source: none is silent", r"no silence of a whole source", A_SOURCE_SILENT, PROJECT),
    Implication("no silence of a whole source: all deliver", r"no silence of a whole source", r"(One|Two|Three|None) of \w+ sources deliver"),
    Implication("all nodes report: no node is missing", r"\b[Aa]ll (\w+ )?nodes report", rf"Nodes reporting \| {NOT_ALL}|nodes? (is|are) silent"),
    Implication("every node reports: no node is missing", r"every node reports", rf"Nodes reporting \| {NOT_ALL}", PROJECT),
    Implication("present now: somebody listens", r"Present now \| <?\d", r"Nodes reporting \| 0 of|No node reported in this period"),
    Implication("no visitor: somebody listened", r"\A(?!.*(?:too low|what is recorded)).*?\| 0 devices \| a device counts once", r"no node reported today|Nodes reporting \| 0 of"),
    Implication("kept limits: no minute outside", r"sensors? kept (its|their) limits", r"Outside limits \| (?!0 min)\d"),
    Implication("kept limits: nothing is unknown but said", r"with limits kept (its|their) limits in the last 24 hours\. \|", r"Gaps \w"),
    Implication("no sensor left its limits: no time outside", r"No sensor left its limits", r"Outside limits \| (?!0 min)\d|outside for|above \d|left its limits on"),
    Implication("every sensor kept its limits: none is silent", r"every sensor kept its limits", r"\| Devices on time \| 0 of|has been silent for"),
    Implication("hardly any missing: nearly all came", r"hardly any missing", r"Messages received \| [1-8]?\d(\.\d)? %"),
    Implication("received 100 %: nothing is missing", r"Messages received \| 100\.0 %(?! \| [^|]*of \d+ of \d+ devices)", r"(?<!is )silent \||has been silent for|never heard"),
    Implication("none is late: all on time", r"none is late", rf"Devices on time \| {NOT_ALL}"),
    Implication("heard as they should be: none is late", r"heard as (it|they) should be", rf"Devices on time \| {NOT_ALL}|\| (late|silent|never heard) \|"),
    Implication("no device is silent: none in the table", r"No device is silent", r"\| silent \| (?!\|)"),
    Implication("every device is heard: none never", r"Every device that is known is heard", r"\| never heard \||\| silent \|"),
    Implication("all decoded: nothing rejected", r"(Everything|Every row of this period|what arrives) (could|can) be decoded", r"Rows rejected( in 24 h)? \| [1-9]"),
    Implication("all within a minute: no clock is off", r"all within a minute", r"clock offset \| [\d,]+ (min|h|d)\b|\| [+−][1-9]\d{2,}[\d,]* s\b"),
    Implication("capture ran all the time: no gap is told", r"Capture running \| 100 %", r"did not listen|nobody listened|only for|capture has been (silent|off)"),
    Implication("all buttons as usual: none may be dead", r"[Ee]very button was pressed within its usual time", r"may be dead|button has been silent|No pull in"),
    Implication("no pull: none is counted", r"No pull in 4 weeks", r"\b[1-9]\d* pulls? of"),
    Implication("nothing arrived: no figure", r"No record has arrived yet", r"class=|\| \d+ of \d+ \|"),
    Implication("now: the device is on time", r"\| (?P<who>[\w ]+) now \|", r"(?P=who) (has been silent for|silent\b|late\b|\| late|\| silent)"),
    Implication("nearly every hour is recorded: little is unknown", r"nearly every hour is recorded", r"not recorded all the time|[2-9]\d % unknown"),
    Implication("too few to say what is usual: nothing is unusual", r"too few to say what is usual", r"more often than|less often than"),
)  # fmt: skip
"""One a line."""


def contradictions(pages: Mapping[str, str]) -> Iterator[str]:
    """Where two sentences of a page, or of two pages of one project, cannot both be true.

    Args:
        pages: plain text by page.
    """
    for one in IMPLICATIONS:
        for page, text in pages.items():
            for said in re.finditer(one.said, text):
                never = _filled(one.never, said)
                others = pages.items() if one.within == PROJECT else ((page, text),)
                for other, beside in others:
                    found = re.search(never, beside)
                    if found:
                        yield f"{one.name}: {page} says “{said[0]}”, {other} “{found[0]}”"
                break


def _filled(pattern: str, said: re.Match[str]) -> str:
    """The pattern with what the first one found by name."""
    for name, value in said.groupdict().items():
        pattern = pattern.replace(f"(?P={name})", re.escape(value or ""))
    return pattern
