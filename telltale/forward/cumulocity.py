"""Presses to Cumulocity: SmartREST rows over MQTT.

Mode `gateway` holds one session, whose children the buttons are. Mode `per_button` opens a session for each button,
sends what it has, and ends it. Both make the device first, for any other row would make it with a default name; with
`register_devices = false` a device that the platform does not know is sent nothing.

Alerts are alarms of the gateway, with a type for each alert, device and measure, since one alarm of a type is active at
a time: raised when one has begun, cleared when it is over.

Source: wire/forwarding.md section 2.
"""

import logging
import time
from collections.abc import Callable, Iterator

from telltale.forward.account import Account
from telltale.forward.alerts import DEVICE_PREFIX as ALERTS
from telltale.forward.alerts import Told, alert_of
from telltale.forward.facts import Press, press_of
from telltale.forward.identity import Identity, identity_of
from telltale.forward.outbox import Row, Sent
from telltale.forward.session import Lost, Session
from telltale.forward.smartrest import (
    Message,
    alarm_row,
    child,
    hardware,
    identifier,
    press_row,
    registration,
    row,
    rows,
)
from telltale.forward.target import Never, NotNow, Unreachable, redacted
from telltale.loglimit import LogLimit

NAME = "cumulocity"
GATEWAY_TYPE = "telltale_Gateway"
EXPECTED_MIN = 15
"""The platform warns when the gateway was silent for so long; a button may be silent for days, so it is not asked."""
HEARTBEAT_S = 300.0
_HARMLESS = "already existing"
_log = logging.getLogger(__name__)
_log.addFilter(LogLimit(20))  # whoever speaks for the platform may report without end


