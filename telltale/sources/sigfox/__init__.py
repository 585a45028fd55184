"""Sigfox: messages of small battery devices, as the operator's backend passes them on."""

from telltale.contract import Source, Transport
from telltale.sources.sigfox.accept import ROUTES, accept
from telltale.sources.sigfox.decode import decode, shorten
from telltale.sources.sigfox.ids import device_id
from telltale.sources.sigfox.interface import interface
from telltale.sources.sigfox.many import decode_many
from telltale.sources.sigfox.minutes import minutes
from telltale.sources.sigfox.queue import shown
from telltale.sources.sigfox.remedies import remedy
from telltale.sources.sigfox.replies import WANTED
from telltale.sources.sigfox.same import NUMBERING
from telltale.sources.sigfox.simulate import simulate
from telltale.sources.sigfox.simulate.truth import truth
from telltale.sources.sigfox.texts import OPTIONS, PASTED, SECRETS, SET_AT

SOURCE = Source(
    name="sigfox",
    title="Sigfox backend callbacks (DATA, SERVICE, ERROR, EVENT), and two tutorials' addresses",
    short_title="Sigfox",
    noun="callback",
    transport=Transport.HTTP,
    wire="HTTP GET, POST or PUT: JSON, form or query",
    routes=ROUTES,
    tables=("uplink", "reading", "activity", "device_status"),
    decoder_version=4,
    personal=False,
    accept=accept,
    decode=decode,
    simulate=simulate,
    truth=truth,
    device_id=device_id,
    tells_time="uplink",
    decode_many=decode_many,
    shorten=shorten,
    block=1024,
    remembers=True,
    queue=WANTED,
    minutes=minutes,
    numbering=NUMBERING,
    first_record="point the callback of the Sigfox backend at {http}/sigfox/uplink",
    options_text=OPTIONS,
    secrets_text=SECRETS,
    secret_place=SET_AT,
    secret_lines=PASTED,
    remedy=remedy,
    interface=interface,
    pending=shown,
    commands=(("sigfox", "telltale.sources.sigfox.commands"),),
)
