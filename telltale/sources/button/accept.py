"""What a capture hands in is kept, whatever its bytes; it listens by itself, so nobody waits for the reply.

The filter of listed devices stands before this, in the process that captures: a frame of anybody else never comes here.
What a listed device answers to somebody holds that one's address, which is overwritten.
"""

from telltale.contract import Refused, Reply, Request, SourceSettings
from telltale.sources.button.layout import without_targets
from telltale.sources.button.records import FRAME, place


def accept(request: Request, _settings: SourceSettings) -> Reply:
    """The reply to a frame, a heartbeat or an entry by hand.

    Raises:
        Refused: 404, the path is none of a capture.
    """
    where = place(request.path)
    if where.kind == FRAME:
        kept = without_targets(request.body, where.linktype)
        if kept != request.body:
            return Reply(204, b"", redacted_body=kept, redacted=("target",))
    elif not where.kind:
        raise Refused(404, "bad_path", "expected /frame/<interface>, /heartbeat/<interface> or /manual")
    return Reply(204, b"")
