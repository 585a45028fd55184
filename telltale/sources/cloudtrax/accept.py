"""Is a report genuine, and what do we answer (wire/presence.md R1 to R4)."""

import binascii
import hmac
import re
from base64 import urlsafe_b64decode
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct

from telltale.contract import ConfigError, DecodeError, Options, Refused, Reply, Request, SourceSettings
from telltale.sources.cloudtrax.texts import PASTED
from telltale.sources.cloudtrax.wire import SIGNATURE_HEADER, NetworkId, parse, signature

_SPELLINGS = ("hex", "base64")
_HEX = re.compile(r"[0-9A-Fa-f]{64}", re.ASCII)
_BASE64 = re.compile(r"[0-9A-Za-z_-]{43}=?", re.ASCII)
_PROXY_HEADERS = ("forwarded", "x-forwarded-for", "x-real-ip", "via")
UNPROVED = Reply(
    body=b"ok, though nothing proves who sent it: no secret is set, so nothing from elsewhere is let in.\n"
    + PASTED.encode()
)
"""The answer while there is no secret at all, which is on loopback only."""
_TO_URL_SAFE = str.maketrans("+/", "-_")


class _Unverified(Struct, gc=False):
    """All that is read of a body before its signature is known to be right."""

    network_id: NetworkId


class _Envelope(Struct, gc=False):
    """What every report must have; the rows are looked at one by one when it is decoded."""

    node_mac: Annotated[str, Meta(min_length=1)]
    probe_requests: list[msgspec.Raw]


_Shape = TypeVar("_Shape", _Unverified, _Envelope)
_unverified = msgspec.json.Decoder(_Unverified)
_envelope = msgspec.json.Decoder(_Envelope)


def accept(request: Request, settings: SourceSettings) -> Reply:
    """The reply to a genuine, well-formed report.

    As long as there is no secret at all, a report is let in unsigned, as on a first day on loopback (on a public
    address a source without a secret is not served); one that came through a proxy or tunnel is not, so that nobody
    leaves the door open to the internet by accident.

    Rows are not judged here: a bad row never costs the good ones of its report (R5).

    Args:
        request: the body exactly as received; the collector bounds its size.
        settings: secrets by network id; option `signature` is "hex" (default) or "base64" (both are then accepted).

    Raises:
        Refused: 400 not JSON; 401 no signature, or no secret is set behind a proxy; 403 wrong signature or unknown
            network; 422 a field is missing.
        ConfigError: the option `signature` is neither.
    """
    spelling = _spelling(settings.options)
    network = _read(_unverified, request.body).network_id
    is_unproved = not request.is_trusted and not settings.secrets
    if is_unproved:
        _expect_no_proxy(request, network)
    elif not request.is_trusted:
        _authenticate(request, settings, network, spelling)
    _read(_envelope, request.body)
    return UNPROVED if is_unproved else Reply()


def _expect_no_proxy(request: Request, network: int | str) -> None:
    if any(request.headers.get(name) for name in _PROXY_HEADERS):
        key = network if isinstance(network, int) else f'"{network}"'
        raise Refused(
            401,
            "no_secret",
            f'a report from elsewhere needs a secret; add the line {key} = "<secret>" below [cloudtrax] in '
            "secrets.toml, and set the same Secret in the CloudTrax dashboard",
            remedy=PASTED,
        )


def _authenticate(request: Request, settings: SourceSettings, network: int | str, spelling: str) -> None:
    given = _given(request.headers.get(SIGNATURE_HEADER, ""), spelling)
    secret = settings.secrets.get(str(network), "")
    if not secret:
        raise Refused(403, "unknown_network", f"network {network} has no secret; add it to secrets.toml [cloudtrax]")
    if not hmac.compare_digest(signature(secret, request.body), given):
        raise Refused(403, "bad_signature", f"network {network}: the signature does not fit the body and the secret")


def _spelling(options: Options) -> str:
    spelling = options.get("signature", "hex")
    if spelling not in _SPELLINGS:
        raise ConfigError(f'telltale.toml [sources.cloudtrax] signature = {spelling!r}: expected "hex" or "base64"')
    return str(spelling)


def _given(header: str, spelling: str) -> bytes:
    """The signature as bytes, so that the comparison takes constant time and never meets non-ASCII text."""
    if not header:
        raise Refused(401, "missing_signature", "expected a Signature header: set the secret in the dashboard")
    text = header.strip()
    if _HEX.fullmatch(text):
        return bytes.fromhex(text)
    url_safe = text.translate(_TO_URL_SAFE)
    if spelling == "base64" and _BASE64.fullmatch(url_safe):
        return _from_base64(url_safe)
    expected = "64 hex digits" if spelling == "hex" else "64 hex digits or base64 of 32 bytes"
    raise Refused(403, "bad_signature", f"the Signature header has {len(header)} characters, expected {expected}")


def _from_base64(text: str) -> bytes:
    try:
        return urlsafe_b64decode(text.rstrip("=") + "=")
    except binascii.Error:
        raise Refused(403, "bad_signature", "the Signature header is not base64") from None


def _read(decoder: "msgspec.json.Decoder[_Shape]", body: bytes) -> _Shape:
    try:
        return parse(decoder, body)
    except DecodeError as error:
        raise Refused(400 if error.reason == "bad_json" else 422, error.reason, error.detail) from None
