"""What tells of a session that is gone, and what only sounds like it."""

import grpc
import pytest
from py4j.protocol import Py4JNetworkError
from pyspark.errors import AnalysisException, PySparkAssertionError
from pyspark.errors.exceptions.connect import AnalysisException as AnalysisOfServer
from pyspark.errors.exceptions.connect import SparkConnectGrpcException

from telltale.engine.lost import is_lost, out_of_reach

COLUMN = "[UNRESOLVED_COLUMN.WITH_SUGGESTION] A column with name `SESSION` cannot be resolved"


def of_server(condition: str | None, message: str, status: grpc.StatusCode = grpc.StatusCode.INTERNAL) -> Exception:
    """An error as the client of Spark Connect raises it."""
    return SparkConnectGrpcException(message=message, errorClass=condition, grpc_status_code=status)


@pytest.mark.parametrize(
    "error",
    [
        Py4JNetworkError("Answer from Java side is empty"),
        ConnectionRefusedError(111, "Connection refused"),
        of_server("INVALID_HANDLE.SESSION_CLOSED", "[INVALID_HANDLE.SESSION_CLOSED] The handle a is invalid."),
        of_server("INVALID_HANDLE.SESSION_NOT_FOUND", "[INVALID_HANDLE.SESSION_NOT_FOUND] The handle a is invalid."),
        of_server("RETRIES_EXCEEDED", "[RETRIES_EXCEEDED] The maximum number of retries has been exceeded."),
        of_server(None, "failed to connect to all addresses", grpc.StatusCode.UNAVAILABLE),
        of_server(None, "Job 3 cancelled because SparkContext was shut down"),
        of_server(
            None, "An error occurred: \n: java.lang.IllegalStateException: Cannot call methods on a stopped Spark."
        ),
        PySparkAssertionError("Received incorrect server side session identifier for request. Please (a != b)"),
    ],
)
def test_a_session_that_is_gone_is_known(error: Exception) -> None:
    assert is_lost(error)


@pytest.mark.parametrize(
    "error",
    [
        of_server("UNRESOLVED_COLUMN.WITH_SUGGESTION", COLUMN),
        AnalysisOfServer(message=COLUMN, errorClass="UNRESOLVED_COLUMN.WITH_SUGGESTION"),
        AnalysisException(COLUMN.replace("SESSION", "SparkContext was shut down")),
        of_server("INVALID_HANDLE.OPERATION_NOT_FOUND", "[INVALID_HANDLE.OPERATION_NOT_FOUND] of a SESSION"),
        of_server(None, "the column UNAVAILABLE of a SESSION"),
        ValueError("Job 3 cancelled because SparkContext was shut down"),
    ],
)
def test_what_only_sounds_like_it_is_not(error: Exception) -> None:
    assert not is_lost(error)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("java.lang.ClassNotFoundException: Class org.apache.hadoop.fs.s3a.S3AFileSystem not found", "hadoop-aws"),
        ('org.apache.hadoop.fs.UnsupportedFileSystemException: No FileSystem for scheme "s3"', "hadoop-aws"),
        ("java.nio.file.AccessDeniedException: s3a://b/a: getFileStatus: Forbidden", "AWS_ACCESS_KEY_ID"),
        ("S3Exception: Access Denied (Service: S3, Status Code: 403, Request ID: 1)", "AWS_ACCESS_KEY_ID"),
        ("java.nio.file.AccessDeniedException: /lake/a.parquet", None),
        ("the column AccessDenied of S3AFileSystem", None),
    ],
)
def test_files_out_of_reach_are_known(said: str, expected: str | None) -> None:
    why = out_of_reach(of_server(None, said))
    assert why is None if expected is None else expected in str(why)
    assert out_of_reach(ValueError(said)) is None
