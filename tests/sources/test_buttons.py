"""buttons.csv: compatible with a list of names and addresses, and every mistake named with its line."""

from pathlib import Path

import pytest

from telltale.contract import ConfigError
from telltale.settings import DEFAULT_BUTTONS, AllowList, Button, Settings, buttons, read_buttons

SEED = "Name, MAC-Address\n"
FULL = "name,mac,role,item,ack_for,container_qty,dead_time_s,cards,lead_time_days,away_after_s\n"
A, B = "ac:63:be:00:00:01", "ac:63:be:00:00:02"


def read(folder: Path, text: str | bytes) -> AllowList:
    path = folder / "buttons.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_buttons(path)


def test_the_seed_s_list_is_read_as_it_is(tmp_path: Path) -> None:
    found = read(
        tmp_path, b"\xef\xbb\xbfName, MAC-Address\r\nTide, AC:63:BE:00:00:01\r\n\r\n# old\r\nOats, AC63BE000002\r\n"
    )
    assert found == AllowList((Button(A, "Tide", item="Tide", line=2), Button(B, "Oats", item="Oats", line=5)))


@pytest.mark.parametrize("spelt", ["ac:63:be:00:00:01", "AC-63-BE-00-00-01", "ac63.be00.0001", "AC63BE000001"])
def test_an_address_may_be_spelt_in_four_ways(tmp_path: Path, spelt: str) -> None:
    assert read(tmp_path, f"{SEED}Tide,{spelt}\n").buttons[0].device_id == A


def test_every_column_is_read(tmp_path: Path) -> None:
    text = (
        FULL.upper()
        + f'"Bolts, A",{A},Button,bolts,,200,12.5,6,2.5,\n'
        + f"Arrived,{B},ack,,bolts,,,,,\n"
        + "Phone,64:00:00:00:00:01,presence,,,,,,,1800\n"
    )
    first, second, third = read(tmp_path, text).buttons
    assert first == Button(A, "Bolts, A", "button", "bolts", "", 200, 12.5, 6, 2.5, None, 2)
    assert second == Button(B, "Arrived", "ack", "bolts", "bolts", line=3), "an ack's item is the one it acknowledges"
    assert third == Button("64:00:00:00:00:01", "Phone", "presence", "Phone", away_after_s=1800, line=4)


def test_columns_come_in_any_order_and_short_lines_are_filled(tmp_path: Path) -> None:
    assert read(tmp_path, f"item,MAC_address,NAME,cards\nbolts,{A},Line\n").buttons == (
        Button(A, "Line", item="bolts", line=2),
    )


