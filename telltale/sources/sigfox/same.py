"""What is the same message: one definition for decoding, replies, health and what is missing.

    the same number and payload within 60 s      another station's copy, whether or not it says `duplicate`, or a retry
    no number, the same payload within 5 s       the same: a device needs six seconds for a message
    no number, at the second of a numbered one   DATA_ADVANCED of that message, whose template lacks `seqNumber`
    all else                                     another message, also at the same second

Copies of a message differ in second and station only: it was sent when the first of them says, the strongest signal is
its link, and what any of them says of link quality and place is said of it.

Source: wire/sigfox.md 1.6 (what is the same frame), section 3 (a frame goes out three times, about 6 s).
"""

from telltale.contract import Numbering

COPY_S = 60
"""The same number with the same payload again so soon is another copy of the message."""
BARE_COPY_S = 5
"""The same payload without a number again so soon."""

NUMBERING = Numbering(wrap=4096, per_day=280, burst=12, copy_s=COPY_S, bare_copy_s=BARE_COPY_S)
"""12 bits; twice the 140 messages a day a contract allows. Source: wire/sigfox.md section 3."""
