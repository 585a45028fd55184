"""The base install: nothing in it that a project under Apache-2.0 could not ship."""

import pytest

from tests.licences import base, is_fitting, main

LICENCES = [
    ("MIT", True),
    ("BSD-3-Clause AND 0BSD AND MIT AND Zlib AND CC0-1.0", True),
    ("3-Clause BSD License", True),
    ("Apache Software License", True),
    ("LGPL-3.0-only", True),
    ("GNU Lesser General Public License v2 or later (LGPLv2+)", True),
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


def test_every_dependency_is_listed_and_fits(capsys: pytest.CaptureFixture[str]) -> None:
    assert main() == 0
    listed = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    own = [name for name, line in listed.items() if not line.endswith("(extra)")]
    assert {"aiocoap", "pyarrow", "pydantic-core", "psycopg-binary", "psutil"} <= set(own), "extras of them too"
    assert set(own).isdisjoint({"scapy", "pandas", "scipy", "pyserial", "python-xlib"})
    assert own == list(base())
    assert {"scapy", "pandas", "scipy", "pyserial", "python-xlib", "cryptography"} <= set(listed)
    assert not is_fitting("GPL-2.0-only")
    assert set(listed).isdisjoint({"pytest", "moto"}), "what only tests it is not shipped"


def test_a_licence_that_only_an_extra_may_have_is_refused_for_the_base(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tests.licences.IN_AN_EXTRA", {})
    assert main() == 1
    assert "scapy: GPL-2.0-only; leave it out" in capsys.readouterr().err
