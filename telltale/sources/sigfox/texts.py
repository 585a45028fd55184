"""Its parts of a new project's files: every option with its default."""

OPTIONS = """\
# [sources.sigfox]             # callbacks to /sigfox/uplink, /sigfox/status …; the secret goes into secrets.toml
# payload = ""                 # custom payload config of devices no type below fits: "temp::int:8 humidity::uint:8"
# secret_header = "x-telltale-secret"     # where a callback may carry its secret, besides Authorization

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

SECRETS = """\
[sigfox]                       # any name = what a callback sends as Authorization: Bearer ..., or as Basic password
# backend = "..."
"""

PASTED = """\
In secrets.toml, with a secret of your own (16 characters or more, such as "openssl rand -hex 16" prints):
[sigfox]
backend = "<secret>"
In the Sigfox backend, Device Type, Callbacks, Edit, as a header of the callback:
Authorization: Bearer <secret>
telltale up takes it up by itself; a collector run alone is started again.
"""

SET_AT = "the Sigfox backend, Device Type, Callbacks, Edit: the header Authorization, or the password in its URL"
