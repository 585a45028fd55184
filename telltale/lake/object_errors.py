"""What an object store said, as one sentence with its remedy; its id, key and token never stand in it."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from telltale.contract import StoreError
from telltale.settings.objects import SECTION, ObjectAccess

_SAID = re.compile(
    r"AWS Error (?P<code>\w+)(?: \(HTTP status (?P<status>\d+)\))? during (?P<what>\w+) operation: ?(?P<text>.*)",
    re.DOTALL,
)
_NAMED = re.compile(r"Unable to parse ExceptionName: (?P<name>\w+)")
_CURL = re.compile(r"curlCode: (?P<number>\d+), (?P<text>[^;]+)")
_TLS_CODES = {35, 51, 53, 54, 58, 59, 60, 64, 66, 77, 80, 82, 83, 90, 91}
"""Of a connection that could not be encrypted. Source: libcurl, libcurl-errors(3)."""
_STAYS = "records stay in the store until it answers"


class _Said(NamedTuple):
    """An answer, or that there was none."""

    access: ObjectAccess
    bucket: str
    code: str
    status: int
    """Of HTTP; 0 where it is not known."""
    what: str
    """What was asked for, such as PutObject."""
    text: str

    @property
    def place(self) -> str:
        return self.access.endpoint or "Amazon S3"

    @property
    def whose(self) -> str:
        """Which credentials were used."""
        is_ours = self.access.secrets.get("id")
        return f"the credentials of secrets.toml [{SECTION}]" if is_ours else "the credentials of AWS_* or ~/.aws"


_Words = tuple[str, str]
"""What was found, and what to do."""


def failure(shown: str, access: ObjectAccess, error: Exception) -> StoreError | None:
    """The error to raise in place of what pyarrow raised, or DuckDB of it; None where no object store said it.

    Args:
        shown: the lake's root.
        access: how the object store was reached.
        error: what was raised.
    """
    match = _SAID.search(str(error))
    if match is None:
        return None
    named = _NAMED.search(match["text"])
    code = named["name"] if named and match["code"] == "UNKNOWN" else match["code"]
    said = _Said(access, _bucket(shown), code, int(match["status"] or 0), match["what"], match["text"])
    found, fix = _words(said)
    return StoreError(_without_secrets(f"lake {shown}: {found}; {fix}", access))


def missing_bucket(shown: str, access: ObjectAccess) -> StoreError:
    """The error of a bucket that is not there."""
    found, fix = _no_bucket(_Said(access, _bucket(shown), "", 404, "", ""))
    return StoreError(f"lake {shown}: {found}; {fix}")


def _bucket(shown: str) -> str:
    return shown.removeprefix("s3://").partition("/")[0]


def _words(said: _Said) -> _Words:
    if said.code in _BY_CODE:
        return _BY_CODE[said.code](said)
    if said.status in {301, 307}:
        return _elsewhere(said)
    if said.status in {401, 403}:  # an answer to HeadObject has no body that says more
        return _denied(said)
    return _busy(said) if said.status >= 500 else _other(said)


def _no_connection(said: _Said) -> _Words:
    curl = _CURL.search(said.text)
    number, words = (int(curl["number"]), curl["text"].strip().lower()) if curl else (0, "no connection")
    if number in _TLS_CODES:
        fix = "check its certificate, and [s3] endpoint and ca_file"
        return f"no encrypted connection to {said.place} ({words})", fix
    return f"{said.place} cannot be reached ({words})", f"check the network and [s3] endpoint; {_STAYS}"


def _no_bucket(said: _Said) -> _Words:
    return f"there is no bucket {said.bucket} at {said.place}", "create it, or correct [paths] lake_root"


def _skewed(said: _Said) -> _Words:
    return f"this machine's clock and that of {said.place} are too far apart", "set the clock of this machine"


def _expired(said: _Said) -> _Words:
    return f"{said.place} says that the token of {said.whose} has expired", f"renew it; {_STAYS}"


def _not_accepted(said: _Said) -> _Words:
    return f"{said.place} does not accept {said.whose}", "correct id and key"


def _elsewhere(said: _Said) -> _Words:
    region = said.access.region or "was assumed"
    return f"the bucket {said.bucket} is of another region than {region}", "set [s3] region"


def _denied(said: _Said) -> _Words:
    if not _are_set(said.access):
        return (
            f"{said.place} denies {said.what}, and no credentials are set",
            f"write id and key below [{SECTION}] of secrets.toml, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        )
    fix = f"let them list the bucket {said.bucket}, and get, put and delete its objects"
    return f"{said.place} denies {said.what} to {said.whose}", fix


def _busy(said: _Said) -> _Words:
    return f"{said.place} is busy or in trouble ({said.code} at {said.what})", f"it is tried again; {_STAYS}"


def _other(said: _Said) -> _Words:
    status = f", HTTP {said.status}" if said.status else ""
    return f"{said.place} answered {said.what} with {said.code}{status}", f"look into its log; {_STAYS}"


_KINDS: tuple[tuple[Callable[[_Said], _Words], str], ...] = (
    (_no_connection, "NETWORK_CONNECTION"),
    (_no_bucket, "NO_SUCH_BUCKET NoSuchBucket"),
    (_skewed, "REQUEST_TIME_TOO_SKEWED RequestTimeTooSkewed"),
    (_expired, "REQUEST_EXPIRED EXPIRED_TOKEN ExpiredToken TokenRefreshRequired"),
    (
        _not_accepted,
        "INVALID_ACCESS_KEY_ID InvalidAccessKeyId INVALID_CLIENT_TOKEN_ID UNRECOGNIZED_CLIENT InvalidToken",
    ),
    (_not_accepted, "SIGNATURE_DOES_NOT_MATCH SignatureDoesNotMatch INVALID_SIGNATURE"),
    (_elsewhere, "PermanentRedirect AuthorizationHeaderMalformed IllegalLocationConstraintException"),
    (_denied, "ACCESS_DENIED AccessDenied"),
    (_busy, "SLOW_DOWN SlowDown THROTTLING SERVICE_UNAVAILABLE ServiceUnavailable INTERNAL_FAILURE InternalError"),
)
"""By the SDK's name of an error, or by S3's where it has none. Source: Amazon S3 API reference, Error responses."""
_BY_CODE = {code: say for say, codes in _KINDS for code in codes.split()}


def _are_set(access: ObjectAccess) -> bool:
    """Whether credentials are known; those of a machine's role cannot be seen from here."""
    if access.secrets.get("id") or os.environ.get("AWS_ACCESS_KEY_ID"):
        return True
    named = os.environ.get("AWS_SHARED_CREDENTIALS_FILE")
    return (Path(named) if named else Path.home() / ".aws" / "credentials").is_file()


def _without_secrets(text: str, access: ObjectAccess) -> str:
    """The text, should the object store have repeated what it was sent."""
    named = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    for secret in (*access.secrets.values(), *(os.environ.get(name, "") for name in named)):
        text = text.replace(secret, "…") if secret else text
    return text
