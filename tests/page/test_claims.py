"""A number a page says is data: what it is of, on which basis, and the rows it comes from."""

import copy
import datetime as dt
import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import telltale as tt
from telltale import wording
from telltale.contract import ConfigError
from telltale.page import html as markup
from telltale.page import said
from telltale.page.claims import About, Basis, Claim, Records, Subject
from telltale.page.lists import Attention, Concern
from telltale.page.pieces import Card, Sentence, Table, Tile, Tiles
from telltale.page.said import Said, say
from telltale.page.why import basis_in_words, described, why
from telltale.workbench.times import local_time
from tests.lake_fixture import Lake

NB = wording.NBSP
SINCE = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
UNTIL = dt.datetime(2026, 11, 20, 14, 32, tzinfo=dt.UTC)
ABOUT = About("sensors", SINCE, UNTIL, so_far=True, arguments={"device": None, "quantity": "temperature"})
FRIDGE = Subject("device", "efento:1", "Fridge 2")
OUTSIDE = ABOUT.claim(
    FRIDGE, "outside_s", 2820.0, "s", call="excursions", where={"device_id": "efento:1"}, column="outside_s", how="sum",
    n=2, records=Records("reading", {"device_id": "efento:1"}),
)  # fmt: skip
PEAK = ABOUT.claim(FRIDGE, "peak", 10.4, "°C", call="excursions", column="peak", how="max")
TIMES = ABOUT.claim(FRIDGE, "times_outside", 3, call="excursions", how="count")


def sentence() -> Said:
    text = say(
        "!!{}!! was above 8 °C for !!{}!!, up to **{}**", FRIDGE.name, said.duration(OUTSIDE), said.quantity(PEAK, 1)
    )
    return text + say("; {names} {}.", said.in_words(TIMES), names="left")  # fmt: skip


def test_a_sentence_is_text_and_knows_its_claims() -> None:
    text = sentence()
    assert text == f"!!Fridge 2!! was above 8 °C for !!47{NB}min!!, up to **10.4{NB}°C**; left three."
    assert [text[place.start : place.end] for place in text.places] == [f"47{NB}min", f"10.4{NB}°C", "three"]
    assert said.claims_of(text, "plain", text) == (OUTSIDE, PEAK, TIMES) * 2


parts = st.lists(st.one_of(st.text(max_size=4), st.sampled_from([said.duration(OUTSIDE), said.in_words(TIMES)])))


@given(parts, st.integers(0, 9), st.integers(0, 9))
def test_places_stay_at_their_words_whatever_is_done_with_the_text(pieces: list[str], start: int, end: int) -> None:
    whole: Said = Said()
    for piece in pieces:
        whole = whole + piece
    for text in (
        whole,
        said.sentence_case(whole),
        "x" + whole,
        whole[start:],
        whole[:end],
        said.together(pieces, ", "),
    ):
        assert isinstance(text, Said)
        for place in text.places:
            told = str(text)[place.start : place.end].casefold()
            assert told in {"three", f"47{NB}min"}
    assert str(whole) == "".join(map(str, pieces))
    assert said.joined(pieces) == wording.joined(pieces)


def test_a_text_keeps_its_claims_through_copies() -> None:
    text = sentence()
    for other in (copy.deepcopy(text), pickle.loads(pickle.dumps(text))):
        assert (other, other.places) == (text, text.places)


def test_working_time_is_never_said_as_a_calendar_duration() -> None:
    lead = ABOUT.claim(
        Subject("item", "bolts"), "lead_time_s", 54_000.0, "s", call="kanban.lead_times", clock="working"
    )
    with pytest.raises(ValueError, match="working time"):
        said.duration(lead)


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        (said.number(TIMES), "3"),
        (said.count(TIMES, "time"), f"3{NB}times"),
        (said.count(ABOUT.claim(FRIDGE, "readings", None, call="stats"), "reading"), "readings unknown"),
        (said.percent(ABOUT.claim(FRIDGE, "received", 0.26, call="completeness")), f"26{NB}%"),
        (said.share_of(TIMES, TIMES), "3 of 3"),
        (said.share_of(ABOUT.claim(FRIDGE, "times", None, call="excursions"), TIMES), "unknown"),
        (said.quantity(ABOUT.claim(FRIDGE, "newest", None, "°C", call="stats")), "unknown"),
    ],
)
def test_how_claims_are_said(claim: Said, text: str) -> None:
    assert claim == text
    assert len(claim.places) == 1


