"""Verloskunde en kraamzorg: alleen met uitdrukkelijke toestemming, want dit zijn twee behandelovereenkomsten."""

from __future__ import annotations

import pytest

from adapter.access.consent import GroundCode, GroundKind, Party
from adapter.model.evidence import OrganisationKind
from tests.support.consent_words import KRAAMZORG, PRAKTIJK, ZIEKENHUIS, bezwaar, grond, toestemming, verwijzing

BEIDE = [(PRAKTIJK, KRAAMZORG), (KRAAMZORG, PRAKTIJK)]


@pytest.mark.parametrize(("bron", "lezer"), BEIDE)
def test_met_haar_toestemming_leest_de_een_bij_de_ander(bron: Party, lezer: Party) -> None:
    gevonden = grond(bron, lezer, gezegd=[toestemming(bron, lezer)])
    assert (gevonden.kind, gevonden.reference) == (GroundKind.EXPLICIT, "Consent/c1")


@pytest.mark.parametrize(("bron", "lezer"), BEIDE)
def test_een_aanmelding_of_verwijzing_is_niet_genoeg(bron: Party, lezer: Party) -> None:
    gevonden = grond(bron, lezer, verwezen=[verwijzing(PRAKTIJK, KRAAMZORG)])
    assert (gevonden.kind, gevonden.code) == (GroundKind.NONE, GroundCode.EXPLICIT_ONLY)
    assert "uitdrukkelijke toestemming" in gevonden.why


def test_zonder_iets_is_er_geen_grond() -> None:
    assert grond(PRAKTIJK, KRAAMZORG).code is GroundCode.EXPLICIT_ONLY


def test_toestemming_voor_het_ziekenhuis_geldt_niet_voor_de_kraamzorg() -> None:
    gezegd = [toestemming(PRAKTIJK, lezersoort=OrganisationKind.ZIEKENHUIS)]
    assert grond(PRAKTIJK, ZIEKENHUIS, gezegd=gezegd).allowed
    assert not grond(PRAKTIJK, KRAAMZORG, gezegd=gezegd).allowed


def test_een_bezwaar_tegen_juist_deze_kraamzorg_gaat_voor() -> None:
    gezegd = [toestemming(PRAKTIJK, lezersoort=OrganisationKind.KRAAMZORG), bezwaar(PRAKTIJK, KRAAMZORG, id="c2")]
    assert grond(PRAKTIJK, KRAAMZORG, gezegd=gezegd).code is GroundCode.OBJECTION
