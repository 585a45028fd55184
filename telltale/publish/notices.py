"""What readers are told of a report: that it is there, what changed in it, that it failed, what was caught up on.

A period has one message; many of them that come at once, after days off or an import, have one together.
"""

import hashlib
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from telltale import wording
from telltale.page.marked import bare
from telltale.publish.changes import Moved, lines
from telltale.publish.messages import Message
from telltale.publish.readers import Readers

LISTED = 20
"""So many periods of a report a summary lists; the others it counts."""


class News(NamedTuple):
    """What became of a period."""

    readers: Readers
    run: int
    """Its row in the ledger."""
    period: str
    revision: int
    """How often it was published; 0 where it failed and never was."""
    sentence: str = ""
    files: Sequence[str] = ()
    """The page first, relative to the folder of reports."""
    failed: str = ""
    """Why it could not be made, as its readers may know it."""
    changes: Sequence[Moved] = ()

    @property
    def attached(self) -> tuple[str, ...]:
        """What goes with the message: the page and its print, never the notebook of one that succeeded."""
        if not self.readers.attach:
            return ()
        return tuple(name for name in self.files if self.failed or not name.endswith(".ipynb"))


def of_one(news: News, *, public_url: str = "") -> list[Message]:
    """The messages about one period, one for each who gets it."""
    head = _head(news)
    body = "\n\n".join(part for part in (_said(news), _changed(news), _where(news, public_url)) if part)
    state = f"failed {news.revision}" if news.failed else str(news.revision)
    key = " ".join(part for part in ("report", news.readers.report, news.readers.key, news.period, state) if part)
    return [_message(f"{key} {to}", to, head, body, news.attached) for to in news.readers.to]


def of_many(news: Sequence[News], *, left_out: int = 0, public_url: str = "") -> list[Message]:
    """One summary for each who gets any of them.

    Args:
        news: what became of each period, the oldest first.
        left_out: older periods of these reports that nobody looks after.
        public_url: where reports are served; empty where they are not.
    """
    recipients = dict.fromkeys(to for each in news for to in each.readers.to)
    return [_summary(to, [each for each in news if to in each.readers.to], left_out, public_url) for to in recipients]


def _summary(to: str, news: Sequence[News], left_out: int, public_url: str) -> Message:
    made, failed = [each for each in news if not each.failed], [each for each in news if each.failed]
    told = [wording.count(len(made), "report")] if made else []
    told += [f"{wording.count(len(failed), 'report')} failed"] if failed else []
    parts = [f"{' and '.join(told)}, after a time without or with late data:"]
    files: list[str] = []
    for name, group in groupby(sorted(news, key=_report), key=_report):
        each = list(group)
        parts.append("\n".join([_title(name), *_listed(each)]))
        if newest := [one for one in each if not one.failed]:
            files.extend(newest[-1].attached)
            if where := _where(newest[-1], public_url):
                parts.append(f"The newest of them: {where}")
    if left_out:
        were = f"{wording.count(left_out, 'older period')} {'was' if left_out == 1 else 'were'} left out"
        parts.append(f"{were}: telltale schedule --once --since 1y makes those of a year")
    ids = hashlib.sha256(
        repr(sorted((each.run, each.revision, each.failed != "") for each in news)).encode()
    ).hexdigest()
    subject = f"{' and '.join(told)}: {news[0].period} to {news[-1].period}" if len(news) > 1 else _head(news[0])
    return _message(f"reports {ids[:24]} {to}", to, subject, "\n\n".join(parts), files)


def _message(key: str, to: str, subject: str, body: str, files: Sequence[str]) -> Message:
    """As plain text: a space is one that everybody types."""
    return Message(
        key, to, subject.replace(wording.NBSP, " "), body.replace(wording.NBSP, " "), files=tuple(dict.fromkeys(files))
    )


def _report(news: News) -> str:
    return news.readers.report


def _listed(news: Sequence[News]) -> list[str]:
    told = []
    for each in news[-LISTED:]:
        said = f"could not be made: {each.failed}" if each.failed else bare(each.sentence) or "made"
        moved = f" (changed: {'; '.join(lines(each.changes)[:3])})" if each.changes else ""
        told.append(f"  {each.period}: {said}{moved}")
    rest = len(news) - len(told)
    return ([f"  {wording.count(rest, 'earlier period')}, all in the list of reports"] if rest else []) + told


def _head(news: News) -> str:
    what = "failed" if news.failed else "changed by late data" if news.revision > 1 else ""
    return " ".join(f"{_title(news.readers.report)} · {news.period}{f' · {what}' if what else ''}".split())


def _said(news: News) -> str:
    if news.failed:
        with_it = "; its notebook as far as it came is attached" if news.attached else ""
        return f"The report for {news.period} could not be made: {news.failed}{with_it}. It is tried again each day."
    return bare(news.sentence)


def _changed(news: News) -> str:
    if news.revision < 2 or news.failed:
        return ""
    moved = lines(news.changes)
    if not moved:
        return "Late data changed a chart or a text of it; no number of its words moved."
    return "\n".join(["Late data changed:", *(f"  {line}" for line in moved)])


def _where(news: News, public_url: str) -> str:
    if news.failed or not news.files:
        return ""
    if news.attached:
        return "The report is attached; it opens without a network."
    return f"{public_url.rstrip('/')}/reports/{news.files[0]}" if public_url else f"The report: {news.files[0]}"


def _title(report: str) -> str:
    return wording.sentence_case(report.replace("_", " "))
