"""Its parts of a new project's files: every option with its default."""

OPTIONS = """\
# [sources.efento]                      # sensors over CoAP; their cloud tokens go into secrets.toml
# cloud_token_option = 65000            # the CoAP option with the token, as set in the sensors; 65000: in the payload
# payload_signature_option = 65000      # the option with the signature, kept with the record; 65000: none
# modem_identification_option = 65000   # the option with the IMEI, which may serve as token; 65000: none
# current_time = "daily"                # how often a reply sets a sensor's clock: daily, always, never
# device_info_h = 24                    # hours until device info is asked for again; 0: only after a change
"""

SECRETS = """\
[efento]                       # any name = a cloud token; with none listed, every sensor is let in on loopback
# hall = "..."
# configure = "..."            # no token: what opens POST /efento/configure to other programs, such as ThingWorx
"""

SET_AT = "the Efento app or Efento Cloud, the configuration of each sensor: cloud token, up to 36 characters"
