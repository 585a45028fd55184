"""The files `telltale init` writes. Every key stands here with its default, so that the file documents itself."""

from collections.abc import Iterable

from telltale.settings.activity import ACTIVITY_TOML
from telltale.settings.brokers import BROKERS_TOML
from telltale.settings.capture import CAPTURE_TOML
from telltale.settings.log import LOG_TOML
from telltale.settings.objects import S3_SECRETS, S3_TOML
from telltale.settings.publish import PUBLISH_TOML

_MAIN_TOML = """\
# telltale.toml: the settings of this project. Its folder is the project's root.
# Every line that starts with "#" and a key shows a default: remove the "#" to change it.
# A variable wins over this file: TELLTALE_WEBHOOKS__PORT=8081, TELLTALE_SITE__TIMEZONE=Europe/Berlin. So does
# PORT, which platforms set: it is that of [webhooks], and of [dashboard] where telltale dashboard runs by itself.
# Secrets do not belong here but in secrets.toml (mode 600) or TELLTALE_SECRET_<SOURCE>_<KEY>.

[paths]                        # relative ones count from this file's folder
# data = "data"                # folder of store, lake, keys, reports and logs
# store_url = ""               # empty: SQLite in data/landing; postgresql+psycopg://user@host/name for several hosts
#                              # its password: ~/.pgpass or PGPASSWORD; the hosts then share lake_root, too
# lake_root = ""               # empty: data/lake; another folder, or s3://bucket/path: see [s3]
# keys = ""                    # empty: data/keys; never in a backup, never on a shared disk

[site]                         # what holds for every site
# name = ""                    # shown in reports; empty: the network id of the sender
# timezone = "UTC"             # IANA name, such as "Europe/Berlin"; days and hours follow it
# rotation = "day"             # how long a pseudonym lives: day, week, month, never
# raw_retention_h = 24         # hours until bodies that hold addresses of people's devices are removed
# sighting_retention_h = 24    # hours after its day closed until a sighting is removed
# visit_retention_d = 30       # days until a visit is removed; figures of hours and days stay
# k = 5                        # no published presence figure counts fewer devices than this
# keep = false                 # true removes nothing: only for simulated data

# [site.71234]                 # one network's own values, by its network id; any key of [site]
# name = "Lobby"
# timezone = "Europe/Berlin"

[webhooks]                     # the HTTP collector: telltale collect webhooks
# host = "127.0.0.1"           # a public address is refused unless a source has its secret
# port = 8080                  # 0 takes a free one
# max_body = 4194304           # bytes; a larger body is answered 413
# header_timeout_s = 75.0      # seconds a connection may take for its next header, idle ones too
# body_timeout_s = 15.0        # seconds a body may take from there, then 408
# bodies_per_sender = 256      # bodies of one sender that may stall for more than a second; the stalest is answered 503
# certificate = ""             # PEM file of the certificate and its chain: HTTPS instead of HTTP
# key = ""                     # PEM file of its key, without a password; "" where it is in the same file
# hosts = []                   # names besides localhost that requests without a secret may be for, such as "desk.lan"
# short_secrets = []           # sources whose secrets may have under 16 characters on a public address: who reads or
#                              # records one signed body finds such a secret by trying, and then sends what they like

[coap]                         # the CoAP collector: telltale collect coap
# host = "127.0.0.1"           # "::" is every address, IPv4 too; refused unless a source has its secret, or is_open
# port = 5683                  # UDP; 0 takes a free one
# is_open = false              # true listens on a public address without secrets, as behind a private APN
# short_secrets = []           # as of [webhooks]
# prefix = ""                  # what stands before every endpoint's name: "site" for site/m
# endpoints = {}               # names of your own: { m = "data", c = "config" }
# max_body = 65536             # bytes; more, also block by block, is answered 4.13
# ticket_timeout_s = 1.2       # wait for a record to be stored, then 5.00; answers stay within one exchange

[landing]                      # the queue in front of the store; full means 503 and "come back later"
# max_records = 20000          # records waiting at most
# max_bytes = 67108864         # bytes waiting at most
# group = 512                  # records stored in one transaction at most
# busy_timeout_s = 5.0         # wait for another process's lock on the store
# ticket_timeout_s = 10.0      # wait of a sender for its record to be stored; above busy_timeout_s
# spool = false                # true: while the store is away, records wait in data/landing/spool instead of a 503
# spool_records = 200000       # of one collector, waiting at most; then 503
# spool_bytes = 268435456      # the same in bytes

[settle]                       # when stored records become Parquet files
# rows = 5000                  # as soon as so many wait
# age_s = 600                  # or the oldest has waited so many seconds
# batch_rows = 20000           # records of one step at most
# batch_bytes = 67108864       # bytes of one step at most; as soon as so many wait, they are settled
# max_rows_per_record = 100000 # rows of one record at most; the others are counted in a reject, and the bytes stay
# max_rejects_per_record = 100 # rejects of one record at most; "telltale redecode" gives the others with a higher limit

[lake]                         # the files of records and rows
# keep_superseded = false      # true keeps what "telltale redecode" replaces: tt.superseded("reading") shows what an
#                              # earlier decoder said; retention removes it with the rows of its table

[engine]                       # what answers: DuckDB in the process, and Spark where it is asked, tt.on("spark")
# spark = ""                   # where it is: "local[2]", "local-cluster[2,1,1024]", "spark://host:7077", "sc://host:15002"
# memory = "2g"                # of the Java machine that is started for the first three

[privacy]                      # what people are offered
# optout_page = false          # true: a form at /optout of the HTTP collector; whoever enters the Wi-Fi address of a
#                              # device has it left out from then on; the names it is reached by: [webhooks] hosts

[dashboard]                    # the pages: telltale dashboard
# host = "127.0.0.1"           # a public address is refused without a token of 16 characters in secrets.toml
# port = 8866                  # 0 takes a free one
# public_url = ""              # the address they are reached under through a proxy, as "https://example.org/telltale"
# base_url = ""                # the path alone, where that address is not known, as "/proxy/absolute/8866"
# certificate = ""             # PEM file with the certificate and its chain: they are served by https then
# key = ""                     # and of its key, where it is not in the same file
# max_pages = 20               # pages open at once, of all viewers; each takes about 60 MB

[presence]                     # how sightings become visits
# gap_min = 15                 # minutes of silence that end a visit
# visit_min = 5                # minutes from which a stay counts as a visit
# visit_dbm = -65              # and the strongest signal it needs
# passer_dbm = -90             # the strongest signal a passer-by needs; weaker is ignored
# engaged_min = 20             # minutes from which a visitor counts as engaged
# hysteresis_db = 6            # a device moves only to a node heard so much stronger
# bin_min = 15                 # minutes of one occupancy step

[sensors]                      # how readings are judged; the limits themselves stand in devices.csv
# tolerated_min = 15           # minutes a day outside its limits that need no attention
"""

