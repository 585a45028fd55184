"""The licence of every package the base install and the extras bring, on any system; `make check` runs it.

A library under the GPL or AGPL would put what is made of it under that licence too, so it may come with an extra only,
and is named here. Weak copyleft (LGPL, MPL, EPL) stays with its own files. Where a package offers a choice, one fitting
licence is enough. What only builds and tests telltale is not looked at.
"""

import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

FITTING = re.compile(
    r"((\d|New|Modified)[ -](Clause )?)?(0?BSD|MIT|Apache|PSF|Python|ISC|Zlib|CC0|MPL|Mozilla|EPL|LGPL|GNU Lesser)\b"
)
EXTRAS = ("lab", "idle", "capture", "publish", "backup", "spark")
IN_AN_EXTRA = {"scapy": "GPL-2.0-only"}
"""What is not for the base, by the licence it is known under: `capture` asks for it, on macOS and Windows alone."""
SYSTEMS = (("linux", "Linux", "posix"), ("darwin", "Darwin", "posix"), ("win32", "Windows", "nt"))


def is_fitting(licence: str) -> bool:
    """Whether a base dependency may have the licence, in SPDX's words or those of a classifier."""
    return all(
        any(FITTING.match(choice.strip(" ()")) for choice in part.split(" OR ")) for part in licence.split(" AND ")
    )


def licence(package: Distribution) -> str:
    """What its metadata say: the expression, else the classifiers, else the free text's first line; may be empty."""
    told = package.metadata
    expression, text = ((told.get_all(key) or [""])[0] for key in ("License-Expression", "License"))
    kinds = [name.rpartition(" :: ")[2] for name in told.get_all("Classifier") or () if name.startswith("License :: ")]
    return expression or " AND ".join(kind for kind in kinds if kind != "OSI Approved") or text.partition("\n")[0]


def base(name: str = "telltale") -> dict[str, Distribution | None]:
    """What a package needs, and what that needs, by name; None where it is of another system.

    Args:
        name: of the package, with the extras that are wanted: `telltale[lab]`.
    """
    packages: dict[str, Distribution | None] = {}
    waiting = [Requirement(name)]
    while waiting:
        wanted = waiting.pop()
        try:
            package = distribution(wanted.name)
        except PackageNotFoundError:
            packages[canonicalize_name(wanted.name)] = None
            continue
        packages[canonicalize_name(wanted.name)] = package
        needed = [each for each in _needed(package, wanted.extras) if canonicalize_name(each.name) not in packages]
        waiting += needed
    packages.pop(canonicalize_name(Requirement(name).name))
    return dict(sorted(packages.items()))


def _needed(package: Distribution, extras: set[str]) -> Iterator[Requirement]:
    """Its requirements on any of the systems."""
    for text in package.requires or ():
        wanted = Requirement(text)
        places: list[dict[str, str]] = [
            {"sys_platform": platform, "platform_system": system, "os_name": os, "extra": extra}
            for platform, system, os in SYSTEMS
            for extra in ("", *extras)
        ]
        if wanted.marker is None or any(wanted.marker.evaluate(dict(place)) for place in places):
            yield wanted


def main() -> int:
    """List them; 1 where one does not fit."""
    own, every = base(), base(f"telltale[{','.join(EXTRAS)}]")
    wrong = []
    for name, package in every.items():
        found = "of another system, not read here"
        if package is not None:
            found = licence(package) or "unknown"
        print(f"{name:28} {found}{'' if name in own else ' (extra)'}")
        is_known = name not in own and IN_AN_EXTRA.get(name) == found
        if package is not None and not is_fitting(found) and not is_known:
            wrong.append(f"{name}: {found}")
    if wrong:
        said = "; ".join(wrong)
        print(f"no licence for this project: {said}; leave it out, or name it for an extra", file=sys.stderr)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
