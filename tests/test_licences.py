"""The base install: nothing in it that a project under Apache-2.0 could not ship."""

import pytest

from tests.licences import base, is_fitting, main

LICENCES = [
    ("MIT", True),
    ("BSD-3-Clause AND 0BSD AND MIT AND Zlib AND CC0-1.0", True),
    ("3-Clause BSD License", True),
    ("Apache Software License", True),
    ("LGPL-3.0-only", True),
    ("EPL-2.0 OR BSD-3-Clause", True),
    ("GPL-2.0-only OR MIT", True),
    ("(GPL-2.0-only OR MIT) AND MIT", True),
    ("GPL-2.0-only", False),
    ("MIT AND GPL-3.0-or-later", False),
    ("AGPL-3.0-only", False),
    ("GNU General Public License v2 (GPLv2)", False),
    ("Proprietary", False),
    ("unknown", False),
    ("", False),
]


@pytest.mark.parametrize(("licence", "fits"), LICENCES)
def test_a_licence_fits_the_base(licence: str, fits: bool) -> None:
    assert is_fitting(licence) is fits


def test_every_base_dependency_is_listed_and_fits(capsys: pytest.CaptureFixture[str]) -> None:
    assert main() == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert {"aiocoap", "pyarrow", "pydantic-core", "psycopg-binary", "psutil"} <= set(listed), "extras of them too"
    assert set(listed).isdisjoint({"scapy", "pandas", "scipy", "pyserial", "python-xlib"})
    assert listed == list(base())
