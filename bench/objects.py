"""The lake on an object store against the lake in a folder: settling, visits, a small question, memory.

The store is an S3-compatible server on this machine, so there is next to no way to it: what is compared is our own CPU
time, all threads, without the server's; and how many requests are made. Each visit is computed in a process of its own.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from itertools import islice
from pathlib import Path

from bench.analysis import DAYS, ROWS, write_day
from bench.measured import note, sized
from telltale.contract import Scenario
from telltale.lake import Lake
from telltale.lake.merge import merge
from telltale.lake.settle import settle
from telltale.simulate.demo import place
from telltale.simulate.play import received
from telltale.sources import source
from telltale.workbench.project import Project
from tests.object_store import ObjectStore, running

GO = 5_000
"""Records of a settle, as [settle] rows has it."""
RECORDS = GO * sized(2, 4)
REPEATS = sized(3, 5)
BEGIN_S = 1_794_265_200
DAY_S = 86_400
FILES = sized(3, DAYS)

VISITS = """
import json, resource, sys
from pathlib import Path
from telltale.engine import DuckEngine, Parts
from telltale.lake.objects import ObjectRoot
from telltale.presence.analysis import visits
from telltale.tables import SIGHTING
from tests.object_store import access
url, endpoint, paths = json.loads(sys.stdin.read())
root = ObjectRoot(url, access(endpoint)) if url else None
engine = DuckEngine(remote=root)
if root is not None:
    paths = [root.absolute(path, size) for path, size in paths]
def cpu_s():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
began = cpu_s()
rows = visits(engine, engine.table(SIGHTING, Parts(unique=tuple(paths)))).arrow().num_rows
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(json.dumps([cpu_s() - began, int(status["VmHWM"].split()[0]) / 1024, rows]))
"""


def main() -> None:
    """Note the ratios, and the peak memory of visits on the object store."""
    with tempfile.TemporaryDirectory(prefix="telltale-bench-") as folder, running() as store:
        of_settling(Path(folder), store)
        of_visits(Path(folder), store)


def of_settling(folder: Path, store: ObjectStore) -> None:
    """Settle, then merge, the same records on both."""
    seen: dict[str, dict[str, list[float]]] = {name: {"settle": [], "merge": []} for name in ("folder", "objects")}
    for repeat in range(REPEATS):
        for name, runs in seen.items():
            project = filled(folder / f"{name}-{repeat}", repeat, "" if name == "folder" else store.bucket(), store)
            lake, now_us = project.lake, (BEGIN_S + 90 * DAY_S) * 1_000_000
            lake.root.missing(["nothing"])  # the connection stands, as while upkeep runs
            runs["settle"].append(timed(partial(settle_in_parts, lake, now_us)))
            runs["merge"].append(timed(partial(merge, lake, now_us=now_us)))
            project.close()
    of = f"{RECORDS:,} CloudTrax records, {GO:,} a settle, our CPU time, medians of {REPEATS} interleaved repeats"
    for what, at_most in (("settle", 1.5), ("merge", None)):
        ratio = statistics.median(
            objects / local for objects, local in zip(seen["objects"][what], seen["folder"][what], strict=True)
        )
        note(f"{what} on an object store ÷ in a folder", ratio, of=of, at_most=at_most)


def settle_in_parts(lake: Lake, now_us: int) -> None:
    """As upkeep does: the files of a day are several."""
    while settle(lake, now_us=now_us, max_rows=GO).raws:
        pass


def filled(root: Path, seed: int, bucket: str, store: ObjectStore) -> Project:
    """A project with hot records, its lake in a folder or a bucket."""
    place(root, port=0)
    if bucket:
        text = (root / "telltale.toml").read_text()
        (root / "telltale.toml").write_text(f"{text}\n{store.toml(bucket)}")
        store.allow(root)
    project = Project(root)
    simulated, settings = source("cloudtrax"), project.settings.source("cloudtrax")
    plan = Scenario(seed, BEGIN_S, BEGIN_S + 90 * DAY_S, "Europe/Berlin")
    landing = project.landing()
    emissions = islice(simulated.simulate(plan, settings), RECORDS)
    landing.put_many(received(simulated, emission, settings) for emission in emissions)
    landing.close()
    return project


def timed(do: Callable[[], object]) -> float:
    """CPU seconds of all threads of this process."""
    began = time.process_time()
    do()
    return time.process_time() - began


def of_visits(folder: Path, store: ObjectStore) -> None:
    """The visits of the same sightings, each time in a new process."""
    files = [write_day(folder, day, ROWS // DAYS) for day in range(FILES)]
    bucket = store.bucket()
    store.put(bucket, {file.name: file for file in files})
    sizes = [(file.name, file.stat().st_size) for file in files]
    given = {"folder": ("", "", [str(file) for file in files]), "objects": (f"s3://{bucket}", store.url, sizes)}
    seen: dict[str, list[tuple[float, float, int]]] = {name: [] for name in given}
    for _ in range(REPEATS):
        for name, arguments in given.items():
            seen[name].append(computed(json.dumps(arguments)))
    if len({rows for runs in seen.values() for _, _, rows in runs}) != 1:
        raise ValueError("the two lakes gave other visits")
    rows = ROWS // DAYS * FILES
    of = f"{rows:,} sightings in {FILES} files, our CPU time, medians of {REPEATS} interleaved repeats"
    ratios = [objects[0] / local[0] for objects, local in zip(seen["objects"], seen["folder"], strict=True)]
    note("visits on an object store ÷ in a folder", statistics.median(ratios), of=of, at_most=2.5)
    for name, runs in seen.items():
        peak = statistics.median(memory for _, memory, _ in runs)
        note(f"peak memory of the visits, {name}", peak, "MB", of=of.replace("our CPU time", "a process of its own"))


def computed(given: str) -> tuple[float, float, int]:
    """CPU seconds, megabytes and rows."""
    done = subprocess.run(
        [sys.executable, "-c", VISITS],
        input=given, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1],
    )  # fmt: skip
    cpu_s, memory_mb, rows = json.loads(done.stdout)
    return cpu_s, memory_mb, rows


if __name__ == "__main__":
    main()
