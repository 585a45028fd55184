"""The Java machine that PySpark started in this process: whether it is there, and how PySpark forgets one that is not.

Source: PySpark 4.2 and 4.3, `SparkContext` and `SparkSession`; it keeps what it started in attributes of the classes.
"""

from contextlib import suppress


def is_gone() -> bool:
    """Whether PySpark holds one that has ended, or whose Spark has stopped."""
    from pyspark import SparkContext

    gateway, context = SparkContext._gateway, SparkContext._active_spark_context
    if gateway is None:
        return False
    process = getattr(gateway, "proc", None)  # of one that others started there is none
    if process is not None and process.poll() is not None:
        return True
    try:
        return context is not None and bool(context._jsc.sc().isStopped())
    except Exception:  # noqa: BLE001 - whatever keeps it from answering, it does not answer
        return True


def forget() -> None:
    """Let PySpark start another one: it would go on asking the one that is gone."""
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    context, gateway = SparkContext._active_spark_context, SparkContext._gateway
    if context is not None:
        with suppress(Exception):
            context.stop()  # its threads and sockets in this process
    if gateway is not None:
        with suppress(Exception):
            gateway.shutdown()
        with suppress(Exception):
            gateway.proc.stdin.close()  # a Java machine that is there still ends with it
    SparkContext._active_spark_context = None
    SparkContext._gateway = SparkContext._jvm = None
    SparkSession._instantiatedSession = None
