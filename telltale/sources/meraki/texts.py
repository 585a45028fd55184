"""Its parts of a new project's files: every option with its default."""

OPTIONS = """\
# [sources.meraki]             # bodies to /meraki; the secret goes into secrets.toml
# validator = ""               # what the dashboard asks for: GET /meraki answers it
# site = "meraki"              # the network's name of version 2, which does not tell it

# [sources.meraki.validators]  # of further networks: GET /meraki/branch answers it, and version 2 sent there is it
# branch = "..."

# [sources.meraki.sites]       # version 2, where one address serves several networks: access point = its network
# "00:18:0a:13:dd:b0" = "branch"
"""

SECRETS = """\
[meraki]                       # any name = the secret set in the dashboard, one for each network
# office = "..."
"""

SET_AT = "the Meraki dashboard, Network-wide, General, Location and scanning: the Secret beside the Post URL"
