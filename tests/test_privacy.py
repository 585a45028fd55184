"""Periods cut at 04:00 by the site's clock, keys that stay destroyed, lists without addresses, pseudonyms."""

import datetime as dt
import hmac
import itertools
import stat
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telltale.address import station
from telltale.contract import ConfigError, TelltaleError
from telltale.privacy import Keys, Lists, Period, Pseudonymizer, Pseudonyms, period_of, periods_between
from telltale.privacy.hashing import AddressHash
from telltale.privacy.periods import ALWAYS

HOUR_US = 3_600_000_000
ADDRESS = "3c:06:30:aa:bb:01"
ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Antarctica/Troll",
    "Africa/Cairo",
]


class Rule(NamedTuple):
    timezone: str = "Europe/Berlin"
    rotation: str = "day"


def us(text: str) -> int:
    return int(dt.datetime.fromisoformat(text).timestamp()) * 1_000_000


def period(label: str = "2026-11-20", end: str = "2026-11-21T03:00+00:00") -> Period:
    return Period(label, us(end) - 24 * HOUR_US, us(end))


# --- periods


@pytest.mark.parametrize(
    ("rotation", "time", "label", "hours"),
    [
        ("day", "2026-11-20T12:00+01:00", "2026-11-20", 24),
        ("day", "2026-11-20T03:59:59+01:00", "2026-11-19", 24),
        ("day", "2026-11-20T04:00+01:00", "2026-11-20", 24),
        ("day", "2026-03-29T12:00+02:00", "2026-03-29", 24),  # 04:00 to 04:00 after the change at 02:00
        ("day", "2026-03-29T01:59+01:00", "2026-03-28", 23),  # the change lies before this day's end
        ("day", "2026-10-25T02:30+01:00", "2026-10-24", 25),
        ("week", "2026-11-16T03:59+01:00", "2026-W46", 168),  # a Monday, before the cut
        ("week", "2026-11-16T04:00+01:00", "2026-W47", 168),
        ("week", "2027-01-01T12:00+01:00", "2026-W53", 168),
        ("month", "2026-12-01T03:59+01:00", "2026-11", 30 * 24),
        ("month", "2027-01-01T04:00+01:00", "2027-01", 31 * 24),
    ],
)
def test_the_period_of_a_time(rotation: str, time: str, label: str, hours: int) -> None:
    found = period_of(Rule(rotation=rotation), np.array([us(time)]))
    chosen = found.periods[found.codes[0]]
    assert chosen.label == label
    assert chosen.end_us - chosen.start_us == hours * HOUR_US


def test_rotation_never_is_one_period() -> None:
    found = period_of(Rule(rotation="never"), np.array([us("1980-01-01T00:00+00:00"), us("2090-01-01T00:00+00:00")]))
    assert found.periods == (ALWAYS,)
    assert found.codes.tolist() == [0, 0]


def test_no_times_have_no_periods() -> None:
    assert period_of(Rule(), np.zeros(0, np.int64)).periods == ()


def test_a_skipped_calendar_day_has_no_period() -> None:
    """Apia had no 30 December 2011: 29th 04:00 (−10) is followed at once by the 31st 04:00 (+14), 24 h later."""
    labels = [
        each.label for each in periods_between(Rule("Pacific/Apia"), us("2011-12-29T20:00Z"), us("2012-01-01T00:00Z"))
    ]
    assert labels == ["2011-12-29", "2011-12-31", "2012-01-01"]


times = st.integers(us("1975-01-01T00:00+00:00"), us("2099-01-01T00:00+00:00"))


@given(st.sampled_from(ZONES), st.sampled_from(["day", "week", "month"]), times, st.integers(0, 40 * 24 * HOUR_US))
def test_periods_follow_each_other_without_hole(zone: str, rotation: str, first: int, length: int) -> None:
    rule = Rule(zone, rotation)
    periods = periods_between(rule, first, first + length)
    assert periods[0].start_us <= first < periods[0].end_us
    assert periods[-1].start_us <= first + length < periods[-1].end_us
    assert all(one.end_us == after.start_us for one, after in itertools.pairwise(periods))
    cut = dt.datetime.fromtimestamp(periods[0].start_us / 1e6, ZoneInfo(zone))
    assert (cut.hour, cut.minute) == (4, 0)
    found = period_of(rule, np.array([first + length, first]))
    assert [found.periods[code] for code in found.codes] == [periods[-1], periods[0]]


