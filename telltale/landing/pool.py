"""The connections of a store: one that was out while they were all closed is closed when it comes back.

SQLAlchemy keeps such a one open, unseen, until Python happens to remove it: so long a session of the server is taken,
or the space of a deleted file. So it does with the cursor of a connection that was lost.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy.engine import ExceptionContext
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool


class Pool(QueuePool):
    """A pool of connections that keeps none once it was disposed of."""

    _is_over = False
    _sqla_logger_namespace = "sqlalchemy.pool.Pool"
    """Its log stays SQLAlchemy's: by the module's name it would be in that of our own."""

    def dispose(self) -> None:
        """Close the idle connections, and from now on each that is given back."""
        self._is_over = True  # first: one given back from here on is closed by this, or by who gives it back
        super().dispose()

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        super()._do_return_conn(record)
        if self._is_over:
            super().dispose()


@contextmanager
def made_ready(connection: Any) -> Iterator[None]:
    """What a new connection needs before a pool has it: one on which it fails is closed, as nobody else would."""
    try:
        yield
    except BaseException:
        connection.close()
        raise


def close_cursor(context: ExceptionContext) -> None:
    """Close the cursor of a connection that is lost; one of a connection that lives SQLAlchemy closes itself."""
    run = context.execution_context  # its own `cursor` is never filled in
    if context.is_disconnect and run is not None and run.cursor is not None:
        with suppress(context.dialect.loaded_dbapi.Error):  # what is told is the error that brought us here
            run.cursor.close()
