"""Buttons and phones: the frames with which they join a network, as a capture heard them."""

from telltale.address import device_id
from telltale.contract import Source, Transport
from telltale.sources.button.accept import accept
from telltale.sources.button.decode import decode, decode_many
from telltale.sources.button.simulate import simulate
from telltale.sources.button.simulate.truth import truth

SOURCE = Source(
    name="button",
    title="Button capture (joins of listed devices over ARP and DHCP)",
    short_title="Button capture",
    noun="frame",
    transport=Transport.CAPTURE,
    wire="Capture of ARP and DHCP frames, live or from a file",
    routes=(),
    tables=("frame", "collector_heartbeat"),
    decoder_version=3,
    personal=False,
    accept=accept,
    decode=decode,
    simulate=simulate,
    truth=truth,
    device_id=device_id,
    decode_many=decode_many,
    first_record="list a button in buttons.csv and run “telltale collect arp”",
)
