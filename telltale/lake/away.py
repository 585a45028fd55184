"""Whether the lake itself is away, such as a disk that is not mounted: then its files are missing, and not lost."""

from telltale.lake.catalog import RAW_TABLE
from telltale.lake.lake import Lake

PUT_BACK = (
    "put the lake's folder back where it was, or mount its disk, and nothing is lost; "
    'if they are gone for good, say so: "telltale check --repair --lost"'
)


def away(lake: Lake) -> str:
    """What is seen of a lake that is away; empty where it is not.

    It is where more than half of the raw files are missing, and not only one is, or where all that is listed is.
    """
    files = lake.snapshot().files
    raw = [file.path for file in files if file.table_name == RAW_TABLE]
    gone = len(lake.root.missing(raw))
    what, of = "files of raw records", len(raw)
    if gone == len(raw) < 2 and files:
        what, of = "files", len(files)
        gone = len(lake.root.missing([file.path for file in files]))
        if gone < of:
            return ""
    elif gone < 2 or 2 * gone <= of:
        return ""
    return f"lake {lake.root.shown}: {gone:,} of {of:,} {what} are missing at once, as when a disk is not mounted"
