"""`telltale modem`: ask a Sigfox modem, send a frame by it, or play one."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from telltale.cli.output import json_option, show_one

if TYPE_CHECKING:
    from collectors.idle.modem import Modem
    from telltale.settings import Settings

_DIALECTS = ("auto", "uplynx", "wisol", "td1207", "snt")
_port = click.option("--port", help="The modem's port; by default [idle] port.")
_dialect = click.option(
    "--dialect", type=click.Choice(_DIALECTS), help="Its make of AT commands; by default [idle] dialect."
)


@click.group(epilog="Example: telltale modem id --port /dev/ttyUSB0")
def modem() -> None:
    """Ask a Sigfox modem, send a frame with it, or simulate one."""


@modem.command(name="id", epilog="Example: telltale modem id --port /dev/ttyUSB0")
@_port
@_dialect
@json_option
def id_(port: str | None, dialect: str | None, *, as_json: bool) -> None:
    """Show the modem's id as the backend writes it, and its dialect."""
    with _opened(port, dialect) as (found, _):
        told = {"device_id": f"sigfox:{found.device()}", "dialect": found.dialect.name}
    show_one(told, as_json=as_json, sentence=f"{told['device_id']}, a {told['dialect']} modem")


@modem.command(epilog="Example: telltale modem pac --port COM3")
@_port
@_dialect
def pac(port: str | None, dialect: str | None) -> None:
    """Show the modem's PAC.

    Whoever has it can register the modem with the operator, once.
    """
    with _opened(port, dialect) as (found, _):
        click.echo(found.pac())


@modem.command(epilog='Example: telltale modem send "door open" --port /dev/ttyUSB0')
@click.argument("payload")
@click.option(
    "--text/--hex", "is_text", default=None, help="What PAYLOAD is; by default hex where it can be, else text."
)
@click.option("--downlink", is_flag=True, help="Ask for an answer, and wait for it.")
@_port
@_dialect
@json_option
def send(
    payload: str, port: str | None, dialect: str | None, *, is_text: bool | None, downlink: bool, as_json: bool
) -> None:
    """Send PAYLOAD, a text or bytes in hex, 1 to 12 bytes, as one frame.

    It counts towards what the modem may send in an hour and a day. Pairs of hex digits, such as 313030, are hex unless
    --text says otherwise; the bytes that were sent are printed in hex.
    """
    from collectors.idle.budget import Budget, clock
    from collectors.idle.modem import Outcome
    from collectors.idle.sender import budget_path, spent
    from telltale.contract import ConfigError

    data = payload_of(payload, is_text=is_text)
    with _opened(port, dialect) as (found, settings):
        told, now = settings.idle, clock()()
        path = budget_path(settings.data / "idle", found.device())
        budget = Budget(path, daily=told.daily_uplinks, hourly=told.hourly_uplinks)
        sent = spent(budget, found, data, now=now, downlink=downlink)
        if sent is None:
            what = "with an answer " if downlink else ""
            raise ConfigError(
                f"no frame {what}is left: {told.hourly_uplinks} an hour and {told.daily_uplinks} a day may be sent, "
                "4 of them with an answer; try again later"
            )
    answer = sent.downlink.hex() if sent.downlink else None
    row = {"payload": data.hex(), "outcome": str(sent.outcome), "downlink": answer, "said": list(sent.said)}
    sentence = f"{data.hex()}: {sent.outcome}" + (f", answer {answer}" if answer else "")
    show_one(row, as_json=as_json, sentence=f"{sentence} ({' / '.join(sent.said) or 'nothing was said'})")
    if sent.outcome is not Outcome.SENT:
        raise click.exceptions.Exit(1)


