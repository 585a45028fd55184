"""Looking goes on, whatever one look meets."""

import threading
from pathlib import Path

import pytest

from telltale.contract import StoreError
from telltale.publish.alerts import live
from telltale.workbench.project import Project
from tests.served import make_project


def test_no_mistake_ends_the_looking_and_each_is_said_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stop, said = threading.Event(), list[str]()
    looks = iter([ValueError("3c:06:30:aa:bb:01"), ValueError("3c:06:30:aa:bb:01"), StoreError("the store is away")])

    def look(_alerts: live.Alerts) -> int:
        error = next(looks, None)
        if error is not None:
            raise error
        stop.set()
        return 0

    monkeypatch.setattr(live.Alerts, "look", look)
    monkeypatch.setattr(live, "LOOK_S", 0.001)
    live.keep(Project(make_project(tmp_path)), stop, said.append)
    assert len(said) == 2
    assert "ValueError" in said[0]
    assert "3c:06" not in said[0], "the text of an error that is not ours may quote records"
    assert said[1] == "the store is away"
