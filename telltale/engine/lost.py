"""Whether an error of Spark says that the session, its server or its cluster is gone, or that files are out of reach.

Only the class of an error tells: what a query names, a column `session` say, stands in the text of others too.

Source: Spark error conditions, INVALID_HANDLE and RETRIES_EXCEEDED; gRPC status codes, UNAVAILABLE.
"""

import re
from typing import Any

_OF_SOCKETS = {"Py4JNetworkError", "ConnectionRefusedError", "ConnectionResetError"}
_CONDITIONS = re.compile(r"INVALID_HANDLE\.SESSION_\w+|RETRIES_EXCEEDED")
_OF_ANOTHER_START = re.compile(r"Received incorrect (server side )?session identifier for request")
"""PySpark's client gives this one no class: the server was started anew."""
_OF_STOPPED = re.compile(
    r"(?im)^(?:: )?(?:java\.lang\.IllegalStateException: )?cannot call methods on a stopped \w+"
    r"|\bjob \d+ cancelled because SparkContext was shut down"
)
"""Of a Java machine whose Spark has ended; Spark gives these two no class."""
_NO_FILE_SYSTEM = re.compile(r"Class org\.apache\.hadoop\.fs\.\S+FileSystem not found|No FileSystem for scheme")
_NO_ACCESS = re.compile(
    r"AccessDeniedException: s3a?://|NoAuthWithAWSException|NoAwsCredentialsException"
    r"|S3Exception: .*(?:Status Code: 403|AccessDenied|Access Denied)"
)


def is_lost(error: BaseException) -> bool:
    """Whether an error says that nobody answers any more."""
    names = {kind.__name__ for kind in type(error).__mro__}
    if names & _OF_SOCKETS:
        return True
    if _status(error) == "UNAVAILABLE":
        return True
    if condition := _condition(error):
        return _CONDITIONS.fullmatch(condition) is not None
    said = str(error)
    if "PySparkAssertionError" in names:
        return _OF_ANOTHER_START.match(said) is not None
    return bool(names & {"Py4JJavaError", "PySparkException"}) and _OF_STOPPED.search(said) is not None


def out_of_reach(error: BaseException) -> str | None:
    """Why Spark cannot read the files of a lake on object storage, and what to give it; None for what says else."""
    if not any(kind.__module__.startswith(("pyspark.errors.", "py4j.")) for kind in type(error).__mro__):
        return None
    said = str(error)
    if _NO_FILE_SYSTEM.search(said):
        return (
            "Spark there has no file system for the lake's object storage; expected hadoop-aws among its jars, of the "
            "version of its Hadoop; give it that (docs/spark.md), or ask DuckDB"
        )
    if _NO_ACCESS.search(said):
        return (
            "the object store refuses Spark there; expected credentials that may read the lake; give it them, as "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or a role (docs/spark.md), or ask DuckDB"
        )
    return None


def _condition(error: Any) -> str | None:
    """The class that Spark gives an error, such as `INVALID_HANDLE.SESSION_CLOSED`."""
    try:
        return error.getCondition() or None
    except Exception:  # noqa: BLE001 - it has none, or its Java machine cannot be asked any more
        return None


def _status(error: Any) -> str | None:
    """The status of gRPC, of an error of its own or of Spark's client."""
    for name in ("getGrpcStatusCode", "code"):
        if callable(ask := getattr(error, name, None)):
            return getattr(ask(), "name", None)
    return None
