"""What the agent and the commands hand in on the PC itself: no listener, so no sender to be known.

path             body                                                        one record
/samples         JSON, `decode.py`                                           a minute of one PC
/correction      JSON: device_id, start_us, end_us, active, note             a span as its person knows it
/activitywatch   an ActivityWatch export, as exported (`activitywatch.py`)   a file
"""

from telltale.contract import Refused, Reply, Request, Route, SourceSettings

SAMPLES, CORRECTION, ACTIVITYWATCH = "/samples", "/correction", "/activitywatch"
ROUTES = tuple(Route("POST", path) for path in (SAMPLES, CORRECTION, ACTIVITYWATCH))


def accept(request: Request, _settings: SourceSettings) -> Reply:
    """Keep whatever is not empty: what is wrong with it, decoding says.

    Raises:
        Refused: 400 nothing in it.
    """
    if not request.body.strip():
        raise Refused(400, "empty", "expected JSON")
    return Reply(204, b"")
