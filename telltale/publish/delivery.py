"""Sending what is due in the outbox: each message once, again while that may help, and never silently given up.

A message is `waiting`, then `sending` while it is handed over, then `sent`, or `failed` when it is refused for good or
a day of tries has passed. One sender of mail works on a store at a time, and one of all else (a lock row each, which
shows a dead holder), so a message that is `sending` when another begins was left by one that ended. Whether the other
side had taken it then is not known: it is sent again, under the same Message-ID, so that a repetition can be
recognised. Never lost, rarely twice.
"""

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from hashlib import blake2b
from operator import add
from typing import Any, NamedTuple

import sqlalchemy as sa

from telltale import discreet, wording
from telltale.contract import ConfigError, StoreError
from telltale.lake.lock import Busy, locked
from telltale.landing.schema import MESSAGE
from telltale.landing.store import Store
from telltale.publish import mail_page
from telltale.publish.going_on import again
from telltale.publish.outgoing import NotSent, Outgoing, Session
from telltale.publish.ways import is_mail, way_name, way_to
from telltale.workbench.project import Project

WAITING, SENDING, SENT, FAILED = "waiting", "sending", "sent", "failed"
WAITS_MIN = (1, 5, 25)
"""Minutes to the next try, after the first, second and third that failed; then an hour."""
MOST_TRIES = 27
"""At 0, 1, 6 and 31 min, then each hour: the last 23 h 31 min after the first."""
LOCK_NAME = "publish"
LANES = ("mail", "other")
"""Mail and the ways of Apprise do not wait for each other: a mail server that hangs delays no chat."""
LOOK_S = 1.0
KEPT_D = 7
"""Days until the text of what was sent is removed; its key and subject stay, so that it is not sent again."""
LONGEST_ERROR = 500
_BATCH = 100
_MARK_TRIES = 3
_LONGEST_PASS_S = 200.0
"""No message is begun later in one pass: the lock is good for 600 s, and the slowest server may take 400 of them."""
_MINUTE, _HOUR, _DAY = 60_000_000, 3_600_000_000, 86_400_000_000
_INTERRUPTED = "telltale ended while it was being sent; it may have arrived"

Say = Callable[[str], None]
"""Told each thing worth a line."""


class Sent(NamedTuple):
    """What became of what was due."""

    sent: int = 0
    again: int = 0
    """Not sent, and tried again later."""
    failed: int = 0
    """Given up: refused for good, or a day of tries has passed."""


class Standing(NamedTuple):
    """How the outbox stands."""

    waiting: int
    sent: int
    failed: int
    oldest_at: int | None
    """When the longest waiting one was decided, microseconds UTC."""
    last_error: str
    """Why the newest that failed, or waits after a try, did not leave; empty where none does."""


class Due(NamedTuple):
    """A message to send."""

    id: int
    key: str
    recipient: str
    subject: str
    body: str
    html: str
    files: str
    created_at: int
    state: str
    attempts: int
    next_try: int


def send_due(project: Project, now_us: int | None = None, say: Say = lambda _text: None) -> Sent:
    """Send what is due, one try each; nothing while another process of this store sends.

    With a message that is due goes all that waits for the same recipient, in the order in which it was decided: an
    alert never arrives behind its recovery only because its own next try is later.

    Args:
        project: whose outbox.
        now_us: the present, microseconds UTC; None is the project's.
        say: told of each message.

    Raises:
        StoreError: the store is away.
    """
    now_us = project.now_us() if now_us is None else now_us
    return _sum(_send_lane(project, lane, now_us, say) for lane in LANES)


def keep(project: Project, stop: threading.Event, say: Say) -> None:
    """Send what becomes due until `stop` is set; the store may go away and come back meanwhile."""
    others = [threading.Thread(target=_keep, args=(project, lane, stop, say), name=lane) for lane in LANES[1:]]
    for other in others:
        other.start()
    try:
        _keep(project, LANES[0], stop, say)
    finally:
        stop.set()
        for other in others:
            other.join()


def _keep(project: Project, lane: str, stop: threading.Event, say: Say) -> None:
    tidy_at = 0

    def each() -> None:
        nonlocal tidy_at
        now_us = project.clock()  # never that of a moment which another thread holds
        _send_lane(project, lane, now_us, say)
        if lane == LANES[0] and now_us >= tidy_at:
            forget_texts(project.store, now_us - KEPT_D * _DAY)
            tidy_at = now_us + _HOUR

    again(each, stop, say, every_s=LOOK_S)


