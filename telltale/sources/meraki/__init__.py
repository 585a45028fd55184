"""Cisco Meraki Scanning API: access points that tell which Wi-Fi stations and Bluetooth devices they heard."""

from telltale.address import device_id
from telltale.contract import Route, Source, Transport
from telltale.sources.meraki.accept import accept
from telltale.sources.meraki.decode import decode
from telltale.sources.meraki.interface import interface
from telltale.sources.meraki.remedies import remedy
from telltale.sources.meraki.simulate import simulate, truth
from telltale.sources.meraki.texts import OPTIONS, SECRETS, SET_AT
from telltale.sources.meraki.wire import shorten

SOURCE = Source(
    name="meraki",
    title="Cisco Meraki Scanning API 2.0, 2.1 and 3.0 (Wi-Fi and Bluetooth)",
    short_title="Meraki",
    noun="report",
    transport=Transport.HTTP,
    wire="HTTP POST, JSON with a secret in it",
    routes=tuple(Route(method, path) for path in ("/meraki", "/meraki/<network>") for method in ("POST", "GET")),
    tables=("sighting", "node_heartbeat"),
    decoder_version=3,
    personal=True,
    accept=accept,
    decode=decode,
    simulate=simulate,
    truth=truth,
    device_id=device_id,
    tells_time="sighting",
    shorten=shorten,
    first_record="let the Meraki dashboard post to {http}/meraki",
    options_text=OPTIONS,
    secrets_text=SECRETS,
    secret_place=SET_AT,
    remedy=remedy,
    interface=interface,
)
