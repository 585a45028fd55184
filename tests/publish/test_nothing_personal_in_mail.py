"""No byte of a mail about presence names a device of anybody: every part unpacked, the attached report too."""

import base64
import gzip
import re
import shutil

import pytest

from telltale import report
from telltale.publish.delivery import Sent, send_due
from telltale.publish.mail_text import report_message
from telltale.settings import load
from telltale.workbench import Project
from tests.lake_fixture import Lake, fill
from tests.publish.delivered import OPS, decide, mailing
from tests.smtp import mail_server

pytestmark = pytest.mark.slow
PACKED = re.compile(r'<script id="(?:plotly|figures)" type="application/gzip">([A-Za-z0-9+/=]+)</script>')


@pytest.fixture(scope="module")
def mailed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lake, bytes]:
    """A day of invented signals, its report, and every byte of the mail that brought it."""
    filled = fill(tmp_path_factory.mktemp("presence"), hours=26, keep=True)
    done = report.run("presence_dwell", "2026-11-19", {}, filled.project, with_pdf=False)
    message = report_message(filled.project, done, key="k", recipient=OPS, parameters={})
    root = filled.project.settings.root
    with mail_server() as server:
        shutil.copy(root / "telltale.toml", root / "kept.toml")
        (root / "telltale.toml").write_text((root / "kept.toml").read_text() + mailing(server.port))
        sending = Project(settings=load(root))
        decide(sending, message)
        assert send_due(sending) == Sent(sent=1)
    (found,) = server.mails
    parts = [part.get_payload(decode=True) for part in found.walk() if not part.is_multipart()]
    headers = "\n".join(f"{name}: {value}" for name, value in found.items()).encode()
    texts = [part for part in parts if isinstance(part, bytes)]
    whole = b"\n".join([headers, *texts])
    return filled, b"\n".join([whole, *(gzip.decompress(base64.b64decode(each)) for each in packed(whole))])


def packed(whole: bytes) -> list[str]:
    return PACKED.findall(whole.decode("utf-8"))


def test_no_pseudonym_and_no_address_is_in_it(mailed: tuple[Lake, bytes]) -> None:
    filled, whole = mailed
    text = whole.decode("utf-8").lower()
    devices = filled.project.engine.run(
        "select distinct device from s", {"s": filled.project.view().table("sighting", filled.project.span(None, None))}
    ).arrow()
    numbers = devices["device"].to_pylist()
    assert len(numbers) > 50
    for number in numbers:
        assert str(number) not in text
        assert f"{number & (1 << 64) - 1:016x}" not in text
    addresses = [*filled.truth["staff"], *filled.truth["fixed"]]
    assert addresses
    for address in addresses:
        bare = address.replace(":", "").lower()
        assert address.lower() not in text
        assert bare not in text


def test_its_words_are_those_of_the_published_report(mailed: tuple[Lake, bytes]) -> None:
    text = mailed[1].decode("utf-8")
    assert "Thursday 19 November 2026" in text
    assert "raw_id" not in PACKED.sub("", text)