def _send_lane(project: Project, lane: str, now_us: int, say: Say) -> Sent:
    if not _recipients_due(project.store, lane, now_us):
        return Sent()
    try:
        with locked(project.store, f"{LOCK_NAME} {lane}", wait_s=0):
            return _send_all(project, lane, now_us, say)
    except Busy:
        return Sent()


def _sum(parts: Iterable[Sent]) -> Sent:
    return reduce(lambda one, other: Sent(*map(add, one, other)), parts, Sent())


def standing(store: Store) -> Standing:
    """How many messages wait, were sent, and were given up."""
    query = sa.select(MESSAGE.c.state, sa.func.count(), sa.func.min(MESSAGE.c.created_at)).group_by(MESSAGE.c.state)
    newest = (
        sa.select(MESSAGE.c.last_error)
        .where(MESSAGE.c.state != SENT, MESSAGE.c.last_error != "")
        .order_by(MESSAGE.c.id.desc())
        .limit(1)
    )
    with store.reader() as connection:
        rows = {state: (count, at) for state, count, at in connection.execute(query)}
        error = connection.scalar(newest) or ""
    waiting = [rows[state] for state in (WAITING, SENDING) if state in rows]
    oldest = min((at for _, at in waiting), default=None)
    sent, failed = (rows.get(state, (0, 0))[0] for state in (SENT, FAILED))
    return Standing(sum(count for count, _ in waiting), sent, failed, oldest, error)


def newest(store: Store, limit: int) -> list[sa.Row[tuple[Any, ...]]]:
    """The newest messages, the last first: all columns of the outbox but the texts."""
    columns = [column for column in MESSAGE.c if column.name not in ("body", "html")]
    with store.reader() as connection:
        return list(connection.execute(sa.select(*columns).order_by(MESSAGE.c.id.desc()).limit(limit)))


def release(store: Store, ids: Sequence[int] | None, *, now_us: int) -> int:
    """Let messages that were given up be tried again from now on; None is all of them. How many there were."""
    chosen = [MESSAGE.c.state == FAILED, *([] if ids is None else [MESSAGE.c.id.in_(list(ids))])]
    with store.writer() as connection:
        values = {"state": WAITING, "attempts": 0, "next_try": now_us}
        return connection.execute(MESSAGE.update().where(*chosen).values(**values)).rowcount


def forget_texts(store: Store, before_us: int) -> int:
    """Remove the texts of what was sent before a moment: a person's hours need not lie here. How many there were."""
    old = (MESSAGE.c.state == SENT) & (MESSAGE.c.sent_at < before_us) & (MESSAGE.c.body != "")
    with store.reader() as connection:
        if connection.execute(sa.select(MESSAGE.c.id).where(old).limit(1)).first() is None:
            return 0
    with store.writer() as connection:
        return connection.execute(MESSAGE.update().where(old).values(body="", html="")).rowcount


def _recipients_due(store: Store, lane: str, now_us: int) -> list[str]:
    # What waits for longer than any wait of ours was put off by a clock that was ahead.
    due = (MESSAGE.c.next_try <= now_us) | (MESSAGE.c.next_try > now_us + 2 * _HOUR)
    query = sa.select(MESSAGE.c.recipient).where(MESSAGE.c.state.in_((WAITING, SENDING)), due).distinct()
    with store.reader() as connection:
        return [recipient for recipient in connection.scalars(query) if is_mail(recipient) == (lane == "mail")]


def _messages(store: Store, lane: str, now_us: int) -> dict[str, list[Due]]:
    """What is to be sent, by the name of its way, in the order in which it was decided."""
    recipients = _recipients_due(store, lane, now_us)
    query = (
        sa.select(*(MESSAGE.c[name] for name in Due._fields))
        .where(MESSAGE.c.state.in_((WAITING, SENDING)), MESSAGE.c.recipient.in_(recipients))
        .order_by(MESSAGE.c.id)
        .limit(_BATCH)
    )
    ways: dict[str, list[Due]] = {}
    with store.reader() as connection:
        for row in connection.execute(query):
            due = Due(*row)
            ways.setdefault(way_name(due.recipient), []).append(due)
    return ways


def _send_all(project: Project, lane: str, now_us: int, say: Say) -> Sent:
    deadline = time.monotonic() + _LONGEST_PASS_S
    total = Sent()
    for messages in _messages(project.store, lane, now_us).values():
        for became, said in _by_one_way(project, messages, now_us, deadline):
            total = _sum((total, became))
            say(said)
    return total


