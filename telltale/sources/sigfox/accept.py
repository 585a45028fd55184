"""Where callbacks arrive, who may send them, and what they are answered.

    address                    is                                            answered
    /sigfox/<kind>[/endpoint]  a callback of the backend (kinds.py)           204; a downlink: 200 with it
    /data/<sensor>             the Flask tutorial: device, time, numbers      200, empty
    /messages/create           the Node tutorial: device, time, data          201

A callback the backend cannot deliver is lost after four tries, and what it means depends on telltale.toml, which can be
corrected later; so whatever comes from a sender who may send is kept, and decoding says what is wrong with it. Only an
empty request is refused. What is answered to a device that listens is replies.py.

A secret of `[sigfox]` in secrets.toml arrives as `Authorization: Bearer …`, as the password of Basic (the backend takes
https://user:password@host/…), or in the header `secret_header`. As long as there is none, callbacks that came through a
proxy or tunnel are refused, so that nobody leaves the door open to the internet by accident.

Source: wire/sigfox.md 1.6, 1.7, 7.2, 7.3.
"""

import hmac
from base64 import b64decode
from urllib.parse import quote

from telltale.contract import DecodeError, Refused, Reply, Request, Route, SourceSettings
from telltale.sources.sigfox import lines, replies
from telltale.sources.sigfox.fields import Fields, fields
from telltale.sources.sigfox.kinds import ACK, DATA, DOWNLINK, KINDS, MESSAGES, Place, place
from telltale.sources.sigfox.plan import Plan, plan
from telltale.sources.sigfox.texts import PASTED

_METHODS = ("POST", "GET", "PUT")
_PATHS = ("/sigfox/uplink", "/sigfox/<kind>", "/sigfox/<kind>/<endpoint>")
ROUTES = (
    *(Route(method, path) for path in _PATHS for method in _METHODS),
    Route("POST", "/data/<sensor>", alias=True),
    Route("POST", "/messages/create", alias=True),
)

_PROXY_HEADERS = ("forwarded", "x-forwarded-for", "x-real-ip", "via")
_ANSWERS = {DATA: (200, b""), MESSAGES: (201, b"")}


def accept(request: Request, settings: SourceSettings) -> Reply:
    """The reply to a callback of someone who may send one.

    Raises:
        Refused: 400 nothing in it; 401 no secret, or none is set behind a proxy; 403 wrong secret; 404 no such address.
        ConfigError: an option is wrong.
    """
    told = plan(settings.options)
    if not request.is_trusted:
        _authenticate(request, settings, told.secret_header)
    where = place(request.path)
    if not where.is_known and where.kind:
        raise Refused(404, "bad_sensor", "expected 1 to 64 letters, digits, points, blanks or dashes")
    if not where.is_known:
        raise Refused(404, "bad_kind", f"expected /sigfox/ and one of {', '.join(KINDS)}")
    if not request.body.strip() and not request.query:
        raise Refused(400, "empty", "neither body nor query: check the callback's template in the backend")
    query = _without_secrets(request.query, settings)
    if where.kind in {DOWNLINK, ACK}:
        asked = _callbacks(request, told, where)
        endpoint = told.endpoint(where.endpoint)
        answer = replies.answer if where.kind == DOWNLINK else replies.acknowledged
        return answer(asked, endpoint.fields, request.known, now_s=request.received_at // 1_000_000)._replace(
            query=query
        )
    status, body = _ANSWERS.get(where.endpoint, (204, b""))
    return Reply(status, body, query=query)


def _callbacks(request: Request, told: Plan, where: Place) -> list[Fields]:
    """The callbacks of a request; what cannot be read is left for decoding to say."""
    pattern = told.pattern(where)
    try:
        if pattern is None:
            return [fields(request.body, request.query)]
        common, found = lines.common(request.query), lines.lines(request.body, request.query)
    except DecodeError:
        return []
    read = []
    for line in found:
        try:
            read.append(common | lines.read(pattern, line))
        except DecodeError:
            continue
    return read


def _authenticate(request: Request, settings: SourceSettings, header: str) -> None:
    if not settings.secrets:
        if any(request.headers.get(name) for name in _PROXY_HEADERS):
            raise Refused(
                401,
                "no_secret",
                'a callback from elsewhere needs a secret; add the line backend = "<secret>" below [sigfox] in '
                "secrets.toml, and the header Authorization: Bearer <secret> to the callback",
                remedy=PASTED,
            )
        return
    given = _given(request, header)
    if not given:
        raise Refused(401, "missing_secret", f"expected Authorization, or the header {header}, with the secret")
    # Every secret is compared, in constant time each: which one fits, and whether one does, takes equally long.
    if not sum(hmac.compare_digest(secret.encode(), given) for secret in settings.secrets.values()):
        raise Refused(403, "bad_secret", "the secret is none of secrets.toml [sigfox]")


def _given(request: Request, header: str) -> bytes:
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip().encode()
    if scheme.lower() == "basic":
        try:
            return b64decode(rest, validate=True).partition(b":")[2]
        except ValueError:
            return b""
    return request.headers.get(header, "").strip().encode()


def _without_secrets(query: str, settings: SourceSettings) -> str:
    """The query with any secret of ours in it overwritten: it is stored with the record."""
    for secret in settings.secrets.values():
        for spelt in (secret, quote(secret, safe="")):
            query = query.replace(spelt, "*" * len(secret))
    return query
