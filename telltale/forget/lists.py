"""Taking it off the lists a user keeps, first of all: what is still listed is kept again with its next message."""

from pathlib import Path

from telltale.address import spelled
from telltale.forget.task import Task
from telltale.privacy.files import replace
from telltale.settings import DEVICES_FILE, SETTINGS_FILE
from telltale.settings.unlisting import names_one, numbers_of, without

_LISTS = ("staff", "fixed")


def forget_on_lists(task: Task, *, opt_out: bool) -> None:
    """Take its lines out of devices.csv and buttons.csv and its address off the lists of staff and fixed devices.

    Args:
        task: whose.
        opt_out: put its address on the opt-out list, under that list's own key: it is never decoded again.
    """
    settings = task.project.settings
    is_meant = names_one(task.subject.devices, task.subject.person)
    for name in dict.fromkeys((DEVICES_FILE, settings.arp.allow_list)):
        path = settings.root / name
        if path.is_file() and (numbers := numbers_of(path.read_bytes(), is_meant)):
            task.tell(name, "lines", len(numbers))
            if not task.is_trial:
                _replace(path, without(path.read_bytes(), is_meant))
    for address in task.subject.stations:
        for name in _LISTS:
            if task.is_trial:
                on_it = task.project.lists.holds(name, spelled(address))
            else:
                on_it = task.project.lists.remove(name, spelled(address))
            task.tell(f"list {name}", "addresses", int(on_it))
        if opt_out and not task.is_trial:
            task.project.lists.add("opt_out", spelled(address))
    for device in task.subject.passed_on:
        task.notes.append(
            f"{device} was this person's and is listed for another one now: its records stay, those of before too; "
            f"telltale forget {device} removes all of them"
        )
    _mentioned(task)


def _mentioned(task: Task) -> None:
    """Lines of telltale.toml that name it stay, for what they are for is the owner's to say."""
    path = task.project.settings.root / SETTINGS_FILE
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    spelt = task.texts if task.subject.person else task.ids  # a device's name may be a word of any setting
    found = [str(number) for number, line in enumerate(lines, 1) if spelt.found_in_text(line)]
    if found:
        task.notes.append(f"{SETTINGS_FILE} names it on line {', '.join(found)}: take it out there")


def _replace(path: Path, content: bytes) -> None:
    mode = path.stat().st_mode & 0o777
    replace(path, content)
    path.chmod(mode)
