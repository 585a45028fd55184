"""A report that names what is forgotten and tells of others too is made again without it."""

import shutil
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from telltale.forget import forget, subject_of
from telltale.landing.schema import REPORT_RUN
from telltale.publish.schedule import Done
from tests.forget.elsewhere import keep_elsewhere
from tests.forget.kept import PERSON, project_in, searched
from tests.forget.small import forgotten, small_in, write
from tests.publish.scheduled import World

PC = "pc:desk-9"


def test_it_is_deleted_at_once_and_made_again_by_the_next_pass(tmp_path: Path) -> None:
    world = World(tmp_path, now="2026-11-16 01:00")
    world.hears_all([("2026-11-13 10:00", device) for device in range(3)])
    world.hears_all([("2026-11-14 10:00", device) for device in range(3)])
    assert world.passes() == Done(made=2, nothing=1)
    folder = tmp_path / "data" / "reports" / "presence_dwell"
    page, other = (folder / f"2026-11-{day}.html" for day in (13, 14))
    page.write_text(f"{page.read_text()} beside {PC}")
    with closing(world.project()) as project:
        done = forget(project, subject_of(project, PC), now_us=project.now_us())
    assert (page.exists(), other.exists()) == (False, True)
    assert any("makes it again" in note for note in done.notes)
    assert world.states() == {"2026-11-13": "waiting", "2026-11-14": "done", "2026-11-15": "nothing"}
    assert world.passes() == Done(made=1)
    assert PC not in page.read_text()
    assert world.states()["2026-11-13"] == "done"


def test_the_ledger_forgets_without_a_folder_of_reports_too(tmp_path: Path) -> None:
    with closing(project_in(tmp_path)) as project:
        keep_elsewhere(project)
        shutil.rmtree(project.settings.report_folder)
        forget(project, subject_of(project, PERSON), now_us=project.now_us())
        with project.store.reader() as connection:
            run = connection.execute(sa.select(REPORT_RUN)).one()
        assert (run.claims, run.sentence, run.files) == ("{}", "", "[]")
        assert not searched(project.settings.root, [b"quentinquist"])


def test_a_report_goes_with_all_its_files_and_none_of_another_whose_name_begins_alike(tmp_path: Path) -> None:
    listed = "device_id,name,person\npc:ws.anna,,Anna Abel\npc:ws.bert,,Bert Meier\n"
    with closing(small_in(tmp_path, devices=listed)) as project:
        folder = project.settings.report_folder / "activity_time"
        endings = [".html", ".pdf", ".ipynb", ".json", ".recipe.json", ".before.html", ".before.recipe.json"]
        endings += [".evidence.zip", ".failed.ipynb", ".failed.shared.ipynb"]
        for device, who in (("pc-ws.anna", "Anna Abel"), ("pc-ws.bert", "Bert Meier")):
            base = f"2026-W47-device-{device}"
            for ending in endings:
                write(folder / f"{base}{ending}", who.encode() if ending == ".html" else b"{}")
            write(folder / f".{base}.html.x81k2", b"{}")
        forgotten(project, "Anna Abel")
        left = sorted(path.name for path in folder.iterdir())
        theirs = [f"2026-W47-device-pc-ws.bert{ending}" for ending in endings]
        assert left == sorted([".2026-W47-device-pc-ws.bert.html.x81k2", *theirs])


def test_a_print_without_its_page_is_named(tmp_path: Path) -> None:
    with closing(small_in(tmp_path)) as project:
        folder = project.settings.report_folder / "activity"
        write(folder / "orphan.pdf", b"%PDF-1.4 nothing legible")
        for name in ("whole.pdf", "whole.html"):
            write(folder / name, b"%PDF-1.4 of somebody else")
        notes = forgotten(project, PERSON).notes
        (note,) = [each for each in notes if ".pdf" in each]
        assert "activity/orphan.pdf" in note
        assert "whole" not in note
        assert (folder / "orphan.pdf").exists()
