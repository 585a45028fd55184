"""CloudTrax Presence Reporting: access points that tell which Wi-Fi stations they heard."""

from telltale.address import device_id
from telltale.contract import Route, Source, Transport
from telltale.sources.cloudtrax.accept import accept
from telltale.sources.cloudtrax.decode import decode, decode_many
from telltale.sources.cloudtrax.interface import interface
from telltale.sources.cloudtrax.remedies import remedy
from telltale.sources.cloudtrax.simulate import simulate, truth
from telltale.sources.cloudtrax.texts import OPTIONS, PASTED, SECRETS, SET_AT
from telltale.sources.cloudtrax.wire import shorten

SOURCE = Source(
    name="cloudtrax",
    title="CloudTrax Presence Reporting (Open Mesh, Datto; EnGenius sends the same shape)",
    short_title="CloudTrax",
    noun="report",
    transport=Transport.HTTP,
    wire="HTTP POST, signed JSON",
    routes=(
        Route("POST", "/cloudtrax"),
        Route("POST", "/receive", alias=True),
        Route("POST", "/recieve", alias=True),
    ),
    tables=("sighting", "node_heartbeat"),
    decoder_version=1,
    personal=True,
    accept=accept,
    decode=decode,
    simulate=simulate,
    truth=truth,
    device_id=device_id,
    tells_time="sighting",
    decode_many=decode_many,
    block=512,
    shorten=shorten,
    first_record="send an access point's reports to {http}/cloudtrax",
    options_text=OPTIONS,
    secrets_text=SECRETS,
    secret_place=SET_AT,
    secret_lines=PASTED,
    remedy=remedy,
    interface=interface,
)
