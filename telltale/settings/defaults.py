"""The files `telltale init` writes. Every key stands here with its default, so that the file documents itself."""

from telltale.settings.activity import ACTIVITY_TOML
from telltale.settings.brokers import BROKERS_TOML
from telltale.settings.capture import CAPTURE_TOML

_MAIN_TOML = """\
# telltale.toml: the settings of this project. Its folder is the project's root.
# Every line that starts with "#" and a key shows a default: remove the "#" to change it.
# A variable wins over this file: TELLTALE_WEBHOOKS__PORT=8081, TELLTALE_SITE__TIMEZONE=Europe/Berlin.
# Secrets do not belong here but in secrets.toml (mode 600) or TELLTALE_SECRET_<SOURCE>_<KEY>.

[paths]                        # relative ones count from this file's folder
# data = "data"                # folder of store, lake, keys, reports and logs
# store_url = ""               # empty: SQLite in data/landing; postgresql+psycopg://user@host/name for several hosts
# lake_root = ""               # empty: data/lake; another folder, or a URL such as s3://bucket/lake
# keys = ""                    # empty: data/keys; never in a backup, never on a shared disk

[site]                         # what holds for every site
# name = ""                    # shown in reports; empty: the network id of the sender
# timezone = "UTC"             # IANA name, such as "Europe/Berlin"; days and hours follow it
# rotation = "day"             # how long a pseudonym lives: day, week, month, never
# raw_retention_h = 24         # hours until bodies that hold addresses of people's devices are removed
# sighting_retention_h = 24    # hours after its day closed until a sighting is removed
# visit_retention_d = 30       # days until a visit is removed; figures of hours and days stay
# k = 5                        # no published presence figure counts fewer devices than this
# keep = false                 # true removes nothing: only for invented data

# [site.71234]                 # one network's own values, by its network id; any key of [site]
# name = "Lobby"
# timezone = "Europe/Berlin"

[webhooks]                     # the HTTP collector: telltale collect webhooks
# host = "127.0.0.1"           # a public address is refused unless a source has its secret
# port = 8080                  # 0 takes a free one
# max_body = 4194304           # bytes; a larger body is answered 413
# threads = 64                 # requests answered at once

[coap]                         # the CoAP collector: telltale collect coap
# host = "127.0.0.1"           # "::" is every address, IPv4 too; refused unless a source has its secret, or is_open
# port = 5683                  # UDP; 0 takes a free one
# is_open = false              # true listens on a public address without secrets, as behind a private APN
# prefix = ""                  # what stands before every endpoint's name: "efento" for efento/m
# endpoints = {}               # names of your own: { m = "data", c = "config" }
# max_body = 65536             # bytes; more, also block by block, is answered 4.13
# ticket_timeout_s = 1.2       # wait for a record to be stored, then 5.00; answers stay within one exchange

[landing]                      # the queue in front of the store; full means 503 and "come back later"
# max_records = 20000          # records waiting at most
# max_bytes = 67108864         # bytes waiting at most
# group = 512                  # records stored in one transaction at most
# busy_timeout_s = 5.0         # wait for another process's lock on the store
# ticket_timeout_s = 10.0      # wait of a sender for its record to be stored; above busy_timeout_s

[settle]                       # when stored records become Parquet files
# rows = 5000                  # as soon as so many wait
# age_s = 600                  # or the oldest has waited so many seconds
# batch_rows = 20000           # records of one step at most
# batch_bytes = 67108864       # bytes of one step at most

[dashboard]                    # the pages: telltale dashboard
# host = "127.0.0.1"           # a public address is refused without a token in secrets.toml
# port = 8866                  # 0 takes a free one

[presence]                     # how sightings become visits
# gap_min = 15                 # minutes of silence that end a visit
# visit_min = 5                # minutes from which a stay counts as a visit
# visit_dbm = -65              # and the strongest signal it needs
# passer_dbm = -90             # the strongest signal a passer-by needs; weaker is ignored
# engaged_min = 20             # minutes from which a visitor counts as engaged
# hysteresis_db = 6            # a device moves only to a node heard so much stronger
# bin_min = 15                 # minutes of one occupancy step

[sensors]                      # how readings are judged; the limits themselves stand in devices.csv
# tolerated_min = 15           # minutes a day outside its limits that nobody needs to hear about
"""

