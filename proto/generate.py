"""Python modules of the schemas: `python proto/generate.py [FOLDER]` (what `make proto` runs).

Each folder here becomes a package of FOLDER, by default `telltale/pb`. Generated modules import each other by their
bare names; these imports are made relative, so that nothing has to be on the path.
"""

import re
import sys
from pathlib import Path

from grpc_tools import protoc

HERE = Path(__file__).parent
_BARE = re.compile(r"^import (\w+_pb2) as", re.MULTILINE)
_UNTYPED = "# mypy: ignore-errors\n"


def main(target: Path) -> None:
    """Generate every schema below this folder into `target`."""
    for folder in sorted(path for path in HERE.iterdir() if path.is_dir()):
        out = target / folder.name
        out.mkdir(parents=True, exist_ok=True)
        (out / "__init__.py").write_text(f'"""Generated from proto/{folder.name} by `make proto`."""\n')
        schemas = [path.name for path in sorted(folder.glob("*.proto"))]
        if protoc.main(["protoc", f"-I{folder}", f"--python_out={out}", f"--pyi_out={out}", *schemas]):
            sys.exit(f"{folder}: the schemas were not understood")
        for module in (*out.glob("*_pb2.py"), *out.glob("*_pb2.pyi")):
            module.write_text(_UNTYPED + _BARE.sub(r"from . import \1 as", module.read_text()))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parent / "telltale" / "pb")
