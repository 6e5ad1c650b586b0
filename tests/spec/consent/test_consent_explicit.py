"""Uitdrukkelijke toestemming: voor deze bron, deze lezer, deze gegevens, deze zwangerschap en deze tijd."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from adapter.access.consent import GroundKind
from adapter.model.evidence import OrganisationKind
from tests.support.consent_words import (
    ANDER_ZIEKENHUIS,
    KRAAMZORG,
    PRAKTIJK,
    ZIEKENHUIS,
    bezwaar,
    grond,
    toestemming,
)


def test_toestemming_voor_deze_twee_geldt() -> None:
    assert grond(PRAKTIJK, ZIEKENHUIS, gezegd=[toestemming(PRAKTIJK, ZIEKENHUIS)]).kind is GroundKind.EXPLICIT


def test_zonder_toestemming_niet() -> None:
    assert grond(PRAKTIJK, ZIEKENHUIS).kind is GroundKind.NONE


def test_toestemming_voor_een_ander_ziekenhuis_geldt_niet() -> None:
    assert not grond(PRAKTIJK, ZIEKENHUIS, gezegd=[toestemming(PRAKTIJK, ANDER_ZIEKENHUIS)]).allowed


def test_toestemming_geldt_niet_de_andere_kant_op() -> None:
    """De praktijk mag haar gegevens aan het ziekenhuis laten zien; van de gegevens van het ziekenhuis zei zij niets."""
    assert not grond(ZIEKENHUIS, PRAKTIJK, gezegd=[toestemming(PRAKTIJK, ZIEKENHUIS)]).allowed


def test_toestemming_voor_een_soort_organisatie_geldt_voor_elke_van_die_soort() -> None:
    gezegd = [toestemming(lezersoort=OrganisationKind.ZIEKENHUIS)]
    assert grond(PRAKTIJK, ANDER_ZIEKENHUIS, gezegd=gezegd).allowed
    assert not grond(PRAKTIJK, KRAAMZORG, gezegd=gezegd).allowed


@pytest.mark.parametrize(
    ("op", "mag"),
    [(date(2026, 2, 28), False), (date(2026, 3, 1), True), (date(2026, 3, 31), True), (date(2026, 4, 1), False)],
)
def test_toestemming_geldt_van_de_eerste_tot_en_met_de_laatste_dag(op: date, mag: bool) -> None:
    gezegd = [toestemming(PRAKTIJK, ZIEKENHUIS, vanaf=date(2026, 3, 1), tot=date(2026, 3, 31))]
    assert grond(PRAKTIJK, ZIEKENHUIS, gezegd=gezegd, op=op).allowed is mag


@pytest.mark.parametrize(("op", "mag"), [(date(2026, 1, 4), False), (date(2026, 1, 5), True)])
def test_zonder_begindag_geldt_zij_vanaf_de_dag_waarop_zij_gegeven_is(op: date, mag: bool) -> None:
    assert grond(PRAKTIJK, ZIEKENHUIS, gezegd=[toestemming(PRAKTIJK, ZIEKENHUIS)], op=op).allowed is mag


def test_alleen_voor_uitslagen_opent_de_rest_niet() -> None:
    gevonden = grond(PRAKTIJK, ZIEKENHUIS, gezegd=[toestemming(PRAKTIJK, ZIEKENHUIS, soorten=["Observation"])])
    assert not gevonden.allowed
    assert gevonden.partly
    assert gevonden.of("Observation").allowed
    assert not gevonden.of("Condition").allowed


def test_alles_behalve_haar_diagnosen() -> None:
    gezegd = [toestemming(PRAKTIJK, ZIEKENHUIS), bezwaar(PRAKTIJK, ZIEKENHUIS, id="c2", soorten=["Condition"])]
    gevonden = grond(PRAKTIJK, ZIEKENHUIS, gezegd=gezegd)
    assert gevonden.allowed
    assert gevonden.of("Observation").allowed
    assert not gevonden.of("Condition").allowed


def test_alleen_voor_deze_zwangerschap() -> None:
    gevonden = grond(PRAKTIJK, ZIEKENHUIS, gezegd=[toestemming(PRAKTIJK, ZIEKENHUIS, zwangerschap="z2")])
    assert gevonden.of("Observation", "z2").allowed
    assert not gevonden.of("Observation", "z1").allowed
    assert not gevonden.allowed


def test_ingetrokken_geldt_zij_vanaf_die_dag_niet_meer() -> None:
    gezegd = [toestemming(PRAKTIJK, ZIEKENHUIS, ingetrokken=datetime(2026, 3, 10, 8, 0, tzinfo=UTC))]
    assert grond(PRAKTIJK, ZIEKENHUIS, gezegd=gezegd, op=date(2026, 3, 9)).allowed
    assert not grond(PRAKTIJK, ZIEKENHUIS, gezegd=gezegd, op=date(2026, 3, 10)).allowed