_SOURCES_TOML = """\
[sources.cloudtrax]            # options of a source, by its name
# signature = "hex"            # spelling of the Signature header: hex, or base64 for compatible senders

# [sources.efento]                      # sensors over CoAP; their cloud tokens go into secrets.toml
# cloud_token_option = 65000            # the CoAP option with the token, as set in the sensors; 65000: in the payload
# payload_signature_option = 65000      # the option with the signature, kept with the record; 65000: none
# modem_identification_option = 65000   # the option with the IMEI, which may serve as token; 65000: none
# current_time = "daily"                # how often a reply sets a sensor's clock: daily, always, never
# device_info_h = 24                    # hours until device info is asked for again; 0: only after a change

# [sources.meraki]             # bodies to /meraki; the secret goes into secrets.toml
# validator = ""               # what the dashboard asks for: GET /meraki answers it
# site = "meraki"              # the network's name of version 2, which does not tell it

# [sources.meraki.validators]  # of further networks: GET /meraki/branch answers it, and version 2 sent there is it
# branch = "..."

# [sources.meraki.sites]       # version 2, where one address serves several networks: access point = its network
# "00:18:0a:13:dd:b0" = "branch"

# [sources.sigfox]             # callbacks to /sigfox/uplink, /sigfox/status …; the secret goes into secrets.toml
# payload = ""                 # custom payload config of devices no type below fits: "temp::int:8 humidity::uint:8"
# secret_header = "x-telltale-secret"     # where a callback may carry its secret, besides Authorization
# dashboard = "http://127.0.0.1:8866/"    # where /graph leads

# [sources.sigfox.quantities]  # how fields of theirs are called and scaled: value * scale + offset
# temp = { name = "temperature", unit = "°C", scale = 1.0, offset = 0.0 }

# [sources.sigfox.types.fridges]          # a device type
# ids = ["5d8cdc8fe833d917af81f4c1"]      # by its deviceTypeId in the backend
# devices = ["2d24e6"]                    # or single devices; wins over ids
# payload = "temperature::float:32"
# quantities = { temperature = { unit = "°C" } }

# [sources.sigfox.types.pcs]              # devices that tell of a PC's use
# devices = ["1d3c08"]
# activity = "bitmap"                     # levels or bitmap

# [sources.sigfox.endpoints.fridges]      # callbacks to /sigfox/uplink/fridges; "uplink", "data", "messages" … too
# type = "fridges"                        # of devices that no type names
# sequence = "decimal"                    # how seqNumber is posted: decimal or hex
# fields = { device = "id", time = "ts" } # variable = its name in your template, where it is not the usual one
# pattern = "{device};{time};{data}"      # many in one callback: the backend's line pattern; "batch" has this one
"""

DEFAULT_TOML = f"{_MAIN_TOML}\n{CAPTURE_TOML}\n{ACTIVITY_TOML}\n{BROKERS_TOML}\n{_SOURCES_TOML}"

DEFAULT_SECRETS = """\
# secrets.toml: readable by its owner only (mode 600), never committed.

# token = "..."                # opens the dashboards, and the details of /healthz and /metrics from other machines

[cloudtrax]                    # the secret of each network, by its network id
# 71234 = "..."

[meraki]                       # any name = the secret set in the dashboard, one for each network
# office = "..."

[efento]                       # any name = a cloud token; with none listed, every sensor is let in on loopback
# hall = "..."

[sigfox]                       # any name = what a callback sends as Authorization: Bearer ..., or as Basic password
# backend = "..."

[activity]                     # a PC by id or name, or a person of devices.csv = what opens the page of it and no other
# "pc:desk-3" = "..."          # at least 16 characters

# [mqtt]                       # of the broker records come from
# password = "..."

# [cumulocity]
# password = "..."

# [thingworx]
# app_key = "..."
"""

DEFAULT_DEVICES = """\
device_id,name,place,zone,role,item,person,same_as,expected_interval_s,low,high
"# one line a device, such as: ac:86:74:11:22:33,Door,Ground floor,Entrance,node",,,,,,,,,,
"""
