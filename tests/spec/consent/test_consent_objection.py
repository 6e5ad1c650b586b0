"""Bezwaar: wat zij niet wil delen wordt niet gedeeld, ook niet na een verwijzing; het nauwst omschrevene gaat voor."""

from __future__ import annotations

from datetime import UTC, datetime

from adapter.access.consent import GroundCode, GroundKind
from adapter.model.evidence import OrganisationKind
from tests.support.consent_words import (
    ANDER_ZIEKENHUIS,
    ECHOCENTRUM,
    PRAKTIJK,
    ZIEKENHUIS,
    bezwaar,
    grond,
    toestemming,
    verwijzing,
)

VERWEZEN = [verwijzing(PRAKTIJK, ZIEKENHUIS)]


def test_bezwaar_gaat_voor_een_verwijzing() -> None:
    gevonden = grond(PRAKTIJK, ZIEKENHUIS, gezegd=[bezwaar()], verwezen=VERWEZEN)
    assert (gevonden.kind, gevonden.code) == (GroundKind.NONE, GroundCode.OBJECTION)


def test_zonder_bezwaar_geldt_de_verwijzing() -> None:
    assert grond(PRAKTIJK, ZIEKENHUIS, verwezen=VERWEZEN).kind is GroundKind.REFERRAL


def test_bezwaar_tegen_een_ander_ziekenhuis_raakt_deze_verwijzing_niet() -> None:
    gevonden = grond(PRAKTIJK, ZIEKENHUIS, gezegd=[bezwaar(PRAKTIJK, ANDER_ZIEKENHUIS)], verwezen=VERWEZEN)
    assert gevonden.kind is GroundKind.REFERRAL


def test_even_nauw_dan_wint_het_bezwaar() -> None:
    gezegd = [toestemming(PRAKTIJK, ZIEKENHUIS), bezwaar(PRAKTIJK, ZIEKENHUIS, id="c2")]
    assert grond(PRAKTIJK, ZIEKENHUIS, gezegd=gezegd).code is GroundCode.OBJECTION


def test_toestemming_voor_dit_ziekenhuis_gaat_voor_bezwaar_tegen_ziekenhuizen() -> None:
    gezegd = [bezwaar(lezersoort=OrganisationKind.ZIEKENHUIS, id="c2"), toestemming(lezer=ZIEKENHUIS)]
    assert grond(PRAKTIJK, ZIEKENHUIS, gezegd=gezegd).kind is GroundKind.EXPLICIT
    assert not grond(PRAKTIJK, ANDER_ZIEKENHUIS, gezegd=gezegd).allowed


def test_nauwer_in_het_een_en_ruimer_in_het_ander_dan_wint_het_bezwaar() -> None:
    """Bezwaar tegen delen uit deze praktijk; toestemming voor dit ziekenhuis, uit welke bron ook."""
    gezegd = [bezwaar(PRAKTIJK, id="c2"), toestemming(lezer=ZIEKENHUIS)]
    assert grond(PRAKTIJK, ZIEKENHUIS, gezegd=gezegd).code is GroundCode.OBJECTION
    assert grond(ECHOCENTRUM, ZIEKENHUIS, gezegd=gezegd).allowed


def test_een_ingetrokken_bezwaar_telt_niet_meer() -> None:
    gezegd = [bezwaar(ingetrokken=datetime(2026, 2, 1, tzinfo=UTC))]
    assert grond(PRAKTIJK, ZIEKENHUIS, gezegd=gezegd, verwezen=VERWEZEN).kind is GroundKind.REFERRAL
