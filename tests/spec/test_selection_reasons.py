"""The reasons: every condition tested, met or not, no clinical value; and what would turn an outcome really does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from adapter import selection
from adapter.model.decision import PhaseSelection, Selection
from adapter.model.facts import ActKind
from adapter.model.projection import ClaimsProjection, Kraamzorg
from adapter.model.register import Contract, Igo
from tests.support.claims_world import (
    ALWAYS,
    MEMBERS,
    an_igo,
    book,
    care,
    decided,
    elders,
    groen,
    held,
    insured,
    kraam,
    pregnancy,
    rood,
    vreemd,
    with_care,
)
from tests.support.region_world import igo, project, women

A = ActKind
_NOT_TESTED = {"nvt", "niet_gesteld"}
CLINICAL = re.compile(
    r"\d\+\d|\bweken\b|\bmmol|\bgram\b|\bkg\b|\bml\b|miskraam|doodgeboorte|abort|afbrek|overle[ed]|buitenbaarmoeder|"
    r"spontaan|vacu[uü]m|forceps|stuit|tweeling|meerling|gravid|parit|apgar|bloeddruk|diagnose|zwangerschapsduur",
    re.IGNORECASE,
)


def texts(said: Selection) -> Iterator[str]:
    for phase in said.phases:
        yield from (r.text for r in phase.reasons)
        yield from phase.igo_if
    yield from (m.why for m in said.missing)
    yield from (o.what for o in said.outside_care)
    if said.warning is not None:
        yield from (*(r.text for r in said.warning.reasons), *said.warning.advice)


@pytest.fixture(scope="module")
def region() -> list[tuple[ClaimsProjection, Selection]]:
    seen = [s.projection for given in women(0) for s in project(given)]
    return [(one, selection.decide(one, igo(), book())) for one in seen]


def test_no_text_holds_a_clinical_value(region: list[tuple[ClaimsProjection, Selection]]) -> None:
    found = {text for _, said in region for text in texts(said)}
    assert len(found) > 300
    assert [text for text in found if CLINICAL.search(text)] == []


def test_no_rule_table_holds_one_in_what_it_says() -> None:
    """The texts of rows stand in decisions as they are; questions stand in the rulebook only."""
    said = [
        (row.id, row.text)
        for decides in ("selectie", "stadium", "vroegsignaal")
        for table in book().tables[decides]
        for row in table.rows
    ]
    assert [row for row, text in said if CLINICAL.search(text)] == []


def test_clinical_values_change_no_word(region: list[tuple[ClaimsProjection, Selection]]) -> None:
    for one, said in region[::5]:
        other = replace(one, delivery_type="vacuum", children=3, gestational_days=(one.gestational_days or 0) + 1)
        assert list(texts(selection.decide(other, igo(), book()))) == list(texts(said))


def test_every_condition_of_the_tables_is_in_the_reasons(region: list[tuple[ClaimsProjection, Selection]]) -> None:
    for _, said in region:
        for phase in said.phases:
            if phase.regime is None:
                continue
            told = {r.rule: r for r in phase.reasons}
            assert phase.regime_day is not None
            tables = (book().table("selectie", phase.regime_day), book().table("stadium", phase.regime_day))
            for table in tables:
                assert any(row.id in told for row in table.rows)
                for asked in table.inputs:
                    reason = told.get(f"{table.id}/{asked.name}")
                    if reason is None:
                        assert _NOT_TESTED & set(asked.values), (table.id, asked.name)
                    else:
                        assert reason.text and reason.cites == asked.citation


def test_what_rests_on_a_source_bears_its_evidence(region: list[tuple[ClaimsProjection, Selection]]) -> None:
    rests = {"verantwoordelijk", "kraamzorg_lid", "zorg_buiten", "verantwoordelijke", "derde_lijn", "lid"}
    for one, said in region:
        for phase in said.phases:
            for reason in phase.reasons:
                name = reason.rule.partition("/")[2]
                positive = reason.outcome == "met" if name != "zorg_buiten" else reason.outcome == "not_met"
                if name in rests - {"derde_lijn"} and positive and phase.state in ("running", "ended"):
                    assert reason.evidence or reason.rule.startswith("selection-experiment/zorg"), (one, reason)


def only(**changes: Contract) -> Igo:
    return an_igo(list(changes.values()))


GONE = date(2022, 8, 1)
TURNS: dict[str, tuple[ClaimsProjection, Igo, str, ClaimsProjection, Igo]] = {
    "care by members instead": (
        with_care(2022, care(A.CONSULT, rood, date(2022, 3, 1))),
        an_igo(),
        "Als alle zorg in de prenatale fase door leden van de IGO werd gegeven (nu ook door Verloskundige",
        pregnancy(2022),
        an_igo(),
    ),
    "a contract": (
        pregnancy(2022, insurance=(insured("2000"),)),
        an_igo(),
        "Als de IGO op 2 januari 2022 een contract had met verzekeraar 2000",
        pregnancy(2022, insurance=(insured("2000"),)),
        only(all=Contract(("2000",), ALWAYS)),
    ),
    "insured": (
        pregnancy(2024, insurance=(insured(None, False),)),
        only(all=Contract(("*",), ALWAYS)),
        "Als de vrouw op 2 januari 2024 verzekerd was",
        pregnancy(2024),
        only(all=Contract(("*",), ALWAYS)),
    ),
    "a member responsible": (
        pregnancy(2024, responsibility=(held(rood, date(2024, 1, 2)),)),
        an_igo(),
        "Als een lid van de IGO voor ten minste een deel van de prenatale fase verantwoordelijk was",
        pregnancy(2024, responsibility=(held(groen, date(2024, 1, 2)),)),
        an_igo(),
    ),
    "high care after all": (
        with_care(2022, care(A.OPNAME, elders, date(2022, 3, 1), line="derde_lijn")),
        an_igo(),
        "Als de derdelijnszorg buiten de IGO high care obstetrie blijkt te zijn",
        with_care(2022, care(A.HIGH_CARE, elders, date(2022, 3, 1), line="derde_lijn")),
        an_igo(),
    ),
    "the disciplines a contract asks for": (
        pregnancy(2024),
        only(all=Contract(("1000",), ALWAYS, minimum=("laboratorium",))),
        "Als de IGO op 2 januari 2024 alle disciplines had die het contract vereist",
        pregnancy(2024),
        only(all=Contract(("1000",), ALWAYS, minimum=("verloskunde",))),
    ),
}


@pytest.mark.parametrize(("given", "register", "text", "turned", "other"), TURNS.values(), ids=TURNS.keys())
def test_the_smallest_change_that_is_named_does_turn_it(
    given: ClaimsProjection, register: Igo, text: str, turned: ClaimsProjection, other: Igo
) -> None:
    said: PhaseSelection = decided(given, "prenataal", register)
    assert said.status != "igo"
    assert any(way.startswith(text) and way.endswith("is deze fase IGO.") for way in said.igo_if), said.igo_if
    assert decided(turned, "prenataal", other).status == "igo"


def test_where_two_things_are_in_the_way_both_are_named() -> None:
    both = with_care(2022, care(A.CONSULT, rood, date(2022, 3, 1)), insurance=(insured("2000"),))
    (way,) = decided(both).igo_if
    assert "een contract had met verzekeraar 2000 en alle zorg in de prenatale fase door leden" in way


def test_kraamzorg_by_a_member_would_turn_it() -> None:
    given = pregnancy(
        2024,
        responsibility=(held(rood, date(2024, 1, 2)),),
        kraamzorg=Kraamzorg((vreemd,), None, None, None, ()),
        acts=(care(A.INTAKE, rood, date(2024, 1, 2)),),
    )
    ways = decided(given, "postnataal").igo_if
    assert any(w.startswith("Als de kraamzorg door een lid van de IGO werd gegeven") for w in ways)
    assert decided(replace(given, kraamzorg=Kraamzorg((kraam,), None, None, None, ())), "postnataal").status == "igo"
    assert kraam in MEMBERS
