"""Its parts of a new project's files: every option with its default."""

OPTIONS = """\
[sources.cloudtrax]            # options of a source, by its name
# signature = "hex"            # spelling of the Signature header: hex, or base64 for compatible senders
"""

SECRETS = """\
[cloudtrax]                    # the secret of each network, by its network id
# 71234 = "..."
"""

PASTED = """\
In secrets.toml, for each network by its network id (16 characters or more, such as "openssl rand -hex 16" prints):
[cloudtrax]
<network_id> = "<secret>"
In the CloudTrax dashboard, the network's settings of presence reporting, as the Secret:
<secret>
telltale up takes it up by itself; a collector run alone is started again.
"""

SET_AT = "the CloudTrax dashboard, the network's settings of presence reporting: Secret"
