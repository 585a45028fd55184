"""Alerts to the platforms: raised once, cleared once, what a person's device says never."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from telltale.contract import ConfigError
from telltale.forward import alerts
from telltale.forward.cumulocity import Cumulocity
from telltale.forward.outbox import Outbox, Sent, parked
from telltale.forward.passing import fill, passings, preview
from telltale.forward.sending import Sender
from telltale.forward.target import Never
from telltale.landing.schema import ALERT_EPISODE
from telltale.workbench.project import Project
from tests.collectors.sockets import until
from tests.forward.fake_cumulocity import FakeCumulocity, fake_cumulocity
from tests.forward.fake_thingworx import Answer, FakeThingworx, fake_thingworx
from tests.forward.forwarded import SECOND, START, project
from tests.forward.test_cumulocity import account_of
from tests.mosquitto import mosquitto

FRIDGE, DESK = "efento:282c024156af", "pc:desk-3"
RULE = '[alerts.fridges]\non = "excursion"\nto = ["ops@example.org"]\n[alerts.other]\non = "battery"\n'
MINUTE = 60 * SECOND


def toml(fake: FakeThingworx, more: str = 'alerts = ["fridges"]\nalerts_thing = "Alerts"') -> str:
    return f'{RULE}[forward.thingworx]\nbase_url = "{fake.base_url}"\n{more}\n'


def episode(opened: Project, **told: Any) -> None:
    """A row of the ledger, as the alerts write it when somebody was told."""
    whole = {
        "alert": "fridges", "subject": FRIDGE, "measure": "temperature above", "unit": "°C",
        "begins_at": START - MINUTE, "known_at": START, "ends_at": None,
        "recovered_at": None, "peak": 9.25, "raw_ids": "[7]", "end_raw_ids": "[]",
        "state": "told", "note": "", "told_at": START, "recovery_told_at": None, "acknowledged_by": "",
        "acknowledged_at": None, "snoozed_until": None, "escalated_at": None,
    }  # fmt: skip
    with opened.store.writer() as connection:
        connection.execute(ALERT_EPISODE.insert().values(**{**whole, **told}))


def changed(opened: Project, **told: Any) -> None:
    with opened.store.writer() as connection:
        connection.execute(ALERT_EPISODE.update().values(**told))


OVER = {"ends_at": START + MINUTE, "recovered_at": START + 2 * MINUTE}


def passed(opened: Project, *, at_us: int = START) -> None:
    """One look and one go at the outbox."""
    for passing in passings(opened):
        fill(opened, passing, count_late=False)
        Sender(passing.outbox, passing.target, lambda: at_us, lambda _said: None).drain()
        passing.target.close()


def test_an_alert_goes_to_the_service_when_it_begins_and_when_it_is_over(tmp_path: Path) -> None:
    with fake_thingworx() as fake:
        opened = project(tmp_path, toml(fake), now_us=START + 9 * MINUTE)
        (tmp_path / "devices.csv").write_text(f"device_id,name\n{FRIDGE},Vaccine fridge\n")
        episode(opened)
        passed(opened)
        passed(opened)
        changed(opened, state="over", recovery_told_at=START + 3 * MINUTE, **OVER)
        passed(opened)
        passed(opened)
        opened.close()
    began, over = fake.calls
    assert (began.method, began.path) == ("POST", ("Things", "Alerts", "Services", "RecordAlert"))
    assert began.body == {
        "alertId": began.body["alertId"], "alert": "fridges", "state": "began", "device": FRIDGE,
        "name": "Vaccine fridge", "text": "Vaccine fridge: temperature above its limit",
        "at": "2026-11-20T07:59:00.000Z", "peak": 9.25, "unit": "°C",
    }  # fmt: skip
    ends = {"state": "over", "text": f"{began.body['text']} is over", "at": "2026-11-20T08:01:00.000Z"}
    assert over.body == began.body | ends


def test_nothing_is_looked_at_until_somebody_is_told_of_something(tmp_path: Path) -> None:
    with fake_thingworx() as fake:
        opened = project(tmp_path, toml(fake), now_us=START + 9 * MINUTE)
        (passing,) = passings(opened)
        episode(opened, state="waiting", told_at=None)
        assert fill(opened, passing, count_late=False).new == 0
        assert not passing.has_news(opened.store), "quiet hours"
        changed(opened, state="told", told_at=START)
        assert passing.has_news(opened.store)
        assert [each.device_id for each in preview(opened, passing)] == [f"alert:{FRIDGE}"]
        assert fill(opened, passing, count_late=False).new == 1
        assert not passing.has_news(opened.store)
        changed(opened, acknowledged_by="anna", acknowledged_at=START)
        assert not passing.has_news(opened.store)
        passing.target.close()
        opened.close()


KEPT_BACK: list[tuple[str, dict[str, Any]]] = [
    ("another alert", {"alert": "other"}),
    ("a PC", {"subject": DESK}),
    ("a modem that serves one", {"subject": "sigfox:2d24e6"}),
    ("begun before the first run looked back", {"told_at": START - 8 * 86_400 * SECOND, "recovery_told_at": START}),
    ("never told", {"told_at": None, "state": "dropped", "recovered_at": START}),
]


@pytest.mark.parametrize("told", [pytest.param(row[1], id=row[0]) for row in KEPT_BACK])
def test_what_is_not_passed_on(tmp_path: Path, told: dict[str, Any]) -> None:
    with fake_thingworx() as fake:
        opened = project(tmp_path, toml(fake), now_us=START + 9 * MINUTE)
        (tmp_path / "devices.csv").write_text(f"device_id,person,same_as\n{DESK},anna,\nsigfox:2d24e6,,{DESK}\n")
        episode(opened, **told)
        passed(opened)
        opened.close()
    assert fake.calls == []


def test_one_that_is_no_longer_watched_ends_there_too(tmp_path: Path) -> None:
    with fake_thingworx() as fake:
        opened = project(tmp_path, toml(fake), now_us=START + 9 * MINUTE)
        episode(opened)
        passed(opened)
        changed(opened, state="dropped", **OVER)
        passed(opened)
        opened.close()
    assert [call.body["state"] for call in fake.calls] == ["began", "over"]
    assert fake.calls[1].body["text"].endswith("is no longer watched")


def test_the_end_waits_for_the_beginning(tmp_path: Path) -> None:
    with fake_thingworx(Answer(500)) as fake:
        opened = project(tmp_path, toml(fake), now_us=START + 9 * MINUTE)
        episode(opened, state="over", recovery_told_at=START + 3 * MINUTE, **OVER)
        passed(opened)
        passed(opened, at_us=START + 60 * MINUTE)
        opened.close()
    assert [call.body["state"] for call in fake.calls] == ["began", "began", "over"]


WRONG = [
    (
        'alerts = ["fridgs"]\nalerts_thing = "Alerts"',
        'no [alerts.fridgs]; known: fridges, other; did you mean "fridges"?',
    ),
    ('alerts = ["fridges"]', "they go to the service of a Thing"),
]


@pytest.mark.parametrize(("more", "said"), WRONG)
def test_a_wrong_name_is_one_sentence(tmp_path: Path, more: str, said: str) -> None:
    with fake_thingworx() as fake:
        opened = project(tmp_path, toml(fake, more))
        with pytest.raises(ConfigError) as caught:
            passings(opened)
        opened.close()
    assert said in str(caught.value)


def test_cumulocity_takes_them_as_alarms_of_a_gateway_only(tmp_path: Path) -> None:
    told = 'tenant = "c8y.example.org"\ntenant_id = "t1"\nuser = "u"\nmode = "per_button"\nalerts = ["fridges"]\n'
    opened = project(tmp_path, f"{RULE}[forward.cumulocity]\n{told}")
    with pytest.raises(ConfigError, match='expected mode = "gateway"'):
        passings(opened)
    opened.close()


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Project]:
    opened = project(tmp_path / "project", RULE, now_us=START + 9 * MINUTE)
    yield opened
    opened.close()


def test_cumulocity_raises_and_clears_an_alarm_of_the_gateway(opened: Project, tmp_path: Path) -> None:
    episode(opened, measure='temperature, "core" above', state="over", recovery_told_at=START + 3 * MINUTE, **OVER)
    found = list(alerts.events(opened, ["fridges"], 0, started_us=0))
    kind = f"telltale_fridges_{json.loads(found[0].body)['series_id']}"
    with mosquitto(tmp_path) as broker, fake_cumulocity(broker) as platform:
        outbox, target = Outbox(opened.store, "cumulocity"), Cumulocity(account_of(broker))
        outbox.add(found, marks={}, now_us=START)
        lines = [one["line"] for row in outbox.due(START + 9 * MINUTE) for one in target.shown(row, Sent())]
        sender = Sender(outbox, target, lambda: START + 9 * MINUTE, lambda _said: None)
        assert sender.drain().sent == 2
        target.close()
        text = f'"{FRIDGE}: temperature, ""core"" above its limit"'
        assert lines == [
            "100,hall-3,telltale_Gateway", "117,15", "123",
            f"301,{kind},{text},2026-11-20T07:59:00.000Z", f"306,{kind}",
        ]  # fmt: skip
        until(lambda: len(alarms_of(platform)) == 2, "the platform hears of it after the broker")
        alarms = alarms_of(platform)
    assert [each[:2] for each in alarms] == [["301", kind], ["306", kind]]
    assert alarms[0][2] == f'{FRIDGE}: temperature, "core" above its limit'
    assert platform.too_early == []


def alarms_of(platform: FakeCumulocity) -> list[list[str]]:
    return [one.row for one in platform.heard if one.row[0] in {"301", "306"}]


def test_a_body_that_is_no_alert_parks(tmp_path: Path) -> None:
    with fake_thingworx() as fake:
        opened = project(tmp_path, toml(fake), now_us=START + 9 * MINUTE)
        episode(opened)
        (passing,) = passings(opened)
        (event,) = preview(opened, passing)
        passing.outbox.add([event._replace(body='{"poison": 1}')], marks={}, now_us=START)
        Sender(passing.outbox, passing.target, lambda: START, lambda _said: None).drain()
        passing.target.close()
        (row,) = parked(opened.store)
        with pytest.raises(Never):
            alerts.alert_of(row)
        opened.close()
    assert fake.calls == []
