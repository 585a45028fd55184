"""A report as a mail: its own words and numbers, readable as text, as HTML without pictures, and on 320 px."""

import json
import re
import time
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from telltale import report
from telltale.contract import ConfigError, Raw, Scenario
from telltale.page import pieces
from telltale.page.pieces import Footer, Piece, Sentence, Tile, Tiles
from telltale.publish import mail_page, mail_text
from telltale.publish.delivery import Sent, send_due
from telltale.publish.mail_text import Where, place_of, plain, report_message, subject, words_of
from telltale.settings import load
from telltale.sources import source
from telltale.workbench import Project
from tests.lake_fixture import ZONE, write_settings
from tests.publish.delivered import decide, mailing, project
from tests.smtp import mail_server

ATTACHED = Where(("sensor_report/2026-W47.html",), "", "The whole report is attached.")
NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


def notebook(*shown: Piece, title: str = "Cold chain") -> dict[str, Any]:
    cells: list[dict[str, Any]] = [{"cell_type": "markdown", "metadata": {}, "source": f"# {title}\n\nHow cold?"}]
    for piece in shown:
        output = {"output_type": "display_data", "metadata": {}, "data": {pieces.MIME: piece.data()}}
        cells.append({"cell_type": "code", "metadata": {}, "source": "", "outputs": [output]})
    return {"cells": cells}


SHOWN = (
    Sentence(
        "!!Fridge <b>2</b>!! was above **8.0 °C** for **47 min** & came back",
        "**Week 47 · Monday 16 to Sunday 22 November 2026** · Küche\r\nBcc: thief@example.org <i>1</i>",
    ),
    Tiles(
        (
            Tile("Minutes outside", "47", "min", "**+12** on the week before", state="alarm"),
            Tile("Lowest", "−1.5", "°C", "Fridge <1>", spark=[1.0, None, 2.0]),
            Tile("Unknown", "–", "", "", state="warning"),
        )
    ),
    Sentence("A second one is not told"),
    Footer({"Data until": "Sun 22 Nov 2026, 23:50"}),
)


