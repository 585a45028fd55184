"""Sigfox: messages of small battery devices, as the operator's backend passes them on."""

from telltale.contract import Source
from telltale.sources.sigfox.accept import ROUTES, accept
from telltale.sources.sigfox.decode import decode
from telltale.sources.sigfox.simulate import simulate
from telltale.sources.sigfox.truth import truth

SOURCE = Source(
    name="sigfox",
    title="Sigfox backend callbacks (DATA, SERVICE, ERROR, EVENT), and two tutorials' addresses",
    short_title="Sigfox",
    transport="HTTP GET, POST or PUT: JSON, form or query",
    routes=ROUTES,
    tables=("uplink", "reading", "activity", "device_status"),
    decoder_version=3,
    personal=False,
    accept=accept,
    decode=decode,
    simulate=simulate,
    truth=truth,
    remembers=True,
)
