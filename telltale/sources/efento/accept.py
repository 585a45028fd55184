"""Where sensors send, who may send, and what they are answered.

    endpoint  message                method     answer
    /m        measurements           POST       2.01; perhaps a request, the time or a change of configuration
    /c        configuration          POST       2.01, empty
    /i        device info            POST       2.01, empty
    /extended extended configuration POST       2.01, empty
    /t        nothing                POST, GET  2.05 and the time: Unix seconds, 4 bytes, big-endian

2.01 says that the record is stored, not that it could be read: a frame answered with an error would come back for ever.
Refused are only: 4.00 an empty body; 4.01, 4.03 no cloud token or a wrong one; 4.02 an unknown critical option.

Tokens are checked when secrets.toml `[efento]` lists any. A sensor sends its own in the payload (m, i 16; c 24;
extended 5) or in the option telltale.toml `[sources.efento]` names. A part of a split configuration has none; it is
taken from a sensor whose measurements came with one.

Source: wire/efento.md 7.
"""

import hmac

from google.protobuf.message import Message  # type: ignore[import-untyped]

from telltale.contract import DecodeError, Refused, Reply, Request, Route, SourceSettings
from telltale.pb.efento.configuration_pb2 import ProtoConfig
from telltale.pb.efento.device_info_pb2 import ProtoDeviceInfo
from telltale.pb.efento.extended_configuration_pb2 import ProtoExtendedConfiguration
from telltale.pb.efento.measurements_pb2 import ProtoMeasurements
from telltale.sources.efento.plan import Plan, header, plan
from telltale.sources.efento.replies import reply_to, with_room
from telltale.sources.efento.wire import (
    CONFIGURATION,
    ENDPOINTS,
    EXTENDED,
    INFO,
    MEASUREMENTS,
    SECOND_US,
    TIME,
    device_id,
    parsed,
)

ROUTES = (*(Route("POST", f"/{name}") for name in ENDPOINTS), Route("GET", f"/{TIME}"))

_KINDS = {
    MEASUREMENTS: ProtoMeasurements,
    CONFIGURATION: ProtoConfig,
    INFO: ProtoDeviceInfo,
    EXTENDED: ProtoExtendedConfiguration,
}
_CONTENT = "application/octet-stream"
_ELECTIVE = frozenset(("coap-type",))


def accept(request: Request, settings: SourceSettings) -> Reply:
    """The reply to a message of a sensor that may send.

    Raises:
        Refused: 400 nothing in it; 401 no token; 402 an unknown critical option; 403 a wrong token.
        ConfigError: an option of telltale.toml is wrong.
    """
    told = plan(settings.options)
    _check_options(request, told)
    now_s = request.received_at // SECOND_US
    endpoint = request.path.strip("/")
    if endpoint == TIME:
        return Reply(205, (now_s & 0xFFFFFFFF).to_bytes(4, "big"), _CONTENT, keep=False)
    if not request.body:
        raise Refused(400, "empty", f"a message to {endpoint} without a body")
    message = _read(endpoint, request.body)
    device = _device(message)
    known = request.known.get(device, {})
    if settings.secrets and not request.is_trusted:
        _check_token(request, settings, told, message, is_known=bool(known))
    kept = (header(told.payload_signature_option),)
    if message is None or not device:
        return Reply(201, b"", _CONTENT, kept_headers=kept)
    is_confirmable = request.headers.get("coap-type") != "NON"
    body, remember = reply_to(message, device, known, told, now_s=now_s, is_confirmable=is_confirmable)
    return Reply(201, body, _CONTENT, kept_headers=kept, remember=with_room(remember, device, request.known))


def _read(endpoint: str, body: bytes) -> Message | None:
    """The message; None where the bytes are none, which is for decoding to say."""
    try:
        return parsed(_KINDS[endpoint], body)
    except DecodeError:
        return None


def _device(message: Message | None) -> str:
    try:
        return device_id(message.serial_number) if message is not None else ""
    except DecodeError:
        return ""


def _check_options(request: Request, told: Plan) -> None:
    """Refuse what RFC 7252 5.4.1 says must not be ignored: unknown options with odd numbers."""
    if request.headers.keys() <= _ELECTIVE:
        return
    for name in request.headers.keys() - told.known_headers:
        number = name.removeprefix("coap-")
        if name.startswith("coap-") and number.isdecimal() and int(number) % 2:
            raise Refused(
                402,
                "unknown_option",
                f"critical option {number}; if a sensor is set to send it, name it in telltale.toml [sources.efento]",
            )


def _check_token(
    request: Request, settings: SourceSettings, told: Plan, message: Message | None, *, is_known: bool
) -> None:
    given = [bytes.fromhex(request.headers[name]) for name in told.token_headers if name in request.headers]
    if message is not None and message.cloud_token:
        given.append(message.cloud_token.encode())
    if not given:
        if isinstance(message, ProtoConfig) and message.payload_split_info and is_known:
            return
        raise Refused(401, "missing_token", "expected a cloud token of secrets.toml [efento], in the payload or option")
    # Every pair is compared, in constant time each: which token fits, and whether one does, takes equally long.
    if not sum(hmac.compare_digest(each.encode(), token) for each in settings.secrets.values() for token in given):
        raise Refused(403, "bad_token", "the cloud token is none of secrets.toml [efento]")