class Cumulocity:
    """The platform as a target.

    Args:
        account: where and as whom.
        identity: says which devices exist; None asks the tenant's REST service.
        clock: seconds that only rise.
    """

    name = NAME

    def __init__(
        self, account: Account, identity: Identity | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._account = account
        self.per_second = account.per_second
        self.acknowledged = 0
        self._clock = clock
        self._identity = identity or identity_of(
            f"https://{account.host}", account.user, account.password, ca_file=account.ca_file
        )
        self._session: Session | None = None
        self._client_id = ""
        self._made: set[str] = set()
        self._heard_at = 0.0

    def send(self, row: Row, sent: Sent) -> None:  # noqa: ARG002 - an event needs no count
        """Send the press and return when the broker has confirmed it (PUBACK)."""
        if row.device_id.startswith(ALERTS):
            self._send_alarm(alert_of(row))
            return
        press = press_of(row)
        if not self._account.register:
            self._must_be_known(press)
        session = self._session_for(self._own_id(press))
        try:
            for message in self._making(press):
                self._publish(session, message)
            self._made.add(press.device_id)
            self._publish(session, self._event(press))
        except Lost as lost:
            self.close()
            raise NotNow(f"the session ended before the press was confirmed: {lost}", is_suspect=True) from lost

    def shown(self, row: Row, sent: Sent) -> list[dict[str, str]]:  # noqa: ARG002 - an event needs no count
        """The publishes of a press or an alert."""
        if row.device_id.startswith(ALERTS):
            opening = [] if self._client_id == self._account.device_id else self._opening()
            self._client_id = self._account.device_id
            messages = [*opening, self._alarm(alert_of(row))]
            return [{"client_id": self._client_id, "topic": one.topic, "line": one.line} for one in messages]
        press = press_of(row)
        opening = [] if self._client_id == self._own_id(press) else self._opening()
        self._client_id = self._own_id(press)
        messages = [*opening, *self._making(press), self._event(press)]
        self._made.add(press.device_id)
        return [{"client_id": self._client_id, "topic": one.topic, "line": one.line} for one in messages]

    def idle(self) -> None:
        """Keep the gateway's session alive; end one that belongs to a button."""
        if self._session is None:
            return
        if self._account.mode != "gateway":
            self.close()
        elif not self._session.is_connected:
            self.close()
            raise Unreachable(self._ended("while nothing was sent"))
        elif self._clock() - self._heard_at > HEARTBEAT_S:
            try:
                self._publish(self._session, Message("s/us", "125"))
            except Lost as lost:
                self.close()
                raise Unreachable(self._ended(lost)) from lost

    def close(self) -> None:
        """End the session."""
        if self._session is not None:
            self._session.close()
            self._session = None
        self._client_id = ""
        self._made.clear()
        self._identity.close()

    def _must_be_known(self, press: Press) -> None:
        """Never where the platform does not know the button; all waits where it does not know the gateway."""
        if not self._identity.device(identifier(press.device_id)):
            raise Never(
                f"{press.device_id} is not known to the platform and register_devices = false; create it there "
                '(c8y_Serial, 12 hex digits) or set register_devices = true, then "telltale forward release"'
            )
        if self._account.mode == "gateway":
            self._gateway_must_be_known()

    def _gateway_must_be_known(self) -> None:
        gateway = self._account.device_id
        if not self._identity.device(gateway):
            raise Unreachable(
                f"the gateway {gateway} is not known to the platform, which would make it by any row, and "
                "register_devices = false; create it there (c8y_Serial) or set register_devices = true"
            )

    def _send_alarm(self, told: Told) -> None:
        """Raise or clear an alarm of the gateway, and return when the broker has confirmed it."""
        if not self._account.register:
            self._gateway_must_be_known()
        session = self._session_for(self._account.device_id)
        try:
            self._publish(session, self._alarm(told))
        except Lost as lost:
            self.close()
            raise NotNow(f"the session ended before the alarm was confirmed: {lost}", is_suspect=True) from lost

    def _alarm(self, told: Told) -> Message:
        return Message("s/us", alarm_row(told, style=self._account.quote_style))

    def _session_for(self, wanted: str) -> Session:
        """The session of a client id, opened where it is not."""
        if self._session is not None and self._session.is_connected and self._client_id == wanted:
            return self._session
        self.close()
        account = self._account
        session = self._session = Session(
            account.host,
            account.port,
            wanted,
            user=account.user,
            password=account.password,
            tls=account.tls,
            ca_file=account.ca_file,
            on_message=self._on_message,
        )
        self._client_id = wanted
        for topic in ("s/ds", "s/e"):
            session.subscribe(topic)
        try:
            for message in self._opening():
                self._publish(session, message)
        except Lost as lost:
            self.close()
            raise Unreachable(self._ended(lost)) from lost
        return session

    def _ended(self, why: object) -> str:
        return (
            f"{self._account.host}:{self._account.port}: the session ended ({why}); "
            "another one of the same client id would end it too"
        )

    def _own_id(self, press: Press) -> str:
        return self._account.device_id if self._account.mode == "gateway" else identifier(press.device_id)

    def _opening(self) -> Iterator[Message]:
        """What a new session says of itself; the device must come first."""
        account = self._account
        if account.mode == "gateway" and account.register:
            yield Message("s/us", row("100", account.device_id, GATEWAY_TYPE, style=account.quote_style))
            yield Message("s/us", row("117", str(EXPECTED_MIN)))
            yield Message("s/us", "123")  # answered by 124 on s/ds

    def _making(self, press: Press) -> Iterator[Message]:
        """What makes the button's device, once in a session."""
        account = self._account
        if not account.register or press.device_id in self._made:
            return
        make = child if account.mode == "gateway" else registration
        yield Message("s/us", make(press, account.device_type, account.quote_style))
        yield Message(self._topic(press), hardware(press))

    def _event(self, press: Press) -> Message:
        topic = self._topic(press)
        return Message(topic, press_row(press, topic, style=self._account.quote_style))

    def _topic(self, press: Press) -> str:
        return f"s/us/{identifier(press.device_id)}" if self._account.mode == "gateway" else "s/us"

    def _publish(self, session: Session, message: Message) -> None:
        session.publish(message)
        self.acknowledged += 1
        self._heard_at = self._clock()

    def _on_message(self, topic: str, payload: bytes) -> None:
        """Say what the platform reports; it is no answer to any one row."""
        for found in rows(payload):
            text = redacted(",".join(found), [self._account.password])[:300]
            if topic == "s/ds" and found[0] == "124":
                _log.info("cumulocity knows %s as %s", self._client_id, found[1:])
            elif topic == "s/e" and _HARMLESS not in text:
                _log.warning("cumulocity reports: %s", text)