def test_the_id_of_a_claim_stays_while_value_and_present_move_on() -> None:
    later = About("sensors", SINCE + dt.timedelta(hours=1), UNTIL, arguments={"quantity": "temperature"})
    other = later.claim(FRIDGE, "peak", 11.0, "°C", call="excursions", column="peak", how="max")
    assert other.id == PEAK.id
    assert PEAK.id != OUTSIDE.id


def test_a_claim_survives_json() -> None:
    told = json.loads(json.dumps(OUTSIDE.data()))
    assert Claim.of(told).data() == told
    assert Claim.of(told).basis == Basis(SINCE, UNTIL, n=2, so_far=True)
    assert told["call"]["text"] == (
        "tt.sensors.excursions(since='2026-11-20T00:00:00+00:00', until='2026-11-20T14:32:00+00:00', "
        "quantity='temperature')"
    )


def test_what_a_claim_rests_on_is_said_in_words() -> None:
    assert basis_in_words(OUTSIDE, "Europe/Berlin") == (
        f"Fri{NB}20{NB}Nov{NB}2026, 01:00 to Fri{NB}20{NB}Nov{NB}2026, 15:32 so far · n{NB}={NB}2"
    )
    assert described(OUTSIDE).endswith("): sum of outside_s where device_id = efento:1")


PIECES: list[Any] = [
    Sentence(sentence(), over="**Sensors**"),
    Tiles([Tile("Outside limits", said.number(OUTSIDE), "s", say("up to **{}**", said.quantity(PEAK, 1)))]),
    Card(sentence(), Table(("Sensor", "Outside"), [["Fridge 2", said.duration(OUTSIDE)]]), notes=["", sentence()]),
    Card("Two", Attention([Concern("alarm", sentence(), said.duration(OUTSIDE), "", "", "sensors")], {})),
]


@pytest.mark.parametrize("piece", PIECES, ids=lambda piece: f"{piece.kind}")
def test_each_claim_of_a_piece_can_be_asked_in_its_html(piece: Any) -> None:
    html = markup.piece(json.loads(json.dumps(piece.data())))
    assert piece.claims
    assert html.count('class="claim"') == len(piece.claims)
    for claim in piece.claims:
        assert f'data-claim="{claim.id}"' in html
    assert "!!<span" not in html


def test_names_cannot_forge_a_place() -> None:
    text = say("{} {}", "\ue000abc\ue000<b>\ue001", said.in_words(TIMES))
    html = markup.piece(Sentence(text).data())
    assert html.count('class="claim"') == 1
    assert "abc&lt;b&gt;" in html


def test_a_number_leads_to_rows_and_raw_records(lake: Lake) -> None:
    now = local_time(lake.project.now_us(), "UTC")
    about = About("presence", now - dt.timedelta(days=2), now)
    claim = about.claim(
        Subject("site"), "visits", None, call="visits", how="count", records=Records("sighting"), gap="15min",
    )  # fmt: skip
    answer = why(claim.data(), project=lake.project)
    visits = tt.presence.visits(claim.basis.since, claim.basis.until, gap="15min", project=lake.project)
    assert answer.value == len(visits) > 0
    assert answer.rows.num_rows == answer.value
    assert answer.records is not None
    assert answer.records >= len(answer.raw_ids) == 5
    assert "tt.raw(" in repr(answer)


def test_a_claim_of_no_call_is_an_error(lake: Lake) -> None:
    with pytest.raises(ConfigError, match=r'no call "os.system"'):
        why(Claim(FRIDGE, "x", 1, call=PEAK.call._replace(name="os.system")), project=lake.project)
