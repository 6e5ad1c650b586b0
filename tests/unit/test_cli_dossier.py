"""The dossier that goes with the rulebook, as text: everything that a decision can rest on is in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from adapter.cli.dossier import dossier_text
from adapter.model.evidence import Organisation, OrganisationKind
from adapter.model.facts import ActKind, Outcome, ReferralKind
from adapter.model.moments import Span
from adapter.model.projection import ClaimsProjection, ProjectedReferral, ProjectedSource
from adapter.model.sources import SourceState
from tests.support.claims_world import (
    care,
    elders,
    end_unknown,
    evidence,
    groen,
    held,
    insured,
    kraam,
    ongoing,
    pregnancy,
    rood,
    stad,
)


def text(given: ClaimsProjection) -> str:
    return str(dossier_text(given))


def test_organisations_stand_once_with_the_codes_that_the_register_compares() -> None:
    said = text(pregnancy())
    assert said.count("AGB 08001234") == 1
    assert "\n  Verloskundigenpraktijk 't Groen: verloskundigenpraktijk, AGB 08001234\n" in said
    strange = Organisation("bron:Organization/1", name="Praktijk X")
    namesake = Organisation("ura:00012345", ura="00012345", name="Praktijk X", kind=OrganisationKind.HUISARTS)
    acts = (care(ActKind.CONSULT, strange, None, None), care(ActKind.CONSULT, namesake, date(2024, 3, 1)))
    told = text(pregnancy(acts=(*acts, care(ActKind.LAB, Organisation("bron:2"), None))))
    assert "Praktijk X [bron:Organization/1]: soort onbekend, geen AGB-code of URA" in told
    assert "Praktijk X [ura:00012345]: huisarts, URA 00012345" in told
    assert "organisatie zonder naam [bron:2]" in told
    assert "dag onbekend  geen fase, consult, Praktijk X [bron:Organization/1]" in told


def test_an_act_has_all_that_the_tables_ask_of_it() -> None:
    act = replace(
        care(ActKind.CONSULT, elders, date(2024, 3, 1), discipline="gynaecologie", line="derde_lijn"),
        referrer=groen,
        practitioners=("08900001",),
    )
    said = text(pregnancy(acts=(act,)))
    assert (
        "1 mrt 2024  prenataal, consult, Ziekenhuis Elders, discipline gynaecologie, lijn derde_lijn, "
        "zorgverlener AGB 08900001, verwezen door Verloskundigenpraktijk 't Groen  [bron Encounter/consult]"
    ) in said


def test_days_are_part_of_a_period_and_instants_end_it() -> None:
    until = datetime(2024, 6, 1, 3, tzinfo=UTC)
    given = pregnancy(
        responsibility=(held(groen, date(2024, 1, 2), date(2024, 5, 1)), held(stad, None, until), held(rood)),
        insurance=(insured("1000", True, Span(date(2024, 1, 1), date(2024, 3, 31))), insured(None, False)),
    )
    said = text(given)
    assert (
        "'t Groen: van 2 jan 2024 t/m 1 mei 2024" in said
        and "Stadsziekenhuis: van begin onbekend tot 1 jun 2024" in said
    )
    assert "Praktijk Rood: van begin onbekend, einde open" in said.replace("Verloskundigenpraktijk", "Praktijk")
    assert "UZOVI 1000, verzekerd, van 1 jan 2024 t/m 31 mrt 2024" in said
    assert "geen UZOVI-code, onverzekerd, van begin onbekend, einde open" in said


def test_what_is_not_known_is_said() -> None:
    said = text(pregnancy(insurance=(), outcome=Outcome.UNKNOWN, ended_on=None, gestational_days_at_end=None))
    assert "geen verzekeraar bekend" in said and "afloop onbekend, dag onbekend, termijn onbekend" in said
    assert "prenataal: loopt, van" in text(ongoing()) and "nataal: nog niet begonnen" in text(ongoing())
    assert "tot onbekend" in text(end_unknown())


def test_of_every_source_whether_it_answered_and_whether_the_data_name_it() -> None:
    sources = (
        ProjectedSource("vp", groen, SourceState.ANSWERED),
        ProjectedSource(None, elders, SourceState.NOT_ASKED),
        ProjectedSource(None, rood, SourceState.NOT_ASKED),
    )
    referral = ProjectedReferral(ReferralKind.CONSULT, date(2024, 3, 1), None, elders, (evidence(elders),))
    said = text(pregnancy(sources=sources, referrals=(referral,)))
    assert "consult van onbekend naar Ziekenhuis Elders" in said
    assert "'t Groen: heeft geantwoord (bron vp)" in said
    assert "Ziekenhuis Elders: niet gevraagd (geen bron; in deze gegevens genoemd)" in said
    assert "Rood: niet gevraagd (geen bron; staat in het register, in deze gegevens niet genoemd)" in said
    assert kraam.name in said
