"""The idle time of PCs, as the agent on each of them sees it, and what is imported or corrected beside it."""

from telltale.contract import Source, Transport
from telltale.sources.pc_idle.accept import ROUTES, accept
from telltale.sources.pc_idle.decode import decode, shorten
from telltale.sources.pc_idle.rows import device_id
from telltale.sources.pc_idle.simulate import simulate
from telltale.sources.pc_idle.simulate.truth import truth

SOURCE = Source(
    name="pc_idle",
    title="Idle time of PCs, from the agent on each",
    short_title="PC idle time",
    rests=True,
    transport=Transport.AGENT,
    wire="local, on the PC itself: JSON",
    routes=ROUTES,
    tables=("activity",),
    decoder_version=3,
    personal=False,
    accept=accept,
    decode=decode,
    simulate=simulate,
    truth=truth,
    device_id=device_id,
    shorten=shorten,
    first_record="run “telltale collect idle” on a PC",
)