_MAIN_SECRETS = """\
# secrets.toml: readable by its owner only (mode 600), never committed.

# token = "..."                # opens the dashboards, and the details of /healthz and /metrics from other machines
"""

_OTHER_SECRETS = """\
# [dashboard]                  # others who may look; all but sightings, and single PCs
# viewer = "..."               # the pages but health, and published reports; at least 16 characters
# operator = "..."             # health too

[activity]                     # a PC by id or name, or a person of devices.csv = what opens the page of it and no other
# "pc:desk-3" = "..."          # at least 16 characters

# [mqtt]                       # of the broker records come from
# password = "..."

# [cumulocity]
# password = "..."

# [thingworx]
# app_key = "..."

# [publish]                    # how reports and alerts leave
# mail_password = "..."        # of [publish] mail_user
# ops = "..."                  # a name for `to`, and the address of Apprise it stands for
"""

DEFAULT_DEVICES = """\
device_id,name,place,zone,role,item,person,same_as,expected_interval_s,low,high
"# one line a device, such as: ac:86:74:11:22:33,Door,Ground floor,Entrance,node",,,,,,,,,,
"""


def new_toml(sources: Iterable[str], *, zone: str = "", mine: bool = False) -> str:
    """The text of a new telltale.toml; `sources` are the parts of the sources, which settings do not know."""
    main = _MAIN_TOML.replace('# timezone = "UTC"  ', f'timezone = "{zone}"  ', 1) if zone else _MAIN_TOML
    activity = ACTIVITY_TOML.replace("# mine = false ", "mine = true ", 1) if mine else ACTIVITY_TOML
    return "\n".join(
        [main, S3_TOML, LOG_TOML, CAPTURE_TOML, activity, BROKERS_TOML, PUBLISH_TOML, *filter(None, sources)]
    )


def new_secrets(sources: Iterable[str]) -> str:
    """The text of a new secrets.toml, with the parts of the sources."""
    return "\n".join([_MAIN_SECRETS, *filter(None, sources), _OTHER_SECRETS, S3_SECRETS])
