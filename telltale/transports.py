"""What the settings let in by each transport: the sources served over HTTP and CoAP, the filters read over MQTT."""

from collections.abc import Iterator
from itertools import zip_longest
from typing import NamedTuple

from telltale.contract import ConfigError, Route, Source, Transport, did_you_mean
from telltale.net import is_loopback
from telltale.settings import Settings
from telltale.settings.brokers import MqttSettings
from telltale.settings.secrets import ORDERS, weakness
from telltale.sources import SOURCES
from telltale.sources import source as source_of


def served(transport: Transport, host: str, settings: Settings, *, is_open: bool = False) -> list[Source]:
    """The sources of a transport to listen for: all on loopback, on a public address those that have a secret.

    Args:
        transport: of which collector.
        host: where to listen.
        settings: says which source has a secret.
        is_open: the owner wants all of them on a public address too.

    Raises:
        ConfigError: the address is public and none has a secret, or one of them, or the token, can be guessed; or one
            for orders is out of place (`ordering`).
    """
    known = [source for source in SOURCES if source.transport is transport]
    section = settings.coap if transport is Transport.COAP else settings.webhooks
    for name in section.short_secrets:
        if name not in (names := [source.name for source in known]):
            raise ConfigError(
                f'telltale.toml [{_SECTIONS[transport]}] short_secrets: no source "{name}" there; '
                f"known: {', '.join(names)}{did_you_mean(name, names)}"
            )
    ordered = ordering(host, settings) if transport is Transport.HTTP else []
    if is_open or is_loopback(host):
        return known
    safe = [source for source in known if settings.source(source.name).secrets]
    if not safe and not ordered:
        raise ConfigError(
            f'host = "{host}": a public address needs a source with its secret, and none of '
            f"{', '.join(source.name for source in known)} has one; add it to secrets.toml or listen on 127.0.0.1"
        )
    for source in safe:
        for key, why in weak_secrets(source, settings):
            knowing = f" (or, knowing that, list {source.name} in telltale.toml [{_SECTIONS[transport]}] short_secrets)"
            is_example = weakness(settings.source(source.name).secrets[key], may_be_short=True)
            raise ConfigError(
                f'host = "{host}": the secret {key} of {source.name} {why}, so anyone may find it and send as '
                f"{source.name}; change it in secrets.toml [{source.name}] and in {source.secret_place}"
                f"{'' if is_example else knowing}"
            )
    if transport is Transport.HTTP and settings.token and (why := weakness(settings.token)):
        raise ConfigError(
            f'host = "{host}": the token of secrets.toml {why}, and it opens /metrics from anywhere; {RANDOM}'
        )
    return safe


def ordering(host: str, settings: Settings) -> list[Source]:
    """The sources whose devices other programs may ask something of by HTTP: on a public address with a secret only.

    Raises:
        ConfigError: a secret for that stands below what takes no orders, or it can be guessed on a public address.
    """
    able = {source.name: source for source in SOURCES if source.orders is not None}
    for name, secret in settings.order_secrets.items():
        if name not in able:
            raise ConfigError(
                f"secrets.toml [{name}] {ORDERS}: this key opens orders to devices, and {name} takes none; expected "
                f"it below {', '.join(f'[{each}]' for each in able)} alone, so choose another name"
            )
        if not is_loopback(host) and (why := weakness(secret)):
            raise ConfigError(
                f'host = "{host}": the secret {ORDERS} of {name} {why}, so anyone may find it and change its devices; '
                f"change it in secrets.toml [{name}] and in the program that knows it"
            )
    return [source for source in able.values() if is_loopback(host) or source.name in settings.order_secrets]


RANDOM = 'set token = "..." there to a random text, such as "openssl rand -hex 16" prints'
_SECTIONS = {Transport.HTTP: "webhooks", Transport.COAP: "coap"}


def weak_secrets(source: Source, settings: Settings) -> Iterator[tuple[str, str]]:
    """The keys of its secrets that do not hold on a public address, and why; what is listed may be short."""
    section = settings.coap if source.transport is Transport.COAP else settings.webhooks
    for key, secret in sorted(settings.source(source.name).secrets.items()):
        if why := weakness(secret, may_be_short=source.name in section.short_secrets):
            yield key, why


class Topic(NamedTuple):
    """A filter, the source behind it and which of the source's addresses stands for it."""

    pattern: str
    source: Source
    route: Route


def topics(mqtt: MqttSettings) -> list[Topic]:
    """The filters of `[mqtt] topics`, each `source` or `source/address`.

    Raises:
        ConfigError: no broker, no topics, one is no filter, no such source, or it has no such address.
    """
    if not mqtt.host or not mqtt.topics:
        what = "topics" if mqtt.host else "host"
        raise ConfigError(
            f'telltale.toml [mqtt] {what}: nothing there; expected such as host = "broker.example" and '
            'topics = { "plant/<source>/#" = "<source>" }'
        )
    return [_topic(pattern, target) for pattern, target in mqtt.topics.items()]


def _topic(pattern: str, target: str) -> Topic:
    levels = pattern.split("/")
    is_mixed = any(set(level) & set("+#") and len(level) > 1 for level in levels) or "#" in levels[:-1]
    if not pattern or "\0" in pattern or is_mixed:
        raise ConfigError(
            f'telltale.toml [mqtt] topics "{pattern}": no filter, + stands for whole levels, # for all that follow; '
            'expected such as "plant/+/report" or "plant/#"'
        )
    name, _, address = target.partition("/")
    source = source_of(name)
    routes = [route for route in source.routes if route.method == "POST"]  # what is got is answered, not kept
    route = _named(routes, name, address)
    if route is None:
        known = ", ".join(sorted({name + each.path.removeprefix(f"/{name}") for each in routes}))
        raise ConfigError(
            f'telltale.toml [mqtt] topics "{pattern}" = "{target}": no such address; '
            f"known: {known or 'nothing of it comes over MQTT'}"
        )
    return Topic(pattern, source, route)


def _named(routes: list[Route], name: str, address: str) -> Route | None:
    """The route with the address as its path; the source's own name may stand in front of it, as it does in some."""
    if not address:
        return next((route for route in routes if "<" not in route.path), None)
    for path in (f"/{address}", f"/{name}/{address}"):
        for route in routes:
            pairs = list(zip_longest(route.path.split("/"), path.split("/"), fillvalue=""))
            if all(want == part or (want.startswith("<") and part) for want, part in pairs):
                return route._replace(path=path)
    return None
