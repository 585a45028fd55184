"""What was asked for at the start is done by whoever finishes it."""

from contextlib import closing
from pathlib import Path

import pytest

from telltale.forget import finish_others, forget, subject_of
from telltale.operate.backup import Backup
from tests.forget.kept import OTHER_PHONE, PHONE, SENSOR
from tests.forget.small import forgotten, small_in


class Stopped(Exception):
    """The process ended here."""


def _stop(name: str) -> None:
    if name == "orphans":
        raise Stopped


def test_the_opt_out_is_not_lost(tmp_path: Path) -> None:
    with closing(small_in(tmp_path)) as project:
        for phone in (PHONE, OTHER_PHONE):
            with pytest.raises(Stopped):
                forgotten(project, phone, opt_out=phone == PHONE, step=_stop)
        made = Backup("/backups/near", "one", project.now_us() - 1, 1, 1, None, None)
        gone: list[Backup] = []

        def remove(backup: Backup, _is_trial: bool) -> bool:
            gone.append(backup)
            return True

        other = subject_of(project, f"efento:{SENSOR}")
        done = finish_others(project, other, now_us=project.now_us(), backups=[made], remove_backup=remove)
        assert len(done) == 2
        assert project.lists.holds("opt_out", PHONE)
        assert not project.lists.holds("opt_out", OTHER_PHONE)
        assert gone == [made, made]


def test_nor_where_it_is_run_again_without_saying_so(tmp_path: Path) -> None:
    with closing(small_in(tmp_path)) as project:
        subject = subject_of(project, PHONE)
        with pytest.raises(Stopped):
            forget(project, subject, now_us=project.now_us(), opt_out=True, step=_stop)
        forget(project, subject, now_us=project.now_us())
        assert project.lists.holds("opt_out", PHONE)
