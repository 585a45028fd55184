"""What readers are told beside a report itself: that one failed, and what was caught up on, in one message.

A period that is made when it is due has a message of its own (`telltale.publish.mail_text`). Many that come at once,
after days off or an import, have one together.
"""

import hashlib
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from telltale import wording
from telltale.page.marked import bare
from telltale.publish.changes import Moved, lines
from telltale.publish.mail_page import wrapped
from telltale.publish.messages import Message
from telltale.publish.readers import Readers

LISTED = 20
"""So many periods of a report a summary lists; the others it counts."""
MOST_ATTACHED = 3
"""Of more reports than these none is attached to a summary: servers refuse mails that are too large."""
UNNAMED = "a chart or a text; no number of its words moved"
Place = Callable[[str, bool], tuple[Sequence[str], str]]
"""Given a page and whether it may be attached: what is attached, and where it is, in a sentence."""


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
    withheld: Collection[str] = ()
    """Those who may not have it."""

    @property
    def to(self) -> list[str]:
        """Those who are told."""
        return [to for to in self.readers.to if to not in self.withheld]


def key(readers: Readers, period: str, state: str, to: str) -> str:
    """What a message about one period tells of, for the outbox."""
    return " ".join(part for part in ("report", readers.report, readers.key, period, state, to) if part)


def changed(moved: Sequence[Moved]) -> list[str]:
    """What late data changed, a line each."""
    return lines(moved) or [UNNAMED]


def failed(news: News) -> list[Message]:
    """The messages about a report that could not be made, with its notebook as far as it came."""
    files = tuple(news.files) if news.readers.attach else ()
    with_it = "; its notebook as far as it came is attached" if files else ""
    again = " again, though late data came; what was published stands" if news.revision else ""
    body = f"The report for {news.period} could not be made{again}: {news.failed}{with_it}. It is tried again each day."
    subject = f"{_title(news.readers.report)} · {news.period} · failed"
    state = f"failed {news.revision}"
    return [_message(key(news.readers, news.period, state, to), to, subject, body, files) for to in news.to]


def summaries(news: Sequence[News], place: Place, *, left_out: int = 0) -> list[Message]:
    """One message for each who gets any of these.

    Args:
        news: what became of each period, the oldest first.
        place: where a page is found by its readers.
        left_out: older periods of these reports that nobody looks after.
    """
    recipients = dict.fromkeys(to for each in news for to in each.to)
    return [_summary(to, [each for each in news if to in each.to], place, left_out) for to in recipients]


def _summary(to: str, news: Sequence[News], place: Place, left_out: int) -> Message:
    made, lost = [each for each in news if not each.failed], [each for each in news if each.failed]
    told = [f"{wording.count(len(made), 'report')} made"] if made else []
    told += [f"{wording.count(len(lost), 'report')} failed"] if lost else []
    head = f"{' and '.join(told)}: {news[0].period} to {news[-1].period}" if len(news) > 1 else " ".join(told)
    parts, files = [f"{' and '.join(told)}, caught up on after a time without, or with late data."], list[str]()
    for report, group in groupby(sorted(news, key=_report), key=_report):
        each = list(group)
        parts.append("\n".join([_title(report), *_listed(each)]))
        for attached, where in _newest(each, place, attach=len({_report(one) for one in news}) <= MOST_ATTACHED):
            files += attached
            parts.append(where)
    if left_out:
        were = f"{wording.count(left_out, 'older period')} {'was' if left_out == 1 else 'were'} left out"
        parts.append(f"{were}: telltale schedule --once --since 1y makes those of a year.")
    ids = repr(sorted((each.run, each.revision, each.failed != "") for each in news))
    return _message(
        f"reports {hashlib.sha256(ids.encode()).hexdigest()[:24]} {to}", to, head, "\n\n".join(parts), files
    )


def _newest(news: Sequence[News], place: Place, *, attach: bool) -> Iterator[tuple[Sequence[str], str]]:
    """Where the newest of them is; the others are beside it."""
    made = [each for each in news if not each.failed and each.files]
    if made:
        yield place(made[-1].files[0], attach and made[-1].readers.attach)


def _report(news: News) -> str:
    return news.readers.report


def _listed(news: Sequence[News]) -> list[str]:
    told = []
    for each in news[-LISTED:]:
        said = f"could not be made: {each.failed}" if each.failed else bare(each.sentence) or "made"
        moved = f" (late data: {'; '.join(changed(each.changes)[:3])})" if each.revision > 1 and not each.failed else ""
        told.append(f"  {each.period}: {said}{moved}")
    rest = len(news) - len(told)
    return ([f"  {wording.count(rest, 'earlier period')}, all in the list of reports"] if rest else []) + told


def _message(key_: str, to: str, subject: str, body: str, files: Sequence[str]) -> Message:
    """As plain text, in which a space is one that everybody types, and in telltale's look."""
    plain = body.replace(wording.NBSP, " ")
    return Message(key_, to, subject.replace(wording.NBSP, " "), plain, wrapped("", body), tuple(dict.fromkeys(files)))


def _title(report: str) -> str:
    return wording.sentence_case(report.replace("_", " "))
