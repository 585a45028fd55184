"""The addresses of sources as operations: what each takes, what proves the sender, and each answer with its meaning."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from telltale.contract import Answer, Interface, Orders, Proof, Route, Source, SourceSettings

_TEXT = {"text/plain": {"schema": {"type": "string"}}}
_JSON_OBJECT = {"application/json": {"schema": {"type": "object"}}}


def _seconds(text: str) -> dict[str, Any]:
    return {"Retry-After": {"description": text, "required": True, "schema": {"type": "string", "pattern": "^[0-9]+$"}}}


PLAIN: Mapping[str, Any] = {
    "TooSlow": {"description": "The body was not complete in time; the connection ends.", "content": _TEXT},
    "TooLarge": {"description": "The body is larger than any may be; the connection ends.", "content": _TEXT},
    "TooMany": {
        "description": "Too many refusals of this sender lately; a right secret is served all the time.",
        "headers": _seconds("seconds"),
        "content": _TEXT,
    },
    "Away": {
        "description": "Not stored: send it again. Or too many slow bodies were on their way.",
        "headers": _seconds("seconds"),
        "content": _TEXT,
    },
}
"""What any address of a source may answer beside its own answers."""
_ALWAYS = {408: "TooSlow", 413: "TooLarge", 429: "TooMany", 503: "Away"}
_FOREIGN = Answer("the request is for a name that is none of ours, or a web page's, and no secret proves the sender")
_ORDER = Answer("it is no order, or one that a device cannot take", "application/json")


def templated(path: str) -> str:
    """A route's path as OpenAPI has it: `/data/{sensor}`."""
    return re.sub(r"<(\w+)>", r"{\1}", path)


def operation(
    source: Source, route: Route, settings: SourceSettings, schemes: dict[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """A route of a source over HTTP; the schemes it names are put into `schemes`."""
    interface = _interface(source, route, settings)
    answers = {status: _response(answer) for status, answer in interface.answers.items()}
    if not settings.secrets:
        answers[403] = _response(_joined(interface.answers.get(403), _FOREIGN))
    answers |= {status: {"$ref": f"#/components/responses/{name}"} for status, name in _ALWAYS.items()}
    found: dict[str, Any] = {
        "operationId": _id(route.method, route.path),
        "summary": interface.summary,
        "tags": [source.name],
        "parameters": [*_parts(route, interface), *(_QUERY if interface.takes_query else ())],
        "responses": _ordered(answers),
    }
    if route.alias:
        found["deprecated"] = True
    if interface.bodies:
        found["requestBody"] = {
            "required": not interface.takes_query,
            "content": {name: {"schema": schema} for name, schema in interface.bodies.items()},
        }
    if settings.secrets and interface.proofs:
        schemes |= {proof.name: _scheme(proof) for proof in interface.proofs}
        found["security"] = [{proof.name: []} for proof in interface.proofs]
    return found


def coap_operation(source: Source, route: Route, settings: SourceSettings) -> dict[str, Any]:
    """A route of a source over CoAP, in the same words; the codes with their point."""
    interface = _interface(source, route, settings)
    answers = {
        **interface.answers,
        404: Answer("nothing listens there"),
        405: Answer("it takes another method"),
        413: Answer("the body is larger than any may be"),
        429: Answer("too many wrong tokens of this sender lately"),
        500: Answer("not stored: send it again"),
    }
    return {
        "source": source.name,
        "summary": interface.summary,
        "content": {name: dict(schema) for name, schema in interface.bodies.items()},
        "responses": {f"{code // 100}.{code % 100:02}": answers[code].meaning for code in sorted(answers)},
    }


def order(source: Source, orders: Orders, schemes: dict[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Where something is asked of a source's devices: a secret of its own opens it; without one nothing is taken."""
    name = f"{source.name}_orders"
    schemes[name] = _scheme(Proof(name, "bearer", f"the secret `configure` of secrets.toml [{source.name}]"))
    answers = {
        200: Answer("what is queued now", "application/json"),
        400: _ORDER,
        401: Answer("no secret", "application/json"),
        403: Answer("a wrong secret, or none is set", "application/json"),
        409: Answer("too much waits for the device already", "application/json"),
    }
    plain = {status: {"$ref": f"#/components/responses/{name}"} for status, name in _ALWAYS.items()}
    large = _response(Answer("more than an order has", "application/json"))
    cut = _response(_ORDER)
    large["content"] = cut["content"] = _JSON_OBJECT | _TEXT
    responses = {status: _response(answer) for status, answer in answers.items()} | plain | {400: cut, 413: large}
    return {
        "operationId": _id("POST", orders.path),
        "summary": f"Something for a device of {source.name} to do",
        "tags": [source.name],
        "requestBody": {"required": True, "content": {"application/json": {"schema": dict(orders.body)}}},
        "responses": _ordered(responses),
        "security": [{name: []}],
    }


def _interface(source: Source, route: Route, settings: SourceSettings) -> Interface:
    if source.interface is not None:
        return source.interface(route, settings.options)
    return Interface(source.title, {200: Answer("stored")})


def _parts(route: Route, interface: Interface) -> list[dict[str, Any]]:
    names = re.findall(r"<(\w+)>", route.path)
    return [
        {"name": name, "in": "path", "required": True, "schema": dict(interface.parts.get(name, {"type": "string"}))}
        for name in names
    ]


_QUERY: tuple[dict[str, Any], ...] = (
    {
        "name": "fields",
        "in": "query",
        "description": "The fields, where they do not stand in the body; those of both are taken together.",
        "style": "form",
        "explode": True,
        "schema": {"type": "object", "additionalProperties": {"type": "string"}},
    },
)


def _scheme(proof: Proof) -> dict[str, Any]:
    if proof.kind == "header":
        return {"type": "apiKey", "in": "header", "name": proof.header, "description": proof.text}
    return {"type": "http", "scheme": proof.kind, "description": proof.text}


def _response(answer: Answer) -> dict[str, Any]:
    said: dict[str, Any] = {"description": f"{answer.meaning[:1].upper()}{answer.meaning[1:]}."}
    if answer.content_type:
        kind = "object" if answer.content_type == "application/json" else "string"
        said["content"] = {answer.content_type: {"schema": {"type": kind}}}
    return said


def _joined(first: Answer | None, second: Answer) -> Answer:
    return second if first is None else Answer(f"{first.meaning}; or {second.meaning}", first.content_type)


def _ordered(answers: Mapping[int, dict[str, Any]]) -> dict[str, Any]:
    return {str(status): answers[status] for status in sorted(answers)}


def _id(method: str, path: str) -> str:
    words: Iterable[str] = re.findall(r"\w+", path)
    return "_".join((method.lower(), *words))
