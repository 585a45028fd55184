"""What is to be known of its addresses, all over CoAP: messages, token and answers, as `accept.py` has them."""

from telltale.contract import Answer, Interface, Options, Route
from telltale.sources.efento.wire import CONFIGURATION, EXTENDED, INFO, MEASUREMENTS, TIME

_OCTETS = "application/octet-stream"
_MESSAGES = {
    MEASUREMENTS: "ProtoMeasurements",
    CONFIGURATION: "ProtoConfig",
    INFO: "ProtoDeviceInfo",
    EXTENDED: "ProtoExtendedConfiguration",
}


def interface(route: Route, _options: Options) -> Interface:
    """Of a message of a sensor, or of its question for the time."""
    name = route.path.strip("/")
    critical = Answer("an unknown critical option", "")
    if name == TIME:
        time = Answer("Unix seconds, 4 bytes, big-endian; nothing is stored", _OCTETS)
        return Interface("What time it is", {205: time, 402: critical})
    return Interface(
        f"A message {_MESSAGES[name]}",
        {
            201: Answer(
                "stored, whether or not it could be read; perhaps a change of the sensor's configuration", _OCTETS
            ),
            400: Answer("an empty body", ""),
            401: Answer("no cloud token, in the payload or the option that telltale.toml names", ""),
            402: critical,
            403: Answer("a cloud token that is none of secrets.toml [efento]", ""),
        },
        bodies={_OCTETS: {"type": "string", "format": "binary", "description": f"protobuf: {_MESSAGES[name]}"}},
    )
