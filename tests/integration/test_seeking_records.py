"""Records are sought to link them by hand: by BSN, or day of birth and name; within the desk, and logged."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from adapter.access import AuditLog, EventType
from adapter.model.moments import day_of
from adapter.model.sources import RecordKey
from adapter.service.asked import BadQuestionError
from adapter.service.links.proposal import Found
from support.dossiers import CARE
from support.links_world import KZ, VP, House

pytestmark = pytest.mark.integration

ONE = "thuisbevalling-alles-binnen"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = House(tmp_path_factory.mktemp("seeking"), (ONE, "geboortecentrum"))
    try:
        made.of[ONE].doubt(KZ)
        made.pull()
        yield made
    finally:
        made.close()


def whole(house: House) -> tuple[str, str, str]:
    """Her BSN, day of birth and family name, as the practice has them."""
    record = house.of[ONE].records[VP]
    facts = house.application._pregnancies.facts_of([RecordKey(record.source, record.reference)])[0]
    assert facts.woman.bsn is not None and facts.woman.birth_date is not None
    born = day_of(facts.woman.birth_date).isoformat()
    return facts.woman.bsn.value, born, facts.woman.name.own or facts.woman.name.family or ""


def sources(found: Found) -> set[str]:
    return {party.source for party in found.records}


def test_by_bsn_and_by_day_of_birth_with_a_name(house: House) -> None:
    bsn, born, name = whole(house)
    by_bsn = house.desk.seek(CARE, bsn, "", "")
    assert VP in sources(by_bsn) and KZ not in sources(by_bsn)  # that record has no BSN
    by_name = house.desk.seek(CARE, "", born, f"  {name.upper()} ")
    assert {VP, KZ} <= sources(by_name) and not by_name.more
    assert {p.birth_date.isoformat() for p in by_name.records if p.birth_date} == {born}
    swapped = f"{born[:4]}-{born[8:]}-{born[5:7]}"
    if int(born[8:]) <= 12:
        assert sources(house.desk.seek(CARE, "", swapped, name)) == sources(by_name)
    assert house.desk.seek(CARE, "", born, "Heel Anders").records == ()
    assert house.desk.seek(CARE, "999990160", "", "").records == ()


@pytest.mark.parametrize(
    ("given", "parameter"),
    [
        (("123456789", "", ""), "bsn"),
        (("", "14-03-1991", "Bakker"), "birth_date"),
        (("", "1991-03-14", ""), "sought"),
        (("", "", "Bakker"), "sought"),
        (("", "1991-03-14", "x" * 300), "sought"),
    ],
)
def test_a_question_that_cannot_be_asked_says_why_and_repeats_nothing(
    house: House, given: tuple[str, str, str], parameter: str
) -> None:
    with pytest.raises(BadQuestionError) as error:
        house.desk.seek(CARE, *given)
    assert error.value.parameter == parameter
    assert "123456789" not in str(error.value)


def test_the_log_says_who_was_found_and_not_what_was_typed(house: House) -> None:
    bsn, born, name = whole(house)
    house.later()
    since = house.now
    house.desk.seek(CARE, bsn, "", "")
    house.desk.seek(CARE, "", born, name)
    kept = AuditLog(house.application._rooms.store).read(since=since)
    searches = [e for e in kept if e.type is EventType.SEARCH]
    assert {e.query for e in searches} == {"by=bsn", "by=birth_date,name"}
    assert house.of[ONE].women() <= {e.patient for e in searches}
    said = " ".join(map(repr, searches))
    assert bsn not in said and name not in said and born not in said
