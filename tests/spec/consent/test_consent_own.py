"""Eigen dossier: een organisatie ziet altijd wat zij zelf heeft vastgelegd."""

from __future__ import annotations

from adapter.access.consent import GroundKind, Party
from adapter.model.evidence import OrganisationKind
from tests.support.consent_words import ANDERE_PRAKTIJK, PRAKTIJK, ZIEKENHUIS, bezwaar, grond


def test_de_praktijk_leest_haar_eigen_dossier() -> None:
    assert grond(PRAKTIJK, PRAKTIJK).kind is GroundKind.OWN


def test_hetzelfde_ziekenhuis_onder_zijn_ura_alleen() -> None:
    balie = Party(frozenset({"ura:90000201"}), OrganisationKind.ZIEKENHUIS)
    assert grond(ZIEKENHUIS, balie).kind is GroundKind.OWN


def test_een_bezwaar_sluit_haar_eigen_dossier_niet_af() -> None:
    assert grond(PRAKTIJK, PRAKTIJK, gezegd=[bezwaar()]).kind is GroundKind.OWN


def test_een_andere_praktijk_is_niet_eigen() -> None:
    assert grond(PRAKTIJK, ANDERE_PRAKTIJK).kind is GroundKind.NONE


def test_twee_organisaties_zonder_agb_of_ura_zijn_niet_dezelfde() -> None:
    naamloos = Party(frozenset())
    assert grond(naamloos, naamloos).kind is GroundKind.NONE
