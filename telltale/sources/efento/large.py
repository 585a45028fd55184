"""Frames larger than any sensor sends, shortened before they are read.

    m                      so many samples, the first of the frame; its other fields stay
    i, c, extended, t      more than 64 KiB is none of theirs

A channel without samples is two bytes on the wire and a hundred in memory, so that the fields are counted first.

Source: wire/efento.md 1 (fields), 7 (datagrams of 41 to 333 bytes were seen; a sensor keeps about 60,000 samples).
"""

from telltale.bounded import SMALL
from telltale.contract import DecodeError, Options, Raw, Shortened
from telltale.pb.efento.measurements_pb2 import ProtoMeasurements
from telltale.sources.efento.wire import MEASUREMENTS, endpoint_of, parsed

MOST_FIELDS = 1000
"""Fields of a frame, each channel one: a sensor writes about twenty."""
_VARINT, _LONG, _BYTES, _WORD = 0, 1, 2, 5
_WIDTHS = {_LONG: 8, _WORD: 4}


def shorten(raw: Raw, _options: Options, most: int) -> Shortened:
    """The frame with so many samples at most.

    Raises:
        DecodeError: `too_large`, `too_many_fields`, `bad_protobuf`, `unknown_endpoint`.
    """
    if endpoint_of(raw.meta) != MEASUREMENTS:
        raise DecodeError("too_large", f"{len(raw.body)} bytes, expected at most {SMALL}")
    _check_fields(raw.body)
    message = parsed(ProtoMeasurements, raw.body)
    left, left_out = most, 0
    for channel in message.channels:
        samples = len(channel.sample_offsets)
        if samples > left:
            del channel.sample_offsets[left:]
            left_out += samples - left
        left -= min(samples, left)
    return Shortened(message.SerializeToString() if left_out else raw.body, left_out)


def _check_fields(body: bytes) -> None:
    """Raise DecodeError where there are too many; what is no protobuf is for the parser to say."""
    at, fields = 0, 0
    while at < len(body):
        fields += 1
        if fields > MOST_FIELDS:
            raise DecodeError("too_many_fields", f"more than {MOST_FIELDS} in {len(body)} bytes")
        key, at = _varint(body, at)
        kind = key & 7
        if kind == _VARINT:
            _, at = _varint(body, at)
        elif kind == _BYTES:
            length, at = _varint(body, at)
            at += length
        elif kind in _WIDTHS:
            at += _WIDTHS[kind]
        else:
            return


def _varint(body: bytes, at: int) -> tuple[int, int]:
    """A number and where it ends; of one that does not, the end of the body."""
    number = 0
    for place, octet in enumerate(body[at : at + 10]):
        number |= (octet & 127) << 7 * place
        if octet < 128:
            return number, at + place + 1
    return number, len(body)