@modem.command(epilog="Example: telltale modem simulate --dialect wisol --to http://127.0.0.1:8080 --link /tmp/modem")
@click.option(
    "--dialect", type=click.Choice(_DIALECTS[1:]), default="wisol", show_default=True, help="Which make it plays."
)
@click.option("--id", "device", default="2D24E6", show_default=True, help="The modem's id.")
@click.option(
    "--to", "url", help="Where its frames go, as the backend's callbacks; by default the project's collector."
)
@click.option("--form", is_flag=True, help="Send callbacks as a form instead of JSON.")
@click.option("--type", "type_id", default="", help="The device type in its callbacks.")
@click.option(
    "--link", type=click.Path(path_type=Path), help="Name of the pseudo-terminal; by default data/idle/modem."
)
@click.option("--tcp", type=click.IntRange(0, 65535), help="A TCP port instead, for socket://; 0 takes a free one.")
@click.option("--script", default="", help="What happens to its frames, one after the other, such as ok,error,unplug.")
@click.option(
    "--air", "air_s", type=click.FloatRange(0, 60), default=1.0, show_default=True, help="Seconds a frame takes."
)
def simulate(url: str | None, *, link: Path | None, tcp: int | None, script: str, **options: Any) -> None:
    """Simulate a modem and the network behind it, until Ctrl-C.

    What it is given to send arrives at a collector. Words of --script: ok, error, silence, garbage, split, lost,
    no-downlink, unplug.
    """
    import signal
    import threading

    from collectors.idle.lock import only_one
    from telltale.settings import load
    from telltale.simulate.modem import Pty, SimulatedModem, Tcp, serving
    from telltale.simulate.sigfox_network import Backend

    settings, stop = load(), threading.Event()
    secrets = settings.source("sigfox").secrets
    backend = Backend(
        url or settings.webhooks.url,
        secret=secrets[min(secrets)] if secrets else "",
        form=options["form"],
        type_id=options["type_id"],
    )
    words = [word.strip() for word in script.split(",") if word.strip()]
    played = SimulatedModem(options["dialect"], backend, device=options["device"], script=words, air_s=options["air_s"])
    place = link or settings.data / "idle" / "modem"
    place.parent.mkdir(parents=True, exist_ok=True)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        with only_one(settings.data / "idle", f"the stand-in at {place if tcp is None else tcp}"):
            if place.is_symlink() and place.readlink().parent == Path("/dev/pts"):
                place.unlink()  # one that was killed left it; its terminal may be another program's by now
            with serving(played, Pty(place) if tcp is None else Tcp(tcp)) as port:
                click.echo(f"a {options['dialect']} modem {played.device} on {port}")
                stop.wait()
    finally:
        backend.close()


@contextmanager
def _opened(port: str | None, dialect: str | None) -> "Iterator[tuple[Modem, Settings]]":
    """The modem, held so that no agent speaks to it at the same time."""
    from collectors.idle.lock import only_one
    from collectors.idle.modem import opened
    from telltale.contract import ConfigError
    from telltale.settings import load

    settings = load()
    port = port or settings.idle.port
    if not port:
        raise ConfigError("no port: give --port, such as /dev/ttyUSB0 or COM3, or set [idle] port in telltale.toml")
    with (
        only_one(settings.data / "idle", port),
        opened(port, dialect=dialect or settings.idle.dialect, line_end=settings.idle.line_end) as found,
    ):
        yield found, settings


def payload_of(text: str, *, is_text: bool | None = None) -> bytes:
    """The bytes of a text, or those that hex digits mean; None is hex where it can be."""
    from telltale.contract import ConfigError

    digits = "".join(text.split())
    is_digits = re.fullmatch(r"[0-9A-Fa-f]+", digits) is not None
    if is_text is False and not (is_digits and len(digits) % 2 == 0):
        raise ConfigError(f'"{text}": expected 1 to 12 bytes in hex, such as 313030')
    if is_text is None and is_digits and len(digits) % 2:
        # One digit too few, perhaps: a frame of the day's budget is not spent on a guess.
        raise ConfigError(f'"{text}": hex digits, but not in pairs; add --text to send these characters')
    data = text.encode() if is_text or not is_digits else bytes.fromhex(digits)
    if not 1 <= len(data) <= 12:
        raise ConfigError(f'"{text}" is {len(data)} bytes; expected 1 to 12, as a frame has')
    return data
