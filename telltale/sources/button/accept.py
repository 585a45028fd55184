"""What a capture hands in is kept, whatever its bytes; it listens by itself, so nobody waits for the reply.

The filter of listed devices stands before this, in the process that captures: a frame of anybody else never comes here.
"""

from telltale.contract import Refused, Reply, Request, SourceSettings
from telltale.sources.button.records import place


def accept(request: Request, _settings: SourceSettings) -> Reply:
    """The reply to a frame, a heartbeat or an entry by hand.

    Raises:
        Refused: 404, the path is none of a capture.
    """
    if not place(request.path).kind:
        raise Refused(404, "bad_path", "expected /frame/<interface>, /heartbeat/<interface> or /manual")
    return Reply(204, b"")
