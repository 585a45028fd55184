"""Presses and sensors' records to ThingWorx: REST calls to the Thing of an item.

Mode `service` calls RecordPress(pressId, mac, name, at, kind), which can ignore an id it knows. Mode `property` writes
pressCount, an absolute number, and lastPress (ackCount, lastAck for acknowledgements), which may be written twice.
Sensors' records go, as the JSON of an earlier server, to a service of one Thing; alerts to another, twice with one id:
when one has begun and when it is over.

A 2xx answer counts when it is JSON or empty: a log-in page is 200 text/html. 408, 429, 5xx and no answer are tried
again, any other refusal parks the row.

Source: wire/forwarding.md section 3.
"""

import json
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote

from telltale.contract import ConfigError
from telltale.forward.account import secret
from telltale.forward.alerts import DEVICE_PREFIX as ALERTS
from telltale.forward.alerts import Told, alert_of
from telltale.forward.efento import DEVICE_PREFIX
from telltale.forward.facts import Press, iso_ms, press_of
from telltale.forward.outbox import Row, Sent
from telltale.forward.rest import Answer, Server
from telltale.forward.target import Never, NotNow, Unreachable, redacted
from telltale.settings import Settings
from telltale.settings.brokers import ThingworxSettings

NAME = "thingworx"
SERVICE = "RecordPress"
PER_SECOND = 20.0
_AWAY = {429, 503}
"""It is the server that is busy, not the row that is wrong."""


class Call(NamedTuple):
    """One request."""

    method: str
    path: str
    body: str


class Thingworx:
    """The platform as a target.

    Args:
        told: its settings.
        app_key: the key; sent as a header, never part of an address.
        ca_file: who signed the server's certificate.
    """

    name = NAME
    per_second = PER_SECOND

    def __init__(self, told: ThingworxSettings, app_key: str, *, ca_file: str = "") -> None:
        self._told = told
        self._app_key = app_key
        self.acknowledged = 0
        headers = {"appKey": app_key, "Content-Type": "application/json", "Accept": "application/json"}
        self._server = Server(told.base_url, headers, ca_file=ca_file, timeout_s=told.timeout_s)

    def send(self, row: Row, sent: Sent) -> None:
        """Make the call of a row and return when the server has answered 2xx."""
        call = self._call(row, sent)
        self._judge(self._server.ask(call.method, call.path, call.body.encode()))
        self.acknowledged += 1

    def shown(self, row: Row, sent: Sent) -> list[dict[str, str]]:
        """The call of a row; the key is left out."""
        call = self._call(row, sent)
        return [{"method": call.method, "url": f"{self._server.shown}{call.path}", "body": call.body}]

    def idle(self) -> None:
        """Nothing: a server ends its idle connections, and the next call opens one."""

    def close(self) -> None:
        """Let go of the connection."""
        self._server.close()

    def _call(self, row: Row, sent: Sent) -> Call:
        if row.device_id.startswith(DEVICE_PREFIX):
            path = f"/Things/{_segment(self._told.efento_thing)}/Services/{_segment(self._told.efento_service)}"
            return Call("POST", path, row.body)
        if row.device_id.startswith(ALERTS):
            path = f"/Things/{_segment(self._told.alerts_thing)}/Services/{_segment(self._told.alerts_service)}"
            return Call("POST", path, _json(_alert(alert_of(row))))
        press = press_of(row)
        thing = _segment(thing_of(self._told.thing, press))
        if self._told.mode == "service":
            return Call("POST", f"/Things/{thing}/Services/{SERVICE}", _json(_inputs(press)))
        return Call("PUT", f"/Things/{thing}/Properties/*", _json(_properties(press, sent)))

    def _judge(self, answer: Answer) -> None:
        """Return when it counts as done."""
        said = redacted(answer.shown(), [self._app_key])
        place = f"{self._server.shown}: answered"
        if 200 <= answer.status < 300:
            if answer.content_type == "application/json" or not answer.body.strip():
                return
            raise Unreachable(f"{place} {said[:300]}; expected JSON: is that a log-in page?")
        if 300 <= answer.status < 400:
            raise Unreachable(f"{place} {said[:300]}; expected no redirection: does it lead to a log-in page?")
        if answer.status in _AWAY:
            raise Unreachable(f"{place} {said[:300]}", answer.retry_after_s)
        if answer.status == 408 or answer.status >= 500:
            raise NotNow(f"{place} {said}", answer.retry_after_s)
        raise Never(f"{place} {said}")


def thing_of(template: str, press: Press) -> str:
    """The Thing of a press; its item, name and address may stand in the template."""
    thing = template
    for key, value in {"item": press.item, "name": press.name, "mac": press.device_id}.items():
        thing = thing.replace(f"{{{key}}}", value)
    return thing


def thingworx_of(settings: Settings) -> Thingworx | None:
    """The target; None where no address is given.

    Raises:
        ConfigError: the key is missing, or the address wrong.
    """
    told = settings.forward.thingworx
    if not told.base_url:
        return None
    app_key = secret(settings, NAME, "app_key")
    if not app_key:
        raise ConfigError(
            "no app_key for ThingWorx: write it to secrets.toml below [thingworx], "
            "or set TELLTALE_SECRET_THINGWORX_APP_KEY"
        )
    if not app_key.isascii() or not app_key.isprintable() or " " in app_key:
        raise ConfigError("app_key of ThingWorx: holds a blank or a character no header may hold; copy it anew")
    try:
        return Thingworx(told, app_key, ca_file=str(settings.root / told.ca_file) if told.ca_file else "")
    except ConfigError as error:
        raise ConfigError(f"telltale.toml [forward.thingworx] {error}") from error


def lane_of(press: Press) -> str:
    """Presses of one item go out in the order of their time, whichever of its buttons was pressed."""
    return f"{press.role}:{press.item}"


def _inputs(press: Press) -> dict[str, str]:
    return {
        "pressId": press.press_id,
        "mac": press.device_id,
        "name": press.name,
        "at": press.time,
        "kind": press.role,
    }


def _alert(told: Told) -> dict[str, str | int | float | None]:
    return {
        "alertId": told.episode_id,
        "alert": told.alert,
        "state": told.step,
        "device": told.subject,
        "name": told.name,
        "text": told.text,
        "at": iso_ms(told.at),
        "peak": told.peak,
        "unit": told.unit,
    }


def _properties(press: Press, sent: Sent) -> dict[str, str | int]:
    last, count = ("lastAck", "ackCount") if press.role == "ack" else ("lastPress", "pressCount")
    return {last: iso_ms(max(press.pressed_at, sent.last_at)), count: sent.rows + 1}


def _segment(name: str) -> str:
    return quote(name, safe="")


def _json(told: Mapping[str, str | int | float | None]) -> str:
    return json.dumps(told, ensure_ascii=False)