def _by_one_way(project: Project, messages: Sequence[Due], now_us: int, deadline: float) -> Iterator[tuple[Sent, str]]:
    """Send messages in one session, or another where one of them has ended it; without any, all have failed."""
    left = list(messages)
    try:
        way = way_to(project.settings, left[0].recipient)
        while left and time.monotonic() < deadline:
            with way.opened() as session:
                is_open = True
                while left and is_open and time.monotonic() < deadline:
                    became, said, is_open = _one(project, session, left.pop(0), now_us)
                    yield became, said
    except (NotSent, ConfigError) as error:
        for message in left:
            if _is_due(message, now_us):
                yield _not_sent(project.store, message, NotSent(str(error)), now_us)


def _one(project: Project, session: Session, message: Due, now_us: int) -> tuple[Sent, str, bool]:
    """What became of a message, the line about it, and whether the session is still open."""
    store = project.store
    if message.state == SENDING:  # whatever ended the sender may have been this very message
        message = message._replace(attempts=message.attempts + 1)
        if message.attempts >= MOST_TRIES:
            return *_not_sent(store, message, NotSent(_INTERRUPTED), now_us), True
        _change(store, message, {"attempts": message.attempts, "last_error": _INTERRUPTED})
    else:
        _change(store, message, {"state": SENDING})
    try:
        answer = session.send(_outgoing(project, message, now_us))
    except NotSent as error:
        return *_not_sent(store, message, error, now_us), not error.ends
    except Exception as error:  # noqa: BLE001 - one message that cannot be made must not hold up the others
        why = f"it cannot be sent: {discreet.place(error)}; please report this line"
        return *_not_sent(store, message, NotSent(why), now_us), False
    _mark_sent(store, message, now_us)
    return Sent(sent=1), f"sent to {message.recipient}: {message.subject} ({answer})", True


def _mark_sent(store: Store, message: Due, now_us: int) -> None:
    """Note that a message has left; a store that is busy just now must not have it sent twice."""
    for tries_left in range(_MARK_TRIES, -1, -1):
        try:
            return _change(store, message, {"state": SENT, "sent_at": now_us, "last_error": ""})
        except StoreError:
            if not tries_left:
                raise
    return None


def _not_sent(store: Store, message: Due, error: NotSent, now_us: int) -> tuple[Sent, str]:
    attempts, why = message.attempts + 1, str(error)[:LONGEST_ERROR]
    told = f"to {message.recipient}: {message.subject}: {why}"
    if not _is_due(message, now_us) and not error.for_good:  # it came along before its time: that counts for nothing
        _change(store, message, {"state": WAITING, "last_error": why, "next_try": message.next_try})
        return Sent(again=1), f"not sent {told}"
    if error.for_good or attempts >= MOST_TRIES:
        _change(store, message, {"state": FAILED, "attempts": attempts, "last_error": why})
        return Sent(failed=1), f"given up {told}; telltale publish --again sends it again"
    wait_min = WAITS_MIN[attempts - 1] if attempts <= len(WAITS_MIN) else 60
    values = {"state": WAITING, "attempts": attempts, "last_error": why, "next_try": now_us + wait_min * _MINUTE}
    _change(store, message, values)
    return Sent(again=1), f"not sent {told}; again in {wording.duration(wait_min * 60)}"


def _is_due(message: Due, now_us: int) -> bool:
    return message.state == SENDING or not now_us < message.next_try <= now_us + 2 * _HOUR


def _change(store: Store, message: Due, values: dict[str, object]) -> None:
    """Note what became of a message, unless somebody else has done so."""
    open_ = MESSAGE.c.state.in_((WAITING, SENDING))
    with store.writer() as connection:
        done = connection.execute(MESSAGE.update().where(MESSAGE.c.id == message.id, open_).values(**values)).rowcount
    if not done:
        raise StoreError(f"message {message.id}: another process has sent it or given it up meanwhile")


def _outgoing(project: Project, message: Due, now_us: int) -> Outgoing:
    """As it leaves; a file that is no longer there is named in its text."""
    folder = project.settings.report_folder
    named = [str(name) for name in json.loads(message.files)]
    inside = [path for name in named if (path := folder / name).resolve().is_relative_to(folder.resolve())]
    files = [path for path in inside if path.is_file()]
    body, html = message.body, message.html or mail_page.wrapped(message.subject, message.body)
    if missing := len(named) - len(files):
        note = f"{wording.count(missing, 'file')} that belonged to this message had been removed when it was sent."
        body = f"{body}\n\n{note}"
        html = html.replace("</body>", f"<p>{note}</p></body>")
    # Another project may decide a message of the same key for the same mailbox, but hardly in the same microsecond.
    digest = blake2b(f"{message.created_at} {message.key}".encode(), digest_size=16).hexdigest()
    return Outgoing(digest, message.recipient, message.subject, body, html, files, now_us)
