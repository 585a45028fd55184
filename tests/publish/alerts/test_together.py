"""What becomes known in one look is told in one message; each episode keeps its row, its number and its end."""

import datetime as dt
from pathlib import Path

from telltale.publish.alerts.answers import acknowledge
from telltale.publish.alerts.answers import listed as listed_alerts
from telltale.publish.alerts.live import Alerts
from tests.publish.alerts.replayed import Clock, S, episodes, messages, project_of, replay_sent, told_of
from tests.worlds.sent import Frame, Message, at

START = at("2026-11-16 06:00")
MINUTE, HOUR = dt.timedelta(minutes=1), dt.timedelta(hours=1)
ONE, TWO = "282c02424f01", "282c02424f02"
DEVICES = {f"a{n}": f"Fridge {n}" for n in range(1, 7)}
LISTED = "device_id,name,expected_interval_s,low,high,person,same_as\n" + "".join(
    f"sigfox:{device},{name},600,2,8,,\n" for device, name in DEVICES.items()
)
ALERTS = """[alerts.silent]
on = "silent"
to = ["ops@example.org", "night@example.org"]
escalate_after = "1h"
escalate_to = ["boss@example.org"]
"""


def us(moment: dt.datetime) -> int:
    return round(moment.timestamp() * S)


def heard(since: dt.datetime, until: dt.datetime, devices: list[str]) -> list[Message]:
    steps = range(round((until - since) / (10 * MINUTE)))
    return [
        Message(since + n * 10 * MINUTE, device, {"temperature": 5.0}, seq=n + round((since - START) / MINUTE))
        for n in steps
        for device in devices
    ]


def test_devices_that_fell_silent_together_are_told_of_together_and_so_is_their_return(tmp_path: Path) -> None:
    clock = Clock(us(START))
    project = project_of(tmp_path, LISTED, ALERTS, clock)
    replay_sent(project, clock, heard(START, START + 2 * HOUR, list(DEVICES)), [START + 2 * HOUR])
    replay_sent(project, clock, [], [START + 5 * HOUR])
    began = messages(project)
    assert [row["recipient"] for row in began] == ["ops@example.org", "night@example.org"]
    assert began[0]["subject"] == "Fridge 1 and 5 more: not heard"
    assert began[0]["key"] == "alert 1+5 began ops@example.org"
    lines = began[0]["body"].splitlines()
    assert lines[0] == "6 alerts, times of Europe/Berlin:"
    assert lines[2].startswith("- Fridge 1: not heard since Mon 16 Nov 2026, 07:50; records ")
    assert lines[2].endswith(" (1)")
    assert lines[-1] == 'Alert "silent". To say that somebody sees to it: telltale alerts ack 1 2 3 4 5 6'
    assert told_of(project, "began") == 6 * 2

    assert acknowledge(project, ["2"], who="anna") == [2]
    replay_sent(project, clock, [], [START + 7 * HOUR])
    (further,) = messages(project)[2:]
    assert further["subject"] == "Not acknowledged: Fridge 1 and 4 more: not heard"
    assert "Nobody has acknowledged this for 1h.\n\n5 alerts" in further["body"]
    assert "Fridge 2" not in further["body"]

    back = START + 8 * HOUR
    replay_sent(project, clock, heard(back, back + 10 * MINUTE, list(DEVICES)[:5]), [back + MINUTE])
    over = messages(project)[3:]
    assert [row["key"] for row in over] == [
        f"alert 1+4 over {to}@example.org" for to in ("ops", "night")
    ] + ["alert 1+3 over boss@example.org"]  # fmt: skip
    assert over[0]["subject"] == "Over: Fridge 1 and 4 more: not heard"
    assert "- Fridge 5: not heard from Mon 16 Nov 2026, 07:50 to Mon 16 Nov 2026, 14:00" in over[0]["body"]
    states = {row["subject"]: row["state"] for row in episodes(project)}
    assert states == {f"sigfox:{device}": "over" if device != "a6" else "told" for device in DEVICES}
    clock.now_us += S
    assert Alerts(project).look() == 0
    project.close()


def test_a_channel_is_named_only_of_a_sensor_that_has_several(tmp_path: Path) -> None:
    listed = f"device_id,name,low,high\nefento:{ONE},Cellar,2,8\nefento:{TWO},Dock,2,8\n"
    clock = Clock(us(START))
    project = project_of(tmp_path, listed, '[alerts.limits]\non = "excursion"\nto = ["ops@example.org"]\n', clock)
    sent = [Frame(START, ONE, ((1, (95,)),), START), Frame(START, TWO, ((1, (95,)), (1, (50,))), START)]
    replay_sent(project, clock, sent, [START, START + MINUTE])
    (row,) = messages(project)
    assert "- Cellar: temperature above its limit since" in row["body"]
    assert "- Dock: temperature of channel 1 above its limit since" in row["body"]
    assert {each["name"]: each["what"] for each in listed_alerts(project)} == {
        "Cellar": "temperature above its limit", "Dock": "temperature of channel 1 above its limit"
    }  # fmt: skip
    assert {each["measure"] for each in episodes(project)} == {"temperature of channel 1 above"}, "as it is known by"
    project.close()


def test_what_differs_is_named_in_its_line_and_one_alone_reads_as_before(tmp_path: Path) -> None:
    clock = Clock(us(START))
    project = project_of(tmp_path, LISTED, '[alerts.limits]\non = "excursion"\nto = ["ops@example.org"]\n', clock)
    warm = [Message(START, "a1", {"temperature": 9.5}, seq=1), Message(START, "a2", {"temperature": 1.0}, seq=2)]
    replay_sent(project, clock, warm, [START, START + MINUTE])
    (row,) = messages(project)
    assert row["subject"] == "Fridge 1: temperature above its limit, and 1 more"
    assert "Fridge 2: temperature below its limit since Mon 16 Nov 2026, 06:00; peak 1 °C" in row["body"]
    calm = [Message(START + HOUR, "a2", {"temperature": 5.0}, seq=3)]
    replay_sent(project, clock, calm, [START + HOUR])
    (_, over) = messages(project)
    assert over["subject"] == "Fridge 2: over after 1 h (temperature below its limit)"
    project.close()
