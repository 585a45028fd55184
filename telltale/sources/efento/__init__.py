"""Efento: NB-IoT sensors of temperature, doors, leaks, meters and air, over CoAP with protobuf."""

from telltale.contract import Source, Transport
from telltale.sources.efento.accept import ROUTES, accept
from telltale.sources.efento.decode import TABLES, decode, decode_many
from telltale.sources.efento.ids import device_id
from telltale.sources.efento.interface import interface
from telltale.sources.efento.kinds import AMOUNTS
from telltale.sources.efento.large import shorten
from telltale.sources.efento.orders import ORDERS
from telltale.sources.efento.queue import shown
from telltale.sources.efento.remedies import remedy
from telltale.sources.efento.replies import WANTED
from telltale.sources.efento.simulate import simulate
from telltale.sources.efento.simulate.truth import truth
from telltale.sources.efento.texts import OPTIONS, SECRETS, SET_AT

SOURCE = Source(
    name="efento",
    title="Efento NB-IoT sensors (measurements, device info, configuration), firmware 06 and 07",
    short_title="Efento NB-IoT",
    noun="frame",
    transport=Transport.COAP,
    wire="CoAP POST, protobuf",
    routes=ROUTES,
    tables=TABLES,
    decoder_version=2,
    personal=False,
    accept=accept,
    decode=decode,
    simulate=simulate,
    truth=truth,
    device_id=device_id,
    decode_many=decode_many,
    shorten=shorten,
    block=256,
    remembers=True,
    queue=WANTED,
    first_record="point the sensors at {coap}",
    options_text=OPTIONS,
    secrets_text=SECRETS,
    secret_place=SET_AT,
    remedy=remedy,
    interface=interface,
    pending=shown,
    orders=ORDERS,
    amounts=AMOUNTS,
    commands=(
        ("efento", "telltale.sources.efento.commands"),
        ("export efento-json", "telltale.sources.efento.commands"),
    ),
)
