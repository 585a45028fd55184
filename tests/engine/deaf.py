"""A way to a server on which one may be deaf for a while: connections are taken and hung up."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Way:
    """Between a client and a server; `refused` counts who was hung up on."""

    def __init__(self, server: tuple[str, int]) -> None:
        self.is_deaf = False
        self.refused = 0
        self._server = server
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listening.getsockname()[1])

    def fall_deaf(self) -> None:
        """From now on, until `is_deaf` is taken back; who is connected is hung up on, too."""
        self.is_deaf = True
        self._hang_up()

    def close(self) -> None:
        """Nobody listens any more."""
        self._listening.shutdown(socket.SHUT_RDWR)  # or the thread that waits there would take one more
        self._listening.close()
        self._hang_up()

    def _hang_up(self) -> None:
        while self._open:
            with suppress(OSError):
                self._open.pop().shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                if self.is_deaf:
                    self.refused += 1
                    client.close()
                    continue
                server = socket.create_connection(self._server)
                self._open += [client, server]
                for one, other in ((client, server), (server, client)):
                    threading.Thread(target=_pass_on, args=(one, other), daemon=True).start()


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(1 << 16):
            other.sendall(data)
    for end in (one, other):
        with suppress(OSError):
            end.close()


@contextmanager
def way_to(server: tuple[str, int]) -> Iterator[Way]:
    """The way, until the end of the block."""
    way = Way(server)
    try:
        yield way
    finally:
        with suppress(OSError):  # it may be closed already
            way.close()
