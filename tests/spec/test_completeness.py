"""How complete the picture is: sources that answered, facts that should be there by now."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapter.carepath import expected_facts
from adapter.model.carepath import FACT_KEYS, CarePath, Completeness
from adapter.model.facts import StatementKind as K
from adapter.model.sources import SourceState
from builders_carepath import ECHO, Source, day, hospital, path, practice, zorgpad

DUE = day("2024-08-08")
ZERO = DUE - timedelta(days=280)


def at(weeks: int) -> str:
    return (ZERO + timedelta(weeks=weeks)).isoformat()


def pregnant() -> Source:
    return practice().dossier(at(9)).says(K.EDD, DUE, day(at(9)), basis="definitive")


def known(source: Source) -> Source:
    day_ = day(at(9))
    source.says(K.GRAVIDITY, 2, day_).says(K.PARITY, 1, day_).says(K.INSURER, "3311", day_)
    source.says(K.CARE_LEVEL, "eerste_lijn", day_).says(K.FETUSES, 1, day_)
    return (
        source.says(K.BLOOD_GROUP, "A", day_).says(K.RHESUS, "positief", day_).says(K.IRREGULAR_ANTIBODIES, "nee", day_)
    )


def of(view: CarePath) -> Completeness:
    assert view.completeness is not None
    return view.completeness


def test_every_fact_is_present_absent_or_unknown() -> None:
    found = of(path(pregnant(), on=at(20)))
    assert tuple(found.facts) == FACT_KEYS
    assert found.facts["edd"] == "present"
    assert set(found.facts.values()) == {"present", "absent"}


@pytest.mark.parametrize("state", [SourceState.FAILED, SourceState.REFUSED, SourceState.NOT_ASKED])
def test_nothing_is_absent_while_somebody_was_not_heard(state: SourceState) -> None:
    found = of(path(pregnant(), hospital().dossier(), on=at(20), states={"zh-erasmus": state}))
    assert (found.sources_answered, found.sources_asked) == (1, 2)
    assert set(found.facts.values()) == {"present", "unknown"}


def test_all_that_should_be_known_is_a_full_picture_whatever_is_for_later() -> None:
    assert of(path(known(pregnant()), on=at(20))).share == 1.0
    assert (
        of(path(known(pregnant()), on=at(38))).share == 0.833
    )  # two of twelve: the intended place and the hours of kraamzorg


def test_the_share_counts_sources_and_facts_alike() -> None:
    view = path(known(pregnant()), on=at(20), not_asked=(ECHO,))
    wanted = len(expected_facts(zorgpad().expectations, view))
    assert of(view).share == round((1 + wanted) / (2 + wanted), 3)


def test_after_the_birth_place_and_way_of_birth_should_be_known_and_after_a_miscarriage_not() -> None:
    born = known(pregnant()).says(K.BIRTH, day(at(40)))
    lost = known(pregnant()).says(K.OUTCOME, "miscarriage", day(at(12))).says(K.END_OF_PREGNANCY, day(at(12)))
    names = [{key for key, _ in expected_facts(zorgpad().expectations, path(s, on=at(43)))} for s in (born, lost)]
    assert {"place_of_birth", "delivery_type", "intended_place_of_birth"} <= names[0]
    assert not {"place_of_birth", "delivery_type", "intended_place_of_birth", "fetuses"} & names[1]


def test_chorionicity_should_be_known_of_twins_only() -> None:
    twins = pregnant().says(K.FETUSES, 2, day(at(9)))
    for source, wanted in ((twins, True), (pregnant(), False)):
        assert ("chorionicity" in dict(expected_facts(zorgpad().expectations, path(source, on=at(20))))) is wanted


def test_one_of_two_names_for_the_care_level_is_enough() -> None:
    risk = pregnant().says(K.RISK_STATUS, "1", day(at(9)))
    assert dict(expected_facts(zorgpad().expectations, path(risk, on=at(20))))["care_level"] == "present"