# --- keys


def test_a_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    keys = Keys(tmp_path / "keys")
    key = keys.key("71234", period())
    assert key is not None
    assert len(key) == 32
    assert Keys(tmp_path / "keys").key("71234", period()) == key
    files = [path for path in (tmp_path / "keys").rglob("*") if path.is_file()]
    assert [path.name for path in files] == ["2026-11-20.until-1795230000.key"]
    assert stat.S_IMODE(files[0].stat().st_mode) == 0o600
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "keys", files[0].parent)} == {0o700}


def test_every_site_and_period_has_its_own_key(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    made = {keys.key(site, one) for site in ("1", "2") for one in (period(), period("2026-W47"), ALWAYS)}
    assert len(made) == 6
    assert keys.sites() == ["1", "2"]
    assert len(keys.existing("1")) == 3


def test_a_destroyed_key_never_comes_back(tmp_path: Path) -> None:
    keys, end_us = Keys(tmp_path), period().end_us
    key = keys.key("71234", period())
    assert keys.destroy("71234", end_us - 1) == 0
    assert keys.key("71234", period()) == key
    assert keys.destroy("71234", end_us) == 1
    assert keys.key("71234", period()) is None
    assert Keys(tmp_path).key("71234", period()) is None
    assert keys.destroyed_before("71234") == end_us
    assert keys.existing("71234") == []


def test_destroying_does_not_go_back_in_time(tmp_path: Path) -> None:
    keys, end_us = Keys(tmp_path), period().end_us
    keys.destroy("71234", end_us)
    keys.destroy("71234", end_us - 24 * HOUR_US)
    assert keys.destroyed_before("71234") == end_us


def test_destroying_keeps_later_periods_other_sites_and_the_key_for_ever(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    later = period("2026-11-21", "2026-11-22T03:00+00:00")
    kept = [keys.key("1", later), keys.key("2", period()), keys.key("1", ALWAYS)]
    keys.key("1", period())
    assert keys.destroy("1", period().end_us) == 1
    assert [keys.key("1", later), keys.key("2", period()), keys.key("1", ALWAYS)] == kept


def test_a_period_that_was_never_seen_is_destroyed_too(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    keys.destroy("71234", period().end_us)
    assert keys.key("71234", period()) is None
    assert not list(tmp_path.rglob("*.key"))


@pytest.mark.parametrize("site", ["..", ".", "a/b", "../../etc", "ä b", "x" * 64])
def test_a_site_of_any_spelling_stays_in_the_folder(tmp_path: Path, site: str) -> None:
    keys = Keys(tmp_path / "keys")
    keys.key(site, period())
    assert keys.sites() == [site]
    assert [path.parent.parent for path in tmp_path.rglob("*.key")] == [tmp_path / "keys"]


def test_a_damaged_key_is_not_used(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    keys.key("71234", period())
    next(tmp_path.rglob("*.key")).write_bytes(b"short")
    with pytest.raises(ConfigError, match="5 bytes, expected a key of 32"):
        keys.key("71234", period())


def test_processes_that_ask_at_once_agree_on_the_key(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from telltale.privacy import Keys, Period;"
        f"print(Keys(Path(sys.argv[1])).key('71234', Period{tuple(period())!r}).hex())"
    )
    asked = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "keys")], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    answers = {one.communicate()[0].strip() for one in asked}
    assert len(answers) == 1
    assert not list(tmp_path.rglob(".*.key*")), "nothing written aside is left"


# --- lists


@pytest.mark.parametrize(
    "spelling", [ADDRESS, ADDRESS.upper(), "3c-06-30-aa-bb-01", "3c06.30aa.bb01", " 3c0630aabb01 "]
)
def test_lists_know_an_address_in_any_spelling(tmp_path: Path, spelling: str) -> None:
    lists = Lists(tmp_path)
    assert lists.add("staff", ADDRESS)
    assert not lists.add("staff", spelling)
    assert lists.counts() == {"staff": 1, "fixed": 0, "opt_out": 0}
    assert lists.remove("staff", spelling)
    assert not lists.remove("staff", spelling)
    assert lists.counts() == {"staff": 0, "fixed": 0, "opt_out": 0}


def test_lists_hold_no_address(tmp_path: Path) -> None:
    Lists(tmp_path).add("opt_out", ADDRESS)
    number = station(ADDRESS)
    forms = [ADDRESS.encode(), f"{number:012x}".encode(), number.to_bytes(6), str(number).encode()]
    for path in tmp_path.rglob("*"):
        told = str(path.relative_to(tmp_path)).encode() + (path.read_bytes() if path.is_file() else b"")
        assert not [form for form in forms if form in told]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("stuff", ADDRESS, 'no list "stuff"; there are: staff, fixed, opt_out'),
        ("staff", "5c:dc:96:00:01", "has 14 characters and is no station's"),
        ("staff", "01:00:5e:00:00:fb", "is no station's"),
    ],
)
def test_a_wrong_entry_is_explained_without_repeating_the_address(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    with pytest.raises(TelltaleError) as caught:
        Lists(tmp_path).add(name, text)
    assert message in str(caught.value)
    assert text not in str(caught.value)


# --- pseudonyms


def pseudonymizer(folder: Path, rule: Rule | None = None) -> Pseudonymizer:
    return Pseudonymizer(Keys(folder), Lists(folder), lambda _site: rule or Rule())


def apply(folder: Path, rows: list[tuple[str, str, str]], rule: Rule | None = None) -> Pseudonyms:
    sites, addresses, moments = zip(*rows, strict=True)
    numbers = np.array([station(address) for address in addresses], np.int64)
    return pseudonymizer(folder, rule).apply(pa.array(sites), numbers, np.array([us(text) for text in moments]))


@given(st.binary(min_size=1, max_size=64), st.binary(max_size=80), st.integers(0, 2**48 - 1))
def test_the_hash_is_hmac(key: bytes, prefix: bytes, address: int) -> None:
    expected = hmac.digest(key, prefix + address.to_bytes(6), "sha256")
    assert AddressHash(key, prefix).digests([address]) == [expected]
    (number,) = AddressHash(key, prefix).pseudonyms(np.array([address], np.int64))
    assert number == int.from_bytes(expected[:8], "big", signed=True)


def test_a_device_is_one_within_a_period_and_site_only(tmp_path: Path) -> None:
    monday, later, tuesday = "2026-11-16T12:00+01:00", "2026-11-17T03:59+01:00", "2026-11-17T04:00+01:00"
    found = apply(
        tmp_path,
        [("1", ADDRESS, monday), ("1", ADDRESS, later), ("1", ADDRESS, tuesday), ("2", ADDRESS, monday)],
    ).device.tolist()
    assert found[0] == found[1]
    assert len(set(found)) == 3
    assert apply(tmp_path, [("2", ADDRESS, later)]).device.tolist() == [found[3]], "the same in another batch"


def test_rows_of_a_destroyed_period_get_no_pseudonym(tmp_path: Path) -> None:
    Keys(tmp_path).destroy("1", us("2026-11-17T04:00+01:00"))
    found = apply(tmp_path, [("1", ADDRESS, "2026-11-16T12:00+01:00"), ("1", ADDRESS, "2026-11-18T12:00+01:00")])
    assert found.key_destroyed.tolist() == [True, False]
    assert found.device[0] == 0
    assert found.device[1] != 0


def test_lists_mark_the_rows_of_their_addresses(tmp_path: Path) -> None:
    addresses = [f"3c:06:30:aa:bb:0{n}" for n in range(4)]
    for name, address in zip(("staff", "fixed", "opt_out"), addresses, strict=False):
        Lists(tmp_path).add(name, address)
    found = apply(tmp_path, [("1", address, "2026-11-16T12:00+01:00") for address in addresses * 2])
    assert found.staff.tolist() == [True, False, False, False] * 2
    assert found.fixed.tolist() == [False, True, False, False] * 2
    assert found.opted_out.tolist() == [False, False, True, False] * 2


def test_a_typed_address_is_found_under_every_key_there_is(tmp_path: Path) -> None:
    rows = [("1", ADDRESS, f"2026-11-{day}T12:00+01:00") for day in (16, 17, 18)]
    devices = apply(tmp_path, rows).device.tolist()
    assert pseudonymizer(tmp_path).candidates(" 3C-06-30-AA-BB-01", "1") == devices
    assert pseudonymizer(tmp_path).candidates(ADDRESS, "2") == []
    Keys(tmp_path).destroy("1", us("2026-11-17T04:00+01:00"))
    assert pseudonymizer(tmp_path).candidates(ADDRESS, "1") == devices[1:]
    assert len(list(tmp_path.rglob("*.key"))) == 2, "asking makes no key"
