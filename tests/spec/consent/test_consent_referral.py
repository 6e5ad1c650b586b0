"""Verwijzing: wie verwijst en naar wie verwezen is zien elkaars gegevens (veronderstelde toestemming)."""

from __future__ import annotations

from datetime import date

import pytest

from adapter.access.consent import GroundCode, GroundKind, Party
from tests.support.consent_words import (
    ANDER_ZIEKENHUIS,
    ECHOCENTRUM,
    KRAAMZORG,
    ONBEKEND,
    PRAKTIJK,
    ZIEKENHUIS,
    grond,
    verwijzing,
)


@pytest.mark.parametrize(("bron", "lezer"), [(PRAKTIJK, ZIEKENHUIS), (ZIEKENHUIS, PRAKTIJK)])
def test_na_verwijzing_zien_praktijk_en_ziekenhuis_elkaar(bron: Party, lezer: Party) -> None:
    gevonden = grond(bron, lezer, verwezen=[verwijzing(PRAKTIJK, ZIEKENHUIS)])
    assert (gevonden.kind, gevonden.reference) == (GroundKind.REFERRAL, "ReferralRequest/v1")


def test_zonder_verwijzing_is_er_geen_grond() -> None:
    gevonden = grond(PRAKTIJK, ZIEKENHUIS)
    assert (gevonden.kind, gevonden.code) == (GroundKind.NONE, GroundCode.NOTHING)


def test_verwijzing_naar_het_ene_ziekenhuis_opent_niets_voor_het_andere() -> None:
    assert not grond(PRAKTIJK, ANDER_ZIEKENHUIS, verwezen=[verwijzing(PRAKTIJK, ZIEKENHUIS)]).allowed


def test_twee_verwijzingen_vanuit_de_praktijk_verbinden_de_ontvangers_niet() -> None:
    verwezen = [verwijzing(PRAKTIJK, ZIEKENHUIS), verwijzing(PRAKTIJK, ECHOCENTRUM)]
    assert not grond(ZIEKENHUIS, ECHOCENTRUM, verwezen=verwezen).allowed


@pytest.mark.parametrize(
    ("op", "mag"),
    [(date(2026, 1, 31), False), (date(2026, 2, 1), True), (date(2026, 12, 1), True), (date(2026, 12, 2), False)],
)
def test_een_verwijzing_geldt_van_haar_dag_tot_haar_einde(op: date, mag: bool) -> None:
    verwezen = [verwijzing(PRAKTIJK, ZIEKENHUIS, date(2026, 2, 1), date(2026, 12, 1))]
    assert grond(PRAKTIJK, ZIEKENHUIS, verwezen=verwezen, op=op).allowed is mag


def test_van_meer_verwijzingen_wordt_de_laatste_genoemd() -> None:
    oud, nieuw = verwijzing(PRAKTIJK, ZIEKENHUIS), verwijzing(ZIEKENHUIS, PRAKTIJK, date(2026, 3, 1))
    assert grond(PRAKTIJK, ZIEKENHUIS, verwezen=[nieuw, oud]) == grond(PRAKTIJK, ZIEKENHUIS, verwezen=[oud, nieuw])


@pytest.mark.parametrize("bekend", [PRAKTIJK, KRAAMZORG])
def test_van_onbekende_soort_wordt_bij_verloskunde_en_kraamzorg_niets_verondersteld(bekend: Party) -> None:
    """Hij kan de kraamzorg van deze praktijk zijn, of andersom."""
    gevonden = grond(bekend, ONBEKEND, verwezen=[verwijzing(bekend, ONBEKEND)])
    assert (gevonden.kind, gevonden.code) == (GroundKind.NONE, GroundCode.UNKNOWN_KIND)


def test_van_onbekende_soort_en_een_ziekenhuis_geldt_de_verwijzing() -> None:
    assert grond(ZIEKENHUIS, ONBEKEND, verwezen=[verwijzing(ZIEKENHUIS, ONBEKEND)]).kind is GroundKind.REFERRAL
