"""Is a body from our dashboard, and what do we answer; and what the dashboard asks first.

    GET                  200, the validator string alone as plain text; 404 where none is set
    POST                 200; 403 a wrong secret; 400 no JSON, 422 another shape or version

What may be kept of a body, refused ones included, has no secret and no user's name in it.

Source: wire/presence.md 2.1.
"""

import hmac
import re

from telltale.contract import DecodeError, Refused, Reply, Request, SourceSettings
from telltale.sources.meraki.plan import Plan, plan
from telltale.sources.meraki.wire import SITE_TEXT, head, redacted

VERSIONS = (2, 3)


def network_of(path: str) -> str:
    """The name behind /meraki/ in a path; empty where there is none."""
    return path.strip("/").partition("/")[2]


def accept(request: Request, settings: SourceSettings) -> Reply:
    """The reply to a genuine body, or to the dashboard's question.

    Raises:
        Refused: 400, 403, 404 or 422 as above.
        ConfigError: an option is wrong.
    """
    told, network = plan(settings.options), network_of(request.path)
    if network and re.fullmatch(SITE_TEXT, network) is None:
        raise Refused(404, "bad_network", "expected 1 to 64 letters, digits and _.:-", body=b"")
    if request.method == "GET":
        return _validator(told, network)
    clean = redacted(request.body)
    try:
        envelope = head(request.body)
    except DecodeError as error:
        status = 400 if error.reason == "bad_json" else 422
        raise Refused(status, error.reason, error.detail, body=clean.body) from None
    if not request.is_trusted:
        _authenticate(envelope.secret, settings, clean.body)
    if envelope.major not in VERSIONS:
        seen = str(envelope.version)[:20]
        raise Refused(422, "bad_version", f"version {seen!r}: expected 2 or 3", body=clean.body)
    return Reply(redacted_body=clean.body, redacted=clean.names)


def _authenticate(secret: str, settings: SourceSettings, kept: bytes) -> None:
    if not settings.secrets:
        raise Refused(403, "no_secret", "set the secret of the dashboard in secrets.toml [meraki]", body=kept)
    # Every secret is compared, in constant time each: which one fits, and whether one does, takes equally long.
    given = secret.encode("utf-8", "replace")
    if not sum(hmac.compare_digest(each.encode(), given) for each in settings.secrets.values()):
        raise Refused(403, "bad_secret", "the secret is none of secrets.toml [meraki]", body=kept)


def _validator(told: Plan, network: str) -> Reply:
    validator = told.validators.get(network, "") if network else told.validator
    if not validator:
        section = "[sources.meraki.validators]" if network else "[sources.meraki] validator"
        raise Refused(404, "no_validator", f"set the validator of the dashboard in telltale.toml {section}")
    return Reply(200, validator.encode(), "text/plain", keep=False)