class Shown(HTMLParser):
    """The text of an HTML mail, its tags, and all that it would load."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.tags, self.loaded, self.widths = "", list[str](), list[str](), list[int]()
        self._is_head = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self.loaded += [told[name] for name in ("src", "background", "srcset") if name in told]
        self.loaded += re.findall(r"url\([^)]*\)|@import", told.get("style", ""))
        self.widths += [int(px) for px in re.findall(r"(?<!max-)\bwidth:(\d+)px", told.get("style", ""))]
        self._is_head = tag in ("title", "style")

    def handle_endtag(self, tag: str) -> None:
        self._is_head = False if tag in ("title", "style") else self._is_head

    def handle_data(self, data: str) -> None:
        self.text += "" if self._is_head else data


def test_the_text_has_period_sentence_tiles_and_where_the_rest_is() -> None:
    words = words_of(notebook(*SHOWN))
    tiles = (
        "Minutes outside: 47 min (needs a look), +12 on the week before\nLowest: −1.5 °C, Fridge <1>\n"
        "Unknown: – (needs a look)"
    )
    assert plain(words, ATTACHED).split("\n\n") == [
        "Cold chain\nWeek 47 · Monday 16 to Sunday 22 November 2026 · Küche\r\nBcc: thief@example.org <i>1</i>",
        "Fridge <b>2</b> was above 8.0 °C for 47 min & came back",
        tiles,
        "The whole report is attached.",
        "Data until Sun 22 Nov 2026, 23:50\n",
    ]


def test_a_subject_has_title_period_and_site_but_no_figure_and_no_line_break() -> None:
    told = subject(words_of(notebook(*SHOWN)))
    assert told == (
        "Cold chain · Week 47 · Monday 16 to Sunday 22 November 2026 · Küche Bcc: thief@example.org <i>1</i>"
    )
    assert subject(words_of(notebook(*SHOWN)), changed=True).startswith("Changed: Cold chain")
    assert subject(words_of(notebook(title="Only a title"))) == "Only a title"


def test_the_html_says_the_same_escaped_and_loads_nothing() -> None:
    words = words_of(notebook(*SHOWN))
    made = mail_text.html(words, ATTACHED._replace(link="https://t.example.org/reports/a?b=1&c"), ["**41** to **47**"])
    shown = Shown(made)
    assert "Fridge <b>2</b> was above 8.0 °C for 47 min & came back" in shown.text
    assert "Fridge <1>" in shown.text
    assert "41 to 47" in shown.text
    assert "A second one" not in shown.text
    assert shown.text.count("needs a look") == 2
    assert (shown.loaded, set(shown.tags) & {"img", "script", "link", "iframe", "form", "i"}) == ([], set())
    assert max(shown.widths, default=0) <= 300
    assert 'href="https://t.example.org/reports/a?b=1&amp;c"' in made
    assert "prefers-color-scheme:dark" in made
    assert sorted(NUMBER.findall(shown.text)) == sorted(
        NUMBER.findall(plain(words, ATTACHED, ["**41** to **47**"])), key=str
    )


def test_a_message_of_plain_text_gets_the_same_look_and_its_links() -> None:
    body = "Fridge <b> is above 8 °C.\n\nSince 14:32.\nSeen: https://t.example.org/sensors?a=1&b=2\n"
    made = mail_page.wrapped("Too warm", body)
    shown = Shown(made)
    assert "Fridge <b> is above 8 °C." in shown.text
    assert 'href="https://t.example.org/sensors?a=1&amp;b=2"' in made
    assert "Too warm" in shown.text
    assert Shown(mail_page.wrapped("", "")).loaded == []


def test_where_the_report_is(tmp_path: Path) -> None:
    ours = project(tmp_path, '[dashboard]\npublic_url = "https://example.org/tell"\n')
    file = ours.settings.report_folder / "sensor_report" / "2026-W47 Küche.html"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"x")
    link = "https://example.org/tell/reports/sensor_report/2026-W47%20K%C3%BCche.html"
    name = "sensor_report/2026-W47 Küche.html"
    assert place_of(ours.settings, file, attach=True)[:2] == ((name,), link)
    assert place_of(ours.settings, file, attach=False)[:2] == ((), link)
    here = project(tmp_path / "here", "")
    file = here.settings.report_folder / "a" / "b.html"
    file.parent.mkdir(parents=True)
    with file.open("wb") as large:
        large.truncate(mail_text.LARGEST_FILE + 1)
    assert place_of(here.settings, file, attach=True) == (
        (), "", "The whole report is kept where telltale runs, since it is too large for a mail (16\xa0MB): a/b.html",
    )  # fmt: skip


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, report.Report]:
    """Two people's PCs until now (a kernel reads the machine's clock), and the sheet of one of them."""
    root = write_settings(
        tmp_path_factory.mktemp("office"), keep=False, more='[publish]\npeople = { Anna = "a@b.org" }\n'
    )
    (root / "devices.csv").write_text(
        "device_id,name,person\npc:desk-1,Empfang <b>1</b>,Anna\npc:desk-2,Lab,Benedikta\n"
    )
    made = Project(settings=load(root))
    now_s = int(time.time())
    idle = source("pc_idle")
    told = idle.simulate(Scenario(7, now_s - 3 * 86_400, now_s, ZONE), made.settings.source("pc_idle"))
    raws = [Raw(0, "pc_idle", one.at, "here", json.dumps({"path": one.path}), one.body) for one in told]
    landing = made.landing()
    landing.put_many(raw for raw in raws if json.loads(raw.body)["device_id"] in ("pc:desk-1", "pc:desk-2"))
    landing.close()
    return made, report.run("work_hours", "7d", {"person": "Anna"}, made, with_pdf=False)


@pytest.mark.slow
def test_a_sheet_goes_to_its_person_and_its_mail_has_the_numbers_of_the_report(
    office: tuple[Project, report.Report],
) -> None:
    ours, sheet = office
    message = report_message(ours, sheet, key="k", recipient="a@b.org", parameters={"person": "Anna"})
    with mail_server() as server:
        (ours.settings.root / "telltale.toml").write_text(mailing(server.port), encoding="utf-8")
        sending = Project(ours.settings.root)
        decide(sending, message)
        assert send_due(sending) == Sent(sent=1)
    (found,) = server.mails
    assert server.recipients == ["a@b.org"]
    executed = json.loads(sheet.notebook.read_text(encoding="utf-8"))
    claimed = shown_claims(executed)
    assert len(claimed) > 5
    text, html = body(found, "plain"), Shown(body(found, "html")).text
    for shown in claimed:
        assert shown in text
        assert shown in html
    words = words_of(executed)
    allowed = NUMBER.findall(
        " ".join([words.over, words.sentence, words.data_until, json.dumps(words.tiles, ensure_ascii=False)])
    )
    assert set(NUMBER.findall(text.replace("work_hours", ""))) <= set(allowed)
    (attached,) = found.iter_attachments()
    assert attached.get_payload(decode=True) == sheet.html.read_bytes()
    whole = server.raw[0].decode("ascii") + text + html
    assert not re.search("Lab|Benedikta|desk-2", whole)


@pytest.mark.slow
@pytest.mark.parametrize("parameters", [{"person": "Anna"}, {}])
def test_a_sheet_goes_to_nobody_else_even_where_its_parameters_are_not_told(
    office: tuple[Project, report.Report], parameters: dict[str, str]
) -> None:
    ours, sheet = office
    with pytest.raises(ConfigError, match="since it tells of Anna"):
        report_message(ours, sheet, key="k", recipient="boss@b.org", parameters=parameters)


def shown_claims(executed: dict[str, Any]) -> list[str]:
    """The characters of the first sentence and the tiles that are claimed, as people read them."""
    found: list[str] = []
    for cell in executed["cells"]:
        for output in cell.get("outputs", ()):
            data = output.get("data", {}).get(pieces.MIME, {})
            for part in [data] if data.get("kind") == "sentence" else data.get("tiles", ()):
                for name, places in part.get("claims", {}).items():
                    found += [part[name][start:end].strip("*!") for start, end, _ in places]
    return found


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())
