"""Sections about other systems: a broker that records come from, and platforms that events go to."""

from typing import Annotated, Literal

from pydantic import Field

from telltale.settings.section import Section

BROKERS_TOML = """\
[mqtt]                         # the MQTT collector: telltale collect mqtt; its password goes into secrets.toml
# host = ""                    # the broker; empty: none
# port = 8883                  # 1883 only with tls = false
# tls = true
# ca_file = ""                 # the authority that signed the broker's certificate; empty: the system's
# username = ""
# client_id = ""               # empty: telltale-<this machine's name>; the broker keeps a session by this name
# topics = {}                  # source by topic filter: { "plant/<source>/#" = "<source>" }

[forward]                      # passing presses and readings on: telltale forward
# backlog_days = 7.0           # its first run passes on what is up to so many days old
# keep_sent_days = 90          # days until what was sent is removed from the outbox; what waits or is parked stays
# warn_rows = 10000            # warn when so many messages wait, or
# warn_age_h = 24.0            # when one has waited for so long

[forward.cumulocity]           # presses to Cumulocity over MQTT; its password goes into secrets.toml
# tenant = ""                  # the host's name, such as example.cumulocity.com; empty: not forwarded
# tenant_id = ""               # like t12345
# user = ""                    # <tenant id>/<user>
# port = 0                     # 0: that of the ini file, else 8883; 1883 only with tls = false
# tls = true
# ca_file = ""
# mode = "gateway"             # gateway: one session, buttons as child devices; per_button: a session for each button
# device_id = ""               # the gateway's own id; empty: telltale-<this machine's name>
# device_type = "c8y_MACDevice"
# register_devices = true      # create devices; false sends nothing for those the platform does not know
# quote_style = "double"       # a quote inside a text: double or backslash
# per_second = 5.0             # rows a second at most
# alerts = []                  # names of [alerts.<name>] passed on as alarms of the gateway; none of a person's device
# ini = ""                     # an older configuration file with a section [C8YMQTT]; what stands here wins

[forward.thingworx]            # presses and sensor readings to ThingWorx over REST; its app_key goes into secrets.toml
# base_url = ""                # such as https://host/Thingworx; empty: not forwarded
# thing = "Kanban_{item}"      # the Thing of an item
# mode = "service"             # service: RecordPress, which knows doubles; property: lastPress and pressCount
# efento_thing = ""            # the Thing whose service takes Efento records; empty: not forwarded
# efento_service = "ReceiveEfento"
# compat = false               # true: with the earlier server's faults: an hour ahead, no signal, channels renumbered
# alerts = []                  # names of [alerts.<name>] passed on, when they begin and when they are over
# alerts_thing = ""            # to the service of this Thing; none of a person's device
# alerts_service = "RecordAlert"
# ca_file = ""
# timeout_s = 10.0
"""


class MqttSettings(Section):
    """The MQTT collector."""

    host: str = ""
    port: Annotated[int, Field(ge=1, le=65535)] = 8883
    tls: bool = True
    ca_file: str = ""
    username: str = ""
    client_id: str = ""
    topics: dict[str, str] = Field(default_factory=dict)


class CumulocitySettings(Section):
    """The forwarder to Cumulocity (wire/forwarding.md 2)."""

    tenant: str = ""
    tenant_id: str = ""
    user: str = ""
    port: Annotated[int, Field(ge=0, le=65535)] = 0
    tls: bool = True
    ca_file: str = ""
    mode: Literal["gateway", "per_button"] = "gateway"
    device_id: str = ""
    device_type: str = "c8y_MACDevice"
    register_devices: bool = True
    quote_style: Literal["double", "backslash"] = "double"
    per_second: Annotated[float, Field(ge=0.01, le=10_000)] = 5.0
    alerts: tuple[str, ...] = ()
    ini: str = ""


class ThingworxSettings(Section):
    """The forwarder to ThingWorx (wire/forwarding.md 3)."""

    base_url: str = ""
    thing: str = "Kanban_{item}"
    mode: Literal["service", "property"] = "service"
    efento_thing: str = ""
    efento_service: str = "ReceiveEfento"
    compat: bool = False
    alerts: tuple[str, ...] = ()
    alerts_thing: str = ""
    alerts_service: str = "RecordAlert"
    ca_file: str = ""
    timeout_s: Annotated[float, Field(gt=0, le=600)] = 10.0


class ForwardSettings(Section):
    """Where events are passed on to, and what the outbox keeps (wire/forwarding.md 1)."""

    backlog_days: Annotated[float, Field(ge=0, le=36_500)] = 7.0
    keep_sent_days: Annotated[int, Field(ge=2, le=36_500)] = 90
    warn_rows: Annotated[int, Field(ge=1)] = 10_000
    warn_age_h: Annotated[float, Field(gt=0)] = 24.0
    cumulocity: CumulocitySettings = CumulocitySettings()
    thingworx: ThingworxSettings = ThingworxSettings()
