"""One small pregnancy for each rule of the selection tables, and the proof that no rule goes without."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import pytest

from adapter.model.carepath import PhaseName
from adapter.model.facts import ActKind
from adapter.model.projection import ClaimsProjection, Kraamzorg
from adapter.model.register import Contract, Igo
from tests.support.claims_world import (
    ALWAYS,
    an_igo,
    book,
    care,
    decided,
    elders,
    end_unknown,
    groen,
    held,
    insured,
    kraam,
    ongoing,
    pregnancy,
    rood,
    silent,
    vreemd,
    with_care,
)

A = ActKind
nobody_known = Kraamzorg((), None, None, None, ())
demanding = an_igo([Contract(("1000",), ALWAYS, minimum=("laboratorium",))])


@dataclass(frozen=True)
class Case:
    row: str
    why: str
    given: ClaimsProjection
    status: str
    phase: PhaseName = "prenataal"
    igo: Igo | None = None


EXPERIMENT = [
    Case(
        "experiment-bevalling-onbekend",
        "nobody wrote how the pregnancy ended",
        replace(end_unknown(2022), as_of=date(2022, 12, 31)),
        "onbepaald",
        "nataal",
    ),
    Case(
        "experiment-niet-verzekerd",
        "known to be uninsured",
        pregnancy(2022, insurance=(insured(None, False),)),
        "niet_igo",
    ),
    Case(
        "experiment-geen-contract",
        "her insurer has no contract",
        pregnancy(2022, insurance=(insured("2000"),)),
        "niet_igo",
    ),
    Case(
        "experiment-minimum-niet-gehaald", "the contract wants a laboratory", pregnancy(2022), "niet_igo", igo=demanding
    ),
    Case(
        "experiment-bundelbreker",
        "one ultrasound at a practice outside the IGO breaks the bundle",
        with_care(2022, care(A.ECHO, rood, date(2022, 3, 1))),
        "niet_igo",
    ),
    Case(
        "experiment-geen-zorg-door-lid",
        "all she had was high care elsewhere, which breaks nothing and earns nothing",
        pregnancy(
            2022,
            acts=(care(A.HIGH_CARE, elders, date(2022, 3, 1)),),
            responsibility=(held(elders),),
        ),
        "niet_igo",
    ),
    Case("experiment-contract-onbekend", "nobody knows her insurer", pregnancy(2022, insurance=()), "onbepaald"),
    Case(
        "experiment-zorg-buiten-onbekend",
        "a hospital that is no member did not answer",
        pregnancy(2022, sources=silent(elders)),
        "onbepaald",
    ),
    Case(
        "experiment-derde-lijn-onbekend",
        "third-line care elsewhere may have been high care",
        with_care(2022, care(A.CONSULT, elders, date(2022, 3, 1), line="derde_lijn")),
        "onbepaald",
    ),
    Case(
        "experiment-lid-onbekend",
        "nobody knows who cared for her",
        pregnancy(2022, acts=(), responsibility=()),
        "onbepaald",
    ),
    Case("experiment-igo", "all care by members, and a contract", pregnancy(2022), "igo"),
]

REGULAR = [
    Case(
        "regulier-bevalling-onbekend",
        "nobody wrote how the pregnancy ended",
        replace(end_unknown(), kraamzorg=Kraamzorg((kraam,), None, True, None, ())),
        "onbepaald",
        "postnataal",
    ),
    Case("regulier-niet-verzekerd", "known to be uninsured", pregnancy(insurance=(insured(None, False),)), "niet_igo"),
    Case("regulier-geen-contract", "her insurer has no contract", pregnancy(insurance=(insured("2000"),)), "niet_igo"),
    Case("regulier-minimum-niet-gehaald", "the contract wants a laboratory", pregnancy(), "niet_igo", igo=demanding),
    Case(
        "regulier-geen-lid-verantwoordelijk",
        "one ultrasound by a member does not earn a prenatal prestatie",
        pregnancy(responsibility=(held(rood),), acts=(care(A.ECHO, groen, date(2024, 3, 1)),)),
        "niet_igo",
    ),
    Case(
        "regulier-verantwoordelijke-onbekend",
        "nobody knows who was responsible",
        pregnancy(responsibility=()),
        "onbepaald",
    ),
    Case(
        "regulier-kraamzorg-onbekend",
        "an outsider was responsible, and nobody knows who gave kraamzorg",
        pregnancy(responsibility=(held(rood),), acts=(), kraamzorg=nobody_known),
        "onbepaald",
        "postnataal",
    ),
    Case("regulier-contract-onbekend", "nobody knows her insurer", pregnancy(insurance=()), "onbepaald"),
    Case(
        "regulier-contract-onbekend-kraamzorg",
        "only the kraamzorg is a member, and nobody knows her insurer",
        pregnancy(responsibility=(held(rood),), insurance=()),
        "onbepaald",
        "postnataal",
    ),
    Case("regulier-igo", "a member was responsible", pregnancy(), "igo"),
    Case(
        "regulier-igo-met-zorg-buiten",
        "an ultrasound outside the IGO breaks nothing any more",
        with_care(2024, care(A.ECHO, rood, date(2024, 3, 1))),
        "igo",
    ),
    Case(
        "regulier-igo-kraamzorg",
        "nobody knows who did the checks, and the kraamzorg is a member",
        pregnancy(responsibility=(), acts=()),
        "igo",
        "postnataal",
    ),
    Case(
        "regulier-igo-kraamzorg-met-zorg-buiten",
        "an outsider did the checks, but the kraamzorg is a member",
        pregnancy(responsibility=(held(rood),)),
        "igo",
        "postnataal",
    ),
]

BEFORE = [Case("nog-geen-integrale-bekostiging", "before the experiment", pregnancy(2016), "niet_igo")]
ALL = [*EXPERIMENT, *REGULAR, *BEFORE]


@pytest.mark.parametrize("case", ALL, ids=lambda c: c.row)
def test_the_rule_that_decides(case: Case) -> None:
    said = decided(case.given, case.phase, case.igo)
    assert (said.reasons[0].rule, said.status) == (case.row, case.status), case.why


def test_every_row_of_every_selection_table_has_its_pregnancy() -> None:
    rows = {row.id for table in book().tables["selectie"] for row in table.rows}
    assert {case.row for case in ALL} == rows


STAGE = [
    Case("definitief", "everything is over and known", pregnancy(), "definitief"),
    Case("fase-loopt", "the phase runs", ongoing(), "voorlopig"),
    Case("fase-niet-begonnen", "the phase has not begun", ongoing(), "voorlopig", "nataal"),
    Case("fase-zonder-dagen", "nobody knows when the phase ended", end_unknown(), "voorlopig"),
    Case("uitkomst-onbepaald", "an undecided phase is never final", pregnancy(insurance=()), "voorlopig"),
    Case(
        "bron-zwijgt",
        "igo by what is known, but a source did not answer",
        pregnancy(sources=silent(kraam)),
        "voorlopig",
    ),
    Case(
        "verantwoordelijke-onbekend",
        "the kraamzorg decides, but who did the checks is not known",
        pregnancy(responsibility=(), acts=()),
        "voorlopig",
        "postnataal",
    ),
    Case(
        "geboorteplaats-onbekend",
        "nobody wrote down where the child was born",
        pregnancy(place_of_birth=None, birth_organisation=None),
        "voorlopig",
        "nataal",
    ),
    Case(
        "kraamzorg-onbekend",
        "nobody knows who gave kraamzorg",
        pregnancy(kraamzorg=nobody_known, acts=(care(A.INTAKE, groen, date(2024, 1, 2)),)),
        "voorlopig",
        "postnataal",
    ),
]


@pytest.mark.parametrize("case", STAGE, ids=lambda c: c.row)
def test_provisional_or_definitive(case: Case) -> None:
    said = decided(case.given, case.phase, case.igo)
    assert said.stage == case.status, case.why
    assert case.row in [reason.rule for reason in said.reasons]


def test_every_row_of_the_stage_table_has_its_pregnancy() -> None:
    rows = {row.id for table in book().tables["stadium"] for row in table.rows}
    assert {case.row for case in STAGE} == rows


def test_kraamzorg_that_was_declined_is_known() -> None:
    declined = Kraamzorg((), None, None, True, ())
    assert decided(pregnancy(kraamzorg=declined, acts=()), "postnataal").stage == "definitief"


def test_kraamzorg_by_an_outsider_breaks_the_postnatal_bundle_of_the_experiment_only() -> None:
    outside = Kraamzorg((vreemd,), 49.0, True, None, ())
    before = pregnancy(2022, kraamzorg=outside, acts=pregnancy(2022).acts[:3])
    assert [decided(before, p).status for p in ("prenataal", "nataal", "postnataal")] == ["igo", "igo", "niet_igo"]
    after = pregnancy(2024, kraamzorg=outside, acts=pregnancy(2024).acts[:3])
    assert decided(after, "postnataal").status == "igo"