def test_the_list_init_writes_is_empty_and_says_so(tmp_path: Path) -> None:
    assert read(tmp_path, DEFAULT_BUTTONS) == AllowList((), ("buttons.csv: no device is listed, so no frame is kept",))
    with_examples = DEFAULT_BUTTONS.replace("# Bolts", "Bolts")
    assert [button.item for button in read(tmp_path, with_examples).buttons] == ["bolts M8", "bolts M8"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (f"{SEED}Tide,ac:63:be:00:00\n", 'line 2 MAC-Address = "ac:63:be:00:00": expected six pairs of hex digits'),
        (f"{SEED}\n# x\nTide,\n", 'line 4 MAC-Address = "": expected six pairs'),
        (f"{SEED}Tide\n", 'line 2 MAC-Address = "": expected six pairs'),
        (f"{SEED}Tide,00:00:00:00:00:00\n", 'line 2 MAC-Address = "00:00:00:00:00:00": all zeros'),
        (f"{SEED}Tide,FF:FF:FF:FF:FF:FF\n", 'line 2 MAC-Address = "FF:FF:FF:FF:FF:FF": the broadcast address'),
        (f"{SEED}Tide,01:00:5e:00:00:01\n", 'line 2 MAC-Address = "01:00:5e:00:00:01": a multicast address'),
        (f"{SEED}Tide,ac:63:be:*\n", 'line 2 MAC-Address = "ac:63:be:*": wildcards are not taken'),
        (f"{SEED}Tide,{A}\nOats,{A.upper()}\n", f"line 3: {A} stands on line 2 too"),
        (f"{SEED},{A}\n", "line 2: Name is empty"),
        (f"{SEED}Tide,{A},7\n", "line 2: more values than columns"),
        (f"Tide,{A}\n", "line 1: a device before the line with the names of the columns"),
        (
            f"# x\nName,MAC-Address,rolle\nTide,{A}\n",
            'line 2: unknown column "rolle"; expected Name, MAC-Address, role',
        ),
        (f"Name,MAC,name\nTide,{A}\n", 'line 1: column "name" stands there twice'),
        ("Name,item\nTide,x\n", "line 1: no column Name and MAC-Address"),
        (f"{FULL}Tide,{A},knob\n", 'line 2 role = "knob": expected button, ack, presence'),
        (f"{FULL}Tide,{A},ack\n", "line 2 ack_for is empty; expected the item whose delivery Tide acknowledges"),
        (f"{FULL}Tide,{A},,,,0\n", 'line 2 container_qty = "0": expected a number above 0'),
        (f"{FULL}Tide,{A},,,,,-1\n", 'line 2 dead_time_s = "-1": expected seconds of at least 0'),
        (f"{FULL}Tide,{A},,,,,,2.5\n", 'line 2 cards = "2.5": expected a whole number from 1 to 100000'),
        (f"{FULL}Tide,{A},,,,,,,nan\n", 'line 2 lead_time_days = "nan": expected days of at least 0'),
        (f"{FULL}Tide,{A},,,,,,,,soon\n", 'line 2 away_after_s = "soon": expected seconds above 0'),
        (f"{FULL}Tide,{A},,,,,1e300\n", 'line 2 dead_time_s = "1e300": expected seconds of at least 0'),
        (f"{FULL}Tide,{A},,,,,,,1e300\n", 'line 2 lead_time_days = "1e300": expected days of at least 0'),
        (f"{FULL}Tide,{A},,,,,,,,1e300\n", 'line 2 away_after_s = "1e300": expected seconds above 0'),
        (f'{SEED}"Tide,{A}\n', "line 2: not a table (unexpected end of data)"),
        (f'{SEED}Oats,{A}\n"5" nail",{B}\n', "line 3: not a table"),
        (f"Name|MAC-Address\nTide|{A}\n", 'line 1: unknown column "Name|MAC-Address"; expected Name, MAC-Address'),
        (b"Name,MAC\nK\xfcche,ac:63:be:00:00:01\n", "line 2: not UTF-8 (invalid start byte); save it as CSV UTF-8"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str | bytes, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    assert f"buttons.csv {sentence}" in str(caught.value) or f"buttons.csv: {sentence}" in str(caught.value)


@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_list_is_read_as_a_spreadsheet_saves_it(tmp_path: Path, separator: str, code: str) -> None:
    table = [["Name", "MAC-Address", "lead_time_days"], ["# Küche", "", ""], ["Müsli, Regal 2", A, "2,5"]]
    text = "".join(f"{separator.join(row)}\r\n" for row in table)
    [button] = read(tmp_path, text.encode(code)).buttons
    assert (button.name, button.device_id, button.lead_time_days) == ("Müsli, Regal 2", A, 2.5)


def test_an_unreadable_list_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"buttons.csv: cannot be read"):
        read_buttons(tmp_path / "buttons.csv")


@pytest.mark.parametrize(
    ("lines", "warning"),
    [
        ([f"Tide,{A}", f"Tide,{B}"], 'line 3: the name "Tide" stands on line 2 too'),
        (["Phone,02:63:be:00:00:01"], "line 2: Phone has a locally administered address"),
        ([f"Tide,{A},,,bolts"], "line 2: ack_for of Tide has no effect, its role is button"),
        ([f"Tide,{A}", f"Come,{B},ack,,bolts"], 'line 3: Come acknowledges "bolts", which no listed button asks for'),
        ([f"X,{A},,bolts,,200", f"Y,{B},,bolts,,100"], 'container_qty of "bolts" differs on lines 2 and 3'),
    ],
)
def test_what_is_odd_is_a_warning(tmp_path: Path, lines: list[str], warning: str) -> None:
    (found,) = read(tmp_path, FULL + "\n".join(lines)).warnings
    assert warning in found


def test_one_item_may_be_described_by_one_of_its_buttons(tmp_path: Path) -> None:
    assert read(tmp_path, f"{FULL}X,{A},,bolts,,200,,4\nY,{B},,bolts,,,,4\n").warnings == ()


def test_a_project_s_list_is_where_the_settings_say(tmp_path: Path) -> None:
    settings = Settings(root=tmp_path)
    assert buttons(settings) == AllowList()
    (tmp_path / "buttons.csv").write_text(f"{SEED}Tide,{A}\n")
    (tmp_path / "MACID.csv").write_text(f"{SEED}Oats,{B}\n")
    assert [button.name for button in buttons(settings).buttons] == ["Tide"]
    other = Settings.model_validate({"root": tmp_path, "arp": {"allow_list": "MACID.csv"}})
    assert [button.name for button in buttons(other).buttons] == ["Oats"]


def test_an_address_in_both_lists_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "buttons.csv").write_text(f"{SEED}Tide,{A}\n")
    (tmp_path / "devices.csv").write_text("device_id,name\nAC-63-BE-00-00-01,Tide\n")
    with pytest.raises(ConfigError, match=rf"buttons.csv line 2: {A} stands in devices.csv too"):
        buttons(Settings(root=tmp_path))
