"""One question to a D-Bus service, with a deadline."""

from typing import Any, NamedTuple

from jeepney import DBusAddress, MessageType, new_method_call
from jeepney.io.blocking import DBusConnection, open_dbus_connection
from jeepney.wrappers import DBusErrorResponse

from collectors.idle.backend import Unavailable

TIMEOUT_S = 2.0


class Question(NamedTuple):
    """A method of a service."""

    bus: str
    """SESSION or SYSTEM."""
    service: str
    path: str
    interface: str
    method: str
    signature: str = ""
    arguments: tuple[Any, ...] = ()


class Bus:
    """A connection to a bus.

    Raises:
        Unavailable: there is no such bus here.
    """

    def __init__(self, bus: str) -> None:
        try:
            self._connection: DBusConnection = open_dbus_connection(bus=bus)
        except (OSError, KeyError, ValueError, RuntimeError) as problem:
            raise Unavailable(f"no {bus.lower()} bus: {problem}") from problem

    def ask(self, question: Question) -> Any:
        """The first value of the answer.

        Raises:
            Unavailable: nobody answers, or with an error.
        """
        address = DBusAddress(question.path, bus_name=question.service, interface=question.interface)
        call = new_method_call(address, question.method, question.signature or None, question.arguments)
        try:
            reply = self._connection.send_and_get_reply(call, timeout=TIMEOUT_S)
        except (OSError, TimeoutError, DBusErrorResponse, EOFError) as problem:
            raise Unavailable(f"{question.service} does not answer: {problem or 'in time'}") from problem
        if reply.header.message_type is not MessageType.method_return or not reply.body:
            raise Unavailable(f"{question.service}: {' '.join(map(str, reply.body)) or 'an error'}")
        return reply.body[0]

    def close(self) -> None:
        """Disconnect."""
        self._connection.close()
