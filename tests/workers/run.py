"""Decode a project again on Spark, as a process that a test may kill or search: `python -m tests.workers.run FILE`.

FILE is JSON: `root`, `now_us`, `master`; `kill_at` a step at which the process kills itself; `kill_once` the name of a
program of Spark, one of which is killed while it works; `search_at` a step at which, and at the end, all files below
`folder` are searched for the keys of the project, in every spelling; `in_the_clear` lets Spark write its disks as it
does by itself, which shows that the search finds something.
"""

import base64
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it ships no types

from telltale.workbench.project import Project
from telltale.workers import job
from telltale.workers.of_project import on_spark


def opened(root: Path, master: str, now_us: int) -> Project:
    """A project that knows where Spark is."""
    project = Project(root, now=lambda: now_us)
    told = project.settings.engine.model_copy(update={"spark": master, "memory": "1g"})
    settings = project.settings.model_copy(update={"engine": told})
    project.close()
    return Project(settings=settings, now=lambda: now_us)


def spellings(key: bytes) -> dict[str, bytes]:
    """The bytes of a key as they may stand in a file; of base64 what is the same wherever it begins."""
    whole = {
        "bytes": key,
        "reversed": key[::-1],
        "hex": key.hex().encode(),
        "HEX": key.hex().upper().encode(),
        "repr": repr(key)[2:-1].encode(),
        "json": ", ".join(map(str, key)).encode(),
        "json, dense": ",".join(map(str, key)).encode(),
        "utf-16": key.hex().encode("utf-16-le"),
    }
    for name, code in (("base64", base64.b64encode), ("base64 of URLs", base64.urlsafe_b64encode)):
        whole |= {f"{name}, {shift}": code(b"\0" * shift + key)[4 * bool(shift) : -4] for shift in range(3)}
    return whole


def found(folder: Path, keys: list[bytes]) -> Iterator[str]:
    """Where a key stands below a folder: the file and how it is spelt; half of one counts too."""
    texts = dict(each for key in keys for each in _parts(key))
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            content = file.read_bytes()
            yield from (f"{file.name}: {name}" for name, text in texts.items() if text in content)


def _parts(key: bytes) -> Iterator[tuple[str, bytes]]:
    for name, text in spellings(key).items():
        yield f"{name} {key[:2].hex()}", text
        half = len(text) // 2
        yield f"first half of {name} {key[:2].hex()}", text[:half]
        yield f"second half of {name} {key[:2].hex()}", text[half:]


def kill_one(named: str, killed: list[int]) -> None:
    """Kill one of the programs below this process that bear a name, when a worker's Python runs: it is at work."""
    while not killed:
        below = [(child, " ".join(child.cmdline())) for child in psutil.Process().children(recursive=True)]
        busy = [child for child, line in below if "pyspark.daemon" in line and child.cpu_times().user > 0.5]
        parents = {parent.pid for child in busy for parent in child.parents()}
        for child, line in below:
            if named in line and child.pid in parents:
                child.kill()
                killed.append(child.pid)
                return


def main() -> None:
    told = json.loads(Path(sys.argv[1]).read_text())
    if told.get("in_the_clear"):
        job.ENCRYPTION = "spark.telltale.nothing"
    project = opened(Path(told["root"]), told["master"], told["now_us"])
    keys = [path.read_bytes() for path in project.settings.keys.rglob("*.key")] + [
        path.read_bytes() for path in project.settings.keys.glob("lists/key")
    ]
    seen, files, killed = set[str](), 0, list[int]()

    def step(name: str) -> None:
        nonlocal files
        if name == told.get("kill_at"):
            os.kill(os.getpid(), signal.SIGKILL)
        if name == "decode:1 listed" and "kill_once" in told:
            threading.Thread(target=kill_one, args=(told["kill_once"], killed)).start()
        if name == told.get("search_at"):
            files = max(files, sum(file.is_file() for file in Path(told["folder"]).rglob("*")))
            seen.update(found(Path(told["folder"]), keys))

    project.lake.step = step
    done = on_spark(project)(now_us=told["now_us"])
    step(told.get("search_at", ""))
    told = {"raws": done.raws, "keys": len(keys), "found": sorted(seen), "files": files, "killed": len(killed)}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
