"""A report that names what is forgotten and tells of others too is made again without it."""

from contextlib import closing
from pathlib import Path

from telltale.forget import forget, subject_of
from telltale.publish.schedule import Done
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
