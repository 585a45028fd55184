"""Settling: records a CPU second of each source, and where its time goes.

Each source's simulated records, as many as one settle takes, are put into a store of their own and settled by a
project as it runs: read, decode, write Parquet, commit. The shares are between the steps that settling itself names.
CPU time of all threads; medians of interleaved repeats.
"""

import statistics
import tempfile
import time
from itertools import islice
from pathlib import Path

from bench.measured import note, sized
from telltale.contract import Scenario
from telltale.lake.settle import settle
from telltale.simulate.demo import place
from telltale.simulate.play import received
from telltale.sources import source
from telltale.workbench.project import Project

RECORDS = sized(5_000, 20_000)
REPEATS = sized(1, 5)
BEGIN_S = 1_794_265_200
LONGEST_S = 90 * 86_400
LEAST = {"sigfox": 30_000}
STEPS = (("settle:1 read", "read"), ("settle:2 decoded", "decode"), ("settle:4 committed", "write and commit"))
NAMES = ("cloudtrax", "pc_idle", "efento", "sigfox", "button")


def main() -> None:
    """Note records a CPU second and the shares of each source."""
    seen: dict[str, list[dict[str, float]]] = {name: [] for name in NAMES}
    for repeat in range(REPEATS):
        for name in NAMES:
            seen[name].append(settled(name, repeat))
    for name, runs in seen.items():
        rates = [run["records"] / sum(run[what] for _, what in STEPS) for run in runs]
        records = f"{runs[0]['records']:,.0f} records of simulated devices, medians of {REPEATS} interleaved repeats"
        note(
            f"{name} records settled a CPU second", statistics.median(rates), "/s", of=records, at_least=LEAST.get(name)
        )
        for _, what in STEPS:
            share = statistics.median(run[what] / sum(run[step] for _, step in STEPS) for run in runs)
            note(f"{name}: {what} of the whole", 100 * share, "%", of=records)


def settled(name: str, seed: int) -> dict[str, float]:
    """Settle one source's records once: their number, and the CPU seconds of each step."""
    with tempfile.TemporaryDirectory(prefix="telltale-bench-") as folder:
        project = Project(place(Path(folder) / "project", port=0))
        simulated, settings = source(name), project.settings.source(name)
        plan = Scenario(seed, BEGIN_S, BEGIN_S + LONGEST_S, "Europe/Berlin")
        emissions = islice(simulated.simulate(plan, settings), RECORDS)
        landing = project.landing()
        records = landing.put_many(received(simulated, emission, settings) for emission in emissions)
        landing.close()
        marks = {"": 0.0}

        def step(reached: str) -> None:
            marks[reached] = time.process_time()

        lake = project.lake
        lake.step = step
        marks[""] = time.process_time()
        settle(lake, now_us=project.now_us(), max_rows=RECORDS)
        project.close()
    times = [marks[""], *(marks[reached] for reached, _ in STEPS)]
    return {"records": records} | {what: times[at + 1] - times[at] for at, (_, what) in enumerate(STEPS)}


if __name__ == "__main__":
    main()
