"""How far a forgetting came: a row of the store, so that one that was stopped is finished by the next.

Whom it was about stands there only until it is over.
"""

import json
from typing import NamedTuple

import sqlalchemy as sa

from telltale.forget.subject import Subject, read_subject
from telltale.landing import Store
from telltale.landing.schema import FORGETTING


class Begun(NamedTuple):
    """A forgetting that is not over."""

    id: int
    subject: Subject
    begun_at: int
    """Microseconds UTC."""
    steps: tuple[str, ...]
    """Those that are done."""
    opt_out: bool = False
    """Whether its addresses are to be on the opt-out list."""


def unfinished(store: Store) -> list[Begun]:
    """Those that were begun and are not over, the oldest first."""
    query = sa.select(FORGETTING).where(FORGETTING.c.ended_at.is_(None)).order_by(FORGETTING.c.id)
    with store.reader() as connection:
        rows = connection.execute(query).all()
    found = []
    for row in rows:
        steps, opts_out = tuple(json.loads(row.steps)), bool(json.loads(row.subject).get("opt_out"))
        found.append(Begun(row.id, read_subject(row.subject), row.begun_at, steps, opts_out))
    return found


def begin(store: Store, subject: Subject, *, now_us: int, opt_out: bool = False) -> Begun:
    """Note that one begins; one that shares a device with it and was stopped goes on, and is about both."""
    for begun in unfinished(store):
        if set(begun.subject.devices) & set(subject.devices):
            both = begun._replace(subject=_both(begun.subject, subject), opt_out=begun.opt_out or opt_out)
            with store.writer() as connection:
                of_it = FORGETTING.c.id == begun.id
                connection.execute(FORGETTING.update().where(of_it).values(subject=_written(both)))
            return both
    begun = Begun(0, subject, now_us, (), opt_out)
    row = {"subject": _written(begun), "begun_at": now_us, "ended_at": None, "steps": "[]", "done": "[]"}
    with store.writer() as connection:
        number = connection.execute(FORGETTING.insert().values(**row)).inserted_primary_key
    return begun._replace(id=int(number[0]) if number else 0)


def _both(begun: Subject, subject: Subject) -> Subject:
    devices = tuple(dict.fromkeys((*begun.devices, *subject.devices)))
    names = tuple(dict.fromkeys((*begun.names, *subject.names)))
    return begun._replace(devices=devices, names=names, person=begun.person or subject.person)


def note(store: Store, begun: Begun, step: str) -> Begun:
    """Note that a step is done."""
    done = begun._replace(steps=(*begun.steps, step))
    with store.writer() as connection:
        of_it = FORGETTING.c.id == begun.id
        connection.execute(FORGETTING.update().where(of_it).values(steps=json.dumps(done.steps)))
    return done


def end(store: Store, begun: Begun, counts: list[dict[str, object]], *, now_us: int) -> None:
    """Note that it is over, with how much was removed where; whom it was about is forgotten here, too."""
    values = {"subject": "", "ended_at": now_us, "done": json.dumps(counts)}
    with store.writer() as connection:
        connection.execute(FORGETTING.update().where(FORGETTING.c.id == begun.id).values(**values))


def _written(begun: Begun) -> str:
    return json.dumps({**begun.subject._asdict(), "opt_out": begun.opt_out})
